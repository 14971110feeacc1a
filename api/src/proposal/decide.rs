//! Accepts and refuses proposals.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{ProposalId, TaskId};
use serde_json::{Value, json};

use super::accept_need::{Created, accept_need};
use super::model::{NewDay, Sealed};
use super::propose_day::window;
use super::store::{self, Placed, ProposalRow};
use super::{Acceptance, Proposal, ProposalState, ProposalSubject, answer_notice};
use crate::crypto::SealingKey;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::task::commands::command::{NewDays, TaskCommand};
use crate::task::commands::origin::Origin;
use crate::task::commands::perform::{self, Sent};
use crate::task::row::TaskRow;
use crate::tx::Tx;

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

    /// Decides the proposal: an acceptance reschedules the task, creates one or opens a case.
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
                match self.accept(tx, key, principal, (old, &content), acceptance)? {
                    Some(Created::Task(task)) => next.created_task = Some(task),
                    Some(Created::Case(case)) => next.created_case = case,
                    None => {}
                }
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
        tx.record(event.on(self.origin.device()));
        answer_notice::notify(tx, &next, &content, principal.person)?;
        let decided = found.with(next);
        Ok(decided.proposal(tx.now))
    }

    /// Does what was proposed; returns what was created.
    fn accept(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
        (row, content): (&ProposalRow, &Sealed),
        acceptance: &Acceptance,
    ) -> Result<Option<Created>, Problem> {
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
                let about = (home, need, content);
                accept_need(tx, key, principal, row, about, acceptance).map(Some)
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
            window: window(new, &row)?.map(Some),
            planned: None,
            // The person who makes the visit asked for the day.
            force: true,
        });
        let origin = Origin { proposal: Some(self.proposal), ..self.origin.clone() };
        let base = [row.version];
        let sent = Sent { task, command: &command, base: &base, origin: &origin, assignees: None };
        perform::perform(tx, key, principal, &sent)?;
        Ok(())
    }
}
