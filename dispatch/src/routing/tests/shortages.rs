//! What keeps visits out of tours, against tours that are followed to their ends from each gap.

use proptest::prelude::*;

use super::some_instance;
use crate::routing::draft::Draft;
use crate::routing::feasibility::over_the_offer;
use crate::routing::insertion::Gap;
use crate::routing::instance::Seconds;
use crate::routing::misses::{Misses, misses};
use crate::routing::model::Model;
use crate::routing::shortage::{Shortage, shortages_in, shortest, timed};
use crate::routing::{Budget, Weights, plan};

/// The misses in the gap before visit `at`.
fn followed(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize, at: usize) -> Misses {
    let (on, tour) = (&model.shifts[shift], &draft.tours[shift]);
    let (there, onward) = tour.legs_by(model, shift, visit, at);
    let home = tour.stops.len() - 1;
    let leg = |stop: usize| if stop == at + 1 { onward } else { tour.stops[stop].leg };
    let rest = (at + 1..home).map(|stop| {
        let next = tour.stops[stop];
        timed(model, draft, next.visit, leg(stop), next.depart)
    });
    let visit = timed(model, draft, visit, there, 0);
    misses(tour.stops[at].depart, visit, rest, (leg(home), on.close), &on.breaks)
}

/// As [`shortages_in`], gap by gap.
fn all_shortages(model: &Model<'_>, draft: &Draft, visit: u32, shift: usize) -> Vec<Shortage> {
    let tour = &draft.tours[shift];
    let shortage = |at: usize| {
        let misses = followed(model, draft, visit, shift, at);
        let capacity = tour.too_much(model, shift, visit);
        let gap = Gap { at, extra: tour.extra(model, shift, visit, at) };
        let offer = over_the_offer(model, draft, visit, shift, gap);
        let bar = model.instance.bar(visit as usize, model.shifts[shift].volunteer);
        Shortage::only(misses, capacity, offer, bar, model.visits[visit as usize].pinned)
    };
    (0..=tour.len()).filter_map(shortage).collect()
}

/// The least shortage of time, and the others.
fn by_kind(shortages: Vec<Shortage>) -> (Option<Seconds>, Vec<Shortage>) {
    let time = |shortage: &Shortage| match shortage {
        Shortage::Time(seconds) => Some(*seconds),
        _ => None,
    };
    let least = shortages.iter().filter_map(time).min();
    (least, shortages.into_iter().filter(|it| time(it).is_none()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_shortages_are_those_of_following_the_tour_from_each_gap(instance in some_instance()) {
        let weights = Weights::default();
        let plan = plan(&instance, weights, &Budget::Iterations(100), 1).expect("sense");
        let model = Model::new(&instance, weights);
        let draft = Draft::of(&model, &plan);
        for visit in &draft.unassigned {
            for shift in 0..model.shifts.len() {
                let found = by_kind(shortages_in(&model, &draft, *visit, shift));
                prop_assert_eq!(found, by_kind(all_shortages(&model, &draft, *visit, shift)));
                let gaps = 0..=draft.tours[shift].len();
                let all = gaps.map(|at| followed(&model, &draft, *visit, shift, at));
                let least = all.filter(|it| it.later == 0).map(Misses::most).min();
                let found = shortest(&model, &draft, *visit, shift);
                prop_assert_eq!(found, least.unwrap_or(Seconds::MAX));
            }
        }
    }
}
