//! The second task of a visit by two people, which follows the first.

use gridward_domain::authority::Principal;
use gridward_domain::task::{self as life, Command, Phase, Transition, Verb};
use serde_json::{Value, json};

use super::task_tie::TiedTask;
use super::tie;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::reason;
use crate::task::commands::command::{Cancellation, NewTimes};
use crate::task::commands::transition::{Change, Step, write};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The other task of the pair of `row` in the principal's area, cancelled for the same reason with
/// `also_tied`, if its visit has not begun; and what was changed.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn settle_second(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    key: &SealingKey,
    Cancellation { reason, also_tied }: &Cancellation,
) -> Result<(Vec<TiedTask>, Vec<Change>), DbError> {
    if row.pair().is_none() {
        return Ok(Default::default());
    }
    let (mut others, mut changes) = (tie::tied(tx, row)?, Vec::new());
    others.retain(|other| principal.area.contains(&other.grid));
    for other in &mut others {
        // A visit that has begun is left to its person.
        let may_end = Phase::UNFINISHED.contains(&other.state) && other.state != Phase::InProgress;
        if *also_tied && may_end {
            let reason = reason::sealed(key, other.district, other.id, reason);
            let reason = reason.map_err(|error| DbError::corrupt("events", error))?;
            let body = json!({ "reason": reason });
            if let Some(change) =
                change_second(tx, principal, other, &Command::Cancel, NewTimes::default(), body)?
            {
                *other = change.after.clone();
                changes.push(change);
            }
        }
    }
    Ok((others.iter().map(TiedTask::unnamed).collect(), changes))
}

/// Whether the command also changes `other`, the second task of a visit.
pub(in crate::task) fn follows(principal: &Principal, other: &TaskRow, verb: Verb) -> bool {
    principal.area.contains(&other.grid) && verb.starts_at(other.state)
}

/// The other task of the pair of `row`; none if one person makes the visit.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn others(tx: &mut Tx<'_>, row: &TaskRow) -> Result<Vec<TaskRow>, DbError> {
    if row.pair().is_some() { tie::tied(tx, row) } else { Ok(Vec::new()) }
}

/// The tasks that are rescheduled with `row`: itself, and those of `others` that follow.
pub(in crate::task) fn rescheduled<'r>(
    principal: &'r Principal,
    row: &'r TaskRow,
    others: &'r [TaskRow],
) -> impl Iterator<Item = &'r TaskRow> {
    let follow = others.iter().filter(|other| follows(principal, other, Verb::Reschedule));
    std::iter::once(row).chain(follow)
}

/// Moves the other task of the pair of `row` to the same days and times, unless its visit has begun:
/// the two people go together. Returns what was changed.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn move_second(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    command: &Command,
    times: NewTimes,
    body: &Value,
) -> Result<Vec<Change>, DbError> {
    let mut changes = Vec::new();
    for other in others(tx, row)? {
        if follows(principal, &other, command.verb()) {
            changes.extend(change_second(tx, principal, &other, command, times, body.clone())?);
        }
    }
    Ok(changes)
}

/// Applies the command to the second task; `None` if that is not permitted or changes nothing.
fn change_second(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    command: &Command,
    times: NewTimes,
    body: Value,
) -> Result<Option<Change>, DbError> {
    let before = row.life()?;
    match life::apply(&before, command, principal, clock::day(tx.now)) {
        Ok(Transition::Changed(after)) => {
            let step = Step { row, before, after, verb: command.verb() };
            let event = step.event().with(body).by(principal.person);
            let after = write(tx, &step, times, event)?;
            Ok(Some(Change { before: row.clone(), after }))
        }
        Ok(Transition::Already) | Err(_) => Ok(None),
    }
}
