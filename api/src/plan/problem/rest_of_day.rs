//! What the last visit of a person leaves of the day: pure functions.

use gridward_dispatch::solve::{Mode, Shift};
use gridward_domain::id::TaskId;
use gridward_domain::place::Place;
use gridward_domain::time::{TimeOfDay, Window};

use super::earliest::{Earliest, at_minute};
use super::under_way::{Stage, UnderWay};
use crate::availability::calendar::Hours;

/// A person who has reported a visit is on the way for this many minutes at least.
const REST: u16 = 30;

/// What a shift begins with, after the way there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) enum First {
    /// A visit that the person holds, at this time.
    Visit(TaskId, TimeOfDay),
    /// The departure from a place at this time.
    Departure(Place, TimeOfDay),
}

/// What a visit under way leaves of its day.
#[derive(Clone, Debug, Default)]
pub(in crate::plan) struct RestOfDay {
    /// The shift, if anything is left.
    pub(in crate::plan) shift: Option<Shift>,
    /// What the shift begins with, if the way on begins at the place of the visit.
    pub(in crate::plan) first: Option<First>,
}

impl UnderWay {
    /// What the visit leaves of `hours` on the day of `earliest`, for a person who lives at `home` and
    /// has the visit `next` afterwards.
    pub(in crate::plan) fn rest(
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
        let place = place.filter(|place| self.is_on_the_way(way(*place, home, mode), earliest));
        let whole = place.and_then(|place| self.whole(place, rest, &hours, (home, mode)));
        let day = earliest.day();
        let Some((window, breaks)) = whole else {
            let shift = Shift { day, window: rest, breaks: hours.breaks };
            return RestOfDay { shift: Some(shift), first: None };
        };
        let shift = Some(Shift { day, window, breaks });
        let first = match self.stage {
            Stage::Held(task) => Some(First::Visit(task, self.start)),
            Stage::Paired(_) | Stage::Reported => {
                place.map(|place| First::Departure(place, self.start))
            }
        };
        RestOfDay { shift, first }
    }

    /// Whether the person has not been home for sure since the visit: one that is reported is followed by
    /// the way home, or by another place for some time.
    fn is_on_the_way(&self, way: u16, earliest: Earliest) -> bool {
        let home = plus(self.end, way.max(REST));
        self.stage != Stage::Reported
            || earliest.now().zip(home).is_some_and(|(now, home)| now < home)
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
        let stage = Stage::Held(task);
        UnderWay { stage, place: Some(place(106.01)), start: at(start), end: at(end) }
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
    fn a_reported_visit_and_one_by_two_people_give_their_place_alone() {
        let hours = || Hours { window: window(300, 1080), breaks: Vec::new() };
        let rest = |stage, end: u16, lon: f64| {
            let visit = UnderWay { stage, place: Some(place(lon)), start: at(end), end: at(end) };
            visit.rest(hours(), (place(106.0), Mode::Bicycle), None, earliest())
        };
        let first = |stage, end| rest(stage, end, 106.01).first;
        // It is eight o'clock, and the way home takes less than half an hour.
        let departure = |end: u16| Some(First::Departure(place(106.01), at(end)));
        assert_eq!(first(Stage::Reported, 475), departure(475), "five minutes ago");
        assert_eq!(first(Stage::Reported, 450), None, "home by now");
        let pair = Stage::Paired(TaskId(uuid::Uuid::from_u128(1)));
        assert_eq!(first(pair, 430), departure(430), "not reported");
        let far = way(place(106.0), place(106.2), Mode::Bicycle);
        assert!(far > REST);
        assert!(
            rest(Stage::Reported, 480 - far + 1, 106.2).first.is_some(),
            "on the long way home"
        );
        assert_eq!(rest(Stage::Reported, 480 - far, 106.2).first, None);
    }
}
