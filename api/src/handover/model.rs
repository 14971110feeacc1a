//! The requests and answers of handovers.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{CommandReason, RegimeName};
use gridward_domain::id::{PersonId, PlanId, RegimeId, TaskId};
use gridward_domain::range::Version;
use gridward_domain::task::Phase;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decide::{self, Wishes};
use crate::person::{PersonState, Role};
use crate::task::assignment::breach::Breach;
use crate::task::assignment::takers::HeldMinutes;

/// Why a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<DepartureReason>)]
pub enum DepartureReason {
    /// 辞职
    Resigned,
    /// 解聘
    Dismissed,
    /// 因病离岗
    Ill,
    /// 去世
    Died,
    /// 迁出
    Moved,
    /// 退休
    Retired,
    /// 其他
    Other,
}

/// The new assignee of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskHandover {
    /// An unfinished task of the person, in the caller's area.
    pub task_id: TaskId,
    /// An active manager or volunteer in the caller's area who breaks no rule of an assignment by hand by the task (409
    /// names the rules); absent to open the task. A planned visit keeps its day and hour if that person works then and has no other visit
    /// at that time or too near to it for the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_to: Option<PersonId>,
}

/// The end of a person's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "preview": true, "reason": "ill", "give_to": "018cc7af-06c6-75e0-82a8-eee14b60d3d8"
}))]
pub struct Departure {
    /// Whether the outcome is only reported and nothing is changed.
    pub preview: bool,
    /// The reason.
    pub reason: DepartureReason,
    /// A note, stored encrypted in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The next manager of a manager's grid: an active volunteer in the caller's area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor_id: Option<PersonId>,
    /// An active manager or volunteer in the caller's area, who gets each task that `tasks` does
    /// not name and by which the person breaks no rule of an assignment by hand: skills, minutes of the week, hours, absence and duty on
    /// the possible days, forbidden visitors, ties. The others become open, with the `obstacle`. A planned visit keeps its day and hour if
    /// that person works then and has no other visit at that time or too near to it for the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_to: Option<PersonId>,
    /// The new assignees of single tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub tasks: Vec<TaskHandover>,
    /// Instead of `give_to`: whether the tasks that `tasks` does not name are given to the active managers and
    /// volunteers of the person's village in the caller's area, but for the successor, each to the one with the largest part left of the
    /// minutes that plans may use in its week, as at an absence; those that no one may take become open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spread: bool,
    /// Whether a draft of a plan for the tasks that become open is ordered, for those who may plan
    /// (403 for others). It gives at most 2,000 of them to others within their town, as far as that is
    /// in the caller's area; they wait for it, and no plan of the district's own has them unless it fails. A task
    /// that is not possible within 30 days is left to those. A preview orders none: the minutes that it would
    /// give are known once it is computed, as its `loads`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
}

/// The new area or role of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "preview": true, "area": "500116001002002", "role": "volunteer" }))]
pub struct Relocation {
    /// Whether the outcome is only reported and nothing is changed.
    pub preview: bool,
    /// The new area, in the caller's area: a grid for a manager or volunteer.
    pub area: AreaCode,
    /// The new role: supervisor, manager or volunteer. Absent to keep the present one. The present
    /// manager of the new grid becomes a volunteer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// A note, stored encrypted in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The next manager of the grid that a manager leaves: an active volunteer in the caller's
    /// area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor_id: Option<PersonId>,
    /// An active manager or volunteer in the caller's area, who gets each task outside the new area
    /// that `tasks` does not name, by the rules of an assignment, as at a departure. The others become open. Times
    /// are kept as at a departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_to: Option<PersonId>,
    /// The new assignees of single tasks outside the new area.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub tasks: Vec<TaskHandover>,
    /// Instead of `give_to`: whether the tasks outside the new area that `tasks` does not name are given to the
    /// people of the village that the person leaves, as at a departure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spread: bool,
    /// Whether a draft of a plan for the tasks that become open is ordered, as at a departure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
}

fn wishes(
    successor: Option<PersonId>,
    give_to: Option<PersonId>,
    tasks: &[TaskHandover],
) -> Wishes {
    let wish = |one: &TaskHandover| decide::TaskWish { task: one.task_id, give_to: one.give_to };
    Wishes { successor, give_to, tasks: tasks.iter().map(wish).collect() }
}

impl Departure {
    /// A departure that opens all tasks.
    pub fn without_wishes(reason: DepartureReason, note: Option<CommandReason>) -> Self {
        let (successor_id, give_to, tasks) = (None, None, Vec::new());
        Self {
            preview: false,
            reason,
            note,
            successor_id,
            give_to,
            tasks,
            spread: false,
            plan: false,
        }
    }

    /// The wishes for the person's work.
    pub fn wishes(&self) -> Wishes {
        wishes(self.successor_id, self.give_to, &self.tasks)
    }

    /// Whether others get tasks.
    pub fn gives(&self) -> bool {
        self.spread || self.wishes().give()
    }
}

impl Relocation {
    /// The wishes for the person's work.
    pub fn wishes(&self) -> Wishes {
        wishes(self.successor_id, self.give_to, &self.tasks)
    }
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<TaskOutcome>)]
pub enum TaskOutcome {
    /// It is assigned to `person_id`.
    Given,
    /// It is open, for the next plan.
    Opened,
    /// It stays with the person: a visit that has started.
    Kept,
    /// Its beneficiary has ended, so it is cancelled.
    Cancelled,
}

/// Why a task was opened although `give_to` names a person; with `spread`, the obstacle of the person of the village
/// who would break the fewest rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Obstacle>)]
pub enum Obstacle {
    /// The person is no active manager or volunteer in the caller's area.
    NotACandidate,
    /// The task is outside the caller's area.
    OutsideArea,
    /// The person lacks a skill that the task requires.
    MissingSkill,
    /// The person must not visit the beneficiary.
    Forbidden,
    /// Another person makes the tied tasks.
    SamePerson,
    /// The person makes the other task of a visit by two people.
    TwoPeople,
    /// The person is away on all days of the task, or off duty.
    Absence,
    /// The person's hours do not meet the time window of the task on any day.
    Window,
    /// The person has another visit at the time of the visit by two people.
    Overlap,
    /// The person's minutes of the week do not suffice.
    Minutes,
}

impl Obstacle {
    /// The obstacle that these broken rules are; of several the one that lasts longest.
    pub fn of(broken: &BTreeSet<Breach>) -> Option<Self> {
        let of = |breach: &Breach| match breach {
            Breach::Skill => Self::MissingSkill,
            Breach::Minutes => Self::Minutes,
            Breach::Window => Self::Window,
            Breach::Absence => Self::Absence,
            Breach::Forbidden => Self::Forbidden,
            Breach::SamePerson => Self::SamePerson,
            Breach::TwoPeople => Self::TwoPeople,
            Breach::Overlap => Self::Overlap,
        };
        // They are declared in this order.
        broken.iter().map(of).min()
    }
}

/// A task and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandedTask {
    /// The task.
    pub task_id: TaskId,
    /// Its grid.
    pub grid: AreaCode,
    /// Its state before; `in_progress` is a visit that had started.
    pub was: Phase,
    /// The day for which it was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_on: Option<NaiveDate>,
    /// What becomes of it.
    pub outcome: TaskOutcome,
    /// The new assignee of a task that is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// Why the task is opened although `give_to` names a person, or with `spread`: the broken rule that lasts longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
}

/// The manager who follows in a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Succession {
    /// The grid.
    pub grid: AreaCode,
    /// Its next manager.
    pub manager_id: PersonId,
}

/// A regime that goes on without its responsible person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0198a3b0-0000-7000-8000-0000000000bb", "name": "独居对象每月走访",
    "name_en": "Monthly visits to those who live alone"
}))]
pub struct RegimeWithoutResponsible {
    /// The regime.
    pub id: RegimeId,
    /// Its name in Chinese.
    pub name: RegimeName,
    /// Its name in English.
    pub name_en: RegimeName,
}

/// The outcome of a departure or a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "preview": false, "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "state": "left",
    "role": "volunteer", "area": "500116001002001", "version": 4, "tasks_elsewhere": 0,
    "tasks": [{
        "task_id": "0198a3b0-0000-7000-8000-0000000000aa", "grid": "500116001002001",
        "was": "accepted", "planned_on": "2026-10-08", "outcome": "opened"
    }]
}))]
pub struct Handover {
    /// Whether nothing was changed.
    pub preview: bool,
    /// The person.
    pub person_id: PersonId,
    /// The person's state afterwards.
    pub state: PersonState,
    /// The person's role afterwards.
    pub role: Role,
    /// The person's area afterwards.
    pub area: AreaCode,
    /// The person's version: in a preview the present one.
    #[schema(value_type = Version)]
    pub version: i64,
    /// The manager who follows in the grid of a manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succession: Option<Succession>,
    /// The person's unfinished tasks in the caller's area that are not simply kept, ordered by id,
    /// with each started visit.
    #[schema(max_items = 10_000)]
    pub tasks: Vec<HandedTask>,
    /// The number of such tasks outside the caller's area; they are open then, or stay if they have
    /// started and the person goes on visiting.
    #[schema(minimum = 0, maximum = 10_000, example = 0)]
    pub tasks_elsewhere: i32,
    /// At a departure the active regimes of the caller's area for which the person is responsible: they need another
    /// one, and their nearest supervisors get a notice. Absent for callers who read no regimes,
    /// such as managers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub regimes: Vec<RegimeWithoutResponsible>,
    /// The minutes of those who get tasks, before and after; absent in the answer to a repeated call. The minutes
    /// that a plan gives are those of `GET /v1/plans/{id}/loads`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub loads: Vec<HeldMinutes>,
    /// The plan of the tasks that are open, if `plan` is set; it is computed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
}

impl Handover {
    /// The tasks that became open.
    pub fn opened(&self) -> Vec<TaskId> {
        let opened = self.tasks.iter().filter(|task| task.outcome == TaskOutcome::Opened);
        opened.map(|task| task.task_id).collect()
    }
}

/// A person who could follow as manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuccessionCandidate {
    /// The person.
    pub id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// The role: a manager of another grid follows only after that grid has another manager.
    pub role: Role,
    /// The person's grid.
    pub area: AreaCode,
}

/// The people who could follow as manager: volunteers of the grid, then managers nearby.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuccessionCandidates {
    /// The grid.
    pub grid: AreaCode,
    /// The people in the caller's area.
    #[schema(max_items = 200)]
    pub candidates: Vec<SuccessionCandidate>,
}
