//! Accepts and refuses proposals.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{CommandReason, Instructions};
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, ProposalId, TaskId};
use serde_json::{Value, json};

use super::model::{NewDay, Sealed};
use super::propose_day::window;
use super::store::{self, Placed, ProposalRow};
use super::{Acceptance, Proposal, ProposalState, ProposalSubject, answer_notice};
use crate::crypto::SealingKey;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::task::command::{NewDays, TaskCommand};
use crate::task::create::{self, NewTask};
use crate::task::origin::Origin;
use crate::task::perform::{self, Sent};
use crate::task::row::TaskRow;
use crate::task::task_origin::TaskOrigin;
use crate::tx::Tx;
use crate::{beneficiary, catalogue, clock};

/// The action of an acceptance in the log and in an outbox.
pub const ACCEPT: &str = "proposal.accept";

/// The action of a refusal in the log and in an outbox.
pub const REFUSE: &str = "proposal.refuse";

/// The answer to a proposal.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Yes.
    Accept(Acceptance),
    /// No, with the reason.
    Refuse(CommandReason),
}

/// A decision about a proposal.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The proposal.
    pub proposal: ProposalId,
    /// The answer.
    pub answer: Answer,
    /// Where it comes from.
    pub origin: Origin,
}

impl Effect for Decision {
    type Made = Proposal;

    fn action(&self) -> &'static str {
        match self.answer {
            Answer::Accept(_) => ACCEPT,
            Answer::Refuse(_) => REFUSE,
        }
    }

    fn request(&self) -> Value {
        let payload = match &self.answer {
            Answer::Accept(acceptance) => json!(acceptance),
            Answer::Refuse(reason) => json!({ "reason": reason }),
        };
        json!({ "proposal_id": self.proposal, "payload": payload })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.decidable(tx, principal).map(drop)
    }
}

impl Decision {
    /// The proposal, if the principal may decide it.
    fn decidable(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<Placed, Problem> {
        let found = store::one(tx.read()?, principal.district(), self.proposal)?;
        let found = found.ok_or_else(Problem::not_found)?;
        let own = found.row.proposed_by == principal.person;
        // Its author sees it, wherever it is.
        if own {
            return Err(ProblemCode::Forbidden.into());
        }
        principal.authorize(Action::DecideProposal, &found.grid)?;
        Ok(found)
    }

    /// Decides the proposal: an acceptance reschedules the task or creates one.
    ///
    /// # Errors
    /// 404; 403, also for the own proposal; 409 if it was decided or has lapsed, or if the beneficiary
    /// has ended; those of the command to the task.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Proposal, Problem> {
        let found = self.decidable(tx, principal)?;
        let refused = match found.state(tx.now) {
            ProposalState::Open => None,
            ProposalState::Lapsed => Some(ProblemCode::ProposalLapsed),
            _ => Some(ProblemCode::ProposalDecided),
        };
        if let Some(code) = refused {
            return Err(Problem::from(code).showing(&found.proposal(tx.now)));
        }
        let old = &found.row;
        let content = old.content(key)?;
        let mut next = ProposalRow {
            state: ProposalState::Accepted,
            decided_by: Some(principal.person),
            decided_at: Some(tx.now.naive_utc()),
            version: old.version + 1,
            ..old.clone()
        };
        match &self.answer {
            Answer::Accept(acceptance) => {
                next.created_task = self.accept(tx, key, principal, (old, &content), acceptance)?;
            }
            Answer::Refuse(reason) => {
                next.state = ProposalState::Refused;
                let content = Sealed { reason: Some(reason.clone()), ..content.clone() };
                next.sealed = ProposalRow::seal(key, old.district, old.id, &content)?;
            }
        }
        store::put(tx.write_unbatched(), Some(old), &next)?;
        let mut about = json!({ "task": next.task, "beneficiary": next.beneficiary });
        if let Some(task) = next.created_task {
            about["task"] = json!(task);
        }
        let event = Event::new(self.action(), Subject::Proposal, next.id, found.grid, next.version)
            .by(principal.person)
            .assignees(Some(next.proposed_by), Some(next.proposed_by))
            .with(about);
        tx.record(Event { device: self.origin.device(), ..event });
        answer_notice::notify(tx, &next, &content, principal.person)?;
        let decided = found.with(next);
        Ok(decided.proposal(tx.now))
    }

    /// Does what was proposed; returns the created task.
    fn accept(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        (row, content): (&ProposalRow, &Sealed),
        acceptance: &Acceptance,
    ) -> Result<Option<TaskId>, Problem> {
        match (row.subject, row.task, row.day, row.beneficiary, &content.need) {
            (ProposalSubject::Day, Some(task), Some(day), ..) => {
                if *acceptance != Acceptance::default() {
                    return Err(Problem::invalid("", "must be empty for a proposed day"));
                }
                let new = NewDay { day, start: row.start, note: None };
                self.reschedule(tx, key, principal, task, &new)?;
                Ok(None)
            }
            (ProposalSubject::Need, _, _, Some(home), Some(need)) => {
                let task = create_task(tx, key, principal, row, (home, need, content), acceptance)?;
                Ok(Some(task))
            }
            _ => Err(Problem::not_found()),
        }
    }

    /// Moves the task to the proposed day, by the rules of `task.reschedule`.
    fn reschedule(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        task: TaskId,
        new: &NewDay,
    ) -> Result<(), Problem> {
        let row = tx.find::<TaskRow>(task)?.ok_or_else(Problem::not_found)?;
        let command = TaskCommand::Reschedule(NewDays {
            not_before: Some(new.day),
            due_on: Some(new.day),
            window: window(new, &row)?,
        });
        let origin = Origin { proposal: Some(self.proposal), ..self.origin.clone() };
        let base = [row.version];
        let sent = Sent { task, command: &command, base: &base, origin: &origin, assignees: None };
        perform::perform(tx, key, principal, &sent)?;
        Ok(())
    }
}

/// Creates the task for the need.
fn create_task(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &ProposalRow,
    (home, need, content): (BeneficiaryId, &Need, &Sealed),
    acceptance: &Acceptance,
) -> Result<TaskId, Problem> {
    let entry = beneficiary::store::row(tx.read_unbatched(), &row.district.range(), home)?;
    if let Some(ended) = entry.filter(|entry| !entry.is_current()) {
        return Err(Problem::from(ProblemCode::BeneficiaryEnded).showing(&ended.masked(key)?));
    }
    let today = clock::day(tx.now);
    let kind = acceptance.kind.clone().or_else(|| row.kind.clone());
    let kind = match kind {
        Some(kind) => kind,
        None => follow_up(tx, row, need)?
            .ok_or_else(|| Problem::invalid("/kind", "is missing: the catalogue names none"))?,
    };
    let note = content.note.as_ref().map(|note| note.as_str().trim());
    let note = note.and_then(|note| note.parse::<Instructions>().ok());
    let due_on = acceptance.due_on.or(row.due_on.filter(|day| *day >= today));
    let instructions = acceptance.instructions.clone().or(note);
    let new = NewTask::for_beneficiary(kind, home).with(due_on, instructions);
    let origin = TaskOrigin::proposal(row.id, row.proposed_by);
    Ok(create::create_from(tx, key, principal, &new, Some(origin))?.id)
}

/// The kind of service that the catalogue names for the need, if all kinds name the same.
fn follow_up(tx: &mut Tx<'_>, row: &ProposalRow, need: &Need) -> Result<Option<KindCode>, Problem> {
    let kinds = catalogue::store::all(tx.read_unbatched(), row.district)?;
    let mut named =
        kinds.iter().filter(|kind| kind.active).filter_map(|kind| kind.follow_ups.get(need));
    let first = named.next();
    Ok(first.filter(|first| named.all(|kind| kind == *first)).cloned())
}
