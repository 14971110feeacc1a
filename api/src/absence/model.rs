//! A new absence, and the tasks that it affects.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::Window;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::affected::AbsenceEffect;
use crate::availability::model::{Absence, AbsenceReason};
use crate::http::problem::Problem;
use crate::task::assignment::breach::Breach;
use crate::task::assignment::takers::HeldMinutes;

/// A new absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "first_day": "2026-10-08", "last_day": "2026-10-12", "reason": "leave", "release": true
}))]
pub struct NewAbsence {
    /// The first day; it may be in the past.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub first_day: NaiveDate,
    /// The last day: today or later, at most a year after the first.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub last_day: NaiveDate,
    /// The hours, if the person is away for a part of a single day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The reason.
    pub reason: AbsenceReason,
    /// A note, stored encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// Whether the affected tasks become open again, except for started visits. Otherwise they
    /// stay assigned.
    #[serde(default)]
    pub release: bool,
    /// With `release`: an active manager or volunteer in the caller's area who gets each affected task
    /// that breaks no rule of an assignment. A planned visit keeps its day and hour: the person must work
    /// then and have no other visit at that time or too near to it for the way. The others become open, with
    /// their `breaches`. For those who may assign (403 for others).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub give_to: Option<PersonId>,
    /// With `release`, instead of `give_to`: whether the affected tasks are given to the active managers
    /// and volunteers of the person's village in the caller's area, each to the one with the largest
    /// part left of the minutes that plans may use in its week (of a manager's, `manager_dispatch_percent`), among those who
    /// can take it as with `give_to`; the others become open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spread: bool,
    /// With `release` (422 without): whether a draft of a plan for the tasks that are open again is ordered, for
    /// those who may plan (403 for others). It gives at most 2,000 of them to others within their town, as far as
    /// that is in the caller's area (a manager's plan stays in the grid), if they are possible within 30 days; plans of the district's own have the others, and all of them if it fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
}

impl NewAbsence {
    /// Checks that the principal may do with the tasks what the absence wants.
    ///
    /// # Errors
    /// 403 for tasks that others get by those who may not assign, and for a plan by those who may not plan.
    pub(super) fn check_rights(&self, principal: &Principal) -> Result<(), Problem> {
        if self.give_to.is_some() || self.spread {
            principal.may(Action::DirectTask)?;
        }
        if self.plan {
            principal.may(Action::Dispatch)?;
        }
        Ok(())
    }
}

/// A task that an absence affects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskDuringAbsence {
    /// The task.
    pub task_id: TaskId,
    /// Its grid.
    pub grid: AreaCode,
    /// Its state before.
    pub was: Phase,
    /// The day for which it was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_on: Option<NaiveDate>,
    /// Its due day.
    pub due_on: NaiveDate,
    /// What becomes of it.
    pub effect: AbsenceEffect,
    /// The new assignee of a task that is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The rules that keep the task from the person of `give_to`, so that it is open; with `spread`, from the
    /// one of the people who would break the fewest.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 8)]
    pub breaches: BTreeSet<Breach>,
}

/// A new absence and the tasks that it affects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "absence": {
        "id": "0198a3b0-0000-7000-8000-000000000001",
        "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
        "first_day": "2026-10-08", "last_day": "2026-10-12", "reason": "leave",
        "created_by_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
        "created_at": "2026-10-01T09:00:00+08:00"
    },
    "tasks": [{
        "task_id": "0198a3b0-0000-7000-8000-0000000000aa", "grid": "500116001002001",
        "was": "accepted", "planned_on": "2026-10-08", "due_on": "2026-10-20", "effect": "released"
    }],
    "tasks_elsewhere": 0
}))]
pub struct AddedAbsence {
    /// The absence.
    pub absence: Absence,
    /// The affected tasks that the caller may see, ordered by id. A started visit stays.
    #[schema(max_items = 10_000)]
    pub tasks: Vec<TaskDuringAbsence>,
    /// The number of affected tasks outside the caller's area; they stay assigned.
    #[schema(minimum = 0, maximum = 10_000, example = 0)]
    pub tasks_elsewhere: i32,
    /// The minutes of those who got tasks, before and after, if tasks are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub loads: Vec<HeldMinutes>,
    /// The plan of the tasks that are open again, if `plan` is set; it is computed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
}
