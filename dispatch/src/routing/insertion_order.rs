//! The order in which unassigned visits are inserted, by a rule drawn at random for each step.

use super::draft::Draft;
use super::model::{Model, index};
use super::rng::Rng;

/// The probability of the density order where some visits are unserved.
const BY_DENSITY: f64 = 0.8;
/// The assumed travel time to the next visit, in seconds.
const TYPICAL_LEG: i64 = 300;

/// The number of waiting visits that a step draws, and how many of those are tried, the first by its
/// rule. All that wait are drawn in turn, so a step costs the same however many wait.
const DRAWN: usize = 256;
const TRIED: usize = 64;

/// A rule for the order of insertion.
#[derive(Clone, Copy)]
enum InsertionOrder {
    Random,
    /// The largest penalty first.
    Penalty,
    /// The largest penalty per second first, randomized: where not all visits fit, this fills the
    /// day best, as for a knapsack (Dantzig 1957).
    Density,
    Farthest,
    Nearest,
    /// The narrowest window first.
    Narrowest,
    Earliest,
    Latest,
    Longest,
}

impl InsertionOrder {
    fn by(rng: &mut Rng, crowded: bool) -> Self {
        if crowded && rng.unit() < BY_DENSITY {
            return Self::Density;
        }
        match rng.below(20) {
            0..4 => Self::Random,
            4..8 => Self::Penalty,
            8..11 => Self::Farthest,
            11 => Self::Nearest,
            12..14 => Self::Narrowest,
            14..16 => Self::Earliest,
            16..18 => Self::Latest,
            _ => Self::Longest,
        }
    }

    /// The sort key; the least comes first. Pinned visits and the other visits of their pairs come
    /// before all others.
    fn key_of_all(self, model: &Model<'_>, visit: u32, rng: &mut Rng) -> i64 {
        let data = &model.visits[visit as usize];
        let theirs = data.partner.is_some_and(|partner| model.visits[partner.visit].pinned);
        if data.pinned || theirs { i64::MIN } else { self.key(model, visit, rng) }
    }

    /// The sort key of a visit that is not pinned.
    fn key(self, model: &Model<'_>, visit: u32, rng: &mut Rng) -> i64 {
        let data = &model.visits[visit as usize];
        let (opens, closes) = data.hull;
        match self {
            Self::Random => i64::from(index(rng.below(1 << 30))),
            Self::Penalty => -data.penalty,
            Self::Density => -worth_per_second(model, visit, rng),
            Self::Farthest => -way_home(model, visit),
            Self::Nearest => way_home(model, visit),
            Self::Narrowest => i64::from(closes - opens),
            Self::Earliest => i64::from(opens),
            Self::Latest => -i64::from(closes),
            Self::Longest => -i64::from(data.service),
        }
    }
}

/// Sorts the unassigned visits by a random rule.
pub(super) fn sort(model: &Model<'_>, draft: &Draft, rng: &mut Rng, order: &mut Vec<(i64, u32)>) {
    let order_rule = InsertionOrder::by(rng, draft.had_unassigned());
    order.clear();
    let keyed = |visit: &u32| (order_rule.key_of_all(model, *visit, rng), *visit);
    order.extend(draft.unassigned.iter().map(keyed));
    order.sort_unstable();
}

/// As [`sort`]; of very many visits that waited before the step, only some are sorted in.
pub(super) fn sort_some(
    model: &Model<'_>,
    draft: &Draft,
    rng: &mut Rng,
    order: &mut Vec<(i64, u32)>,
) {
    let (waiting, removed) = draft.waiting_and_removed();
    if waiting.len() <= TRIED {
        return sort(model, draft, rng, order);
    }
    let order_rule = InsertionOrder::by(rng, true);
    let first = rng.below(waiting.len());
    order.clear();
    let mut keyed = |visit: &u32| (order_rule.key_of_all(model, *visit, rng), *visit);
    let drawn = waiting[first..].iter().chain(&waiting[..first]).take(DRAWN);
    order.extend(drawn.map(&mut keyed));
    if order.len() > TRIED {
        order.select_nth_unstable(TRIED);
        order.truncate(TRIED);
    }
    order.extend(removed.iter().map(keyed));
    order.sort_unstable();
}

/// Travel time to the nearest allowed home.
fn way_home(model: &Model<'_>, visit: u32) -> i64 {
    let nearest = model.open_to(visit as usize).first();
    nearest.map_or(0, |(shift, _)| {
        let on = &model.shifts[*shift as usize];
        i64::from(model.to(on.matrix, model.visits[visit as usize].place)[on.volunteer])
    })
}

/// The penalty per second that the visit takes, randomized by up to half as much again. Its travel
/// is estimated: some minutes, and more for remote visits.
fn worth_per_second(model: &Model<'_>, visit: u32, rng: &mut Rng) -> i64 {
    let data = &model.visits[visit as usize];
    let takes = i64::from(data.service) + TYPICAL_LEG + way_home(model, visit) / 2;
    data.penalty / takes.max(1) * i64::from(100 + index(rng.below(50)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::routing::draft::UNASSIGNED;
    use crate::routing::recreate::{Recreation, insert_at_random};
    use crate::routing::ruin;
    use crate::routing::tests::{street, visit, volunteer};
    use crate::routing::weights::Weights;

    #[test]
    fn a_step_in_a_crowd_tries_again_every_visit_that_it_has_removed() {
        // There is time for about thirty of 400 visits.
        let visits = (0..400).map(|at| (at % 100, visit())).collect();
        let instance = street(vec![(0, volunteer()), (50, volunteer())], visits);
        let model = Model::new(&instance, Weights::TRAVEL);
        let rng = &mut Rng::new(1);
        let mut draft = Draft::new(&model);
        Recreation::default().fill(&model, &mut draft, rng);
        draft.commit();
        let placed: HashSet<u32> =
            (0..400).filter(|visit| draft.assigned_route[*visit as usize] != UNASSIGNED).collect();
        assert!(placed.len() > 20 && placed.len() < 300);
        let mut order = Vec::new();
        let mut inserted = 0;
        for _ in 0..500 {
            ruin::ruin(&model, &mut draft, rng);
            let removed = draft.unassigned.len();
            insert_at_random(&model, &mut draft, rng);
            inserted += removed - draft.unassigned.len();
            sort_some(&model, &draft, rng, &mut order);
            let tried: HashSet<u32> = order.iter().map(|(_, visit)| *visit).collect();
            let mut lost = placed.iter().filter(|visit| {
                draft.assigned_route[**visit as usize] == UNASSIGNED && !tried.contains(visit)
            });
            assert_eq!(lost.next(), None);
            draft.undo(&model);
        }
        assert!(inserted > 100, "{inserted}");
    }
}
