//! The days of an absence, or the hours of one day.

use chrono::NaiveDate;
use gridward_domain::time::Window;
use thiserror::Error;

use crate::clock;

/// The maximum number of days of an absence.
const MOST_DAYS: i64 = 366;

/// The days of an absence, inclusive, or the hours of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// The hours of the single day; whole days if absent.
    pub window: Option<Window>,
}

/// Why days and hours are no absence. Each names the field at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SpanError {
    /// A day is outside the supported range.
    #[error("must be in the years 1900 to 2200")]
    OutOfRange(&'static str),
    /// The last day is before the first.
    #[error("must not be before first_day")]
    Backwards,
    /// All days are over.
    #[error("must not be in the past")]
    Past,
    /// Too many days.
    #[error("an absence has at most {MOST_DAYS} days; someone away for longer has left")]
    TooLong,
    /// Hours of several days.
    #[error("only an absence of a single day has hours")]
    HoursOfSeveralDays,
}

impl SpanError {
    /// The JSON pointer to the field.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::OutOfRange(pointer) => pointer,
            Self::Backwards | Self::Past | Self::TooLong => "/last_day",
            Self::HoursOfSeveralDays => "/window",
        }
    }
}

impl Span {
    /// The absence from `first` to `last` that is entered on the day `today`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn new(
        first: NaiveDate,
        last: NaiveDate,
        window: Option<Window>,
        today: NaiveDate,
    ) -> Result<Self, SpanError> {
        clock::within_reach(&first).map_err(|_| SpanError::OutOfRange("/first_day"))?;
        clock::within_reach(&last).map_err(|_| SpanError::OutOfRange("/last_day"))?;
        match (last - first).num_days() {
            days if days < 0 => Err(SpanError::Backwards),
            _ if last < today => Err(SpanError::Past),
            days if days >= MOST_DAYS => Err(SpanError::TooLong),
            days if days > 0 && window.is_some() => Err(SpanError::HoursOfSeveralDays),
            _ => Ok(Self { first, last, window }),
        }
    }

    /// Whether the person is away on `day`, for the whole day or for hours of it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// Whether the two have time in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let same_hours = match (self.window, other.window) {
            (Some(one), Some(other)) => one.start() < other.end() && other.start() < one.end(),
            _ => true,
        };
        self.first <= other.last && other.first <= self.last && same_hours
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::time::TimeOfDay;

    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).expect("a day")
    }

    fn hours(start: u16, end: u16) -> Window {
        let at = |hour: u16| TimeOfDay::new(hour * 60).expect("a time");
        Window::new(at(start), at(end)).expect("a window")
    }

    #[test]
    fn an_absence_is_not_over_not_reversed_and_not_endless() {
        let new = |first, last, window| Span::new(first, last, window, day(10));
        assert!(new(day(9), day(10), None).is_ok(), "ill since yesterday");
        assert_eq!(new(day(11), day(10), None), Err(SpanError::Backwards));
        assert_eq!(new(day(8), day(9), None), Err(SpanError::Past));
        let next_year = day(10) + chrono::Days::new(366);
        assert_eq!(new(day(10), next_year, None), Err(SpanError::TooLong));
        assert_eq!(new(day(10), day(11), Some(hours(9, 10))), Err(SpanError::HoursOfSeveralDays));
        assert!(new(day(10), day(10), Some(hours(9, 10))).is_ok());
    }

    #[test]
    fn hours_of_one_day_overlap_only_if_they_meet() {
        let span = |first, last, window| Span { first: day(first), last: day(last), window };
        let morning = span(10, 10, Some(hours(9, 12)));
        assert!(!morning.overlaps(&span(10, 10, Some(hours(12, 14)))));
        assert!(morning.overlaps(&span(10, 10, Some(hours(11, 14)))));
        assert!(morning.overlaps(&span(8, 10, None)));
        assert!(!morning.overlaps(&span(11, 12, None)));
    }
}
