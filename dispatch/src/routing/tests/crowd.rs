//! Far more visits than the volunteers have time for, of which each step of the search tries a sample.

use proptest::prelude::*;

use super::*;
use crate::routing::check;
use crate::routing::explain;
use crate::routing::explain::Feasibility;

/// Two volunteers with two shifts each and time for few of 300 visits: of all lengths, some within
/// hours, some at the same place.
fn some_crowd() -> impl Strategy<Value = Instance> {
    let span = (0..900, 40..400).prop_map(|(open, length)| (open, open + length));
    let windows = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(span, 1..3)];
    let request = (0..200, 1..60, windows, 1..10, 0..3).prop_map(
        |(at, service, windows, priority, first_day)| {
            (at, Visit { service, windows, priority, first_day, due: 0, ..visit() })
        },
    );
    let person = (0..200, prop::option::of(300..1_000)).prop_map(|(at, offered)| {
        let shifts = vec![shift(0, 0, 500), shift(1, 100, 700)];
        (at, Volunteer { shifts, offered, ..volunteer() })
    });
    (prop::collection::vec(person, 2), prop::collection::vec(request, 300))
        .prop_map(|(people, visits)| street(people, visits))
}

fn searched(instance: &Instance, iterations: u64, seed: u64) -> Solution {
    plan(instance, Weights::default(), &Budget::Iterations(iterations), seed).expect("a plan")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_plan_of_a_crowd_keeps_the_rules_and_leaves_nothing_that_fits(
        instance in some_crowd(),
        iterations in 0..3_000_u64,
        seed in 0..9_u64,
    ) {
        let plan = searched(&instance, iterations, seed);
        prop_assert_eq!(check(&instance, &plan), Ok(()));
        prop_assert!(plan.unserved.len() > 200, "a crowd: {}", plan.unserved.len());
        let missing = explain(&instance, Weights::default(), &plan, Detail::All).missing;
        prop_assert_eq!(missing.len(), plan.unserved.len());
        for left in missing {
            prop_assert!(!matches!(left.reason, Feasibility::Possible { .. }), "{left:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_of_a_crowd(instance in some_crowd(), seed in 0..9_u64) {
        let plan = searched(&instance, 1_000, seed);
        prop_assert_eq!(searched(&instance, 1_000, seed), plan);
    }
}
