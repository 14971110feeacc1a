//! Push: executes an outbox in one transaction. Each command has its own outcome, and
//! a failed command does not affect the others, with one exception: a report that is refused
//! because an earlier command to its task, such as the claim, is not final yet, is not final either.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::DeviceName;

use super::cursor::LONGEST;
use super::execute::{Executed, Sender, execute};
use super::model::{CommandOutcome, CommandResult, MOST_COMMANDS, Push};
use super::outbox_command::OutboxCommand;
use super::outbox_entry::{OutboxEntry, Queued};
use crate::crypto::SealingKey;
use crate::http::problem::answer::{Language, LocalizedProblem};
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::{self, Outcome};
use crate::task::commands::origin::Origin;
use crate::task::commands::read_set;
use crate::tx::{ReadSet, Tx};

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
    Problem::refuse(errors)
}

/// Parses the outbox.
pub fn read(push: &Push) -> Vec<OutboxEntry> {
    push.commands.iter().map(|raw| OutboxEntry::read(raw)).collect()
}

/// The rows that the execution of the outbox will read.
pub fn read_set(principal: &Principal, outbox: &[OutboxEntry]) -> ReadSet {
    let readable = outbox.iter().filter_map(|entry| entry.read.as_ref().ok());
    let of = |queued: &Queued| match &queued.command {
        OutboxCommand::Task { task, command, .. } => {
            read_set::of_command(principal, *task, Some(command.verb()), Some(&queued.id))
        }
        OutboxCommand::Amend(report, _) => {
            read_set::of_amendment(principal, *report, Some(&queued.id))
        }
        _ => idempotency::store::read_set(principal, &queued.id),
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
                    proposal: None,
                };
                let sender = Sender { key, principal, origin: &origin };
                let answer = execute(tx, &sender, &queued.command, &pending)?;
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

/// Whether the outcome of a refused command is open: the phone sends it again.
fn may_succeed_later(problem: &Problem) -> bool {
    problem.fault().is_some() || problem.is_retryable()
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
        Err(problem) if may_succeed_later(problem) => CommandOutcome::Retry,
        Err(_) => CommandOutcome::Rejected,
    };
    let (version, problem) = match result {
        Ok(Executed { version, because, .. }) => (version, because),
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
