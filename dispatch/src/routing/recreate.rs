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
}

impl Default for Recreation {
    fn default() -> Self {
        Self { order: Vec::new(), blink_in: BLINK, looked: Vec::new(), now: 0 }
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
                None => {
                    let look = Look { model, draft, visit, closed, chance, best: None };
                    match self.cheapest(look) {
                        Some((_, tour, gap)) => draft.put_in(model, tour, visit, gap),
                        None => lost += call.worth,
                    }
                }
            }
            !is_metric || draft.cost_at_least(lost) <= most
        });
        self.order = order;
        let Draft { out, seat, .. } = draft;
        out.retain(|visit| seat[*visit as usize] == NOWHERE);
        affordable
    }

    /// Where the visit costs least, if it fits anywhere.
    fn cheapest(&mut self, mut look: Look<'_, '_>) -> Place {
        let open = look.model.open_to(look.visit as usize);
        let homes = if open.len() > MANY {
            self.look_near(&mut look);
            NEAR_HOMES
        } else {
            open.len()
        };
        // Of empty tours that are alike, one is enough.
        let mut empty = None;
        for (at, &(shift, cost)) in open.iter().enumerate() {
            if at >= homes && empty.is_some() {
                break;
            }
            if shift == look.closed {
                continue;
            }
            let is_empty = look.draft.tours[shift as usize].is_empty();
            let kind = Some(look.model.shifts[shift as usize].kind);
            if is_empty && empty == kind || at >= homes && !is_empty {
                continue;
            }
            empty = if is_empty { kind } else { empty };
            self.blinking(&mut look, shift, cost);
        }
        look.best
    }

    /// Looks at the tours of near visits, at each once.
    fn look_near(&mut self, look: &mut Look<'_, '_>) {
        self.now += 1;
        self.looked.resize(look.model.shifts.len(), 0);
        for &other in look.model.near(look.visit as usize).iter().take(NEAR_VISITS) {
            let shift = look.draft.seat[other as usize];
            if shift == NOWHERE || shift == look.closed {
                continue;
            }
            let cost = look.model.cost(look.visit as usize, shift as usize);
            if cost == FORBIDDEN {
                continue;
            }
            if std::mem::replace(&mut self.looked[shift as usize], self.now) != self.now {
                self.blinking(look, shift, cost);
            }
        }
    }

    /// Looks at a tour, or overlooks it.
    #[inline]
    fn blinking(&mut self, look: &mut Look<'_, '_>, shift: u32, cost: u32) {
        if self.blink_in == 0 {
            self.blink_in = look.chance.below(2 * BLINK);
        } else {
            self.blink_in -= 1;
            look.at(shift, cost);
        }
    }
}

/// The best place of a visit: its price, the tour and the gap.
type Place = Option<(i64, u32, Gap)>;

/// A look for the best place of a visit.
struct Look<'a, 'm> {
    model: &'a Model<'m>,
    draft: &'a mut Draft,
    visit: u32,
    closed: u32,
    chance: &'a mut Chance,
    best: Place,
}

impl Look<'_, '_> {
    /// Looks at the best gap of a tour, where the visit costs `cost` besides.
    #[inline]
    fn at(&mut self, shift: u32, cost: u32) {
        let (model, tour) = (self.model, shift as usize);
        let least = self.best.map_or(i64::MAX, |(least, ..)| least);
        if let Some(gap) = self.draft.best_gap(model, tour, self.visit)
            // The price is this and a burden.
            && i64::from(cost) + i64::from(gap.extra) < least
            && self.draft.group_allows(model, tour, self.visit)
            && let Some(price) = self.draft.price(model, tour, self.visit, gap.extra)
            && price < least
        {
            self.best = Some((price, shift, gap));
        }
    }
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
