//! grids.geojson

use geojson::{Feature, GeoJson, GeometryValue};
use gridward_dispatch::area::{AreaCode, Level};
use gridward_dispatch::place::Place;

use super::fault::{Fault, Reason};
use crate::load::record::OutlineRecord;

/// The outlines that fit; `lines` are the numbers of their features, from 1.
pub(super) fn read(
    file: &'static str,
    bytes: &[u8],
    lines: &mut Vec<u64>,
    faults: &mut Vec<Fault>,
) -> Vec<OutlineRecord> {
    let mut outlines = Vec::new();
    let features = match parse(bytes) {
        Ok(features) => features,
        Err(reason) => {
            faults.push(Fault::of_file(file, reason));
            return outlines;
        }
    };
    for (feature, line) in features.into_iter().zip(1..) {
        match outline(&feature) {
            Ok(outline) => {
                outlines.push(outline);
                lines.push(line);
            }
            Err(reason) => faults.push(Fault { file, line, column: None, reason }),
        }
    }
    outlines
}

fn parse(bytes: &[u8]) -> Result<Vec<Feature>, Reason> {
    let text = std::str::from_utf8(bytes).map_err(|_| Reason::NotText)?;
    let geojson: GeoJson =
        text.parse().map_err(|error: geojson::Error| Reason::NotGeoJson(error.to_string()))?;
    match geojson {
        GeoJson::FeatureCollection(collection) => Ok(collection.features),
        _ => Err(Reason::NotGeoJson("not a FeatureCollection".to_owned())),
    }
}

fn outline(feature: &Feature) -> Result<OutlineRecord, Reason> {
    let code = feature.property("code").and_then(|code| code.as_str());
    let code = code.ok_or_else(|| Reason::NotGeoJson("a feature has no code".to_owned()))?;
    let grid: AreaCode = code.parse().map_err(|error| Reason::Value(format!("{error}")))?;
    if grid.level() != Level::Grid {
        return Err(Reason::NotGrid(grid));
    }
    let geometry = feature.geometry.as_ref().map(|geometry| &geometry.value);
    let Some(GeometryValue::Polygon { coordinates }) = geometry else {
        return Err(Reason::NotGeoJson(format!("{grid} is not a Polygon")));
    };
    let [ring] = coordinates.as_slice() else { return Err(Reason::Holes) };
    let point = |position: &geojson::Position| match position.as_slice() {
        [lon, lat, ..] => Place::new(*lat, *lon).map_err(|error| Reason::Value(error.to_string())),
        _ => Err(Reason::Ring),
    };
    let ring: Vec<Place> = ring.iter().map(point).collect::<Result<_, _>>()?;
    if ring.len() < 4 || ring.first() != ring.last() {
        return Err(Reason::Ring);
    }
    Ok(OutlineRecord { grid, ring })
}
