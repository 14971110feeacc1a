//! Putting visits back: one after another, each to where it costs least.
//!
//! Greedy insertion with blinks of Christiaens and Vanden Berghe (2020), section
//! 5.2: now and then a place is overlooked, which keeps the search from falling
//! into the same plan again.

use super::draft::{Draft, NOWHERE};
use super::model::{FORBIDDEN, Model, index};
use super::random::Chance;
use super::tour::Gap;
use super::travel::Matrix;
use super::{pairs, turn};

/// A tour is overlooked once in so many.
const BLINK: usize = 100;
/// A visit that may go into more shifts than this looks only at the tours of near
/// visits and from near homes.
const MANY: usize = 64;
/// How many near visits these are.
const NEAR_VISITS: usize = 40;
/// How many near homes.
const NEAR_HOMES: usize = 24;

/// Puts visits back, and keeps its scratch space from one time to the next.
pub(super) struct Recreation {
    order: Vec<(i64, u32)>,
    /// How many more tours are looked at before one is overlooked, so that no dice
    /// are rolled for each.
    blink_in: usize,
    /// When each tour was last looked at, counted in visits put back.
    looked: Vec<u64>,
    now: u64,
    /// Where a visit that may go into many shifts is looked for.
    near: Vec<(u32, u32)>,
}

impl Default for Recreation {
    fn default() -> Self {
        Self { order: Vec::new(), blink_in: BLINK, looked: Vec::new(), now: 0, near: Vec::new() }
    }
}

impl Recreation {
    /// Puts what is out back in, as far as it fits, but not into the shift that is
    /// `closed`. Gives up, and says so, once the draft will cost more than `most`.
    pub(super) fn recreate(
        &mut self,
        model: &Model<'_>,
        draft: &mut Draft,
        closed: u32,
        most: i64,
        chance: &mut Chance,
    ) -> bool {
        let mut order = std::mem::take(&mut self.order);
        turn::sort(model, draft, chance, &mut order);
        let is_metric = model.ways.iter().all(Matrix::is_metric);
        let mut lost = 0;
        let affordable = order.iter().all(|&(_, visit)| {
            let call = &model.calls[visit as usize];
            match call.partner {
                Some(partner) if partner.first => {
                    pairs::insert(model, draft, visit, index(partner.visit), partner.gap);
                }
                Some(_) => {}
                None => match self.cheapest(model, draft, visit, closed, chance) {
                    Some((tour, gap)) => draft.put_in(model, tour, visit, gap),
                    None => lost += call.worth,
                },
            }
            !is_metric || draft.cost_at_least(lost) <= most
        });
        self.order = order;
        let Draft { out, seat, .. } = draft;
        out.retain(|visit| seat[*visit as usize] == NOWHERE);
        affordable
    }

    /// Where the visit costs least, if it fits anywhere.
    fn cheapest(
        &mut self,
        model: &Model<'_>,
        draft: &mut Draft,
        visit: u32,
        closed: u32,
        chance: &mut Chance,
    ) -> Place {
        let open = model.open_to(visit as usize);
        let is_many = open.len() > MANY;
        if is_many {
            self.gather(model, draft, visit);
        }
        let candidates = if is_many { &self.near } else { open };
        let mut best: Place = None;
        let mut least = i64::MAX;
        // Of empty tours that are alike, one is enough.
        let mut empty = None;
        for &(shift, cost) in candidates {
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
            if self.blink_in == 0 {
                self.blink_in = chance.below(2 * BLINK);
                continue;
            }
            self.blink_in -= 1;
            if let Some(gap) = draft.best_gap(model, tour, visit)
                // The price is this and a burden, less what it spares to stay.
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

    /// Of many shifts those worth a look, with what the visit costs there: each whose
    /// tour has a near visit, those from near homes, and one where nobody goes yet.
    fn gather(&mut self, model: &Model<'_>, draft: &Draft, visit: u32) {
        self.now += 1;
        self.looked.resize(model.shifts.len(), 0);
        self.near.clear();
        for &other in model.near(visit as usize).iter().take(NEAR_VISITS) {
            let shift = draft.seat[other as usize];
            if shift == NOWHERE {
                continue;
            }
            let cost = model.cost(visit as usize, shift as usize);
            let looked = std::mem::replace(&mut self.looked[shift as usize], self.now);
            if cost != FORBIDDEN && looked != self.now {
                self.near.push((shift, cost));
            }
        }
        let is_empty = |shift: u32| draft.tours[shift as usize].is_empty();
        let (homes, rest) = model.open_to(visit as usize).split_at(NEAR_HOMES);
        let unlooked = |(shift, _): &&(u32, u32)| self.looked[*shift as usize] != self.now;
        self.near.extend(homes.iter().filter(unlooked));
        if !homes.iter().any(|(shift, _)| is_empty(*shift)) {
            self.near.extend(rest.iter().find(|(shift, _)| is_empty(*shift)));
        }
    }
}

/// The best place of a visit: the tour and the gap.
type Place = Option<(u32, Gap)>;

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

/// Puts a pinned visit into the shift it is bound to, with its partner; says whether
/// it fitted.
fn place_where_bound(model: &Model<'_>, draft: &mut Draft, visit: u32) -> bool {
    if let Some(partner) = model.calls[visit as usize].partner {
        let (first, second) = if partner.first {
            (visit, index(partner.visit))
        } else {
            (index(partner.visit), visit)
        };
        pairs::insert(model, draft, first, second, partner.gap);
        return draft.seat[visit as usize] != NOWHERE;
    }
    for &(shift, _) in model.open_to(visit as usize) {
        let tour = &draft.tours[shift as usize];
        if let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls) {
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
    if let Some(gap) = tour.best_gap(model, shift as usize, visit, &draft.hulls)
        && draft.price(model, shift as usize, visit, gap.extra).is_some()
    {
        draft.put_in(model, shift, visit, gap);
        draft.out.swap_remove(at);
    }
}
