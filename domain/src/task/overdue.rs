//! When an overdue task expires or escalates: the one rule behind both.

use chrono::NaiveDate;

use super::state::Phase;
use super::task::{Overdue, Task, later};
use super::verb::Verb;
use crate::area::Level;

/// What is due to happen to `task` on `today` by itself, if anything: a task past
/// its due day expires, or escalates `escalate_days` after it and again for each
/// level, up to the district. Who has begun is left to finish.
pub fn due(task: &Task, today: NaiveDate) -> Option<Verb> {
    let phase = task.state.phase();
    match task.terms.overdue {
        Overdue::Expire if Verb::Expire.starts_at(phase) && task.due_on < today => {
            Some(Verb::Expire)
        }
        Overdue::Escalate if waits(phase) && climbs_on(task).is_some_and(|day| day <= today) => {
            Some(Verb::Escalate)
        }
        _ => None,
    }
}

/// The first day on which [`due`] can say anything of the task as it stands;
/// none if it never will.
pub fn next_action_on(task: &Task) -> Option<NaiveDate> {
    let phase = task.state.phase();
    match task.terms.overdue {
        Overdue::Expire if Verb::Expire.starts_at(phase) => Some(later(task.due_on, 1u64)),
        Overdue::Escalate if waits(phase) => climbs_on(task),
        _ => None,
    }
}

const fn waits(phase: Phase) -> bool {
    matches!(phase, Phase::Open | Phase::Assigned | Phase::Accepted)
}

/// The day on which the task goes one level up; none from the district's escalation_level.
fn climbs_on(task: &Task) -> Option<NaiveDate> {
    let days = u64::from(task.terms.escalate_days) * (task.climbed() + 1);
    (task.escalation_level != Level::District).then(|| later(task.due_on, days.max(1)))
}
