//! The public representation of a week.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use serde::Serialize;
use utoipa::ToSchema;

/// The most tasks that a figure lists; its address lists all.
pub const MOST_TASKS: i64 = 100;
/// The most areas without contact in an answer.
pub const MOST_AREAS: usize = 1_000;

/// The week of an area, including all levels below it. What is counted at a moment refers to `day`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AreaWeek)]
pub struct Weekly {
    /// The area.
    pub area: AreaCode,
    /// Its full official name.
    #[schema(max_length = 64, example = "几江街道")]
    pub area_name: String,
    /// The week (ISO 8601).
    #[schema(max_length = 8, example = "2026-W48")]
    pub week: String,
    /// Its Monday.
    pub from: NaiveDate,
    /// Its Sunday.
    pub to: NaiveDate,
    /// The day on which the answer was made.
    pub day: NaiveDate,
    /// The needs of the week that became follow-up tasks.
    pub found: TaskFigure,
    /// Those that visits of the week met, found then or before.
    pub met: TaskFigure,
    /// Those that wait for help on `day`, the oldest first.
    pub waiting: TaskFigure,
    /// The needs that opened cases, of which no task is a follow-up.
    pub cases: NeedCaseCounts,
    /// The median of the days from need to help, of the follow-up tasks and cases of needs that were met in the
    /// week; absent if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 200_000, example = 4.5)]
    pub median_days: Option<f64>,
    /// The days for which the oldest of the waiting needs has waited; absent if none waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 200_000, example = 12)]
    pub oldest_days: Option<i64>,
    /// The unfinished tasks of all kinds whose due day is over on `day`.
    pub overdue: TaskFigure,
    /// The areas without contact on `day`.
    pub without_contact: AreaFigure,
}

/// The cases of needs that visits found or people raised, as far as the caller's role sees their kinds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct NeedCaseCounts {
    /// Those that were opened in the week.
    #[schema(minimum = 0, maximum = 100_000_000, example = 3)]
    pub found: i64,
    /// Those that ended in the week with help.
    #[schema(minimum = 0, maximum = 100_000_000, example = 2)]
    pub met: i64,
    /// Those that are open on the day of the answer.
    #[schema(minimum = 0, maximum = 100_000_000, example = 5)]
    pub waiting: i64,
}

/// A number of tasks, and the first of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskFigure {
    /// The number of the tasks.
    #[schema(minimum = 0, maximum = 100_000_000, example = 1)]
    pub count: i64,
    /// The address of the list of all of them.
    #[schema(
        max_length = 256,
        format = "uri-reference",
        example = "/v1/tasks?area=500116001&overdue=true"
    )]
    pub list: String,
    /// The first of them, the oldest first: all if they are 100 or fewer.
    #[schema(max_items = 100)]
    pub items: Vec<TaskLine>,
}

/// A task of a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskLine {
    /// Identifies the task.
    pub id: TaskId,
    /// A kind of service of the catalogue.
    #[schema(value_type = String, max_length = 32, example = "hardship_follow_up")]
    pub kind: KindCode,
    /// The grid of the task.
    pub grid: AreaCode,
    /// The name of the grid.
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: String,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// The day on which the task was created.
    pub created_on: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The day on which the task ended; absent for an unfinished one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<NaiveDate>,
    /// The days from the creation to the end, or to the day of the answer.
    #[schema(minimum = 0, maximum = 200_000, example = 4)]
    pub days: i64,
}

/// A number of areas, and the areas.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = QuietAreas)]
pub struct AreaFigure {
    /// The level of the areas: villages, or grids of a village.
    pub level: Level,
    /// The number of the areas that have beneficiaries, of whom none has had a contact in the last
    /// 90 days.
    #[schema(minimum = 0, maximum = 1_000_000, example = 1)]
    pub count: i64,
    /// The areas, ordered by code: all if they are 1,000 or fewer.
    #[schema(max_items = 1000)]
    pub items: Vec<AreaLine>,
}

/// An area without contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = QuietArea)]
pub struct AreaLine {
    /// The area.
    pub code: AreaCode,
    /// Its full official name.
    #[schema(max_length = 64, example = "南门社区")]
    pub name: String,
    /// Its current beneficiaries.
    #[schema(minimum = 1, maximum = 100_000_000, example = 17)]
    pub beneficiaries: i64,
    /// The address of their list.
    #[schema(
        max_length = 256,
        format = "uri-reference",
        example = "/v1/beneficiaries?area=500116001002&not_contacted_since=2026-08-29"
    )]
    pub list: String,
}
