//! Proposes another day for a task, by its holder: a call or a command of an outbox.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{ProposalId, TaskId};
use gridward_domain::task::Rejection;
use gridward_domain::time::Window;
use serde_json::{Value, json};

use super::life::{MOVABLE, TaskNow};
use super::model::{Sealed, written};
use super::propose::{new_row, propose};
use super::store::{self, ProposalRow};
use super::{NewDay, Proposal, ProposalState, ProposalSubject};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::idempotency::Effect;
use crate::task::commands::origin::Origin;
use crate::task::commands::{read_set, refusal};
use crate::task::row::TaskRow;
use crate::task::view::seen;
use crate::tx::{ReadSet, Tx};

/// The action in the log and in an outbox.
pub const ACTION: &str = "task.propose_day";

/// Another day that is proposed for a task.
#[derive(Clone, Debug)]
pub struct ProposeDay {
    /// The task.
    pub task: TaskId,
    /// What is proposed.
    pub new: NewDay,
    /// Where it comes from.
    pub origin: Origin,
}

impl Effect for ProposeDay {
    type Made = Proposal;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!({ "task_id": self.task, "payload": self.new })
    }

    fn read_set(&self, principal: &Principal) -> ReadSet {
        read_set::of_command(principal, self.task, None, self.origin.id.as_ref())
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.authorized(tx, principal).map(drop)
    }
}

impl ProposeDay {
    /// The task, if the principal may learn that it exists and works on tasks.
    fn authorized(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<TaskRow, Problem> {
        let row = seen::visible_now(tx, principal, self.task)?;
        principal.may(Action::WorkTask)?;
        Ok(row)
    }

    /// Stores the proposal for a decision, in place of an earlier one for the task.
    ///
    /// # Errors
    /// 404; 403; 422; 409 if another person has the task, or the visit has begun.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Proposal, Problem> {
        let task = self.authorized(tx, principal)?;
        if let Some(rejection) = rejection(&task, principal)? {
            return Err(refusal::refused(tx.read_unbatched(), key, &task, rejection)?);
        }
        if self.new.day < clock::day(tx.now) {
            return Err(Problem::invalid("/day", "is in the past"));
        }
        window(&self.new, &task)?;
        let replaced = replace_open(tx, &task)?;
        let content = Sealed { note: written(self.new.note.as_ref()), ..Sealed::default() };
        let by = (ProposalSubject::Day, principal.person);
        let row = ProposalRow {
            task: Some(task.id),
            beneficiary: task.beneficiary,
            day: Some(self.new.day),
            start: self.new.start,
            ..new_row(tx, key, &self.origin, by, &content)?
        };
        let mut about = json!({ "task": task.id, "day": self.new.day });
        if let Some(replaced) = replaced {
            about["replaces"] = json!(replaced);
        }
        let now = TaskNow { phase: task.state, assignee: task.assignee };
        let at = (task.grid, Some(now));
        Ok(propose(tx, row, at, (ACTION, about, &self.origin))?)
    }
}

/// Why the principal may not move the task: it has another assignee, or the visit has begun.
fn rejection(task: &TaskRow, principal: &Principal) -> Result<Option<Rejection>, DbError> {
    let assignee = task.life()?.state.assignee();
    if assignee != Some(principal.person) {
        return Ok(Some(Rejection::NotAssignee { assignee }));
    }
    let movable = MOVABLE.contains(&task.state);
    Ok((!movable).then_some(Rejection::WrongPhase { phase: task.state }))
}

/// The window of a visit that begins at the proposed time.
///
/// # Errors
/// 422 if the visit would not end on the day.
pub(super) fn window(new: &NewDay, task: &TaskRow) -> Result<Option<Window>, Problem> {
    let Some(start) = new.start else { return Ok(None) };
    let minutes = u16::try_from(task.minutes.get()).unwrap_or(u16::MAX);
    let end = start.minutes().saturating_add(minutes).try_into();
    let window = end.and_then(|end| Window::new(start, end));
    window
        .map(Some)
        .map_err(|_| Problem::invalid("/start", "leaves no time for the visit that day"))
}

/// Takes the open proposal of the task away; returns its id.
fn replace_open(tx: &mut Tx<'_>, task: &TaskRow) -> Result<Option<ProposalId>, DbError> {
    let open = store::open_of_task(tx.read_unbatched(), task.district, task.id)?;
    for old in &open {
        let next =
            ProposalRow { state: ProposalState::Replaced, version: old.version + 1, ..old.clone() };
        store::put(tx.write_unbatched(), Some(old), &next)?;
    }
    Ok(open.last().map(|old| old.id))
}
