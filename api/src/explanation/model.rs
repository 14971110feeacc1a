//! The answers about one task.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::time::{TimeOfDay, Window};
use serde::Serialize;
use utoipa::ToSchema;

use super::given::HowGiven;
use super::hindrance::Hindrance;
use super::sentence::Sentence;
use crate::person::start::RouteStart;
use crate::plan::drafts::why::{DayWhy, VisitCost};
use crate::task::view::planned_why::PlannedWhy;

/// Why a task is with its assignee, or that it has none, why then, and who else could make the visit.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AssignmentExplanation {
    /// The task.
    pub task_id: TaskId,
    /// The plan that assigned it, also if its time was changed later; absent if none did, and if the visits of
    /// that plan are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// The assignee; absent for a task without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The name of the assignee; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// How the task came to its assignee, or that it has none; absent with `plan_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<HowGiven>,
    /// Why the plan chose this person; absent without `plan_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyPerson>,
    /// Why then.
    pub when: WhyThen,
    /// Up to two others, the nearest to feasible first: as of the plan, or at present if no plan gave the
    /// task or its time was changed later; none once the assignee has started, and after the end. Only
    /// callers who direct tasks see those who are hindered.
    #[schema(max_items = 2)]
    pub others: Vec<Candidate>,
}

/// Why this person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WhyPerson {
    /// The decisive reason.
    pub code: PlannedWhy,
    /// Whether the beneficiary knows the person.
    pub known: bool,
    /// Travel minutes that the visit adds to the day.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 6)]
    pub extra_travel: u32,
    /// The person's load without the visit, as a share of the minutes offered in the weeks over which the
    /// district shares work fairly (`fairness_weeks`), which end with the plan.
    #[schema(minimum = 0, example = 0.31)]
    pub share_before: f64,
    /// The person's load with the plan, as a share of these minutes; 1 is all.
    #[schema(minimum = 0, example = 0.36)]
    pub share_after: f64,
    /// Number of others of those whom the plan considered, such as those who serve the grid, who could still take
    /// over the visit on a day of the plan, also late, with the rest of the plan unchanged.
    /// `GET /v1/tasks/{id}/candidates` has those of the town, at present.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 3)]
    pub others: u32,
    /// The same in a sentence.
    pub sentence: Sentence,
}

/// Why then.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WhyThen {
    /// Why on this day and not on another; absent if no plan, or one of an earlier version, gave the task, and if
    /// its time was changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<DayWhy>,
    /// The day; absent while none is set. Of a finished task that was never planned, that of its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// The start, in minutes from midnight; absent while none is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// Travel time to the place, in minutes, from the visit before or from the start of the route;
    /// absent for a phone call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1440, example = 12)]
    pub travel: Option<i32>,
    /// Where the person's routes start now; without a home, at the point of the grid. Absent if no plan
    /// gave the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<RouteStart>,
    /// The position on the person's day in the plan, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1440, example = 2)]
    pub order: Option<i32>,
    /// When the time was changed after the plan; absent if it was not, and if no plan gave the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<FixedOffset>>,
    /// The person who changed it; absent for the system, which makes a visit due earlier for a regime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by_id: Option<PersonId>,
    /// The name of that person; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub changed_by_name: Option<String>,
    /// When the assignee started the task, while it is in progress; absent if the event is in the log's archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// The due day.
    pub due_on: NaiveDate,
    /// Days after the due day.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 0)]
    pub late_days: u32,
    /// The hours of the task; absent for any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The same in a sentence.
    pub sentence: Sentence,
}

/// Another person, and what the visit would cost or what hinders it: either `cost` or `hindrance`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Candidate {
    /// The person; absent where the caller may not read that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The person's name; absent as the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// The person's area; absent as the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// Where the person's routes start; without a home, at the point of the grid. Absent as the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<RouteStart>,
    /// The smallest level of which one area contains the person's grid and the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Level>,
    /// Whether the person has the task now.
    pub is_assignee: bool,
    /// What the visit would cost on the cheapest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<VisitCost>,
    /// What hinders the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<Hindrance>,
    /// The same in a sentence.
    pub sentence: Sentence,
}

/// The people within reach of a task, ranked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Candidates {
    /// The task.
    pub task_id: TaskId,
    /// The day of the first candidate; the first day if no one could go.
    pub day: NaiveDate,
    /// The first of the days of which each person has the cheapest, which is in `cost`.
    pub first_day: NaiveDate,
    /// The last of these days.
    pub last_day: NaiveDate,
    /// The area whose managers and volunteers were considered.
    pub area: AreaCode,
    /// The number of people considered.
    #[schema(value_type = u32, minimum = 0, maximum = 1_000_000, example = 214)]
    pub considered: usize,
    /// The number of those who could make the visit.
    #[schema(value_type = u32, minimum = 0, maximum = 1_000_000, example = 57)]
    pub possible: usize,
    /// The first of them: those who could make the visit, of the own grid first, then of the village,
    /// then of the town, each by days late and then by travel, waiting, load and familiarity; then the others,
    /// the nearest to feasible first.
    #[schema(max_items = 200)]
    pub items: Vec<Candidate>,
}
