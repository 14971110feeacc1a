//! The route of one shift, with the earliest and latest time of each stop.

use std::ops::Range;

use super::instance::Seconds;
use super::model::{Model, ShiftData, index};
use super::timeline::{self, Span};

/// A stop of a tour: home at both ends, visits in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// The visit; [`HOME`] at the ends.
    pub(super) visit: u32,
    /// The index of its location in the matrices.
    pub(super) place: u32,
    /// The earliest departure.
    pub(super) depart: Seconds,
    /// The latest begin for which the rest of the tour is feasible.
    pub(super) latest: Seconds,
    /// Travel time from the previous stop.
    pub(super) leg: Seconds,
}

/// The visit index of the ends of a tour.
pub(super) const HOME: u32 = u32::MAX;

/// The route of one shift.
///
/// Each stop has its earliest and latest time. Savelsbergh (ORSA Journal on Computing 4(2), 1992)
/// calls these forward and backward time; with both, an insertion is checked in constant time.
#[derive(Clone, Debug, Default)]
pub(super) struct Tour {
    /// Home, the visits, home.
    pub(super) stops: Vec<Stop>,
    pub(super) travel: i64,
    pub(super) service: i64,
    pub(super) amount: i32,
    /// Tours of one draft with the same stamp are equal.
    pub(super) stamp: u64,
}

/// A position for a visit in a tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The number of visits before it.
    pub(super) at: usize,
    /// The added travel; it can be negative without the triangle inequality.
    pub(super) extra: Seconds,
}

impl Tour {
    pub(super) fn empty(model: &Model<'_>, shift: usize) -> Self {
        let on = &model.shifts[shift];
        let home = Stop {
            visit: HOME,
            place: index(on.volunteer),
            depart: on.open,
            latest: on.close,
            leg: 0,
        };
        Self { stops: vec![home; 2], ..Self::default() }
    }

    /// The number of visits.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.stops.len() - 2
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.stops.len() == 2
    }

    /// The visits in order.
    pub(super) fn visits(&self) -> impl Iterator<Item = u32> + '_ {
        self.stops[1..self.stops.len() - 1].iter().map(|stop| stop.visit)
    }

    /// Inserts a visit before the one of rank `at`.
    pub(super) fn insert(
        &mut self,
        model: &Model<'_>,
        shift: usize,
        visit: u32,
        at: usize,
        hulls: &[Span],
    ) {
        let on = &model.shifts[shift];
        let data = &model.visits[visit as usize];
        let ways = &model.ways[on.matrix];
        let place = index(data.place);
        let leg = ways.way(self.stops[at].place as usize, data.place);
        let stop = Stop { visit, place, depart: 0, latest: 0, leg };
        self.stops.insert(at + 1, stop);
        let after = &mut self.stops[at + 2];
        self.travel += i64::from(leg) - i64::from(after.leg);
        after.leg = ways.way(data.place, after.place as usize);
        self.travel += i64::from(after.leg);
        self.service += i64::from(data.service);
        self.amount += data.amount;
        self.time(model, on, at + 1, at + 1, hulls);
    }

    /// Removes the visits of these ranks.
    pub(super) fn remove(
        &mut self,
        model: &Model<'_>,
        shift: usize,
        ranks: Range<usize>,
        hulls: &[Span],
    ) {
        let on = &model.shifts[shift];
        let (first, past) = (ranks.start + 1, ranks.end + 1);
        for stop in &self.stops[first..past] {
            let data = &model.visits[stop.visit as usize];
            self.travel -= i64::from(stop.leg);
            self.service -= i64::from(data.service);
            self.amount -= data.amount;
        }
        self.stops.drain(first..past);
        let before = self.stops[first - 1].place as usize;
        let empty = self.is_empty();
        let after = &mut self.stops[first];
        self.travel -= i64::from(after.leg);
        after.leg = if empty { 0 } else { model.ways[on.matrix].way(before, after.place as usize) };
        self.travel += i64::from(after.leg);
        self.time(model, on, first, first - 1, hulls);
    }

    /// Updates the earliest times from stop `from` on and the latest times from stop `back` to the
    /// front.
    fn time(
        &mut self,
        model: &Model<'_>,
        on: &ShiftData,
        from: usize,
        back: usize,
        hulls: &[Span],
    ) {
        let last = self.stops.len() - 1;
        let mut left = self.stops[from - 1].depart;
        for stop in &mut self.stops[from..last] {
            let arrive = timeline::arrive(left, stop.leg, &on.breaks);
            let start = begin(model, stop.visit, hulls, arrive, &on.breaks);
            left = start.saturating_add(model.visits[stop.visit as usize].service);
            stop.depart = left;
        }
        self.stops[last].depart = timeline::arrive(left, self.stops[last].leg, &on.breaks);
        let mut next = self.stops[back + 1];
        for stop in self.stops[1..=back].iter_mut().rev() {
            let out = timeline::clear_before(next.latest, next.leg, &on.breaks);
            stop.latest = begin_by(model, stop.visit, hulls, out, &on.breaks);
            next = *stop;
        }
    }

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
                break; // whoever comes later is later still
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

    #[inline]
    fn legs_by(
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

/// The first begin of a visit from `arrive` on; [`timeline::NEVER`] if there is none.
#[inline]
pub(super) fn begin(
    model: &Model<'_>,
    visit: u32,
    hulls: &[Span],
    arrive: Seconds,
    breaks: &[Span],
) -> Seconds {
    let data = &model.visits[visit as usize];
    if data.windows.is_empty() {
        let (opens, closes) = hulls[visit as usize];
        if breaks.is_empty() {
            let start = arrive.max(opens);
            return if start <= closes { start } else { timeline::NEVER };
        }
        return timeline::begin(arrive, data.service, &[(opens, closes)], breaks);
    }
    let (opens, closes) = hulls[visit as usize];
    let start = timeline::begin(arrive.max(opens), data.service, &data.windows, breaks);
    if start <= closes { start } else { timeline::NEVER }
}

#[inline]
fn begin_by(
    model: &Model<'_>,
    visit: u32,
    hulls: &[Span],
    by: Seconds,
    breaks: &[Span],
) -> Seconds {
    let data = &model.visits[visit as usize];
    let (opens, closes) = hulls[visit as usize];
    if data.windows.is_empty() {
        if breaks.is_empty() {
            let start = (by - data.service).min(closes);
            return if start >= opens { start } else { -timeline::NEVER };
        }
        return timeline::begin_by(by, data.service, &[(opens, closes)], breaks);
    }
    let by = by.min(closes.saturating_add(data.service));
    let start = timeline::begin_by(by, data.service, &data.windows, breaks);
    if start >= opens { start } else { -timeline::NEVER }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::instance::Instance;
    use crate::routing::tests::{home_at, some_street, travel_of};
    use crate::routing::weights::Weights;

    fn hulls(model: &Model<'_>) -> Vec<Span> {
        model.visits.iter().map(|visit| visit.hull).collect()
    }

    /// The tour of the only shift with as many of the visits as fit in this order.
    fn filled(model: &Model<'_>, visits: std::ops::Range<usize>) -> (Tour, Vec<usize>) {
        let (mut tour, mut order) = (Tour::empty(model, 0), Vec::new());
        for visit in visits {
            let longer = [order.as_slice(), &[visit]].concat();
            if home_at(model.instance, (0, 0), &longer).is_some() {
                tour.insert(model, 0, index(visit), tour.len(), &hulls(model));
                order = longer;
            }
        }
        (tour, order)
    }

    fn with(order: &[usize], at: usize, visit: usize) -> Vec<usize> {
        [&order[..at], &[visit], &order[at..]].concat()
    }

    /// What a stop knows, but for its place.
    fn times(tour: &Tour) -> Vec<(u32, Seconds, Seconds, Seconds)> {
        tour.stops.iter().map(|stop| (stop.visit, stop.depart, stop.latest, stop.leg)).collect()
    }

    fn extra(instance: &Instance, order: &[usize], at: usize, visit: usize) -> i64 {
        travel_of(instance, 0, &with(order, at, visit)) - travel_of(instance, 0, order)
    }

    proptest! {
        #[test]
        fn a_visit_has_a_gap_where_the_route_can_be_walked(instance in some_street(1, 5)) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let (tour, order) = filled(&model, 0..4);
            let gaps = (0..=order.len()).filter_map(|at| {
                let gap = tour.gap(&model, 0, 4, &hulls(&model), at);
                let walked = home_at(&instance, (0, 0), &with(&order, at, 4)).is_some();
                assert_eq!(gap.is_some(), walked, "before {at}");
                gap
            });
            let gaps: Vec<Gap> = gaps.collect();
            for gap in &gaps {
                prop_assert_eq!(i64::from(gap.extra), extra(&instance, &order, gap.at, 4));
            }
            let least = gaps.iter().map(|gap| gap.extra).min();
            let best = tour.best_gap(&model, 0, 4, &hulls(&model));
            prop_assert_eq!(best.map(|gap| gap.extra), least);
            prop_assert!(best.is_none_or(|gap| gaps.contains(&gap)));
        }

        #[test]
        fn a_tour_knows_its_travel_and_when_it_is_home(instance in some_street(1, 5)) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let (tour, order) = filled(&model, 0..5);
            prop_assert_eq!(tour.travel, travel_of(&instance, 0, &order));
            let services = order.iter().map(|visit| i64::from(instance.visits[*visit].service));
            prop_assert_eq!(tour.service, services.sum::<i64>());
            if !order.is_empty() {
                let home = tour.stops[order.len() + 1].depart;
                prop_assert_eq!(Some(home), home_at(&instance, (0, 0), &order));
            }
        }

        #[test]
        fn removing_undoes_inserting(instance in some_street(1, 5), at in 0..5_usize) {
            let model = Model::new(&instance, Weights::TRAVEL);
            let (tour, order) = filled(&model, 0..4);
            let at = at.min(order.len());
            // An empty tour is not timed: its breaks do not matter.
            let fits = tour.gap(&model, 0, 4, &hulls(&model), at).is_some();
            if fits && !order.is_empty() {
                let mut changed = tour.clone();
                changed.insert(&model, 0, 4, at, &hulls(&model));
                prop_assert_ne!(times(&changed), times(&tour));
                changed.remove(&model, 0, at..at + 1, &hulls(&model));
                prop_assert_eq!(times(&changed), times(&tour));
                prop_assert_eq!((changed.travel, changed.service), (tour.travel, tour.service));
            }
        }
    }
}
