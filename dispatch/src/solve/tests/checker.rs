//! The checker can fail: a valid plan with one error is rejected for that error.

use super::*;
use crate::solve::check::check_routes;

/// A morning of two visits with a break, one pinned visit, one unserved.
fn sample() -> (DispatchProblem, Plan) {
    let who = Volunteer {
        shifts: vec![Shift { breaks: vec![hours("1000-1015")], ..shift(1, "0900-1200") }],
        skills: skills(&["driving"]),
        ..volunteer(1)
    };
    let windowed = Visit {
        windows: vec![hours("0900-0950")],
        skills: skills(&["driving"]),
        preferred: Some(person(1)),
        ..visit(1)
    };
    let pinned = Visit { pinned: Some(pin(1, 1, Some("1030"))), place: north(4.9), ..visit(2) };
    let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(3) };
    let idle = Volunteer { grid: area("500116001001003"), ..volunteer(2) };
    let problem = village(vec![who, idle], vec![windowed, pinned, elsewhere]);
    let plan = planned(&problem);
    assert_eq!((plan.routes.len(), plan.routes[0].stops.len()), (1, 2));
    (problem, plan)
}

/// What the checker says of the sample's plan after a change to it.
fn wrong(change: impl FnOnce(&mut Plan)) -> Violation {
    let (problem, mut plan) = sample();
    change(&mut plan);
    check(&problem, &plan).expect_err("a plan with something wrong")
}

/// What the checker says of the sample's plan after a change to the problem.
fn wrong_for(change: impl FnOnce(&mut DispatchProblem)) -> Violation {
    let (mut problem, plan) = sample();
    change(&mut problem);
    check(&problem, &plan).expect_err("a problem that the plan is not for")
}

#[test]
fn a_visit_that_stands_twice_or_nowhere_is_found() {
    let twice = wrong(|plan| {
        let unserved = Unserved { visit: task(1), reason: Reason::NoVolunteer, remedy: None };
        plan.unserved.push(unserved);
    });
    assert_eq!(twice, Violation::VisitTwice(task(1)));
    assert_eq!(wrong(|plan| plan.unserved.clear()), Violation::VisitMissing(task(3)));
    assert_eq!(wrong(|plan| plan.unserved[0].visit = task(9)), Violation::UnknownVisit(task(9)));
}

#[test]
fn a_route_of_nobody_or_on_no_shift_is_found() {
    let nobody = wrong(|plan| plan.routes[0].volunteer = person(9));
    assert_eq!(nobody, Violation::UnknownVolunteer(person(9)));
    let idle_day = wrong(|plan| plan.routes[0].day = june(2));
    assert_eq!(idle_day, Violation::NoShift(person(1), june(2)));
    let twice = wrong(|plan| {
        let stops = vec![plan.routes[0].stops.remove(1)];
        plan.routes.push(Route { stops, ..plan.routes[0].clone() });
        plan.routes[0].travel = Minutes(20);
    });
    assert_eq!(twice, Violation::RouteTwice(person(1), june(1)));
    let empty = wrong(|plan| {
        let route = Route { volunteer: person(2), stops: vec![], ..plan.routes[0].clone() };
        plan.routes.push(route);
    });
    assert_eq!(empty, Violation::EmptyRoute(person(2), june(1)));
}

#[test]
fn a_person_who_may_not_go_is_found() {
    let other =
        |problem: &mut DispatchProblem| problem.volunteers[0].grid = area("500116001001009");
    assert_eq!(wrong_for(other), Violation::Area(task(1)));
    assert_eq!(wrong_for(|p| p.volunteers[0].skills.clear()), Violation::Skill(task(1)));
    assert_eq!(wrong_for(|p| p.visits[0].not_before = june(2)), Violation::TooEarly(task(1)));
    assert_eq!(wrong_for(|p| p.visits[1].pinned = Some(pin(2, 1, None))), Violation::Pin(task(2)));
    let hour =
        |problem: &mut DispatchProblem| problem.visits[1].pinned = Some(pin(1, 1, Some("1031")));
    assert_eq!(wrong_for(hour), Violation::Pin(task(2)));
}

#[test]
fn times_that_do_not_follow_are_found() {
    let faster = wrong(|plan| plan.routes[0].stops[0].travel = Minutes(9));
    assert_eq!(faster, Violation::Journey(task(1)));
    assert_eq!(
        wrong(|plan| plan.routes[0].stops[0].arrive = at("0909")),
        Violation::Times(task(1))
    );
    assert_eq!(wrong(|plan| plan.routes[0].stops[0].leave = at("0939")), Violation::Times(task(1)));
    assert_eq!(
        wrong(|plan| plan.routes[0].stops[1].arrive = at("1031")),
        Violation::Times(task(2))
    );
    assert_eq!(wrong(|plan| plan.routes[0].stops.swap(0, 1)), Violation::Journey(task(2)));
    let outside =
        |problem: &mut DispatchProblem| problem.visits[0].windows = vec![hours("0911-1000")];
    assert_eq!(wrong_for(outside), Violation::Window(task(1)));
    let rest = |problem: &mut DispatchProblem| {
        problem.volunteers[0].shifts[0].breaks = vec![hours("0939-0942")];
    };
    assert_eq!(wrong_for(rest), Violation::Break(task(1)));
    let on_the_road =
        |p: &mut DispatchProblem| p.volunteers[0].shifts[0].breaks = vec![hours("0905-0906")];
    assert_eq!(wrong_for(on_the_road), Violation::Times(task(1)));
}

#[test]
fn a_way_home_past_the_shift_or_left_out_is_found() {
    let brief =
        |problem: &mut DispatchProblem| problem.volunteers[0].shifts[0].window = hours("0900-1104");
    assert_eq!(wrong_for(brief), Violation::Home(person(1), june(1)));
    let no_way_home = wrong(|plan| plan.routes[0].travel = Minutes(15));
    assert_eq!(no_way_home, Violation::Travel(person(1), june(1)));
}

#[test]
fn more_than_was_offered_is_found() {
    let less = |problem: &mut DispatchProblem| problem.volunteers[0].offered = Minutes(79);
    assert_eq!(wrong_for(less), Violation::Offered(person(1)));
    let more = |problem: &mut DispatchProblem| problem.volunteers[0].carried = Minutes(101);
    assert_eq!(wrong_for(more), Violation::Offered(person(1)));
    let weekly = |offered, carried| {
        move |problem: &mut DispatchProblem| {
            let (offered, carried) = (Minutes(offered), Minutes(carried));
            let week = |day| WeekOffer { monday: june(day), offered, carried };
            problem.volunteers[0].weeks = vec![week(1), week(8)];
            // The offers for weeks are the limit.
            problem.volunteers[0].offered = Minutes(1);
        }
    };
    assert_eq!(wrong_for(weekly(80, 0)), Violation::Offered(person(1)));
    assert_eq!(wrong_for(weekly(180, 100)), Violation::Offered(person(1)));
    let (mut problem, plan) = sample();
    weekly(180, 99)(&mut problem);
    assert_eq!(check_routes(&problem, &plan), Ok(()));
}

#[test]
fn a_false_account_is_found() {
    let why = |change: fn(&mut Why)| wrong(|plan| change(&mut plan.routes[0].stops[0].why));
    assert_eq!(why(|why| why.extra_travel = Minutes(8)), Violation::Why(task(1)));
    assert_eq!(why(|why| why.share_before += 0.01), Violation::Why(task(1)));
    assert_eq!(why(|why| why.share_after += 0.01), Violation::Why(task(1)));
    assert_eq!(why(|why| why.others = 1), Violation::Why(task(1)));
    assert_eq!(why(|why| why.known = false), Violation::Why(task(1)));
}

#[test]
fn a_false_reason_is_found() {
    let false_ones = [
        Reason::PinDoesNotFit,
        Reason::NoSkill { missing: Skills::new() },
        Reason::NoShift,
        Reason::NoWindow,
        Reason::NoMinutes { short: Minutes(5) },
        Reason::NoRoom { short: Minutes(5) },
    ];
    for reason in false_ones {
        let found = wrong(|plan| plan.unserved[0].reason = reason);
        assert_eq!(found, Violation::Reason(task(3)));
    }
}

#[test]
fn a_visit_kept_from_one_who_has_an_idle_day_is_found() {
    let problem = village(vec![volunteer(1)], vec![visit(1)]);
    for reason in [
        Reason::NoVolunteer,
        Reason::NoShift,
        Reason::NoWindow,
        Reason::NoMinutes { short: Minutes(1) },
        Reason::NoRoom { short: Minutes(1) },
    ] {
        let unserved = vec![Unserved { visit: task(1), reason, remedy: None }];
        let plan = Plan { unserved, ..Plan::default() };
        assert_eq!(check(&problem, &plan), Err(Violation::Reason(task(1))));
    }
}

#[test]
fn a_false_measure_is_found() {
    let measure = |change: fn(&mut Measures)| wrong(|plan| change(&mut plan.measures));
    assert_eq!(measure(|m| m.served += 1), Violation::Measure("served"));
    assert_eq!(measure(|m| m.unserved = 0), Violation::Measure("unserved"));
    assert_eq!(measure(|m| m.unserved_priority += 1), Violation::Measure("unserved priority"));
    assert_eq!(measure(|m| m.late = 1), Violation::Measure("late"));
    assert_eq!(measure(|m| m.late_days = 1), Violation::Measure("late days"));
    assert_eq!(measure(|m| m.travel = Minutes(0)), Violation::Measure("travel"));
    assert_eq!(measure(|m| m.service = Minutes(0)), Violation::Measure("service"));
    assert_eq!(measure(|m| m.known = 0), Violation::Measure("known"));
    assert_eq!(measure(|m| m.known_possible = 2), Violation::Measure("known possible"));
    assert_eq!(measure(|m| m.largest_share += 0.1), Violation::Measure("largest share"));
    assert_eq!(measure(|m| m.mean_share += 0.1), Violation::Measure("mean share"));
    assert_eq!(measure(|m| m.share_spread += 0.1), Violation::Measure("spread of shares"));
}
