//! Visits that are pinned to an hour at which they do not fit into the day. Their person has promised
//! them all the same, so their time is no time for other visits.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::time::{Minutes, TimeOfDay, Window};

use super::problem::{DispatchProblem, Shift, Visit, Volunteer};
use super::timeline::ShiftTimeline;
use super::travel::Mode;
use super::units::{moment, seconds, span};
use crate::routing::instance::Seconds;
use crate::routing::timeline::Span;

/// A visit and the start to which it is pinned.
type Timed<'p> = (Seconds, &'p Visit);

/// Takes the visits out of the problem that are pinned to an hour at which they do not fit into the
/// volunteer's day: without a shift, outside its hours, in a break, or too near to another pinned
/// visit. Their time becomes a break, widened by the ways from home and back, and their service counts
/// as carried. Returns their tasks. The other visits that are pinned to an hour fit into their days.
///
/// No tie may name such a visit: ties are made from the visits that are left.
pub fn block_unfit_pins(problem: &mut DispatchProblem) -> HashSet<TaskId> {
    let mut pinned: HashMap<PersonId, BTreeMap<NaiveDate, Vec<Timed<'_>>>> = HashMap::new();
    for visit in &problem.visits {
        if let Some((pin, start)) = visit.pinned.and_then(|pin| Some((pin, pin.start?))) {
            let days = pinned.entry(pin.volunteer).or_default();
            days.entry(pin.day).or_default().push((moment(start), visit));
        }
    }
    let mut unfit = HashSet::new();
    for who in &mut problem.volunteers {
        for (day, visits) in pinned.remove(&who.id).into_iter().flatten() {
            let of_day = match who.shifts.iter().position(|shift| shift.day == day) {
                None => visits.iter().map(|(_, visit)| Unfit::of(visit)).collect(),
                Some(at) => {
                    let filled = Day::new(who, &who.shifts[at]).filled(visits);
                    let Filled { breaks, unfit } = filled;
                    who.shifts[at].breaks.extend(breaks);
                    unfit
                }
            };
            for visit in of_day {
                carry(who, day, visit.service);
                unfit.insert(visit.task);
            }
        }
    }
    problem.visits.retain(|visit| !unfit.contains(&visit.id));
    unfit
}

/// Counts minutes of a day as carried.
fn carry(who: &mut Volunteer, day: NaiveDate, minutes: Minutes) {
    who.carried += minutes;
    for week in who.weeks.iter_mut().filter(|week| week.covers(day)) {
        week.carried += minutes;
    }
}

/// A day that is filled with its pinned visits, in the order of their hours.
struct Day<'p> {
    home: Place,
    mode: Mode,
    timeline: ShiftTimeline<'p>,
}

/// The pinned visits of a day that do not fit.
#[derive(Default)]
struct Filled {
    /// Their times.
    breaks: Vec<Window>,
    /// The visits.
    unfit: Vec<Unfit>,
}

/// A pinned visit that does not fit.
struct Unfit {
    task: TaskId,
    service: Minutes,
}

impl Unfit {
    fn of(visit: &Visit) -> Self {
        Self { task: visit.id, service: visit.service }
    }
}

impl<'p> Day<'p> {
    fn new(who: &Volunteer, shift: &'p Shift) -> Self {
        Self { home: who.home, mode: who.mode, timeline: ShiftTimeline::new(shift) }
    }

    /// Calls come first: the search inserts the visits around them.
    fn filled(mut self, mut pinned: Vec<Timed<'p>>) -> Filled {
        pinned.sort_by_key(|(start, visit)| (!visit.is_call(), *start, visit.id));
        let mut filled = Filled::default();
        for (start, visit) in pinned {
            if !self.takes(visit) {
                filled.breaks.extend(self.block(start, visit));
                filled.unfit.push(Unfit::of(visit));
            }
        }
        filled
    }

    /// Puts the visit at the end of the day, if it fits there.
    fn takes(&mut self, visit: &'p Visit) -> bool {
        let position = if visit.is_call() {
            self.timeline.call_position()
        } else {
            let at = self.timeline.stops.len();
            let before = self.timeline.stops.last().map_or(self.home, |stop| stop.visit.place);
            let (there, onward) = (self.way(before, visit.place), self.way_home(visit));
            self.timeline.position(at, there, onward)
        };
        let fits = self.timeline.misses(visit, position).most() == 0;
        if fits {
            self.timeline.insert(visit, position);
        }
        fits
    }

    fn way_home(&self, visit: &Visit) -> Seconds {
        if visit.is_call() { 0 } else { self.way(visit.place, self.home) }
    }

    fn way(&self, from: Place, to: Place) -> Seconds {
        seconds(self.mode.minutes(from, to))
    }

    /// Blocks the time of a visit that does not fit, as far as the visits before it and the ways home
    /// from them leave it free.
    fn block(&mut self, start: Seconds, visit: &Visit) -> Vec<Window> {
        let way = self.way_home(visit);
        let (open, close) = span(self.timeline.shift.window);
        let last = self.timeline.stops.last().map_or(open, |stop| stop.leave);
        let first = (start - way).max(last);
        let end = (start + seconds(visit.service) + way).min(close - self.timeline.home);
        let calls = self.timeline.calls.iter().map(|call| (call.start, call.leave));
        let free = without((first, end), calls);
        for part in &free {
            self.timeline.block(*part);
        }
        free.into_iter().filter_map(window).collect()
    }
}

/// The parts of a span outside the others, which are in order.
fn without((mut from, to): Span, others: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut parts = Vec::new();
    for (opens, closes) in others {
        parts.push((from, opens.min(to)));
        from = from.max(closes);
    }
    parts.push((from, to));
    parts.retain(|(from, to)| from < to);
    parts
}

fn window((from, to): Span) -> Option<Window> {
    let time = |at: Seconds| TimeOfDay::new(u16::try_from(at / 60).ok()?).ok();
    Window::new(time(from)?, time(to)?).ok()
}
