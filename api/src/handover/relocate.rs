//! The move of a person to another area or role: tasks outside the new area are handed over.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Role;
use serde_json::json;

use super::apply::apply;
use super::decide::{Outcome, Position};
use super::depart::{add_note, count};
use super::model::{Handover, Relocation};
use super::situation::{Decider, decided};
use super::{ASSIGNEE_MOVED, loads, rules, spread};
use crate::absence::takers::one_wish;
use crate::area;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::person;
use crate::person::PersonState;
use crate::person::appoint;
use crate::person::store::PersonRow;
use crate::tx::Tx;

/// The position after the move of the person of `row`.
///
/// # Errors
/// 403 for a role that the decider may not give; 409 for a person who left, or who is not active
/// and would be a manager; 422.
fn position(
    conn: &mut Conn,
    by: Decider,
    row: &PersonRow,
    to: &Relocation,
) -> Result<Position, Problem> {
    if row.state == PersonState::Left {
        return Err(ProblemCode::PersonLeft.into());
    }
    let after = Position { role: to.role.unwrap_or(row.role), area: to.area };
    if !matches!(after.role, Role::Supervisor | Role::Manager | Role::Volunteer) {
        return Err(Problem::invalid("/role", "must be supervisor, manager or volunteer"));
    }
    if !by.scope().contains(&to.area) || area::store::current(conn, &to.area)?.is_none() {
        return Err(Problem::invalid("/area", "must be a current area in your area"));
    }
    if !after.role.fits(to.area.level()) {
        let detail = "must be a grid for managers and volunteers, and none for supervisors";
        return Err(Problem::invalid("/area", detail));
    }
    if let Decider::Superior(principal) = by {
        principal.authorize_over(after.role, &after.area)?;
    }
    let stays = row.role == after.role && row.area == after.area;
    let may_manage = row.state == PersonState::Active && row.role.visits();
    if after.role == Role::Manager && !stays && !may_manage {
        return Err(ProblemCode::NotACandidate.into());
    }
    Ok(after)
}

/// The person's work after a move at `now` that spreads no tasks, without changing anything.
///
/// # Errors
/// As [`relocate`].
pub fn preview(
    conn: &mut Conn,
    key: &SealingKey,
    (by, now): (Decider, DateTime<Utc>),
    row: &PersonRow,
    to: &Relocation,
) -> Result<Handover, Problem> {
    let after = position(conn, by, row, to)?;
    let decided = decided(conn, key, (by, now), row, Some(after), &to.wishes())?;
    let next = PersonRow { role: after.role, area: after.area, ..row.clone() };
    let loads = loads::of(conn, row, &decided, &[])?;
    Ok(Handover { loads, ..decided.shown(&next, row.area, true) })
}

/// What [`relocate`] would do, where it spreads tasks: it is carried out and rolled back.
///
/// # Errors
/// As [`relocate`].
pub fn rehearse(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    by: Decider,
    row: &PersonRow,
    to: &Relocation,
) -> Result<Handover, Problem> {
    let done = tx.preview(|tx| relocate(tx, key, by, row, to))??;
    Ok(Handover { preview: true, version: row.version, ..done })
}

/// Moves the person of `row`, which is locked. The manager of the new grid becomes a volunteer if
/// the person is the manager from now on.
///
/// # Errors
/// 403 for a role that the decider may not give; 409 for a person who left; 422 for two wishes; those of
/// [`decided`].
pub fn relocate(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    by: Decider,
    row: &PersonRow,
    to: &Relocation,
) -> Result<Handover, Problem> {
    one_wish(to.spread, to.give_to)?;
    let after = position(tx.read()?, by, row, to)?;
    let (wishes, now) = (to.wishes(), tx.now);
    rules::lock_ties(tx, row, &wishes)?;
    let mut decided = decided(tx.read()?, key, (by, now), row, Some(after), &wishes)?;
    let (area, district) = (row.area, row.district.range());
    if after == (Position { role: row.role, area }) {
        return Ok(decided.shown(row, area, false));
    }
    let spread = if to.spread {
        spread::give(tx, row, (&to.tasks, &BTreeSet::new(), ASSIGNEE_MOVED), &mut decided)?
    } else {
        Vec::new()
    };
    let loads = loads::of(tx.read()?, row, &decided, &spread)?;
    let row = apply(tx, row, &decided, ASSIGNEE_MOVED)?;
    let version = place(tx, by, &row, after)?;
    let mut about = json!({
        "role": after.role,
        "given": count(&decided, |outcome| matches!(outcome, Outcome::Given(_))),
        "opened": count(&decided, |outcome| matches!(outcome, Outcome::Opened(_))),
        "cancelled": count(&decided, |outcome| matches!(outcome, Outcome::Cancelled)),
    });
    add_note(&mut about, key, &row, to.note.as_ref())?;
    let event = Event::new("person.move", Subject::Person, row.id, after.area, version);
    let event = event.by(by.person()).moved_from(area).with(about);
    tx.record(event.assignees(Some(row.id), Some(row.id)));
    let moved = person::store::row(tx.read_unbatched(), &district, row.id)?;
    let moved = moved.filter(|moved| moved.version == version).ok_or(DbError::Collision)?;
    Ok(Handover { loads, ..decided.shown(&moved, area, false) })
}

/// Gives the person of `row`, who manages no grid, the position; returns the person's version.
fn place(tx: &mut Tx<'_>, by: Decider, row: &PersonRow, after: Position) -> Result<i64, Problem> {
    if after == (Position { role: row.role, area: row.area }) {
        return Ok(row.version);
    }
    if after.role != Role::Manager {
        let conn = tx.write()?;
        return Ok(person::write::place_in(conn, row, after.role, after.area)?);
    }
    let present = person::superiors::manager(tx.read_unbatched(), &after.area.range())?;
    appoint::replace(tx, present.as_ref(), row, after.area, by.person())
}
