//! The rules shared by the commands of people and the automatic commands, and the result
//! of both.

use thiserror::Error;

use super::state::{Phase, State};
use super::task::Task;
use super::verb::Verb;
use crate::area::AreaCode;
use crate::authority::Role;
use crate::id::PersonId;

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

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The new state of the task.
    Changed(Task),
    /// No change: the same command was applied before.
    Already,
}

impl Transition {
    /// The transition of `task` to `after`, with the next version; `None` is no change.
    pub(super) fn new(task: &Task, after: Option<Task>) -> Self {
        let next = |after| Self::Changed(Task { version: task.version + 1, ..after });
        after.map_or(Self::Already, next)
    }
}

/// Why a command is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The principal's role does not permit the command.
    #[error("not for this role")]
    Forbidden,
    /// Another person claimed the task first.
    #[error("the task is assigned to another person")]
    AlreadyClaimed {
        /// The assignee.
        assignee: PersonId,
    },
    /// The principal is not the assignee.
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
    /// The chosen person is outside the grids to which the task may be assigned.
    #[error("the task cannot be assigned to the chosen person")]
    NotACandidate,
    /// The due day is before the earliest day.
    #[error("the last day must not be before the first")]
    DaysReversed,
    /// The task is at the highest level.
    #[error("the task is already at district level")]
    NoLevelAbove,
    /// An automatic command is not due.
    #[error("the task is not overdue")]
    NotOverdue,
}

/// Checks that the verb is valid in the task's current state.
pub(super) fn starts(task: &Task, verb: Verb) -> Result<(), Rejection> {
    let phase = task.state.phase();
    if verb.starts_at(phase) { Ok(()) } else { Err(Rejection::WrongPhase { phase }) }
}

/// The task in `state`, if the verb is valid in the current one.
pub(super) fn to_state(task: &Task, verb: Verb, state: State) -> Result<Task, Rejection> {
    starts(task, verb)?;
    Ok(Task { state, ..*task })
}

/// Assigns the task to `to`, if `scope` contains the grids of the task and of that person;
/// `None` if that person already is the assignee.
pub(super) fn assigned(
    task: &Task,
    verb: Verb,
    to: &Candidate,
    scope: &AreaCode,
) -> Result<Option<Task>, Rejection> {
    starts(task, verb)?;
    if !(to.role.visits() && scope.contains(&to.grid) && scope.contains(&task.grid)) {
        return Err(Rejection::NotACandidate);
    }
    // A repeated command, after a lost answer, must not undo later progress.
    let already = task.state.assignee() == Some(to.person);
    Ok((!already).then_some(Task { state: State::Assigned(to.person), ..*task }))
}

/// The task one level up.
pub(super) fn escalated(task: &Task) -> Result<Task, Rejection> {
    starts(task, Verb::Escalate)?;
    let escalation_level = task.escalation_level.parent().ok_or(Rejection::NoLevelAbove)?;
    Ok(Task { escalation_level, ..*task })
}
