//! A plan under construction: the tours and their cost.
//!
//! A draft changes by removal and insertion of visits. It keeps each tour as it was before the
//! first change since [`Draft::commit`], so a rejected step is undone at the cost of the touched
//! tours.

mod changes;
mod undo;

use super::gaps::GapCache;
use super::insertion::Gap;
use super::instance::Seconds;
use super::model::{Model, ShiftData, index};
use super::timeline::Span;
use super::tour::Tour;

/// The index of no tour.
pub(super) const UNASSIGNED: u32 = u32::MAX;

/// A plan under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// One tour for each shift.
    pub(super) tours: Vec<Tour>,
    /// The tour of each visit, or [`UNASSIGNED`].
    pub(super) assigned_route: Vec<u32>,
    /// The rank of each visit within its tour.
    pub(super) rank: Vec<u32>,
    /// The visits in no tour: first those that were in none at the last [`Self::commit`].
    pub(super) unassigned: Vec<u32>,
    /// How many these first are.
    waiting: usize,
    /// The span within which each visit may begin; narrower than its windows while its pair is
    /// assigned.
    pub(super) hulls: Vec<Span>,
    /// The load of each volunteer.
    pub(super) load: Vec<i64>,
    /// The load that counts to each limit of the model.
    pub(super) used: Vec<i64>,
    /// The volunteer of each group, and how many of its visits are in tours.
    pub(super) group_holders: Vec<(usize, u32)>,
    /// Cache of best gaps.
    gaps: GapCache,
    /// The last stamp issued.
    stamp: u64,
    /// The cost without the largest share and unserved visits.
    cost: i64,
    /// The cost of unserved visits.
    unserved_cost: i64,
    /// The number of visits that are not where they were and could stay.
    moved: i64,
    /// The tours touched since the last [`Self::commit`], and their state before.
    touched: Vec<u32>,
    before: Vec<Tour>,
    is_touched: Vec<bool>,
    kept_cost: (i64, i64, i64),
    kept_unassigned: Vec<u32>,
    kept_hulls: Vec<(u32, Span)>,
}

impl Draft {
    /// A draft without visits.
    pub(super) fn new(model: &Model<'_>) -> Self {
        let visits = model.visits.len();
        let volunteers = &model.instance.volunteers;
        let mut draft = Self {
            tours: (0..model.shifts.len()).map(|shift| Tour::empty(model, shift)).collect(),
            assigned_route: vec![UNASSIGNED; visits],
            rank: vec![0; visits],
            unassigned: (0..index(visits)).collect(),
            waiting: visits,
            hulls: model.visits.iter().map(|data| data.hull).collect(),
            load: volunteers.iter().map(|volunteer| volunteer.carried.into()).collect(),
            used: model.quotas.iter().map(|quota| quota.carried).collect(),
            group_holders: vec![(0, 0); visits],
            gaps: GapCache::default(),
            stamp: 0,
            cost: 0,
            moved: model.visits.iter().map(|data| i64::from(data.previous.is_some())).sum(),
            unserved_cost: model.visits.iter().map(|data| data.penalty).sum(),
            touched: Vec::new(),
            before: Vec::new(),
            is_touched: vec![false; model.shifts.len()],
            kept_cost: (0, 0, 0),
            kept_unassigned: Vec::new(),
            kept_hulls: Vec::new(),
        };
        let burdens = (0..volunteers.len()).map(|who| model.burden(who, draft.load[who]));
        draft.cost += burdens.sum::<i64>();
        draft.commit();
        draft
    }

    /// The total cost.
    pub(super) fn cost(&self, model: &Model<'_>) -> i64 {
        let largest = if model.weights.largest_share == 0 { 0 } else { self.largest_share(model) };
        self.cost_with(model, largest)
    }

    /// The total cost if the largest share is this one, in millionths.
    pub(super) fn cost_with(&self, model: &Model<'_>, largest_share: i64) -> i64 {
        let largest = model.weights.largest_share * largest_share / 10_000;
        self.unserved_cost + model.weights.beyond_few(self.moved) + self.cost + largest
    }

    /// The mean travel time between stops, in seconds; at least one.
    pub(super) fn mean_leg(&self) -> f64 {
        let ways =
            || self.tours.iter().filter(|tour| !tour.is_empty()).flat_map(|tour| &tour.stops[1..]);
        let sum: f64 = ways().map(|stop| f64::from(stop.leg)).sum();
        (sum / f64::from(index(ways().count().max(1)))).max(1.0)
    }

    /// A lower bound on the cost once all visits but those of penalty `lost` are inserted:
    /// insertions do not lower the cost, unless the triangle inequality fails.
    pub(super) fn cost_at_least(&self, lost: i64) -> i64 {
        self.cost + lost
    }

    /// The largest share, in millionths.
    pub(super) fn largest_share(&self, model: &Model<'_>) -> i64 {
        let shares = self.load.iter().enumerate().map(|(who, load)| model.share(who, *load));
        shares.max().unwrap_or(0)
    }

    /// Whether the touched tours keep shifts and offers. Without the triangle inequality a removal
    /// can lengthen a tour; and pinned visits are inserted whatever the offer.
    pub(super) fn is_feasible(&self, model: &Model<'_>) -> bool {
        self.touched.iter().all(|&tour| {
            let on = &model.shifts[tour as usize];
            let ends = self.tours[tour as usize].stops.last().map_or(on.open, |home| home.depart);
            let amount = self.tours[tour as usize].amount;
            ends <= on.close && amount <= on.capacity && self.is_within_offer(model, on)
        })
    }

    fn is_within_offer(&self, model: &Model<'_>, on: &ShiftData) -> bool {
        let shifts = || {
            let theirs = model.shifts_of(on.volunteer);
            theirs.filter(|shift| model.shifts[*shift].quota == on.quota)
        };
        self.used[on.quota] <= model.quotas[on.quota].most
            || shifts()
                .flat_map(|shift| self.tours[shift].visits())
                .all(|visit| model.visits[visit as usize].pinned)
    }

    /// The gap of a tour that adds the least travel, for a visit of no pair.
    #[inline]
    pub(super) fn best_gap(&mut self, model: &Model<'_>, tour: usize, visit: u32) -> Option<Gap> {
        debug_assert!(model.visits[visit as usize].partner.is_none(), "its hours never change");
        let Self { gaps, tours, hulls, .. } = self;
        let current = &tours[tour];
        gaps.best(model, tour, visit, current.stamp, || {
            current
                .has_time(model, tour, visit)
                .then(|| current.best_gap(model, tour, visit, hulls))
                .flatten()
        })
    }

    /// The change of cost for an insertion into this gap, without the largest share; none if the
    /// volunteer's offer would be exceeded.
    #[inline]
    pub(super) fn price(
        &self,
        model: &Model<'_>,
        tour: usize,
        visit: u32,
        extra: Seconds,
    ) -> Option<i64> {
        let &ShiftData { volunteer, quota, .. } = &model.shifts[tour];
        let data = &model.visits[visit as usize];
        let added = i64::from(data.service) + i64::from(extra);
        if self.used[quota] + added > model.quotas[quota].most && !data.pinned {
            return None;
        }
        let load = self.load[volunteer];
        let burden = model.burden(volunteer, load + added) - model.burden(volunteer, load);
        // It counts as moved while unassigned, so its return may lower the cost.
        let spared = if model.stays(visit as usize, tour) {
            model.weights.beyond_few(self.moved) - model.weights.beyond_few(self.moved - 1)
        } else {
            0
        };
        Some(i64::from(model.cost(visit as usize, tour)) + i64::from(extra) + burden - spared)
    }

    /// Whether the visit's group is unassigned or assigned to this volunteer.
    #[inline]
    pub(super) fn group_allows(&self, model: &Model<'_>, tour: usize, visit: u32) -> bool {
        model.visits[visit as usize].group.is_none_or(|group| {
            let (holder, count) = self.group_holders[group];
            count == 0 || holder == model.shifts[tour].volunteer
        })
    }
}
