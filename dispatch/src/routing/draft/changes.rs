//! Insertion and removal of visits, and what depends on them.

use super::{Draft, UNASSIGNED};
use crate::routing::insertion::Gap;
use crate::routing::model::{Model, ShiftData, index};
use crate::routing::timeline::Span;
use crate::routing::tour::Tour;

impl Draft {
    /// Removes the visits of these ranks from a tour. The caller removes the other visits of pairs
    /// as well.
    pub(in crate::routing) fn remove(
        &mut self,
        model: &Model<'_>,
        tour: u32,
        ranks: std::ops::Range<usize>,
    ) {
        self.touch(tour);
        for rank in ranks.clone() {
            let visit = self.tours[tour as usize].stops[rank + 1].visit;
            self.unassigned.push(visit);
            self.assigned_route[visit as usize] = UNASSIGNED;
            let data = &model.visits[visit as usize];
            self.unserved_cost += data.penalty;
            self.moved += i64::from(model.stays(visit as usize, tour as usize));
            self.cost -= i64::from(model.cost(visit as usize, tour as usize));
            if let Some(group) = data.group {
                self.group_holders[group].1 -= 1;
            }
            if self.hulls[visit as usize] != data.hull {
                self.set_hull(visit, data.hull);
            }
        }
        let first = ranks.start;
        self.change(model, tour, first, |current, hulls| {
            current.remove(model, tour as usize, ranks, hulls);
        });
    }

    /// Inserts an unassigned visit into a tour; the caller removes it from [`Self::unassigned`].
    pub(in crate::routing) fn insert(
        &mut self,
        model: &Model<'_>,
        tour: u32,
        visit: u32,
        gap: Gap,
    ) {
        self.touch(tour);
        self.assigned_route[visit as usize] = tour;
        let data = &model.visits[visit as usize];
        self.unserved_cost -= data.penalty;
        self.moved -= i64::from(model.stays(visit as usize, tour as usize));
        self.cost += i64::from(model.cost(visit as usize, tour as usize));
        if let Some(group) = data.group {
            let volunteer = model.shifts[tour as usize].volunteer;
            self.group_holders[group] = (volunteer, self.group_holders[group].1 + 1);
        }
        self.change(model, tour, gap.at, |current, hulls| {
            current.insert(model, tour as usize, visit, gap.at, hulls);
        });
    }

    /// Takes an unassigned visit out of the list, in which the removed ones stay behind those that
    /// waited before.
    pub(in crate::routing) fn take_unassigned(&mut self, mut at: usize) {
        if at < self.waiting {
            self.waiting -= 1;
            self.unassigned.swap(at, self.waiting);
            at = self.waiting;
        }
        self.unassigned.swap_remove(at);
    }

    /// Gives an empty tour these visits in this order.
    pub(in crate::routing) fn set_route(&mut self, model: &Model<'_>, tour: u32, visits: &[u32]) {
        for (at, &visit) in visits.iter().enumerate() {
            self.insert(model, tour, visit, Gap { at, extra: 0 });
        }
        let assigned_route = &self.assigned_route;
        self.unassigned.retain(|visit| assigned_route[*visit as usize] == UNASSIGNED);
    }

    /// Sets the span within which an unassigned visit may begin.
    pub(in crate::routing) fn set_hull(&mut self, visit: u32, hull: Span) {
        self.kept_hulls.push((visit, self.hulls[visit as usize]));
        self.hulls[visit as usize] = hull;
    }

    /// Changes a tour from rank `first` on, and updates what depends on it.
    fn change(
        &mut self,
        model: &Model<'_>,
        tour: u32,
        first: usize,
        change: impl FnOnce(&mut Tour, &[Span]),
    ) {
        let current = &mut self.tours[tour as usize];
        let before = current.travel + current.service;
        let travel = current.travel;
        change(current, &self.hulls);
        self.stamp += 1;
        current.stamp = self.stamp;
        for (rank, visit) in current.visits().enumerate().skip(first) {
            self.rank[visit as usize] = index(rank);
        }
        let &ShiftData { volunteer, quota, .. } = &model.shifts[tour as usize];
        let added = current.travel + current.service - before;
        let load = self.load[volunteer];
        let after = load + added;
        self.used[quota] += added;
        self.cost += current.travel - travel;
        self.cost += model.burden(volunteer, after) - model.burden(volunteer, load);
        self.load[volunteer] = after;
    }
}
