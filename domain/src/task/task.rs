//! What of a task its life turns on.

use crate::word::{UnknownWord, unknown};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::area::{AreaCode, Level};

/// What becomes of a task that nobody did in time.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Overdue>)]
pub enum Overdue {
    /// It goes one level up, again and again, up to the district.
    Escalate,
    /// It is over: a greeting after the feast greets nobody.
    Expire,
}

impl Overdue {
    /// The word that names this in the API and the tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Escalate => "escalate",
            Self::Expire => "expire",
        }
    }
}

/// What a kind of service asks of its tasks, as it was when the task was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// How often somebody goes before nobody at home is the end of it, at least once.
    pub attempts: u8,
    /// Days until the next attempt.
    pub retry_days: u16,
    /// What becomes of it past its due day.
    pub overdue: Overdue,
    /// Days past due before it escalates, and between one level and the next.
    pub escalate_days: u16,
}

/// What of a task its life turns on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The grid it belongs to.
    pub grid: AreaCode,
    /// Where it stands, and with whom.
    pub state: State,
    /// How often it has changed; one more with every change.
    pub version: i64,
    /// Which attempt this is, from 1.
    pub attempt: u8,
    /// Whose escalation_level it lies on: the grid's, or the level it was escalated to.
    pub escalation_level: Level,
    /// The first day it may be done.
    pub not_before: NaiveDate,
    /// The last day it should be done; never before `not_before`.
    pub due_on: NaiveDate,
    /// What its kind asks.
    pub terms: Terms,
}

impl Task {
    /// The next attempt: open to all again, later.
    pub(super) fn again(self, today: NaiveDate) -> Self {
        let not_before = later(today, self.terms.retry_days);
        Self {
            state: State::Open,
            attempt: self.attempt.saturating_add(1),
            not_before,
            due_on: self.due_on.max(later(not_before, self.terms.retry_days)),
            ..self
        }
    }

    /// A fresh start from `today`, as if it had just been made.
    pub(super) fn afresh(self, today: NaiveDate) -> Self {
        let not_before = self.not_before.max(today);
        Self {
            state: State::Open,
            attempt: 1,
            escalation_level: Level::Grid,
            not_before,
            due_on: self.due_on.max(later(not_before, self.terms.retry_days)),
            ..self
        }
    }

    /// How many levels it has gone up.
    pub(super) fn climbed(&self) -> u64 {
        std::iter::successors(Some(Level::Grid), |level| level.parent())
            .take_while(|level| *level != self.escalation_level)
            .map(|_| 1)
            .sum()
    }
}

/// `days` after `day`; the day itself at the end of time.
pub(super) fn later(day: NaiveDate, days: impl Into<u64>) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(day)
}
