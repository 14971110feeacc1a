//! The commands that a phone sends, and their results.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{CommandId, PersonId, TaskId};

/// Maximum number of commands in a push.
pub const MOST_COMMANDS: usize = 100;

/// The outcome of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitOutcome {
    /// Done as requested.
    Done,
    /// Nobody was at home.
    NotHome,
    /// The beneficiary declined the visit.
    Refused,
    /// Done, and a need was found.
    NeedsFollowUp,
}

impl VisitOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Done, Self::NotHome, Self::Refused, Self::NeedsFollowUp];
}

/// An action on a task, with its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "payload")]
pub enum Action {
    /// Claims the task.
    #[serde(rename = "task.claim")]
    Claim {},
    /// Accepts an assigned task.
    #[serde(rename = "task.accept")]
    Accept {},
    /// Declines an assigned task.
    #[serde(rename = "task.decline")]
    Decline {
        /// The reason.
        reason: String,
    },
    /// Releases the task.
    #[serde(rename = "task.release")]
    Release {},
    /// Starts the visit.
    #[serde(rename = "task.start")]
    Start {},
    /// Reports the visit.
    #[serde(rename = "task.report")]
    Report {
        /// The outcome.
        outcome: VisitOutcome,
        /// The note.
        note: String,
        /// The needs found.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        needs: Vec<&'static str>,
    },
    /// Reassigns the task.
    #[serde(rename = "task.reassign")]
    Reassign {
        /// The new assignee.
        person_id: PersonId,
    },
    /// Changes the due day.
    #[serde(rename = "task.reschedule")]
    Reschedule {
        /// The new due day.
        due_on: NaiveDate,
    },
    /// Cancels the task.
    #[serde(rename = "task.cancel")]
    Cancel {
        /// The reason.
        reason: String,
    },
}

impl Action {
    /// Whether this is a report.
    pub const fn is_report(&self) -> bool {
        matches!(self, Self::Report { .. })
    }

    /// Whether the protocol requires a base version.
    pub const fn needs_base(&self) -> bool {
        matches!(self, Self::Reschedule { .. } | Self::Cancel { .. })
    }
}

/// A command of an outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Its permanent id.
    pub id: CommandId,
    /// The task.
    pub task_id: TaskId,
    /// The version on which the user decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_version: Option<i64>,
    /// The time by the phone's clock.
    pub at: DateTime<FixedOffset>,
    /// The action.
    #[serde(flatten)]
    pub action: Action,
}

/// The body of `POST /v1/sync`.
#[derive(Clone, Debug, Serialize)]
pub struct Push {
    /// The cursor; absent for a first snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Page size, 1 to 1000.
    pub limit: u16,
    /// The name of the device.
    pub device: String,
    /// The phone's clock at sending.
    pub device_time: DateTime<FixedOffset>,
    /// Commands in order; at most [`MOST_COMMANDS`].
    pub commands: Vec<Command>,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The command took effect.
    Applied,
    /// The report was stored as evidence without effect on the task.
    Recorded,
    /// The command was rejected permanently.
    Rejected,
    /// Nothing was stored; the phone must send the command again.
    Retry,
}

impl Outcome {
    /// Whether the phone may remove the command from its outbox.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Retry)
    }
}

/// The compared part of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// Its code, such as `task_already_claimed`.
    pub code: String,
    /// Its HTTP status.
    pub status: u16,
}

/// The result of one command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommandResult {
    /// The command.
    pub id: CommandId,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether this replays an earlier result.
    pub replayed: bool,
    /// The task's version, if known.
    pub version: Option<i64>,
    /// The problem, if any.
    pub problem: Option<Problem>,
}
