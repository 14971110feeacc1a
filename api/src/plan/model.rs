//! The public representation of a plan.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};
use gridward_dispatch::solve::{Bounds, Measures, Reason, Remedy};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::TaskTitle;
use gridward_domain::id::{BeneficiaryId, CampaignId, PersonId, PlanId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;
use gridward_domain::text_column;
use gridward_domain::time::{TimeOfDay, Window};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::drafts::changed_visits::ChangedVisit;
use super::drafts::chosen_why::ChosenWhy;

/// How long a draft can be applied.
pub const APPLICABLE_FOR: TimeDelta = TimeDelta::days(7);

/// The state of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<PlanState>)]
pub enum PlanState {
    /// Being computed, or waiting for it.
    Computing,
    /// Computed; no task has changed.
    Draft,
    /// Its tasks are being assigned, in batches.
    Applying,
    /// Applied: its tasks were assigned.
    // Stored answers of before drafts existed have no state.
    #[default]
    Applied,
    /// Its tasks are being opened, in batches.
    Undoing,
    /// Applied, and undone for the tasks that had not changed since.
    Undone,
    /// Discarded without an effect, or before it was computed.
    Discarded,
    /// Could not be computed: an error of the server, which its log describes.
    Failed,
}

impl PlanState {
    /// The states in which a server works on the plan.
    pub const QUEUED: [Self; 3] = [Self::Computing, Self::Applying, Self::Undoing];
    /// The states in which the tasks of the plan are being changed.
    pub const IN_PROGRESS: [Self; 2] = [Self::Applying, Self::Undoing];

    /// Whether a server works on the plan.
    pub fn is_queued(self) -> bool {
        Self::QUEUED.contains(&self)
    }
}

text_column!(PlanState);

/// Why a plan was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<PlanOrigin>)]
pub enum PlanOrigin {
    /// A person ordered it.
    #[default]
    Ordered,
    /// It is the plan that the district makes each night.
    Nightly,
    /// Its tasks had lost their assignees.
    Replan,
    /// It was ordered with an absence, a departure or a move, for the tasks that these opened.
    Released,
}

text_column!(PlanOrigin);

impl PlanOrigin {
    /// Whether a person ordered the plan, by itself or with a change that opened its tasks.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Ordered | Self::Released)
    }
}

/// A plan: the result of one dispatch run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Identifies the plan.
    pub id: PlanId,
    /// The campaign of a dry plan, which cannot be applied: its answer is that of
    /// `GET /v1/campaigns/{id}/feasibility`. Absent for every other plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// The planned area.
    pub area: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The random seed. The same seed and the same tasks give the same plan.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub seed: i64,
    /// The state.
    #[serde(default)]
    pub state: PlanState,
    /// Why it was made.
    #[serde(default)]
    pub origin: PlanOrigin,
    /// Number of tasks that the plan assigned, or that a draft would assign, moved ones included.
    #[schema(minimum = 0, maximum = 10_000_000, example = 380)]
    pub assigned: u32,
    /// Number of tasks that the plan left when it was applied, since they or their people had changed.
    #[schema(minimum = 0, maximum = 10_000_000, example = 0)]
    pub overtaken: u32,
    /// Number of open tasks of the selection that are due before the first day, so that the plan leaves
    /// them out: earlier days are possible. `include_late` plans them, and so does a change that names them.
    /// Visits that a plan gave for a day that has passed and that were never accepted count as open tasks.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000_000, example = 0)]
    pub overdue: u32,
    /// How it differs from the plan on which it is based; absent before it is computed, and of one that is
    /// based on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<PlanBase>,
    /// Quality measures of the plan; absent before it is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Measures>)]
    pub measures: Option<Value>,
    /// Lower bounds of the measures: how far from the best possible the plan is at most. Absent before it is
    /// computed, and of some plans of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// The part that is done of a plan in state `computing`, `applying` or `undoing`, in percent; absent
    /// while it waits for a server, for instance until another plan is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100, example = 40)]
    pub progress: Option<u8>,
    /// When the plan was created.
    pub created_at: DateTime<FixedOffset>,
    /// When the plan came into its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_since: Option<DateTime<FixedOffset>>,
    /// Until when a draft can be applied; absent in other states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<FixedOffset>>,
}

/// How a plan differs from the one on which it is based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanBase {
    /// The plan on which it is based.
    pub plan_id: PlanId,
    /// Number of visits with the person, the day and the start that they have in that plan.
    #[schema(minimum = 0, maximum = 10_000_000, example = 41)]
    pub kept: u32,
    /// Number of visits of that plan that have another person, day or start, or none any more.
    #[schema(minimum = 0, maximum = 10_000_000, example = 1)]
    pub moved: u32,
}

/// A plan after it was applied or undone, and the tasks that this left as they are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanResult {
    /// The plan.
    pub plan: Plan,
    /// The tasks of the plan that were left as they are.
    #[schema(max_items = 1_000_000)]
    pub left: Vec<LeftTask>,
}

/// A task of a plan that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "task_id": "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22", "because": "changed", "state": "accepted"
}))]
pub struct LeftTask {
    /// The task.
    pub task_id: TaskId,
    /// Why.
    pub because: LeftBecause,
    /// Its present state; absent if the task no longer exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Phase>,
    /// The other plan that has given the task to its assignee meanwhile; absent for other changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
}

/// Why a task was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<LeftBecause>)]
pub enum LeftBecause {
    /// The task has changed meanwhile.
    Changed,
    /// The time of the visit has come meanwhile: its person would have had to leave already.
    Passed,
    /// The person has left, works in another grid, is away then or has other hours, lacks a skill or must not
    /// visit the beneficiary meanwhile.
    PersonUnavailable,
    /// The person has another visit at that time meanwhile, for instance by another plan, or one from which the
    /// way takes longer.
    PersonBusy,
    /// The person has no minutes left in that week meanwhile: fewer are offered, or other visits take them. A visit
    /// takes its service and, if a plan gave it, the travel that it adds to its day.
    NoMinutes,
    /// The visit is tied to one that is left: two people make it, or one person both.
    Tied,
}

text_column!(LeftBecause);

/// The planned visit of one task, or the reason why there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanVisit {
    /// The task.
    pub task_id: TaskId,
    /// The task's grid.
    pub grid: AreaCode,
    /// The name of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: Option<String>,
    /// The code of the kind of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "home_visit")]
    pub kind: Option<String>,
    /// The title, without personal data; for a beneficiary only for staff and the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<TaskTitle>,
    /// The exact position, WGS-84: of a task at a place, and of a home for its visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The centre of the home's cell of about 500 m, WGS-84; instead of `place`. Auditors get neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<Place>,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// Duration at the place, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<ServiceMinutes>,
    /// The due day of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// The time window within the day; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The assignee; absent if no one can do the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The name of the assignee; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// The people who gave the task back, while it has not ended. No plan gives it to them again; a pin, which
    /// is a decision by hand, does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1_000)]
    pub declined_by_ids: Vec<PersonId>,
    /// The day of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// The start, in minutes from midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// How the visit differs from what the task has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangedVisit>,
    /// Travel time to the place, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1440, example = 12)]
    pub travel: Option<i32>,
    /// Why this person was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChosenWhy>)]
    pub why: Option<Value>,
    /// Why the task could not be planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Reason>)]
    pub reason: Option<Value>,
    /// The smallest change that would make the task plannable, if known. A plan that is `based_on` this one accepts
    /// it by the change of that kind with this task as its `task_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Remedy>)]
    pub remedy: Option<Value>,
}
