//! The public representation of a plan.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_dispatch::solve::{Measures, Reason, Remedy, Why};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use utoipa::ToSchema;

use crate::clock;

/// The maximum number of days in a plan.
const MOST_DAYS: i64 = 31;

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
    /// The span is too long.
    #[error("a plan spans at most {MOST_DAYS} days")]
    TooLong,
}

impl Span {
    /// The span from `first` to `last`.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn new(first: NaiveDate, last: NaiveDate) -> Result<Self, SpanError> {
        clock::within_reach(&first)?;
        clock::within_reach(&last)?;
        match (last - first).num_days() {
            days if days < 0 => Err(SpanError::Backwards),
            days if days >= MOST_DAYS => Err(SpanError::TooLong),
            _ => Ok(Self { first, last }),
        }
    }

    /// The first day.
    pub const fn first(&self) -> NaiveDate {
        self.first
    }

    /// The last day.
    pub const fn last(&self) -> NaiveDate {
        self.last
    }

    /// Iterates over the days.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let last = self.last;
        self.first.iter_days().take_while(move |day| *day <= last)
    }

    /// Whether the span contains `day`.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// The whole weeks, Monday to Sunday, that overlap the span.
    pub fn weeks(&self) -> Self {
        let monday = self.first.week(chrono::Weekday::Mon).first_day();
        let sunday = self.last.week(chrono::Weekday::Mon).last_day();
        Self { first: monday, last: sunday }
    }

    /// The number of weeks, where a partial week counts as one.
    pub fn count_weeks(&self) -> u32 {
        let weeks = self.weeks();
        u32::try_from((weeks.last - weeks.first).num_days() / 7 + 1).unwrap_or(1)
    }
}

/// A plan: the result of one dispatch run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Identifies the plan.
    pub id: PlanId,
    /// The planned area.
    pub area: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The random seed. The same seed and the same tasks give the same plan.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub seed: i64,
    /// Number of tasks that the plan assigned.
    #[schema(minimum = 0, maximum = 10_000_000, example = 380)]
    pub assigned: u32,
    /// Number of tasks claimed while the plan was computed; they keep their assignee.
    #[schema(minimum = 0, maximum = 10_000_000, example = 0)]
    pub overtaken: u32,
    /// Quality measures of the plan.
    #[schema(value_type = Measures)]
    pub measures: Value,
    /// When the plan was created.
    pub created_at: DateTime<FixedOffset>,
}

/// The planned visit of one task, or the reason why there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVisit {
    /// The task.
    pub task_id: TaskId,
    /// The task's grid.
    pub grid: AreaCode,
    /// The assignee; absent if no one can do the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The day of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// The start, in minutes from midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// Travel time to the place, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1440, example = 12)]
    pub travel: Option<i32>,
    /// Why this person was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Why>)]
    pub why: Option<Value>,
    /// Why the task could not be planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<Value>,
    /// The smallest change that would make the task plannable, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Remedy>)]
    pub remedy: Option<Value>,
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
    }

    #[test]
    fn a_span_runs_forward_and_not_for_ever() {
        let span = |a, b| Span::new(day(a), day(b));
        assert_eq!(span("2026-11-24", "2026-11-23"), Err(SpanError::Backwards));
        assert_eq!(span("2026-11-01", "2026-12-02"), Err(SpanError::TooLong));
        assert!(span("2026-11-01", "2026-12-01").is_ok());
        assert_eq!(
            span("+262142-12-31", "+262142-12-31"),
            Err(SpanError::DateOutOfRange(clock::DateOutOfRange))
        );
    }
}
