//! A plan that stands, read in as a draft.

use super::draft::{Draft, NOWHERE};
use super::model::{FORBIDDEN, Model, index};
use super::solution::{Route, Solution, Stop};
use super::tour::Gap;

impl Draft {
    /// The draft that a plan is, as far as its visits still fit where they stand.
    pub(super) fn of(model: &Model<'_>, plan: &Solution) -> Self {
        let mut draft = Self::new(model);
        for route in &plan.routes {
            let known = route.volunteer < model.instance.volunteers.len();
            if known && let Some(tour) = model.shifts_of(route.volunteer).nth(route.shift) {
                draft.take_up(model, tour, route);
            }
        }
        draft.out = (0..index(draft.seat.len()))
            .filter(|visit| draft.seat[*visit as usize] == NOWHERE)
            .collect();
        draft.keep();
        draft
    }

    /// Gives a tour what a route has; where that no longer fits whole, as much of it
    /// as fits one after the other.
    fn take_up(&mut self, model: &Model<'_>, tour: usize, route: &Route) {
        let may = |draft: &Self, visit: usize| {
            draft.seat.get(visit) == Some(&NOWHERE)
                && model.cost(visit, tour) != FORBIDDEN
                && draft.group_allows(model, tour, index(visit))
        };
        for stop in &route.stops {
            if may(self, stop.visit) {
                self.append(model, tour, stop);
            }
        }
        if self.is_lawful(model) {
            return self.keep();
        }
        let all = self.tours[tour].len();
        self.take_out(model, index(tour), 0..all);
        for stop in &route.stops {
            if may(self, stop.visit) {
                self.append(model, tour, stop);
                if !self.is_lawful(model) {
                    let last = self.tours[tour].len();
                    self.take_out(model, index(tour), last - 1..last);
                }
            }
        }
        self.keep();
    }

    fn append(&mut self, model: &Model<'_>, tour: usize, stop: &Stop) {
        if model.calls[stop.visit].partner.is_some() {
            // The two were given hours that suit each other.
            self.set_hull(index(stop.visit), (stop.start, stop.start));
        }
        let at = self.tours[tour].len();
        self.put_in(model, index(tour), index(stop.visit), Gap { at, extra: 0 });
    }

    /// Takes all visits out that have a partner: what the two were given may no longer
    /// suit them.
    pub(super) fn free_pairs(&mut self, model: &Model<'_>) {
        for visit in 0..self.seat.len() {
            let tour = self.seat[visit];
            if tour != NOWHERE && model.calls[visit].partner.is_some() {
                let rank = self.rank[visit] as usize;
                self.take_out(model, tour, rank..rank + 1);
            }
        }
    }
}
