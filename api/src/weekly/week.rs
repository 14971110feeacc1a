//! Weeks, from Monday to Sunday (ISO 8601).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use crate::clock;
use crate::http::day::{self, DayError};

/// A week of the valid years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    first: NaiveDate,
    last: NaiveDate,
}

/// Why a text is no week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeekError {
    /// Neither a week nor a day.
    #[error("must be a week, such as 2026-W48, or a day of it, such as 2026-11-27")]
    Form,
    /// The year has no such week.
    #[error("the year has no such week")]
    Unknown,
    /// A day that does not exist or is not in the valid years.
    #[error(transparent)]
    Day(#[from] DayError),
}

impl Week {
    /// The week of the day.
    ///
    /// # Errors
    /// [`WeekError::Day`] if a part of it is not in the valid years.
    fn of(day: NaiveDate) -> Result<Self, WeekError> {
        let first = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()));
        let last = first.and_then(|first| first.checked_add_days(Days::new(6)));
        let (Some(first), Some(last)) = (first, last) else {
            return Err(DayError::OutOfRange(clock::DateOutOfRange).into());
        };
        for end in [first, last] {
            clock::within_reach(&end).map_err(DayError::from)?;
        }
        Ok(Self { first, last })
    }

    /// The last week that is over on `today`.
    ///
    /// # Errors
    /// [`WeekError::Day`] at the limits of the calendar.
    pub fn before(today: NaiveDate) -> Result<Self, WeekError> {
        let past = today.checked_sub_days(Days::new(7));
        Self::of(past.ok_or(DayError::OutOfRange(clock::DateOutOfRange))?)
    }

    /// The Monday.
    pub const fn first(self) -> NaiveDate {
        self.first
    }

    /// The Sunday.
    pub const fn last(self) -> NaiveDate {
        self.last
    }
}

impl FromStr for Week {
    type Err = WeekError;

    fn from_str(text: &str) -> Result<Self, WeekError> {
        let Some((year, week)) = text.split_once("-W") else {
            let day = day::parse_within_reach(text).map_err(|error| match error {
                DayError::Form => WeekError::Form,
                other => other.into(),
            });
            return Self::of(day?);
        };
        let digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(week, 2) {
            return Err(WeekError::Form);
        }
        let (Ok(year), Ok(week)) = (year.parse(), week.parse()) else {
            return Err(WeekError::Form);
        };
        let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon);
        Self::of(monday.ok_or(WeekError::Unknown)?)
    }
}

/// Its year and number, such as `2026-W48`.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.format("%G-W%V"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> Result<(String, String, String), WeekError> {
        let week: Week = text.parse()?;
        Ok((week.to_string(), week.first().to_string(), week.last().to_string()))
    }

    #[test]
    fn a_week_is_named_by_its_number_or_by_one_of_its_days() {
        let expected = ["2026-W48", "2026-11-23", "2026-11-29"].map(str::to_owned);
        for text in ["2026-W48", "2026-11-23", "2026-11-27", "2026-11-29"] {
            assert_eq!(week(text), Ok(expected.clone().into()), "{text}");
        }
        // The week of the new year is that of its Thursday.
        assert_eq!(week("2027-01-01").expect("a week").0, "2026-W53");
    }

    #[test]
    fn what_is_no_week_is_refused_with_its_reason() {
        for text in ["", "2026-W1", "2026W48", "W48", "2026-w48", "+026-W48", "2026-11-2", "2026"] {
            assert_eq!(week(text), Err(WeekError::Form), "{text}");
        }
        for text in ["2026-W00", "2025-W53", "2026-W54"] {
            assert_eq!(week(text), Err(WeekError::Unknown), "{text}");
        }
        assert_eq!(week("2026-02-30"), Err(WeekError::Day(DayError::Unknown)));
        for text in ["1899-W10", "9999-W01", "2200-12-31"] {
            assert!(matches!(week(text), Err(WeekError::Day(_))), "{text}");
        }
    }

    #[test]
    fn the_last_full_week_is_over() {
        let before = |day: &str| Week::before(day.parse().expect("a day")).map(Week::last);
        assert_eq!(before("2026-11-29").expect("a week").to_string(), "2026-11-22", "on a Sunday");
        assert_eq!(before("2026-11-30").expect("a week").to_string(), "2026-11-29", "on a Monday");
    }
}
