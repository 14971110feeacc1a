//! What becomes of a task when its beneficiary ends: a pure function.

use gridward_domain::task::State;

/// What becomes of an unfinished task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is cancelled.
    Cancel,
    /// The visit is under way: it is reported first.
    AwaitReport,
}

/// What becomes of a task in this state; `None` if it is finished.
pub fn closing(state: &State) -> Option<Closing> {
    match state {
        State::Open | State::Assigned(_) | State::Accepted(_) => Some(Closing::Cancel),
        State::InProgress(_) => Some(Closing::AwaitReport),
        State::Done(_) | State::Failed(_) | State::Cancelled | State::Expired => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use gridward_domain::area::Level;
    use gridward_domain::id::PersonId;
    use gridward_domain::range::{Attempts, EscalateDays, RetryDays};
    use gridward_domain::task::{
        AutomaticCommand, Overdue, Phase, Task, Terms, Transition, apply_automatic,
    };
    use gridward_domain::word::VariantArray as _;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 27).expect("a day")
    }

    fn task(phase: Phase, version: i64) -> Task {
        let person = PersonId(Uuid::from_u128(1));
        let state = State::of(phase, Some(person)).or_else(|_| State::of(phase, None));
        Task {
            grid: "500116001002001".parse().expect("a code"),
            state: state.expect("a state"),
            version,
            attempt: Attempts::MIN,
            escalation_level: Level::Grid,
            not_before: today(),
            due_on: today(),
            terms: Terms {
                attempts: Attempts::MIN,
                retry_days: RetryDays::MIN,
                overdue: Overdue::Escalate,
                escalate_days: EscalateDays::MIN,
            },
        }
    }

    fn closed(task: &Task) -> Task {
        match closing(&task.state) {
            Some(Closing::Cancel) => {
                match apply_automatic(task, &AutomaticCommand::Cancel, today()) {
                    Ok(Transition::Changed(after)) => after,
                    other => panic!("{other:?}"),
                }
            }
            Some(Closing::AwaitReport) | None => *task,
        }
    }

    proptest! {
        #[test]
        fn a_death_leaves_no_unfinished_task_but_visits_under_way(
            phases in prop::collection::vec(prop::sample::select(Phase::VARIANTS), 0..20),
        ) {
            for phase in phases {
                let before = task(phase, 3);
                let after = closed(&before);
                let under_way = after.state.phase() == Phase::InProgress;
                prop_assert!(!after.state.is_live() || under_way);
                // What had ended stays as it ended, and a visit under way with its visitor.
                if under_way || !before.state.is_live() {
                    prop_assert_eq!(after, before);
                }
                prop_assert_eq!(closed(&after), after, "closing again changes nothing");
            }
        }
    }
}
