//! grids.geojson

use std::collections::HashMap;

use geojson::{Geometry, GeometryValue, Position};
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::ImportError;
use super::district::District;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::features::{self, RawFeature};
use super::folder::Folder;
use crate::load::record::OutlineRecord;

const FILE: &str = "grids.geojson";

/// The line of the outline of each grid.
type Drawn = HashMap<AreaCode, u64>;

/// The outlines of the grids; `district` learns how far they reach.
pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &mut District,
    notes: &mut Notes,
) -> Result<Vec<OutlineRecord>, ImportError> {
    let (mut outlines, mut drawn) = (Vec::new(), Drawn::new());
    let Some(source) = folder.open(FILE)? else { return Ok(outlines) };
    let read = features::read(source, |feature| {
        let (line, part) = (feature.line, Some(Part::Feature(feature.number)));
        match outline(feature, district, &mut drawn) {
            Ok(outline) => outlines.push(outline),
            Err(reason) => notes.faults.push(Fault { file: FILE, line, part, reason }),
        }
    });
    match read {
        Ok(()) => {
            district.check_grids(|grid| drawn.contains_key(grid), FaultReason::NoOutline, notes);
        }
        Err(error) if error.is_io() => {
            return Err(ImportError::Unreadable { file: FILE, error: error.into() });
        }
        Err(error) => notes.faults.push(Fault {
            file: FILE,
            line: error.line() as u64,
            part: None,
            reason: match error.classify() {
                Category::Data => FaultReason::NotFeatures,
                Category::Eof => FaultReason::BrokenOff,
                Category::Syntax | Category::Io => FaultReason::NotJson(error.column()),
            },
        }),
    }
    for place in outlines.iter().flat_map(|outline| &outline.ring) {
        district.reach(*place);
    }
    Ok(outlines)
}

fn outline(
    feature: RawFeature,
    district: &District,
    drawn: &mut Drawn,
) -> Result<OutlineRecord, FaultReason> {
    let RawFeature { line, mut members, .. } = feature;
    let grid = code(&members)?;
    district.has_grid(grid)?;
    if let Some(first) = drawn.get(&grid) {
        return Err(FaultReason::Repeated(*first));
    }
    drawn.insert(grid, line);
    let geometry = members.remove("geometry").unwrap_or_default();
    Ok(OutlineRecord { grid, ring: ring(geometry)? })
}

fn code(members: &Map<String, Value>) -> Result<AreaCode, FaultReason> {
    let code = members.get("properties").and_then(|properties| properties.get("code"));
    Ok(code.and_then(Value::as_str).ok_or(FaultReason::NoCode)?.parse()?)
}

/// The one ring of a polygon, counter-clockwise.
fn ring(geometry: Value) -> Result<Vec<Place>, FaultReason> {
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
fn place(position: &Position) -> Result<Place, FaultReason> {
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

#[cfg(test)]
mod tests {
    use crate::import::fixture::Sample;

    /// The sound folder with another ring, or rings, for the first grid.
    fn with_rings(rings: &str) -> Sample {
        Sample::sound().line("grids.geojson", 2, &(Sample::feature("500116001002001", rings) + ","))
    }

    #[test]
    fn a_grid_without_an_outline_is_told_on_its_own_line() {
        let sample = Sample::sound().line("grids.geojson", 2, "");
        assert_eq!(
            sample.faults(),
            ["areas.csv:5: code: the grid 500116001002001 has no outline in grids.geojson"]
        );
    }

    #[test]
    fn an_outline_of_an_unknown_grid_or_drawn_twice_is_told() {
        let ring = "[[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.28]]]";
        let more = |code| Sample::feature(code, ring) + ",";
        let two = [more("500116001002009"), more("500116001002001"), more("500116001002")];
        let sample = Sample::sound().line(
            "grids.geojson",
            1,
            &(Sample::OPEN.to_owned() + &two[0] + &two[2]),
        );
        assert_eq!(
            sample.faults(),
            [
                "grids.geojson:1: feature 1: there is no area 500116001002009 in areas.csv",
                "grids.geojson:1: feature 2: 500116001002 is not a grid",
            ]
        );
        let sample = Sample::sound().line("grids.geojson", 1, &(Sample::OPEN.to_owned() + &two[1]));
        assert_eq!(sample.faults(), ["grids.geojson:2: feature 2: stands on line 1 already"]);
    }

    #[test]
    fn a_ring_is_closed_and_has_four_points() {
        let open = "[[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.29]]]";
        let few = "[[[106.25,29.28],[106.26,29.28],[106.25,29.28]]]";
        for rings in [open, few, "[[]]"] {
            assert_eq!(
                with_rings(rings).faults(),
                [
                    "grids.geojson:2: feature 1: a ring has at least four points, the last equal to the first"
                ],
                "{rings}"
            );
        }
    }

    #[test]
    fn an_outline_has_no_holes_and_encloses_something() {
        let ring = "[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.28]]";
        assert_eq!(
            with_rings(&format!("[{ring},{ring}]")).faults(),
            ["grids.geojson:2: feature 1: an outline is one ring without holes, this has 2 rings"]
        );
        let line = "[[[106.25,29.28],[106.26,29.28],[106.25,29.28],[106.25,29.28]]]";
        assert_eq!(
            with_rings(line).faults(),
            ["grids.geojson:2: feature 1: the ring encloses nothing"]
        );
    }

    #[test]
    fn points_are_degrees_longitude_first() {
        let swapped = "[[[29.28,106.25],[29.28,106.26],[29.29,106.26],[29.28,106.25]]]";
        assert_eq!(
            with_rings(swapped).faults(),
            ["grids.geojson:2: feature 1: latitude and longitude seem to be swapped"]
        );
        for wrong in [r#"[[["a","b"]]]"#, "[[[106.25]]]", "[]", "null", "[[106.25,29.28]]"] {
            let faults = with_rings(wrong).faults();
            let rings = "an outline is one ring without holes, this has 0 rings";
            let reason =
                if wrong == "[]" { rings } else { "the geometry is not a Polygon of degrees" };
            assert_eq!(faults, [format!("grids.geojson:2: feature 1: {reason}")], "{wrong}");
        }
    }

    #[test]
    fn a_ring_written_clockwise_is_turned_round() {
        let clockwise = "[[[106.25,29.28],[106.26,29.29],[106.26,29.28],[106.25,29.28]]]";
        let reading = with_rings(clockwise).read().expect("readable");
        assert_eq!(reading.faults, []);
        let ring = &reading.records.outlines[0].ring;
        assert_eq!((ring[1].lon(), ring[1].lat()), (106.26, 29.28));
    }

    #[test]
    fn a_feature_needs_a_code_and_a_polygon() {
        let sample = Sample::sound().line(
            "grids.geojson",
            1,
            &(Sample::OPEN.to_owned() + r#"{"type":"Feature","properties":null,"geometry":null},"#),
        );
        assert_eq!(sample.faults(), ["grids.geojson:1: feature 1: has no property code"]);
        let point = r#"{"type":"Feature","properties":{"code":"500116001002001"},"geometry":{"type":"Point","coordinates":[106.25,29.28]}},"#;
        assert_eq!(
            Sample::sound().line("grids.geojson", 2, point).faults(),
            ["grids.geojson:2: feature 1: the geometry is not a Polygon of degrees"]
        );
    }

    #[test]
    fn text_that_is_not_json_or_not_features_is_told_once_by_its_line() {
        let sample = Sample::sound().line("grids.geojson", 3, "{,");
        assert_eq!(sample.faults(), ["grids.geojson:3: is not JSON at character 2"]);
        let sample = Sample::sound().drop_line("grids.geojson", 4);
        assert_eq!(sample.faults(), ["grids.geojson:4: the text breaks off"]);
        let sample = Sample::sound().bytes("grids.geojson", br#"{"type":"Feature"}"#);
        assert_eq!(sample.faults(), ["grids.geojson:1: is not a FeatureCollection of features"]);
    }
}
