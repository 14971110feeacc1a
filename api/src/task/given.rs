//! How a task came to its assignee.

use super::row::TaskRow;
use crate::db::{Conn, DbError};
use crate::log::Subject;
use crate::log::store::{self as log, EventRow};

/// The event by which the task came to its present assignee; `None` without one, and if the event is
/// archived.
///
/// # Errors
/// [`DbError`].
pub fn event(conn: &mut Conn, row: &TaskRow) -> Result<Option<EventRow>, DbError> {
    let Some(assignee) = row.assignee else { return Ok(None) };
    let id = row.id.to_string();
    log::handover(conn, row.district, (Subject::Task, id.as_str()), assignee)
}
