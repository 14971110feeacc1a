//! Opens a task whose assignee may not or cannot do it.

use gridward_domain::id::PersonId;
use gridward_domain::task::AutomaticCommand;
use serde_json::Value;

use super::command::NewTimes;
use super::transition::{Step, write};
use crate::clock;
use crate::db::DbError;
use crate::task::assignment::freed;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Opens the task of `row`, which is assigned and unfinished, as the decision of `by`, so that it is
/// planned anew; `about` says why in the event.
///
/// # Errors
/// [`DbError::Corrupt`] for a task that is not assigned.
pub fn release(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    by: Option<PersonId>,
    about: Value,
) -> Result<(), DbError> {
    open(tx, row, by, about)?;
    freed::freed(tx, row)
}

/// Opens the task as [`release`] does, but does not have it planned anew; returns the new row.
///
/// # Errors
/// [`DbError::Corrupt`] for a task that is not assigned.
pub fn open(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    by: Option<PersonId>,
    about: Value,
) -> Result<TaskRow, DbError> {
    let step = Step::automatic(row, &AutomaticCommand::Release, clock::day(tx.now))?;
    let Some(step) = step else { return Ok(row.clone()) };
    write(tx, &step, NewTimes::default(), step.event().by(by).with(about))
}
