//! The tasks that exist for a principal.

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::visibility::View;

use crate::db::Conn;
use crate::http::problem::Problem;
use crate::task::row::TaskRow;
use crate::task::{Task, store};
use crate::tx::Tx;

/// The task, and the principal's view of it at `now`.
///
/// # Errors
/// 404.
pub fn visible(
    conn: &mut Conn,
    principal: &Principal,
    id: TaskId,
    now: DateTime<Utc>,
) -> Result<(TaskRow, View), Problem> {
    let row = store::row(conn, principal.district(), id)?.ok_or_else(Problem::not_found)?;
    let view = row.facts().view(principal, now).ok_or_else(Problem::not_found)?;
    Ok((row, view))
}

/// The task of a command, if the principal may learn that it exists: it is in the principal's
/// area, or assigned to the principal. More than a view permits: a volunteer whose claim comes
/// too late learns so.
///
/// # Errors
/// 404.
pub fn visible_now(tx: &mut Tx<'_>, principal: &Principal, id: TaskId) -> Result<TaskRow, Problem> {
    seen(principal, tx.find(id)?)
}

fn seen(principal: &Principal, row: Option<TaskRow>) -> Result<TaskRow, Problem> {
    let row = row.ok_or_else(Problem::not_found)?;
    let own = row.life()?.state.assignee() == Some(principal.person);
    if own || principal.area.contains(&row.grid) { Ok(row) } else { Err(Problem::not_found()) }
}

/// The task in the principal's present view: a stored task shows as little as the pool.
///
/// # Errors
/// [`Problem`] of the database.
pub fn seen_now(tx: &mut Tx<'_>, principal: &Principal, task: Task) -> Result<Task, Problem> {
    let Some(row) = tx.find::<TaskRow>(task.id)? else { return Ok(task) };
    let view = row.facts().view(principal, tx.now).unwrap_or(View::Pool);
    Ok(row.seen(view, task)?)
}
