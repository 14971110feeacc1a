//! The rules of an assignment by hand for the tasks that a handover gives to the people it names: a task that `give_to`
//! may not have becomes open with the obstacle, a person named for a task who may not have it is refused.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;

use super::decide::{Decision, Outcome, Wishes};
use super::model::Obstacle;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person::store::PersonRow;
use crate::task;
use crate::task::assignment::breach::Breach;
use crate::task::assignment::recipients::Recipients;
use crate::task::assignment::tie;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Locks the tasks that are tied to those of the person of `row`, if others are named to get some.
///
/// # Errors
/// [`DbError`].
pub(super) fn lock_ties(tx: &mut Tx<'_>, row: &PersonRow, wishes: &Wishes) -> Result<(), DbError> {
    if !wishes.give() {
        return Ok(());
    }
    let conn = tx.read()?;
    let held = task::store::held_by(conn, row.district, row.id)?;
    let ties: BTreeSet<TaskId> = held.iter().filter_map(|task| Some(task.tie()?.id)).collect();
    ties.into_iter().try_for_each(|tie| tie::lock(conn, row.district, tie))
}

/// Applies the rules to the decision about these rows: first to the tasks that are named, in order, then to the others,
/// of which those that one person makes go together. A successor loses the tasks of `lost` before.
///
/// # Errors
/// 409 for a person who may not get the task that is named; [`DbError`].
pub(super) fn keep(
    conn: &mut Conn,
    (principal, now): (&Principal, DateTime<Utc>),
    (rows, lost): (&[TaskRow], &[TaskRow]),
    wishes: &Wishes,
    decision: &mut Decision,
) -> Result<(), Problem> {
    let given = |outcome: &Outcome| match outcome {
        Outcome::Given(to) => Some(*to),
        _ => None,
    };
    let people = decision.tasks.values().filter_map(given).collect::<BTreeSet<_>>();
    if people.is_empty() {
        return Ok(());
    }
    let is_leaving = |task: &&TaskRow| decision.tasks.get(&task.id) != Some(&Outcome::Kept);
    let leaving: Vec<&TaskRow> = rows.iter().filter(is_leaving).collect();
    let mut recipients = Recipients::read(conn, principal, &people, &leaving, now)?;
    for row in lost {
        recipients.release(row);
    }
    let mut to_give: BTreeMap<TaskId, &TaskRow> =
        leaving.iter().map(|row| (row.id, *row)).collect();
    to_give.retain(|id, _| decision.tasks.get(id).and_then(given).is_some());
    for (n, wish) in wishes.tasks.iter().enumerate() {
        let Some((row, to)) = to_give.remove(&wish.task).zip(wish.give_to) else { continue };
        let broken = recipients.give(conn, principal, &[row], to)?;
        if !broken.is_empty() {
            return Err(refused(n, &broken));
        }
    }
    let mut groups: BTreeMap<TaskId, Vec<&TaskRow>> = BTreeMap::new();
    for row in to_give.into_values() {
        groups.entry(row.group()).or_default().push(row);
    }
    let Some(to) = wishes.give_to else { return Ok(()) };
    for group in groups.into_values() {
        let broken = recipients.give(conn, principal, &group, to)?;
        if !broken.is_empty() {
            let outcome = Outcome::Opened(Obstacle::of(&broken));
            decision.tasks.extend(group.iter().map(|row| (row.id, outcome)));
        }
    }
    Ok(())
}

/// The refusal of the person who is named for the task at this place of the wishes.
fn refused(n: usize, broken: &BTreeSet<Breach>) -> Problem {
    let pointer = format!("/tasks/{n}/give_to");
    let errors = broken.iter().map(|breach| FieldError::new(pointer.as_str(), breach.detail()));
    Problem::from(ProblemCode::NotACandidate).with_all(errors)
}
