//! The end of a search: inserts the unassigned visits that still fit.
//!
//! The steps skip tours at random, consider the near ones of many, and try a sample of very many
//! unassigned visits. So the best draft may have room for a visit that no step has tried there.

use std::cmp::Reverse;

use super::draft::{Draft, UNASSIGNED};
use super::insertion::Gap;
use super::model::{Model, index};
use super::pairs;

/// Inserts unassigned visits, those of the largest penalty first and each where it costs least, as long
/// as one fits that lowers the cost: an insertion can cut a journey at a break and so make room.
pub(super) fn complete(model: &Model<'_>, draft: &mut Draft) {
    draft.commit();
    let mut waiting = draft.unassigned.clone();
    waiting.sort_unstable_by_key(|visit| (Reverse(model.visits[*visit as usize].penalty), *visit));
    let mut left = usize::MAX;
    while waiting.len() < left {
        left = waiting.len();
        waiting.retain(|visit| {
            // The plan of an interrupted search is any.
            if model.interrupt.is_set() {
                return true;
            }
            insert(model, draft, *visit);
            draft.assigned_route[*visit as usize] == UNASSIGNED
        });
    }
}

/// Inserts a visit, and the other of its pair, if it fits and that lowers the cost.
fn insert(model: &Model<'_>, draft: &mut Draft, visit: u32) {
    let before = draft.cost(model);
    match model.visits[visit as usize].partner {
        Some(partner) if partner.first => {
            pairs::insert(model, draft, visit, index(partner.visit), partner.gap);
        }
        Some(_) => {}
        None => {
            if let Some((tour, gap)) = cheapest(model, draft, visit) {
                draft.insert(model, tour, visit, gap);
            }
        }
    }
    if draft.assigned_route[visit as usize] == UNASSIGNED {
        return;
    }
    if draft.is_feasible(model) && draft.cost(model) < before {
        let Draft { unassigned, assigned_route, .. } = draft;
        unassigned.retain(|visit| assigned_route[*visit as usize] == UNASSIGNED);
        draft.commit();
    } else {
        draft.undo(model);
    }
}

/// The cheapest insertion of the visit in any tour.
fn cheapest(model: &Model<'_>, draft: &mut Draft, visit: u32) -> Option<(u32, Gap)> {
    let mut best: Option<(i64, u32, Gap)> = None;
    for &(tour, _) in model.open_to(visit as usize) {
        if draft.group_allows(model, tour as usize, visit)
            && let Some(gap) = draft.best_gap(model, tour as usize, visit)
            && let Some(price) = draft.price(model, tour as usize, visit, gap.extra)
            && best.is_none_or(|(least, ..)| price < least)
        {
            best = Some((price, tour, gap));
        }
    }
    best.map(|(_, tour, gap)| (tour, gap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::instance::Visit;
    use crate::routing::tests::{street, visit, volunteer};
    use crate::routing::weights::Weights;

    fn completed(visits: Vec<(i32, Visit)>, close: i32) -> Vec<u32> {
        let mut who = volunteer();
        who.shifts[0].close = close;
        let instance = street(vec![(0, who)], visits);
        let model = Model::new(&instance, Weights::default());
        let mut draft = Draft::new(&model);
        complete(&model, &mut draft);
        let waiting = draft.unassigned.clone();
        draft.undo(&model);
        assert_eq!(draft.unassigned, waiting, "it is committed");
        waiting
    }

    #[test]
    fn all_visits_that_fit_are_inserted_the_most_urgent_first() {
        let urgent = Visit { priority: 2, ..visit() };
        let visits = || vec![(10, visit()), (10, urgent.clone()), (10, visit())];
        assert_eq!(completed(visits(), 50), [] as [u32; 0]);
        assert_eq!(completed(visits(), 40), [2]);
        assert_eq!(completed(visits(), 30), [0, 2]);
        assert_eq!(completed(visits(), 29), [0, 1, 2]);
    }

    #[test]
    fn a_visit_that_costs_more_than_it_is_worth_stays() {
        let worthless = Visit { priority: 0, ..visit() };
        assert_eq!(completed(vec![(10, worthless)], 50), [0]);
    }
}
