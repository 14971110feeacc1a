//! What a phone sends, and what it is told of each command.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{CommandId, PersonId, TaskId};

/// The most commands that a push may carry.
pub const MOST_COMMANDS: usize = 100;

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitOutcome {
    /// Done as asked.
    Done,
    /// Nobody opened.
    NotHome,
    /// The household did not want it.
    Refused,
    /// Done, and something was found that needs more.
    NeedsFollowUp,
}

impl VisitOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Done, Self::NotHome, Self::Refused, Self::NeedsFollowUp];
}

/// What is done to a task, with what it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "payload")]
pub enum Deed {
    /// Take it on oneself.
    #[serde(rename = "task.claim")]
    Claim {},
    /// Say yes to one that was given.
    #[serde(rename = "task.accept")]
    Accept {},
    /// Say no to one that was given.
    #[serde(rename = "task.decline")]
    Decline {
        /// Why.
        reason: String,
    },
    /// Give it back.
    #[serde(rename = "task.release")]
    Release {},
    /// Begin.
    #[serde(rename = "task.start")]
    Start {},
    /// Say how it ended.
    #[serde(rename = "task.report")]
    Report {
        /// How.
        outcome: VisitOutcome,
        /// In the visitor's words.
        note: String,
        /// What the household was found to need.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        needs: Vec<&'static str>,
    },
    /// Give it to somebody, whoever has it now.
    #[serde(rename = "task.reassign")]
    Reassign {
        /// To whom.
        person_id: PersonId,
    },
    /// Move its last day.
    #[serde(rename = "task.reschedule")]
    Reschedule {
        /// The last day it should be done.
        due_on: NaiveDate,
    },
    /// Call it off.
    #[serde(rename = "task.cancel")]
    Cancel {
        /// Why.
        reason: String,
    },
}

impl Deed {
    /// Whether this tells of a visit that was made.
    pub const fn is_report(&self) -> bool {
        matches!(self, Self::Report { .. })
    }

    /// Whether the wire asks for the version it was decided on.
    pub const fn needs_base(&self) -> bool {
        matches!(self, Self::Reschedule { .. } | Self::Cancel { .. })
    }
}

/// A command of an outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Its name for ever.
    pub id: CommandId,
    /// To which task.
    pub task_id: TaskId,
    /// The version it was decided on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_version: Option<i64>,
    /// When, by the phone's clock.
    pub at: DateTime<FixedOffset>,
    /// What is done.
    #[serde(flatten)]
    pub deed: Deed,
}

/// The body of `POST /v1/sync`.
#[derive(Clone, Debug, Serialize)]
pub struct Push {
    /// How far the phone has come; absent for a first snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many changes at the most, 1 to 1000.
    pub limit: u16,
    /// How the device calls itself.
    pub device: String,
    /// What the phone's clock shows while it sends.
    pub device_time: DateTime<FixedOffset>,
    /// What was done, in order; at most [`MOST_COMMANDS`].
    pub commands: Vec<Command>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It had its effect.
    Applied,
    /// A report that is kept and moved nothing.
    Recorded,
    /// It will never be.
    Rejected,
    /// Nothing was kept: send it again.
    Retry,
}

impl Outcome {
    /// Whether the phone may forget the command.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Retry)
    }
}

/// What is wrong, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// Which problem, as `task_already_claimed`.
    pub code: String,
    /// The status it would have alone.
    pub status: u16,
}

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommandResult {
    /// The command.
    pub id: CommandId,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it was answered before.
    pub replayed: bool,
    /// The task's version, where known.
    pub version: Option<i64>,
    /// Why not.
    pub problem: Option<Problem>,
}
