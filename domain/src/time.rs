//! Minutes, times of day and windows, in the district's time zone.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::range::{ServiceMinutes, WeeklyMinutes};

/// A duration in whole minutes; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minutes(pub u32);

impl From<ServiceMinutes> for Minutes {
    fn from(minutes: ServiceMinutes) -> Self {
        Self(minutes.get().unsigned_abs())
    }
}

impl From<WeeklyMinutes> for Minutes {
    fn from(minutes: WeeklyMinutes) -> Self {
        Self(minutes.get().unsigned_abs())
    }
}

impl Add for Minutes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Minutes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Minutes {
    type Output = Self;

    /// The difference; zero if `other` is larger.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Minutes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), Add::add)
    }
}

/// A time of day: minutes since midnight, 0 to 1440 (the end of the day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Integer)
)]
#[serde(try_from = "u16", into = "u16")]
pub struct TimeOfDay(u16);

/// Why a value is not a time of day, or two times are not a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Later than the end of the day, or not in the form of hours and minutes.
    #[error("a time of day is 00:00 to 24:00")]
    TimeOfDay,
    /// The window ends at or before its start.
    #[error("a window ends after it starts")]
    Empty,
}

impl TimeOfDay {
    /// The end of the day.
    pub const LAST: Self = Self(24 * 60);

    /// The time `minutes` after midnight.
    ///
    /// # Errors
    /// If the value exceeds 1440.
    pub const fn new(minutes: u16) -> Result<Self, TimeError> {
        if minutes <= Self::LAST.0 { Ok(Self(minutes)) } else { Err(TimeError::TimeOfDay) }
    }

    /// Parses `0930` or `09:30`.
    ///
    /// # Errors
    /// For any other form.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let digits: String = match text.split_once(':') {
            Some((hour, minute)) if hour.len() == 2 => format!("{hour}{minute}"),
            Some(_) => return Err(TimeError::TimeOfDay),
            None => text.to_owned(),
        };
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TimeError::TimeOfDay);
        }
        let number: u16 = digits.parse().map_err(|_| TimeError::TimeOfDay)?;
        let (hour, minute) = (number / 100, number % 100);
        if minute >= 60 { Err(TimeError::TimeOfDay) } else { Self::new(hour * 60 + minute) }
    }

    /// Minutes since midnight, 0 to 1440.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for TimeOfDay {
    type Error = TimeError;

    fn try_from(minutes: u16) -> Result<Self, TimeError> {
        Self::new(minutes)
    }
}

impl From<TimeOfDay> for u16 {
    fn from(time: TimeOfDay) -> Self {
        time.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A window of a day, from `start` (inclusive) to `end` (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StartAndEnd")]
pub struct Window {
    start: TimeOfDay,
    end: TimeOfDay,
}

/// Two times that may not be a window.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartAndEnd {
    start: TimeOfDay,
    end: TimeOfDay,
}

impl TryFrom<StartAndEnd> for Window {
    type Error = TimeError;

    fn try_from(StartAndEnd { start, end }: StartAndEnd) -> Result<Self, TimeError> {
        Self::new(start, end)
    }
}

impl Window {
    /// The window from `start` to `end`.
    ///
    /// # Errors
    /// If the window would be empty.
    pub fn new(start: TimeOfDay, end: TimeOfDay) -> Result<Self, TimeError> {
        if start < end { Ok(Self { start, end }) } else { Err(TimeError::Empty) }
    }

    /// The start.
    pub const fn start(&self) -> TimeOfDay {
        self.start
    }

    /// The end.
    pub const fn end(&self) -> TimeOfDay {
        self.end
    }

    /// The length.
    pub fn length(&self) -> Minutes {
        Minutes(u32::from(self.end.0 - self.start.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_time_are_read() {
        assert_eq!(TimeOfDay::parse("0930").map(TimeOfDay::minutes), Ok(570));
        assert_eq!(TimeOfDay::parse("09:30").map(TimeOfDay::minutes), Ok(570));
        assert_eq!(TimeOfDay::parse("2400").map(TimeOfDay::minutes), Ok(1440));
        for wrong in ["9:30", "0960", "2401", "", "09:3", "+930", "0a00"] {
            assert_eq!(TimeOfDay::parse(wrong), Err(TimeError::TimeOfDay), "{wrong:?}");
        }
    }

    #[test]
    fn a_window_that_ends_before_it_starts_is_refused() {
        let at = |m| TimeOfDay::new(m).expect("a time");
        assert_eq!(Window::new(at(600), at(600)), Err(TimeError::Empty));
        assert_eq!(Window::new(at(540), at(600)).map(|w| w.length()), Ok(Minutes(60)));
    }
}
