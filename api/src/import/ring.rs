//! The ring of a polygon in GeoJSON.

use geojson::{Geometry, GeometryValue};
use gridward_domain::place::Place;
use serde_json::Value;

use super::fault::FaultReason;

/// The one ring of a polygon, counter-clockwise.
pub(super) fn read(geometry: Value) -> Result<Vec<Place>, FaultReason> {
    let geometry: Geometry =
        serde_json::from_value(geometry).map_err(|_| FaultReason::NotPolygon)?;
    let GeometryValue::Polygon { coordinates } = geometry.value else {
        return Err(FaultReason::NotPolygon);
    };
    let [ring] = coordinates.as_slice() else { return Err(FaultReason::Rings(coordinates.len())) };
    let mut ring: Vec<Place> = ring.iter().map(place).collect::<Result<_, _>>()?;
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err(FaultReason::Open);
    }
    let turn = turn(&ring);
    if turn == 0.0 {
        return Err(FaultReason::Flat);
    }
    // RFC 7946 asks readers not to refuse a ring for being written the other way round.
    if turn < 0.0 {
        ring.reverse();
    }
    Ok(ring)
}

/// A position is longitude, latitude and perhaps a height, which is left out.
fn place(position: &geojson::Position) -> Result<Place, FaultReason> {
    match position.as_slice() {
        [lon, lat, ..] => Ok(Place::new(*lat, *lon)?),
        _ => Err(FaultReason::NotPolygon),
    }
}

/// Twice the area in square degrees by the shoelace formula; negative for a
/// clockwise ring. Counted from the first point, which keeps the digits.
fn turn(ring: &[Place]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let from_origin = |place: &Place| (place.lon() - origin.lon(), place.lat() - origin.lat());
    let cross = |pair: &[Place]| {
        let ((x, y), (next_x, next_y)) = (from_origin(&pair[0]), from_origin(&pair[1]));
        x * next_y - next_x * y
    };
    ring.windows(2).map(cross).sum()
}
