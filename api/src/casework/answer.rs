//! The answers of casework: a changed beneficiary, and what became of the tasks.

use chrono::NaiveDate;
use gridward_domain::code::KindCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::range::Version;
use gridward_domain::task::Phase;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::beneficiary::Beneficiary;

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskFate {
    /// It stays where it is.
    Kept,
    /// It is at another place.
    Moved,
    /// It is at another place and open: its assignee, who had not accepted it, works elsewhere.
    Opened,
    /// It was cancelled.
    Cancelled,
    /// Its visit is under way, so it stays until it is reported.
    Started,
    /// It was cancelled by the end of the beneficiary, and is open again.
    Reopened,
}

/// A task that a change concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AffectedTask {
    /// Identifies the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(value_type = String, max_length = 32, example = "home_visit")]
    pub kind: KindCode,
    /// The due day.
    pub due_on: NaiveDate,
    /// Its state afterwards.
    pub state: Phase,
    /// Its assignee afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// What became of it.
    pub fate: TaskFate,
    /// Whether it is to be planned anew: it is open, or its assignee does not work in its grid.
    pub needs_planning: bool,
    /// Its version afterwards.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// Two tasks of a merged beneficiary at the same hour; both are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clash {
    /// The task of the entry that stays.
    pub task_id: TaskId,
    /// The task of the duplicate.
    pub other_task_id: TaskId,
}

/// The most tasks and clashes that an answer names.
pub(super) const MOST_NAMED: usize = 500;

/// A changed beneficiary, masked, and the tasks that the change concerns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedBeneficiary {
    /// The beneficiary.
    pub beneficiary: Beneficiary,
    /// The unfinished tasks, and those that the change finished or reopened.
    #[schema(max_items = 500)]
    pub tasks: Vec<AffectedTask>,
    /// After a merge: the tasks that are at the same hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub clashes: Vec<Clash>,
}
