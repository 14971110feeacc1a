//! Executes the commands of a bulk, each on its own, in one transaction.

use std::collections::BTreeSet;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BulkId, PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Before, BulkTask, Inverse, Made, One, TaskBulk, TaskBulkCommand, TaskBulkType};
use super::{UNDOABLE_FOR, store};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::DbFailure as _;
use crate::http::deserialize;
use crate::http::problem::{Kept, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::task::assignees::Assignees;
use crate::task::command::TaskCommand;
use crate::task::create::{self, NewTask};
use crate::task::origin::Origin;
use crate::task::perform::{self, Sent};
use crate::task::row::TaskRow;
use crate::tx::{ReadSet, Tx};

impl Effect for TaskBulk {
    type Made = Made;

    fn action(&self) -> &'static str {
        "task.bulk"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn read_set(&self, principal: &Principal) -> ReadSet {
        let tasks = self.commands.iter().flat_map(|command| &command.tasks);
        let mut all = ReadSet::default();
        for task in tasks {
            all.extend(&perform::read_set(principal, task.id, false, None));
        }
        all
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::DirectTask)?)
    }
}

/// A command that took effect on a task.
enum Done {
    Created { task: TaskId, version: i64 },
    Directed(Box<Directed>),
}

/// A task before and after a command, which may have changed nothing.
struct Directed {
    before: TaskRow,
    after: TaskRow,
}

impl Done {
    /// The task and its version.
    fn result(&self) -> (TaskId, i64) {
        match self {
            Self::Created { task, version } => (*task, *version),
            Self::Directed(step) => (step.after.id, step.after.version),
        }
    }

    /// What undoes it, unless it changed nothing.
    fn inverse(&self) -> Option<Inverse> {
        let (task, version) = self.result();
        match self {
            Self::Created { .. } => Some(Inverse { task, version, before: None }),
            Self::Directed(step) => (step.before.version != version).then(|| Inverse {
                task,
                version,
                before: Some(Before::of(&step.before)),
            }),
        }
    }
}

/// Executes the commands in order; a refused one changes nothing, and the others take effect.
pub(super) fn run(
    bulk: &TaskBulk,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Made, Problem> {
    principal.may(Action::DirectTask)?;
    let steps: Vec<Step<'_>> = bulk.commands.iter().flat_map(steps).collect();
    let to: BTreeSet<PersonId> = steps.iter().filter_map(Step::assigns_to).collect();
    let assignees = Assignees::read(tx, principal, &to)?;
    if bulk.dry_run {
        let (results, _) = tx.preview(|tx| all(&steps, tx, key, principal, assignees))??;
        return Ok(Made { id: None, undo_until: None, results });
    }
    let (results, inverses) = all(&steps, tx, key, principal, assignees)?;
    if inverses.is_empty() {
        return Ok(Made { id: None, undo_until: None, results });
    }
    let (id, now) = (BulkId(Uuid::now_v7()), tx.now);
    let whose = (principal.district(), principal.person);
    store::keep(tx.write_unbatched(), key, whose, id, &inverses, now)?;
    let undo_until = Some((now + UNDOABLE_FOR).with_timezone(&china()));
    Ok(Made { id: Some(id), undo_until, results })
}

fn all(
    steps: &[Step<'_>],
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    mut assignees: Assignees,
) -> Result<(Vec<One>, Vec<Inverse>), Problem> {
    let (mut results, mut inverses) = (Vec::with_capacity(steps.len()), Vec::new());
    for step in steps {
        let done = tx.savepoint(|tx| step.apply(tx, key, principal, &assignees))?;
        let one = match done {
            Ok(done) => {
                if let Done::Directed(step) = &done {
                    assignees.follow(&step.before, &step.after);
                }
                inverses.extend(done.inverse());
                let (task, version) = done.result();
                One { task: Some(task), result: Ok(version) }
            }
            // A failure of the server is not the result of a command: the call fails as a whole.
            Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => {
                return Err(problem);
            }
            Err(problem) => {
                One { task: step.task(), result: Err(problem.without_current().kept()) }
            }
        };
        results.push(one);
    }
    Ok((results, inverses))
}

/// A command to one task.
enum Step<'a> {
    Task { at: &'a BulkTask, kind: TaskBulkType, command: Result<TaskCommand, Kept> },
    Create(Result<NewTask, Kept>),
}

/// The command to each task.
fn steps(of: &TaskBulkCommand) -> Vec<Step<'_>> {
    if of.r#type == TaskBulkType::Create {
        let new = |beneficiary: Option<Value>| {
            let mut payload = of.payload.clone();
            if let Some(id) = beneficiary {
                payload.insert("beneficiary_id".to_owned(), id);
            }
            let new = deserialize::value(Value::Object(payload));
            Step::Create(new.map_err(kept))
        };
        return match of.beneficiary_ids.as_slice() {
            [] => vec![new(None)],
            ids => ids.iter().map(|id| new(Some(json!(id)))).collect(),
        };
    }
    let word = match of.r#type {
        TaskBulkType::Assign => TaskBulkType::Reassign.into(),
        other => <&str>::from(other),
    };
    let command = TaskCommand::read(word, of.payload.clone()).map_err(kept);
    let step = |at| Step::Task { at, kind: of.r#type, command: command.clone() };
    of.tasks.iter().map(step).collect()
}

/// A problem of the payload, for each of its tasks.
fn kept(problem: Problem) -> Kept {
    problem.under("/payload").kept()
}

impl Step<'_> {
    const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task { at, .. } => Some(at.id),
            Self::Create(_) => None,
        }
    }

    /// The person of an assignment.
    fn assigns_to(&self) -> Option<PersonId> {
        match self {
            Self::Task { command: Ok(TaskCommand::Reassign(to)), .. } => Some(to.person_id),
            _ => None,
        }
    }

    fn apply(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        assignees: &Assignees,
    ) -> Result<Done, Problem> {
        match self {
            Self::Create(new) => {
                let new = new.as_ref().map_err(|problem| Problem::from(problem.clone()))?;
                let made = create::create(tx, key, principal, new)
                    .map_err(|problem| problem.under("/payload"))?;
                Ok(Done::Created { task: made.id, version: made.version })
            }
            Self::Task { at, kind, command } => {
                let command = command.as_ref();
                let command = command.map_err(|problem| Problem::from(problem.clone()))?;
                let before = perform::visible_now(tx, principal, at.id)?;
                if *kind == TaskBulkType::Assign && before.state != Phase::Open {
                    let problem = Problem::from(ProblemCode::TaskPhase);
                    return Err(problem.showing(&before.task(View::Pool)?));
                }
                let base: Vec<i64> = at.base_version.iter().map(|base| base.get()).collect();
                let origin = Origin::default();
                let sent = Sent {
                    task: at.id,
                    command,
                    base: &base,
                    origin: &origin,
                    assignees: Some(assignees),
                };
                perform::perform(tx, key, principal, &sent)
                    .map_err(|problem| problem.under("/payload"))?;
                let after = tx.find::<TaskRow>(at.id)?.ok_or(ProblemCode::NotFound)?;
                Ok(Done::Directed(Box::new(Directed { before, after })))
            }
        }
    }
}
