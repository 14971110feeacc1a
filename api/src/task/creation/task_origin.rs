//! What a follow-up task follows from.

use gridward_domain::id::{CaseId, OriginId, PersonId, ProposalId, ReportId};
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kinds of origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<TaskOriginType>)]
pub enum TaskOriginType {
    /// A report of a visit that found a need.
    Report,
    /// A proposal that raised a need.
    Proposal,
    /// A step of a case that awaits the task.
    Case,
}

text_column!(TaskOriginType);

/// What a follow-up task follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskOrigin {
    /// The kind of origin.
    pub r#type: TaskOriginType,
    /// Identifies the origin.
    pub id: OriginId,
    /// The person who made it.
    pub person_id: PersonId,
}

impl TaskOrigin {
    /// The origin of a task that follows from a report.
    pub const fn report(id: ReportId, by: PersonId) -> Self {
        Self { r#type: TaskOriginType::Report, id: OriginId(id.0), person_id: by }
    }

    /// The origin of a task that was proposed.
    pub const fn proposal(id: ProposalId, by: PersonId) -> Self {
        Self { r#type: TaskOriginType::Proposal, id: OriginId(id.0), person_id: by }
    }

    /// The origin of a task that a step of a case awaits; `by` is who found the matter.
    pub const fn case(id: CaseId, by: PersonId) -> Self {
        Self { r#type: TaskOriginType::Case, id: OriginId(id.0), person_id: by }
    }

    /// The origin of a task, by its columns.
    pub const fn of(
        r#type: Option<TaskOriginType>,
        id: Option<OriginId>,
        person: Option<PersonId>,
    ) -> Option<Self> {
        match (r#type, id, person) {
            (Some(r#type), Some(id), Some(person_id)) => Some(Self { r#type, id, person_id }),
            _ => None,
        }
    }
}
