//! The timeline of one shift: what fits where, and by how much the rest misses.
//!
//! Everything happens as early as it can. Waiting longer never helps a later
//! stop, so a stop that this timeline cannot reach in time cannot be reached
//! at all. Neither a journey nor a service runs into a break: it waits until
//! the break is over.

use super::problem::{Pin, Shift, Visit};
use gridward_domain::time::Window;

/// The visits that one shift holds so far, with their times in minutes after midnight.
#[derive(Clone, Debug)]
pub(super) struct Day<'p> {
    /// The shift.
    pub(super) shift: &'p Shift,
    /// What it holds, in order.
    pub(super) calls: Vec<Call<'p>>,
    /// The journey home; none while there is no call.
    pub(super) home: u32,
}

/// One visit in a timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'p> {
    /// The visit.
    pub(super) visit: &'p Visit,
    /// The journey to it.
    pub(super) travel: u32,
    /// When that journey ends.
    pub(super) arrive: u32,
    /// When the service begins.
    pub(super) start: u32,
    /// When it ends.
    pub(super) leave: u32,
}

/// A place for a visit in a day, with the journeys to it and on from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// How many calls come before.
    pub(super) at: usize,
    /// The journey to it, from the call before or from home.
    pub(super) there: u32,
    /// The journey from it, to the next call or home.
    pub(super) onward: u32,
    /// The minutes of travel it adds. Two journeys rounded up could come to less
    /// than the one they replace; that counts as nothing added.
    pub(super) extra: u32,
}

/// By how many minutes a visit in a gap would miss.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missed {
    /// It would end so long after its window.
    pub(super) own: u32,
    /// A visit after it would end so long after its own, at most.
    pub(super) later: u32,
    /// The volunteer would be home so long after the shift.
    pub(super) shift: u32,
}

impl Missed {
    /// The most of all; nothing means that it fits.
    pub(super) fn most(self) -> u32 {
        self.own.max(self.later).max(self.shift)
    }
}

impl<'p> Day<'p> {
    /// A day without calls.
    pub(super) const fn new(shift: &'p Shift) -> Self {
        Self { shift, calls: Vec::new(), home: 0 }
    }

    /// The gap before call `at`, where the journeys are `there` and `onward`.
    pub(super) fn gap(&self, at: usize, there: u32, onward: u32) -> Gap {
        let extra = (there + onward).saturating_sub(self.journey(at));
        Gap { at, there, onward, extra }
    }

    /// All journeys of the day.
    pub(super) fn travel(&self) -> u32 {
        self.calls.iter().map(|call| call.travel).sum::<u32>() + self.home
    }

    /// What `visit` in `gap` would miss.
    pub(super) fn misses(&self, visit: &Visit, gap: Gap) -> Missed {
        let (mut call, own) = self.call(self.left(gap.at), gap.there, visit);
        let mut missed = Missed { own, later: 0, shift: 0 };
        let mut way = gap.onward;
        for (next, standing) in self.calls.iter().enumerate().skip(gap.at) {
            let (moved, over) = self.call(call.leave, way, standing.visit);
            missed.later = missed.later.max(over);
            if moved.leave <= standing.leave {
                return missed; // from here on all stays as it was, and that fitted
            }
            (call, way) = (moved, self.journey(next + 1));
        }
        let back = clear(call.leave, way, &self.shift.breaks).saturating_add(way);
        missed.shift = back.saturating_sub(u32::from(self.shift.window.end().minutes()));
        missed
    }

    /// Puts `visit` into `gap` and moves the calls after it.
    pub(super) fn insert(&mut self, visit: &'p Visit, gap: Gap) {
        let after = self.calls.split_off(gap.at);
        let (call, _) = self.call(self.left(gap.at), gap.there, visit);
        self.calls.push(call);
        let mut leave = call.leave;
        let ways = std::iter::once(gap.onward).chain(after.iter().skip(1).map(|call| call.travel));
        for (standing, way) in after.iter().zip(ways) {
            let (moved, _) = self.call(leave, way, standing.visit);
            leave = moved.leave;
            self.calls.push(moved);
        }
        if after.is_empty() {
            self.home = gap.onward;
        }
    }

    /// The journey to call `at`, or home when there is no such call.
    pub(super) fn journey(&self, at: usize) -> u32 {
        self.calls.get(at).map_or(self.home, |call| call.travel)
    }

    /// When the volunteer is free to set out for what comes after the first `at` calls.
    fn left(&self, at: usize) -> u32 {
        match at.checked_sub(1).and_then(|before| self.calls.get(before)) {
            Some(call) => call.leave,
            None => u32::from(self.shift.window.start().minutes()),
        }
    }

    /// The visit as the next call of one who sets out at `left` or later, and by
    /// how many minutes it runs past its window.
    fn call<'v>(&self, left: u32, travel: u32, visit: &'v Visit) -> (Call<'v>, u32) {
        let breaks = &self.shift.breaks;
        let arrive = clear(left, travel, breaks).saturating_add(travel);
        let service = visit.service.0;
        let from = |opens: u32| clear(arrive.max(opens), service, breaks);
        let (over, start) = match visit.pinned {
            Some(Pin { start: Some(fixed), .. }) => {
                let fixed = u32::from(fixed.minutes());
                let start = from(fixed);
                (start - fixed, start)
            }
            _ => visit
                .windows
                .iter()
                .map(|window| {
                    let start = from(u32::from(window.start().minutes()));
                    let closes = u32::from(window.end().minutes());
                    (start.saturating_add(service).saturating_sub(closes), start)
                })
                .min()
                .unwrap_or_else(|| (0, from(0))),
        };
        (Call { visit, travel, arrive, start, leave: start.saturating_add(service) }, over)
    }
}

/// The earliest moment from `from` on at which `length` minutes meet no break.
fn clear(from: u32, length: u32, breaks: &[Window]) -> u32 {
    let mut begin = from;
    // Each round passes a break for good, so there are no more rounds than breaks.
    while let Some(past) = breaks.iter().find_map(|pause| {
        let (opens, closes) =
            (u32::from(pause.start().minutes()), u32::from(pause.end().minutes()));
        (begin < closes && begin.saturating_add(length) > opens).then_some(closes)
    }) {
        begin = past;
    }
    begin
}
