//! Applies a decided handover: the succession and the tasks.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Command, Transition};
use serde_json::json;

use super::decide::{Outcome, Wishes};
use super::situation::{Decided, Decider, everybody};
use crate::auth;
use crate::clock;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::person;
use crate::person::appoint;
use crate::person::store::PersonRow;
use crate::task::perform::{Step, write};
use crate::task::row::TaskRow;
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
        appoint::replace(tx, Some(&row), &successor, row.area, decided.by.person())?;
        let changed = person::store::row(tx.read_unbatched(), &district, row.id)?;
        row = changed.ok_or(DbError::Collision)?;
    }
    for task in &decided.rows {
        hand(tx, task, decided, because)?;
    }
    Ok(row)
}

/// Gives the task to its new assignee or opens it.
fn hand(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    decided: &Decided,
    because: &'static str,
) -> Result<(), Problem> {
    let Some(outcome) = decided.decision.tasks.get(&row.id) else { return Ok(()) };
    let (before, today) = (row.life()?, clock::day(tx.now));
    let corrupt = |rejection| DbError::corrupt("tasks", rejection);
    let (verb, transition) = match (outcome, decided.by) {
        (Outcome::Kept, _) => return Ok(()),
        (Outcome::Given(to), Decider::Superior(principal)) => {
            let to = person::store::row(tx.read_unbatched(), &principal.scope(), *to)?;
            let to = to.ok_or(DbError::Collision)?;
            let to = Candidate { person: to.id, role: to.role, grid: to.area };
            let command = Command::Reassign(to);
            let transition = life::apply(&before, &command, &principal, today);
            (command.verb(), transition.map_err(corrupt)?)
        }
        (Outcome::Given(_), Decider::Operator(_)) => {
            return Err(Problem::defect("a task was given on the command line"));
        }
        (Outcome::Opened(_), _) => {
            let command = AutomaticCommand::Release;
            let transition = life::apply_automatic(&before, &command, today);
            (command.verb(), transition.map_err(corrupt)?)
        }
    };
    if let Transition::Changed(after) = transition {
        let step = Step { row, before, after, verb };
        let mut about = json!({ "because": because, "was": row.state });
        let handed = decided.handed(row);
        if let Some(day) = row.planned_on {
            about["planned_on"] = json!(day);
        }
        if let Some(obstacle) = handed.and_then(|handed| handed.obstacle) {
            about["obstacle"] = json!(obstacle);
        }
        let event = step.event().by(decided.by.person()).with(about);
        write(tx, &step, None, event);
    }
    Ok(())
}
