//! The hours that a person offers on a day: the weekly hours, unless the day has others, without
//! the absences. A pure function.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::time::{TimeOfDay, Window};

use super::span::Span;
use crate::person::{Availability, Weekday};
use crate::workday::{DayKind, WorkDays};

/// The dated part of a person's availability.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days with other hours than the weekly ones, or with none.
    pub exceptions: BTreeMap<NaiveDate, Option<Window>>,
    /// The absences.
    pub absences: Vec<Span>,
    /// The days off and shifted working days of the district.
    pub work_days: Arc<WorkDays>,
}

/// The calendars of the people of a district.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    of: HashMap<PersonId, Calendar>,
    usual: Calendar,
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
    /// The minutes without the breaks.
    pub fn minutes(&self) -> u32 {
        self.free().iter().map(|(from, to)| u32::from(to - from)).sum()
    }

    /// Whether a visit of these minutes fits as a whole, outside the breaks: at some time within the window,
    /// if it has one.
    pub fn fit(&self, window: Option<Window>, minutes: u32) -> bool {
        let bounds = window.map(|window| (window.start().minutes(), window.end().minutes()));
        let (earliest, latest) = bounds.unwrap_or((0, TimeOfDay::LAST.minutes()));
        let free = self.free().into_iter().map(|(from, to)| (from.max(earliest), to.min(latest)));
        free.map(|(from, to)| to.saturating_sub(from)).any(|length| minutes <= length.into())
    }

    /// Whether a visit of these minutes fits that begins at this time.
    pub fn fit_at(&self, start: TimeOfDay, minutes: u32) -> bool {
        let end = u32::from(start.minutes()).saturating_add(minutes);
        let end = u16::try_from(end).ok().and_then(|end| TimeOfDay::new(end).ok());
        let window = end.and_then(|end| Window::new(start, end).ok());
        window.is_some_and(|window| self.fit(Some(window), minutes))
    }

    /// The parts between the breaks, in minutes of the day.
    fn free(&self) -> Vec<(u16, u16)> {
        let minutes = |part: &Window| (part.start().minutes(), part.end().minutes());
        let mut breaks: Vec<(u16, u16)> = self.breaks.iter().map(minutes).collect();
        breaks.sort_unstable();
        let (mut from, closes) = minutes(&self.window);
        let mut free = Vec::with_capacity(breaks.len() + 1);
        for (begins, ends) in breaks {
            free.push((from, begins.min(closes)));
            from = from.max(ends);
        }
        free.push((from, closes));
        free.retain(|(from, to)| from < to);
        free
    }
}

impl Calendar {
    /// Whether the person is absent on all days from the first to the last: the whole day, or for all its
    /// hours within the window if there is one.
    pub fn is_away(&self, (first, last): (NaiveDate, NaiveDate), window: Option<Window>) -> bool {
        let covers_hours = |absent: Window| {
            window.is_some_and(|part| absent.start() <= part.start() && part.end() <= absent.end())
        };
        let covers = |day: NaiveDate| {
            let mut absences = self.absences.iter().filter(|absence| absence.contains(day));
            self.exceptions.get(&day) == Some(&None)
                || absences.any(|absence| absence.window.is_none_or(covers_hours))
        };
        first.iter_days().take_while(|day| *day <= last).all(covers)
    }

    /// The hours of `day`, if the person is there.
    pub fn hours_on(&self, role: Role, weekly: &Availability, day: NaiveDate) -> Option<Hours> {
        let window = match self.exceptions.get(&day) {
            Some(other) => (*other)?,
            None => self.regular(role, weekly, day)?,
        };
        let absences = self.absences.iter().filter(|absence| absence.contains(day));
        let breaks = absences.map(|absence| absence.window).collect::<Option<Vec<_>>>()?;
        let covered = |part: &Window| part.start() <= window.start() && window.end() <= part.end();
        (!breaks.iter().any(covered)).then_some(Hours { window, breaks })
    }
}

impl Calendar {
    /// The hours of the day without regard to the person's own exceptions and absences.
    fn regular(&self, role: Role, weekly: &Availability, day: NaiveDate) -> Option<Window> {
        const WORKING: [Weekday; 5] =
            [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

        match self.work_days.kind_of(day) {
            Some(DayKind::Off) => None,
            Some(DayKind::Working) if role == Role::Manager => {
                let weekdays = WORKING.iter().filter_map(|day| weekly.on(*day));
                // The longest of different days: a shifted day is a full one.
                let longest = weekdays.max_by_key(|window| {
                    (
                        window.end().minutes() - window.start().minutes(),
                        -i32::from(window.start().minutes()),
                    )
                });
                longest.or_else(|| weekly.on(weekday(day)))
            }
            Some(DayKind::Working) | None => weekly.on(weekday(day)),
        }
    }
}

impl Calendars {
    /// The calendars of people without dated hours and absences.
    pub fn new(work_days: WorkDays) -> Self {
        let usual = Calendar { work_days: Arc::new(work_days), ..Calendar::default() };
        Self { of: HashMap::new(), usual }
    }

    /// The calendar of the person.
    pub fn of(&self, person: PersonId) -> &Calendar {
        self.of.get(&person).unwrap_or(&self.usual)
    }

    /// The calendar of a person without dated hours and absences.
    pub const fn usual(&self) -> &Calendar {
        &self.usual
    }

    /// The calendar of the person, to be filled.
    pub(super) fn entry(&mut self, person: PersonId) -> &mut Calendar {
        self.of.entry(person).or_insert_with(|| self.usual.clone())
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
            ..Calendar::default()
        };
        assert_eq!(calendar.hours_on(Role::Volunteer, &weekly, day(7)), None, "not this Monday");
        let tuesday = Hours { window: hours(9, 17), breaks: vec![hours(12, 14)] };
        assert_eq!(calendar.hours_on(Role::Volunteer, &weekly, day(8)), Some(tuesday));
        let extra = Hours { window: hours(8, 10), breaks: vec![] };
        assert_eq!(
            calendar.hours_on(Role::Volunteer, &weekly, day(9)),
            Some(extra),
            "an additional Wednesday"
        );
        assert_eq!(calendar.hours_on(Role::Volunteer, &weekly, day(10)), None);
        assert_eq!(calendar.hours_on(Role::Volunteer, &weekly, day(15)), None, "away for a week");
        assert!(calendar.hours_on(Role::Volunteer, &weekly, day(21)).is_some());
    }

    #[test]
    fn breaks_take_their_part_of_the_hours_once() {
        let breaks = vec![hours(8, 10), hours(9, 11), hours(16, 20)];
        assert_eq!(Hours { window: hours(9, 17), breaks }.minutes(), 5 * 60);
        assert_eq!(Hours { window: hours(9, 17), breaks: vec![] }.minutes(), 8 * 60);
    }

    #[test]
    fn a_visit_fits_as_a_whole_outside_breaks_at_its_time_or_at_some_time_within_its_window() {
        let breaks = vec![hours(14, 15), hours(12, 13), hours(12, 14)];
        let day = Hours { window: hours(9, 17), breaks };
        let at = |hour: u16, minute| TimeOfDay::new(hour * 60 + minute).expect("a time");
        for (start, minutes, fits) in [
            (at(9, 0), 180, true),
            (at(8, 59), 30, false),
            (at(11, 30), 31, false),
            (at(13, 30), 10, false),
            (at(15, 0), 120, true),
            (at(15, 0), 121, false),
            (at(23, 30), 60, false),
        ] {
            assert_eq!(day.fit_at(start, minutes), fits, "{start:?} {minutes}");
        }
        assert!(day.fit(None, 180), "before noon");
        assert!(!day.fit(None, 181));
        assert!(day.fit(Some(hours(11, 16)), 60));
        assert!(!day.fit(Some(hours(11, 16)), 61));
        assert!(!day.fit(Some(hours(17, 18)), 1));
    }

    #[test]
    fn an_absence_of_all_hours_of_the_day_is_one_of_the_day() {
        let weekly: Availability = "mon 0900-1200".parse().expect("hours");
        let absences = vec![away(7, 7, Some(hours(8, 12)))];
        let calendar = Calendar { absences, ..Calendar::default() };
        assert_eq!(calendar.hours_on(Role::Volunteer, &weekly, day(7)), None);
    }

    #[test]
    fn a_day_off_has_dated_hours_only_and_a_shifted_one_is_a_weekday_for_managers() {
        let weekly: Availability =
            "mon 0900-1700;tue 0900-1200;sat 1000-1100".parse().expect("hours");
        let kinds = [(day(7), DayKind::Off), (day(8), DayKind::Off), (day(12), DayKind::Working)];
        let calendars = Calendars::new(kinds.into_iter().collect());
        let own = Calendar {
            exceptions: [(day(8), Some(hours(9, 10)))].into(),
            ..calendars.usual().clone()
        };
        let on = |role, n| Some(own.hours_on(role, &weekly, day(n))?.window);
        assert_eq!(on(Role::Manager, 7), None, "a day off");
        assert_eq!(on(Role::Volunteer, 8), Some(hours(9, 10)), "the person says otherwise");
        assert_eq!(on(Role::Manager, 12), Some(hours(9, 17)));
        assert_eq!(on(Role::Volunteer, 12), Some(hours(10, 11)), "a Saturday for volunteers");
        assert_eq!(on(Role::Manager, 14), Some(hours(9, 17)), "a usual Monday");
    }
}
