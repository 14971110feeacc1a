//! An outbox, carried out: one transaction, each command with an outcome of its
//! own, and none in another's way.

use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_dispatch::task::Verb;
use serde_json::{Value, json};

use super::cursor::LONGEST;
use super::model::{CommandOutcome, CommandResult, MOST_COMMANDS, Push, QueuedCommand};
use crate::auth::Caller;
use crate::db::{DbFailure as _, Tx, Wants};
use crate::once::{self, Asked, CommandId};
use crate::problem::answer::{Language, Told};
use crate::problem::edge::JSON_HIGHEST;
use crate::problem::{FieldError, Kind, Problem};
use crate::seal::SealingKey;
use crate::task::command::{Origin, TaskCommand, action};
use crate::task::perform::{self, Performed, Sent};

/// No command has a longer word.
const LONGEST_WORD: usize = 32;

/// Whether a push can be carried out at all.
///
/// # Errors
/// 422.
pub fn check(push: &Push) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if push.commands.len() > MOST_COMMANDS {
        let told = format!("at most {MOST_COMMANDS}; send the others with the next push");
        errors.push(FieldError::new("/commands", told));
    }
    for (n, command) in push.commands.iter().enumerate() {
        if command.r#type.chars().count() > LONGEST_WORD || !is_plain(&command.r#type) {
            let told = format!("at most {LONGEST_WORD} characters, none of control");
            errors.push(FieldError::new(format!("/commands/{n}/type"), told));
        }
        if command.base_version.is_some_and(|base| !(0..=JSON_HIGHEST).contains(&base)) {
            let told = format!("from 0 to {JSON_HIGHEST}");
            errors.push(FieldError::new(format!("/commands/{n}/base_version"), told));
        }
    }
    if push.limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
        errors.push(FieldError::new("/limit", "must be from 1 to 1000"));
    }
    if push.cursor.as_ref().is_some_and(|cursor| cursor.len() > LONGEST) {
        errors.push(FieldError::new("/cursor", format!("at most {LONGEST} characters")));
    }
    if push
        .device
        .as_ref()
        .is_some_and(|name| !(1..=64).contains(&name.chars().count()) || !is_plain(name))
    {
        errors.push(FieldError::new("/device", "1 to 64 characters, none of control"));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into_iter().fold(Problem::from(Kind::Invalid), Problem::with))
    }
}

/// No text with a NUL can be kept by both databases.
fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// What carrying out the outbox will look at.
pub fn wants(caller: &Caller, push: &Push) -> Wants {
    let of = |command: &QueuedCommand| {
        let report = command.r#type == action(Verb::Report);
        perform::wants(caller, command.task_id, report, command_id(command).as_ref())
    };
    push.commands.iter().map(of).fold(Wants::default(), Wants::and)
}

fn command_id(command: &QueuedCommand) -> Option<CommandId> {
    command.id.to_string().parse().ok()
}

/// Carries out the outbox, in its order.
///
/// # Errors
/// Only what concerns the whole of it: the database's own failures.
pub fn push(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    push: &Push,
    language: Language,
) -> Result<Vec<CommandResult>, Problem> {
    let clock_behind = clock_behind(tx.now.into(), push.device_time);
    let run = |command: &QueuedCommand| {
        let origin = Origin {
            id: command_id(command),
            device: push.device.clone(),
            made_at: Some(command.at),
            clock_behind,
        };
        one(tx, key, caller, command, &origin, language)
    };
    push.commands.iter().map(run).collect()
}

/// How far the phone's clock is behind the server's.
fn clock_behind(now: DateTime<FixedOffset>, phone: Option<DateTime<FixedOffset>>) -> TimeDelta {
    phone.map_or(TimeDelta::zero(), |phone| now - phone)
}

fn one(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    caller: &Caller,
    command: &QueuedCommand,
    origin: &Origin,
    language: Language,
) -> Result<CommandResult, Problem> {
    let payload = Value::Object(command.payload.clone().unwrap_or_default());
    let read = TaskCommand::read(&command.r#type, payload.clone());
    let request: Value = json!({
        "task_id": command.task_id,
        "payload": read.as_ref().map_or(payload, TaskCommand::payload),
    });
    let asked =
        Asked { caller, id: origin.id.as_ref(), action: &command.r#type, request: &request };
    let answer = once::once(tx, key, &asked, |tx| {
        let read = read?;
        let (task, base) = (command.task_id, command.base_version);
        perform::perform(tx, key, caller, &Sent { task, command: &read, base, origin })
    });
    let id = command.id;
    let told = |problem| Some(Told(problem, language));
    match answer {
        Ok(once::Answer { result: Ok(Performed { task, recorded }), replayed }) => {
            let outcome = if recorded { CommandOutcome::Recorded } else { CommandOutcome::Applied };
            Ok(CommandResult { id, outcome, replayed, version: Some(task.version), problem: None })
        }
        Ok(once::Answer { result: Err(problem), replayed }) => {
            let later = problem.is_ours() || problem.kind().entry().retryable;
            let outcome = if later { CommandOutcome::Retry } else { CommandOutcome::Rejected };
            Ok(CommandResult { id, outcome, replayed, version: None, problem: told(problem) })
        }
        Err(problem) if problem.as_db().is_none() => {
            let outcome = CommandOutcome::Rejected;
            let problem = told(problem);
            Ok(CommandResult { id, outcome, replayed: false, version: None, problem })
        }
        Err(problem) => Err(problem),
    }
}
