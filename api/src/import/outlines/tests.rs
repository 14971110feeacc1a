//! Outlines with faults, and outlines that only look faulty.

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
        ["areas.csv:5: code: there is no outline for grid 500116001002001"]
    );
}

#[test]
fn an_outline_of_an_unknown_grid_or_drawn_twice_is_told() {
    let ring = "[[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.28]]]";
    let more = |code| Sample::feature(code, ring) + ",";
    let two = [more("500116001002009"), more("500116001002001"), more("500116001002")];
    let sample =
        Sample::sound().line("grids.geojson", 1, &(Sample::OPEN.to_owned() + &two[0] + &two[2]));
    assert_eq!(
        sample.faults(),
        [
            "grids.geojson:1: feature 1: there is no area 500116001002009",
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
        ["grids.geojson:2: feature 1: an outline must be one ring without holes, but has 2 rings"]
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

/// The sound folder with another JSON value for the code of the first grid.
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
    let bow_tie = "[[[106.25,29.28],[106.26,29.29],[106.26,29.28],[106.25,29.291],[106.25,29.28]]]";
    assert_eq!(
        warnings(bow_tie),
        ["grids.geojson:2: feature 1: the outline crosses or touches itself"]
    );
    let spike = "[[[106.25,29.28],[106.26,29.28],[106.24,29.30],[106.26,29.28],[106.26,29.29],[106.25,29.29],[106.25,29.28]]]";
    assert_eq!(warnings(spike), ["grids.geojson:2: feature 1: the outline has a spike"]);
    let wide = "[[[106.25,29.28],[106.268,29.28],[106.268,29.29],[106.25,29.29],[106.25,29.28]]]";
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
