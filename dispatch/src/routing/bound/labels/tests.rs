//! The search against all routes of a short street.

use proptest::prelude::*;

use super::*;
use crate::routing::instance::Instance;
use crate::routing::model::Model;
use crate::routing::tests::{all_orders, home_at, some_street, travel_of};
use crate::routing::weights::Weights;

const VISITS: [usize; 4] = [0, 1, 2, 3];

/// The least cost of any route of the only shift below `duals.cutoff`, or that.
fn least(instance: &Instance, duals: &DualPrices<'_>) -> i64 {
    let orders = all_orders(VISITS.len()).into_iter();
    let feasible = orders.filter(|order| home_at(instance, (0, 0), order).is_some());
    let costs = feasible.filter_map(|order| {
        let travel = travel_of(instance, 0, &order);
        let services = order.iter().map(|visit| i64::from(instance.visits[*visit].service));
        let load = travel + services.sum::<i64>();
        let prices = order.iter().map(|visit| duals.prices[*visit]).sum::<i64>();
        (load <= i64::from(duals.limit)).then_some(duals.rate * travel - prices)
    });
    costs.fold(duals.cutoff, i64::min)
}

proptest! {
    #[test]
    fn a_search_with_full_memory_finds_the_cheapest_route(
        instance in some_street(1, 4),
        prices in prop::collection::vec(0..400_i64, 4),
        limit in prop_oneof![Just(Seconds::MAX), 50..300],
        cutoff in -50..=0_i64,
    ) {
        let model = Model::new(&instance, Weights::TRAVEL);
        let graph = ShiftGraph::of(&model, 0, &VISITS);
        let duals = DualPrices { rate: 2, prices: &prices, limit, cutoff, steps: 1_000_000 };
        let memory = vec![u64::MAX; graph.visits.len()];
        let mut search = LabelSearch::new(&graph, &duals, &memory, None);
        prop_assert!(search.run(false), "every label is expanded");
        let least = least(&instance, &duals);
        prop_assert_eq!((search.cost(), search.cutoff()), (least, least));
        if let Some(route) = search.routes(true).last() {
            // Routes are listed from their ends.
            let order: Vec<usize> = route.visits.iter().rev().copied().collect();
            let travel = travel_of(&instance, 0, &order);
            prop_assert_eq!(route.travel, travel);
            let prices: i64 = order.iter().map(|visit| prices[*visit]).sum();
            prop_assert_eq!(2 * travel - prices, least);
            prop_assert!(home_at(&instance, (0, 0), &order).is_some());
        }
    }

    #[test]
    fn a_search_that_forgets_or_stops_early_never_proves_too_much(
        instance in some_street(1, 4),
        prices in prop::collection::vec(0..400_i64, 4),
        steps in 0..40_usize,
    ) {
        let model = Model::new(&instance, Weights::TRAVEL);
        let graph = ShiftGraph::of(&model, 0, &VISITS);
        let limit = Seconds::MAX;
        let duals = DualPrices { rate: 2, prices: &prices, limit, cutoff: 0, steps };
        let memory: Vec<u64> = (0..graph.visits.len()).map(|visit| 1 << visit).collect();
        let mut search = LabelSearch::new(&graph, &duals, &memory, None);
        search.run(false);
        prop_assert!(search.cost() <= least(&instance, &duals));
    }
}
