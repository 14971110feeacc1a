//! The order, and the result of each task.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::Level;
use gridward_domain::id::{BeneficiaryId, BulkId, PersonId, PlanId, TaskId};
use gridward_domain::range::{Attempts, BaseVersion, Version};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::problem::Kept;
use crate::http::problem::answer::{Language, LocalizedProblem};
use crate::task::commands::transition::Change;
use crate::task::row::TaskRow;
use crate::task::view::planned_why::PlannedWhy;
use crate::task::view::unserved_why::UnservedWhy;

/// The commands of a bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(parse_err_ty = UnknownWord, parse_err_fn = unknown::<TaskBulkType>)]
pub enum TaskBulkType {
    /// Assigns open tasks. Payload: as of a reassignment.
    #[serde(rename = "task.assign")]
    #[strum(serialize = "task.assign")]
    Assign,
    /// Takes tasks from their assignees. Payload: the reason.
    #[serde(rename = "task.unassign")]
    #[strum(serialize = "task.unassign")]
    Unassign,
    /// Assigns tasks, with or without an assignee.
    #[serde(rename = "task.reassign")]
    #[strum(serialize = "task.reassign")]
    Reassign,
    /// Changes days or window; needs the base version of each task.
    #[serde(rename = "task.reschedule")]
    #[strum(serialize = "task.reschedule")]
    Reschedule,
    /// Escalates tasks by one level. Payload: the reason.
    #[serde(rename = "task.escalate")]
    #[strum(serialize = "task.escalate")]
    Escalate,
    /// Cancels tasks; needs the base version of each task. Payload: the reason.
    #[serde(rename = "task.cancel")]
    #[strum(serialize = "task.cancel")]
    Cancel,
    /// Creates a task for each beneficiary. Payload: a new task without a beneficiary.
    #[serde(rename = "task.create")]
    #[strum(serialize = "task.create")]
    Create,
}

/// Commands to many tasks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "dry_run": true, "commands": [{
    "type": "task.create", "payload": { "kind": "condolence", "title": "春节慰问" },
    "beneficiary_ids": ["018d622e-06c6-75e0-82a8-eee14b60d3d8"]
}] }))]
pub struct TaskBulk {
    /// Whether the answer only says what would become of each task.
    #[serde(default)]
    pub(super) dry_run: bool,
    /// The commands, in order, for up to 2,000 tasks in all.
    #[schema(min_items = 1, max_items = 2000)]
    pub(super) commands: Vec<TaskBulkCommand>,
}

/// One command to some tasks, or for some beneficiaries.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskBulkCommand {
    /// The command.
    pub(super) r#type: TaskBulkType,
    /// The arguments, as the body of the command's own path.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) payload: Map<String, Value>,
    /// The tasks; none for `task.create`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2000)]
    pub(super) tasks: Vec<BulkTask>,
    /// The beneficiaries, for `task.create` only. Without any, one task is created at the place of
    /// the payload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2000)]
    pub(super) beneficiary_ids: Vec<BeneficiaryId>,
}

impl TaskBulkCommand {
    /// The number of its tasks.
    pub(super) fn len(&self) -> usize {
        match self.r#type {
            TaskBulkType::Create => self.beneficiary_ids.len().max(1),
            _ => self.tasks.len(),
        }
    }
}

/// A task of a bulk.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTask {
    /// The task.
    pub(super) id: TaskId,
    /// The version that the command is based on, as `If-Match` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base_version: Option<BaseVersion>,
}

/// The outcome of a command to one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<TaskBulkOutcome>)]
pub enum TaskBulkOutcome {
    /// The task is as the command says.
    Applied,
    /// Nothing was changed; `problem` gives the reason.
    Rejected,
}

/// The result of a command to one task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskBulkResult {
    /// The outcome.
    outcome: TaskBulkOutcome,
    /// The task; absent for one that was not created.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<TaskId>,
    /// The version of the task after the command, if applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Version>)]
    version: Option<i64>,
    /// The reason why the command was rejected; with `current` only if it, or an undo, would break rules of an
    /// assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::http::problem::answer::Body<'static>>)]
    problem: Option<LocalizedProblem>,
}

/// The results of a bulk.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskBulkResults {
    /// Identifies the bulk, to undo it; absent if nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<BulkId>,
    /// Until when it can be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo_until: Option<DateTime<FixedOffset>>,
    /// The number of commands that took effect.
    #[schema(minimum = 0, maximum = 2000)]
    applied: u32,
    /// The number of commands that did not.
    #[schema(minimum = 0, maximum = 2000)]
    rejected: u32,
    /// One result for each task, in the order of the commands.
    #[schema(max_items = 2000)]
    results: Vec<TaskBulkResult>,
}

/// The stored result of a command to one task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct One {
    pub(super) task: Option<TaskId>,
    pub(super) result: Result<i64, Kept>,
}

/// The stored results of a bulk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Made {
    pub(super) id: Option<BulkId>,
    pub(super) undo_until: Option<DateTime<FixedOffset>>,
    pub(super) results: Vec<One>,
}

impl Made {
    /// The answer in a language.
    pub(super) fn answer(self, language: Language) -> TaskBulkResults {
        let count = |is_applied: bool| {
            let those = self.results.iter().filter(|one| one.result.is_ok() == is_applied);
            u32::try_from(those.count()).unwrap_or(u32::MAX)
        };
        let (applied, rejected) = (count(true), count(false));
        let result = |one: One| match one.result {
            Ok(version) => TaskBulkResult {
                outcome: TaskBulkOutcome::Applied,
                task_id: one.task,
                version: Some(version),
                problem: None,
            },
            Err(kept) => TaskBulkResult {
                outcome: TaskBulkOutcome::Rejected,
                task_id: one.task,
                version: None,
                problem: Some(LocalizedProblem(kept.into(), language)),
            },
        };
        let results = self.results.into_iter().map(result).collect();
        TaskBulkResults { id: self.id, undo_until: self.undo_until, applied, rejected, results }
    }
}

/// What undoes the command to one task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Inverse {
    pub(super) task: TaskId,
    /// The version after the command.
    pub(super) version: i64,
    /// The state before; `None` if the command created the task.
    pub(super) before: Option<Before>,
    /// The second task of a visit by two people, which the command changed along.
    #[serde(default)]
    pub(super) second: Option<Restoration>,
}

/// What restores a task that a command changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Restoration {
    pub(super) task: TaskId,
    /// The version after the command.
    pub(super) version: i64,
    /// The state before.
    pub(super) before: Before,
}

impl Restoration {
    pub(super) const fn of(Change { before, after }: &Change) -> Self {
        Self { task: after.id, version: after.version, before: Before::of(before) }
    }
}

/// What commands change of a task.
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    pub state: Phase,
    pub assignee: Option<PersonId>,
    pub planned_on: Option<NaiveDate>,
    pub planned_start: Option<TimeOfDay>,
    pub planned_minutes: Option<i32>,
    pub plan: Option<PlanId>,
    #[serde(default)]
    pub planned_why: Option<PlannedWhy>,
    #[serde(default)]
    pub planned_travel: Option<i32>,
    #[serde(default)]
    pub planned_order: Option<i32>,
    #[serde(default)]
    pub unserved_why: Option<UnservedWhy>,
    pub not_before: NaiveDate,
    pub due_on: NaiveDate,
    pub window_start: Option<TimeOfDay>,
    pub window_end: Option<TimeOfDay>,
    pub attempt: Attempts,
    pub escalation_level: Level,
}

impl Before {
    pub(super) const fn of(row: &TaskRow) -> Self {
        Self {
            state: row.state,
            assignee: row.assignee,
            planned_on: row.planned_on,
            planned_start: row.planned_start,
            planned_minutes: row.planned_minutes,
            plan: row.plan,
            planned_why: row.planned_why,
            planned_travel: row.planned_travel,
            planned_order: row.planned_order,
            unserved_why: row.unserved_why,
            not_before: row.not_before,
            due_on: row.due_on,
            window_start: row.window_start,
            window_end: row.window_end,
            attempt: row.attempt,
            escalation_level: row.escalation_level,
        }
    }

    /// The row with these values.
    pub(super) fn restored(self, row: &TaskRow) -> TaskRow {
        let Self { state, assignee, planned_on, planned_start, planned_minutes, plan, .. } = self;
        let Self { planned_why, planned_travel, planned_order, unserved_why, .. } = self;
        let Self { not_before, due_on, window_start, window_end, attempt, .. } = self;
        TaskRow {
            state,
            assignee,
            planned_on,
            planned_start,
            planned_minutes,
            plan,
            planned_why,
            planned_travel,
            planned_order,
            unserved_why,
            not_before,
            due_on,
            window_start,
            window_end,
            attempt,
            escalation_level: self.escalation_level,
            ..row.clone()
        }
    }
}
