//! The state of a proposal: an open one for a task is open as long as its author has the task and
//! the day has not passed.

use chrono::NaiveDate;
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;

use super::ProposalState;

/// The states of a task in which another day may be proposed: before the visit begins.
pub(super) const MOVABLE: [Phase; 2] = [Phase::Assigned, Phase::Accepted];

/// What the task of a proposed day has become.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskNow {
    /// Its state.
    pub(super) phase: Phase,
    /// Its assignee, or the last one.
    pub(super) assignee: Option<PersonId>,
}

/// The proposed day of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposed {
    /// The author.
    pub(super) by: PersonId,
    /// The day.
    pub(super) day: NaiveDate,
    /// The task.
    pub(super) task: TaskNow,
}

/// The state on `today` of a proposal that is stored in the state `stored`; `proposed` is none for a
/// need, which does not lapse.
pub(super) fn state(
    stored: ProposalState,
    proposed: Option<Proposed>,
    today: NaiveDate,
) -> ProposalState {
    let is_valid = proposed.is_none_or(|Proposed { by, day, task }| {
        MOVABLE.contains(&task.phase) && task.assignee == Some(by) && day >= today
    });
    match stored {
        ProposalState::Open if !is_valid => ProposalState::Lapsed,
        stored => stored,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::ProposalState::{Accepted, Lapsed, Open, Refused};
    use super::*;

    #[test]
    fn an_open_proposal_lapses_with_the_hold_of_its_author_and_with_its_day() {
        let (me, other) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let today: NaiveDate = "2026-08-03".parse().expect("a day");
        let of = |stored, phase, assignee, day: &str| {
            let day = day.parse().expect("a day");
            let proposed = Proposed { by: me, day, task: TaskNow { phase, assignee } };
            state(stored, Some(proposed), today)
        };
        assert_eq!(of(Open, Phase::Assigned, Some(me), "2026-08-03"), Open);
        assert_eq!(of(Open, Phase::Accepted, Some(me), "2026-08-04"), Open);
        assert_eq!(of(Open, Phase::Accepted, Some(me), "2026-08-02"), Lapsed);
        assert_eq!(of(Open, Phase::Accepted, Some(other), "2026-08-04"), Lapsed);
        assert_eq!(of(Open, Phase::InProgress, Some(me), "2026-08-04"), Lapsed);
        assert_eq!(of(Open, Phase::Open, None, "2026-08-04"), Lapsed);
        assert_eq!(of(Refused, Phase::Open, None, "2026-08-04"), Refused);
        assert_eq!(of(Accepted, Phase::Done, Some(me), "2026-08-01"), Accepted);
        assert_eq!(state(Open, None, today), Open, "a need waits");
    }
}
