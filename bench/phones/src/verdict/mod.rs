//! The promises, each checked against what the phones hold and were told, and each
//! failing with the first difference in full. Pure; [`crate::run`] fetches what is
//! compared. The chain of hashes is `gridward verify-log`'s to check.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::copy::{Difference, LocalCopy};
use crate::ledger::{Entry, Ledger};
use crate::log::{CLAIM, Event, REPORT};
use crate::visitor::Visitor;
use crate::wire::{CommandId, CommandResult, Outcome, PersonId, Phase, Task};

/// A promise that was not kept.
#[derive(Clone, Debug, Error)]
pub enum Broken {
    /// 1: the copy is not what a fresh snapshot holds.
    #[error("the copy of {person} is not as a fresh snapshot: {difference}")]
    Copy {
        /// Whose phone.
        person: PersonId,
        /// The first row in which they differ.
        difference: Box<Difference>,
    },
    /// 1: the phone holds a task that is not its person's to have.
    #[error("{person} of {grid} holds a task that is not theirs to have: {task:?}")]
    Scope {
        /// Whose phone.
        person: PersonId,
        /// Their grid.
        grid: String,
        /// The task.
        task: Box<Task>,
    },
    /// 2: a report is not on the log as it was answered.
    #[error("the report {} is {what}\n  made: {:?}\n  answered: {:?}\n  on the log: {}", .entry.command.id, .entry.command, .entry.answers, listed(.events))]
    Report {
        /// What is wrong.
        what: &'static str,
        /// The report and what was answered.
        entry: Box<Entry>,
        /// The events that name it.
        events: Vec<Event>,
    },
    /// 2: a report of this run is on the log that no phone made.
    #[error("a report is on the log that no phone made: {0:?}")]
    Stranger(Box<Event>),
    /// 3: two events of a task that cannot follow each other.
    #[error("a task's log is torn: {what}\n  before: {}\n  then:   {after:?}", .before.as_ref().map_or("nothing".to_owned(), |event| format!("{event:?}")))]
    Torn {
        /// What does not fit.
        what: &'static str,
        /// The event before of the same task.
        before: Option<Box<Event>>,
        /// The event that cannot follow it.
        after: Box<Event>,
    },
    /// 4: one command, two outcomes.
    #[error("a command has two outcomes: {command}\n  once:  {one:?}\n  again: {other:?}")]
    TwoOutcomes {
        /// The command.
        command: String,
        /// One answer.
        one: Box<CommandResult>,
        /// Another.
        other: Box<CommandResult>,
    },
    /// 4: a command never came to an outcome.
    #[error("a command never came to an outcome: {0}")]
    NoOutcome(String),
    /// 5: a number is missing on the log.
    #[error("the log has a gap: after {before} comes {after}")]
    Gap {
        /// The number before; 0 at the beginning.
        before: i64,
        /// The number that follows.
        after: i64,
    },
}

fn listed(events: &[Event]) -> String {
    if events.is_empty() {
        return "nothing".to_owned();
    }
    events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>().join("\n    ")
}

/// A report that was refused, as it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedReport {
    /// The report.
    pub id: CommandId,
    /// Why: `not_found` or `forbidden`.
    pub code: String,
}

impl fmt::Display for RefusedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.code)
    }
}

/// What became of the reports of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// Kept, and the task moved.
    pub applied: usize,
    /// Kept as evidence.
    pub recorded: usize,
    /// Refused, as they may be.
    pub refused: Vec<RefusedReport>,
}

/// 1: the copy equals a fresh snapshot for the same person.
///
/// # Errors
/// The first row in which they differ.
pub fn copy_is_fresh(person: PersonId, copy: &LocalCopy, fresh: &LocalCopy) -> Result<(), Broken> {
    match copy.difference(fresh) {
        None => Ok(()),
        Some(difference) => Err(Broken::Copy { person, difference: Box::new(difference) }),
    }
}

/// 1: what is held is the person's to have: a volunteer's own tasks and the open
/// ones of the grid, a manager's own and all of the grid.
///
/// # Errors
/// The first task that is not.
pub fn copy_is_in_scope(
    visitor: &Visitor,
    is_manager: bool,
    copy: &LocalCopy,
) -> Result<(), Broken> {
    let theirs = |task: &&Task| {
        let here = task.grid == visitor.grid && (is_manager || task.state == Phase::Open);
        here || task.assignee_id == Some(visitor.person)
    };
    match copy.tasks().find(|task| !theirs(task)) {
        None => Ok(()),
        Some(task) => Err(Broken::Scope {
            person: visitor.person,
            grid: visitor.grid.clone(),
            task: Box::new(task.clone()),
        }),
    }
}

/// 2: every report is on the log exactly once, as it was answered, or was refused
/// to somebody who may not make it.
///
/// # Errors
/// The first report that is not.
pub fn reports_are_kept<'a>(
    made: impl Iterator<Item = (PersonId, &'a Ledger)>,
    events: &[Event],
    is_of_this_run: impl Fn(&str) -> bool,
) -> Result<Reports, Broken> {
    let mut on_log: BTreeMap<CommandId, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.action == REPORT) {
        if let Some(id) = event.body.report {
            on_log.entry(id).or_default().push(event);
        }
    }
    let mut reports = Reports::default();
    for (person, ledger) in made {
        for entry in ledger.entries().filter(|entry| entry.command.deed.is_report()) {
            let found = on_log.remove(&entry.command.id).unwrap_or_default();
            report_is_kept(person, entry, &found, &mut reports).map_err(|what| Broken::Report {
                what,
                entry: Box::new(entry.clone()),
                events: found.into_iter().cloned().collect(),
            })?;
        }
    }
    let stranger = on_log
        .values()
        .flatten()
        .find(|event| event.device.as_deref().is_some_and(&is_of_this_run));
    match stranger {
        None => Ok(reports),
        Some(event) => Err(Broken::Stranger(Box::new((*event).clone()))),
    }
}

fn report_is_kept(
    person: PersonId,
    entry: &Entry,
    found: &[&Event],
    reports: &mut Reports,
) -> Result<(), &'static str> {
    let answer = entry.outcome().ok_or("without a final outcome")?;
    if answer.outcome == Outcome::Rejected {
        let code = answer.problem.as_ref().map_or("", |problem| problem.code.as_str());
        if !matches!(code, "not_found" | "forbidden") {
            return Err("refused, and not for want of sight or right");
        }
        if !found.is_empty() {
            return Err("refused, and on the log");
        }
        reports.refused.push(RefusedReport { id: entry.command.id, code: code.to_owned() });
        return Ok(());
    }
    let [event] = found else {
        return Err(if found.is_empty() { "lost" } else { "on the log more than once" });
    };
    if event.subject_id != entry.command.task_id.to_string() {
        return Err("on the log of another task");
    }
    if event.actor_id != Some(person) {
        return Err("on the log as somebody else's");
    }
    if event.body.recorded != (answer.outcome == Outcome::Recorded) {
        return Err("on the log otherwise than it was answered (recorded or applied)");
    }
    *(if event.body.recorded { &mut reports.recorded } else { &mut reports.applied }) += 1;
    Ok(())
}

/// 3: each task goes from hand to hand without a tear, its version growing by one
/// with every event but a report that moved nothing; and who claims takes it from
/// nobody, or from their own hands.
///
/// # Errors
/// The first two events that cannot follow each other.
pub fn no_task_had_two_holders(events: &[Event]) -> Result<(), Broken> {
    let mut last: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| event.subject == "task") {
        let before = last.insert(&event.subject_id, event);
        let fault = before.and_then(|before| tear(before, event)).or_else(|| theft(event));
        if let Some(what) = fault {
            return Err(Broken::Torn {
                what,
                before: before.map(|event| Box::new(event.clone())),
                after: Box::new(event.clone()),
            });
        }
    }
    Ok(())
}

fn tear(before: &Event, after: &Event) -> Option<&'static str> {
    let grown = if after.is_recorded() { before.version } else { before.version + 1 };
    if after.person_before_id != before.person_id {
        Some("it was not in the hands from which it is taken")
    } else if after.version != grown {
        Some("its version did not grow by one with a change, or grew without one")
    } else {
        None
    }
}

fn theft(event: &Event) -> Option<&'static str> {
    let claimed = event.action == CLAIM;
    if event.is_recorded() && event.person_id != event.person_before_id {
        Some("a report that moved nothing moved it")
    } else if claimed && (event.person_id.is_none() || event.person_id != event.actor_id) {
        Some("who claimed it does not have it")
    } else if claimed && event.person_before_id.is_some_and(|had| Some(had) != event.actor_id) {
        Some("it was claimed out of somebody else's hands")
    } else {
        None
    }
}

/// 4: all answers ever given to one command agree, at most one of them is the
/// first, and every command came to an end.
///
/// # Errors
/// The first command with two outcomes, or with none.
pub fn commands_have_one_outcome<'a>(
    ledgers: impl Iterator<Item = &'a Ledger>,
) -> Result<(), Broken> {
    for entry in ledgers.flat_map(Ledger::entries) {
        let command = || format!("{:?}", entry.command);
        if let Some((one, other)) = entry.contradiction() {
            let (one, other) = (Box::new(one.clone()), Box::new(other.clone()));
            return Err(Broken::TwoOutcomes { command: command(), one, other });
        }
        if entry.outcome().is_none() {
            return Err(Broken::NoOutcome(command()));
        }
    }
    Ok(())
}

/// 5: the log's numbers begin with 1 and have no gap.
///
/// # Errors
/// The first gap.
pub fn log_has_no_gap(events: &[Event]) -> Result<(), Broken> {
    let before = std::iter::once(0).chain(events.iter().map(|event| event.seq));
    let pairs = before.zip(events.iter().map(|event| event.seq));
    match pairs.into_iter().find(|(before, after)| before + 1 != *after) {
        None => Ok(()),
        Some((before, after)) => Err(Broken::Gap { before, after }),
    }
}

/// The words of problems by which commands were refused, and how often.
pub fn refusals<'a>(ledgers: impl Iterator<Item = &'a Ledger>) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for entry in ledgers.flat_map(Ledger::entries) {
        if let Some(problem) = entry.outcome().and_then(|answer| answer.problem.as_ref()) {
            *codes.entry(problem.code.clone()).or_default() += 1;
        }
    }
    codes
}

#[cfg(test)]
mod tests;
