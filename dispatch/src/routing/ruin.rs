//! What is taken out before each rebuilding: strings of visits that follow each
//! other, in several tours near one place.
//!
//! Adjacent string removal of Christiaens and Vanden Berghe, "Slack Induction by
//! String Removals for Vehicle Routing Problems" (Transportation Science 54(2),
//! 2020), section 5.1. Besides their random seeds a ruin may begin next to a
//! visit that nobody does, so that room is made where it is wanted.

use super::draft::{Draft, NOWHERE};
use super::model::{Model, index};
use super::random::Chance;

/// How much a ruin takes out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruin {
    /// Visits on average.
    pub(super) mean: f64,
    /// The longest string.
    pub(super) longest: usize,
    pub(super) strings: f64,
}

/// How often a ruin begins next to a visit that nobody does, if there is one.
const NEAR_THE_UNSERVED: f64 = 0.3;
/// How often a string leaves some visits in its middle where they are.
const SPLIT: f64 = 0.5;
/// How often the middle that stays grows by one more.
const LONGER_MIDDLE: f64 = 0.01;

/// Takes strings out of the draft.
pub(super) fn ruin(model: &Model<'_>, draft: &mut Draft, ruin: Ruin, chance: &mut Chance) {
    let placed = draft.seat.len() - draft.out.len();
    if placed == 0 {
        return;
    }
    let wanted = !draft.out.is_empty() && chance.unit() < NEAR_THE_UNSERVED;
    let seed = if wanted {
        draft.out[chance.below(draft.out.len())]
    } else {
        index(chance.below(draft.seat.len()))
    };
    let used = draft.tours.iter().filter(|tour| !tour.is_empty()).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of visits are far below 2^52")]
    let mean_tour = placed as f64 / used as f64;
    #[expect(clippy::cast_precision_loss, reason = "a string is short")]
    let most = if ruin.strings > 0.0 { ruin.longest as f64 } else { mean_tour.min(ruin.longest as f64) };
    let strings = if ruin.strings > 0.0 { 1 + whole(chance.unit() * ruin.strings) } else { 1 + whole(chance.unit() * (4.0 * ruin.mean / (1.0 + most) - 1.0)) };
    let mut ruined = 0;
    for &visit in std::iter::once(&seed).chain(model.near(seed as usize)) {
        if ruined == strings {
            break;
        }
        let tour = draft.seat[visit as usize];
        if tour == NOWHERE || draft.touched().contains(&tour) {
            continue;
        }
        ruined += 1;
        remove_string(model, draft, visit, most, chance);
    }
    free_partners(model, draft);
}

/// Takes a whole tour out, and strings near it.
pub(super) fn close(model: &Model<'_>, draft: &mut Draft, how: Ruin, chance: &mut Chance) -> u32 {
    let visit = chance.below(draft.seat.len());
    let tour = draft.seat[visit];
    if tour == NOWHERE {
        return NOWHERE;
    }
    let stops = draft.tours[tour as usize].len();
    draft.take_out(model, tour, 0..stops);
    let strings = whole(chance.unit() * how.strings);
    let mut ruined = 0;
    for &visit in model.near(visit) {
        if ruined == strings {
            break;
        }
        let tour = draft.seat[visit as usize];
        if tour == NOWHERE || draft.touched().contains(&tour) {
            continue;
        }
        ruined += 1;
        remove_string(model, draft, visit, how.longest as f64, chance);
    }
    free_partners(model, draft);
    tour
}

/// Takes a string out that holds `visit`, of up to `most` visits.
fn remove_string(
    model: &Model<'_>,
    draft: &mut Draft,
    visit: u32,
    most: f64,
    chance: &mut Chance,
) {
    let (tour, rank) = (draft.seat[visit as usize], draft.rank[visit as usize] as usize);
    let stops = draft.tours[tour as usize].len();
    let length = 1 + whole(chance.unit() * whole(most).min(stops) as f64);
    let length = length.min(stops);
    let mut middle = 0;
    if length > 1 && length < stops && chance.unit() < SPLIT {
        middle = 1;
        while length + middle < stops && chance.unit() < LONGER_MIDDLE {
            middle += 1;
        }
    }
    let span = length + middle;
    let lowest = (rank + 1).saturating_sub(span);
    let highest = rank.min(stops - span);
    let first = lowest + chance.below(highest - lowest + 1);
    if middle == 0 {
        draft.take_out(model, tour, first..first + length);
        return;
    }
    // The middle stands anywhere within the string; ranks from behind, so that they stay true.
    let head = 1 + chance.below(length - 1);
    draft.take_out(model, tour, first + head + middle..first + span);
    draft.take_out(model, tour, first..first + head);
}

/// A visit for two goes with its partner.
fn free_partners(model: &Model<'_>, draft: &mut Draft) {
    let mut at = 0;
    while let Some(&visit) = draft.out.get(at) {
        if let Some(partner) = model.calls[visit as usize].partner
            && draft.seat[partner.visit] != NOWHERE
        {
            let rank = draft.rank[partner.visit] as usize;
            draft.take_out(model, draft.seat[partner.visit], rank..rank + 1);
        }
        at += 1;
    }
}

/// The whole part of a number that is not below nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}
