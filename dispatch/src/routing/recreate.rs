//! Putting visits back: one after another, each to where it costs least.
//!
//! Greedy insertion with blinks of Christiaens and Vanden Berghe (2020), section
//! 5.2: now and then a gap is overlooked, which keeps the search from falling
//! into the same plan again.

use super::draft::{Draft, NOWHERE};
use super::model::{Model, index};
use super::random::Chance;
use super::tour::Gap;
use super::{pairs, turn};

/// A gap is overlooked once in so many.
const BLINK: usize = 100;
/// From so many visits on, only gaps next to near visits and near homes are looked at.
const LARGE: usize = 120;
/// How many near visits these are.
const NEAR_VISITS: usize = 40;
/// How many near homes.
const NEAR_HOMES: usize = 24;

/// Decides which gaps are overlooked, without a roll of the dice for each.
struct Blinks {
    until: usize,
}

impl Blinks {
    fn new(chance: &mut Chance) -> Self {
        Self { until: chance.below(2 * BLINK) }
    }

    #[inline]
    fn blink(&mut self, chance: &mut Chance) -> bool {
        if self.until == 0 {
            self.until = chance.below(2 * BLINK);
            return true;
        }
        self.until -= 1;
        false
    }
}

/// Puts what is out back in, as far as it fits, but not into the shift that is
/// `closed`. `order` is scratch space.
pub(super) fn recreate(
    model: &Model<'_>,
    draft: &mut Draft,
    closed: u32,
    chance: &mut Chance,
    order: &mut Vec<(i64, u32)>,
) {
    turn::sort(model, draft, chance, order);
    let mut blinks = Blinks::new(chance);
    for &(_, visit) in order.iter() {
        let call = &model.calls[visit as usize];
        match call.partner {
            Some(partner) if partner.first => pairs::insert(model, draft, visit, partner),
            Some(_) => {}
            None => {
                if let Some((tour, gap)) =
                    cheapest(model, draft, visit, &mut blinks, chance, closed)
                {
                    draft.put_in(model, tour, visit, gap);
                }
            }
        }
    }
    let Draft { out, seat, .. } = draft;
    out.retain(|visit| seat[*visit as usize] == NOWHERE);
}

/// The tour and gap where the visit costs least, if it fits anywhere.
fn cheapest(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    blinks: &mut Blinks,
    chance: &mut Chance,
    closed: u32,
) -> Option<(u32, Gap)> {
    if model.calls.len() > LARGE {
        return cheapest_near(model, draft, visit, blinks, chance, closed);
    }
    let mut best: Option<(i64, u32, Gap)> = None;
    let mut empty_kind = u32::MAX;
    for &(shift, cost) in model.open_to(visit as usize) {
        if shift == closed {
            continue;
        }
        let tour = &draft.tours[shift as usize];
        if tour.is_empty() {
            let kind = model.shifts[shift as usize].kind;
            if kind == empty_kind {
                continue;
            }
            empty_kind = kind;
        }
        if best.is_some_and(|(least, ..)| i64::from(cost) >= least)
            || !draft.group_allows(model, shift as usize, visit)
        {
            continue;
        }
        let gap =
            tour.best_gap(model, shift as usize, visit, &draft.hulls, || blinks.blink(chance));
        if let Some(gap) = gap
            && let Some(price) = draft.price(model, shift as usize, visit, gap.extra)
            && best.is_none_or(|(least, ..)| price < least)
        {
            best = Some((price, shift, gap));
        }
    }
    best.map(|(_, shift, gap)| (shift, gap))
}

/// The same among the gaps next to near visits and in the tours from near homes.
fn cheapest_near(
    model: &Model<'_>,
    draft: &Draft,
    visit: u32,
    blinks: &mut Blinks,
    chance: &mut Chance,
    closed: u32,
) -> Option<(u32, Gap)> {
    let mut best: Option<(i64, u32, Gap)> = None;
    let mut look = |shift: u32, at: usize| {
        if blinks.blink(chance) {
            return;
        }
        let tour = &draft.tours[shift as usize];
        if let Some(gap) = tour.gap(model, shift as usize, visit, &draft.hulls, at)
            && let Some(price) = draft.price(model, shift as usize, visit, gap.extra)
            && best.is_none_or(|(least, ..)| price < least)
        {
            best = Some((price, shift, gap));
        }
    };
    for &other in model.near(visit as usize).iter().take(NEAR_VISITS) {
        let shift = draft.seat[other as usize];
        if shift == NOWHERE
            || shift == closed
            || model.cost(visit as usize, shift as usize) == super::model::FORBIDDEN
            || !draft.group_allows(model, shift as usize, visit)
        {
            continue;
        }
        let rank = draft.rank[other as usize] as usize;
        look(shift, rank);
        look(shift, rank + 1);
    }
    let mut empty_kind = u32::MAX;
    let mut homes = 0;
    for &(shift, _) in model.open_to(visit as usize) {
        if shift == closed {
            continue;
        }
        let stops = draft.tours[shift as usize].len();
        let kind = model.shifts[shift as usize].kind;
        if stops == 0 && kind == empty_kind {
            continue;
        }
        if homes == NEAR_HOMES {
            break;
        }
        homes += 1;
        if !draft.group_allows(model, shift as usize, visit) {
            continue;
        }
        if stops == 0 {
            empty_kind = kind;
            look(shift, 0);
        } else {
            look(shift, 0);
            look(shift, stops);
        }
    }
    best.map(|(_, shift, gap)| (shift, gap))
}

/// Puts pinned visits in, so that all others find them there.
pub(super) fn place_pinned(model: &Model<'_>, draft: &mut Draft) {
    let mut pinned: Vec<u32> = (0..index(model.calls.len()))
        .filter(|visit| {
            model.calls[*visit as usize].pinned && draft.seat[*visit as usize] == NOWHERE
        })
        .collect();
    pinned.sort_unstable_by_key(|visit| {
        let (first, last) = model.calls[*visit as usize].hull;
        (last - first, first, *visit)
    });
    // One that cuts a journey at a break can make room for another.
    let mut placed = usize::MAX;
    while placed != 0 {
        let waiting = pinned.len();
        pinned.retain(|visit| !place_where_bound(model, draft, *visit));
        placed = waiting - pinned.len();
    }
    let Draft { out, seat, .. } = draft;
    out.retain(|visit| seat[*visit as usize] == NOWHERE);
}

/// Puts a pinned visit into the shift it is bound to; says whether it fitted.
fn place_where_bound(model: &Model<'_>, draft: &mut Draft, visit: u32) -> bool {
    for &(shift, _) in model.open_to(visit as usize) {
        let tour = &draft.tours[shift as usize];
        if let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls, || false) {
            draft.put_in(model, shift, visit, gap);
            return true;
        }
    }
    false
}

/// Puts one visit that is out into a shift that chance chooses.
pub(super) fn force(model: &Model<'_>, draft: &mut Draft, chance: &mut Chance) {
    if draft.out.is_empty() {
        return;
    }
    let at = chance.below(draft.out.len());
    let visit = draft.out[at];
    let open = model.open_to(visit as usize);
    if open.is_empty() || model.calls[visit as usize].partner.is_some() {
        return;
    }
    let (shift, _) = open[chance.below(open.len().min(NEAR_HOMES))];
    if !draft.group_allows(model, shift as usize, visit) {
        return;
    }
    let tour = &draft.tours[shift as usize];
    if let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls, || false)
        && draft.price(model, shift as usize, visit, gap.extra).is_some()
    {
        draft.put_in(model, shift, visit, gap);
        draft.out.swap_remove(at);
    }
}
