//! `gridward dispatch solve`: plans a day from a file.

use std::process::{Command, Output};

use serde_json::{Value, json};

/// A morning in one grid: two people, three visits, one of which requires a skill that
/// neither has.
fn day() -> Value {
    let person = |id: u32, lat: f64| {
        json!({ "id": id, "lat": lat, "lon": 113.9, "shift": [28_800, 43_200], "max_minutes": 240,
            "workload_minutes": 0, "skills": [0] })
    };
    let visit = |id: u32, lat: f64, skill: Value| {
        json!({ "id": id, "lat": lat, "lon": 113.9, "service_s": 1_200, "tw": [28_800, 64_800],
            "priority": 4, "skill": skill, "last_volunteer": null })
    };
    json!({
        "travel": { "model": "haversine", "detour": 1.3, "speed_kmh": 15.0 },
        "volunteers": [person(7, 34.30), person(9, 34.34)],
        "visits": [
            visit(70, 34.301, Value::Null),
            visit(90, 34.339, Value::Null),
            visit(5, 34.32, json!(3)),
        ],
    })
}

/// Three customers and two vehicles in Solomon's format.
const SOLOMON: &str = "\
T1

VEHICLE
NUMBER CAPACITY
 2 10

CUSTOMER
CUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE

 0 0 0 0 0 100 0
 1 3 4 5 0 90 1
 2 6 8 5 0 90 1
 3 0 -5 5 0 90 1
";

fn solve(text: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("day");
    std::fs::write(&file, text).expect("it is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridward"));
    command.args(["dispatch", "solve"]).arg(&file).args(args);
    command.current_dir(folder.path()).output().expect("it runs")
}

fn answer(text: &str, args: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(args);
    if !args.contains(&"--iterations") {
        all.extend(["--iterations", "500"]);
    }
    let output = solve(text, &all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_day_is_planned_and_unserved_visits_have_a_reason() {
    let answer = answer(&day().to_string(), &[]);
    let routes = answer["routes"].as_array().expect("routes");
    assert_eq!((&routes[0]["volunteer"], &routes[0]["visits"]), (&json!(7), &json!([0])));
    assert_eq!((&routes[1]["volunteer"], &routes[1]["visits"]), (&json!(9), &json!([1])));
    assert_eq!(answer["unserved"][0]["visit"], 2);
    assert_eq!(answer["unserved"][0]["reason"]["code"], "skill");
    assert_eq!(answer["tiers"]["unserved_priority"], 4);
    assert!(answer["bounds"]["unserved_priority"].as_i64() <= Some(4));
}

#[test]
fn the_same_seed_gives_the_same_plan_on_any_number_of_threads() {
    let text = day().to_string();
    let on = |threads| answer(&text, &["--seed", "3", "--threads", threads]);
    assert_eq!(on("1"), on("2"));
}

#[test]
fn a_solomon_instance_is_solved_in_its_own_units() {
    let answer = answer(SOLOMON, &["--objective", "travel"]);
    // 1 and 2 on a route of length 20, 3 on one of 10; neither has capacity for another.
    let travel = answer["tiers"]["travel"].as_f64().expect("a number");
    assert!((travel - 30.0).abs() < 0.01, "{travel}");
    assert_eq!(answer["unserved"], json!([]));
}

#[test]
fn a_vroom_input_is_solved_with_its_matrix_skills_and_windows() {
    let input = json!({
        "vehicles": [
            {
                "id": 1, "start_index": 0, "end_index": 0, "skills": [1],
                "time_window": [1_000, 2_000], "capacity": [1],
            },
            {
                "id": 2, "start_index": 0, "end_index": 0,
                "time_window": [1_000, 2_000], "capacity": [9],
            },
        ],
        "jobs": [
            { "id": 11, "location_index": 1, "skills": [1], "service": 100, "delivery": [1] },
            {
                "id": 12, "location_index": 2, "delivery": [1],
                "time_windows": [[1_000, 1_010], [1_500, 1_600]],
            },
        ],
        "matrices": { "car": { "durations": [[0, 50, 60], [50, 0, 10], [60, 10, 0]] } },
    });
    let answer = answer(&input.to_string(), &[]);
    assert_eq!(answer["routes"][0]["visits"], json!([0]));
    assert_eq!(answer["routes"][1]["visits"], json!([1]));
    let start = &answer["routes"][1]["stops"][0]["start"];
    assert_eq!(start, 1_500, "the second window, as the file counts");
}

#[test]
fn reasons_are_as_detailed_as_requested() {
    let text = day().to_string();
    let reasons = |args: &[&str]| {
        let answer = answer(&text, args);
        let others = |choice: &Value| choice["others"].as_array().map_or(0, Vec::len);
        let choices = answer["reasons"].as_array().expect("reasons").iter().map(others);
        (answer["unserved"].clone(), choices.collect::<Vec<_>>())
    };
    let unserved = json!([{
        "visit": 2, "reason": { "code": "skill" },
        "remedy": { "code": "skill", "day": 0, "volunteer": 7 },
    }]);
    assert_eq!(reasons(&[]), (unserved.clone(), vec![1, 1]));
    assert_eq!(reasons(&["--reasons", "all"]), (unserved, vec![1, 1]));
    let only_listed = json!([{ "visit": 2, "reason": null, "remedy": null }]);
    assert_eq!(reasons(&["--reasons", "none"]), (only_listed, vec![]));
}

#[test]
fn a_map_is_one_self_contained_picture_with_a_bar_for_each_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut day = day();
    day["volunteers"][0]["id"] = json!("<script>&\"");
    for (text, name, seen) in [
        (day.to_string(), "map.svg", "visit 70, stop 1 of &lt;script&gt;&amp;&quot;, 08:"),
        (day.to_string(), "map.html", "visit 5: no volunteer has the skill"),
        (SOLOMON.to_owned(), "solomon.svg", "visit 3, stop 1"),
    ] {
        let path = folder.path().join(name);
        let path_text = path.to_str().expect("a path");
        let output = solve(&text, &["--iterations", "10", "--map", path_text]);
        assert!(output.status.success());
        let drawn = std::fs::read_to_string(path).expect("a picture");
        assert!(drawn.contains("<polyline") && drawn.contains(seen), "{drawn}");
        assert!(!drawn.contains("href") && !drawn.contains("src="), "it needs nothing else");
        assert!(!drawn.contains("<script"), "names are text");
        assert_eq!(drawn.matches(" %</text>").count(), 2, "a bar for each");
    }
}

#[test]
fn a_map_is_drawn_without_coordinates() {
    let input = json!({
        "vehicles": [{ "id": 1, "start_index": 0, "end_index": 0 }],
        "jobs": [{ "id": 11, "location_index": 1 }],
        "matrices": { "car": { "durations": [[0, 50], [50, 0]] } },
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("map.svg");
    let output =
        solve(&input.to_string(), &["--map", path.to_str().expect("a path"), "--time-ms", "5"]);
    assert!(output.status.success());
    let drawn = std::fs::read_to_string(path).expect("a picture");
    assert!(drawn.contains("no places to draw") && drawn.contains(" %</text>"), "{drawn}");
}

#[test]
fn ids_are_printed_as_the_file_has_them() {
    let mut day = day();
    day["volunteers"][0]["id"] = json!("anna");
    day["visits"][0]["last_volunteer"] = json!("anna");
    let answer = answer(&day.to_string(), &[]);
    assert_eq!(answer["routes"][0]["volunteer"], "anna");
    assert_eq!(answer["routes"][1]["volunteer"], 9);
}

#[test]
fn the_search_ends_when_its_time_is_up() {
    let began = std::time::Instant::now();
    let output = solve(&day().to_string(), &["--time-ms", "300", "--json"]);
    assert!(output.status.success());
    let took = began.elapsed().as_millis();
    // On a busy machine the process may start late, but never ends early.
    assert!((300..3_000).contains(&took), "{took} ms");
}

#[test]
fn without_json_a_table_lists_the_routes_and_the_unserved_visits() {
    let output = solve(&day().to_string(), &["--iterations", "10"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("visit 70"), "{text}");
    assert!(text.contains("unserved: visit 5: no volunteer has the skill"), "{text}");
}

#[test]
fn an_invalid_instance_is_refused_in_a_sentence() {
    let mut late = day();
    late["visits"][0]["tw"] = json!([100, 50]);
    let mut short = day();
    short["visits"][0]["service_s"] = json!(-1);
    let mut lost = day();
    lost["visits"][0]["lat"] = json!(91.0);
    let mut twice = day();
    twice["volunteers"][1]["id"] = json!(7);
    let mut stranger = day();
    stranger["visits"][0]["last_volunteer"] = json!(8);
    let shipments = json!({ "vehicles": [], "jobs": [], "shipments": [{}] });
    let refused = [
        (String::new(), "the file is empty"),
        ("{".to_owned(), "JSON"),
        ("[]".to_owned(), "not an instance"),
        ("{\"visits\": NaN}".to_owned(), "JSON"),
        (late.to_string(), "closes before it opens"),
        (short.to_string(), "out of range"),
        (lost.to_string(), "visit 70: a latitude"),
        (twice.to_string(), "volunteer 7 is listed twice"),
        (stranger.to_string(), "volunteer 8, who is not in the file"),
        (shipments.to_string(), "not supported: shipments"),
        (SOLOMON.replace("3 4 5", "nan 4 5"), "line 11: a customer needs seven whole numbers"),
    ];
    for (text, said) in refused {
        let output = solve(&text, &["--iterations", "10"]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}: {error}");
        assert!(error.contains(said), "{text}: {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
    for flags in [["--threads", "0"], ["--map", "plan.pdf"], ["--time-ms", "-1"]] {
        assert_eq!(solve(&day().to_string(), &flags).status.code(), Some(2), "{flags:?}");
    }
}

#[test]
fn a_day_without_visits_or_without_people_has_a_plan() {
    let mut idle = day();
    idle["visits"] = json!([]);
    assert_eq!(answer(&idle.to_string(), &[])["unserved"], json!([]));
    let mut alone = day();
    alone["volunteers"] = json!([]);
    assert_eq!(answer(&alone.to_string(), &[])["unserved"].as_array().map(Vec::len), Some(3));
}

#[test]
fn the_documented_example_gives_the_documented_answer() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../dispatch/FORMATS.md");
    let guide = std::fs::read_to_string(guide).expect("it is there");
    let mut blocks = guide.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let (day, told) = (blocks.next().expect("a day"), blocks.next().expect("an answer"));
    let told: Value = serde_json::from_str(told).expect("JSON");
    assert_eq!(answer(day, &["--iterations", "1000"]), told);
}

#[test]
fn a_misspelt_field_is_refused_and_named() {
    let text = day().to_string().replace("last_volunteer", "last_voluntier");
    let refused = solve(&text, &[]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("unknown field `last_voluntier`"), "{told}");
}

#[test]
fn tier_weights_change_the_plan_and_invalid_ones_are_refused() {
    let mut near = day();
    for (number, lat) in [34.3005, 34.3006].into_iter().enumerate() {
        near["visits"][number]["lat"] = json!(lat);
    }
    near["volunteers"][1]["lat"] = json!(34.303);
    let text = near.to_string();
    let visits = |fairness: &str| {
        let weights = ["--weight", fairness, "--weight", "largest_share=0"];
        let answer = answer(&text, &weights);
        let of = |number: usize| answer["routes"][number]["visits"].as_array().map(Vec::len);
        [of(0), of(1)]
    };
    assert_eq!(visits("fairness=0"), [Some(2), Some(0)], "one person goes the shorter way");
    assert_eq!(visits("fairness=100"), [Some(1), Some(1)], "two share the work");
    let refused = |args: &[&str]| {
        let output = solve(&text, args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--weight", "kindness=3"]).contains("unknown field `kindness`"));
    assert!(refused(&["--weight", "fairness=-1"]).contains("the weight fairness must be 0 to 100"));
    assert!(refused(&["--weight", "moved=1"]).contains("no earlier plan"));
    assert!(refused(&["--weight", "fairness"]).contains("a weight must be NAME=NUMBER"));
    let fixed = refused(&["--objective", "travel", "--weight", "late=1"]);
    assert!(fixed.contains("the weights of --objective travel are fixed"), "{fixed}");
}
