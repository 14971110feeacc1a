//! What a phone gets: rows.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CommandResult, PersonId, TaskId};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has it.
    Open,
    /// Given to somebody who has not said yes yet.
    Assigned,
    /// Somebody said yes.
    Accepted,
    /// Somebody is at it.
    InProgress,
    /// Done, and reported.
    Done,
    /// Tried, and not possible.
    Failed,
    /// Called off.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl Phase {
    /// Whether somebody may still do it.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Assigned | Self::Accepted | Self::InProgress)
    }
}

/// What kind of row a phone holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A task.
    Task,
    /// A beneficiary.
    Beneficiary,
    /// A day on which the person has time.
    Shift,
    /// A kind of service.
    ServiceKind,
    /// A notice.
    Notice,
}

/// What of a task a visitor decides by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// Names it.
    pub id: TaskId,
    /// Its grid.
    pub grid: String,
    /// Where it stands.
    pub state: Phase,
    /// In whose hands.
    pub assignee_id: Option<PersonId>,
    /// The last day it should be done.
    pub due_on: NaiveDate,
    /// How often it has changed.
    pub version: i64,
}

/// A row that is new or different.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// What kind of row.
    #[serde(rename = "type")]
    pub kind: RowKind,
    /// Which one.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// The row.
    pub data: Box<RawValue>,
}

impl Change {
    /// The task, if this is one.
    ///
    /// # Errors
    /// When it is a task and lacks what every task has.
    pub fn task(&self) -> Result<Option<Task>, serde_json::Error> {
        match self.kind {
            RowKind::Task => serde_json::from_str(self.data.get()).map(Some),
            _ => Ok(None),
        }
    }
}

/// A row to be forgotten.
#[derive(Clone, Debug, Deserialize)]
pub struct Removed {
    /// What kind of row.
    #[serde(rename = "type")]
    pub kind: RowKind,
    /// Which one.
    pub id: String,
    /// Why; not acted upon.
    pub reason: Reason,
}

/// Why a row is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is no more.
    Deleted,
    /// It is no longer the person's to have.
    OutOfScope,
}

/// An answer of sync.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// One for each command, in their order.
    pub results: Vec<CommandResult>,
    /// Whether to drop every row first.
    pub reset: bool,
    /// Rows that are new or different.
    pub changes: Vec<Change>,
    /// Rows to be forgotten.
    pub removed: Vec<Removed>,
    /// How far the phone has now come.
    pub cursor: String,
    /// Whether to call again at once.
    pub has_more: bool,
    /// In how many seconds to ask again.
    pub next_poll_s: u32,
    /// The server's clock.
    pub server_time: DateTime<FixedOffset>,
}
