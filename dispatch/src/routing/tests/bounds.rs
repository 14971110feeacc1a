//! Bounds and search compared with every plan of tiny instances.

use proptest::prelude::*;

use super::random::some_instance;
use super::*;
use crate::routing::solution::{ShiftRoute, Stop};
use crate::routing::{Effort, bounds, check};

/// Every assignment of visits to shifts in every order, each as early as possible.
fn every_plan(instance: &Instance) -> Vec<Solution> {
    let shifts: Vec<(usize, usize)> = (0..instance.volunteers.len())
        .flat_map(|who| (0..instance.volunteers[who].shifts.len()).map(move |at| (who, at)))
        .collect();
    let mut orders: Vec<Vec<Vec<usize>>> = vec![vec![Vec::new(); shifts.len()]];
    for visit in 0..instance.visits.len() {
        let mut more = Vec::new();
        for order in &orders {
            more.push(order.clone());
            for shift in 0..shifts.len() {
                for at in 0..=order[shift].len() {
                    let mut next = order.clone();
                    next[shift].insert(at, visit);
                    more.push(next);
                }
            }
        }
        orders = more;
    }
    let plans = orders.iter().filter_map(|order| {
        let routes =
            order.iter().zip(&shifts).map(|(visits, shift)| timed(instance, *shift, visits));
        let routes = routes.collect::<Option<Vec<_>>>()?;
        let made = |visit: &usize| order.iter().any(|visits| visits.contains(visit));
        let unserved = (0..instance.visits.len()).filter(|visit| !made(visit)).collect();
        Some(Solution { routes, unserved })
    });
    plans.filter(|plan| check(instance, plan).is_ok()).collect()
}

/// The route moment by moment; none if it cannot be.
fn timed(
    instance: &Instance,
    (volunteer, shift): (usize, usize),
    visits: &[usize],
) -> Option<ShiftRoute> {
    let hours = &instance.volunteers[volunteer].shifts[shift];
    let ways = &instance.travel[0];
    let free = |from: Seconds, length: Seconds| {
        let clash =
            |span: &(Seconds, Seconds)| from < span.1 && from + length > span.0 && length > 0;
        !hours.breaks.iter().any(clash)
    };
    let first = |from: Seconds, length: Seconds, may: &dyn Fn(Seconds) -> bool| {
        (from..=hours.close).find(|at| free(*at, length) && may(*at))
    };
    let (mut left, mut at, mut stops) = (hours.open, volunteer, Vec::new());
    for &visit in visits {
        let (asked, place) = (&instance.visits[visit], instance.place(visit));
        let travel = ways.way(at, place);
        let arrive = first(left, travel, &|_| true)? + travel;
        let fixed = asked.pinned.and_then(|pin| pin.start);
        let start = first(arrive, asked.service, &|at| {
            let within = |window: &(Seconds, Seconds)| (window.0..=window.1).contains(&at);
            let open = asked.windows.is_empty() || asked.windows.iter().any(within);
            fixed.map_or(open, |start| at == start)
        })?;
        left = start + asked.service;
        at = place;
        stops.push(Stop { visit, travel, arrive, start, leave: left });
    }
    let home = if stops.is_empty() { 0 } else { ways.way(at, volunteer) };
    Some(ShiftRoute { volunteer, shift, stops, home })
}

fn tiny() -> impl Strategy<Value = Instance> {
    some_instance().prop_map(|mut instance| {
        let people = instance.volunteers.len();
        let visits = instance.visits.len().min(4);
        instance.visits.truncate(visits);
        for visit in &mut instance.visits {
            visit.partner = None;
            visit.group = visit.group.filter(|group| *group < visits);
        }
        instance.bars.truncate(people * visits);
        let whole = &instance.travel[0];
        let places = people + visits;
        let ways = (0..places * places).map(|at| whole.way(at / places, at % places)).collect();
        instance.travel = vec![Matrix::new(places, ways).expect("a way for every pair")];
        for who in &mut instance.volunteers {
            who.shifts.truncate(2);
        }
        instance
    })
}

/// Without breaks and what is worth nothing, and with ways as long as places are apart.
fn tiny_street() -> impl Strategy<Value = Instance> {
    let places = prop::collection::vec(0..80_i32, 12);
    (tiny(), places).prop_map(|(mut instance, places)| {
        let count = instance.volunteers.len() + instance.visits.len();
        let way = |a: usize, b: usize| (places[a] - places[b]).abs();
        instance.travel = vec![Matrix::metric(count, way)];
        for shift in instance.volunteers.iter_mut().flat_map(|who| &mut who.shifts) {
            shift.breaks.clear();
        }
        for visit in &mut instance.visits {
            // What is worth nothing is made all the same where it fits.
            visit.priority = visit.priority.max(1);
        }
        instance
    })
}

#[test]
fn a_thorough_bound_knows_how_much_fits_into_a_shift() {
    let short = || Volunteer { shifts: vec![shift(0, 0, 235)], ..Volunteer::default() };
    let people = vec![(0, short()), (0, short())];
    let instance = street(people, vec![(100, visit()), (110, visit())]);
    let plan = planned(&instance);
    assert_eq!(plan.tiers(&instance).travel, 420);
    assert_eq!(bounds(&instance, &plan, Effort::Quick).travel, 220);
    let thorough = bounds(&instance, &plan, Effort::Thorough);
    assert_eq!(thorough.travel, 420);
}

#[test]
fn a_thorough_bound_knows_what_no_order_makes_fit() {
    // At one hour in two places: work enough fits, but not the two.
    let at = |place| (place, Visit { windows: vec![(400, 400)], ..visit() });
    let instance = street(vec![(0, volunteer())], vec![at(100), at(200)]);
    let plan = planned(&instance);
    assert_eq!(bounds(&instance, &plan, Effort::Quick).unserved_priority, 0);
    assert_eq!(bounds(&instance, &plan, Effort::Thorough).unserved_priority, 1);
}

#[test]
fn a_thorough_bound_knows_who_alone_may_do_it_where_not_all_can_be_done() {
    let long = Visit { service: 400, priority: 5, ..visit() };
    let never = Visit { service: 2_000, ..visit() };
    let mut instance =
        street(vec![(0, volunteer()), (0, volunteer())], vec![(10, long), (10, never)]);
    instance.bars[1] = Bar::Skill;
    let plan = planned(&instance);
    assert_eq!(plan.unserved, [1]);
    let share = |effort| bounds(&instance, &plan, effort).largest_share;
    assert!(share(Effort::Quick) < 0.22, "half of it for each");
    assert!((0.417..=0.42).contains(&share(Effort::Thorough)));
}

fn some_effort() -> impl Strategy<Value = Effort> {
    prop_oneof![Just(Effort::Quick), Just(Effort::Thorough)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_plan_there_is_beats_a_bound(instance in tiny(), effort in some_effort()) {
        let plans = every_plan(&instance);
        for (number, plan) in plans.iter().enumerate().step_by(1 + plans.len() / 40) {
            let tiers = plan.tiers(&instance);
            let bounds = bounds(&instance, plan, effort);
            for other in &plans {
                let figures = other.tiers(&instance);
                prop_assert!(figures.unserved_priority >= bounds.unserved_priority, "{number}");
                if figures.unserved_priority <= tiers.unserved_priority {
                    prop_assert!(figures.largest_share >= bounds.largest_share - 1e-9);
                }
                if other.unserved == plan.unserved {
                    prop_assert!(figures.travel >= bounds.travel, "{figures:?} {bounds:?}");
                }
            }
        }
    }

    #[test]
    fn no_plan_there_is_beats_the_search_by_more_than_the_gap(
        instance in tiny(),
        effort in some_effort(),
    ) {
        let found = plan(&instance, Weights::TRAVEL, &Budget::Iterations(300), 1).expect("sense");
        let (ours, gaps) = (found.tiers(&instance), bounds(&instance, &found, effort).gaps);
        for other in every_plan(&instance) {
            let theirs = other.tiers(&instance);
            let missed = ours.unserved_priority - theirs.unserved_priority;
            prop_assert!(missed <= gaps.unserved_priority);
        }
    }

    #[test]
    fn on_a_street_no_plan_there_is_beats_the_search(
        instance in tiny_street(),
        seed in 0..9_u64,
    ) {
        let found = plan(&instance, Weights::TRAVEL, &Budget::Iterations(3_000), seed).expect("sense");
        let cost = found.cost(&instance, &Weights::TRAVEL);
        let settled = |plan: &Solution| {
            plan.unserved.iter().filter(|visit| instance.visits[**visit].pinned.is_some()).count()
        };
        let rivals = every_plan(&instance);
        let rivals = rivals.iter().filter(|other| settled(other) <= settled(&found));
        let best = rivals.map(|other| other.cost(&instance, &Weights::TRAVEL)).min();
        prop_assert!(best.is_none_or(|best| best >= cost), "{best:?} {cost}");
    }
}
