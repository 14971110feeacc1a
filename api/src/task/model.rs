//! What a task looks like from outside.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, PersonId, PlanId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::task::{Outcome, Phase};
use gridward_domain::time::{TimeError, TimeOfDay, Window};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::Need;

/// A span of the day, in minutes from midnight in the district's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayWindow {
    /// When it opens.
    #[schema(minimum = 0, maximum = 1439, example = 540)]
    pub start: u16,
    /// When it closes; after `start`.
    #[schema(minimum = 1, maximum = 1440, example = 720)]
    pub end: u16,
}

impl DayWindow {
    /// Whether it is one.
    ///
    /// # Errors
    /// Past the end of the day, or empty.
    pub fn check(&self) -> Result<(), TimeError> {
        Window::new(TimeOfDay::new(self.start)?, TimeOfDay::new(self.end)?).map(drop)
    }
}

/// When a plan wants a task to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedFor {
    /// The day.
    pub day: NaiveDate,
    /// The start, in minutes from midnight in the district's time.
    #[schema(minimum = 0, maximum = 1440, example = 555)]
    pub start: u16,
    /// The plan that says so.
    pub plan_id: PlanId,
}

/// One piece of work.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// Names the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(max_length = 32, example = "home_visit")]
    pub kind: String,
    /// The grid it belongs to.
    pub grid: AreaCode,
    /// Whom it is for; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Where, WGS-84.
    pub place: Place,
    /// How long it takes there.
    #[schema(minimum = 1, maximum = 480, example = 30)]
    pub minutes: u32,
    /// From 1 to 10, the most urgent.
    #[schema(minimum = 1, maximum = 10, example = 5)]
    pub priority: u8,
    /// What whoever does it must be able to do.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The first day it may be done.
    pub not_before: NaiveDate,
    /// The last day it should be done.
    pub due_on: NaiveDate,
    /// Within the day; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<DayWindow>,
    /// Where it stands.
    pub state: Phase,
    /// Who has it, or had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// Which attempt this is, from 1.
    #[schema(minimum = 1, maximum = 20, example = 1)]
    pub attempt: u8,
    /// On whose escalation_level it lies: the grid's, or the level it was escalated to.
    pub escalation_level: Level,
    /// When a plan wants it to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_for: Option<PlannedFor>,
    /// When it was made.
    pub created_at: DateTime<FixedOffset>,
    /// When it last changed.
    pub updated_at: DateTime<FixedOffset>,
    /// How often it has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}

/// A task as lists show it: what is needed to choose one. Words, codes and ids
/// go from the row into the answer as they stand; each was parsed before it
/// was written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskSummary {
    /// Names the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(max_length = 32, example = "home_visit")]
    pub kind: String,
    /// The grid it belongs to.
    pub grid: AreaCode,
    /// Whom it is for; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Where, WGS-84.
    pub place: Place,
    /// How long it takes there.
    #[schema(minimum = 1, maximum = 480, example = 30)]
    pub minutes: i32,
    /// From 1 to 10, the most urgent.
    #[schema(minimum = 1, maximum = 10, example = 5)]
    pub priority: i32,
    /// The first day it may be done.
    pub not_before: NaiveDate,
    /// The last day it should be done.
    pub due_on: NaiveDate,
    /// Within the day; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<DayWindow>,
    /// Where it stands.
    pub state: Phase,
    /// Who has it, or had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// The day a plan wants it to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_on: Option<NaiveDate>,
    /// Which attempt this is, from 1.
    #[schema(minimum = 1, maximum = 20, example = 1)]
    pub attempt: i32,
    /// How often it has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}

/// A task that somebody else has, as a conflict shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldTask {
    /// The task as it stands.
    pub task: Task,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
}

/// Who has a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Holder {
    /// Names the person.
    pub id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
}

/// How a task went. Notes, answers, needs, place and times are kept sealed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "outcome": "done", "note": "一切安好，需要换一只灯泡。", "answers": {"health": "good"},
    "place": {"lat": 29.28874, "lon": 106.26093}, "accuracy_m": 12.0,
    "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00"
}))]
pub struct NewReport {
    /// How it ended.
    pub outcome: Outcome,
    /// In the visitor's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// Answers to the form of the kind of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// What the household was found to need.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 7, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// Where the visitor stood, WGS-84; only if needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How far off the place may be, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub accuracy_m: Option<f64>,
    /// When it began, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// When it ended, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Photos, signatures and voices that belong to it; they may arrive later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
}
