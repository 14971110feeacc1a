//! Applies a decided handover: the succession and the tasks.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::task::{self as life, Candidate, Command, Transition};
use serde_json::{Value, json};

use super::ASSIGNEE_MOVED;
use super::decide::{Outcome, Wishes};
use super::situation::{Decided, Decider, everybody, given_back};
use crate::auth;
use crate::clock;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::person;
use crate::person::appoint;
use crate::person::store::PersonRow;
use crate::task::commands::release::release;
use crate::task::commands::transition::{Step, write};
use crate::task::row::TaskRow;
use crate::task::schedule::kept_time;
use crate::tx::Tx;

/// Locks the person and everybody named in the wishes, in the order of their ids, so that two
/// handovers wait for each other and no task is given to somebody who leaves meanwhile.
///
/// # Errors
/// [`DbError`].
pub fn lock(
    tx: &mut Tx<'_>,
    district: AreaCode,
    person: PersonId,
    wishes: &Wishes,
) -> Result<(), DbError> {
    let mut people: BTreeSet<PersonId> = everybody(wishes);
    people.insert(person);
    people.into_iter().try_for_each(|id| auth::store::lock_person(tx.read()?, district, id))
}

/// Appoints the successor, if there is one, and changes the tasks; returns the row of the person,
/// who is a volunteer then.
///
/// # Errors
/// As [`appoint::replace`].
pub fn apply(
    tx: &mut Tx<'_>,
    row: &PersonRow,
    decided: &Decided,
    because: &'static str,
) -> Result<PersonRow, Problem> {
    let district = row.district.range();
    let mut row = row.clone();
    if let Some(successor) = decided.decision.successor {
        let successor = person::store::row(tx.read_unbatched(), &district, successor)?;
        let successor = successor.ok_or(DbError::Collision)?;
        succeed(tx, &row, &successor, row.area, decided.by.person())?;
        let changed = person::store::row(tx.read_unbatched(), &district, row.id)?;
        row = changed.ok_or(DbError::Collision)?;
    }
    for task in decided.rows.iter().filter(|task| !decided.given.contains(&task.id)) {
        hand(tx, task, decided, because)?;
    }
    Ok(row)
}

/// Makes `incoming` the manager of `grid` in place of `outgoing`. A manager who comes from another
/// grid keeps of the own tasks there only the started visits, as after a move; the others are open
/// again.
///
/// # Errors
/// As [`appoint::replace`].
pub(super) fn succeed(
    tx: &mut Tx<'_>,
    outgoing: &PersonRow,
    incoming: &PersonRow,
    grid: AreaCode,
    by: Option<PersonId>,
) -> Result<(), Problem> {
    appoint::replace(tx, Some(outgoing), incoming, grid, by)?;
    for task in given_back(tx.read()?, incoming, grid)? {
        let about = json!({ "because": ASSIGNEE_MOVED, "was": task.state });
        release(tx, &task, by, about)?;
    }
    Ok(())
}

/// The details of the event of a task that is handed over.
pub(super) fn about(row: &TaskRow, because: &'static str) -> Value {
    let mut about = json!({ "because": because, "was": row.state });
    if let Some(day) = row.planned_on {
        about["planned_on"] = json!(day);
    }
    about
}

/// Gives the task to its new assignee, opens or cancels it.
fn hand(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    decided: &Decided,
    because: &'static str,
) -> Result<(), Problem> {
    let Some(outcome) = decided.decision.tasks.get(&row.id) else { return Ok(()) };
    let mut about = about(row, because);
    match (*outcome, decided.by) {
        (Outcome::Kept, _) => Ok(()),
        (Outcome::Opened(obstacle), by) => {
            if let Some(obstacle) = obstacle {
                about["obstacle"] = json!(obstacle);
            }
            Ok(release(tx, row, by.person(), about)?)
        }
        // Every task that loses its assignee is cancelled if its beneficiary has ended.
        (Outcome::Cancelled, by) => {
            about["cancelled"] = json!(true);
            Ok(release(tx, row, by.person(), about)?)
        }
        (Outcome::Given(to), Decider::Superior(principal)) => give(tx, row, &principal, to, about),
        (Outcome::Given(_), Decider::Operator(_)) => {
            Err(Problem::defect("a task was given on the command line"))
        }
    }
}

/// Reassigns the task, which keeps its time if the person is free then; the decision has checked that the
/// rules permit it.
fn give(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    principal: &Principal,
    to: PersonId,
    about: Value,
) -> Result<(), Problem> {
    let to = person::store::row(tx.read_unbatched(), &principal.scope(), to)?;
    let to = to.ok_or(DbError::Collision)?;
    let command = Command::Reassign(Candidate { person: to.id, role: to.role, grid: to.area });
    let before = row.life()?;
    let transition = life::apply(&before, &command, principal, clock::day(tx.now));
    let transition = transition.map_err(|rejection| DbError::corrupt("tasks", rejection))?;
    if let Transition::Changed(after) = transition {
        let step = Step { row, before, after, verb: command.verb() };
        let event = step.event().by(principal.person).with(about);
        let times = kept_time::of(tx, row, &to)?;
        write(tx, &step, times, event)?;
    }
    Ok(())
}
