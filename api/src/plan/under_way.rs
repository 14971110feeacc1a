//! The visits that people make, or are about to leave for, while a plan of the same day is computed. New
//! visits come after them, on from their places.

use std::collections::HashMap;

use gridward_dispatch::solve::{Mode, Shift, Travel};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::time::{TimeOfDay, Window};

use super::earliest::Earliest;
use crate::availability::calendar::Hours;
use crate::db::DbError;
use crate::task::row::TaskRow;

/// A visit that is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UnderWay {
    /// Its task.
    pub(super) task: TaskId,
    /// Where it is; `None` for a phone call.
    place: Option<Place>,
    /// When its service begins.
    start: TimeOfDay,
    /// When its service ends.
    end: TimeOfDay,
}

/// What a visit under way leaves of its day.
#[derive(Clone, Debug)]
pub(super) struct RestOfDay {
    /// The shift.
    pub(super) shift: Shift,
    /// The task of the visit, if the shift begins with it: then the way on begins at its place.
    pub(super) first: Option<TaskId>,
}

/// The last visit of each person that begins before the earliest moment of a new one and, unless it
/// was started, is not over. `is_call` tells the tasks without a way.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn all(
    tasks: &[TaskRow],
    earliest: Earliest,
    is_call: impl Fn(&TaskRow) -> bool,
) -> Result<HashMap<PersonId, UnderWay>, DbError> {
    let mut all: HashMap<PersonId, UnderWay> = HashMap::new();
    for row in tasks {
        let planned = (row.assignee, row.planned_on, row.planned_start);
        let (Some(person), Some(day), Some(start)) = planned else { continue };
        let end = i32::from(start.minutes()) + row.minutes.get();
        let end = u16::try_from(end).ok().and_then(|end| TimeOfDay::new(end).ok());
        let end = end.unwrap_or(TimeOfDay::LAST);
        let was_started = row.state == Phase::InProgress;
        if !earliest.is_under_way(day, (start, end), was_started) {
            continue;
        }
        let place = if is_call(row) { None } else { Some(row.place()?) };
        let visit = UnderWay { task: row.id, place, start, end };
        let last = all.entry(person).or_insert(visit);
        if (last.start, last.task) < (visit.start, visit.task) {
            *last = visit;
        }
    }
    Ok(all)
}

impl UnderWay {
    /// What the visit leaves of `hours` on the day of `earliest`, for a person who lives at `home`;
    /// `None` if nothing.
    pub(super) fn rest(
        &self,
        hours: Hours,
        (home, mode): (Place, Mode),
        earliest: Earliest,
    ) -> Option<RestOfDay> {
        let free = earliest.time().max(self.end).max(hours.window.start());
        let rest = Window::new(free, hours.window.end()).ok()?;
        let whole = self.place.and_then(|place| self.whole(place, rest, &hours, (home, mode)));
        let day = earliest.day();
        Some(match whole {
            Some((window, breaks)) => {
                RestOfDay { shift: Shift { day, window, breaks }, first: Some(self.task) }
            }
            None => {
                let shift = Shift { day, window: rest, breaks: hours.breaks };
                RestOfDay { shift, first: None }
            }
        })
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
        let way = u16::try_from(Travel::default().minutes(home, place, mode).0).ok()?;
        let leaves = TimeOfDay::new(self.start.minutes().checked_sub(way)?).ok()?;
        let back = TimeOfDay::new(rest.start().minutes().checked_add(way)?).ok()?;
        let visit = Window::new(leaves, self.end).ok()?;
        let is_free = |part: &Window| part.end() <= visit.start() || visit.end() <= part.start();
        if back > rest.end() || !hours.breaks.iter().all(is_free) {
            return None;
        }
        // The person stays until the earliest departure.
        let stay = Window::new(self.end, rest.start()).ok();
        let breaks = hours.breaks.iter().copied().chain(stay).collect();
        Some((Window::new(leaves, rest.end()).ok()?, breaks))
    }
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
        let rest = visit.rest(hours, (place(106.0), Mode::Bicycle), earliest())?;
        Some((rest.shift.window, rest.shift.breaks, rest.first.is_some()))
    }

    #[test]
    fn a_shift_begins_with_the_way_to_the_visit_and_goes_on_from_there() {
        let way = Travel::default().minutes(place(106.0), place(106.01), Mode::Bicycle).0;
        let way = u16::try_from(way).expect("a short way");
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
    fn a_visit_is_under_way_until_its_end_or_if_it_was_started() {
        let earliest = earliest();
        let under_way = |start, end, was_started| {
            earliest.is_under_way(earliest.day(), (at(start), at(end)), was_started)
        };
        assert!(under_way(450, 490, false), "it goes on");
        assert!(under_way(505, 535, false), "the person is about to leave");
        assert!(!under_way(420, 450, false), "it is over");
        assert!(under_way(420, 450, true), "it was started and not reported");
        assert!(!under_way(510, 540, false), "it begins after the earliest moment");
    }
}
