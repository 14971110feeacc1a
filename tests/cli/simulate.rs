//! `gridward simulate`: a week of a small district.

use std::process::{Command, Output};

use serde_json::Value;

fn simulate(folder: &std::path::Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridward"));
    command.args(["simulate", "--grids", "6", "--days", "7"]).args(args);
    command.current_dir(folder).output().expect("it runs")
}

#[test]
fn a_week_of_a_small_district_is_simulated_the_same_way_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--from", "2026-07-18", "--svg", "weeks.svg", "--json", "weeks.json"];
    let first = simulate(folder.path(), &args);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let table = String::from_utf8(first.stdout.clone()).expect("text");
    assert!(table.contains("| dispatch | nearest first | random claims |"), "{table}");
    assert_eq!(first.stdout, simulate(folder.path(), &args).stdout);

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    let outcomes: Value = serde_json::from_str(&read("weeks.json")).expect("JSON");
    let outcomes = outcomes.as_array().expect("a list");
    assert_eq!(outcomes.len(), 3);
    for outcome in outcomes {
        let of = |name: &str| outcome["measures"][name].as_u64().expect("a count");
        assert!(of("served") > 0, "{outcome}");
        let ends = of("served") + of("waiting") + of("expired") + of("abandoned");
        assert_eq!(of("arisen"), ends);
        assert_eq!(outcome["weeks"].as_array().map(Vec::len), Some(1));
    }
    let svg = read("weeks.svg");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn one_policy_is_simulated_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = simulate(folder.path(), &["--policy", "nearest", "--declines", "0"]);
    let table = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && table.contains("| | nearest first |\n"), "{table}");
}

#[test]
fn more_volunteers_in_a_village_are_simulated_beside_those_of_the_district() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = |more: &[&str]| {
        let args = [&["--policy", "nearest"][..], more].concat();
        let output = simulate(folder.path(), &args);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout) + &text(output.stderr))
    };
    let (_, before) = table(&[]);
    let (done, after) = table(&["--more-volunteers", "2", "--in", "500116001002"]);
    assert!(done, "{after}");
    let people = |table: &str| -> u32 {
        let people = table.split(" people").next().and_then(|head| head.split(' ').next_back());
        people.and_then(|people| people.parse().ok()).expect("a count")
    };
    assert_eq!(people(&after), people(&before) + 2);
    let (done, refused) = table(&["--more-volunteers", "2", "--in", "500116999"]);
    assert!(!done && refused.contains("500116999"), "{refused}");
}
