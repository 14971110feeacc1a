//! The laws of changes: nothing is lost, every beneficiary is in a current grid, and every affected
//! grid has exactly one manager.

use std::collections::BTreeSet;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::place::Place;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::decide::{Decision, Fault, decide};
use super::model::AreaChange;
use super::outcome::outcome;
use super::situation::{AreaFacts, Located, PersonFacts, Situation, StationFacts};

const DISTRICT: &str = "500116";
const GRID: &str = "500116001001001";
const NEXT: &str = "500116001001002";

fn code(text: &str) -> AreaCode {
    text.parse().expect("a code")
}

fn id(grid: usize, n: usize) -> Uuid {
    Uuid::from_u128((grid * 100 + n) as u128)
}

fn place(x: f64, y: f64) -> Place {
    Place::new(29.0 + y, 106.0 + x).expect("a place")
}

/// Two towns of two villages of two grids: squares in a row. A grid has a manager, two volunteers,
/// three beneficiaries in a row from west to east, each with a task, and a task of its own.
fn district() -> Situation {
    let mut all = Situation::default();
    let mut area = |code: &str, x: f64| {
        let facts = AreaFacts { name: code.to_owned(), place: place(x, 0.005) };
        all.areas.insert(self::code(code), facts);
    };
    area(DISTRICT, 0.0);
    let mut grids = Vec::new();
    for town in 1..=2 {
        area(&format!("{DISTRICT}00{town}"), 0.0);
        for village in 1..=2 {
            area(&format!("{DISTRICT}00{town}00{village}"), 0.0);
            for grid in 1..=2 {
                let code = format!("{DISTRICT}00{town}00{village}00{grid}");
                #[expect(clippy::cast_precision_loss, reason = "eight grids")]
                let west = grids.len() as f64 * 0.01;
                area(&code, west + 0.005);
                grids.push((self::code(&code), west));
            }
        }
    }
    for (n, (grid, west)) in grids.into_iter().enumerate() {
        let (x, y) = (106.0 + west, 29.0);
        let ring = vec![[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]];
        all.outlines.insert(grid, ring);
        for k in 0..3 {
            let role = if k == 0 { Role::Manager } else { Role::Volunteer };
            let home = place(west + 0.002, 0.005);
            let facts =
                PersonFacts { role, area: grid, stays: true, is_active: true, home: Some(home) };
            all.people.insert(PersonId(id(n, k)), facts);
            #[expect(clippy::cast_precision_loss, reason = "three homes")]
            let home = Located { grid, place: place(west + 0.002 + 0.003 * k as f64, 0.005) };
            all.beneficiaries.insert(BeneficiaryId(id(n, k)), home);
            let visit = (home, Some(BeneficiaryId(id(n, k))));
            all.tasks.insert(TaskId(id(n, k)), visit);
        }
        let at = Located { grid, place: place(west + 0.009, 0.009) };
        all.tasks.insert(TaskId(id(n, 9)), (at, None));
        let village = grid.parent().expect("a village");
        all.stations.insert(format!("S{n}"), StationFacts { area: village, at });
        all.memorials.insert(format!("M{n}"), at);
    }
    all
}

fn changes(changes: serde_json::Value) -> Vec<AreaChange> {
    serde_json::from_value(changes).expect("changes")
}

fn decided(list: serde_json::Value) -> Result<Decision, Fault> {
    decide(&district(), &changes(list))
}

fn grid_of(decision: &Decision, grid: usize, n: usize) -> AreaCode {
    decision.after.beneficiaries[&BeneficiaryId(id(grid, n))].grid
}

/// The west and the east half of the first grid.
fn halves(east: &str) -> serde_json::Value {
    let ring = |west: f64, east: f64| {
        json!([
            [106.0 + west, 29.0],
            [106.0 + east, 29.0],
            [106.0 + east, 29.01],
            [106.0 + west, 29.01],
            [106.0 + west, 29.0]
        ])
    };
    json!([{ "split": { "grid": GRID, "into": [
        { "code": GRID, "name": "西", "outline": ring(0.0, 0.004) },
        { "code": east, "name": "东", "outline": ring(0.004, 0.01), "manager_id": id(0, 1) },
    ] } }])
}

#[test]
fn a_grid_is_split_by_outlines() {
    let east = "500116001001003";
    let decision = decided(halves(east)).expect("a decision");
    let grids: Vec<AreaCode> = (0..3).map(|n| grid_of(&decision, 0, n)).collect();
    assert_eq!(grids, [code(GRID), code(east), code(east)]);
    assert_eq!(decision.after.tasks[&TaskId(id(0, 1))].0.grid, code(east), "with its beneficiary");
    assert_eq!(decision.after.tasks[&TaskId(id(0, 9))].0.grid, code(east), "by its place");
    assert_eq!(decision.after.memorials["M0"].grid, code(east));
    assert_eq!(decision.after.manager(&code(GRID)), Some(PersonId(id(0, 0))), "stays");
    assert_eq!(decision.after.manager(&code(east)), Some(PersonId(id(0, 1))));
    assert_eq!(decision.successors, [(code(GRID), code(east))]);
    assert!(decision.after.areas.contains_key(&code(GRID)), "the first part keeps the code");
}

#[test]
fn a_split_that_leaves_a_beneficiary_in_no_grid_is_refused() {
    let list = json!([{ "split": { "grid": GRID, "into": [
        { "code": GRID, "name": "甲", "beneficiaries": [id(0, 0)] },
        { "code": "500116001001003", "name": "乙", "beneficiaries": [id(0, 1)], "manager_id": id(0, 2) },
    ] } }]);
    let fault = decided(list).expect_err("a fault");
    assert_eq!(fault.pointer, "/changes/0/split/into");
    assert!(fault.detail.contains(&id(0, 2).to_string()), "{}", fault.detail);
}

#[test]
fn people_without_a_part_go_to_the_first_and_are_named() {
    let list = json!([{ "split": { "grid": GRID, "into": [
        { "code": "500116001001003", "name": "甲", "beneficiaries": [id(0, 0), id(0, 1)] },
        { "code": "500116001001004", "name": "乙", "beneficiaries": [id(0, 2)], "manager_id": id(0, 2) },
    ] } }]);
    let decision = decided(list).expect("a decision");
    assert_eq!(decision.placed_by_default, [PersonId(id(0, 1))]);
    assert_eq!(decision.after.people[&PersonId(id(0, 1))].area, code("500116001001003"));
    assert!(!decision.after.areas.contains_key(&code(GRID)));
    assert!(decision.after.former.contains(&code(GRID)));
}

#[test]
fn merged_grids_have_one_manager_and_one_outline() {
    let list = json!([{ "merge": { "grids": [GRID, NEXT], "into": GRID, "name": "合并网格" } }]);
    let decision = decided(list).expect("a decision");
    assert_eq!(decision.after.manager(&code(GRID)), Some(PersonId(id(0, 0))));
    assert_eq!(decision.after.people[&PersonId(id(1, 0))].role, Role::Volunteer);
    assert_eq!(grid_of(&decision, 1, 2), code(GRID));
    assert_eq!(decision.successors, [(code(NEXT), code(GRID))]);
    let east = decision.after.outlines[&code(GRID)].iter().map(|point| point[0]);
    assert!((east.fold(0.0, f64::max) - 106.02).abs() < 1e-9);
    let outcome = outcome(&district(), &decision, vec![], true);
    assert_eq!(outcome.ended[0].successors, [code(GRID)]);
    assert_eq!((outcome.grids[0].beneficiaries, outcome.grids[0].people), (3, 3));
    let apart = json!([{ "merge": { "grids": [GRID, "500116001002002"], "into": GRID } }]);
    assert_eq!(decided(apart).expect_err("apart").pointer, "/changes/0/merge/grids");
}

#[test]
fn an_edition_with_another_village_keeps_everything() {
    // The second grid of the first village becomes the first of a new one; the second village
    // gets another code, with its grids and its station.
    let list = json!([
        { "add": { "area": "500116001009", "name": "新村", "place": { "lat": 29.0, "lon": 106.0 } } },
        { "recode": { "area": NEXT, "to": "500116001009001" } },
        { "recode": { "area": "500116001002", "to": "500116002008" } },
        { "rename": { "area": "500116002008", "name": "划入村" } },
    ]);
    let decision = decided(list).expect("a decision");
    assert_eq!(grid_of(&decision, 1, 0), code("500116001009001"));
    assert_eq!(grid_of(&decision, 2, 0), code("500116002008001"));
    assert_eq!(decision.after.stations["S2"].area, code("500116002008"));
    assert_eq!(decision.after.areas[&code("500116002008")].name, "划入村");
    assert!(decision.successors.contains(&(code("500116001002002"), code("500116002008002"))));
}

#[test]
fn the_goods_of_an_area_that_ends_go_to_the_one_area_that_took_over_or_around_several() {
    let heirs = |list: serde_json::Value| {
        let heirs = decided(list).expect("a decision").stations_taken_over(&district());
        heirs.iter().map(|(from, to)| format!("{from} {to}")).collect::<Vec<_>>()
    };
    let recoded = heirs(json!([{ "recode": { "area": "500116001", "to": "500116009" } }]));
    assert_eq!(
        recoded,
        ["500116001 500116009", "500116001001 500116009001", "500116001002 500116009002"]
    );
    let village = |code: &str| {
        let place = json!({ "lat": 29.0, "lon": 106.0 });
        json!({ "add": { "area": code, "name": "新村", "place": place } })
    };
    let emptied = |one: &str, other: &str, successors: &[&str]| {
        let former = "500116001001";
        let moved = [(GRID, one), (NEXT, other)]
            .map(|(grid, to)| json!({ "recode": { "area": grid, "to": format!("{to}001") } }));
        let mut list = vec![village(one), village(other)];
        list.extend(moved);
        list.push(json!({ "end": { "area": former, "successors": successors } }));
        heirs(serde_json::Value::Array(list))
    };
    let (near, next, far) = ("500116001008", "500116001009", "500116002009");
    assert_eq!(emptied(near, next, &[near]), ["500116001001 500116001008"]);
    assert_eq!(emptied(near, next, &[near, next]), ["500116001001 500116001"], "their town");
    assert_eq!(emptied(near, far, &[near, far]), ["500116001001 500116"], "in two towns");
    assert_eq!(emptied(near, next, &[]), ["500116001001 500116001"], "the town around it");
    let grid = format!("{near}001");
    assert_eq!(emptied(near, next, &[grid.as_str()]), ["500116001001 500116001008"], "its village");
    let grids = json!([{ "merge": { "grids": [GRID, NEXT], "into": GRID } }]);
    assert!(heirs(grids).is_empty(), "a grid has no station");
}

#[test]
fn what_would_break_the_register_is_refused_at_its_field() {
    let faults = [
        (json!([{ "rename": { "area": "500116009", "name": "x" } }]), "/changes/0/rename/area"),
        (json!([{ "recode": { "area": GRID, "to": NEXT } }]), "/changes/0/recode/to"),
        (json!([{ "recode": { "area": GRID, "to": "500116001009" } }]), "/changes/0/recode/to"),
        (json!([{ "recode": { "area": GRID, "to": "500116001009001" } }]), "/changes"),
        (json!([{ "end": { "area": "500116001001" } }]), "/changes/0/end/area"),
        (json!([{ "merge": { "grids": [GRID, GRID], "into": GRID } }]), "/changes/0/merge/grids"),
        (
            json!([{ "merge": { "grids": [GRID, NEXT], "into": GRID, "manager_id": id(7, 0) } }]),
            "/changes/0/merge/manager_id",
        ),
        (
            json!([
                { "recode": { "area": GRID, "to": "500116001001009" } },
                { "recode": { "area": NEXT, "to": GRID } },
            ]),
            "/changes/1/recode/to",
        ),
    ];
    for (list, pointer) in faults {
        assert_eq!(decided(list.clone()).expect_err("a fault").pointer, pointer, "{list}");
    }
}

/// Any change, with codes and people that may or may not fit.
fn change() -> impl Strategy<Value = serde_json::Value> {
    let grid = || "50011600[12]00[123]00[1234]";
    let village = || "50011600[12]00[1234]";
    prop_oneof![
        (village(), Just("x")).prop_map(|(area, name)| {
            json!({ "add": { "area": area, "name": name, "place": { "lat": 29.0, "lon": 106.0 } } })
        }),
        (grid(), grid()).prop_map(|(area, to)| json!({ "recode": { "area": area, "to": to } })),
        (village(), village())
            .prop_map(|(area, to)| json!({ "recode": { "area": area, "to": to } })),
        village().prop_map(|area| json!({ "end": { "area": area } })),
        (grid(), grid(), 0..2_u8).prop_map(|(a, b, into)| {
            let into = if into == 0 { &a } else { &b };
            json!({ "merge": { "grids": [a, b], "into": into } })
        }),
        (0..8_usize, grid(), grid(), 0..3_usize).prop_map(|(n, west, east, manager)| {
            let grid = district().outlines.into_keys().nth(n).expect("a grid");
            let lists = [vec![id(n, 0), id(n, 1)], vec![id(n, 2)]];
            json!({ "split": { "grid": grid, "into": [
                { "code": west, "name": "甲", "beneficiaries": lists[0] },
                { "code": east, "name": "乙", "beneficiaries": lists[1], "manager_id": id(n, manager) },
            ] } })
        }),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_and_no_grid_is_without_its_manager(
        list in proptest::collection::vec(change(), 1..5),
    ) {
        let before = district();
        let list = changes(serde_json::Value::Array(list));
        let Ok(decision) = decide(&before, &list) else { return Ok(()) };
        let after = &decision.after;
        prop_assert!(before.people.keys().eq(after.people.keys()));
        prop_assert!(before.beneficiaries.keys().eq(after.beneficiaries.keys()));
        prop_assert!(before.tasks.keys().eq(after.tasks.keys()));
        let homes = after.beneficiaries.values().chain(after.memorials.values());
        let tasks = after.tasks.values().map(|(at, _)| at);
        for at in homes.chain(tasks) {
            prop_assert!(at.grid.level() == Level::Grid && after.areas.contains_key(&at.grid));
        }
        for (at, beneficiary) in after.tasks.values() {
            let home = beneficiary.map(|id| after.beneficiaries[&id].grid);
            prop_assert!(home.is_none_or(|grid| grid == at.grid));
        }
        for person in after.people.values() {
            prop_assert!(after.areas.contains_key(&person.area));
        }
        for grid in after.areas.keys().filter(|code| code.level() == Level::Grid) {
            prop_assert!(after.manager(grid).is_some(), "{grid}");
        }
        // A code is current or former, and a former one stays so.
        let current: BTreeSet<_> = after.areas.keys().copied().collect();
        prop_assert!(current.is_disjoint(&after.former));
        prop_assert!(before.former.is_subset(&after.former));
        let gone = before.areas.keys().filter(|code| !after.areas.contains_key(code));
        for code in gone {
            prop_assert!(after.former.contains(code));
        }
    }
}
