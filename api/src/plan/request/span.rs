//! The days of a plan.

use chrono::{Days, NaiveDate};
use thiserror::Error;

use crate::clock;

/// The maximum number of days in a plan.
pub const MOST_DAYS: i64 = 31;

/// The days of a plan, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: NaiveDate,
    last: NaiveDate,
}

/// Why two days are not a valid span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SpanError {
    /// The last day is before the first.
    #[error("must not be before first_day")]
    Backwards,
    /// A day is outside the supported range.
    #[error(transparent)]
    DateOutOfRange(#[from] clock::DateOutOfRange),
    /// The first day has passed.
    #[error("has passed; {today} is the first day that can be planned")]
    Past {
        /// The first day that can be planned.
        today: NaiveDate,
    },
    /// The span is too long.
    #[error("a plan spans at most {MOST_DAYS} days")]
    TooLong,
}

impl SpanError {
    /// The member of the request at fault.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Past { .. } => "/first_day",
            _ => "/last_day",
        }
    }
}

impl Span {
    /// The span from `first` to `last`, not before `today`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn from_today(
        first: NaiveDate,
        last: NaiveDate,
        today: NaiveDate,
    ) -> Result<Self, SpanError> {
        let span = Self::new(first, last)?;
        if first < today { Err(SpanError::Past { today }) } else { Ok(span) }
    }

    /// The span from `first` to `last`.
    ///
    /// # Errors
    /// [`SpanError`], but not for past days.
    pub fn new(first: NaiveDate, last: NaiveDate) -> Result<Self, SpanError> {
        clock::within_reach(&first)?;
        clock::within_reach(&last)?;
        match (last - first).num_days() {
            days if days < 0 => Err(SpanError::Backwards),
            days if days >= MOST_DAYS => Err(SpanError::TooLong),
            _ => Ok(Self { first, last }),
        }
    }

    /// The longest span of a plan that begins on `first`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn longest(first: NaiveDate) -> Result<Self, SpanError> {
        let more = Days::new(MOST_DAYS.unsigned_abs().saturating_sub(1));
        Self::new(first, first.checked_add_days(more).unwrap_or(first))
    }

    /// The first day.
    pub const fn first(self) -> NaiveDate {
        self.first
    }

    /// The last day.
    pub const fn last(self) -> NaiveDate {
        self.last
    }

    /// Iterates over the days.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = self.last;
        self.first.iter_days().take_while(move |day| *day <= last)
    }

    /// Whether the span contains `day`.
    pub fn contains(self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// The whole weeks, Monday to Sunday, that overlap the span.
    pub fn weeks(self) -> Self {
        let monday = monday_of(self.first);
        let sunday = self.last.week(chrono::Weekday::Mon).last_day();
        Self { first: monday, last: sunday }
    }

    /// The Mondays of these weeks.
    pub fn mondays(self) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = self.last;
        self.weeks().first.iter_weeks().take_while(move |monday| *monday <= last)
    }

    /// The days over which work is shared fairly: seven times `weeks` that end with the last day of the
    /// span, and at least its own.
    pub fn fairness(self, weeks: u8) -> Self {
        let days = Days::new((u64::from(weeks) * 7).saturating_sub(1));
        let first = self.last.checked_sub_days(days).unwrap_or(self.first);
        Self { first: first.min(self.first), last: self.last }
    }

    /// The days of which a plan reads the work of people: those of fairness, and the weeks of the span.
    pub fn of_work(self, weeks: u8) -> Self {
        let own = self.weeks();
        Self { first: self.fairness(weeks).first.min(own.first), last: own.last }
    }

    /// The number of weeks, where a partial week counts as one.
    pub fn count_weeks(self) -> u32 {
        let weeks = self.weeks();
        u32::try_from((weeks.last - weeks.first).num_days() / 7 + 1).unwrap_or(1)
    }
}

/// The Monday of a day's week.
pub fn monday_of(day: NaiveDate) -> NaiveDate {
    day.week(chrono::Weekday::Mon).first_day()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_span_counts_the_weeks_it_touches() {
        let span = |a, b| Span::new(day(a), day(b)).expect("a span");
        assert_eq!(span("2026-11-23", "2026-11-29").count_weeks(), 1);
        assert_eq!(span("2026-11-29", "2026-11-30").count_weeks(), 2);
        assert_eq!(span("2026-11-25", "2026-11-25").weeks().first(), day("2026-11-23"));
        assert_eq!(span("2026-11-23", "2026-11-25").days().count(), 3);
        let mondays: Vec<_> = span("2026-11-25", "2026-12-04").mondays().collect();
        assert_eq!(mondays, [day("2026-11-23"), day("2026-11-30")]);
    }

    #[test]
    fn work_is_shared_over_the_days_that_end_with_the_last_one_of_the_span() {
        // A Wednesday and the Thursday after it.
        let span = Span::new(day("2026-12-02"), day("2026-12-03")).expect("a span");
        let days = |span: Span| (span.first.to_string(), span.last.to_string());
        let between = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(days(span.fairness(4)), between("2026-11-06", "2026-12-03"), "28 days");
        assert_eq!(days(span.of_work(4)), between("2026-11-06", "2026-12-06"));
        assert_eq!(days(span.of_work(1)), between("2026-11-27", "2026-12-06"));
        let long = Span::new(day("2026-12-02"), day("2026-12-16")).expect("a span");
        assert_eq!(days(long.fairness(1)), between("2026-12-02", "2026-12-16"), "its own days");
        assert_eq!(days(long.of_work(1)), between("2026-11-30", "2026-12-20"), "its own weeks");
    }

    #[test]
    fn a_span_from_today_has_no_past_day() {
        let from = |a| Span::from_today(day(a), day("2026-11-29"), day("2026-11-25"));
        assert!(from("2026-11-25").is_ok());
        let past = from("2026-11-24").expect_err("a past day");
        assert_eq!(past, SpanError::Past { today: day("2026-11-25") });
        assert_eq!(past.pointer(), "/first_day");
    }

    #[test]
    fn a_span_runs_forward_and_not_for_ever() {
        let span = |a, b| Span::new(day(a), day(b));
        assert_eq!(span("2026-11-24", "2026-11-23"), Err(SpanError::Backwards));
        assert_eq!(span("2026-11-01", "2026-12-02"), Err(SpanError::TooLong));
        let longest = span("2026-11-01", "2026-12-01").expect("a span");
        assert_eq!(Span::longest(day("2026-11-01")), Ok(longest));
        assert_eq!(
            span("+262142-12-31", "+262142-12-31"),
            Err(SpanError::DateOutOfRange(clock::DateOutOfRange))
        );
    }
}
