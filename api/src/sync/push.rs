//! Push: executes an outbox in one transaction. Each command has its own outcome, and
//! a failed command does not affect the others, with one exception: a report that is refused
//! because an earlier command to its task, such as the claim, is not final yet, is not final either.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::TaskId;
use gridward_domain::task::Verb;
use serde_json::json;

use super::cursor::LONGEST;
use super::model::{CommandOutcome, CommandResult, MOST_COMMANDS, Push};
use super::outbox_entry::{OutboxCommand, OutboxEntry, Queued};
use crate::correction::propose::{self, NewCorrection};
use crate::crypto::SealingKey;
use crate::db::{DbError, DbFailure as _};
use crate::http::problem::answer::{Language, LocalizedProblem};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{self, Channel, Effect, Outcome, Request};
use crate::report::amendments::NewAmendment;
use crate::task::command::action;
use crate::task::origin::Origin;
use crate::task::perform::{self, Performed, Sent};
use crate::task::report_amend;
use crate::tx::{ReadSet, Tx};

/// How long a report waits for an earlier command that the server failed to process. A phone sends
/// its outbox in order, so the earlier command precedes the report by minutes.
const PENDING_FOR: TimeDelta = TimeDelta::days(1);

/// Validates a push as a whole.
///
/// # Errors
/// 422.
pub fn check(push: &Push) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if push.commands.len() > MOST_COMMANDS {
        let detail = format!("at most {MOST_COMMANDS}; send the others with the next push");
        errors.push(FieldError::new("/commands", detail));
    }
    if push.cursor.as_ref().is_some_and(|cursor| cursor.len() > LONGEST) {
        errors.push(FieldError::new("/cursor", format!("at most {LONGEST} characters")));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into_iter().fold(Problem::from(ProblemCode::Invalid), Problem::with))
    }
}

/// Parses the outbox.
pub fn read(push: &Push) -> Vec<OutboxEntry> {
    push.commands.iter().map(|raw| OutboxEntry::read(raw)).collect()
}

/// The rows that the execution of the outbox will read.
pub fn read_set(principal: &Principal, outbox: &[OutboxEntry]) -> ReadSet {
    let readable = outbox.iter().filter_map(|entry| entry.read.as_ref().ok());
    let of = |queued: &Queued| {
        let report = queued.command.is_report();
        match &queued.command {
            OutboxCommand::Task { task, .. } => {
                perform::read_set(principal, *task, report, Some(&queued.id))
            }
            OutboxCommand::Amend(report, _) => {
                perform::read_set_of_report(principal, *report, Some(&queued.id))
            }
            OutboxCommand::Correct(..) => idempotency::store::read_set(principal, &queued.id),
        }
    };
    let mut all = ReadSet::default();
    readable.map(of).for_each(|read_set| all.extend(&read_set));
    all
}

/// A parsed outbox.
#[derive(Debug)]
pub struct Outbox {
    /// Its entries, in order.
    pub entries: Vec<OutboxEntry>,
    /// The device's name for itself.
    pub device: Option<DeviceName>,
    /// The phone's clock at the time of sending.
    pub device_time: Option<DateTime<FixedOffset>>,
    /// The language of its problems.
    pub language: Language,
}

/// Executes the outbox in order.
///
/// # Errors
/// Only database failures; other errors are outcomes of a command.
pub fn push(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    outbox: &Outbox,
) -> Result<Vec<CommandResult>, Problem> {
    let clock_behind = clock_behind(tx.now.into(), outbox.device_time);
    let mut pending = BTreeSet::new();
    let run = |entry: &OutboxEntry| {
        let answer = match &entry.read {
            Ok(queued) => {
                let origin = Origin {
                    id: Some(queued.id.clone()),
                    device: outbox.device.clone(),
                    from_outbox: true,
                    made_at: queued.at,
                    clock_behind,
                };
                let answer = one(tx, key, principal, queued, &origin, &pending)?;
                if answer.result.as_ref().is_err_and(may_succeed_later) {
                    pending.extend(queued.command.task());
                }
                answer
            }
            Err(unread) => {
                pending.extend(entry.task);
                let problem = LocalizedProblem(unread.clone().into(), outbox.language);
                return Ok(CommandResult::unread(entry.name.clone(), problem));
            }
        };
        Ok(command_result(entry.name.clone(), answer, outbox.language))
    };
    outbox.entries.iter().map(run).collect()
}

/// The lag of the phone's clock behind the server's.
fn clock_behind(now: DateTime<FixedOffset>, phone: Option<DateTime<FixedOffset>>) -> TimeDelta {
    phone.map_or(TimeDelta::zero(), |phone| now - phone)
}

/// Whether the outcome of a refused command is open: the phone sends it again, unchanged or
/// corrected.
fn may_succeed_later(problem: &Problem) -> bool {
    problem.fault().is_some()
        || problem.is_retryable()
        || problem.kind() == Some(ProblemCode::Invalid)
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

/// The result of a command that took effect.
struct Executed {
    /// The version of the task, the correction or the report.
    version: i64,
    /// Whether it is a report that was stored as evidence without changing the task.
    recorded: bool,
    /// Why the task was not changed.
    because: Option<Problem>,
}

impl Executed {
    /// A change that is no command to a task.
    const fn at(version: i64) -> Self {
        Self { version, recorded: false, because: None }
    }
}

fn one(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    queued: &Queued,
    origin: &Origin,
    pending: &BTreeSet<TaskId>,
) -> Result<Outcome<Executed>, Problem> {
    match &queued.command {
        OutboxCommand::Task { task, command, base } => {
            let base = base.as_slice();
            let sent = Sent { task: *task, command, base, origin, pending: &[] };
            let performed = task_command(tx, key, principal, &sent, pending)?;
            Ok(performed.map(|Performed { task, recorded, because }| Executed {
                version: task.version,
                recorded,
                because: because.map(Problem::from),
            }))
        }
        OutboxCommand::Correct(beneficiary, proposal) => {
            let (beneficiary, proposal, origin) = (*beneficiary, proposal.clone(), origin.clone());
            let new = NewCorrection { beneficiary, proposal, origin };
            let proposed = effect(tx, key, (principal, queued), &new, |tx| {
                propose::propose(tx, key, principal, &new)
            });
            Ok(proposed?.map(|made| Executed::at(made.version)))
        }
        OutboxCommand::Amend(report, amendment) => {
            let (report, amendment, origin) = (*report, amendment.clone(), origin.clone());
            let new = NewAmendment { report, amendment, origin };
            let amended = effect(tx, key, (principal, queued), &new, |tx| {
                report_amend::amend(tx, key, principal, new.report, &new.amendment, &new.origin)
            });
            Ok(amended?.map(|made| Executed::at(made.version)))
        }
    }
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

/// Makes a change that is no command to a task at most once.
fn effect<E: Effect>(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (principal, queued): (&Principal, &Queued),
    new: &E,
    change: impl FnOnce(&mut Tx<'_>) -> Result<E::Made, Problem>,
) -> Result<Outcome<E::Made>, Problem> {
    let content = new.request();
    let request = Request {
        principal,
        id: Some(&queued.id),
        action: new.action(),
        request: &content,
        task: None,
        channel: Channel::Outbox,
    };
    let authorize = |tx: &mut Tx<'_>| new.authorize(tx, principal);
    unless_reused(idempotency::once(tx, key, &request, authorize, change))
}

/// The answer; the id of another command refuses this one alone.
fn unless_reused<T>(answer: Result<Outcome<T>, Problem>) -> Result<Outcome<T>, Problem> {
    match answer {
        Err(problem) if problem.as_db().is_none() => Ok(Outcome::new(Err(problem))),
        answer => answer,
    }
}

fn command_result(
    id: Option<String>,
    answer: Outcome<Executed>,
    language: Language,
) -> CommandResult {
    let Outcome { result, replayed, denial } = answer;
    if let Some(cause) = result.as_ref().err().and_then(Problem::cause) {
        tracing::error!(command = id, %cause, "a command failed on the server");
    }
    let outcome = match &result {
        Ok(Executed { recorded: true, .. }) => CommandOutcome::Recorded,
        Ok(_) => CommandOutcome::Applied,
        Err(problem) if problem.fault().is_some() || problem.is_retryable() => {
            CommandOutcome::Retry
        }
        Err(_) => CommandOutcome::Rejected,
    };
    let (version, problem) = match result {
        Ok(Executed { version, because, .. }) => (Some(version), because),
        Err(problem) => (None, Some(problem)),
    };
    // The phone learns what became of its command, but not the current state of a task that
    // its person may no longer see.
    let problem = problem.map(|problem| match denial {
        Some(_) => problem.without_current(),
        None => problem,
    });
    let problem = problem.map(|problem| LocalizedProblem(problem.under("/payload"), language));
    CommandResult { id, outcome, replayed, version, problem }
}
