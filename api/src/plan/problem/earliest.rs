//! The earliest moment of a planned visit: nothing is planned before now and a lead time.

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike as _, Utc};
use gridward_domain::time::{TimeOfDay, Window};

use crate::clock;

/// The start of a visit is rounded up to a multiple of this many minutes.
const STEP: u16 = 5;

/// The earliest moment of a planned departure, in the district's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earliest {
    day: NaiveDate,
    time: TimeOfDay,
    /// The present day and time.
    now: (NaiveDate, TimeOfDay),
}

impl Earliest {
    /// `lead` after `now`, rounded up to five minutes. At the end of a day it is that end, and the
    /// next day is free.
    pub fn after(now: DateTime<Utc>, lead: TimeDelta) -> Self {
        let present = now.with_timezone(&clock::china());
        let time = at_minute(present.num_seconds_from_midnight() / 60);
        let now = (present.date_naive(), time.unwrap_or(TimeOfDay::LAST));
        let moment = present + lead;
        let seconds = moment.num_seconds_from_midnight();
        let minutes = seconds.div_ceil(60 * u32::from(STEP)) * u32::from(STEP);
        let time = at_minute(minutes).unwrap_or(TimeOfDay::LAST);
        Self { day: moment.date_naive(), time, now }
    }

    /// The day of the earliest moment.
    pub const fn day(&self) -> NaiveDate {
        self.day
    }

    /// The time of the earliest moment.
    pub const fn time(&self) -> TimeOfDay {
        self.time
    }

    /// From when to when a visit of `minutes` is under way, if it is: one that was started, or that is
    /// planned to begin before the earliest moment and is not over. One that was started before its
    /// planned time, or has none, is held to have just begun.
    pub fn under_way(
        &self,
        planned: Option<(NaiveDate, TimeOfDay)>,
        minutes: i32,
        was_started: bool,
    ) -> Option<(TimeOfDay, TimeOfDay)> {
        let (today, now) = self.now;
        let start = match planned {
            Some((day, start)) if day == self.day && start < self.time => start,
            _ if was_started && today == self.day => now,
            _ => return None,
        };
        let end = at_minute(i32::from(start.minutes()) + minutes).unwrap_or(TimeOfDay::LAST);
        (was_started || (self.day, end) > self.now).then_some((start, end))
    }

    /// From when to when a visit of `minutes` was planned on the present day, if it is over by now.
    pub fn over(
        &self,
        planned: Option<(NaiveDate, TimeOfDay)>,
        minutes: i32,
    ) -> Option<(TimeOfDay, TimeOfDay)> {
        let (day, start) = planned?;
        let end = at_minute(i32::from(start.minutes()) + minutes)?;
        (day == self.day && (day, end) <= self.now).then_some((start, end))
    }

    /// The present time, if the earliest moment is on the present day.
    pub fn now(&self) -> Option<TimeOfDay> {
        let (today, now) = self.now;
        (today == self.day).then_some(now)
    }

    /// Whether the time of the day is before the earliest moment.
    pub fn has_passed(&self, day: NaiveDate, time: TimeOfDay) -> bool {
        (day, time) < (self.day, self.time)
    }

    /// The part of `window` on `day` that is not too early; `None` if nothing is left.
    pub fn within(&self, day: NaiveDate, window: Window) -> Option<Window> {
        match day.cmp(&self.day) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => {
                Window::new(window.start().max(self.time), window.end()).ok()
            }
            std::cmp::Ordering::Greater => Some(window),
        }
    }
}

/// The time `minutes` after midnight; `None` outside the day.
pub(in crate::plan) fn at_minute(minutes: impl TryInto<u16>) -> Option<TimeOfDay> {
    TimeOfDay::new(minutes.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(start: u16, end: u16) -> Window {
        let at = |minutes: u16| TimeOfDay::new(minutes).expect("a time");
        Window::new(at(start), at(end)).expect("a window")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    /// At this local time of the first of December, with a lead of half an hour.
    fn at(time: &str) -> Earliest {
        let now: DateTime<chrono::FixedOffset> =
            format!("2026-12-01T{time}+08:00").parse().expect("a time");
        Earliest::after(now.to_utc(), TimeDelta::minutes(30))
    }

    #[test]
    fn the_rest_of_today_begins_after_the_lead_time() {
        let within = |time, window| at(time).within(day("2026-12-01"), window);
        assert_eq!(within("17:41:00", hours(540, 1200)), Some(hours(18 * 60 + 15, 1200)));
        assert_eq!(within("07:00:01", hours(540, 1200)), Some(hours(540, 1200)));
        assert_eq!(within("17:41:00", hours(540, 18 * 60 + 15)), None, "nothing is left");
        assert_eq!(within("17:40:30", hours(540, 1200)), Some(hours(18 * 60 + 15, 1200)));
        assert_eq!(within("17:40:00", hours(540, 1200)), Some(hours(18 * 60 + 10, 1200)));
    }

    #[test]
    fn past_days_have_no_time_and_later_days_are_free() {
        assert_eq!(at("12:00:00").within(day("2026-11-30"), hours(0, 1440)), None);
        assert_eq!(at("12:00:00").within(day("2026-12-02"), hours(0, 1440)), Some(hours(0, 1440)));
    }

    #[test]
    fn the_earliest_moment_is_after_the_times_before_it() {
        let noon = TimeOfDay::new(720).expect("a time");
        assert!(at("12:00:00").has_passed(day("2026-12-01"), noon));
        assert!(at("09:00:00").has_passed(day("2026-11-30"), noon));
        assert!(!at("11:30:00").has_passed(day("2026-12-01"), noon));
    }

    #[test]
    fn a_lead_over_midnight_ends_today() {
        let late = at("23:40:00");
        assert_eq!(late.within(day("2026-12-01"), hours(0, 1440)), None);
        assert_eq!(late.within(day("2026-12-02"), hours(0, 1440)), Some(hours(10, 1440)));
        assert_eq!(at("23:29:00").within(day("2026-12-01"), hours(0, 1440)), None);
    }
}
