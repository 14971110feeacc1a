//! One shift's route with its times, and how a visit would fit into it.
//!
//! The arithmetic is that of [`crate::routing::timeline`]; here it is applied to visits of
//! the domain, whose journeys are estimated only when they are needed: a team may be a whole
//! district, for which a matrix of all journeys would be too large.

use super::problem::{Shift, Visit};
use super::units::{moment, seconds, span};
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
    breaks: Vec<Span>,
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
        Self { shift, stops: Vec::new(), home: 0, breaks }
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

    /// Travel time to visit `at`, or home when there is no such visit.
    pub(super) fn journey(&self, at: usize) -> Seconds {
        self.stops.get(at).map_or(self.home, |stop| stop.travel)
    }

    /// The misses of the timeline with `visit` at a position.
    pub(super) fn misses(&self, visit: &Visit, position: Position) -> Misses {
        let after = &self.stops[position.at..];
        let rest = after.iter().enumerate().map(|(rank, stop)| {
            let way = if rank == 0 { position.onward } else { stop.travel };
            timed(stop.visit, way, stop.leave)
        });
        let home = if after.is_empty() { position.onward } else { self.home };
        let visit = timed(visit, position.there, 0);
        let close = moment(self.shift.window.end());
        misses(self.free_from(position.at), visit, rest, (home, close), &self.breaks)
    }

    /// The misses of the timeline with `visit` alone.
    pub(super) fn misses_alone(&self, visit: &Visit, there: Seconds, back: Seconds) -> Misses {
        let close = moment(self.shift.window.end());
        let rest = std::iter::empty();
        misses(self.free_from(0), timed(visit, there, 0), rest, (back, close), &self.breaks)
    }

    /// Inserts `visit` at a position and moves the visits after it.
    pub(super) fn insert(&mut self, visit: &'p Visit, position: Position) {
        let after = self.stops.split_off(position.at);
        let mut left = self.free_from(position.at);
        let ways =
            std::iter::once(position.onward).chain(after.iter().skip(1).map(|stop| stop.travel));
        let moved = after.iter().zip(ways).map(|(stop, way)| (stop.visit, way));
        for (visit, way) in std::iter::once((visit, position.there)).chain(moved) {
            let arrive = timeline::arrive(left, way, &self.breaks);
            let service = seconds(visit.service);
            let (_, start) = timeline::begin_or_miss(arrive, service, windows(visit), &self.breaks);
            left = start + service;
            self.stops.push(TimelineStop { visit, travel: way, arrive, start, leave: left });
        }
        if after.is_empty() {
            self.home = position.onward;
        }
    }

    /// When the volunteer is free to set out for what follows the first `at` visits.
    fn free_from(&self, at: usize) -> Seconds {
        match at.checked_sub(1).and_then(|before| self.stops.get(before)) {
            Some(stop) => stop.leave,
            None => moment(self.shift.window.start()),
        }
    }
}

fn timed(
    visit: &Visit,
    way: Seconds,
    leaves: Seconds,
) -> TimedVisit<impl Iterator<Item = Span> + '_> {
    TimedVisit { way, service: seconds(visit.service), windows: windows(visit), leaves }
}

/// The spans within which the service may begin; a pinned hour replaces the windows.
fn windows(visit: &Visit) -> impl Iterator<Item = Span> + '_ {
    let pinned = visit.pinned.and_then(|pin| pin.start).map(moment);
    let windows = if pinned.is_some() { &[][..] } else { visit.windows.as_slice() };
    let service = seconds(visit.service);
    let begin =
        windows.iter().copied().map(span).map(move |(opens, closes)| (opens, closes - service));
    pinned.map(|start| (start, start)).into_iter().chain(begin)
}
