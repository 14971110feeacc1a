//! Executes one command of an outbox with the use case of its operation, at most once for its id.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::task::Verb;
use serde_json::json;

use super::outbox_command::OutboxCommand;
use super::read_notice::ReadNotice;
use crate::absence::command::{AddAbsence, WithdrawAbsence};
use crate::availability::duty::SetDuty;
use crate::availability::person_ref::PersonRef;
use crate::correction::propose::{self, NewCorrection};
use crate::crypto::SealingKey;
use crate::db::{DbError, DbFailure as _};
use crate::decision::move_case::Moving;
use crate::goods::give_back::GivingBack;
use crate::goods::hand_out::HandingOut;
use crate::http::IfMatch;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::{self, Channel, Effect, Outcome, Request};
use crate::proposal::decide::Decision;
use crate::proposal::propose_day::ProposeDay;
use crate::proposal::raise_need::RaiseNeed;
use crate::report::amendments::NewAmendment;
use crate::task::commands::command::action;
use crate::task::commands::origin::Origin;
use crate::task::commands::perform::{self, Performed, Sent};
use crate::task::reports::report_amend;
use crate::tx::Tx;

/// How long a report waits for an earlier command that the server failed to process. A phone sends
/// its outbox in order, so the earlier command precedes the report by minutes.
const PENDING_FOR: TimeDelta = TimeDelta::days(1);

/// Who sent a command, and from where.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// The key of the district.
    pub key: &'a SealingKey,
    /// The person.
    pub principal: &'a Principal,
    /// The origin of the command.
    pub origin: &'a Origin,
}

/// The result of a command that took effect.
#[derive(Debug)]
pub struct Executed {
    /// The version of what was changed, if that has versions.
    pub version: Option<i64>,
    /// Whether it is a report that was stored as evidence without changing the task.
    pub recorded: bool,
    /// Why the task was not changed.
    pub because: Option<Problem>,
}

/// Executes the command, unless it was executed before. `pending` are the tasks of earlier commands
/// of the push without a final outcome.
///
/// # Errors
/// Only database failures; other errors are in the outcome.
pub fn execute(
    tx: &mut Tx<'_>,
    sender: &Sender<'_>,
    command: &OutboxCommand,
    pending: &BTreeSet<TaskId>,
) -> Result<Outcome<Executed>, Problem> {
    let Sender { key, principal, origin } = *sender;
    let (about, sent) = (PersonRef::Caller, || origin.clone());
    match command {
        OutboxCommand::Task { task, command, base } => {
            let base = base.as_slice();
            let sent = Sent { task: *task, command, base, origin, assignees: None };
            let performed = task_command(tx, key, principal, &sent, pending)?;
            Ok(performed.map(|Performed { task, recorded, because }| Executed {
                version: Some(task.version),
                recorded,
                because: because.map(Problem::from),
            }))
        }
        OutboxCommand::Correct(beneficiary, proposal) => {
            let (beneficiary, proposal) = (*beneficiary, proposal.clone());
            let new = NewCorrection { beneficiary, proposal, origin: sent() };
            let run = |tx: &mut Tx<'_>| propose::propose(tx, key, principal, &new);
            effect(tx, sender, &new, run, |made| Some(made.version))
        }
        OutboxCommand::Amend(report, amendment) => {
            let (report, amendment) = (*report, amendment.clone());
            let new = NewAmendment { report, amendment, origin: sent() };
            let run = |tx: &mut Tx<'_>| {
                report_amend::amend(tx, key, principal, new.report, &new.amendment, &new.origin)
            };
            effect(tx, sender, &new, run, |made| Some(made.version))
        }
        OutboxCommand::AddAbsence(new) => {
            let new = AddAbsence { about, new: new.clone(), origin: sent(), is_check: false };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |_| None)
        }
        OutboxCommand::WithdrawAbsence(absence) => {
            let new = WithdrawAbsence { about, absence: *absence, origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, principal), |()| None)
        }
        OutboxCommand::SetDuty(change) => {
            let new = SetDuty { duty: change.duty };
            let run = |tx: &mut Tx<'_>| new.run(tx, principal).map(|person| person.version);
            effect(tx, sender, &new, run, |version| Some(*version))
        }
        OutboxCommand::ReadNotice(notice) => {
            let new = ReadNotice(*notice);
            effect(tx, sender, &new, |tx| new.run(tx, principal), |()| None)
        }
        OutboxCommand::ProposeDay(task, new) => {
            let new = ProposeDay { task: *task, new: new.clone(), origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
        OutboxCommand::RaiseNeed(new) => {
            let new = RaiseNeed { new: new.clone(), origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
        OutboxCommand::Decide(proposal, answer) => {
            let (proposal, answer) = (*proposal, answer.clone());
            let new = Decision { proposal, answer, origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
        OutboxCommand::HandOut(new) => {
            let new = HandingOut { new: new.clone(), origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
        OutboxCommand::GiveBack(handout, why) => {
            let new = GivingBack { handout: *handout, why: why.clone(), origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
        OutboxCommand::MoveCase { case, sent: content, base } => {
            let base = IfMatch(base.iter().copied().collect());
            let new = Moving { case: *case, base, sent: content.clone(), origin: sent() };
            effect(tx, sender, &new, |tx| new.run(tx, key, principal), |made| Some(made.version))
        }
    }
}

/// Makes an effect that is no task command, of which `version` is the version of what was made.
fn effect<E: Effect>(
    tx: &mut Tx<'_>,
    sender: &Sender<'_>,
    effect: &E,
    act: impl FnOnce(&mut Tx<'_>) -> Result<E::Made, Problem>,
    version: impl FnOnce(&E::Made) -> Option<i64>,
) -> Result<Outcome<Executed>, Problem> {
    let request = Request {
        principal: sender.principal,
        id: sender.origin.id.as_ref(),
        action: effect.action(),
        request: &effect.request(),
        task: None,
        channel: Channel::Outbox,
    };
    let authorize = |tx: &mut Tx<'_>| effect.authorize(tx, sender.principal);
    let made = unless_reused(idempotency::once(tx, sender.key, &request, authorize, act))?;
    Ok(made.map(|made| Executed { version: version(&made), recorded: false, because: None }))
}

/// Whether a refused report may depend on an earlier command of the outbox without a final
/// outcome: in this push (`pending`), or in one of before.
fn awaits_earlier(
    tx: &mut Tx<'_>,
    principal: &Principal,
    sent: &Sent<'_>,
    refusal: &Problem,
    pending: &BTreeSet<TaskId>,
) -> Result<bool, DbError> {
    let is_missing_assignment = matches!(
        refusal.kind(),
        Some(ProblemCode::NotAssignee | ProblemCode::TaskPhase | ProblemCode::NotFound)
    );
    if sent.command.verb() != Verb::Report || !is_missing_assignment {
        return Ok(false);
    }
    if pending.contains(&sent.task) {
        return Ok(true);
    }
    let since = tx.now - PENDING_FOR;
    idempotency::store::is_pending(tx, principal, sent.task, since)
}

fn task_command(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    sent: &Sent<'_>,
    pending: &BTreeSet<TaskId>,
) -> Result<Outcome<Performed>, Problem> {
    let content = json!({ "task_id": sent.task, "payload": sent.command.payload() });
    let request = Request {
        principal,
        id: sent.origin.id.as_ref(),
        action: action(sent.command.verb()),
        request: &content,
        task: Some(sent.task),
        channel: Channel::Outbox,
    };
    let authorize = |tx: &mut Tx<'_>| perform::authorize(tx, principal, sent).map(drop);
    let answer = idempotency::once(tx, key, &request, authorize, |tx| {
        match perform::perform(tx, key, principal, sent) {
            Err(refusal) if awaits_earlier(tx, principal, sent, &refusal, pending)? => {
                Err(ProblemCode::EarlierCommandPending.into())
            }
            performed => performed,
        }
    });
    unless_reused(answer)
}

/// The answer; the id of another command refuses this one alone.
fn unless_reused<T>(answer: Result<Outcome<T>, Problem>) -> Result<Outcome<T>, Problem> {
    match answer {
        Err(problem) if problem.as_db().is_none() => Ok(Outcome::new(Err(problem))),
        answer => answer,
    }
}
