//! Pages of rows that a phone receives.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CommandResult, PersonId, TaskId};

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not assigned.
    Open,
    /// Assigned, not yet accepted.
    Assigned,
    /// Accepted by the assignee.
    Accepted,
    /// In progress.
    InProgress,
    /// Done and reported.
    Done,
    /// Attempted without success.
    Failed,
    /// Cancelled.
    Cancelled,
    /// Expired.
    Expired,
}

impl Phase {
    /// Whether the task has not ended.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Assigned | Self::Accepted | Self::InProgress)
    }
}

/// The type of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A task.
    Task,
    /// A beneficiary.
    Beneficiary,
    /// A day on which the person is available.
    Shift,
    /// A kind of service.
    ServiceKind,
    /// A vocabulary of the district.
    Vocabulary,
    /// A notice.
    Notice,
    /// A notice to the person about the own account.
    AccountNotice,
    /// A correction that the person proposed.
    Correction,
    /// The hours and absences of a person.
    Availability,
    /// A service station.
    Station,
    /// A memorial site.
    Memorial,
    /// A holiday.
    Holiday,
    /// An item of the goods.
    GoodsItem,
    /// A planned hand-out.
    Handout,
    /// A case that waits for the grid.
    Case,
}

/// The fields of a task by which a user decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its grid.
    pub grid: String,
    /// Its state.
    pub state: Phase,
    /// Its assignee.
    pub assignee_id: Option<PersonId>,
    /// Its due day.
    pub due_on: NaiveDate,
    /// Its version.
    pub version: i64,
}

/// A new or changed row.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: RowKind,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// The row.
    pub data: Box<RawValue>,
}

impl Change {
    /// Parses the task, if this is one.
    ///
    /// # Errors
    /// When a task lacks a required field.
    pub fn task(&self) -> Result<Option<Task>, serde_json::Error> {
        match self.kind {
            RowKind::Task => serde_json::from_str(self.data.get()).map(Some),
            _ => Ok(None),
        }
    }
}

/// A row to remove.
#[derive(Clone, Debug, Deserialize)]
pub struct Removed {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: RowKind,
    /// Its id.
    pub id: String,
    /// The reason, which phones ignore.
    pub reason: Reason,
}

/// Why a row is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was deleted.
    Deleted,
    /// It has left the person's scope.
    OutOfScope,
}

/// A response of sync.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// One result per command, in order.
    pub results: Vec<CommandResult>,
    /// Whether to remove all rows first.
    pub reset: bool,
    /// New and changed rows.
    pub changes: Vec<Change>,
    /// Rows to remove.
    pub removed: Vec<Removed>,
    /// The next cursor.
    pub cursor: String,
    /// Whether more pages follow.
    pub has_more: bool,
    /// Seconds until the next poll.
    pub next_poll_s: u32,
    /// The server's clock.
    pub server_time: DateTime<FixedOffset>,
}
