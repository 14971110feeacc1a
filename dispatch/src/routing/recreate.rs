//! The recreate step: inserts unassigned visits one after another, each where it costs least.
//!
//! Greedy insertion with blinks of Christiaens and Vanden Berghe (2020), section 5.2: positions are
//! skipped at random, which keeps the search from rebuilding the same plan.

use super::draft::{Draft, UNASSIGNED};
use super::insertion::Gap;
use super::model::{Model, index};
use super::near_shifts::{NEAR_HOMES, NearShifts};
use super::rng::Rng;
use super::travel::Matrix;
use super::{insertion_order, pairs};

/// One in this many tours is skipped.
const BLINK: usize = 100;
/// The number of visits that are inserted between two questions whether the computation is to end.
const UNASKED: usize = 16;

/// The recreate step, with scratch space that is reused.
pub(super) struct Recreation {
    order: Vec<(i64, u32)>,
    /// How many tours are considered before the next one is skipped; avoids a random number for
    /// each.
    blink_in: usize,
    near: NearShifts,
}

impl Default for Recreation {
    fn default() -> Self {
        Self { order: Vec::new(), blink_in: BLINK, near: NearShifts::default() }
    }
}

impl Recreation {
    /// Inserts all unassigned visits that fit.
    pub(super) fn fill(&mut self, model: &Model<'_>, draft: &mut Draft, rng: &mut Rng) {
        insertion_order::sort(model, draft, rng, &mut self.order);
        self.insert_in_order(model, draft, UNASSIGNED, i64::MAX, rng);
    }

    /// Inserts the visits that the step has removed and those that wait, of many a sample, as far as
    /// they fit, but not into the shift `closed`. Returns false, and stops, once the draft must cost
    /// more than `most`.
    pub(super) fn recreate(
        &mut self,
        model: &Model<'_>,
        draft: &mut Draft,
        closed: u32,
        most: i64,
        rng: &mut Rng,
    ) -> bool {
        insertion_order::sort_some(model, draft, rng, &mut self.order);
        self.insert_in_order(model, draft, closed, most, rng)
    }

    fn insert_in_order(
        &mut self,
        model: &Model<'_>,
        draft: &mut Draft,
        closed: u32,
        most: i64,
        rng: &mut Rng,
    ) -> bool {
        let order = std::mem::take(&mut self.order);
        let is_metric = model.ways.iter().all(Matrix::is_metric);
        let mut lost = 0;
        let affordable = order.iter().enumerate().all(|(at, &(_, visit))| {
            if at % UNASKED == 0 && model.interrupt.is_set() {
                return false;
            }
            let data = &model.visits[visit as usize];
            match data.partner {
                Some(partner) if partner.first => {
                    pairs::insert(model, draft, visit, index(partner.visit), partner.gap);
                }
                Some(_) => {}
                None => match self.cheapest(model, draft, visit, closed, rng) {
                    Some((tour, gap)) => draft.insert(model, tour, visit, gap),
                    None => lost += data.penalty,
                },
            }
            !is_metric || draft.cost_at_least(lost) <= most
        });
        self.order = order;
        let Draft { unassigned, assigned_route, .. } = draft;
        unassigned.retain(|visit| assigned_route[*visit as usize] == UNASSIGNED);
        affordable
    }

    /// The cheapest insertion of the visit, if it fits anywhere.
    fn cheapest(
        &mut self,
        model: &Model<'_>,
        draft: &mut Draft,
        visit: u32,
        closed: u32,
        rng: &mut Rng,
    ) -> Insertion {
        let Self { near, blink_in, .. } = self;
        let mut best: Insertion = None;
        let mut least = i64::MAX;
        // Of interchangeable empty tours, one suffices.
        let mut empty = None;
        for &(shift, cost) in near.of(model, draft, visit) {
            if shift == closed {
                continue;
            }
            let tour = shift as usize;
            if draft.tours[tour].is_empty() {
                let kind = Some(model.shifts[tour].kind);
                if std::mem::replace(&mut empty, kind) == kind {
                    continue;
                }
            }
            if *blink_in == 0 {
                *blink_in = rng.below(2 * BLINK);
                continue;
            }
            *blink_in -= 1;
            if let Some(gap) = draft.best_gap(model, tour, visit)
                // The price is this and a burden, less the gain of staying.
                && (i64::from(cost) + i64::from(gap.extra) < least
                    || model.stays(visit as usize, tour))
                && draft.group_allows(model, tour, visit)
                && let Some(price) = draft.price(model, tour, visit, gap.extra)
                && price < least
            {
                least = price;
                best = Some((shift, gap));
            }
        }
        best
    }
}

/// The best insertion of a visit: the tour and the gap.
type Insertion = Option<(u32, Gap)>;

/// Inserts the pinned visits before all others.
pub(super) fn insert_pinned(model: &Model<'_>, draft: &mut Draft) {
    let mut pinned: Vec<u32> = (0..index(model.visits.len()))
        .filter(|visit| {
            model.visits[*visit as usize].pinned
                && draft.assigned_route[*visit as usize] == UNASSIGNED
        })
        .collect();
    // The other visit of a pair may be of a group that a pin binds to a volunteer, so pairs are last.
    pinned.sort_unstable_by_key(|visit| {
        let data = &model.visits[*visit as usize];
        let (first, last) = data.hull;
        (data.partner.is_some(), last - first, first, *visit)
    });
    // A visit that cuts a journey at a break can make room for another.
    let mut placed = usize::MAX;
    while placed != 0 {
        let waiting = pinned.len();
        pinned.retain(|visit| !insert_at_pin(model, draft, *visit));
        placed = waiting - pinned.len();
    }
    let Draft { unassigned, assigned_route, .. } = draft;
    unassigned.retain(|visit| assigned_route[*visit as usize] == UNASSIGNED);
}

/// Inserts a pinned visit, and the other of its pair, into its shift; returns whether it fits.
fn insert_at_pin(model: &Model<'_>, draft: &mut Draft, visit: u32) -> bool {
    if let Some(partner) = model.visits[visit as usize].partner {
        let (first, second) = if partner.first {
            (visit, index(partner.visit))
        } else {
            (index(partner.visit), visit)
        };
        pairs::insert(model, draft, first, second, partner.gap);
        return draft.assigned_route[visit as usize] != UNASSIGNED;
    }
    for &(shift, _) in model.open_to(visit as usize) {
        let tour = &draft.tours[shift as usize];
        if draft.group_allows(model, shift as usize, visit)
            && let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls)
        {
            draft.insert(model, shift, visit, gap);
            return true;
        }
    }
    false
}

/// Inserts one unassigned visit into a random shift.
pub(super) fn insert_at_random(model: &Model<'_>, draft: &mut Draft, rng: &mut Rng) {
    if draft.unassigned.is_empty() {
        return;
    }
    let at = rng.below(draft.unassigned.len());
    let visit = draft.unassigned[at];
    let open = model.open_to(visit as usize);
    if open.is_empty() || model.visits[visit as usize].partner.is_some() {
        return;
    }
    let (shift, _) = open[rng.below(open.len().min(NEAR_HOMES))];
    if !draft.group_allows(model, shift as usize, visit) {
        return;
    }
    let tour = &draft.tours[shift as usize];
    if let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls)
        && draft.price(model, shift as usize, visit, gap.extra).is_some()
    {
        draft.insert(model, shift, visit, gap);
        draft.take_unassigned(at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::instance::{Pin, Visit};
    use crate::routing::rng::Rng;
    use crate::routing::tests::{some_street, street, visit, volunteer};
    use crate::routing::weights::Weights;

    /// The largest share is no part of the price of a position.
    const WEIGHTS: Weights = Weights { largest_share: 0, ..Weights::TRAVEL };

    fn recreated(model: &Model<'_>, draft: &mut Draft, closed: u32, most: i64) -> bool {
        Recreation::default().recreate(model, draft, closed, most, &mut Rng::new(1))
    }

    /// The least cost of the draft with the visit at any position that it fits, or without it.
    fn least_cost(model: &Model<'_>, draft: &Draft, visit: u32, closed: u32) -> i64 {
        let mut least = draft.cost(model);
        for (number, tour) in (0..).zip(&draft.tours) {
            for at in (0..=tour.len()).filter(|_| number != closed) {
                if tour.gap(model, number as usize, visit, &draft.hulls, at).is_some() {
                    let mut changed = draft.clone();
                    changed.insert(model, number, visit, Gap { at, extra: 0 });
                    if changed.is_feasible(model) {
                        least = least.min(changed.cost(model));
                    }
                }
            }
        }
        least
    }

    proptest! {
        #[test]
        fn a_visit_goes_where_it_costs_least(
            instance in some_street(3, 5),
            fairness in 0..20_i64,
            offered in prop::option::of(0..300),
            closed in prop_oneof![Just(UNASSIGNED), 0..3_u32],
        ) {
            let mut instance = instance;
            instance.volunteers[0].offered = offered;
            let model = Model::new(&instance, Weights { fairness, ..WEIGHTS });
            let mut draft = Draft::new(&model);
            draft.unassigned.retain(|visit| *visit != 4);
            recreated(&model, &mut draft, UNASSIGNED, i64::MAX);
            draft.commit();
            let least = least_cost(&model, &draft, 4, closed);
            draft.unassigned = vec![4];
            recreated(&model, &mut draft, closed, i64::MAX);
            prop_assert_eq!(draft.cost(&model), least);
        }
    }

    #[test]
    fn a_draft_that_becomes_too_dear_is_given_up() {
        let instance = street(vec![(0, volunteer())], vec![(50, visit())]);
        let model = Model::new(&instance, WEIGHTS);
        assert!(recreated(&model, &mut Draft::new(&model), UNASSIGNED, 100), "50 there and back");
        assert!(!recreated(&model, &mut Draft::new(&model), UNASSIGNED, 99));
    }

    #[test]
    fn pinned_visits_are_inserted_at_their_pins_and_no_others() {
        let pinned =
            Visit { pinned: Some(Pin { volunteer: 1, day: 0, start: Some(500) }), ..visit() };
        let visits = vec![(10, visit()), (10, pinned)];
        let instance = street(vec![(0, volunteer()), (400, volunteer())], visits);
        let model = Model::new(&instance, WEIGHTS);
        let mut draft = Draft::new(&model);
        insert_pinned(&model, &mut draft);
        assert_eq!(draft.assigned_route, [UNASSIGNED, 1]);
        assert_eq!(draft.unassigned, [0]);
    }

    #[test]
    fn a_random_insertion_takes_one_visit_to_where_it_fits() {
        let instance = street(vec![(0, volunteer())], vec![(10, visit()), (20, visit())]);
        let model = Model::new(&instance, WEIGHTS);
        let mut draft = Draft::new(&model);
        insert_at_random(&model, &mut draft, &mut Rng::new(1));
        assert_eq!((draft.tours[0].len(), draft.unassigned.len()), (1, 1));
        insert_at_random(&model, &mut draft, &mut Rng::new(1));
        insert_at_random(&model, &mut draft, &mut Rng::new(1));
        assert_eq!((draft.tours[0].len(), draft.unassigned.len()), (2, 0));
    }
}
