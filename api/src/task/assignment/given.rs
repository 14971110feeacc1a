//! How a task came to its assignee.

use gridward_domain::id::PlanId;
use serde_json::Value;

use crate::db::{Conn, DbError};
use crate::log::store::{self as log, EventRow};
use crate::log::{Subject, assignees};
use crate::task::row::TaskRow;

/// The event by which the task came to its present assignee; `None` without one, if the event is archived, and
/// if there never was one.
///
/// # Errors
/// [`DbError`].
pub fn event(conn: &mut Conn, row: &TaskRow) -> Result<Option<EventRow>, DbError> {
    let Some(assignee) = row.assignee else { return Ok(None) };
    let id = row.id.to_string();
    log::handover(conn, row.district, (Subject::Task, id.as_str()), assignee)
}

/// The plan by which the event gave the task to its assignee, also if the time was changed since; none if a person
/// gave it, or the undo of a plan.
pub fn plan(handover: &EventRow) -> Option<PlanId> {
    let body: Value = serde_json::from_str(&handover.body).ok()?;
    let plan = body["plan"].as_str().filter(|_| body["because"] != "plan_undone")?;
    plan.parse().ok()
}

/// The newest event of the action about the task since `handover`.
///
/// # Errors
/// [`DbError`].
pub fn since(
    conn: &mut Conn,
    row: &TaskRow,
    handover: Option<&EventRow>,
    action: &str,
) -> Result<Option<EventRow>, DbError> {
    let (id, after) = (row.id.to_string(), handover.map_or(0, |event| event.seq));
    log::last_action(conn, row.district, (Subject::Task, id.as_str()), action, after)
}

/// Whether no event, also no archived one, has given the task to its assignee, nor a plan: it was loaded with
/// its assignee, such as those of a demo district.
///
/// # Errors
/// [`DbError`].
pub fn is_unrecorded(conn: &mut Conn, row: &TaskRow) -> Result<bool, DbError> {
    match row.assignee.filter(|_| row.plan.is_none()) {
        Some(assignee) => Ok(!assignees::is_archived(conn, row.district, row.id, assignee)?),
        None => Ok(false),
    }
}
