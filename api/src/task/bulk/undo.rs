//! Undoes a bulk: each task is as before, unless a person has changed it meanwhile.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BulkId, PersonId, TaskId};
use gridward_domain::task::{self as life, Command, Transition, Verb};
use gridward_domain::visibility::View;
use serde_json::{Value, json};

use super::model::{Before, Inverse, Made, One, Restoration};
use super::run::kept;
use super::store;
use crate::beneficiary::visitors;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{DbError, DbFailure as _};
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::person;
use crate::task::assignment::breach;
use crate::task::assignment::tie;
use crate::task::commands::command::{NewTimes, VisitTime};
use crate::task::commands::refusal;
use crate::task::commands::transition::{self, Step};
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::{Commitments, Conflict};
use crate::task::schedule::overlap;
use crate::task::view::seen;
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
    let mut undone = Undone::default();
    let mut results = Vec::with_capacity(inverses.len());
    for inverse in inverses.iter().rev() {
        let done = tx.savepoint(|tx| one(tx, key, principal, inverse, &undone))?;
        let result = match done {
            Ok(Restored { version, second }) => {
                undone.0.insert(inverse.task, version);
                undone.0.extend(second);
                Ok(version)
            }
            Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => {
                return Err(problem);
            }
            Err(problem) => Err(kept(problem)),
        };
        results.push(One { task: Some(inverse.task), result });
    }
    Ok(Made { id: None, undo_until: None, results })
}

/// The versions of the tasks undone so far: a task that several commands changed has the version of
/// the step that was undone last.
#[derive(Default)]
struct Undone(HashMap<TaskId, i64>);

impl Undone {
    /// The row of the task, unless a person has changed it since the bulk.
    fn row(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        (task, version): (TaskId, i64),
    ) -> Result<TaskRow, Problem> {
        let row = seen::visible_now(tx, principal, task)?;
        if !principal.area.contains(&row.grid) {
            return Err(ProblemCode::Forbidden.into());
        }
        if row.version == self.0.get(&task).copied().unwrap_or(version) {
            return Ok(row);
        }
        Err(Problem::from(ProblemCode::VersionConflict).showing(&row.task(View::Pool)?))
    }
}

/// The version of a restored task, and of the second task of its visit.
struct Restored {
    version: i64,
    second: Option<(TaskId, i64)>,
}

/// Undoes a command; both tasks of a visit by two people, or neither.
fn one(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    inverse: &Inverse,
    undone: &Undone,
) -> Result<Restored, Problem> {
    let row = undone.row(tx, principal, (inverse.task, inverse.version))?;
    let Some(before) = inverse.before else {
        return Ok(Restored { version: cancel(tx, key, principal, &row)?, second: None });
    };
    let version = restore(tx, principal, &row, before)?;
    let Some(Restoration { task, version: of_second, before }) = inverse.second else {
        return Ok(Restored { version, second: None });
    };
    let row = undone.row(tx, principal, (task, of_second))?;
    let second = Some((task, restore(tx, principal, &row, before)?));
    Ok(Restored { version, second })
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
            Ok(transition::write(tx, &step, NewTimes::default(), event)?.version)
        }
        Err(rejection) => Err(refusal::refused(tx.read_unbatched(), key, row, rejection)?),
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
        if !may_visit(tx, principal, row, id)? {
            return Err(ProblemCode::NotACandidate.into());
        }
        if row.assignee != Some(id) {
            check_time(tx, principal, (row, &next), id)?;
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

/// Checks that the person is not away at the time of the visit and has no other one, since the task was
/// taken.
fn check_time(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (row, next): (&TaskRow, &TaskRow),
    person: PersonId,
) -> Result<(), Problem> {
    let Some((day, start)) = next.planned_on.zip(next.planned_start) else { return Ok(()) };
    let who = BTreeSet::from([person]);
    let held = Commitments::read(tx.read()?, (next.district, None), &who, (day, day))?;
    match held.conflict(person, &held.visit(next, (day, start))?) {
        None => Ok(()),
        Some(Conflict::Away) => Err(breach::not_given_back(row, Vec::new())?),
        Some(Conflict::Busy) => {
            let visit = (VisitTime { day, start }, next.minutes);
            let overlaps = overlap::of(tx, principal, next, person, visit)?;
            if overlaps.is_empty() { Ok(()) } else { Err(breach::not_given_back(row, overlaps)?) }
        }
    }
}

/// Whether the task can go back to the person, who may have left, moved or been forbidden to visit the
/// beneficiary meanwhile.
fn may_visit(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    id: PersonId,
) -> Result<bool, DbError> {
    let (district, conn) = (principal.district(), tx.read()?);
    let area = person::active::areas(conn, district, &BTreeSet::from([id]))?.remove(&id);
    let is_here = |area: AreaCode| row.assignee == Some(id) || principal.area.contains(&area);
    let serves = area.is_some_and(|area| area.level() == Level::Grid && is_here(area));
    // A task that the person still has is not given again.
    if !serves || row.assignee == Some(id) {
        return Ok(serves);
    }
    let Some(beneficiary) = row.beneficiary else { return Ok(true) };
    Ok(!visitors::one(conn, district, beneficiary)?.forbidden.contains(&id))
}
