//! In which order visits are put back, by a rule that chance chooses each time.

use super::draft::Draft;
use super::model::{Model, index};
use super::random::Chance;

/// How often visits are put back by what they give for their time, where some find
/// no room.
const BY_YIELD: f64 = 0.8;
/// How long the way to the next visit is thought to be, in seconds.
const NEXT_DOOR: i64 = 300;

/// In which order visits are put back.
#[derive(Clone, Copy)]
enum Turn {
    Chance,
    /// The most urgent first.
    Worth,
    /// What gives the most for its time first, with some chance: where not all fits,
    /// this fills the day best, as it does a knapsack (Dantzig 1957).
    Yield,
    Farthest,
    Nearest,
    /// What may begin within the shortest time first.
    Narrowest,
    Earliest,
    Latest,
    Longest,
}

impl Turn {
    fn by(chance: &mut Chance, crowded: bool) -> Self {
        if crowded && chance.unit() < BY_YIELD {
            return Self::Yield;
        }
        match chance.below(20) {
            0..4 => Self::Chance,
            4..8 => Self::Worth,
            8..11 => Self::Farthest,
            11 => Self::Nearest,
            12..14 => Self::Narrowest,
            14..16 => Self::Earliest,
            16..18 => Self::Latest,
            _ => Self::Longest,
        }
    }

    /// What comes first has the least key.
    fn key(self, model: &Model<'_>, visit: u32, chance: &mut Chance) -> i64 {
        let call = &model.calls[visit as usize];
        let (opens, closes) = call.hull;
        match self {
            Self::Chance => i64::from(index(chance.below(1 << 30))),
            Self::Worth => -call.worth,
            Self::Yield => -worth_per_second(model, visit, chance),
            Self::Farthest => -homeward(model, visit),
            Self::Nearest => homeward(model, visit),
            Self::Narrowest => i64::from(closes - opens),
            Self::Earliest => i64::from(opens),
            Self::Latest => -i64::from(closes),
            Self::Longest => -i64::from(call.service),
        }
    }
}

/// Sorts what is out by a rule that chance chooses.
pub(super) fn sort(
    model: &Model<'_>,
    draft: &Draft,
    chance: &mut Chance,
    order: &mut Vec<(i64, u32)>,
) {
    let turn = Turn::by(chance, draft.is_crowded());
    order.clear();
    order.extend(draft.out.iter().map(|&visit| {
        // What people settled comes first, and its partner: the rest gives way to it.
        let call = &model.calls[visit as usize];
        let theirs = call.partner.is_some_and(|partner| model.calls[partner.visit].pinned);
        let pinned = call.pinned || theirs;
        (if pinned { i64::MIN } else { turn.key(model, visit, chance) }, visit)
    }));
    order.sort_unstable();
}

/// The way home to the nearest who may make the visit.
fn homeward(model: &Model<'_>, visit: u32) -> i64 {
    let nearest = model.open_to(visit as usize).first();
    nearest.map_or(0, |(shift, _)| {
        let on = &model.shifts[*shift as usize];
        i64::from(model.to(on.matrix, model.calls[visit as usize].place)[on.volunteer])
    })
}

/// What the visit is worth for each second that it takes, on a scale of its own and
/// up to half as much again by chance. Its travel is guessed: some minutes, and more
/// for what is far from everyone.
fn worth_per_second(model: &Model<'_>, visit: u32, chance: &mut Chance) -> i64 {
    let call = &model.calls[visit as usize];
    let takes = i64::from(call.service) + NEXT_DOOR + homeward(model, visit) / 2;
    call.worth / takes.max(1) * i64::from(100 + index(chance.below(50)))
}
