//! Every rule of a task's life, in one pure function.

use chrono::NaiveDate;
use thiserror::Error;

use super::overdue;
use super::state::{Outcome, Phase, State};
use super::task::Task;
use super::verb::Verb;
use crate::area::AreaCode;
use crate::authority::{Actor, Role};
use crate::id::PersonId;

/// Who sends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// Somebody, in their role, answering for their area.
    Person(Actor),
    /// Gridward itself, for an area: dispatch and background jobs.
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

/// Somebody who may be given a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// In which role; only managers and volunteers visit.
    pub role: Role,
    /// The grid the person works in.
    pub grid: AreaCode,
}

/// What somebody wants of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Give an open one to somebody, as dispatch does.
    Assign(Candidate),
    /// Take it on oneself.
    Claim,
    /// Say yes to one that was given.
    Accept,
    /// Say no to one that was given.
    Decline,
    /// Give it back.
    Release,
    /// Begin.
    Start,
    /// Say how it ended.
    Report {
        /// How.
        outcome: Outcome,
        /// Whether the sender had the task when the report was made, by the log;
        /// a phone may be without a network for hours.
        held_then: bool,
    },
    /// Give it to somebody, whoever has it now.
    Reassign(Candidate),
    /// Move its days.
    Reschedule {
        /// The first day it may be done.
        not_before: NaiveDate,
        /// The last day it should be done.
        due_on: NaiveDate,
    },
    /// Put it on the escalation_level one level up.
    Escalate,
    /// Call it off.
    Cancel,
    /// Begin again with one that is over.
    Reopen,
    /// End one whose time ran out.
    Expire,
}

impl Command {
    /// The command without what it carries.
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

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The task is now this.
    Changed(Task),
    /// It was so already: the same person asked for the same thing twice.
    Already,
}

/// Why a command may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The agent's role never sends this.
    #[error("not for this role")]
    Forbidden,
    /// Somebody else was first.
    #[error("the task has been claimed by somebody else")]
    AlreadyClaimed {
        /// Who has it.
        holder: PersonId,
    },
    /// The task is not in the caller's hands.
    #[error("the task is not in the caller's hands")]
    NotHolder {
        /// Who has it, if anybody.
        holder: Option<PersonId>,
    },
    /// The task is past this, or not there yet.
    #[error("a task that is {phase} cannot be asked for this")]
    WrongPhase {
        /// Where the task stands.
        phase: Phase,
    },
    /// The chosen person does not work in a grid the agent may give to.
    #[error("the chosen person cannot be given this task")]
    NotACandidate,
    /// The last day would come before the first.
    #[error("the last day must not be before the first")]
    DaysReversed,
    /// There is no level above the one it lies at.
    #[error("the task lies on the district's escalation_level already")]
    NoLevelAbove,
    /// The clock asks for what is not due.
    #[error("the task is not overdue")]
    NotOverdue,
}

/// The task after `command` by `agent` on the day `today` in its district. The
/// caller has already checked that the task lies in the agent's sight.
///
/// # Errors
/// A [`Rejection`]; the task is then as it was.
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

/// What those who visit do with a task; `None` if it was so already.
fn work(
    task: &Task,
    command: &Command,
    me: PersonId,
    today: NaiveDate,
) -> Result<Option<Task>, Rejection> {
    let state = match *command {
        Command::Claim => match task.state {
            State::Open => State::Accepted(me),
            State::Assigned(holder) if holder == me => State::Accepted(me),
            State::Accepted(holder) | State::InProgress(holder) if holder == me => return Ok(None),
            State::Assigned(holder) | State::Accepted(holder) | State::InProgress(holder) => {
                return Err(Rejection::AlreadyClaimed { holder });
            }
            past => return Err(Rejection::WrongPhase { phase: past.phase() }),
        },
        Command::Accept => match held_by(task, me)? {
            Phase::Assigned => State::Accepted(me),
            Phase::Accepted | Phase::InProgress => return Ok(None),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Start => match held_by(task, me)? {
            // Who sets out on an assigned task has said yes with the feet.
            Phase::Assigned | Phase::Accepted => State::InProgress(me),
            Phase::InProgress => return Ok(None),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Report { outcome, held_then } => {
            may_report(task, outcome, held_then, me)?;
            return Ok(Some(ended(task, outcome, me, today)));
        }
        _ => {
            held_by(task, me)?;
            starts(task, command.verb())?;
            State::Open
        }
    };
    Ok(Some(Task { state, ..*task }))
}

/// Whether the verb can move the task from where it stands.
fn starts(task: &Task, verb: Verb) -> Result<(), Rejection> {
    let phase = task.state.phase();
    if verb.starts_at(phase) { Ok(()) } else { Err(Rejection::WrongPhase { phase }) }
}

/// The phase of a task that `person` has.
fn held_by(task: &Task, person: PersonId) -> Result<Phase, Rejection> {
    match task.state.holder() {
        Some(holder) if holder == person => Ok(task.state.phase()),
        None if task.state.phase() != Phase::Open => {
            Err(Rejection::WrongPhase { phase: task.state.phase() })
        }
        holder => Err(Rejection::NotHolder { holder }),
    }
}

/// The holder may report. So may who held it when the report was made, if the
/// work is done and nobody else has reported: the visit took place, whoever the
/// task was given to meanwhile. Anything less would take it from a new holder.
fn may_report(
    task: &Task,
    outcome: Outcome,
    held_then: bool,
    me: PersonId,
) -> Result<(), Rejection> {
    starts(task, Verb::Report)?;
    let done = matches!(outcome, Outcome::Done | Outcome::NeedsFollowUp);
    match held_by(task, me) {
        Err(Rejection::NotHolder { .. }) if held_then && done => Ok(()),
        other => other.map(drop),
    }
}

/// How a report leaves the task. Nobody at home makes a next attempt until the
/// kind's attempts are spent; then the next level up has to decide.
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

/// The task in the hands of `to`, if the agent answers for that person's grid
/// too; a manager gives only within the grid.
fn give(task: &Task, verb: Verb, to: &Candidate, agent: &Agent) -> Result<Option<Task>, Rejection> {
    starts(task, verb)?;
    let visits = matches!(to.role, Role::Manager | Role::Volunteer);
    if !(visits && agent.area().contains(&to.grid) && agent.area().contains(&task.grid)) {
        return Err(Rejection::NotACandidate);
    }
    // Saying it again, after a lost reply, takes nothing back that was begun since.
    let already = task.state.holder() == Some(to.person);
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
