//! One command to one task: read it, ask its life, write what it says.

use gridward_dispatch::authority::Action;
use gridward_dispatch::id::{PersonId, TaskId};
use gridward_dispatch::task::life::Candidate;
use gridward_dispatch::task::{Command, Rejection, Transition, apply};
use serde_json::{Value, json};

use super::Task;
use super::model::{HeldTask, Holder};
use super::row::TaskRow;
use super::store;
use crate::auth::Caller;
use crate::db::{Conn, DbError, Tx, parsed};
use crate::event::Event;
use crate::person;
use crate::person::Role;
use crate::problem::{Kind, Problem};
use crate::seal::SealingKey;

/// The task, if the caller may see it: it lies in the caller's area, or is in
/// the caller's hands wherever it lies.
///
/// # Errors
/// 404.
pub fn visible(conn: &mut Conn, caller: &Caller, id: TaskId) -> Result<TaskRow, Problem> {
    let row = store::row(conn, &caller.district, id)?.ok_or_else(Problem::not_found)?;
    let own = row.life()?.state.holder() == Some(caller.actor.person);
    if own || caller.actor.area.contains(&parsed("tasks", &row.grid)?) {
        Ok(row)
    } else {
        Err(Problem::not_found())
    }
}

/// Sends `command` to the task; `body` goes on the log with it.
///
/// # Errors
/// 404, 403, or 409 with the task as it stands and who has it.
pub fn send(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    id: TaskId,
    command: &Command,
    body: Value,
) -> Result<Task, Problem> {
    let action = match command {
        Command::Reassign(_) | Command::Assign(_) => Action::ReassignTask,
        Command::Claim | Command::Release | Command::Start | Command::Report(_) => Action::WorkTask,
    };
    let row = visible(tx.read(), caller, id)?;
    caller.may(action)?;
    let before = row.life()?;
    let after = match apply(&before, command, &caller.actor) {
        Ok(Transition::Already) => return Ok(row.task()?),
        Ok(Transition::Changed(after)) => after,
        Err(rejection) => return Err(refused(tx.read(), key, &row, rejection)?),
    };
    let now = tx.now;
    let next = store::advance(tx.write(), &row, &after, now)?;
    tx.record(Event {
        actor: Some(caller.actor.person),
        action: event(command),
        subject: "task",
        subject_id: row.id.clone(),
        area: after.grid,
        area_before: None,
        person: after.state.holder(),
        person_before: before.state.holder(),
        version: after.version,
        body,
    });
    Ok(next.task()?)
}

const fn event(command: &Command) -> &'static str {
    match command {
        Command::Claim => "task.claim",
        Command::Release => "task.release",
        Command::Start => "task.start",
        Command::Report(_) => "task.report",
        Command::Reassign(_) => "task.reassign",
        Command::Assign(_) => "task.assign",
    }
}

/// Gives the task to `person`, whoever has it now.
///
/// # Errors
/// As [`send`]; 409 when the person is not active, not a visitor, or of a grid
/// outside the caller's area.
pub fn reassign(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    id: TaskId,
    person: PersonId,
) -> Result<Task, Problem> {
    // A task out of sight is out of sight, whoever it is to be given to.
    visible(tx.read(), caller, id)?;
    caller.may(Action::ReassignTask)?;
    let row = person::store::row(tx.read(), &caller.scope(), person)?.filter(|row| row.active);
    let row = row.ok_or(Kind::NotACandidate)?;
    let role: Role = parsed("people", &row.role)?;
    let candidate = Candidate { person, role, grid: parsed("people", &row.area)? };
    send(tx, key, caller, id, &Command::Reassign(candidate), json!({}))
}

/// The problem that tells why `rejection`, with the task and its holder.
fn refused(
    conn: &mut Conn,
    key: &SealingKey,
    row: &TaskRow,
    rejection: Rejection,
) -> Result<Problem, DbError> {
    let (kind, holder) = match rejection {
        Rejection::AlreadyClaimed { holder } => (Kind::TaskAlreadyClaimed, Some(holder)),
        Rejection::NotHolder { holder } => (Kind::NotTaskHolder, holder),
        Rejection::WrongPhase { .. } => (Kind::TaskPhase, row.life()?.state.holder()),
        Rejection::NotACandidate => (Kind::NotACandidate, None),
    };
    let holder = match holder {
        None => None,
        Some(id) => {
            let grid: gridward_dispatch::area::AreaCode = parsed("tasks", &row.grid)?;
            let person = person::store::one(conn, key, &grid.district().range(), id)?;
            person.map(|person| Holder { id, name: person.name })
        }
    };
    Ok(Problem::from(kind).showing(&HeldTask { task: row.task()?, holder }))
}
