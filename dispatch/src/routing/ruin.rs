//! The ruin step: removes strings of consecutive visits from several tours near one place.
//!
//! Adjacent string removal of Christiaens and Vanden Berghe, "Slack Induction by String Removals
//! for Vehicle Routing Problems" (Transportation Science 54(2), 2020), section 5.1. Besides random
//! seeds, a ruin may start next to an unassigned visit, to make room for it.

use super::draft::{Draft, UNASSIGNED};
use super::model::{Model, index};
use super::rng::Rng;

/// The largest number of strings of a ruin, and their largest length. The paper ties both to the
/// mean tour; where some volunteers have whole days and others an hour, that is too short for the
/// long tours.
const MOST_STRINGS: usize = 4;
const LONGEST: usize = 12;
/// The probability of starting next to an unassigned visit, if there is one.
const NEAR_THE_UNSERVED: f64 = 0.3;
/// The probability of a split string, which preserves visits in its middle.
const SPLIT: f64 = 0.5;
/// The probability that the preserved middle grows by one more visit.
const LONGER_MIDDLE: f64 = 0.01;

/// Removes strings from the draft.
pub(super) fn ruin(model: &Model<'_>, draft: &mut Draft, rng: &mut Rng) {
    let placed = draft.assigned_route.len() - draft.unassigned.len();
    if placed == 0 {
        return;
    }
    let wanted = !draft.unassigned.is_empty() && rng.unit() < NEAR_THE_UNSERVED;
    let seed = if wanted {
        draft.unassigned[rng.below(draft.unassigned.len())]
    } else {
        index(rng.below(draft.assigned_route.len()))
    };
    let strings = 1 + rng.below(MOST_STRINGS);
    remove_strings(
        model,
        draft,
        std::iter::once(&seed).chain(model.near(seed as usize)),
        strings,
        rng,
    );
    free_partners(model, draft);
}

/// Empties a tour and removes strings near it; returns the tour.
pub(super) fn close_tour(model: &Model<'_>, draft: &mut Draft, rng: &mut Rng) -> u32 {
    let visit = rng.below(draft.assigned_route.len());
    let tour = draft.assigned_route[visit];
    if tour == UNASSIGNED {
        return UNASSIGNED;
    }
    let stops = draft.tours[tour as usize].len();
    draft.remove(model, tour, 0..stops);
    let strings = rng.below(MOST_STRINGS);
    remove_strings(model, draft, model.near(visit).iter(), strings, rng);
    free_partners(model, draft);
    tour
}

/// Removes strings around the first of `visits` that are in different tours.
fn remove_strings<'v>(
    model: &Model<'_>,
    draft: &mut Draft,
    visits: impl Iterator<Item = &'v u32>,
    strings: usize,
    rng: &mut Rng,
) {
    let mut removed = 0;
    for &visit in visits {
        if removed == strings {
            break;
        }
        let tour = draft.assigned_route[visit as usize];
        if tour != UNASSIGNED && !draft.touched().contains(&tour) {
            removed += 1;
            remove_string(model, draft, visit, rng);
        }
    }
}

/// Removes a string that contains `visit`.
fn remove_string(model: &Model<'_>, draft: &mut Draft, visit: u32, rng: &mut Rng) {
    let (tour, rank) = (draft.assigned_route[visit as usize], draft.rank[visit as usize] as usize);
    let stops = draft.tours[tour as usize].len();
    let length = 1 + rng.below(stops.min(LONGEST));
    let mut middle = 0;
    if length > 1 && length < stops && rng.unit() < SPLIT {
        middle = 1;
        while length + middle < stops && rng.unit() < LONGER_MIDDLE {
            middle += 1;
        }
    }
    let span = length + middle;
    let lowest = (rank + 1).saturating_sub(span);
    let highest = rank.min(stops - span);
    let first = lowest + rng.below(highest - lowest + 1);
    if middle == 0 {
        draft.remove(model, tour, first..first + length);
        return;
    }
    // The middle is anywhere within the string; the later part is removed first, so that ranks stay
    // valid.
    let head = 1 + rng.below(length - 1);
    draft.remove(model, tour, first + head + middle..first + span);
    draft.remove(model, tour, first..first + head);
}

/// Removes the other visits of pairs.
fn free_partners(model: &Model<'_>, draft: &mut Draft) {
    let mut at = 0;
    while let Some(&visit) = draft.unassigned.get(at) {
        if let Some(partner) = model.visits[visit as usize].partner
            && draft.assigned_route[partner.visit] != UNASSIGNED
        {
            let rank = draft.rank[partner.visit] as usize;
            draft.remove(model, draft.assigned_route[partner.visit], rank..rank + 1);
        }
        at += 1;
    }
}
