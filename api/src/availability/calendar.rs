//! The hours that a person offers on a day: the weekly hours, unless the day has others, without
//! the absences. A pure function.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::time::{Minutes, TimeOfDay, Window};

use super::span::Span;
use crate::person::{Availability, Weekday};

/// The dated part of a person's availability.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days with other hours than the weekly ones, or with none.
    pub exceptions: BTreeMap<NaiveDate, Option<Window>>,
    /// The absences.
    pub absences: Vec<Span>,
}

/// The hours of a day: a window, without the breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// From the first to the last minute.
    pub window: Window,
    /// The hours of absence in between, in any order.
    pub breaks: Vec<Window>,
}

impl Hours {
    /// The minutes of the window outside the breaks.
    pub fn length(&self) -> Minutes {
        let minute = |time: TimeOfDay| u32::from(u16::from(time));
        let mut breaks: Vec<_> =
            self.breaks.iter().map(|part| (minute(part.start()), minute(part.end()))).collect();
        breaks.sort_unstable();
        let (mut at, end) = (minute(self.window.start()), minute(self.window.end()));
        let mut length = 0;
        for (start, until) in breaks {
            length += start.min(end).saturating_sub(at);
            at = at.max(until);
        }
        Minutes(length + end.saturating_sub(at))
    }
}

impl Calendar {
    /// The hours of `day`, if the person is there.
    pub fn hours_on(&self, weekly: &Availability, day: NaiveDate) -> Option<Hours> {
        let window = match self.exceptions.get(&day) {
            Some(other) => (*other)?,
            None => weekly.on(weekday(day))?,
        };
        let absences = self.absences.iter().filter(|absence| absence.contains(day));
        let breaks = absences.map(|absence| absence.window).collect::<Option<Vec<_>>>()?;
        let covered = |part: &Window| part.start() <= window.start() && window.end() <= part.end();
        (!breaks.iter().any(covered)).then_some(Hours { window, breaks })
    }
}

/// The day of the week.
pub fn weekday(day: NaiveDate) -> Weekday {
    match day.weekday() {
        chrono::Weekday::Mon => Weekday::Mon,
        chrono::Weekday::Tue => Weekday::Tue,
        chrono::Weekday::Wed => Weekday::Wed,
        chrono::Weekday::Thu => Weekday::Thu,
        chrono::Weekday::Fri => Weekday::Fri,
        chrono::Weekday::Sat => Weekday::Sat,
        chrono::Weekday::Sun => Weekday::Sun,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(start: u16, end: u16) -> Window {
        let at = |hour: u16| TimeOfDay::new(hour * 60).expect("a time");
        Window::new(at(start), at(end)).expect("a window")
    }

    /// The day of December 2026 with this number; the seventh is a Monday.
    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).expect("a day")
    }

    fn away(first: u32, last: u32, window: Option<Window>) -> Span {
        Span { first: day(first), last: day(last), window }
    }

    #[test]
    fn a_dated_exception_replaces_the_weekly_hours_and_an_absence_removes_them() {
        let weekly: Availability = "mon 0900-1200;tue 0900-1700".parse().expect("hours");
        let calendar = Calendar {
            exceptions: [(day(7), None), (day(9), Some(hours(8, 10)))].into(),
            absences: vec![away(8, 8, Some(hours(12, 14))), away(14, 20, None)],
        };
        assert_eq!(calendar.hours_on(&weekly, day(7)), None, "not this Monday");
        let tuesday = Hours { window: hours(9, 17), breaks: vec![hours(12, 14)] };
        assert_eq!(tuesday.length(), Minutes(6 * 60));
        assert_eq!(calendar.hours_on(&weekly, day(8)), Some(tuesday));
        let extra = Hours { window: hours(8, 10), breaks: vec![] };
        assert_eq!(calendar.hours_on(&weekly, day(9)), Some(extra), "an additional Wednesday");
        assert_eq!(calendar.hours_on(&weekly, day(10)), None);
        assert_eq!(calendar.hours_on(&weekly, day(15)), None, "away for a week");
        assert!(calendar.hours_on(&weekly, day(21)).is_some());
    }

    #[test]
    fn breaks_that_overlap_or_reach_beyond_the_window_are_subtracted_once() {
        let breaks = vec![hours(11, 13), hours(8, 10), hours(12, 14), hours(16, 20)];
        let day = Hours { window: hours(9, 17), breaks };
        assert_eq!(day.length(), Minutes(3 * 60), "10 to 11 and 14 to 16");
    }

    #[test]
    fn an_absence_of_all_hours_of_the_day_is_one_of_the_day() {
        let weekly: Availability = "mon 0900-1200".parse().expect("hours");
        let absences = vec![away(7, 7, Some(hours(8, 12)))];
        let calendar = Calendar { absences, ..Calendar::default() };
        assert_eq!(calendar.hours_on(&weekly, day(7)), None);
    }
}
