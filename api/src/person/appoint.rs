//! Replaces the manager of a grid in one step.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::word::Word as _;
use serde_json::json;

use super::store::PersonRow;
use super::{Person, PersonState, Role, store};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Makes the volunteer `person` the manager of `grid`; the previous manager becomes a
/// volunteer. The previous manager is removed first, so that there are never two, and both
/// changes are in one transaction, so that the grid is never without one. The new manager's
/// version is greater than the previous one's, so that a version names one manager of the grid.
///
/// # Errors
/// 404 outside the principal's area; 412 or 428 if the decision is not based on the current
/// manager's version; 409 when the person is not an active volunteer (a manager cannot leave a
/// grid without one).
pub fn appoint(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    grid: AreaCode,
    person: PersonId,
    base: &IfMatch,
) -> Result<Person, Problem> {
    principal.authorize(Action::AppointManager, &grid)?;
    let outgoing =
        store::manager(tx.read_unbatched(), &grid.range())?.ok_or_else(Problem::not_found)?;
    let incoming = store::row(tx.read_unbatched(), &principal.scope(), person)?
        .ok_or_else(|| Problem::invalid("/person_id", "must be a person in your area"))?;
    if incoming.id != outgoing.id {
        base.check(outgoing.version, &outgoing.person(key)?)?;
        replace(tx, Some(&outgoing), &incoming, grid, Some(principal.person))?;
    }
    store::one(tx.read_unbatched(), key, &grid.range(), person)?
        .ok_or_else(|| DbError::corrupt("people", "the new manager is gone").into())
}

/// Makes `incoming` the manager of `grid` in place of `outgoing`, as the decision of `by`. Returns
/// its new version, which is greater than that of `outgoing`.
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
        let version = store::place_at(tx.write_unbatched(), row, role, grid, version)?;
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
