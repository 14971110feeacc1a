//! The rules of a task's life cycle, in one pure function.

use chrono::NaiveDate;
use thiserror::Error;

use super::overdue;
use super::state::{Outcome, Phase, State};
use super::task::Task;
use super::verb::Verb;
use crate::area::AreaCode;
use crate::authority::{Actor, Role};
use crate::id::PersonId;

/// The sender of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// A person with a role and an area of responsibility.
    Person(Actor),
    /// The system, for an area: dispatch and background jobs.
    Gridward(AreaCode),
}

impl Agent {
    fn may(&self, verb: Verb) -> bool {
        match self {
            Self::Person(actor) => verb.is_for(actor.role),
            Self::Gridward(_) => verb.is_automatic(),
        }
    }

    const fn area(&self) -> &AreaCode {
        match self {
            Self::Person(actor) => &actor.area,
            Self::Gridward(area) => area,
        }
    }

    const fn is_gridward(&self) -> bool {
        matches!(self, Self::Gridward(_))
    }
}

/// A possible assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub person: PersonId,
    /// The role; only managers and volunteers visit.
    pub role: Role,
    /// The grid of the person.
    pub grid: AreaCode,
}

/// A command for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Assigns an open task to a person, as dispatch does.
    Assign(Candidate),
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
    /// Expires an overdue task.
    Expire,
}

impl Command {
    /// The verb of the command.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Assign(_) => Verb::Assign,
            Self::Claim => Verb::Claim,
            Self::Accept => Verb::Accept,
            Self::Decline => Verb::Decline,
            Self::Release => Verb::Release,
            Self::Start => Verb::Start,
            Self::Report { .. } => Verb::Report,
            Self::Reassign(_) => Verb::Reassign,
            Self::Reschedule { .. } => Verb::Reschedule,
            Self::Escalate => Verb::Escalate,
            Self::Cancel => Verb::Cancel,
            Self::Reopen => Verb::Reopen,
            Self::Expire => Verb::Expire,
        }
    }
}

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The new state of the task.
    Changed(Task),
    /// No change: the same person sent the same command before.
    Already,
}

/// Why a command is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The agent's role does not permit the command.
    #[error("not for this role")]
    Forbidden,
    /// Another person claimed the task first.
    #[error("the task is assigned to another person")]
    AlreadyClaimed {
        /// The assignee.
        assignee: PersonId,
    },
    /// The caller is not the assignee.
    #[error("the task is not assigned to the caller")]
    NotAssignee {
        /// The assignee, if there is one.
        assignee: Option<PersonId>,
    },
    /// The state of the task does not permit the command.
    #[error("not possible for a task that is {phase}")]
    WrongPhase {
        /// The state of the task.
        phase: Phase,
    },
    /// The chosen person is outside the grids that the agent may assign to.
    #[error("the task cannot be assigned to the chosen person")]
    NotACandidate,
    /// The due day is before the earliest day.
    #[error("the last day must not be before the first")]
    DaysReversed,
    /// The task is at the highest level.
    #[error("the task is already at district level")]
    NoLevelAbove,
    /// A background job sent a command that is not due.
    #[error("the task is not overdue")]
    NotOverdue,
}

/// Applies `command` by `agent` on the day `today` in the task's district. The caller has
/// already checked that the task is visible to the agent.
///
/// # Errors
/// A [`Rejection`]; the task is then unchanged.
pub fn apply(
    task: &Task,
    command: &Command,
    agent: &Agent,
    today: NaiveDate,
) -> Result<Transition, Rejection> {
    let verb = command.verb();
    if !agent.may(verb) {
        return Err(Rejection::Forbidden);
    }
    let after = match *command {
        Command::Claim
        | Command::Accept
        | Command::Decline
        | Command::Release
        | Command::Start
        | Command::Report { .. } => match agent {
            Agent::Person(actor) => work(task, command, actor.person, today)?,
            Agent::Gridward(_) => return Err(Rejection::Forbidden),
        },
        Command::Assign(to) | Command::Reassign(to) => give(task, verb, &to, agent)?,
        Command::Reschedule { not_before, due_on } => {
            starts(task, verb)?;
            if due_on < not_before {
                return Err(Rejection::DaysReversed);
            }
            Some(Task { not_before, due_on, ..*task })
        }
        Command::Escalate => Some(escalated(task, agent, today)?),
        Command::Cancel => {
            starts(task, verb)?;
            Some(Task { state: State::Cancelled, ..*task })
        }
        Command::Reopen => {
            starts(task, verb)?;
            Some(task.afresh(today))
        }
        Command::Expire => {
            starts(task, verb)?;
            is_due(task, verb, today)?;
            Some(Task { state: State::Expired, ..*task })
        }
    };
    Ok(after.map_or(Transition::Already, |after| {
        Transition::Changed(Task { version: task.version + 1, ..after })
    }))
}

/// Applies a visitor's command; `None` if nothing changes.
fn work(
    task: &Task,
    command: &Command,
    me: PersonId,
    today: NaiveDate,
) -> Result<Option<Task>, Rejection> {
    let state = match *command {
        Command::Claim => match task.state {
            State::Open => State::Accepted(me),
            State::Assigned(assignee) if assignee == me => State::Accepted(me),
            State::Accepted(assignee) | State::InProgress(assignee) if assignee == me => {
                return Ok(None);
            }
            State::Assigned(assignee) | State::Accepted(assignee) | State::InProgress(assignee) => {
                return Err(Rejection::AlreadyClaimed { assignee });
            }
            past => return Err(Rejection::WrongPhase { phase: past.phase() }),
        },
        Command::Accept => match phase_for(task, me)? {
            Phase::Assigned => State::Accepted(me),
            Phase::Accepted | Phase::InProgress => return Ok(None),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Start => match phase_for(task, me)? {
            // Starting an assigned task implies acceptance.
            Phase::Assigned | Phase::Accepted => State::InProgress(me),
            Phase::InProgress => return Ok(None),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Report { outcome, assigned_at_report } => {
            may_report(task, outcome, assigned_at_report, me)?;
            return Ok(Some(ended(task, outcome, me, today)));
        }
        _ => {
            phase_for(task, me)?;
            starts(task, command.verb())?;
            State::Open
        }
    };
    Ok(Some(Task { state, ..*task }))
}

/// Checks that the verb is valid in the task's current state.
fn starts(task: &Task, verb: Verb) -> Result<(), Rejection> {
    let phase = task.state.phase();
    if verb.starts_at(phase) { Ok(()) } else { Err(Rejection::WrongPhase { phase }) }
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
/// assignment, the work is done and no one else has reported: the visit took place, even if
/// the task was reassigned meanwhile. Any other outcome would take the task from its new
/// assignee.
fn may_report(
    task: &Task,
    outcome: Outcome,
    assigned_at_report: bool,
    me: PersonId,
) -> Result<(), Rejection> {
    starts(task, Verb::Report)?;
    let done = matches!(outcome, Outcome::Done | Outcome::NeedsFollowUp);
    match phase_for(task, me) {
        Err(Rejection::NotAssignee { .. }) if assigned_at_report && done => Ok(()),
        other => other.map(drop),
    }
}

/// The task after a report. If nobody is at home, the next attempt follows until the
/// maximum is reached; then the task fails and goes up one level for a decision.
fn ended(task: &Task, outcome: Outcome, by: PersonId, today: NaiveDate) -> Task {
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

/// Assigns the task to `to`, if the agent is also responsible for that person's grid; a
/// manager assigns only within the grid.
fn give(task: &Task, verb: Verb, to: &Candidate, agent: &Agent) -> Result<Option<Task>, Rejection> {
    starts(task, verb)?;
    let visits = matches!(to.role, Role::Manager | Role::Volunteer);
    if !(visits && agent.area().contains(&to.grid) && agent.area().contains(&task.grid)) {
        return Err(Rejection::NotACandidate);
    }
    // A repeated command, after a lost answer, must not undo later progress.
    let already = task.state.assignee() == Some(to.person);
    Ok((!already).then_some(Task { state: State::Assigned(to.person), ..*task }))
}

fn escalated(task: &Task, agent: &Agent, today: NaiveDate) -> Result<Task, Rejection> {
    starts(task, Verb::Escalate)?;
    if agent.is_gridward() {
        is_due(task, Verb::Escalate, today)?;
    }
    let escalation_level = task.escalation_level.parent().ok_or(Rejection::NoLevelAbove)?;
    Ok(Task { escalation_level, ..*task })
}

fn is_due(task: &Task, verb: Verb, today: NaiveDate) -> Result<(), Rejection> {
    let due = overdue::due(task, today) == Some(verb);
    if due { Ok(()) } else { Err(Rejection::NotOverdue) }
}
