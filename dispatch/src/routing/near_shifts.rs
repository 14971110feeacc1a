//! The shifts that a visit with many allowed shifts considers: those of near visits, those of near
//! homes, and an empty one.

use super::draft::{Draft, UNASSIGNED};
use super::model::{FORBIDDEN, Model};

/// A visit with more allowed shifts than this considers only the near ones.
const MANY_SHIFTS: usize = 64;
/// The number of near visits.
const NEAR_VISITS: usize = 40;
/// The number of near homes.
pub(super) const NEAR_HOMES: usize = 24;

/// The near shifts of one visit after another, with scratch space that is reused.
#[derive(Default)]
pub(super) struct NearShifts {
    /// When each shift was last gathered, counted in visits.
    gathered: Vec<u64>,
    now: u64,
    near: Vec<(u32, u32)>,
}

impl NearShifts {
    /// The allowed shifts of the visit, with the cost; if they are many, the near ones only.
    #[inline]
    pub(super) fn of<'s>(
        &'s mut self,
        model: &'s Model<'_>,
        draft: &Draft,
        visit: u32,
    ) -> &'s [(u32, u32)] {
        let open = model.open_to(visit as usize);
        if open.len() <= MANY_SHIFTS {
            return open;
        }
        self.gather(model, draft, visit);
        &self.near
    }

    fn gather(&mut self, model: &Model<'_>, draft: &Draft, visit: u32) {
        self.now += 1;
        self.gathered.resize(model.shifts.len(), 0);
        self.near.clear();
        for &other in model.near(visit as usize).iter().take(NEAR_VISITS) {
            let shift = draft.assigned_route[other as usize];
            if shift == UNASSIGNED {
                continue;
            }
            let cost = model.cost(visit as usize, shift as usize);
            let gathered = std::mem::replace(&mut self.gathered[shift as usize], self.now);
            if cost != FORBIDDEN && gathered != self.now {
                self.near.push((shift, cost));
            }
        }
        let is_empty = |shift: u32| draft.tours[shift as usize].is_empty();
        let (homes, rest) = model.open_to(visit as usize).split_at(NEAR_HOMES);
        let is_new = |(shift, _): &&(u32, u32)| self.gathered[*shift as usize] != self.now;
        self.near.extend(homes.iter().filter(is_new));
        if !homes.iter().any(|(shift, _)| is_empty(*shift)) {
            self.near.extend(rest.iter().find(|(shift, _)| is_empty(*shift)));
        }
    }
}
