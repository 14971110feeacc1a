//! Calls take time and no journey.

use super::*;

/// A call of ten minutes.
fn call(number: u128) -> Visit {
    Visit { channel: Channel::Call, service: Minutes(10), ..visit(number) }
}

fn times(plan: &Plan, number: u128) -> (TimeOfDay, TimeOfDay) {
    let stop = stop(plan, number);
    (stop.start, stop.leave)
}

#[test]
fn a_call_takes_its_minutes_and_no_journey_however_far() {
    let plan = planned(&village(vec![volunteer(1)], vec![Visit { place: north(90.0), ..call(1) }]));
    let stop = stop(&plan, 1);
    assert_eq!((stop.start, stop.leave), (at("0900"), at("0910")));
    assert_eq!((stop.travel, stop.why.extra_travel), (Minutes(0), Minutes(0)));
    assert_eq!((plan.routes[0].travel, plan.measures.service), (Minutes(0), Minutes(10)));
}

#[test]
fn a_call_fills_the_time_before_a_visit_and_moves_no_journey() {
    let late = Visit { windows: vec![hours("1030-1100")], ..visit(1) };
    let plan = planned(&village(vec![volunteer(1)], vec![late, call(2)]));
    assert_eq!(times(&plan, 2), (at("0900"), at("0910")));
    assert_eq!(times(&plan, 1), (at("1030"), at("1100")));
    assert_eq!(plan.routes[0].travel, Minutes(20));
    let first = plan.routes[0].stops[0].visit;
    assert_eq!(first, task(2), "stops are in order of time");
}

#[test]
fn visits_make_way_for_the_hours_of_a_call() {
    let narrow = Visit { windows: vec![hours("0915-0925")], ..call(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1), narrow]));
    assert_eq!(times(&plan, 2), (at("0915"), at("0925")));
    assert_eq!(times(&plan, 1), (at("0925"), at("0955")));
    assert_eq!(stop(&plan, 1).arrive, at("0910"), "the journey is before the call");
}

#[test]
fn a_pinned_call_keeps_its_time_and_a_visit_that_needs_it_goes_to_another() {
    let pinned = Visit { pinned: Some(pin(1, 1, Some("0920"))), ..call(1) };
    let same_time = Visit { windows: vec![hours("0915-0945")], ..visit(2) };
    let problem = village(vec![volunteer(1), volunteer(2)], vec![pinned, same_time]);
    let plan = planned(&problem);
    assert_eq!(times(&plan, 1), (at("0920"), at("0930")));
    assert_eq!(goes(&plan, 2), Some((person(2), june(1))));
}

#[test]
fn a_call_that_is_pinned_to_a_day_finds_its_time_between_the_visits() {
    let pinned = Visit { pinned: Some(pin(1, 1, None)), ..call(1) };
    let plan = planned(&village(vec![volunteer(1), volunteer(2)], vec![pinned, visit(2)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
}

#[test]
fn calls_are_shared_evenly() {
    let plan = planned(&village(vec![volunteer(1), volunteer(2)], (1..=6).map(call).collect()));
    let of = |who| plan.routes.iter().filter(move |route| route.volunteer == person(who));
    let counts = [1, 2].map(|who| of(who).map(|route| route.stops.len()).sum::<usize>());
    assert_eq!(counts, [3, 3]);
}

#[test]
fn of_about_even_loads_the_known_person_calls() {
    let known = Visit { last: Some(person(2)), ..call(1) };
    let plan = planned(&village(vec![volunteer(1), volunteer(2)], vec![known]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
}

#[test]
fn a_call_counts_against_the_offer() {
    let spent = Volunteer { carried: Minutes(172), ..volunteer(1) };
    let plan = planned(&village(vec![spent], vec![call(1)]));
    assert_eq!(reason(&plan), &Reason::NoMinutes { short: Minutes(2) });
    let full = Volunteer { shifts: vec![shift(1, "0900-0930")], ..volunteer(1) };
    let all_of_it = Visit { pinned: Some(pin(1, 1, None)), service: Minutes(30), ..call(2) };
    let plan = planned(&village(vec![full], vec![call(1), all_of_it]));
    assert_eq!(reason(&plan), &Reason::NoRoom { short: Minutes(10) });
}

#[test]
fn a_call_goes_to_a_neighbour_if_the_own_grid_has_no_time() {
    let neighbour = Volunteer { grid: area(NEXT_GRID), ..volunteer(2) };
    let spent = Volunteer { offered: Minutes(5), ..volunteer(1) };
    let problem = village(vec![spent, neighbour], vec![call(1)]);
    let plan = planned_with_help(&problem, Level::Village);
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
}

#[test]
fn a_tied_call_is_refused() {
    let mut problem = village(vec![volunteer(1)], vec![call(1), visit(2)]);
    problem.ties.push(Tie::SamePerson(vec![task(1), task(2)]));
    assert_eq!(refusal(&problem), DispatchProblemError::TiedCall(task(1)));
}

#[test]
fn a_candidate_for_a_call_needs_no_way() {
    let far = Visit { place: north(900.0), ..call(1) };
    let problem = village(vec![volunteer(1)], vec![]);
    let found = candidates(&problem, &far, crate::routing::Weights::default()).expect("sound");
    let cost = found[0].verdict.as_ref().expect("possible");
    assert_eq!(cost.extra_travel, Minutes(0));
    let hindered = candidates(
        &problem,
        &Visit { channel: Channel::Visit, ..far },
        crate::routing::Weights::default(),
    );
    assert_eq!(hindered.expect("sound")[0].verdict, Err(Hindrance::TooFar));
}

#[test]
fn the_checker_finds_a_journey_to_a_call_and_a_visit_during_one() {
    let problem = village(vec![volunteer(1)], vec![visit(1), call(2)]);
    let sound = planned(&problem);
    let at_of = |plan: &Plan, number| {
        let mut stops = plan.routes[0].stops.iter();
        stops.position(|stop| stop.visit == task(number)).expect("a stop")
    };
    let mut plan = sound.clone();
    let call = at_of(&plan, 2);
    plan.routes[0].stops[call].travel = Minutes(3);
    assert_eq!(check(&problem, &plan), Err(Violation::Journey(task(2))));
    let mut plan = sound;
    let visited = stop(&plan, 1).clone();
    plan.routes[0].stops[call].start = visited.start;
    plan.routes[0].stops[call].arrive = visited.start;
    plan.routes[0].stops[call].leave = at("0920");
    let found = check(&problem, &plan).expect_err("two things at once");
    assert!(matches!(found, Violation::Break(_) | Violation::Times(_)), "{found}");
}
