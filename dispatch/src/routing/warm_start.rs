//! Loads a previous plan as the start of a search.

use super::draft::{Draft, UNASSIGNED};
use super::insertion::Gap;
use super::model::{FORBIDDEN, Model, index};
use super::solution::{ShiftRoute, Solution, Stop};

impl Draft {
    /// The draft of a plan, with those visits that still fit where they are.
    pub(super) fn of(model: &Model<'_>, plan: &Solution) -> Self {
        let mut draft = Self::new(model);
        for route in &plan.routes {
            let known = route.volunteer < model.instance.volunteers.len();
            if known && let Some(tour) = model.shifts_of(route.volunteer).nth(route.shift) {
                draft.load(model, tour, route);
            }
        }
        draft.unassigned = (0..index(draft.assigned_route.len()))
            .filter(|visit| draft.assigned_route[*visit as usize] == UNASSIGNED)
            .collect();
        draft.commit();
        draft
    }

    /// Loads a route into a tour; if it no longer fits as a whole, its visits one after the other
    /// as far as they fit.
    fn load(&mut self, model: &Model<'_>, tour: usize, route: &ShiftRoute) {
        let may = |draft: &Self, visit: usize| {
            draft.assigned_route.get(visit) == Some(&UNASSIGNED)
                && model.cost(visit, tour) != FORBIDDEN
                && draft.group_allows(model, tour, index(visit))
        };
        for stop in &route.stops {
            if may(self, stop.visit) {
                self.append(model, tour, stop);
            }
        }
        if self.is_feasible(model) {
            return self.commit();
        }
        let all = self.tours[tour].len();
        self.remove(model, index(tour), 0..all);
        for stop in &route.stops {
            if may(self, stop.visit) {
                self.append(model, tour, stop);
                if !self.is_feasible(model) {
                    let last = self.tours[tour].len();
                    self.remove(model, index(tour), last - 1..last);
                }
            }
        }
        self.commit();
    }

    fn append(&mut self, model: &Model<'_>, tour: usize, stop: &Stop) {
        if model.visits[stop.visit].partner.is_some() {
            // The two visits were given compatible times.
            self.set_hull(index(stop.visit), (stop.start, stop.start));
        }
        let at = self.tours[tour].len();
        self.insert(model, index(tour), index(stop.visit), Gap { at, extra: 0 });
    }

    /// Removes all pairs: their times may no longer be compatible.
    pub(super) fn free_pairs(&mut self, model: &Model<'_>) {
        for visit in 0..self.assigned_route.len() {
            let tour = self.assigned_route[visit];
            if tour != UNASSIGNED && model.visits[visit].partner.is_some() {
                let rank = self.rank[visit] as usize;
                self.remove(model, tour, rank..rank + 1);
            }
        }
    }
}
