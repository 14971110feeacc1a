//! What ties a task to others.

use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kinds of ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<TieType>)]
pub enum TieType {
    /// One person makes the visits of all tied tasks.
    SamePerson,
    /// Two people make one visit together, each with a task.
    TwoPeople,
}

text_column!(TieType);

/// What ties a task to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskTie {
    /// The kind of tie.
    pub r#type: TieType,
    /// The first of the tied tasks; all of them name it.
    pub id: TaskId,
}

impl TaskTie {
    /// The tie of a task, by its columns.
    pub const fn of(r#type: Option<TieType>, id: Option<TaskId>) -> Option<Self> {
        match (r#type, id) {
            (Some(r#type), Some(id)) => Some(Self { r#type, id }),
            _ => None,
        }
    }
}

/// A task that is tied to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TiedTask {
    /// Identifies the task.
    pub id: TaskId,
    /// The state.
    pub state: Phase,
    /// The assignee, or the last one; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<PersonId>,
    /// The name of the assignee; absent for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub assignee_name: Option<String>,
}
