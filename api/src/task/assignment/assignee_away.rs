//! A task whose assignee is away at its time: a command that leads to it is refused until the caller insists.

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::time::Window;
use gridward_domain::visibility::View;

use super::pair;
use crate::availability::store as availability;
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Checks that the task's assignee, and the second person if the task of that one moves too, is not absent
/// on all days from the first to the last, within the window if there is one. They are locked until the
/// end of the transaction, so that no other server enters an absence meanwhile. Who takes no new tasks keeps
/// those in hand.
///
/// # Errors
/// 409 with the task; [`DbError`].
pub(in crate::task) fn check(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    days: (NaiveDate, NaiveDate),
    window: Option<Window>,
) -> Result<(), Problem> {
    let others = pair::others(tx, row)?;
    let moved = pair::rescheduled(principal, row, &others);
    let people: Vec<PersonId> = moved.filter_map(|task| task.assignee).collect();
    let conn = tx.read()?;
    person::active::areas(conn, row.district, &people.iter().copied().collect())?;
    let calendars = availability::calendars_from(conn, row.district, &people, days.0)?;
    let is_away = |person: &PersonId| calendars.of(*person).is_away(days, window);
    if people.iter().any(is_away) { Err(problem(row)?) } else { Ok(()) }
}

/// The refusal, with the current task.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(in crate::task) fn problem(row: &TaskRow) -> Result<Problem, DbError> {
    Ok(Problem::from(ProblemCode::AssigneeAway).showing(&row.task(View::Pool)?))
}
