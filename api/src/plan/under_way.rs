//! The visits that people make, or are about to leave for, while a plan of the same day is computed. New
//! visits come after them, on from their places.

use std::collections::HashMap;

use gridward_dispatch::solve::{Mode, Shift};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::time::{TimeOfDay, Window};

use super::earliest::{Earliest, at_minute};
use crate::availability::calendar::Hours;
use crate::db::DbError;
use crate::task::row::TaskRow;

/// A visit that is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UnderWay {
    /// Its task.
    pub(super) task: TaskId,
    /// Where it is; `None` for a phone call and for a visit by two people.
    place: Option<Place>,
    /// When its service begins.
    pub(super) start: TimeOfDay,
    /// When its service ends.
    end: TimeOfDay,
}

/// What a visit under way leaves of its day.
#[derive(Clone, Debug, Default)]
pub(super) struct RestOfDay {
    /// The shift, if anything is left.
    pub(super) shift: Option<Shift>,
    /// The task and the start of the visit, if the shift begins with it: then the way on begins at its
    /// place.
    pub(super) first: Option<(TaskId, TimeOfDay)>,
}

/// The last visit under way of each person; `has_way` tells the tasks to which the person goes alone.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn all(
    tasks: &[TaskRow],
    earliest: Earliest,
    has_way: impl Fn(&TaskRow) -> bool,
) -> Result<HashMap<PersonId, UnderWay>, DbError> {
    let mut all: HashMap<PersonId, UnderWay> = HashMap::new();
    for row in tasks {
        let Some(person) = row.assignee else { continue };
        let planned = row.planned_on.zip(row.planned_start);
        let was_started = row.state == Phase::InProgress;
        let span = earliest.under_way(planned, row.minutes.get(), was_started);
        let Some((start, end)) = span else { continue };
        let place = if has_way(row) { Some(row.place()?) } else { None };
        let visit = UnderWay { task: row.id, place, start, end };
        let last = all.entry(person).or_insert(visit);
        if (last.start, last.task) < (visit.start, visit.task) {
            *last = visit;
        }
    }
    Ok(all)
}

/// The next visit of each person on the day of `earliest` that is not under way: its start and place.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn next(
    tasks: &[TaskRow],
    earliest: Earliest,
) -> Result<HashMap<PersonId, (TimeOfDay, Place)>, DbError> {
    let mut next: HashMap<PersonId, (TimeOfDay, Place)> = HashMap::new();
    for row in tasks {
        let planned = (row.assignee, row.planned_on, row.planned_start);
        let (Some(person), Some(day), Some(start)) = planned else { continue };
        if day != earliest.day() || start < earliest.time() {
            continue;
        }
        let visit = (start, row.place()?);
        let first = next.entry(person).or_insert(visit);
        if start < first.0 {
            *first = visit;
        }
    }
    Ok(next)
}

impl UnderWay {
    /// What the visit leaves of `hours` on the day of `earliest`, for a person who lives at `home` and
    /// has the visit `next` afterwards.
    pub(super) fn rest(
        &self,
        hours: Hours,
        (home, mode): (Place, Mode),
        next: Option<(TimeOfDay, Place)>,
        earliest: Earliest,
    ) -> RestOfDay {
        let free = earliest.time().max(self.end).max(hours.window.start());
        let Ok(rest) = Window::new(free, hours.window.end()) else {
            return RestOfDay::default();
        };
        let is_in_time = |place: &Place| {
            next.is_none_or(|(start, next)| {
                plus(rest.start(), way(*place, next, mode)).is_some_and(|arrival| arrival <= start)
            })
        };
        let place = self.place.filter(is_in_time);
        let whole = place.and_then(|place| self.whole(place, rest, &hours, (home, mode)));
        let day = earliest.day();
        let Some((window, breaks)) = whole else {
            let shift = Shift { day, window: rest, breaks: hours.breaks };
            return RestOfDay { shift: Some(shift), first: None };
        };
        let shift = Some(Shift { day, window, breaks });
        RestOfDay { shift, first: Some((self.task, self.start)) }
    }

    /// The shift that begins with the way to the visit and in which nothing else happens before
    /// `rest`; `None` if the visit and the ways to and from it do not fit into the day.
    fn whole(
        &self,
        place: Place,
        rest: Window,
        hours: &Hours,
        (home, mode): (Place, Mode),
    ) -> Option<(Window, Vec<Window>)> {
        let way = way(home, place, mode);
        let leaves = at_minute(self.start.minutes().checked_sub(way)?)?;
        let back = plus(rest.start(), way).filter(|back| *back <= rest.end())?;
        let is_free = |part: &Window| part.end() <= leaves || back <= part.start();
        if !hours.breaks.iter().all(is_free) {
            return None;
        }
        // The person stays until the earliest departure.
        let stay = Window::new(self.end, rest.start()).ok();
        let breaks = hours.breaks.iter().copied().chain(stay).collect();
        Some((Window::new(leaves, rest.end()).ok()?, breaks))
    }
}

/// The travel time in minutes.
fn way(from: Place, to: Place, mode: Mode) -> u16 {
    u16::try_from(mode.minutes(from, to).0).unwrap_or(u16::MAX)
}

/// The time `minutes` later, on the same day.
fn plus(time: TimeOfDay, minutes: u16) -> Option<TimeOfDay> {
    at_minute(time.minutes().checked_add(minutes)?)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset, TimeDelta};

    use super::*;

    fn at(minutes: u16) -> TimeOfDay {
        TimeOfDay::new(minutes).expect("a time")
    }

    fn window(start: u16, end: u16) -> Window {
        Window::new(at(start), at(end)).expect("a window")
    }

    fn place(lon: f64) -> Place {
        Place::new(29.0, lon).expect("a place")
    }

    /// At eight o'clock, with a lead of half an hour.
    fn earliest() -> Earliest {
        let now: DateTime<FixedOffset> = "2026-12-01T08:00:00+08:00".parse().expect("a time");
        Earliest::after(now.to_utc(), TimeDelta::minutes(30))
    }

    /// A visit of these minutes of the day, about a kilometre from home.
    fn visit(start: u16, end: u16) -> UnderWay {
        let task = TaskId(uuid::Uuid::from_u128(1));
        UnderWay { task, place: Some(place(106.01)), start: at(start), end: at(end) }
    }

    fn rest(visit: UnderWay, breaks: Vec<Window>) -> Option<(Window, Vec<Window>, bool)> {
        let hours = Hours { window: window(540, 1080), breaks };
        let rest = visit.rest(hours, (place(106.0), Mode::Bicycle), None, earliest());
        let shift = rest.shift?;
        Some((shift.window, shift.breaks, rest.first.is_some()))
    }

    #[test]
    fn a_shift_begins_with_the_way_to_the_visit_and_goes_on_from_there() {
        let way = way(place(106.0), place(106.01), Mode::Bicycle);
        assert!(way > 0);
        let (shift, breaks, is_first) = rest(visit(600, 640), Vec::new()).expect("a shift");
        assert_eq!((shift, breaks, is_first), (window(600 - way, 1080), Vec::new(), true));
        // One that ends before the hours begin, or before the earliest departure, is followed by a stay.
        let (shift, breaks, _) = rest(visit(490, 520), Vec::new()).expect("a shift");
        assert_eq!((shift, breaks), (window(490 - way, 1080), vec![window(520, 540)]));
    }

    #[test]
    fn the_person_is_free_after_a_visit_that_does_not_fit_into_the_shift() {
        let (shift, breaks, is_first) =
            rest(visit(600, 640), vec![window(630, 660)]).expect("a shift");
        assert_eq!((shift, breaks, is_first), (window(640, 1080), vec![window(630, 660)], false));
        let call = UnderWay { place: None, ..visit(600, 640) };
        let (shift, _, is_first) = rest(call, Vec::new()).expect("a shift");
        assert_eq!((shift, is_first), (window(640, 1080), false));
        assert_eq!(rest(visit(1_040, 1_080), Vec::new()), None, "the day is over");
    }

    #[test]
    fn the_way_home_and_to_the_next_visit_have_room() {
        // Back home at 640 and the way, which is in the absence.
        let (shift, _, is_first) = rest(visit(600, 640), vec![window(641, 700)]).expect("a shift");
        assert_eq!((shift, is_first), (window(640, 1080), false));
        let hours = || Hours { window: window(540, 1080), breaks: Vec::new() };
        let home = (place(106.0), Mode::Bicycle);
        let is_first = |start: u16| {
            let next = Some((at(start), place(106.05)));
            let rest = visit(600, 640).rest(hours(), home, next, earliest());
            rest.first.is_some()
        };
        assert!(!is_first(645) && is_first(800));
    }

    #[test]
    fn a_visit_is_under_way_until_its_end_or_if_it_was_started() {
        let earliest = earliest();
        let under_way = |start, minutes, was_started| {
            let planned = Some((earliest.day(), at(start)));
            earliest.under_way(planned, minutes, was_started)
        };
        assert_eq!(under_way(450, 40, false), Some((at(450), at(490))), "it goes on");
        assert_eq!(under_way(505, 30, false), Some((at(505), at(535))), "it begins soon");
        assert_eq!(under_way(420, 30, false), None, "it is over");
        assert_eq!(under_way(420, 30, true), Some((at(420), at(450))), "it is not reported");
        assert_eq!(under_way(510, 30, false), None, "it begins after the earliest moment");
        assert_eq!(under_way(900, 30, true), Some((at(480), at(510))), "it was started early");
        assert_eq!(earliest.under_way(None, 30, true), Some((at(480), at(510))), "untimed");
    }
}
