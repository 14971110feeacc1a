//! grids.geojson

use std::collections::HashMap;

use geojson::{Geometry, GeometryValue};
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use gridward_domain::text::clean;
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use super::ImportError;
use super::crossings::{self, Defect};
use super::district::District;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::features::{self, RawFeature};
use super::folder::Folder;
use super::spreadsheet::spreadsheet;
use crate::load::record::OutlineRecord;

const FILE: &str = "grids.geojson";

/// The maximum number of overlapped grids that are named.
const OVERLAPS: usize = 3;

/// The line of the outline of each grid.
type Drawn = HashMap<AreaCode, u64>;

/// The line of a feature, and its number in the file.
type Position = (u64, u64);

/// The outlines of the grids; extends the bounds of `district`.
pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &mut District,
    notes: &mut Notes,
) -> Result<Vec<OutlineRecord>, ImportError> {
    let (mut outlines, mut positions, mut drawn) = (Vec::new(), Vec::new(), Drawn::new());
    let Some(source) = folder.open(FILE)? else { return Ok(outlines) };
    let read = features::read(source, |feature| {
        let position = (feature.line, feature.number);
        match outline(feature, district, &mut drawn) {
            Ok(outline) => {
                outlines.push(outline);
                positions.push(position);
            }
            Err(reason) => notes.faults.push(about(position, reason)),
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
    notes.warnings.extend(shapes(&outlines, &positions));
    for place in outlines.iter().flat_map(|outline| &outline.ring) {
        district.reach(*place);
    }
    Ok(outlines)
}

/// Notes about the feature at `position`.
fn about((line, number): Position, reason: FaultReason) -> Fault {
    Fault { file: FILE, line, part: Some(Part::Feature(number)), reason }
}

/// Warns of each invalid outline, and of each that overlaps an earlier one. For a point
/// there, a wrong grid may be found, but always one.
fn shapes(outlines: &[OutlineRecord], positions: &[Position]) -> Vec<Fault> {
    let rings: Vec<&[Place]> = outlines.iter().map(|outline| outline.ring.as_slice()).collect();
    let overlaps = crossings::overlaps(&rings, OVERLAPS);
    let mut warnings = Vec::new();
    for ((ring, overlapped), position) in rings.iter().zip(overlaps).zip(positions) {
        let defect = crossings::defect(ring).map(|defect| match defect {
            Defect::Crossing => FaultReason::CrossesItself,
            Defect::Spike => FaultReason::Spike,
        });
        let overlaps = overlapped.into_iter().map(|at| FaultReason::Overlaps(outlines[at].grid));
        warnings.extend(defect.into_iter().chain(overlaps).map(|reason| about(*position, reason)));
    }
    warnings
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
    match code.unwrap_or(&Value::Null) {
        Value::Null => Err(FaultReason::NoCode),
        Value::String(text) => {
            let text = clean(text);
            text.parse().map_err(|error| spreadsheet(&text).unwrap_or(FaultReason::Code(error)))
        }
        Value::Number(number) => Ok(digits(number).ok_or(FaultReason::CodeNotText)?.parse()?),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(FaultReason::CodeNotText),
    }
}

/// The digits of a code that a GIS program turned into a number. A JSON number is exact
/// for 15 digits, also with a fraction of zeros.
fn digits(number: &Number) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(whole) = number.as_u64() {
        return Some(whole.to_string());
    }
    let real = number.as_f64().filter(|real| real.fract() == 0.0 && (0.0..EXACT).contains(real))?;
    Some(format!("{real:.0}"))
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
    // By RFC 7946, readers accept rings of either orientation.
    if turn < 0.0 {
        ring.reverse();
    }
    Ok(ring)
}

/// A position: longitude, latitude, and optionally a height, which is ignored.
fn place(position: &geojson::Position) -> Result<Place, FaultReason> {
    match position.as_slice() {
        [lon, lat, ..] => Ok(Place::new(*lat, *lon)?),
        _ => Err(FaultReason::NotPolygon),
    }
}

/// Twice the area in square degrees by the shoelace formula; negative for a
/// clockwise ring. Relative to the first point, to preserve precision.
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

    /// The folder with other rings for the first grid.
    fn with_rings(rings: &str) -> Sample {
        Sample::sound().line("grids.geojson", 2, &(Sample::feature("500116001002001", rings) + ","))
    }

    #[test]
    fn a_grid_without_an_outline_is_told_on_its_own_line() {
        let sample = Sample::sound().line("grids.geojson", 2, "");
        assert_eq!(
            sample.faults(),
            ["areas.csv:5: code: grids.geojson has no outline for grid 500116001002001"]
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
                "grids.geojson:1: feature 1: areas.csv has no area 500116001002009",
                "grids.geojson:1: feature 2: 500116001002 is not a grid",
            ]
        );
        let sample = Sample::sound().line("grids.geojson", 1, &(Sample::OPEN.to_owned() + &two[1]));
        assert_eq!(sample.faults(), ["grids.geojson:2: feature 2: duplicates the value on line 1"]);
    }

    #[test]
    fn a_ring_is_closed_and_has_four_points() {
        let open = "[[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.29]]]";
        let few = "[[[106.25,29.28],[106.26,29.28],[106.25,29.28]]]";
        for rings in [open, few, "[[]]"] {
            assert_eq!(
                with_rings(rings).faults(),
                [
                    "grids.geojson:2: feature 1: a ring must have at least four points, the last equal to the first"
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
            [
                "grids.geojson:2: feature 1: an outline must be one ring without holes, but has 2 rings"
            ]
        );
        let line = "[[[106.25,29.28],[106.26,29.28],[106.25,29.28],[106.25,29.28]]]";
        assert_eq!(
            with_rings(line).faults(),
            ["grids.geojson:2: feature 1: the ring encloses no area"]
        );
    }

    #[test]
    fn points_are_degrees_longitude_first() {
        let swapped = "[[[29.28,106.25],[29.28,106.26],[29.29,106.26],[29.28,106.25]]]";
        assert_eq!(
            with_rings(swapped).faults(),
            ["grids.geojson:2: feature 1: latitude and longitude appear to be swapped"]
        );
        for wrong in [r#"[[["a","b"]]]"#, "[[[106.25]]]", "[]", "null", "[[106.25,29.28]]"] {
            let faults = with_rings(wrong).faults();
            let rings = "an outline must be one ring without holes, but has 0 rings";
            let reason =
                if wrong == "[]" { rings } else { "the geometry must be a Polygon in degrees" };
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
        assert_eq!(sample.faults(), ["grids.geojson:1: feature 1: the property `code` is missing"]);
        for code in ["true", "[500116001002001]", "500116001002001.5", "-1", "1e30"] {
            assert_eq!(
                with_code(code).faults()[1..],
                ["grids.geojson:2: feature 1: the property `code` must be a string of digits"],
                "{code}"
            );
        }
        let point = r#"{"type":"Feature","properties":{"code":"500116001002001"},"geometry":{"type":"Point","coordinates":[106.25,29.28]}},"#;
        assert_eq!(
            Sample::sound().line("grids.geojson", 2, point).faults(),
            ["grids.geojson:2: feature 1: the geometry must be a Polygon in degrees"]
        );
    }

    /// The folder with another JSON value for the code of the first grid.
    fn with_code(code: &str) -> Sample {
        let from = br#""code":"500116001002001""#;
        Sample::sound().replace_bytes("grids.geojson", from, format!("\"code\":{code}").as_bytes())
    }

    #[test]
    fn a_code_may_be_a_number_or_a_pasted_text() {
        let plain = Sample::sound().read().expect("readable");
        for code in [
            "500116001002001",
            "500116001002001.0",
            "5.00116001002001e14",
            r#"" 500116001002001\u200b""#,
        ] {
            assert_eq!(with_code(code).read().expect("readable"), plain, "{code}");
        }
        assert_eq!(
            with_code("50011600100200").faults()[1..],
            [
                "grids.geojson:2: feature 1: an area code must have 6, 9, 12 or 15 digits, but has 14 characters"
            ]
        );
        assert_eq!(
            with_code(r#""5.00116E+14""#).faults()[1..],
            [
                "grids.geojson:2: feature 1: a spreadsheet turned this into a decimal number; set the column to text and enter it again"
            ]
        );
    }

    #[test]
    fn outlines_that_cross_themselves_or_overlap_are_warned_of_by_feature() {
        let warnings = |rings| {
            let reading = with_rings(rings).read().expect("readable");
            assert_eq!((reading.faults, reading.records.outlines.len()), (vec![], 2));
            reading.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let bow_tie =
            "[[[106.25,29.28],[106.26,29.29],[106.26,29.28],[106.25,29.291],[106.25,29.28]]]";
        assert_eq!(
            warnings(bow_tie),
            ["grids.geojson:2: feature 1: the outline crosses or touches itself"]
        );
        let spike = "[[[106.25,29.28],[106.26,29.28],[106.24,29.30],[106.26,29.28],[106.26,29.29],[106.25,29.29],[106.25,29.28]]]";
        assert_eq!(warnings(spike), ["grids.geojson:2: feature 1: the outline has a spike"]);
        let wide =
            "[[[106.25,29.28],[106.268,29.28],[106.268,29.29],[106.25,29.29],[106.25,29.28]]]";
        assert_eq!(
            warnings(wide),
            ["grids.geojson:3: feature 2: the outline overlaps that of grid 500116001002001"]
        );
    }

    #[test]
    fn text_that_is_not_json_or_not_features_is_told_once_by_its_line() {
        let sample = Sample::sound().line("grids.geojson", 3, "{,");
        assert_eq!(sample.faults(), ["grids.geojson:3: invalid JSON at character 2"]);
        let sample = Sample::sound().drop_line("grids.geojson", 4);
        assert_eq!(sample.faults(), ["grids.geojson:4: the JSON is incomplete"]);
        let sample = Sample::sound().bytes("grids.geojson", br#"{"type":"Feature"}"#);
        assert_eq!(sample.faults(), ["grids.geojson:1: is not a GeoJSON FeatureCollection"]);
    }
}
