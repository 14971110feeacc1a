//! What each format says, and what is refused.

use serde_json::{Value, json};

use super::{FormatError, Named, read, solomon::SolomonError};

fn day() -> Value {
    json!({
        "travel": { "detour": 1.3, "speed_kmh": 15.0 },
        "volunteers": [{ "id": "anna", "lat": 34.3, "lon": 113.9, "shift": [28_800, 43_200], "skills": [0, "care"] }],
        "visits": [
            { "id": 5, "lat": 34.3, "lon": 113.9, "service_s": 600, "tw": [0, 50_000], "priority": 2, "skill": "care", "last_volunteer": "anna" },
            { "id": "5", "lat": 34.4, "lon": 113.9, "service_s": 600, "tw": [0, 50_000], "priority": 2, "skill": 7, "last_volunteer": null },
        ],
    })
}

fn tour(vehicle: Value, job: Value) -> Value {
    let mut vehicle = vehicle;
    let mut job = job;
    vehicle["id"] = json!(1);
    job["id"] = json!(2);
    let here = json!([113.9, 34.3]);
    for (of, field) in [(&mut vehicle, "start"), (&mut job, "location")] {
        if of.get(format!("{field}_index")).is_none() {
            of[field] = here.clone();
        }
    }
    if vehicle.get("start_index").is_none() && vehicle.get("end").is_none() {
        vehicle["end"] = here;
    }
    json!({ "vehicles": [vehicle], "jobs": [job] })
}

fn named(file: &Value) -> Named {
    read(&file.to_string()).expect("it is read")
}

fn refusal(file: &Value) -> String {
    read(&file.to_string()).expect_err("it is refused").to_string()
}

const HEAD: &str = "T\n\nVEHICLE\nNUMBER CAPACITY\n  2 9\n\nCUSTOMER\nCUST NO. XCOORD.\n\n";

#[test]
fn the_format_is_told_by_what_the_file_holds() {
    assert_eq!(named(&day()).visits, [json!(5), json!("5")]);
    assert_eq!(named(&tour(json!({}), json!({}))).visits, [json!(2)]);
    let marked = format!("\u{feff}{}", day());
    assert!(read(&marked).is_ok(), "a byte order mark is no part of the text");
    assert!(matches!(read(" \n"), Err(FormatError::Empty)));
    assert!(matches!(read("[]"), Err(FormatError::Neither)));
    assert!(matches!(read("{}"), Err(FormatError::Neither)));
    assert!(matches!(read("{"), Err(FormatError::Json(_))));
}

#[test]
fn names_and_skills_are_numbers_or_texts_and_never_mixed_up() {
    use crate::routing::instance::Bar;
    let named = named(&day());
    assert_eq!(named.instance.bars, [Bar::None, Bar::Skill]);
    assert_eq!(named.instance.visits[0].known, [0]);
}

#[test]
fn what_a_neutral_file_cannot_mean_is_refused_by_name() {
    let mut twice = day();
    twice["visits"][1]["id"] = json!(5);
    assert_eq!(refusal(&twice), "visit 5 is listed twice");
    let mut stranger = day();
    stranger["visits"][1]["last_volunteer"] = json!(3);
    assert_eq!(refusal(&stranger), "visit \"5\" names volunteer 3, who is not in the file");
    let mut backwards = day();
    backwards["travel"]["detour"] = json!(-1.3);
    assert!(matches!(read(&backwards.to_string()), Err(FormatError::Travel)));
    let mut lost = day();
    lost["volunteers"][0]["lat"] = json!(91);
    assert!(refusal(&lost).starts_with("volunteer \"anna\": a latitude"), "{}", refusal(&lost));
    let mut straight = day();
    straight["travel"]["model"] = json!("straight");
    assert!(refusal(&straight).contains("`straight`"), "{}", refusal(&straight));
}

#[test]
fn a_slip_in_a_name_of_a_neutral_file_is_refused_and_named() {
    let slips = [
        ("/travel", "detuor"),
        ("/volunteers/0", "skils"),
        ("/visits/1", "tws"),
        ("", "volunters"),
    ];
    for (place, name) in slips {
        let mut file = day();
        file.pointer_mut(place).expect("it is there")[name] = json!([]);
        assert!(refusal(&file).contains(&format!("unknown field `{name}`")), "{}", refusal(&file));
    }
}

#[test]
fn what_people_read_in_a_neutral_file_is_taken_and_ignored() {
    let mut file = day();
    file["name"] = json!("G0001");
    file["kind"] = json!("G");
    file["seed"] = json!(1);
    file["travel"]["model"] = json!("haversine");
    for of in ["/volunteers/0", "/visits/0"] {
        let of = file.pointer_mut(of).expect("it is there");
        of["grid"] = json!(0);
        of["village"] = json!(0);
    }
    file["volunteers"][0]["role"] = json!("manager");
    file["visits"][0]["type"] = json!("hardship");
    assert_eq!(named(&file).visits.len(), 2);
}

#[test]
fn visits_that_belong_together_are_read() {
    use crate::routing::instance::Partner;
    let mut file = day();
    file["visits"][0]["second"] = json!({ "visit": "5", "after_s": [600, 1200] });
    let visits = named(&file).instance.visits;
    let gap = (600, 1200);
    assert_eq!(visits[0].partner, Some(Partner { visit: 1, first: true, gap }));
    assert_eq!(visits[1].partner, Some(Partner { visit: 0, first: false, gap }));
    file["visits"][1]["second"] = json!({ "visit": 5 });
    assert_eq!(refusal(&file), "visit \"5\" is paired with itself or with two other visits");
    file["visits"][1]["second"] = json!({ "visit": 6 });
    assert_eq!(refusal(&file), "visit \"5\" names visit 6 as its second, which is not in the file");
    let mut group = day();
    group["visits"][0]["group"] = json!("a");
    group["visits"][1]["group"] = json!("a");
    let visits = named(&group).instance.visits;
    assert_eq!([visits[0].group, visits[1].group], [Some(0), Some(0)]);
}

#[test]
fn a_volunteer_may_have_a_speed_of_their_own() {
    let mut file = day();
    let mut ben = file["volunteers"][0].clone();
    ben["id"] = json!("ben");
    ben["speed_kmh"] = json!(30.0);
    file["volunteers"].as_array_mut().expect("a list").push(ben);
    let instance = named(&file).instance;
    let way = |who: usize| instance.travel[instance.volunteers[who].matrix].way(who, 3);
    assert!((way(0) - 2 * way(1)).abs() <= 1, "both are rounded");
    file["volunteers"][1]["speed_kmh"] = json!(0);
    assert!(matches!(read(&file.to_string()), Err(FormatError::Travel)));
}

#[test]
fn a_line_of_solomon_that_is_no_customer_is_refused_not_skipped() {
    let fault = |rows: &str| match read(&format!("{HEAD}{rows}")) {
        Err(FormatError::Solomon(error)) => error,
        other => panic!("{other:?}"),
    };
    let depot = "0 0 0 0 0 100 0\n";
    assert_eq!(fault(&format!("{depot}1 3.5 4 5 0 90 1\n")), SolomonError::Customer(11));
    assert_eq!(fault(&format!("{depot}1 3 4 5 0 90\n")), SolomonError::Customer(11));
    assert_eq!(fault(&format!("{depot}1 3 4 5 -1 90 1\n")), SolomonError::Range(11));
    assert_eq!(fault(&format!("{depot}1 -2147483648 4 5 0 90 1\n")), SolomonError::Range(11));
    let slip = "O 0 0 0 0 100 0\n1 3 4 5 0 90 1\n";
    assert_eq!(fault(slip), SolomonError::Customer(10), "no heading, and no depot lost");
    assert_eq!(fault("0 0 0 2 0 100 0\n"), SolomonError::DepotWork(10));
    assert_eq!(fault("0 0 0 0 0 100 9\n"), SolomonError::DepotWork(10));
    let again = read(&format!("{HEAD}{depot}1 3 4 5 0 90 1\n{depot}")).expect_err("no visit");
    assert_eq!(again.to_string(), "customer 0 is listed twice");
    assert_eq!(fault(""), SolomonError::Depot);
    assert!(matches!(read("words"), Err(FormatError::Solomon(SolomonError::Vehicles))));
}

#[test]
fn a_long_horizon_of_solomon_is_reckoned_more_coarsely() {
    let scale = |due: u32| {
        read(&format!("{HEAD}0 0 0 0 0 {due} 0\n1 3 4 5 0 90 1\n")).expect("it is read").per_second
    };
    assert_eq!((scale(10_000), scale(10_001), scale(1_000_000)), (10_000, 1_000, 100));
}

#[test]
fn a_break_begins_as_soon_as_its_windows_and_the_hours_allow() {
    let vehicle = json!({ "time_window": [1_000, 9_000], "breaks": [
        { "id": 1, "service": 600, "time_windows": [[0, 500], [2_000, 3_000]] },
        { "id": 2, "service": 100, "time_windows": [[2_500, 2_700]] },
        { "id": 3, "service": 50 },
    ] });
    let named = named(&tour(vehicle, json!({})));
    let breaks = [(2_000, 2_600), (2_600, 2_700), (2_700, 2_750)];
    assert_eq!(named.instance.volunteers[0].shifts[0].breaks, breaks);
    let late = json!({ "time_window": [0, 900], "breaks": [{ "id": 1, "service": 600, "time_windows": [[500, 800]] }] });
    assert_eq!(
        refusal(&tour(late, json!({}))),
        "vehicle 1: break 1 does not fit into the time window"
    );
}

#[test]
fn a_vehicle_at_twice_the_speed_needs_half_the_time() {
    let mut file = tour(
        json!({ "start_index": 0, "end_index": 0, "speed_factor": 2.0 }),
        json!({ "location_index": 1, "setup": 30, "service": 60 }),
    );
    file["matrices"] = json!({ "car": { "durations": [[0, 50], [70, 0]] } });
    let instance = named(&file).instance;
    assert_eq!((instance.travel[0].way(0, 1), instance.travel[0].way(1, 0)), (25, 35));
    assert_eq!(instance.visits[0].service, 90);
}

#[test]
fn times_may_count_from_anywhere() {
    let first = 1_764_000_000;
    let named = named(&tour(
        json!({ "time_window": [first, first + 7_200] }),
        json!({ "time_windows": [[first + 60, first + 90]] }),
    ));
    let shift = &named.instance.volunteers[0].shifts[0];
    assert_eq!(named.first_moment % 86_400, 0);
    assert_eq!(i64::from(shift.open) + named.first_moment, first);
    let opens = i64::from(named.instance.visits[0].windows[0].0);
    assert_eq!(opens + named.first_moment, first + 60);
    let far = tour(json!({}), json!({ "time_windows": [[i64::MAX, i64::MAX]] }));
    assert!(read(&far.to_string()).is_ok(), "and overflow nothing");
}

#[test]
fn what_cannot_be_had_of_vroom_is_refused_by_name() {
    let vehicle = |fields: Value| refusal(&tour(fields, json!({})));
    let job = |fields: Value| refusal(&tour(json!({}), fields));
    assert_eq!(vehicle(json!({ "max_travel_time": 9 })), "not supported: max_travel_time");
    assert_eq!(
        vehicle(json!({ "end": [113.8, 34.3] })),
        "not supported: an end that is not the start (vehicle 1)"
    );
    assert_eq!(vehicle(json!({ "speed_factor": 0 })), "vehicle 1: speed_factor 0 is out of range");
    let full = json!({ "breaks": [{ "id": 1, "max_load": [1] }] });
    assert_eq!(vehicle(full), "not supported: max_load");
    assert_eq!(job(json!({ "priority": -1 })), "job 2: priority -1 is out of range");
    assert_eq!(job(json!({ "time_windows": [[-5, 5]] })), "job 2: time_windows -5 is out of range");
    assert_eq!(job(json!({ "delivery": [1, 2] })), "not supported: capacity of several dimensions");
    assert_eq!(job(json!({ "servcie": 60 })), "not supported: servcie");
    assert_eq!(job(json!({ "type": "pickup" })), "not supported: type", "a vehicle's word");
    assert_eq!(vehicle(json!({ "distances": [[0]] })), "not supported: distances");
    let mut shipments = tour(json!({}), json!({}));
    shipments["shipments"] = json!([{}]);
    assert_eq!(refusal(&shipments), "not supported: shipments");
}

#[test]
fn a_matrix_that_does_not_fit_is_refused() {
    let file = |durations: Value, at: u32| {
        let mut file =
            tour(json!({ "start_index": 0, "end_index": 0 }), json!({ "location_index": at }));
        file["matrices"] = json!({ "car": { "durations": durations } });
        refusal(&file)
    };
    let odd = "the matrix of \"car\" is missing, not square, or has an entry out of range";
    assert_eq!(file(json!([[0, 5], [5]]), 1), odd);
    assert_eq!(file(json!([[0, 5, 1], [5, 0, 1]]), 1), odd);
    assert_eq!(file(json!([[0, -5], [5, 0]]), 1), odd);
    assert_eq!(file(json!([[0, 5], [5, 0]]), 7), "job 2: index 7 is outside the matrix of \"car\"");
}

#[test]
fn a_file_whose_travel_times_do_not_fit_into_memory_is_refused() {
    let mut file = day();
    let visit = file["visits"][0].clone();
    let many = (0..20_000).map(|id| {
        let mut visit = visit.clone();
        visit["id"] = json!(id);
        visit
    });
    file["visits"] = many.collect();
    let said = refusal(&file);
    assert_eq!(said, "20001 homes and visits are too many to plan at once; split the file by area");
}
