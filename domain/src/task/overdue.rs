//! The rule that decides when an overdue task expires or escalates.

use chrono::NaiveDate;

use super::automatic::AutomaticCommand;
use super::state::Phase;
use super::task::{Overdue, Task, later};
use super::verb::Verb;
use crate::area::Level;

/// The automatic command that is due for `task` on `today`, if any: a task past its due day
/// expires, or escalates `escalate_days` later and again for each level, up to the
/// district. A task in progress is left to its assignee.
pub fn due(task: &Task, today: NaiveDate) -> Option<AutomaticCommand> {
    let phase = task.state.phase();
    match task.terms.overdue {
        Overdue::Expire if Verb::Expire.starts_at(phase) && task.due_on < today => {
            Some(AutomaticCommand::Expire)
        }
        Overdue::Escalate
            if may_escalate(phase) && escalates_on(task).is_some_and(|day| day <= today) =>
        {
            Some(AutomaticCommand::Escalate)
        }
        _ => None,
    }
}

/// The first day on which [`due`] returns a command for the task in its current state; `None`
/// if it never does.
pub fn next_action_on(task: &Task) -> Option<NaiveDate> {
    let phase = task.state.phase();
    match task.terms.overdue {
        Overdue::Expire if Verb::Expire.starts_at(phase) => Some(later(task.due_on, 1u64)),
        Overdue::Escalate if may_escalate(phase) => escalates_on(task),
        _ => None,
    }
}

const fn may_escalate(phase: Phase) -> bool {
    matches!(phase, Phase::Open | Phase::Assigned | Phase::Accepted)
}

/// The day on which the task is escalated by one level; `None` at district level.
fn escalates_on(task: &Task) -> Option<NaiveDate> {
    let days = u64::from(task.terms.escalate_days) * (task.escalations() + 1);
    (task.escalation_level != Level::District).then(|| later(task.due_on, days))
}
