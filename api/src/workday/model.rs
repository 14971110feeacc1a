//! The calendar of a year.

use chrono::{Datelike as _, NaiveDate, Weekday};
use gridward_domain::range::{CalendarYear, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::FieldError;

/// The maximum number of days off in a year.
const MOST_OFF: usize = 60;
/// The maximum number of shifted working days in a year.
const MOST_WORKING: usize = 30;

/// The days of a year that are not like others of their day of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "days_off": ["2026-02-16", "2026-02-17"], "working_days": ["2026-02-14"]
}))]
pub struct WorkCalendarContent {
    /// The days off, weekends among them or not, each once.
    #[schema(max_items = 60)]
    pub days_off: Vec<NaiveDate>,
    /// The days of weekends on which staff work, to make up for days off, each once.
    #[schema(max_items = 30)]
    pub working_days: Vec<NaiveDate>,
}

/// The calendar of a year, with its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "year": 2026, "days_off": ["2026-02-16", "2026-02-17"], "working_days": ["2026-02-14"],
    "version": 2
}))]
pub struct WorkCalendar {
    /// The year.
    pub year: CalendarYear,
    /// The days off, in order.
    #[schema(max_items = 60)]
    pub days_off: Vec<NaiveDate>,
    /// The days of weekends on which staff work, in order.
    #[schema(max_items = 30)]
    pub working_days: Vec<NaiveDate>,
    /// Incremented with every change; 1 for a year without a calendar.
    #[schema(value_type = Version)]
    pub version: i64,
}

impl WorkCalendar {
    /// The calendar of a year of which nothing is known.
    pub const fn initial(year: CalendarYear) -> Self {
        Self { year, days_off: Vec::new(), working_days: Vec::new(), version: 1 }
    }
}

impl WorkCalendarContent {
    /// An error for each day that the calendar of `year` cannot have.
    pub fn faults(&self, year: CalendarYear) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let lists = [
            ("days_off", &self.days_off, MOST_OFF),
            ("working_days", &self.working_days, MOST_WORKING),
        ];
        for (name, days, most) in lists {
            if days.len() > most {
                let detail = format!("must have at most {most} items");
                errors.push(FieldError::new(format!("/{name}"), detail));
                continue;
            }
            for (n, day) in days.iter().enumerate() {
                let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
                let detail = if day.year() != year.get() {
                    "must be a day of the year"
                } else if days[..n].contains(day) {
                    "is listed twice"
                } else if name == "working_days" && !is_weekend {
                    "must be a Saturday or a Sunday"
                } else if name == "working_days" && self.days_off.contains(day) {
                    "must not be a day off"
                } else {
                    continue;
                };
                errors.push(FieldError::new(format!("/{name}/{n}"), detail));
            }
        }
        errors
    }

    /// The same calendar with its days in order.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.days_off.sort_unstable();
        self.working_days.sort_unstable();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_has_days_of_its_year_and_works_at_weekends_only() {
        let days = |days: &[&str]| days.iter().map(|day| day.parse().expect("a day")).collect();
        let faults = |off: &[&str], working: &[&str]| {
            let content = WorkCalendarContent { days_off: days(off), working_days: days(working) };
            let faults = content.faults(CalendarYear::of::<2026>());
            faults.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        let none = Vec::<String>::new();
        assert_eq!(faults(&["2026-02-16", "2026-02-17"], &["2026-02-14", "2026-02-28"]), none);
        assert_eq!(faults(&["2026-12-31", "2027-01-01"], &[]), ["/days_off/1"]);
        assert_eq!(faults(&["2026-02-16", "2026-02-16"], &[]), ["/days_off/1"]);
        assert_eq!(faults(&[], &["2026-02-13"]), ["/working_days/0"]);
        assert_eq!(faults(&["2026-02-14"], &["2026-02-14"]), ["/working_days/0"]);
    }
}
