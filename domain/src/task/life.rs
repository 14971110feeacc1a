//! The commands of people for a task, and their rules, in one pure function.

use chrono::NaiveDate;

use super::rules::{Candidate, Rejection, Transition, assigned, escalated, starts, to_state};
use super::state::{Outcome, Phase, State};
use super::task::Task;
use super::verb::Verb;
use crate::authority::Principal;
use crate::id::PersonId;

/// A command of a person for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Claims an open task.
    Claim,
    /// Accepts an assigned task.
    Accept,
    /// Declines an assigned task.
    Decline,
    /// Releases the task.
    Release,
    /// Starts the task.
    Start,
    /// Reports the outcome.
    Report {
        /// The outcome.
        outcome: Outcome,
        /// Whether the sender was the assignee when the report was made, by the log; a
        /// phone may be offline for hours.
        assigned_at_report: bool,
    },
    /// Assigns the task to a person, whether or not it has an assignee.
    Reassign(Candidate),
    /// Takes the task from its assignee.
    Unassign,
    /// Moves the days of the task.
    Reschedule {
        /// The earliest day of the visit.
        not_before: NaiveDate,
        /// The due day.
        due_on: NaiveDate,
    },
    /// Escalates the task by one level.
    Escalate,
    /// Cancels the task.
    Cancel,
    /// Reopens a finished task.
    Reopen,
}

impl Command {
    /// The verb of the command.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Claim => Verb::Claim,
            Self::Accept => Verb::Accept,
            Self::Decline => Verb::Decline,
            Self::Release => Verb::Release,
            Self::Start => Verb::Start,
            Self::Report { .. } => Verb::Report,
            Self::Reassign(_) => Verb::Reassign,
            Self::Unassign => Verb::Unassign,
            Self::Reschedule { .. } => Verb::Reschedule,
            Self::Escalate => Verb::Escalate,
            Self::Cancel => Verb::Cancel,
            Self::Reopen => Verb::Reopen,
        }
    }
}

/// Applies `command` of `principal` on the day `today` in the task's district. The caller has
/// already checked that the task is visible to the principal.
///
/// # Errors
/// A [`Rejection`]; the task is then unchanged.
pub fn apply(
    task: &Task,
    command: &Command,
    principal: &Principal,
    today: NaiveDate,
) -> Result<Transition, Rejection> {
    let verb = command.verb();
    if !verb.is_for(principal.role) {
        return Err(Rejection::Forbidden);
    }
    let me = principal.person;
    let after = match *command {
        Command::Claim => claimed(task, me)?,
        Command::Accept => accepted(task, me)?,
        Command::Start => started(task, me)?,
        Command::Decline | Command::Release => {
            phase_for(task, me)?;
            Some(to_state(task, verb, State::Open)?)
        }
        Command::Report { outcome, assigned_at_report } => {
            may_report(task, outcome, assigned_at_report, me)?;
            Some(reported(task, outcome, me, today))
        }
        Command::Reassign(to) => assigned(task, verb, &to, &principal.area)?,
        Command::Reschedule { not_before, due_on } => {
            starts(task, verb)?;
            if due_on < not_before {
                return Err(Rejection::DaysReversed);
            }
            Some(Task { not_before, due_on, ..*task })
        }
        // A repeated command, after a lost answer, finds the task open.
        Command::Unassign if task.state == State::Open => None,
        Command::Unassign => Some(to_state(task, verb, State::Open)?),
        Command::Escalate => Some(escalated(task)?),
        Command::Cancel => Some(to_state(task, verb, State::Cancelled)?),
        Command::Reopen => {
            starts(task, verb)?;
            Some(task.afresh(today))
        }
    };
    Ok(Transition::new(task, after))
}

/// The task accepted by its first claimant; `None` if that is `me` already.
fn claimed(task: &Task, me: PersonId) -> Result<Option<Task>, Rejection> {
    match task.state {
        State::Accepted(assignee) | State::InProgress(assignee) if assignee == me => Ok(None),
        State::Assigned(assignee) | State::Accepted(assignee) | State::InProgress(assignee)
            if assignee != me =>
        {
            Err(Rejection::AlreadyClaimed { assignee })
        }
        _ => to_state(task, Verb::Claim, State::Accepted(me)).map(Some),
    }
}

/// The task accepted by its assignee; `None` if it already is.
fn accepted(task: &Task, me: PersonId) -> Result<Option<Task>, Rejection> {
    match phase_for(task, me)? {
        Phase::Accepted | Phase::InProgress => Ok(None),
        _ => to_state(task, Verb::Accept, State::Accepted(me)).map(Some),
    }
}

/// The task started by its assignee, which implies acceptance; `None` if it already is.
fn started(task: &Task, me: PersonId) -> Result<Option<Task>, Rejection> {
    match phase_for(task, me)? {
        Phase::InProgress => Ok(None),
        _ => to_state(task, Verb::Start, State::InProgress(me)).map(Some),
    }
}

/// The phase of a task assigned to `person`.
fn phase_for(task: &Task, person: PersonId) -> Result<Phase, Rejection> {
    match task.state.assignee() {
        Some(assignee) if assignee == person => Ok(task.state.phase()),
        None if task.state.phase() != Phase::Open => {
            Err(Rejection::WrongPhase { phase: task.state.phase() })
        }
        assignee => Err(Rejection::NotAssignee { assignee }),
    }
}

/// The assignee may report. A former assignee may report if the report was made during the
/// assignment, the work is done and the task is open: the visit took place, even if the task was
/// given back meanwhile. Once it was handed on to another person, the former assignee's word, and
/// the time on a phone, do not end that person's work.
fn may_report(
    task: &Task,
    outcome: Outcome,
    assigned_at_report: bool,
    me: PersonId,
) -> Result<(), Rejection> {
    starts(task, Verb::Report)?;
    let done = outcome.completes();
    match phase_for(task, me) {
        Err(Rejection::NotAssignee { assignee: None }) if assigned_at_report && done => Ok(()),
        other => other.map(drop),
    }
}

/// The task after a report. If the beneficiary is not at home, the next attempt follows until the
/// maximum is reached; then the task fails and is escalated by one level for a decision.
fn reported(task: &Task, outcome: Outcome, by: PersonId, today: NaiveDate) -> Task {
    match outcome {
        Outcome::Done | Outcome::NeedsFollowUp => Task { state: State::Done(by), ..*task },
        Outcome::Refused => Task { state: State::Failed(by), ..*task },
        Outcome::NotHome if task.attempt < task.terms.attempts => task.again(today),
        Outcome::NotHome => Task {
            state: State::Failed(by),
            escalation_level: task.escalation_level.parent().unwrap_or(task.escalation_level),
            ..*task
        },
    }
}
