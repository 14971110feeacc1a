//! The part of a task that the rules depend on.

use crate::word::{UnknownWord, unknown};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::area::{AreaCode, Level};
use crate::range::{Attempts, EscalateDays, RetryDays};

/// The policy for an overdue task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Overdue>)]
pub enum Overdue {
    /// Escalates by one level at a time, up to the district.
    Escalate,
    /// Expires. For a visit that is pointless after the holiday.
    Expire,
}

/// The terms of a kind of service, as of the creation of the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Maximum number of attempts at a visit, if the beneficiary is not at home.
    pub attempts: Attempts,
    /// Days until the next attempt.
    pub retry_days: RetryDays,
    /// The policy once the task is overdue.
    pub overdue: Overdue,
    /// Days past due before the first escalation, and between escalations.
    pub escalate_days: EscalateDays,
}

/// The part of a task that the rules depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The grid of the task.
    pub grid: AreaCode,
    /// The state and the assignee.
    pub state: State,
    /// The version, incremented with every change.
    pub version: i64,
    /// The number of the attempt.
    pub attempt: Attempts,
    /// The responsible level: the grid, or the level the task was escalated to.
    pub escalation_level: Level,
    /// The earliest day of the visit.
    pub not_before: NaiveDate,
    /// The due day; never before `not_before`.
    pub due_on: NaiveDate,
    /// The terms of its kind.
    pub terms: Terms,
}

impl Task {
    /// The next attempt: open to everyone, from a later day.
    pub(super) fn again(self, today: NaiveDate) -> Self {
        let not_before = later(today, self.terms.retry_days);
        Self {
            state: State::Open,
            attempt: self.attempt.next(),
            not_before,
            due_on: self.due_on.max(later(not_before, self.terms.retry_days)),
            ..self
        }
    }

    /// A restart from `today`, as if newly created.
    pub(super) fn afresh(self, today: NaiveDate) -> Self {
        let not_before = self.not_before.max(today);
        Self {
            state: State::Open,
            attempt: Attempts::MIN,
            escalation_level: Level::Grid,
            not_before,
            due_on: self.due_on.max(later(not_before, self.terms.retry_days)),
            ..self
        }
    }

    /// The number of escalations so far.
    pub(super) fn escalations(&self) -> u64 {
        std::iter::successors(Some(Level::Grid), |level| level.parent())
            .take_while(|level| *level != self.escalation_level)
            .map(|_| 1)
            .sum()
    }
}

/// `days` after `day`; `day` itself if the result is out of range.
pub(super) fn later(day: NaiveDate, days: impl Into<u64>) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(day)
}
