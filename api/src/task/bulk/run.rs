//! Executes the commands of a bulk, each on its own, in one transaction.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BulkId, TaskId};
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
use crate::task::command::TaskCommand;
use crate::task::create::{self, NewTask};
use crate::task::origin::Origin;
use crate::task::perform::{self, Sent};
use crate::task::row::TaskRow;
use crate::task::store::HeldTime;
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
struct Done {
    task: TaskId,
    version: i64,
    /// What undoes it, unless it changed nothing.
    inverse: Option<Inverse>,
    /// The time that it takes of a new assignee.
    held: Option<HeldTime>,
}

/// Executes the commands in order; a refused one changes nothing, and the others take effect.
pub(super) fn run(
    bulk: &TaskBulk,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Made, Problem> {
    principal.may(Action::DirectTask)?;
    if bulk.dry_run {
        let (results, _) = tx.preview(|tx| all(bulk, tx, key, principal))??;
        return Ok(Made { id: None, undo_until: None, results });
    }
    let (results, inverses) = all(bulk, tx, key, principal)?;
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
    bulk: &TaskBulk,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<(Vec<One>, Vec<Inverse>), Problem> {
    let (mut results, mut inverses, mut pending) = (Vec::new(), Vec::new(), Vec::new());
    for command in &bulk.commands {
        for step in steps(command) {
            let task = step.task();
            let done = tx.savepoint(|tx| step.apply(tx, key, principal, &pending))?;
            let one = match done {
                Ok(Done { task, version, inverse, held }) => {
                    inverses.extend(inverse);
                    pending.extend(held);
                    One { task: Some(task), result: Ok(version) }
                }
                // A failure of the server is not the result of a command: the call fails as a
                // whole.
                Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => {
                    return Err(problem);
                }
                Err(problem) => One { task, result: Err(problem.without_current().kept()) },
            };
            results.push(one);
        }
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

    fn apply(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        pending: &[HeldTime],
    ) -> Result<Done, Problem> {
        match self {
            Self::Create(new) => {
                let new = new.as_ref().map_err(|problem| Problem::from(problem.clone()))?;
                let made = create::create(tx, key, principal, new)
                    .map_err(|problem| problem.under("/payload"))?;
                let (task, version) = (made.id, made.version);
                let inverse = Some(Inverse { task, version, before: None });
                Ok(Done { task, version, inverse, held: None })
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
                let sent = Sent { task: at.id, command, base: &base, origin: &origin, pending };
                perform::perform(tx, key, principal, &sent)
                    .map_err(|problem| problem.under("/payload"))?;
                let after = tx.find::<TaskRow>(at.id)?.ok_or(ProblemCode::NotFound)?;
                let changed = after.version != before.version;
                let inverse = changed.then(|| Inverse {
                    task: at.id,
                    version: after.version,
                    before: Some(Before::of(&before)),
                });
                let held = after.assignee.filter(|_| after.assignee != before.assignee);
                let held = held.map(|assignee| HeldTime {
                    assignee,
                    planned_on: after.planned_on,
                    due_on: after.due_on,
                    minutes: after.minutes.get(),
                });
                Ok(Done { task: at.id, version: after.version, inverse, held })
            }
        }
    }
}
