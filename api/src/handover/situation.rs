//! Reads the facts of a handover and decides it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Candidate;

use super::decide::{
    Decision, Fault, HeldTask, Named, Outcome, Position, Situation, Wishes, decide, stays,
};
use super::model::{HandedTask, Handover, Succession, TaskOutcome};
use super::{candidates, rules};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person;
use crate::person::PersonState;
use crate::person::store::PersonRow;
use crate::task;
use crate::task::beneficiary::of_ended;
use crate::task::row::TaskRow;

/// The maximum number of wishes for single tasks.
const MOST_WISHES: usize = 500;

/// Who decides: a superior, or an operator on the server's command line.
#[derive(Clone, Copy, Debug)]
pub enum Decider {
    /// A superior of the person.
    Superior(Principal),
    /// An operator, in this district.
    Operator(AreaCode),
}

impl Decider {
    /// The person, for the log.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Superior(principal) => Some(principal.person),
            Self::Operator(_) => None,
        }
    }

    /// The area in which the decision may change something.
    pub const fn scope(&self) -> AreaCode {
        match self {
            Self::Superior(principal) => principal.area,
            Self::Operator(district) => *district,
        }
    }
}

/// A decided handover, about to be shown or applied.
#[derive(Debug)]
pub struct Decided {
    /// The rows of the person's unfinished tasks.
    pub rows: Vec<TaskRow>,
    /// The decision.
    pub decision: Decision,
    /// Who decides.
    pub by: Decider,
    /// The tasks that others have got already.
    pub given: BTreeSet<TaskId>,
}

/// Reads the work of the person of `row`, who has the position `after` from `now` on or leaves, and
/// decides what becomes of it.
///
/// # Errors
/// 409 with the people who could follow if a manager goes without a successor; 409 for a person who
/// cannot follow, or cannot receive a task that is named; 422.
pub fn decided(
    conn: &mut Conn,
    key: &SealingKey,
    (by, now): (Decider, DateTime<Utc>),
    row: &PersonRow,
    after: Option<Position>,
    wishes: &Wishes,
) -> Result<Decided, Problem> {
    if wishes.tasks.len() > MOST_WISHES {
        return Err(Problem::invalid("/tasks", format!("must have at most {MOST_WISHES} items")));
    }
    let rows = task::store::held_by(conn, row.district, row.id)?;
    let ended = of_ended::cancelled_if_given_back(conn, row.district, &rows)?;
    let held = |task: &TaskRow| HeldTask {
        id: task.id,
        grid: task.grid,
        phase: task.state,
        subject_ended: ended.contains(&task.id),
    };
    let situation = Situation {
        person: row.id,
        before: Position { role: row.role, area: row.area },
        after,
        scope: by.scope(),
        tasks: rows.iter().map(held).collect(),
        named: named(conn, by, wishes)?,
    };
    match decide(&situation, wishes) {
        Ok(mut decision) => {
            if let Decider::Superior(principal) = by
                && wishes.give()
            {
                let successor = match decision.successor {
                    Some(id) => person::store::row(conn, &row.district.range(), id)?,
                    None => None,
                };
                let lost = match successor {
                    Some(successor) => given_back(conn, &successor, row.area)?,
                    None => Vec::new(),
                };
                let of = (&principal, now);
                rules::keep(conn, of, (&rows, &lost), wishes, &mut decision)?;
            }
            Ok(Decided { rows, decision, by, given: BTreeSet::new() })
        }
        Err(Fault::SuccessorRequired) => {
            let people = candidates::of(conn, key, &by.scope(), row.area, row.id)?;
            let detail = "must name the next manager of the grid, an active volunteer";
            let error = FieldError::new("/successor_id", detail);
            Err(Problem::from(ProblemCode::ManagerRequired).with(error).showing(&people))
        }
        Err(fault) => Err(refused(&fault)),
    }
}

fn refused(fault: &Fault) -> Problem {
    let not_a_candidate = |pointer: &str, detail: &str| {
        Problem::from(ProblemCode::NotACandidate).with(FieldError::new(pointer, detail))
    };
    match fault {
        Fault::SuccessorRequired => ProblemCode::ManagerRequired.into(),
        Fault::NoSuccession => {
            Problem::invalid("/successor_id", "must be absent: no grid loses its manager")
        }
        Fault::NotACandidate(pointer) if pointer == "/successor_id" => {
            not_a_candidate(pointer, "must be another active volunteer in your area")
        }
        Fault::NotACandidate(pointer) => {
            not_a_candidate(pointer, "must be another active manager or volunteer in your area")
        }
        Fault::NoSuchTask(pointer) => {
            let detail = "must be an unfinished task of the person in your area, listed once";
            Problem::invalid(pointer, detail)
        }
    }
}

/// The people named in the wishes who are in the decider's area.
fn named(
    conn: &mut Conn,
    by: Decider,
    wishes: &Wishes,
) -> Result<BTreeMap<PersonId, Named>, Problem> {
    let scope = by.scope().range();
    let mut people = BTreeMap::new();
    for id in everybody(wishes) {
        let Some(row) = person::store::row(conn, &scope, id)? else { continue };
        let named = Named {
            candidate: Candidate { person: id, role: row.role, grid: row.area },
            is_active: row.state == PersonState::Active,
        };
        people.insert(id, named);
    }
    Ok(people)
}

/// The tasks that a person gives back who becomes the manager of `grid`.
///
/// # Errors
/// [`DbError`].
pub(super) fn given_back(
    conn: &mut Conn,
    incoming: &PersonRow,
    grid: AreaCode,
) -> Result<Vec<TaskRow>, DbError> {
    if incoming.area == grid {
        return Ok(Vec::new());
    }
    let after = Position { role: Role::Manager, area: grid };
    let mut held = task::store::held_by(conn, incoming.district, incoming.id)?;
    held.retain(|task| !stays(after, &task.grid, task.state));
    Ok(held)
}

/// The people named in the wishes.
pub(super) fn everybody(wishes: &Wishes) -> BTreeSet<PersonId> {
    let single = wishes.tasks.iter().filter_map(|wish| wish.give_to);
    single.chain(wishes.successor).chain(wishes.give_to).collect()
}

impl Decided {
    /// The answer for the person of `row`, as it is afterwards or, in a preview, would be; `before`
    /// is the person's former area.
    pub fn shown(&self, row: &PersonRow, before: AreaCode, preview: bool) -> Handover {
        let mut tasks = Vec::new();
        let mut tasks_elsewhere = 0;
        for task in &self.rows {
            let Some(handed) = self.handed(task) else { continue };
            if self.by.scope().contains(&task.grid) {
                tasks.push(handed);
            } else {
                tasks_elsewhere += 1;
            }
        }
        let succession = self.decision.successor;
        Handover {
            preview,
            person_id: row.id,
            state: row.state,
            role: row.role,
            area: row.area,
            version: row.version,
            succession: succession.map(|manager_id| Succession { grid: before, manager_id }),
            tasks,
            tasks_elsewhere,
            regimes: Vec::new(),
            loads: Vec::new(),
            plan_id: None,
        }
    }

    /// What becomes of the task; `None` if it is simply kept.
    pub(super) fn handed(&self, task: &TaskRow) -> Option<HandedTask> {
        let decided = self.decision.tasks.get(&task.id).copied()?;
        let (outcome, person_id, obstacle) = match decided {
            Outcome::Kept => (TaskOutcome::Kept, None, None),
            Outcome::Given(to) => (TaskOutcome::Given, Some(to), None),
            Outcome::Opened(obstacle) => (TaskOutcome::Opened, None, obstacle),
            Outcome::Cancelled => (TaskOutcome::Cancelled, None, None),
        };
        let started = task.state == gridward_domain::task::Phase::InProgress;
        (decided != Outcome::Kept || started).then_some(HandedTask {
            task_id: task.id,
            grid: task.grid,
            was: task.state,
            planned_on: task.planned_on,
            outcome,
            person_id,
            obstacle,
        })
    }
}
