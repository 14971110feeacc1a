//! Where a visit fits into a tour, and how much travel it adds there.

use super::hours::{begin, begin_by};
use super::instance::Seconds;
use super::model::Model;
use super::timeline::{self, Span};
use super::tour::Tour;

/// A position for a visit in a tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The number of visits before it.
    pub(super) at: usize,
    /// The added travel; it can be negative without the triangle inequality.
    pub(super) extra: Seconds,
}

impl Tour {
    /// The feasible gap for `visit` that adds the least travel.
    #[inline]
    pub(super) fn best_gap(
        &self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        hulls: &[Span],
    ) -> Option<Gap> {
        let on = &model.shifts[shift];
        let data = &model.visits[visit as usize];
        if self.too_much(model, shift, visit) > 0 {
            return None;
        }
        if !data.windows.is_empty() || !on.breaks.is_empty() {
            let gaps = 0..=self.len();
            let gaps = gaps.filter_map(|at| self.gap(model, shift, visit, hulls, at));
            return gaps.min_by_key(|gap| gap.extra);
        }
        let (opens, closes) = hulls[visit as usize];
        let to = model.to(on.matrix, data.place);
        let from = model.ways[on.matrix].from(data.place);
        let mut best = (Seconds::MAX, 0);
        let mut before = self.stops[0];
        let mut there = to[before.place as usize];
        // No branches in the loop body: which gap is better is unpredictable.
        for (at, after) in (0..).zip(&self.stops[1..]) {
            if before.depart > closes {
                break; // later gaps begin later still
            }
            let onward = from[after.place as usize];
            let start = (before.depart + there).max(opens);
            let fits = start <= closes && start + data.service + onward <= after.latest;
            let extra = if fits { there + onward - after.leg } else { Seconds::MAX };
            best = if extra < best.0 { (extra, at) } else { best };
            there = to[after.place as usize];
            before = *after;
        }
        (best.0 != Seconds::MAX).then_some(Gap { at: best.1, extra: best.0 })
    }

    /// Whether there could be time for the visit; a quick test before gaps are tried.
    #[inline]
    pub(super) fn has_time(&self, model: &Model<'_>, shift: usize, visit: u32) -> bool {
        let on = &model.shifts[shift];
        self.travel + self.service + i64::from(model.visits[visit as usize].service)
            <= i64::from(on.close - on.open)
            // Without the triangle inequality a visit may save travel.
            || !model.ways[on.matrix].is_metric()
    }

    /// The gap before visit `at`, if the visit fits into it.
    #[inline]
    pub(super) fn gap(
        &self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        hulls: &[Span],
        at: usize,
    ) -> Option<Gap> {
        if self.too_much(model, shift, visit) > 0 {
            return None;
        }
        let (earliest, latest) = self.span(model, shift, visit, hulls, at);
        (earliest <= latest).then(|| Gap { at, extra: self.extra(model, shift, visit, at) })
    }

    /// The amount by which the visit exceeds the shift's remaining capacity; zero or less if it
    /// fits.
    #[inline]
    pub(super) fn too_much(&self, model: &Model<'_>, shift: usize, visit: u32) -> i32 {
        self.amount + model.visits[visit as usize].amount - model.shifts[shift].capacity
    }

    /// The travel that the visit adds in the gap before visit `at`.
    #[inline]
    pub(super) fn extra(&self, model: &Model<'_>, shift: usize, visit: u32, at: usize) -> Seconds {
        let (there, onward) = self.legs_by(model, shift, visit, at);
        there + onward - self.stops[at + 1].leg
    }

    /// The earliest and the latest begin of the visit in the gap before visit `at`.
    #[inline]
    pub(super) fn span(
        &self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        hulls: &[Span],
        at: usize,
    ) -> Span {
        let breaks = &model.shifts[shift].breaks;
        let (there, onward) = self.legs_by(model, shift, visit, at);
        let arrive = timeline::arrive(self.stops[at].depart, there, breaks);
        let earliest = begin(model, visit, hulls, arrive, breaks);
        let out = timeline::clear_before(self.stops[at + 1].latest, onward, breaks);
        (earliest, begin_by(model, visit, hulls, out, breaks))
    }

    /// The travel times to the visit and on from it in the gap before visit `at`.
    #[inline]
    pub(super) fn legs_by(
        &self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        at: usize,
    ) -> (Seconds, Seconds) {
        let (ways, place) =
            (&model.ways[model.shifts[shift].matrix], model.visits[visit as usize].place);
        let way = |a: usize, b: usize| ways.way(a, b);
        (way(self.stops[at].place as usize, place), way(place, self.stops[at + 1].place as usize))
    }
}
