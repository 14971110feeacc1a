//! A task whose assignee is away at its time: a command that leads to it is refused until the caller insists.

use chrono::NaiveDate;
use gridward_domain::visibility::View;

use super::row::TaskRow;
use crate::availability::store as availability;
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// Checks that the task's assignee is there on one of the days from the first to the last.
///
/// # Errors
/// 409 with the task; [`DbError`].
pub(super) fn check(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(), Problem> {
    let Some(person) = row.assignee else { return Ok(()) };
    let calendars = availability::calendars_from(tx.read()?, row.district, &[person], first)?;
    if calendars.of(person).is_away(first, last) { Err(problem(row)?) } else { Ok(()) }
}

/// The refusal, with the current task.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn problem(row: &TaskRow) -> Result<Problem, DbError> {
    Ok(Problem::from(ProblemCode::AssigneeAway).showing(&row.task(View::Pool)?))
}
