//! The automatic commands: steps of a task that no person sends. They have a type of their
//! own, so a background job cannot claim a task, and a person cannot expire one.

use chrono::NaiveDate;

use super::overdue;
use super::rules::{Candidate, Rejection, Transition, assigned, escalated, starts, to_state};
use super::state::State;
use super::task::Task;
use super::verb::Verb;
use crate::area::AreaCode;

/// A command of the system for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutomaticCommand {
    /// Assigns an open task to a person, as a plan for an area or a regime does.
    Assign {
        /// The person.
        to: Candidate,
        /// The area of the plan or the regime.
        within: AreaCode,
    },
    /// Assigns a task that its assignee has not accepted yet to a person again: to another one, or to the
    /// same one for another time, as a later plan does.
    Reassign {
        /// The person.
        to: Candidate,
        /// The area of the plan.
        within: AreaCode,
    },
    /// Makes the task due earlier, for a duty that demands its visit by that day.
    BringForward {
        /// The due day.
        due_on: NaiveDate,
    },
    /// Escalates an overdue task by one level.
    Escalate,
    /// Expires an overdue task.
    Expire,
    /// Moves the task along with its beneficiary.
    Move {
        /// The grid of the beneficiary's home.
        to: AreaCode,
        /// Whether the assignee, if there is one, works in that grid.
        assignee_works_there: bool,
    },
    /// Opens the task, because the assignee may no longer do it.
    Release,
    /// Cancels the task, because its beneficiary or its grid has ended.
    Cancel,
    /// Reopens the task, because the end of its beneficiary was an error.
    Reopen,
}

impl AutomaticCommand {
    /// The verb of the command.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Assign { .. } => Verb::Assign,
            Self::Reassign { .. } => Verb::Reassign,
            Self::BringForward { .. } => Verb::Reschedule,
            Self::Escalate => Verb::Escalate,
            Self::Expire => Verb::Expire,
            Self::Move { .. } => Verb::Move,
            Self::Release => Verb::Release,
            Self::Cancel => Verb::Cancel,
            Self::Reopen => Verb::Reopen,
        }
    }
}

/// Applies `command` on the day `today` in the task's district.
///
/// # Errors
/// A [`Rejection`]; the task is then unchanged.
pub fn apply_automatic(
    task: &Task,
    command: &AutomaticCommand,
    today: NaiveDate,
) -> Result<Transition, Rejection> {
    let verb = command.verb();
    let after = match *command {
        AutomaticCommand::Assign { to, within } => assigned(task, verb, &to, &within)?,
        AutomaticCommand::Reassign { to, within } => Some(reassigned(task, to, within)?),
        AutomaticCommand::BringForward { due_on } => brought_forward(task, verb, due_on)?,
        AutomaticCommand::Escalate => {
            is_due(task, command, today)?;
            Some(escalated(task)?)
        }
        AutomaticCommand::Expire => {
            is_due(task, command, today)?;
            Some(to_state(task, verb, State::Expired)?)
        }
        AutomaticCommand::Move { to, assignee_works_there } => {
            Some(moved(task, to, assignee_works_there)?)
        }
        AutomaticCommand::Release => Some(to_state(task, verb, State::Open)?),
        AutomaticCommand::Cancel => Some(to_state(task, verb, State::Cancelled)?),
        AutomaticCommand::Reopen => {
            starts(task, verb)?;
            Some(task.afresh(today))
        }
    };
    Ok(Transition::new(task, after))
}

/// The task assigned to `to` instead of an assignee who has not accepted it.
fn reassigned(task: &Task, to: Candidate, within: AreaCode) -> Result<Task, Rejection> {
    if !matches!(task.state, State::Assigned(_)) {
        return Err(Rejection::WrongPhase { phase: task.state.phase() });
    }
    // The same person gets another time.
    Ok(assigned(task, Verb::Reassign, &to, &within)?.unwrap_or(*task))
}

/// The task due on this day; `None` if it is due by then already.
fn brought_forward(task: &Task, verb: Verb, due_on: NaiveDate) -> Result<Option<Task>, Rejection> {
    starts(task, verb)?;
    let not_before = task.not_before.min(due_on);
    Ok((due_on < task.due_on).then_some(Task { not_before, due_on, ..*task }))
}

/// The task in the grid `to`. An assignee of another grid loses a task that is not accepted
/// yet; an accepted or started visit stays with its assignee.
fn moved(task: &Task, to: AreaCode, assignee_works_there: bool) -> Result<Task, Rejection> {
    starts(task, Verb::Move)?;
    let state = match task.state {
        State::Assigned(_) if to != task.grid && !assignee_works_there => State::Open,
        state => state,
    };
    Ok(Task { grid: to, state, ..*task })
}

fn is_due(task: &Task, command: &AutomaticCommand, today: NaiveDate) -> Result<(), Rejection> {
    let due = overdue::due(task, today) == Some(*command);
    if due { Ok(()) } else { Err(Rejection::NotOverdue) }
}
