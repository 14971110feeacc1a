//! The single changes to a plan by hand.

use chrono::NaiveDate;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A task with a person and a day that the plan does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedTask {
    /// The task: open, or of a visit that a plan gave and whose day has passed unaccepted.
    pub task_id: TaskId,
    /// The person.
    pub person_id: PersonId,
    /// The day of the visit, not before the first one of the task (`not_before`).
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// The start; absent: at the best time of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
}

/// A person who does not get a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForbiddenPerson {
    /// The task.
    pub task_id: TaskId,
    /// The person.
    pub person_id: PersonId,
}

/// A person who carries more minutes in one week or each week of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreMinutes {
    /// The person.
    pub person_id: PersonId,
    /// A day of the week; absent: in each week of the plan.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub week: Option<NaiveDate>,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 15)]
    pub minutes: u16,
    /// The task that the accepted remedy is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
}

/// A person whose hours of a day end later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreTime {
    /// The person.
    pub person_id: PersonId,
    /// The day.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 20)]
    pub minutes: u16,
    /// The task that the accepted remedy is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
}

/// A task whose window ends later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaterWindow {
    /// The task.
    pub task_id: TaskId,
    /// Additional minutes.
    #[schema(minimum = 1, maximum = 1_440, example = 30)]
    pub minutes: u16,
}

/// A person who is planned as if they had skills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSkills {
    /// The person.
    pub person_id: PersonId,
    /// Additional skills, words of the vocabulary `skills`.
    #[schema(min_items = 1, max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The task that the accepted remedy is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
}
