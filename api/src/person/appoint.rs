//! Replaces the manager of a grid in one step. The work of the new manager elsewhere is handed over
//! in `handover`.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::word::Word as _;
use serde_json::json;

use super::store::PersonRow;
use super::{PersonState, Role, write};
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Makes the volunteer `incoming` the manager of `grid` in place of `outgoing`, who becomes a
/// volunteer, as the decision of `by`. The previous manager is removed first, so that there are never
/// two, and both changes are in one transaction, so that the grid is never without one. The new
/// manager's version is greater than the previous one's, so that a version names one manager of the
/// grid. Returns that version.
///
/// # Errors
/// 409 when `incoming` is not an active volunteer.
pub fn replace(
    tx: &mut Tx<'_>,
    outgoing: Option<&PersonRow>,
    incoming: &PersonRow,
    grid: AreaCode,
    by: Option<PersonId>,
) -> Result<i64, Problem> {
    if incoming.state != PersonState::Active || incoming.role != Role::Volunteer {
        return Err(ProblemCode::NotACandidate.into());
    }
    let next = outgoing.map_or(0, |row| row.version).max(incoming.version) + 1;
    let outgoing = outgoing.map(|row| (row, Role::Volunteer, row.version + 1));
    for (row, role, version) in outgoing.into_iter().chain([(incoming, Role::Manager, next)]) {
        let version = write::place_at(tx.write()?, row, role, grid, version)?;
        tx.record(
            Event::new("person.appoint", Subject::Person, row.id, grid, version)
                .by(by)
                .moved_from(row.area)
                .assignees(Some(row.id), Some(row.id))
                .with(json!({ "role": role.as_str() })),
        );
    }
    Ok(next)
}
