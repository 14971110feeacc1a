//! Bounds of what any plan can reach.

use super::*;

#[test]
fn the_bound_of_travel_is_that_of_the_best_plan_where_no_home_is_nearer() {
    // Out and back again, whatever the order; a call takes no travel.
    let on_the_way = Visit { place: north(2.0), ..visit(2) };
    let call = Visit { channel: Channel::Call, ..visit(3) };
    let problem = village(vec![volunteer(1)], vec![visit(1), on_the_way, call]);
    let plan = planned(&problem);
    assert_eq!(bounds(&problem, &plan).travel, plan.measures.travel);
}

#[test]
fn the_bound_of_unserved_priority_is_of_visits_that_none_may_make_and_of_the_minutes_offered() {
    let skilled = Visit { skills: skills(&["driving"]), priority: Priority::MAX, ..visit(9) };
    let services = |offered| {
        let who = Volunteer { offered: Minutes(offered), home: north(9.9), ..volunteer(1) };
        let problem = village(vec![who], vec![visit(1), visit(2), visit(3), skilled.clone()]);
        let plan = planned(&problem);
        (bounds(&problem, &plan).unserved_priority, plan.measures.unserved_priority)
    };
    assert_eq!(services(90), (Some(10), 10));
    assert_eq!(services(60), (Some(15), 15));
    // Half of the second visit could be made.
    assert_eq!(services(45), (Some(18), 20));
}

#[test]
fn the_bound_of_the_largest_share_is_the_level_of_even_loads() {
    let near = |number| Volunteer { home: north(9.9), ..volunteer(number) };
    let busy = Volunteer { carried: Minutes(30), ..near(2) };
    let problem = village(vec![near(1), busy], vec![visit(1), visit(2), visit(3)]);
    let share = |problem: &DispatchProblem| {
        let plan = planned(problem);
        (bounds(problem, &plan).largest_share.unwrap_or_default(), plan.measures.largest_share)
    };
    let (bound, share_of_plan) = share(&problem);
    assert!((bound - 60.0 / 180.0).abs() < 1e-9 && (share_of_plan - bound).abs() < 1e-9, "{bound}");
    // What was carried before is a share of any plan.
    let spent = Volunteer { carried: Minutes(150), ..near(3) };
    let (bound, _) = share(&village(vec![spent], vec![]));
    assert!((bound - 150.0 / 180.0).abs() < 1e-9, "{bound}");
}
