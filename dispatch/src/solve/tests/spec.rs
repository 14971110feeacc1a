//! The promises of a plan, one by one.

use super::*;

#[test]
fn one_volunteer_and_one_visit_make_one_route_there_and_back() {
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
    let stop = stop(&plan, 1);
    assert_eq!((stop.arrive, stop.start, stop.leave), (at("0910"), at("0910"), at("0940")));
    assert_eq!(plan.routes[0].travel, Minutes(20));
    assert_eq!(stop.why.extra_travel, Minutes(20));
    assert!((stop.why.share_before, stop.why.others, stop.why.known) == (0.0, 0, false));
    assert!((stop.why.share_after - 50.0 / 180.0).abs() < 1e-12);
}

#[test]
fn the_nearest_goes() {
    let near = Volunteer { home: north(8.0), ..volunteer(2) };
    let plan = planned(&village(vec![volunteer(1), near], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
    assert_eq!(stop(&plan, 1).why.others, 1);
}

#[test]
fn of_two_as_near_the_one_with_the_smaller_share_goes() {
    let busy = Volunteer { carried: Minutes(60), ..volunteer(1) };
    let plan = planned(&village(vec![busy, volunteer(2)], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
}

#[test]
fn of_two_as_near_the_one_they_know_goes() {
    let known = Visit { last: Some(person(2)), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1), volunteer(2)], vec![known]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
    assert!(stop(&plan, 1).why.known);
    assert_eq!((plan.measures.known, plan.measures.known_possible), (1, 1));
}

#[test]
fn when_not_all_can_be_done_the_most_urgent_is() {
    let short = Volunteer { offered: Minutes(50), ..volunteer(1) };
    let urgent = Visit { priority: Priority::MAX, ..visit(2) };
    let plan = planned(&village(vec![short], vec![visit(1), urgent]));
    assert_eq!(goes(&plan, 2), Some((person(1), june(1))));
    assert_eq!((plan.measures.unserved, plan.measures.unserved_priority), (1, 5));
}

#[test]
fn a_visit_on_the_way_adds_only_its_service() {
    let on_the_way = Visit { place: north(4.95), priority: Priority::MIN, ..visit(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1), on_the_way]));
    assert_eq!(plan.measures.travel, Minutes(20));
    assert_eq!(stop(&plan, 2).why.extra_travel, Minutes(0));
}

#[test]
fn a_call_that_cuts_a_journey_at_a_break_makes_room_for_a_more_urgent_one() {
    let rests = Shift { breaks: vec![hours("0920-0925")], ..shift(1, "0900-1200") };
    let who = Volunteer { shifts: vec![rests], ..volunteer(1) };
    let far = Visit {
        place: north(29.9),
        service: Minutes(10),
        windows: vec![hours("0900-1000")],
        priority: Priority::MAX,
        ..visit(1)
    };
    let halfway = Visit { place: north(14.95), service: Minutes(5), ..visit(2) };
    let alone = planned(&village(vec![who.clone()], vec![far.clone()]));
    assert_eq!(reason(&alone), &Reason::NoWindow, "half an hour on the road begins at 0925");
    let plan = planned(&village(vec![who], vec![far, halfway]));
    assert_eq!((stop(&plan, 2).leave, stop(&plan, 1).arrive), (at("0920"), at("0940")));
}

#[test]
fn a_full_shift_leaves_the_visit_unserved_and_says_by_how_much() {
    let brief = Volunteer { shifts: vec![shift(1, "0900-1000")], ..volunteer(1) };
    let plan = planned(&village(vec![brief], vec![visit(1), visit(2)]));
    assert_eq!(reason(&plan), &Reason::NoRoom { short: Minutes(20) }, "30 + 30 + 20 of 60");
}

#[test]
fn nobody_who_serves_the_grid_is_told_from_nobody_with_the_skill() {
    let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1)], vec![elsewhere]));
    assert_eq!(reason(&plan), &Reason::NoVolunteer);

    let hard = Visit { skills: skills(&["driving", "legal", "medical"]), ..visit(1) };
    let drives = Volunteer { skills: skills(&["driving"]), ..volunteer(1) };
    let learned = Volunteer { skills: skills(&["legal", "medical"]), ..volunteer(2) };
    let plan = planned(&village(vec![drives, learned], vec![hard]));
    assert_eq!(reason(&plan), &Reason::NoSkill { missing: skills(&["driving"]) });
}

#[test]
fn no_shift_is_told_from_no_shift_that_fits_the_window() {
    let later = Visit { not_before: june(2), ..visit(1) };
    assert_eq!(reason(&planned(&village(vec![volunteer(1)], vec![later]))), &Reason::NoShift);

    let evening = Visit { windows: vec![hours("1800-1900")], ..visit(1) };
    assert_eq!(reason(&planned(&village(vec![volunteer(1)], vec![evening]))), &Reason::NoWindow);

    let far = Visit { place: north(79.9), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1)], vec![far]));
    assert_eq!(reason(&plan), &Reason::NoWindow, "80 + 30 + 80 minutes in 180");
}

#[test]
fn an_area_served_besides_the_home_grid_may_be_of_any_level() {
    for served in [NEXT_GRID, "500116001001", "500116001", "500116"] {
        let wide = Volunteer { also_serves: vec![area(served)], ..volunteer(1) };
        let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(1) };
        let plan = planned(&village(vec![wide], vec![elsewhere, visit(2)]));
        assert!(plan.unserved.is_empty(), "{served}");
        assert_eq!(plan.routes.len(), 1, "one route through both grids");
    }
}

#[test]
fn a_visit_waits_for_its_window_and_takes_the_first_that_fits() {
    let windows = vec![hours("1100-1200"), hours("0905-0930"), hours("1000-1030")];
    let plan = planned(&village(vec![volunteer(1)], vec![Visit { windows, ..visit(1) }]));
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0910"), at("1000")));
}

#[test]
fn neither_service_nor_journey_runs_into_a_break() {
    let rests = |pause| Shift { breaks: vec![hours(pause)], ..shift(1, "0900-1200") };
    let plan_with = |pause| {
        let who = Volunteer { shifts: vec![rests(pause)], ..volunteer(1) };
        planned(&village(vec![who], vec![visit(1)]))
    };
    let plan = plan_with("0905-0930");
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0940"), at("0940")));
    let plan = plan_with("0930-0945");
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0910"), at("0945")));
    let plan = plan_with("0945-1155");
    assert_eq!(reason(&plan), &Reason::NoWindow, "the way home takes ten minutes");
}

#[test]
fn a_day_in_time_is_taken_before_a_late_one_and_a_late_one_before_none() {
    let shifts = |days: &[u32]| days.iter().map(|day| shift(*day, "0900-1200")).collect();
    let due = Visit { due: june(3), not_before: june(2), ..visit(1) };
    let plan_with = |days: &[u32]| {
        let who = Volunteer { shifts: shifts(days), ..volunteer(1) };
        planned(&village(vec![who], vec![due.clone()]))
    };
    assert_eq!(goes(&plan_with(&[6, 3, 1]), 1), Some((person(1), june(3))));
    let late = plan_with(&[6, 5, 1]);
    assert_eq!(goes(&late, 1), Some((person(1), june(5))));
    assert_eq!((late.measures.late, late.measures.late_days), (1, 2));
}

#[test]
fn a_visit_long_overdue_is_done_on_the_first_day_that_holds_it() {
    let overdue = Visit { due: june(1), not_before: june(1), ..visit(1) };
    let near_but_later =
        Volunteer { home: north(9.9), shifts: vec![shift(4, "0900-1200")], ..volunteer(1) };
    let sooner = Volunteer { shifts: vec![shift(3, "0900-1200")], ..volunteer(2) };
    let plan = planned(&village(vec![near_but_later, sooner], vec![overdue]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(3))));
    assert_eq!(plan.measures.late_days, 2);
}

#[test]
fn a_plan_is_told_in_plain_json() {
    let hard = Visit { skills: skills(&["legal"]), ..visit(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1), hard]));
    let json = serde_json::to_value(&plan).expect("json");
    assert_eq!(
        json["unserved"],
        serde_json::json!([{
            "visit": task(2),
            "reason": {"code": "no_skill", "missing": ["legal"]},
            "remedy": {
                "code": "skill", "volunteer": person(1), "day": "2026-06-01", "missing": ["legal"],
            },
        }])
    );
    assert_eq!(
        json["routes"],
        serde_json::json!([{
            "volunteer": person(1),
            "day": "2026-06-01",
            "stops": [{
                "visit": task(1), "arrive": 550, "start": 550, "leave": 580, "travel": 10,
                "why": {
                    "extra_travel": 20, "share_before": 0.0, "share_after": 50.0 / 180.0,
                    "others": 0, "known": false, "channel": "visit", "next": [],
                    "day": "first_possible",
                },
            }],
            "travel": 20,
        }])
    );
    assert_eq!(json["measures"]["unserved_priority"], 5);
}

#[test]
fn nothing_to_do_is_a_plan() {
    assert_eq!(planned(&DispatchProblem::default()), Plan::default());
    let idle = planned(&village(vec![volunteer(1)], vec![]));
    assert_eq!((idle.routes.len(), idle.measures), (0, Measures::default()));
}

#[test]
fn what_a_grid_cannot_do_its_neighbours_of_the_village_do() {
    let busy = Volunteer { offered: Minutes(60), ..volunteer(1) };
    let neighbour = Volunteer { grid: area(NEXT_GRID), ..volunteer(2) };
    let visits = (1..=3).map(visit).collect();
    let problem = village(vec![busy, neighbour], visits);
    let alone = plan(&problem, &Options::default()).expect("it makes sense");
    let together = planned_with_help(&problem, Level::Village);
    assert!(alone.measures.unserved > 0 && together.measures.unserved == 0);
    for stop in &alone.routes[0].stops {
        let has = |route: &&Route| route.stops.iter().any(|other| other.visit == stop.visit);
        let route = together.routes.iter().find(has).expect("it is still made");
        assert_eq!(route.volunteer, person(1), "assigned visits stay where they are");
    }
}

#[test]
fn a_lent_volunteer_serves_the_other_area_on_those_days_alone() {
    let lending = Lending { area: area(NEXT_GRID), first_day: june(2), last_day: june(2) };
    let shifts = [1, 2, 3].map(|day| shift(day, "0900-1200")).to_vec();
    let who = Volunteer { lent: vec![lending], shifts, ..volunteer(1) };
    let there = Visit { grid: area(NEXT_GRID), ..visit(1) };
    let plan = planned(&village(vec![who.clone()], vec![there.clone(), visit(2)]));
    let day_of = |n| {
        let route = plan
            .routes
            .iter()
            .find(|route| route.stops.iter().any(|stop| stop.visit == visit(n).id));
        route.map(|route| route.day)
    };
    assert_eq!(day_of(1), Some(june(2)));
    assert!(day_of(2).is_some(), "the home grid is served on each day");
    let later = Visit { not_before: june(3), ..there };
    assert_eq!(reason(&planned(&village(vec![who], vec![later]))), &Reason::NoShift);
}

#[test]
fn more_visits_at_one_point_than_a_search_takes_are_planned_the_most_urgent_first() {
    let number = 6_000;
    let urgent =
        |n: u128| if n.is_multiple_of(1_000) { Priority::of::<9>() } else { Priority::of::<5>() };
    let visits = (1..=number).map(|n| Visit { priority: urgent(n), ..visit(n) }).collect();
    let plan = planned_within(&village(vec![volunteer(1), volunteer(2)], visits), 1);
    let served: Vec<u128> = (1..=number).filter(|n| goes(&plan, *n).is_some()).collect();
    assert_eq!(served.len() + plan.unserved.len(), usize::try_from(number).expect("a number"));
    for n in (1_000..=number).step_by(1_000) {
        assert!(served.contains(&n), "{served:?}");
    }
    let no_room =
        |left: &Unserved| matches!(left.reason, Reason::NoRoom { .. } | Reason::NoMinutes { .. });
    assert!(plan.unserved.iter().all(no_room));
}
