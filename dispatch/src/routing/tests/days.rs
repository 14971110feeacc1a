//! Which day of several a visit gets.

use super::*;
use crate::routing::solution::{ShiftRoute, Stop};

/// The street with the hours of its first day on each of three days.
fn on_three_days(street: Instance) -> Instance {
    let volunteers = street.volunteers.into_iter().map(|who| {
        let hours = who.shifts[0].clone();
        let shifts = (0..3).map(|day| Shift { day, ..hours.clone() }).collect();
        Volunteer { shifts, ..who }
    });
    Instance { volunteers: volunteers.collect(), ..street }
}

/// The day of each visit.
fn days(instance: &Instance, plan: &Solution) -> Vec<Option<i32>> {
    let day = |visit: usize| {
        let mut routes = plan.routes.iter();
        let route = routes.find(|route| route.stops.iter().any(|stop| stop.visit == visit))?;
        Some(instance.volunteers[route.volunteer].shifts[route.shift].day)
    };
    (0..instance.visits.len()).map(day).collect()
}

#[test]
fn of_two_days_at_equal_travel_the_earlier_is_taken() {
    let later = Visit { first_day: 1, ..visit() };
    let mut instance = on_three_days(street(
        vec![(0, volunteer()), (100, volunteer())],
        vec![(10, visit()), (90, later)],
    ));
    // Whatever the order in which the shifts are listed.
    instance.volunteers.iter_mut().for_each(|who| who.shifts.reverse());
    assert_eq!(days(&instance, &planned(&instance)), [Some(0), Some(1)]);
}

#[test]
fn the_more_urgent_of_two_visits_is_not_the_one_that_waits() {
    let long = |priority| Visit { service: 700, priority, ..visit() };
    for [one, other] in [[5, 8], [8, 5]] {
        let instance =
            on_three_days(street(vec![(0, volunteer())], vec![(10, long(one)), (10, long(other))]));
        let expected = if one > other { [Some(0), Some(1)] } else { [Some(1), Some(0)] };
        assert_eq!(days(&instance, &planned(&instance)), expected);
    }
}

#[test]
fn a_day_of_waiting_is_worth_little_travel() {
    // Alone on the first day the one visit costs 200 seconds of travel, beside the other none.
    let later = Visit { first_day: 1, ..visit() };
    let instance =
        on_three_days(street(vec![(0, volunteer())], vec![(100, visit()), (100, later)]));
    assert_eq!(days(&instance, &planned(&instance)), [Some(1), Some(1)]);
}

/// The plan of a single day, on this one of three days.
fn on_day(plan: &Solution, day: usize) -> Solution {
    let routes = plan.routes.iter().map(|route| ShiftRoute { shift: day, ..route.clone() });
    Solution { routes: routes.collect(), unserved: plan.unserved.clone() }
}

proptest! {
    #[test]
    fn of_two_plans_that_are_equal_otherwise_the_earlier_costs_less(
        street in some_street(2, 4),
        weights in (1..100_i64).prop_map(|waiting| Weights { waiting, ..Weights::default() }),
    ) {
        let plan = plan(&street, weights, &Budget::Iterations(100), 1).expect("sense");
        let instance = on_three_days(street);
        let costs = [0, 1, 2].map(|day| on_day(&plan, day).cost(&instance, &weights));
        if plan.unserved.len() < instance.visits.len() {
            prop_assert!(costs[0] < costs[1] && costs[1] < costs[2], "{costs:?}");
        } else {
            prop_assert_eq!(costs, [costs[0]; 3]);
        }
    }

    #[test]
    fn a_visit_on_its_last_possible_day_costs_less_than_an_unserved_one(
        street in some_street(1, 1),
        waiting in 0..10_000_i64,
        due in 0..3,
    ) {
        let weights = Weights { waiting, ..Weights::default() };
        let mut instance = on_three_days(street);
        instance.visits[0].due = due;
        let way = instance.travel[0].way(0, 1);
        let stop = Stop { visit: 0, travel: way, arrive: way, start: way, leave: way };
        let route = ShiftRoute { volunteer: 0, shift: 2, stops: vec![stop], home: way };
        let served = Solution { routes: vec![route], unserved: Vec::new() };
        let unserved = Solution { routes: Vec::new(), unserved: vec![0] };
        prop_assert!(served.cost(&instance, &weights) < unserved.cost(&instance, &weights));
    }
}
