//! One shift's route with its times, and how a visit would fit into it.
//!
//! The arithmetic is that of [`crate::routing::timeline`]; here it is applied to visits of
//! the domain, whose journeys are estimated only when they are needed: a team may be a whole
//! district, for which a matrix of all journeys would be too large.

use super::problem::{Shift, Visit};
use super::units::{minutes, moment, seconds, span};
use crate::routing::instance::Seconds;
use crate::routing::misses::{Misses, TimedVisit, misses};
use crate::routing::timeline::{self, Span};

/// The visits that one shift holds so far, with their times.
#[derive(Clone, Debug)]
pub(super) struct ShiftTimeline<'p> {
    /// The shift.
    pub(super) shift: &'p Shift,
    /// Its visits in order.
    pub(super) stops: Vec<TimelineStop<'p>>,
    /// Travel time home; zero while there is no visit.
    pub(super) home: Seconds,
    /// Its calls by start.
    pub(super) calls: Vec<TimelineStop<'p>>,
    /// The breaks of the shift.
    breaks: Vec<Span>,
    /// The breaks and the calls, in order: nothing else happens in them.
    pub(super) blocked: Vec<Span>,
}

/// One visit of a timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimelineStop<'p> {
    /// The visit.
    pub(super) visit: &'p Visit,
    /// Travel time to it.
    pub(super) travel: Seconds,
    /// When the journey ends.
    pub(super) arrive: Seconds,
    /// When the service begins.
    pub(super) start: Seconds,
    /// When the service ends.
    pub(super) leave: Seconds,
}

/// A position for a visit in a timeline, with the journeys to it and on from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    /// How many visits come before.
    pub(super) at: usize,
    /// Travel time to it, from the visit before or from home.
    pub(super) there: Seconds,
    /// Travel time from it, to the next visit or home.
    pub(super) onward: Seconds,
    /// The travel time that it adds.
    pub(super) extra: Seconds,
}

impl<'p> ShiftTimeline<'p> {
    /// A timeline without visits.
    pub(super) fn new(shift: &'p Shift) -> Self {
        let mut breaks: Vec<Span> = shift.breaks.iter().copied().map(span).collect();
        breaks.sort_unstable();
        let blocked = breaks.clone();
        Self { shift, stops: Vec::new(), home: 0, calls: Vec::new(), breaks, blocked }
    }

    /// Its visits and calls.
    pub(super) fn all(&self) -> impl Iterator<Item = &TimelineStop<'p>> {
        self.stops.iter().chain(&self.calls)
    }

    /// The position of a call, which changes no journey.
    pub(super) fn call_position(&self) -> Position {
        Position { at: self.stops.len(), there: 0, onward: self.home, extra: 0 }
    }

    /// The position before visit `at`, where the journeys are `there` and `onward`.
    pub(super) fn position(&self, at: usize, there: Seconds, onward: Seconds) -> Position {
        // Rounding may make two journeys shorter than the one that they replace.
        let extra = (there + onward - self.journey(at)).max(0);
        Position { at, there, onward, extra }
    }

    /// Travel time of the whole shift.
    pub(super) fn travel(&self) -> Seconds {
        self.stops.iter().map(|stop| stop.travel).sum::<Seconds>() + self.home
    }

    /// Its service and travel in minutes.
    pub(super) fn load(&self) -> u32 {
        minutes(self.travel()).0 + self.all().map(|stop| stop.visit.service.0).sum::<u32>()
    }

    /// Travel time to visit `at`, or home when there is no such visit.
    pub(super) fn journey(&self, at: usize) -> Seconds {
        self.stops.get(at).map_or(self.home, |stop| stop.travel)
    }

    /// The misses of the timeline with `visit` at a position.
    pub(super) fn misses(&self, visit: &Visit, position: Position) -> Misses {
        if visit.is_call() {
            let own = match self.call_start(visit) {
                Some(_) => 0,
                None => seconds(visit.service).max(1),
            };
            return Misses { own, later: 0, shift: 0 };
        }
        let after = &self.stops[position.at..];
        let rest = after.iter().enumerate().map(|(rank, stop)| {
            let way = if rank == 0 { position.onward } else { stop.travel };
            timed(stop.visit, way, stop.leave)
        });
        let home = if after.is_empty() { position.onward } else { self.home };
        let visit = timed(visit, position.there, 0);
        let close = moment(self.shift.window.end());
        misses(self.free_from(position.at), visit, rest, (home, close), &self.blocked)
    }

    /// The visits as far as timing needs them.
    pub(super) fn route(
        &self,
    ) -> impl DoubleEndedIterator<Item = TimedVisit<impl Iterator<Item = Span> + Clone>> {
        self.stops.iter().map(|stop| timed(stop.visit, stop.travel, stop.leave))
    }

    /// The way home, and the end of the shift.
    pub(super) fn way_home(&self) -> (Seconds, Seconds) {
        (self.home, moment(self.shift.window.end()))
    }

    /// The misses of the timeline with `visit` alone.
    pub(super) fn misses_alone(&self, visit: &Visit, there: Seconds, back: Seconds) -> Misses {
        let (open, close) = span(self.shift.window);
        let alone = timed(visit, there, 0);
        misses(open, alone, std::iter::empty(), (back, close), &self.breaks)
    }

    /// Inserts `visit` at a position and moves the visits after it.
    pub(super) fn insert(&mut self, visit: &'p Visit, position: Position) {
        if visit.is_call() {
            let pinned = || visit.pinned.and_then(|pin| pin.start).map(moment);
            if let Some(start) = self.call_start(visit).or_else(pinned) {
                self.insert_call(visit, start);
            }
            return;
        }
        let after = self.stops.split_off(position.at);
        let mut left = self.free_from(position.at);
        let ways =
            std::iter::once(position.onward).chain(after.iter().skip(1).map(|stop| stop.travel));
        let moved = after.iter().zip(ways).map(|(stop, way)| (stop.visit, way));
        for (visit, way) in std::iter::once((visit, position.there)).chain(moved) {
            let (_, stop) = timed_stop(visit, way, left, &self.blocked);
            left = stop.leave;
            self.stops.push(stop);
        }
        if after.is_empty() {
            self.home = position.onward;
        }
    }

    /// The earliest start of a call for which the visits can make way, of the moments at which
    /// something ends or opens.
    pub(super) fn call_start(&self, call: &Visit) -> Option<Seconds> {
        let service = seconds(call.service);
        let (open, close) = span(self.shift.window);
        let ends = self.stops.iter().flat_map(|stop| [stop.arrive, stop.leave]);
        let opens = windows(call).map(|(opens, _)| opens);
        let mut moments: Vec<Seconds> =
            std::iter::once(open).chain(ends).chain(opens).filter(|at| *at >= open).collect();
        moments.extend(self.blocked.iter().map(|(_, closes)| *closes).filter(|at| *at >= open));
        moments.sort_unstable();
        moments.dedup();
        let is_any_time = windows(call).next().is_none();
        let is_free = |start: &Seconds| {
            let suits = |(opens, closes): Span| (opens..=closes).contains(start);
            *start + service <= close
                && timeline::clear(*start, service, &self.blocked) == *start
                && (is_any_time || windows(call).any(suits))
        };
        let mut starts = moments.into_iter().filter(is_free);
        starts.find(|start| self.around_call((*start, *start + service)).is_some())
    }

    /// Inserts a call at a moment; the visits make way.
    pub(super) fn insert_call(&mut self, visit: &'p Visit, start: Seconds) {
        let leave = start + seconds(visit.service);
        if let Some(moved) = self.around_call((start, leave)) {
            self.stops = moved;
        }
        let at = self.calls.partition_point(|call| call.start <= start);
        self.calls.insert(at, TimelineStop { visit, travel: 0, arrive: start, start, leave });
        self.block((start, leave));
    }

    /// Blocks a span: nothing else happens in it from now on.
    pub(super) fn block(&mut self, span: Span) {
        self.blocked = with(&self.blocked, span);
    }

    /// The visits in the same order around a call; none if one of them, or the journey home, does
    /// not fit.
    fn around_call(&self, call: Span) -> Option<Vec<TimelineStop<'p>>> {
        self.retimed(&with(&self.blocked, call))
    }

    /// The timeline without visit `at`, in whose place there is a `direct` way; none if the others
    /// do not fit.
    pub(super) fn without(&self, at: usize, direct: Seconds) -> Option<Self> {
        let mut rest = self.clone();
        rest.stops.remove(at);
        match rest.stops.get_mut(at) {
            Some(next) => next.travel = direct,
            None => rest.home = direct,
        }
        let stops = rest.retimed(&rest.blocked)?;
        Some(Self { stops, ..rest })
    }

    /// The visits in the same order, as early as possible; none if one of them, or the journey home,
    /// does not fit.
    fn retimed(&self, blocked: &[Span]) -> Option<Vec<TimelineStop<'p>>> {
        let (mut left, close) = span(self.shift.window);
        let mut moved = Vec::with_capacity(self.stops.len());
        for stop in &self.stops {
            let (missed, stop) = timed_stop(stop.visit, stop.travel, left, blocked);
            if missed > 0 {
                return None;
            }
            left = stop.leave;
            moved.push(stop);
        }
        (timeline::arrive(left, self.home, blocked) <= close).then_some(moved)
    }

    /// When the volunteer is free to set out for what follows the first `at` visits.
    pub(super) fn free_from(&self, at: usize) -> Seconds {
        match at.checked_sub(1).and_then(|before| self.stops.get(before)) {
            Some(stop) => stop.leave,
            None => moment(self.shift.window.start()),
        }
    }
}

/// The spans in order with one more.
fn with(spans: &[Span], more: Span) -> Vec<Span> {
    let mut all = [spans, &[more]].concat();
    all.sort_unstable();
    all
}

/// The visit after a way that may begin at `left`, and by how much it misses its windows.
fn timed_stop<'p>(
    visit: &'p Visit,
    way: Seconds,
    left: Seconds,
    blocked: &[Span],
) -> (Seconds, TimelineStop<'p>) {
    let arrive = timeline::arrive(left, way, blocked);
    let service = seconds(visit.service);
    let (missed, start) = timeline::begin_or_miss(arrive, service, windows(visit), blocked);
    (missed, TimelineStop { visit, travel: way, arrive, start, leave: start + service })
}

/// A visit as far as timing needs it, after a way and with the end of its service.
pub(super) fn timed(
    visit: &Visit,
    way: Seconds,
    leaves: Seconds,
) -> TimedVisit<impl Iterator<Item = Span> + Clone + '_> {
    TimedVisit { way, service: seconds(visit.service), windows: windows(visit), leaves }
}

/// The spans within which the service may begin; a pinned hour replaces the windows.
fn windows(visit: &Visit) -> impl Iterator<Item = Span> + Clone + '_ {
    let pinned = visit.pinned.and_then(|pin| pin.start).map(moment);
    let windows = if pinned.is_some() { &[][..] } else { visit.windows.as_slice() };
    let service = seconds(visit.service);
    let begin =
        windows.iter().copied().map(span).map(move |(opens, closes)| (opens, closes - service));
    pinned.map(|start| (start, start)).into_iter().chain(begin)
}
