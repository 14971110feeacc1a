//! Undoes a bulk: each task is as before, unless a person has changed it meanwhile.

use std::collections::HashMap;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BulkId, TaskId};
use gridward_domain::person_state::PersonState;
use gridward_domain::task::{self as life, Command, Transition, Verb};
use gridward_domain::visibility::View;
use serde_json::{Value, json};

use super::model::{Before, Inverse, Made, One};
use super::store;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbFailure as _;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::person;
use crate::task::perform::{self, Step};
use crate::task::row::TaskRow;
use crate::task::tie;
use crate::tx::Tx;

/// The undoing of a bulk.
pub(super) struct Undo(pub(super) BulkId);

impl Effect for Undo {
    type Made = Made;

    fn action(&self) -> &'static str {
        "task.bulk_undo"
    }

    fn request(&self) -> Value {
        json!({ "bulk_id": self.0 })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::DirectTask)?)
    }
}

/// Undoes the commands, the last first.
pub(super) fn undo(
    call: &Undo,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Made, Problem> {
    principal.may(Action::DirectTask)?;
    let (whose, now) = ((principal.district(), principal.person), tx.now);
    let bulk = store::one(tx.read_unbatched(), whose, call.0)?.ok_or_else(Problem::not_found)?;
    if !bulk.is_undoable(now) {
        return Err(ProblemCode::UndoOver.into());
    }
    store::mark(tx.write_unbatched(), &bulk, now)?;
    let inverses = bulk.inverses(key)?;
    // A task that several commands changed has the version of the step that was undone last.
    let mut undone: HashMap<TaskId, i64> = HashMap::new();
    let mut results = Vec::with_capacity(inverses.len());
    for inverse in inverses.iter().rev() {
        let task = inverse.task;
        let expected = undone.get(&task).copied().unwrap_or(inverse.version);
        let done = tx.savepoint(|tx| one(tx, key, principal, inverse, expected))?;
        let result = match done {
            Ok(version) => {
                undone.insert(task, version);
                Ok(version)
            }
            Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => {
                return Err(problem);
            }
            Err(problem) => Err(problem.without_current().kept()),
        };
        results.push(One { task: Some(task), result });
    }
    Ok(Made { id: None, undo_until: None, results })
}

fn one(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    inverse: &Inverse,
    expected: i64,
) -> Result<i64, Problem> {
    let row = perform::visible_now(tx, principal, inverse.task)?;
    if !principal.area.contains(&row.grid) {
        return Err(ProblemCode::Forbidden.into());
    }
    if row.version != expected {
        let problem = Problem::from(ProblemCode::VersionConflict);
        return Err(problem.showing(&row.task(View::Pool)?));
    }
    match inverse.before {
        None => cancel(tx, key, principal, &row),
        Some(before) => restore(tx, principal, &row, before),
    }
}

/// Cancels a task that the bulk created, and the second one of a visit by two people.
fn cancel(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &TaskRow,
) -> Result<i64, Problem> {
    if row.pair().is_some() {
        for second in tie::tied(tx, row)? {
            if second.version != 1 {
                let problem = Problem::from(ProblemCode::VersionConflict);
                return Err(problem.showing(&second.task(View::Pool)?));
            }
            cancel_one(tx, key, principal, &second)?;
        }
    }
    cancel_one(tx, key, principal, row)
}

fn cancel_one(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &TaskRow,
) -> Result<i64, Problem> {
    let before = row.life()?;
    match life::apply(&before, &Command::Cancel, principal, clock::day(tx.now)) {
        Ok(Transition::Already) => Ok(row.version),
        Ok(Transition::Changed(after)) => {
            let step = Step { row, before, after, verb: Verb::Cancel };
            let event = step.event().by(principal.person).with(json!({ "because": "undone" }));
            Ok(perform::write(tx, &step, None, event)?.version)
        }
        Err(rejection) => Err(perform::refused(tx.read_unbatched(), key, row, rejection)?),
    }
}

/// Gives a task its state of before.
fn restore(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    before: Before,
) -> Result<i64, Problem> {
    let mut next = before.restored(row);
    next.version = row.version + 1;
    next.updated_at = tx.now.naive_utc();
    let (was, is) = (row.life()?, next.life()?);
    if let Some(id) = is.state.assignee() {
        let whole = principal.district().range();
        let person = person::store::row(tx.read_unbatched(), &whole, id)?;
        let serves = person
            .is_some_and(|person| person.state == PersonState::Active && person.role.visits());
        if !serves {
            return Err(ProblemCode::NotACandidate.into());
        }
    }
    next.archived = row.archived && !is.state.is_live();
    next.next_action_on = next.next_step_on(&is, clock::day(tx.now));
    let event = Event::new("task.undo", Subject::Task, row.id, row.grid, next.version);
    let event = event.assignees(was.state.assignee(), is.state.assignee());
    tx.record(event.by(principal.person));
    let version = next.version;
    tx.replace(row, next);
    Ok(version)
}
