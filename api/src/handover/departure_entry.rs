//! One of several departures of a call.

use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::range::BaseVersion;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Departure, DepartureReason, TaskHandover};
use crate::crypto::SealingKey;
use crate::db::Conn;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::person::PersonState;
use crate::person::sessions::subordinate;
use crate::person::store::PersonRow;

/// The departure of one of several people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "person_id": "018cc7af-0000-7000-8000-000000000021", "base_version": 3, "reason": "resigned"
}))]
pub struct DepartureEntry {
    /// The person.
    pub person_id: PersonId,
    /// The version that the departure is based on, as `If-Match` names it for a single one.
    pub base_version: BaseVersion,
    /// The reason.
    pub reason: DepartureReason,
    /// A note, stored encrypted in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<CommandReason>,
    /// The next manager of a manager's grid: an active volunteer in the caller's area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor_id: Option<PersonId>,
    /// Who gets the tasks, as for a single departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_to: Option<PersonId>,
    /// The new assignees of single tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub tasks: Vec<TaskHandover>,
    /// Whether the tasks are given to the people of the village, as for a single departure, but to none who
    /// leaves by the same call and to no successor that it names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spread: bool,
}

impl DepartureEntry {
    /// The departure alone.
    pub(super) fn departure(&self, preview: bool) -> Departure {
        Departure {
            preview,
            reason: self.reason,
            note: self.note.clone(),
            successor_id: self.successor_id,
            give_to: self.give_to,
            tasks: self.tasks.clone(),
            spread: self.spread,
            plan: false,
        }
    }

    /// The row of the person, in the version on which the departure is based.
    ///
    /// # Errors
    /// 404 and 403 as for a single departure; 412 for another version.
    pub(super) fn person(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<PersonRow, Problem> {
        let row = subordinate(conn, principal, self.person_id)?;
        if row.state != PersonState::Left {
            IfMatch(vec![self.base_version.get()]).check(row.version, &row.person(key)?)?;
        }
        Ok(row)
    }
}
