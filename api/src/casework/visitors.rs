//! Says who visits a beneficiary by preference, and who must not.

use std::collections::BTreeSet;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::range::Version;
use gridward_domain::task::Phase;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::case::{self, Case};
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::visitors::{self, MOST_FORBIDDEN, VisitorChoice};
use crate::db::{Conn, DbError};
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem};
use crate::person::PersonState;
use crate::person::store as people;
use crate::task::beneficiary::of_beneficiary;

/// Who is to visit a beneficiary.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "preferred_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "forbidden_ids": []
}))]
pub struct NewVisitorChoice {
    /// The person whom the beneficiary prefers; absent without a preference.
    pub preferred_id: Option<PersonId>,
    /// The people who must not visit the beneficiary, each once.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub forbidden_ids: Vec<PersonId>,
}

/// Who is to visit a beneficiary, and the tasks that do not agree with it yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "preferred_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "forbidden_ids": [],
    "held_task_ids": [], "version": 4
}))]
pub struct BeneficiaryVisitors {
    /// The person whom the beneficiary prefers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_id: Option<PersonId>,
    /// The people who must not visit the beneficiary, in the order of their ids.
    #[schema(max_items = 1000)]
    pub forbidden_ids: Vec<PersonId>,
    /// The unfinished tasks in the reader's area that a forbidden person holds; they stay assigned.
    #[schema(max_items = 500)]
    pub held_task_ids: Vec<gridward_domain::id::TaskId>,
    /// The version of the beneficiary, incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The present choice for the beneficiary, without an exclusion of the reader.
///
/// # Errors
/// [`DbError`].
pub(super) fn shown(
    conn: &mut Conn,
    row: &BeneficiaryRow,
    reader: &Principal,
) -> Result<BeneficiaryVisitors, DbError> {
    let mut choice = visitors::one(conn, row.district, row.id)?;
    choice.forbidden.retain(|person| *person != reader.person);
    let is_held = |by: &PersonId| choice.forbidden.contains(by);
    let held = of_beneficiary::unfinished(conn, row.district, row.id)?.into_iter();
    let held = held.filter(|task| task.state != Phase::Open && reader.area.contains(&task.grid));
    let held = held.filter(|task| task.assignee.as_ref().is_some_and(is_held));
    Ok(BeneficiaryVisitors {
        preferred_id: choice.preferred,
        held_task_ids: held.map(|task| task.id).take(super::answer::MOST_NAMED).collect(),
        forbidden_ids: choice.forbidden,
        version: row.version,
    })
}

/// Replaces the choice. Assigned tasks stay; the answer names those of forbidden people.
///
/// # Errors
/// 403; 404; 409 for an ended beneficiary; 412 or 428 if the command is not based on the current
/// version; 422 for an unknown person, and for one who is preferred and forbidden.
pub(super) fn put(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    new: &NewVisitorChoice,
    base: &IfMatch,
) -> Result<BeneficiaryVisitors, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let before = visitors::one(case.tx.read_unbatched(), row.district, id)?;
    let mut forbidden: BTreeSet<PersonId> = new.forbidden_ids.iter().copied().collect();
    // No person lifts the own exclusion, and the answer does not show it.
    forbidden.extend(before.forbidden.iter().filter(|id| **id == case.principal.person));
    let choice =
        VisitorChoice { preferred: new.preferred_id, forbidden: forbidden.into_iter().collect() };
    let mut next = row.clone();
    if choice != before {
        row.check_current(case.key)?;
        case.based_on(&row, base)?;
        Problem::refuse(faults(case, new, &before)?)?;
        visitors::replace(case.tx.write_unbatched(), row.district, id, &choice)?;
        next = case.replace(&row, row.clone(), None)?;
        // The log names no person: its readers may be the people concerned.
        let body = json!({
            "preferred": choice.preferred.is_some(), "forbidden": choice.forbidden.len(),
        });
        case::record(case.tx, case.actor(), "beneficiary.visitor_choice", (&row, &next), body)?;
    }
    Ok(shown(case.tx.read()?, &next, case.principal)?)
}

/// An error for each person whom the choice cannot name.
fn faults(
    case: &mut Case<'_, '_>,
    new: &NewVisitorChoice,
    before: &VisitorChoice,
) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    // A merge of two records may have left more.
    if new.forbidden_ids.len() > MOST_FORBIDDEN.max(before.forbidden.len()) {
        let detail = format!("must have at most {MOST_FORBIDDEN} items");
        return Ok(vec![FieldError::new("/forbidden_ids", detail)]);
    }
    let district = case.principal.district().range();
    let named: Vec<PersonId> = new.preferred_id.iter().chain(&new.forbidden_ids).copied().collect();
    let known = people::rows(case.tx.read_unbatched(), &district, &named)?;
    let visits = |id: PersonId, may_have_left: bool| {
        known.iter().any(|row| {
            let is_here = may_have_left || row.state != PersonState::Left;
            row.id == id && row.role.visits() && is_here
        })
    };
    if let Some(id) = new.preferred_id {
        // Of the own exclusion no person learns.
        let is_own = id == case.principal.person && before.forbidden.contains(&id);
        if new.forbidden_ids.contains(&id) {
            errors.push(FieldError::new("/preferred_id", "must not be forbidden"));
        } else if is_own || before.preferred != Some(id) && !visits(id, false) {
            errors.push(FieldError::new("/preferred_id", "must be a visitor of the district"));
        }
    }
    for (n, id) in new.forbidden_ids.iter().enumerate() {
        let detail = if new.forbidden_ids[..n].contains(id) {
            "is listed twice"
        } else if !before.forbidden.contains(id) && !visits(*id, true) {
            "must be a visitor of the district"
        } else {
            continue;
        };
        errors.push(FieldError::new(format!("/forbidden_ids/{n}"), detail));
    }
    Ok(errors)
}
