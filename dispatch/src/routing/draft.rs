//! A plan in the making: who does what in which order, and what it costs.
//!
//! A draft changes by taking visits out and putting them in, and it remembers
//! each tour as it was before the first change since [`Draft::keep`], so that a
//! step that made things worse is undone at the price of what it touched.

use super::gaps::Gaps;
use super::instance::Seconds;
use super::model::{Model, index};
use super::timeline::Span;
use super::tour::{Gap, Tour};

/// In no tour.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Who does what.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// One for each shift.
    pub(super) tours: Vec<Tour>,
    /// The tour of each visit, or [`NOWHERE`].
    pub(super) seat: Vec<u32>,
    /// Its place among the visits of that tour.
    pub(super) rank: Vec<u32>,
    /// Visits in no tour.
    pub(super) out: Vec<u32>,
    /// When each may begin; narrower than its windows while a partner is waiting.
    pub(super) hulls: Vec<Span>,
    /// What each volunteer carries.
    pub(super) load: Vec<i64>,
    /// Who does the visits of each group, and how many are in tours.
    pub(super) holders: Vec<(usize, u32)>,
    /// The best gaps that were looked up.
    gaps: Gaps,
    /// The stamp that was given last.
    stamp: u64,
    /// All but the largest share and what is left out.
    cost: i64,
    /// What it costs that some are left out.
    missed: i64,
    /// How many are not where they stood and could stay.
    moved: i64,
    /// What was touched since the last [`Self::keep`], and how it was before.
    touched: Vec<u32>,
    before: Vec<Tour>,
    is_touched: Vec<bool>,
    kept_cost: (i64, i64, i64),
    kept_out: Vec<u32>,
    kept_hulls: Vec<(u32, Span)>,
}

impl Draft {
    /// Nobody does anything yet.
    pub(super) fn new(model: &Model<'_>) -> Self {
        let visits = model.calls.len();
        let volunteers = &model.instance.volunteers;
        let mut draft = Self {
            tours: (0..model.shifts.len()).map(|shift| Tour::empty(model, shift)).collect(),
            seat: vec![NOWHERE; visits],
            rank: vec![0; visits],
            out: (0..index(visits)).collect(),
            hulls: model.calls.iter().map(|call| call.hull).collect(),
            load: volunteers.iter().map(|volunteer| volunteer.carried.into()).collect(),
            holders: vec![(0, 0); visits],
            gaps: Gaps::default(),
            stamp: 0,
            cost: 0,
            moved: model.calls.iter().map(|call| i64::from(call.stands.is_some())).sum(),
            missed: model.calls.iter().map(|call| call.worth).sum(),
            touched: Vec::new(),
            before: Vec::new(),
            is_touched: vec![false; model.shifts.len()],
            kept_cost: (0, 0, 0),
            kept_out: Vec::new(),
            kept_hulls: Vec::new(),
        };
        let burdens = (0..volunteers.len()).map(|who| model.burden(who, draft.load[who]));
        draft.cost += burdens.sum::<i64>();
        draft.keep();
        draft
    }

    /// What it costs in all.
    pub(super) fn cost(&self, model: &Model<'_>) -> i64 {
        self.missed + model.weights.beyond_few(self.moved) + self.cost_of_served(model)
    }

    /// The mean way of all tours, in seconds; at least one.
    pub(super) fn mean_way(&self) -> f64 {
        let ways =
            || self.tours.iter().filter(|tour| !tour.is_empty()).flat_map(|tour| &tour.stops[1..]);
        let sum: f64 = ways().map(|stop| f64::from(stop.leg)).sum();
        (sum / f64::from(index(ways().count().max(1)))).max(1.0)
    }

    /// No more than what it costs once `lost` is left out and all else is back in: what
    /// comes back costs something, save where ways break the triangle inequality.
    pub(super) fn cost_at_least(&self, lost: i64) -> i64 {
        self.cost + lost
    }

    fn cost_of_served(&self, model: &Model<'_>) -> i64 {
        if model.weights.largest_share == 0 {
            return self.cost;
        }
        self.cost + model.weights.largest_share * self.largest_share(model) / 10_000
    }

    /// The largest share that anybody carries, in millionths.
    pub(super) fn largest_share(&self, model: &Model<'_>) -> i64 {
        let shares = self.load.iter().enumerate().map(|(who, load)| model.share(who, *load));
        shares.max().unwrap_or(0)
    }

    /// What stands is from now on what an undoing returns to.
    pub(super) fn keep(&mut self) {
        for tour in self.touched.drain(..) {
            self.is_touched[tour as usize] = false;
        }
        self.kept_cost = (self.cost, self.missed, self.moved);
        self.kept_out.clone_from(&self.out);
        self.kept_hulls.clear();
    }

    /// Whether something was left out when it was last kept.
    pub(super) fn is_crowded(&self) -> bool {
        !self.kept_out.is_empty()
    }

    /// Which tours have changed since the last [`Self::keep`].
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Back to how all stood at the last [`Self::keep`].
    pub(super) fn undo(&mut self, model: &Model<'_>) {
        // All leave before any comes back: a visit may have moved from tour to tour.
        for at in 0..self.touched.len() {
            self.leave(model, self.touched[at]);
        }
        for at in 0..self.touched.len() {
            let tour = self.touched[at];
            std::mem::swap(&mut self.tours[tour as usize], &mut self.before[at]);
            self.is_touched[tour as usize] = false;
            self.enter(model, tour);
        }
        self.touched.clear();
        for (visit, hull) in self.kept_hulls.drain(..).rev() {
            self.hulls[visit as usize] = hull;
        }
        (self.cost, self.missed, self.moved) = self.kept_cost;
        self.out.clone_from(&self.kept_out);
    }

    /// Whether what was touched keeps to the shifts and to what was offered. Where
    /// ways break the triangle inequality, leaving a visit out can make a tour
    /// longer; and pinned visits are put in whatever was offered.
    pub(super) fn is_lawful(&self, model: &Model<'_>) -> bool {
        self.touched.iter().all(|&tour| {
            let on = &model.shifts[tour as usize];
            let ends = self.tours[tour as usize].stops.last().map_or(on.open, |home| home.depart);
            let amount = self.tours[tour as usize].amount;
            ends <= on.close
                && amount <= on.capacity
                && self.keeps_to_the_offer(model, on.volunteer)
        })
    }

    fn keeps_to_the_offer(&self, model: &Model<'_>, volunteer: usize) -> bool {
        let theirs = || self.tours[model.shifts_of(volunteer)].iter().flat_map(Tour::visits);
        self.load[volunteer] <= model.offered[volunteer]
            || theirs().all(|visit| model.calls[visit as usize].pinned)
    }

    fn leave(&mut self, model: &Model<'_>, tour: u32) {
        let standing = &self.tours[tour as usize];
        self.load[model.shifts[tour as usize].volunteer] -= standing.travel + standing.service;
        for visit in standing.visits() {
            self.seat[visit as usize] = NOWHERE;
            if let Some(group) = model.calls[visit as usize].group {
                self.holders[group].1 -= 1;
            }
        }
    }

    fn enter(&mut self, model: &Model<'_>, tour: u32) {
        let standing = &self.tours[tour as usize];
        let volunteer = model.shifts[tour as usize].volunteer;
        self.load[volunteer] += standing.travel + standing.service;
        for (rank, visit) in standing.visits().enumerate() {
            self.seat[visit as usize] = tour;
            self.rank[visit as usize] = index(rank);
            if let Some(group) = model.calls[visit as usize].group {
                self.holders[group] = (volunteer, self.holders[group].1 + 1);
            }
        }
    }

    fn touch(&mut self, tour: u32) {
        if std::mem::replace(&mut self.is_touched[tour as usize], true) {
            return;
        }
        let at = self.touched.len();
        self.touched.push(tour);
        if self.before.len() == at {
            self.before.push(Tour::default());
        }
        let (standing, kept) = (&self.tours[tour as usize], &mut self.before[at]);
        kept.clone_from(standing);
    }

    /// Takes `length` visits out of a tour, from the one of rank `first` on.
    /// Whoever calls it takes the partners out as well.
    pub(super) fn take_out(&mut self, model: &Model<'_>, tour: u32, ranks: std::ops::Range<usize>) {
        self.touch(tour);
        for rank in ranks.clone() {
            let visit = self.tours[tour as usize].stops[rank + 1].visit;
            self.out.push(visit);
            self.seat[visit as usize] = NOWHERE;
            let call = &model.calls[visit as usize];
            self.missed += call.worth;
            self.moved += i64::from(model.stays(visit as usize, tour as usize));
            self.cost -= i64::from(model.cost(visit as usize, tour as usize));
            if let Some(group) = call.group {
                self.holders[group].1 -= 1;
            }
            if self.hulls[visit as usize] != call.hull {
                self.set_hull(visit, call.hull);
            }
        }
        let first = ranks.start;
        self.change(model, tour, first, |standing, hulls| {
            standing.remove(model, tour as usize, ranks, hulls);
        });
    }

    /// Puts a visit that is out into a tour; the caller strikes it from [`Self::out`].
    pub(super) fn put_in(&mut self, model: &Model<'_>, tour: u32, visit: u32, gap: Gap) {
        self.touch(tour);
        self.seat[visit as usize] = tour;
        let call = &model.calls[visit as usize];
        self.missed -= call.worth;
        self.moved -= i64::from(model.stays(visit as usize, tour as usize));
        self.cost += i64::from(model.cost(visit as usize, tour as usize));
        if let Some(group) = call.group {
            let volunteer = model.shifts[tour as usize].volunteer;
            self.holders[group] = (volunteer, self.holders[group].1 + 1);
        }
        self.change(model, tour, gap.at, |standing, hulls| {
            standing.insert(model, tour as usize, visit, gap.at, hulls);
        });
    }

    /// Gives an empty tour these visits in this order.
    pub(super) fn follow(&mut self, model: &Model<'_>, tour: u32, visits: &[u32]) {
        for (at, &visit) in visits.iter().enumerate() {
            self.put_in(model, tour, visit, Gap { at, extra: 0 });
        }
        let seat = &self.seat;
        self.out.retain(|visit| seat[*visit as usize] == NOWHERE);
    }

    /// Narrows or widens when a visit that is out may begin.
    pub(super) fn set_hull(&mut self, visit: u32, hull: Span) {
        self.kept_hulls.push((visit, self.hulls[visit as usize]));
        self.hulls[visit as usize] = hull;
    }

    /// Changes a tour from rank `first` on, and what follows from it.
    fn change(
        &mut self,
        model: &Model<'_>,
        tour: u32,
        first: usize,
        change: impl FnOnce(&mut Tour, &[Span]),
    ) {
        let standing = &mut self.tours[tour as usize];
        let before = standing.travel + standing.service;
        let travel = standing.travel;
        change(standing, &self.hulls);
        self.stamp += 1;
        standing.stamp = self.stamp;
        for (rank, visit) in standing.visits().enumerate().skip(first) {
            self.rank[visit as usize] = index(rank);
        }
        let volunteer = model.shifts[tour as usize].volunteer;
        let load = self.load[volunteer];
        let after = load - before + standing.travel + standing.service;
        self.cost += standing.travel - travel;
        self.cost += model.burden(volunteer, after) - model.burden(volunteer, load);
        self.load[volunteer] = after;
    }

    /// The gap that adds the least travel in a tour, for a visit without a partner.
    #[inline]
    pub(super) fn best_gap(&mut self, model: &Model<'_>, tour: usize, visit: u32) -> Option<Gap> {
        debug_assert!(model.calls[visit as usize].partner.is_none(), "its hours never change");
        let Self { gaps, tours, hulls, .. } = self;
        let standing = &tours[tour];
        gaps.best(model, tour, visit, standing.stamp, || {
            standing
                .has_time(model, tour, visit)
                .then(|| standing.best_gap(model, tour, visit, hulls))
                .flatten()
        })
    }

    /// What it would cost to put the visit into this gap, the largest share aside;
    /// none if the volunteer would carry more than they offered.
    #[inline]
    pub(super) fn price(
        &self,
        model: &Model<'_>,
        tour: usize,
        visit: u32,
        extra: Seconds,
    ) -> Option<i64> {
        let volunteer = model.shifts[tour].volunteer;
        let call = &model.calls[visit as usize];
        let load = self.load[volunteer];
        let after = load + i64::from(call.service) + i64::from(extra);
        if after > model.offered[volunteer] && !call.pinned {
            return None;
        }
        let burden = model.burden(volunteer, after) - model.burden(volunteer, load);
        // It counts as moved while it is out, so the way back may spare something.
        let spared = if model.stays(visit as usize, tour) {
            model.weights.beyond_few(self.moved) - model.weights.beyond_few(self.moved - 1)
        } else {
            0
        };
        Some(i64::from(model.cost(visit as usize, tour)) + i64::from(extra) + burden - spared)
    }

    /// Whether the visit's group is free or in the hands of this volunteer.
    #[inline]
    pub(super) fn group_allows(&self, model: &Model<'_>, tour: usize, visit: u32) -> bool {
        model.calls[visit as usize].group.is_none_or(|group| {
            let (holder, count) = self.holders[group];
            count == 0 || holder == model.shifts[tour].volunteer
        })
    }

    /// Takes over all of `other`, of which only `tours` differ.
    pub(super) fn copy_tours(&mut self, model: &Model<'_>, other: &Self, tours: &[u32]) {
        for &tour in tours {
            self.leave(model, tour);
        }
        for &tour in tours {
            let standing = &mut self.tours[tour as usize];
            standing.clone_from(&other.tours[tour as usize]);
            // Stamps of another draft mean nothing here.
            self.stamp += 1;
            standing.stamp = self.stamp;
            self.enter(model, tour);
        }
        self.hulls.clone_from(&other.hulls);
        (self.cost, self.missed, self.moved) = (other.cost, other.missed, other.moved);
        self.out.clone_from(&other.out);
    }
}
