//! Executes the commands of a bulk, each on its own, in one transaction.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BulkId, PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{
    BulkTask, Inverse, Made, One, Restoration, TaskBulk, TaskBulkCommand, TaskBulkType,
};
use super::{UNDOABLE_FOR, store};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::DbFailure as _;
use crate::http::deserialize;
use crate::http::problem::{Kept, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::task::assignment::assignees::Assignees;
use crate::task::commands::command::TaskCommand;
use crate::task::commands::origin::Origin;
use crate::task::commands::perform::{self, Sent};
use crate::task::commands::read_set;
use crate::task::commands::transition::Change;
use crate::task::creation::create::{self, NewTask};
use crate::task::view::seen;
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
            all.extend(&read_set::of_command(principal, task.id, None, None));
        }
        all
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::DirectTask)?)
    }
}

/// A command that took effect on a task.
enum Done {
    Created {
        task: TaskId,
        version: i64,
    },
    /// What the command changed: its task first; nothing if it was as commanded already.
    Directed {
        task: TaskId,
        version: i64,
        changes: Vec<Change>,
    },
}

impl Done {
    /// The task and its version.
    const fn result(&self) -> (TaskId, i64) {
        match self {
            Self::Created { task, version } | Self::Directed { task, version, .. } => {
                (*task, *version)
            }
        }
    }

    fn changes(&self) -> &[Change] {
        match self {
            Self::Created { .. } => &[],
            Self::Directed { changes, .. } => changes,
        }
    }

    /// What undoes it, unless it changed nothing.
    fn inverse(&self) -> Option<Inverse> {
        match self {
            Self::Created { task, version } => {
                Some(Inverse { task: *task, version: *version, before: None, second: None })
            }
            Self::Directed { changes, .. } => {
                let mut changes = changes.iter().map(Restoration::of);
                let Restoration { task, version, before } = changes.next()?;
                Some(Inverse { task, version, before: Some(before), second: changes.next() })
            }
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
    let steps: Vec<Step<'_>> = bulk.commands.iter().enumerate().flat_map(steps).collect();
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
    let mut seconds = Seconds::default();
    for step in steps {
        let done = match seconds.changed(step) {
            Some(done) => Ok(done),
            None => tx.savepoint(|tx| step.apply(tx, key, principal, &assignees))?,
        };
        let one = match done {
            Ok(done) => {
                for change in done.changes() {
                    assignees.update(&change.before, &change.after);
                }
                seconds.add(step, &done);
                inverses.extend(done.inverse());
                let (task, version) = done.result();
                One { task: Some(task), result: Ok(version) }
            }
            // A failure of the server is not the result of a command: the call fails as a whole.
            Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => {
                return Err(problem);
            }
            Err(problem) => One { task: step.task(), result: Err(kept(problem)) },
        };
        results.push(one);
    }
    Ok((results, inverses))
}

/// The refusal as it is stored. The task and the rules that an assignment would break have no personal data; what others
/// show may have.
pub(super) fn kept(problem: Problem) -> Kept {
    match problem.kind() {
        Some(ProblemCode::AssignmentBreaks) => problem.kept(),
        _ => problem.without_current().kept(),
    }
}

/// The second tasks of visits by two people that a command changed along with the first, with the
/// number of the command and the versions before and after.
#[derive(Default)]
struct Seconds(HashMap<TaskId, (usize, i64, i64)>);

impl Seconds {
    /// The result of the step if an earlier one of the same command has changed its task, and its
    /// base version, if given, is the one before that.
    fn changed(&self, step: &Step<'_>) -> Option<Done> {
        let Step::Task { at, nth, .. } = step else { return None };
        let (by, before, version) = *self.0.get(&at.id)?;
        let is_based = at.base_version.is_none_or(|base| base.get() == before);
        let done = Done::Directed { task: at.id, version, changes: Vec::new() };
        (by == *nth && is_based).then_some(done)
    }

    fn add(&mut self, step: &Step<'_>, done: &Done) {
        if let (Step::Task { nth, .. }, [_, seconds @ ..]) = (step, done.changes()) {
            let of = |change: &Change| (*nth, change.before.version, change.after.version);
            self.0.extend(seconds.iter().map(|change| (change.after.id, of(change))));
        }
    }
}

/// A command to one task.
enum Step<'a> {
    /// The `nth` command of the bulk, to an existing task.
    Task {
        at: &'a BulkTask,
        nth: usize,
        kind: TaskBulkType,
        command: Result<TaskCommand, Kept>,
    },
    Create(Result<NewTask, Kept>),
}

/// The `nth` command to each task.
fn steps((nth, of): (usize, &TaskBulkCommand)) -> Vec<Step<'_>> {
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
    let command = TaskCommand::read(word, of.payload.clone());
    let command = command.map_err(|problem| problem.under("/payload").kept());
    let step = |at| Step::Task { at, nth, kind: of.r#type, command: command.clone() };
    of.tasks.iter().map(step).collect()
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
            Self::Task { at, kind, command, .. } => {
                let command = command.as_ref();
                let command = command.map_err(|problem| Problem::from(problem.clone()))?;
                let before = seen::visible_now(tx, principal, at.id)?;
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
                let (performed, changes) = perform::execute(tx, key, principal, &sent)
                    .map_err(|problem| problem.under("/payload"))?;
                Ok(Done::Directed { task: at.id, version: performed.task.version, changes })
            }
        }
    }
}
