//! Opens a task whose assignee may not or cannot do it.

use gridward_domain::id::PersonId;
use gridward_domain::task::{self as life, AutomaticCommand, Transition};
use serde_json::Value;

use super::command::NewTimes;
use super::freed;
use super::row::TaskRow;
use super::transition::{Step, write};
use crate::clock;
use crate::db::DbError;
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
    let (before, command) = (row.life()?, AutomaticCommand::Release);
    match life::apply_automatic(&before, &command, clock::day(tx.now)) {
        Ok(Transition::Changed(after)) => {
            let step = Step { row, before, after, verb: command.verb() };
            let event = step.event().by(by).with(about);
            write(tx, &step, NewTimes::default(), event)
        }
        Ok(Transition::Already) => Ok(row.clone()),
        Err(rejection) => Err(DbError::corrupt("tasks", rejection)),
    }
}
