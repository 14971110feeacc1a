//! The route of one shift, with the earliest and latest time of each stop.

use std::ops::Range;

use super::hours::{begin, begin_by};
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
}
