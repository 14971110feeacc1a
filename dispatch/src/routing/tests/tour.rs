//! Tours and insertions against routes that are walked stop by stop.

use proptest::prelude::*;

use super::{home_at, some_street, travel_of};
use crate::routing::insertion::Gap;
use crate::routing::instance::{Instance, Seconds};
use crate::routing::model::{Model, index};
use crate::routing::timeline::Span;
use crate::routing::tour::Tour;
use crate::routing::weights::Weights;

fn hulls(model: &Model<'_>) -> Vec<Span> {
    model.visits.iter().map(|visit| visit.hull).collect()
}

/// The tour of the only shift with as many of the visits as fit in this order.
fn filled(model: &Model<'_>, visits: std::ops::Range<usize>) -> (Tour, Vec<usize>) {
    let (mut tour, mut order) = (Tour::empty(model, 0), Vec::new());
    for visit in visits {
        let longer = [order.as_slice(), &[visit]].concat();
        if home_at(model.instance, (0, 0), &longer).is_some() {
            tour.insert(model, 0, index(visit), tour.len(), &hulls(model));
            order = longer;
        }
    }
    (tour, order)
}

fn with(order: &[usize], at: usize, visit: usize) -> Vec<usize> {
    [&order[..at], &[visit], &order[at..]].concat()
}

/// What a stop knows, but for its place.
fn times(tour: &Tour) -> Vec<(u32, Seconds, Seconds, Seconds)> {
    tour.stops.iter().map(|stop| (stop.visit, stop.depart, stop.latest, stop.leg)).collect()
}

fn extra(instance: &Instance, order: &[usize], at: usize, visit: usize) -> i64 {
    travel_of(instance, 0, &with(order, at, visit)) - travel_of(instance, 0, order)
}

proptest! {
    #[test]
    fn a_visit_has_a_gap_where_the_route_can_be_walked(instance in some_street(1, 5)) {
        let model = Model::new(&instance, Weights::TRAVEL);
        let (tour, order) = filled(&model, 0..4);
        let gaps = (0..=order.len()).filter_map(|at| {
            let gap = tour.gap(&model, 0, 4, &hulls(&model), at);
            let walked = home_at(&instance, (0, 0), &with(&order, at, 4)).is_some();
            assert_eq!(gap.is_some(), walked, "before {at}");
            gap
        });
        let gaps: Vec<Gap> = gaps.collect();
        for gap in &gaps {
            prop_assert_eq!(i64::from(gap.extra), extra(&instance, &order, gap.at, 4));
        }
        let least = gaps.iter().map(|gap| gap.extra).min();
        let best = tour.best_gap(&model, 0, 4, &hulls(&model));
        prop_assert_eq!(best.map(|gap| gap.extra), least);
        prop_assert!(best.is_none_or(|gap| gaps.contains(&gap)));
    }

    #[test]
    fn a_tour_knows_its_travel_and_when_it_is_home(instance in some_street(1, 5)) {
        let model = Model::new(&instance, Weights::TRAVEL);
        let (tour, order) = filled(&model, 0..5);
        prop_assert_eq!(tour.travel, travel_of(&instance, 0, &order));
        let services = order.iter().map(|visit| i64::from(instance.visits[*visit].service));
        prop_assert_eq!(tour.service, services.sum::<i64>());
        if !order.is_empty() {
            let home = tour.stops[order.len() + 1].depart;
            prop_assert_eq!(Some(home), home_at(&instance, (0, 0), &order));
        }
    }

    #[test]
    fn removing_undoes_inserting(instance in some_street(1, 5), at in 0..5_usize) {
        let model = Model::new(&instance, Weights::TRAVEL);
        let (tour, order) = filled(&model, 0..4);
        let at = at.min(order.len());
        // An empty tour is not timed: its breaks do not matter.
        let fits = tour.gap(&model, 0, 4, &hulls(&model), at).is_some();
        if fits && !order.is_empty() {
            let mut changed = tour.clone();
            changed.insert(&model, 0, 4, at, &hulls(&model));
            prop_assert_ne!(times(&changed), times(&tour));
            changed.remove(&model, 0, at..at + 1, &hulls(&model));
            prop_assert_eq!(times(&changed), times(&tour));
            prop_assert_eq!((changed.travel, changed.service), (tour.travel, tour.service));
        }
    }
}
