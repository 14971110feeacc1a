//! Proposes another day for a task, by its holder: a call or a command of an outbox.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{ProposalId, TaskId};
use gridward_domain::task::Rejection;
use gridward_domain::time::Window;
use serde_json::{Value, json};
use uuid::Uuid;

use super::life::{MOVABLE, TaskNow};
use super::model::{Sealed, written};
use super::store::{self, Placed, ProposalRow};
use super::{NewDay, Proposal, ProposalState, ProposalSubject};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::idempotency::{CommandId, Effect};
use crate::log::{Event, Subject};
use crate::task::origin::Origin;
use crate::task::perform;
use crate::task::row::TaskRow;
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
        perform::read_set(principal, self.task, false, self.origin.id.as_ref())
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.authorized(tx, principal).map(drop)
    }
}

impl ProposeDay {
    /// The task, if the principal may learn that it exists and works on tasks.
    fn authorized(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<TaskRow, Problem> {
        let row = perform::visible_now(tx, principal, self.task)?;
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
            return Err(perform::refused(tx.read_unbatched(), key, &task, rejection)?);
        }
        if self.new.day < clock::day(tx.now) {
            return Err(Problem::invalid("/day", "is in the past"));
        }
        window(&self.new, &task)?;
        let district = task.district;
        let id = new_id(tx, &self.origin)?;
        let replaced = replace_open(tx, &task)?;
        let content = Sealed { note: written(self.new.note.as_ref()), ..Sealed::default() };
        let row = ProposalRow {
            district,
            id,
            subject: ProposalSubject::Day,
            task: Some(task.id),
            beneficiary: task.beneficiary,
            proposed_by: principal.person,
            created_at: tx.now.naive_utc(),
            day: Some(self.new.day),
            start: self.new.start,
            kind: None,
            due_on: None,
            state: ProposalState::Open,
            decided_by: None,
            decided_at: None,
            created_task: None,
            sealed: ProposalRow::seal(key, district, id, &content)?,
            version: 1,
        };
        store::put(tx.write_unbatched(), None, &row)?;
        let mut about = json!({ "task": task.id, "day": self.new.day });
        if let Some(replaced) = replaced {
            about["replaces"] = json!(replaced);
        }
        let event = Event::new(ACTION, Subject::Proposal, id, task.grid, 1)
            .by(principal.person)
            .assignees(None, Some(principal.person))
            .with(about);
        tx.record(Event { device: self.origin.device(), ..event });
        let now = TaskNow { phase: task.state, assignee: task.assignee };
        Ok(Placed::made(row, task.grid, Some(now)).proposal(tx.now))
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

/// The id of a new proposal: that of the command, unless another proposal has it.
pub(super) fn new_id(tx: &mut Tx<'_>, origin: &Origin) -> Result<ProposalId, DbError> {
    let district = tx.district;
    let command = origin.id.as_ref().and_then(CommandId::uuid).map(ProposalId);
    let id = match command {
        Some(id) if store::exists(tx.read_unbatched(), district, id)? => None,
        id => id,
    };
    Ok(id.unwrap_or_else(|| ProposalId(Uuid::now_v7())))
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
