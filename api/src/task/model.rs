//! The public representation of a task.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::{Instructions, Note, Occasion, TaskTitle};
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, PersonId, PlanId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::{AmountFen, Attempts, Priority, ServiceMinutes, Version};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::task::{Outcome, Phase};
use gridward_domain::time::{TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::assignment::task_tie::{TaskTie, TiedTask};
use super::creation::task_origin::TaskOrigin;
use super::view::planned_why::PlannedWhy;
use super::view::unserved_why::UnservedWhy;
use super::words::{Goods, TaskGuest, TaskWords};
use crate::http::deserialize;

/// The time of a planned visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedFor {
    /// The day.
    pub day: NaiveDate,
    /// The start, in minutes from midnight in the district's time zone.
    pub start: TimeOfDay,
    /// The plan; absent for a time that was set by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// Why the plan chose the assignee; `GET /v1/tasks/{id}/explanation` says more. Absent in plans of
    /// earlier versions, as `travel` and `order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<PlannedWhy>,
    /// Travel time to the place, in minutes, from the visit before or from home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1440, example = 12)]
    pub travel: Option<i32>,
    /// The position on the assignee's day, from 1, as planned: a later plan may add visits in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1440, example = 2)]
    pub order: Option<i32>,
}

/// A task, in the caller's view.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// Identifies the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(value_type = String, max_length = 32, example = "home_visit")]
    pub kind: KindCode,
    /// The version of the kind when the task was created; its reports are checked by it.
    // Answers stored by the previous version have none: a kind could not change.
    #[serde(default = "first_version")]
    #[schema(value_type = Version, required = true)]
    pub kind_version: i64,
    /// The title, without personal data; for a beneficiary only for staff and the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TaskTitle>,
    /// What the task is for, such as a festival; shown as `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion: Option<Occasion>,
    /// What the visitor does. Only for staff and the visitor; absent in the answers of commands
    /// other than edits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
    /// The money that the visitor hands over, in fen; shown as `instructions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// The goods that the visitor brings; shown as `instructions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub goods: Vec<Goods>,
    /// The guest who comes along; shown as `instructions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<TaskGuest>,
    /// The grid of the task.
    pub grid: AreaCode,
    /// The name of the grid. Absent in the answers of commands, and in sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: Option<String>,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary. Absent for auditors, in the answers of commands, and in
    /// sync, where the row of the beneficiary has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// The exact position, WGS-84: of a task at a place, and of a home for its visitor, from the
    /// assignment until 72 hours after the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The centre of the home's cell of about 500 m, WGS-84; instead of `place`. Auditors get
    /// neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Place>,
    /// Duration at the place, in minutes.
    pub minutes: ServiceMinutes,
    /// Priority from 1 (lowest) to 10 (most urgent).
    pub priority: Priority,
    /// Skills that the assignee must have.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The earliest day of the visit.
    pub not_before: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The time window within the day; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The state.
    pub state: Phase,
    /// The assignee, or the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// The name of the assignee. Absent for auditors, in the answers of commands, and in sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub assignee_name: Option<String>,
    /// The number of the attempt, from 1.
    pub attempt: Attempts,
    /// How the last visit of a failed task ended. Only in sync, for the manager of its grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The level that is responsible for the task: the grid, or the level it was escalated to.
    // Answers stored by the previous version say `desk`.
    #[serde(alias = "desk")]
    pub escalation_level: Level,
    /// The time of the planned visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_for: Option<PlannedFor>,
    /// Why the last applied plan left the open task without a visitor; absent if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unserved_why: Option<UnservedWhy>,
    /// What the task follows from; absent for other tasks, and shown as `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<TaskOrigin>,
    /// What ties the visit to those of other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<TaskTie>,
    /// The other tasks of the tie. Only in `GET /v1/tasks/{id}`, in the answer to the cancellation of a
    /// visit that two people make, and on the phone of each of them, for visits in its area.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub tied: Vec<TiedTask>,
    /// When the task was created.
    pub created_at: DateTime<FixedOffset>,
    /// When the task was last changed.
    pub updated_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

impl Task {
    /// The task with its words.
    #[must_use]
    pub fn with(self, words: TaskWords) -> Self {
        let TaskWords { instructions, amount_fen, goods, guest } = words;
        Self { instructions, amount_fen, goods, guest, ..self }
    }
}

const fn first_version() -> i64 {
    1
}

/// A task as lists show it: the fields needed to choose one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskSummary {
    /// Identifies the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(value_type = String, max_length = 32, example = "home_visit")]
    pub kind: KindCode,
    /// The title, without personal data; for a beneficiary only for staff and the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TaskTitle>,
    /// The grid of the task.
    pub grid: AreaCode,
    /// The name of the grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: Option<String>,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// The exact position, WGS-84: of a task at a place, and of a home for its visitor, from the
    /// assignment until 72 hours after the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The centre of the home's cell of about 500 m, WGS-84; instead of `place`. Auditors get
    /// neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Place>,
    /// Duration at the place, in minutes.
    pub minutes: ServiceMinutes,
    /// Priority from 1 (lowest) to 10 (most urgent).
    pub priority: Priority,
    /// Skills that the assignee must have.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The earliest day of the visit.
    pub not_before: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The time window within the day; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The state.
    pub state: Phase,
    /// The assignee, or the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// The name of the assignee; absent for auditors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub assignee_name: Option<String>,
    /// The day of the planned visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_on: Option<NaiveDate>,
    /// The number of the attempt, from 1.
    pub attempt: Attempts,
    /// The level that is responsible for the task: the grid, or the level it was escalated to.
    pub escalation_level: Level,
    /// What the task follows from; absent for other tasks, and shown as `title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<TaskOrigin>,
    /// What ties the visit to those of other tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie: Option<TaskTie>,
    /// When the task was last changed.
    pub updated_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The current task and its assignee, as a conflict shows them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskWithAssignee {
    /// The current task.
    pub task: Task,
    /// The current assignee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Assignee>,
}

/// The assignee of a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Assignee {
    /// Identifies the person.
    pub id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
}

/// The report of a visit. Note, answers, needs, position and times are stored encrypted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "outcome": "done", "note": "一切安好，需要换一只灯泡。", "answers": {"health": "good"},
    "place": {"lat": 29.28874, "lon": 106.26093}, "accuracy_m": 12.0,
    "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00"
}))]
pub struct NewReport {
    /// The outcome.
    pub outcome: Outcome,
    /// The visitor, if the caller reports the visit of another person, such as one without a phone:
    /// the assignee of a task that the caller may direct.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// Free text by the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The answers to the form of the kind of service. The fields that it requires are required of a visit that took
    /// place (`done`, `needs_follow_up`). Answers to fields that it lacks are stored with the others: the form of an
    /// app may be older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// The beneficiary's needs found during the visit, words of the vocabulary `needs`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 200, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// The visitor's position, WGS-84; only if required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The accuracy of the position, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub accuracy_m: Option<f64>,
    /// The start of the visit, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::optional_time")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// The end of the visit, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::optional_time")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Photos, signatures and voice recordings of the report; they may be uploaded later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_that_was_kept_by_the_version_before_is_read() {
        let kept = json!({
            "id": "0198a3b0-0000-7000-8000-000000000001", "kind": "home_visit",
            "grid": "500116001002001", "place": { "lat": 29.28, "lon": 106.25 }, "minutes": 30,
            "priority": 5, "skills": [], "not_before": "2026-08-01", "due_on": "2026-08-05",
            "state": "open", "attempt": 1, "desk": "town", "version": 3,
            "created_at": "2026-08-01T09:00:00+08:00", "updated_at": "2026-08-01T09:00:00+08:00"
        });
        let task: Task = serde_json::from_value(kept).expect("a task");
        assert_eq!(task.escalation_level, Level::Town);
        assert_eq!(json!(task)["escalation_level"], "town");
        assert_eq!(json!(task)["kind_version"], 1);
    }
}
