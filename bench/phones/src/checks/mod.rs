//! The guarantees of the service, each checked against the phones' copies and the results they
//! received; a violation quotes the first difference. Pure; [`crate::run`] fetches the data.
//! `gridward verify-log` checks the hash chain.

pub mod sessions;
mod violation;

use std::collections::BTreeMap;
use std::fmt;

use crate::clerk::Edit;
use crate::copy::LocalCopy;
use crate::event_log::{CLAIM, Event, REPORT};
use crate::expectations::{Entry, Expectations};
use crate::user::User;
use crate::wire::{CommandId, Outcome, PersonId, Phase, Task};

pub use violation::Violation;

/// A report that was rejected for a permitted reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedReport {
    /// The report.
    pub id: CommandId,
    /// Why: `not_found`, `forbidden`, or, if the person never had the task, `not_assignee` or
    /// `task_phase`.
    pub code: String,
}

impl fmt::Display for RejectedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.code)
    }
}

/// The reports of a run by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// Stored, and the task changed.
    pub applied: usize,
    /// Stored as evidence.
    pub recorded: usize,
    /// Rejected for a permitted reason.
    pub rejected: Vec<RejectedReport>,
}

/// Guarantee 1: the copy equals a fresh snapshot for the same person.
///
/// # Errors
/// The first row in which they differ.
pub fn copy_is_fresh(
    person: PersonId,
    copy: &LocalCopy,
    fresh: &LocalCopy,
) -> Result<(), Violation> {
    match copy.difference(fresh) {
        None => Ok(()),
        Some(difference) => Err(Violation::Copy { person, difference: Box::new(difference) }),
    }
}

/// Guarantee 1: the copy is within the user's scope: own tasks, and of the grid the open ones for a
/// volunteer or all for a manager.
///
/// # Errors
/// The first task outside the scope.
pub fn copy_is_in_scope(user: &User, is_manager: bool, copy: &LocalCopy) -> Result<(), Violation> {
    let in_scope = |task: &&Task| {
        let here = task.grid == user.grid && (is_manager || task.state == Phase::Open);
        here || task.assignee_id == Some(user.person)
    };
    match copy.tasks().find(|task| !in_scope(task)) {
        None => Ok(()),
        Some(task) => Err(Violation::Scope {
            person: user.person,
            grid: user.grid.clone(),
            task: Box::new(task.clone()),
        }),
    }
}

/// Guarantee 2: the log has every report exactly once, consistent with its result, unless it was
/// rejected for lack of visibility or permission, or its author never had the task.
///
/// # Errors
/// The first report without.
pub fn reports_are_kept<'a>(
    made: impl Iterator<Item = (PersonId, &'a Expectations)>,
    events: &[Event],
    is_of_this_run: impl Fn(&str) -> bool,
) -> Result<Reports, Violation> {
    let mut on_log: BTreeMap<CommandId, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.action == REPORT) {
        if let Some(id) = event.body.report {
            on_log.entry(id).or_default().push(event);
        }
    }
    let mut reports = Reports::default();
    for (person, expectations) in made {
        for entry in expectations.entries().filter(|entry| entry.command.action.is_report()) {
            let found = on_log.remove(&entry.command.id).unwrap_or_default();
            report_is_kept((person, expectations), entry, &found, &mut reports).map_err(
                |what| Violation::Report {
                    what,
                    entry: Box::new(entry.clone()),
                    events: found.into_iter().cloned().collect(),
                },
            )?;
        }
    }
    let unexpected = on_log
        .values()
        .flatten()
        .find(|event| event.device.as_deref().is_some_and(&is_of_this_run));
    match unexpected {
        None => Ok(reports),
        Some(event) => Err(Violation::Unexpected(Box::new((*event).clone()))),
    }
}

fn report_is_kept(
    (person, expectations): (PersonId, &Expectations),
    entry: &Entry,
    found: &[&Event],
    reports: &mut Reports,
) -> Result<(), &'static str> {
    let answer = entry.outcome().ok_or("without a final outcome")?;
    if answer.outcome == Outcome::Rejected {
        let code = answer.problem.as_ref().map_or("", |problem| problem.code.as_str());
        match code {
            "not_assignee" | "task_phase" if expectations.had_assigned(entry) => {
                return Err("rejected, although its author had the task");
            }
            "not_found" | "forbidden" | "not_assignee" | "task_phase" => {}
            _ => return Err("rejected, but not for lack of visibility or permission"),
        }
        if !found.is_empty() {
            return Err("rejected, but in the log");
        }
        reports.rejected.push(RejectedReport { id: entry.command.id, code: code.to_owned() });
        return Ok(());
    }
    let [event] = found else {
        return Err(if found.is_empty() { "lost" } else { "in the log more than once" });
    };
    if event.subject_id != entry.command.task_id.to_string() {
        return Err("in the log of another task");
    }
    if event.actor_id != Some(person) {
        return Err("in the log with another actor");
    }
    if event.body.recorded != (answer.outcome == Outcome::Recorded) {
        return Err("in the log with another outcome (recorded or applied)");
    }
    *(if event.body.recorded { &mut reports.recorded } else { &mut reports.applied }) += 1;
    Ok(())
}

/// Guarantee 3: the events of a task are consistent: the assignee before each event is the assignee
/// after the previous one, each event but a recorded report increases the version by one, and a claim
/// takes the task from no other assignee.
///
/// # Errors
/// The first two contradicting events.
pub fn no_task_had_two_holders(events: &[Event]) -> Result<(), Violation> {
    let mut last: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| event.subject == "task") {
        let before = last.insert(&event.subject_id, event);
        let fault = before
            .and_then(|before| discontinuity(before, event))
            .or_else(|| invalid_transition(event));
        if let Some(what) = fault {
            return Err(Violation::Discontinuity {
                what,
                before: before.map(|event| Box::new(event.clone())),
                after: Box::new(event.clone()),
            });
        }
    }
    Ok(())
}

fn discontinuity(before: &Event, after: &Event) -> Option<&'static str> {
    let grown = if after.is_recorded() { before.version } else { before.version + 1 };
    if after.person_before_id != before.person_id {
        Some("the assignee before is not the previous assignee")
    } else if after.version != grown {
        Some("the version did not increase by one with a change, or increased without one")
    } else {
        None
    }
}

fn invalid_transition(event: &Event) -> Option<&'static str> {
    let claimed = event.action == CLAIM;
    if event.is_recorded() && event.person_id != event.person_before_id {
        Some("a recorded report changed the assignee")
    } else if claimed && (event.person_id.is_none() || event.person_id != event.actor_id) {
        Some("the claimant is not the assignee")
    } else if claimed && event.person_before_id.is_some_and(|had| Some(had) != event.actor_id) {
        Some("it was claimed from another assignee")
    } else {
        None
    }
}

/// Guarantee 4: the results of a command agree, at most one of them is not a replay, and every command
/// has a final outcome.
///
/// # Errors
/// The first command with two outcomes or none.
pub fn commands_have_one_outcome<'a>(
    expectations: impl Iterator<Item = &'a Expectations>,
) -> Result<(), Violation> {
    for entry in expectations.flat_map(Expectations::entries) {
        let command = || format!("{:?}", entry.command);
        if let Some((one, other)) = entry.contradiction() {
            let (one, other) = (Box::new(one.clone()), Box::new(other.clone()));
            return Err(Violation::TwoOutcomes { command: command(), one, other });
        }
        if entry.outcome().is_none() {
            return Err(Violation::NoOutcome(command()));
        }
    }
    Ok(())
}

/// Guarantee 5: sequence numbers begin with 1 and have no gap.
///
/// # Errors
/// The first gap.
pub fn log_has_no_gap(events: &[Event]) -> Result<(), Violation> {
    let before = std::iter::once(0).chain(events.iter().map(|event| event.seq));
    let pairs = before.zip(events.iter().map(|event| event.seq));
    match pairs.into_iter().find(|(before, after)| before + 1 != *after) {
        None => Ok(()),
        Some((before, after)) => Err(Violation::Gap { before, after }),
    }
}

/// Guarantee 9: the log has each acknowledged edit of the registers exactly once, with its author and
/// the acknowledged version.
///
/// # Errors
/// The first edit without.
pub fn edits_are_kept(clerk: PersonId, edits: &[Edit], events: &[Event]) -> Result<(), Violation> {
    let mut on_log: BTreeMap<(&str, &str, i64), u32> = BTreeMap::new();
    for event in events.iter().filter(|event| event.actor_id == Some(clerk)) {
        let key = (event.action.as_str(), event.subject_id.as_str(), event.version);
        *on_log.entry(key).or_default() += 1;
    }
    for edit in edits {
        let id = edit.id.to_string();
        let key = (edit.kind.action(), id.as_str(), edit.version);
        let times = on_log.get(&key).copied().unwrap_or_default();
        if times != 1 {
            return Err(Violation::Edit { edit: edit.clone(), times });
        }
    }
    Ok(())
}

/// Commands with a problem, by problem code.
pub fn refusals<'a>(
    expectations: impl Iterator<Item = &'a Expectations>,
) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for entry in expectations.flat_map(Expectations::entries) {
        if let Some(problem) = entry.outcome().and_then(|answer| answer.problem.as_ref()) {
            *codes.entry(problem.code.clone()).or_default() += 1;
        }
    }
    codes
}

#[cfg(test)]
mod tests;
