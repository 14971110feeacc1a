//! The state of a task and its assignee.

use crate::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::PersonId;

/// The state of a task, without its assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Phase>)]
pub enum Phase {
    /// Not assigned to anyone.
    Open,
    /// Assigned, not yet accepted.
    Assigned,
    /// Accepted by the assignee.
    Accepted,
    /// Started by the assignee.
    InProgress,
    /// Completed and reported.
    Done,
    /// Attempted without success.
    Failed,
    /// Cancelled.
    Cancelled,
    /// Expired before it was done.
    Expired,
}

impl Phase {
    /// The phases of a task that can still be done without being reopened.
    pub const UNFINISHED: [Self; 4] =
        [Self::Open, Self::Assigned, Self::Accepted, Self::InProgress];
    /// The unfinished phases with an assignee.
    pub const UNFINISHED_ASSIGNED: [Self; 3] = [Self::Assigned, Self::Accepted, Self::InProgress];
}

/// An inconsistent pair of phase and assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// The phase requires an assignee and has none, or the other way round.
    #[error("the phase and the assignee are inconsistent")]
    Assignee,
}

/// The state of a task with its assignee. An assigned task always names its assignee; an
/// open one never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not assigned to anyone.
    Open,
    /// Assigned, not yet accepted.
    Assigned(PersonId),
    /// Accepted by the assignee.
    Accepted(PersonId),
    /// Started by the assignee.
    InProgress(PersonId),
    /// Completed by the assignee.
    Done(PersonId),
    /// Attempted by the assignee without success.
    Failed(PersonId),
    /// Cancelled.
    Cancelled,
    /// Expired before it was done.
    Expired,
}

impl State {
    /// The phase, without the assignee.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Open => Phase::Open,
            Self::Assigned(_) => Phase::Assigned,
            Self::Accepted(_) => Phase::Accepted,
            Self::InProgress(_) => Phase::InProgress,
            Self::Done(_) => Phase::Done,
            Self::Failed(_) => Phase::Failed,
            Self::Cancelled => Phase::Cancelled,
            Self::Expired => Phase::Expired,
        }
    }

    /// The assignee, or the last one.
    pub const fn assignee(&self) -> Option<PersonId> {
        match *self {
            Self::Assigned(p)
            | Self::Accepted(p)
            | Self::InProgress(p)
            | Self::Done(p)
            | Self::Failed(p) => Some(p),
            Self::Open | Self::Cancelled | Self::Expired => None,
        }
    }

    /// Whether the task can still be done without being reopened.
    pub fn is_live(&self) -> bool {
        Phase::UNFINISHED.contains(&self.phase())
    }

    /// The state with `phase` and `assignee`, as a table stores them.
    ///
    /// # Errors
    /// If the two are inconsistent.
    pub const fn of(phase: Phase, assignee: Option<PersonId>) -> Result<Self, StateError> {
        match (phase, assignee) {
            (Phase::Open, None) => Ok(Self::Open),
            (Phase::Assigned, Some(p)) => Ok(Self::Assigned(p)),
            (Phase::Accepted, Some(p)) => Ok(Self::Accepted(p)),
            (Phase::InProgress, Some(p)) => Ok(Self::InProgress(p)),
            (Phase::Done, Some(p)) => Ok(Self::Done(p)),
            (Phase::Failed, Some(p)) => Ok(Self::Failed(p)),
            (Phase::Cancelled, None) => Ok(Self::Cancelled),
            (Phase::Expired, None) => Ok(Self::Expired),
            _ => Err(StateError::Assignee),
        }
    }
}

/// The outcome of a visit, by its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Outcome>)]
pub enum Outcome {
    /// Done as requested.
    Done,
    /// Nobody was at home.
    NotHome,
    /// The beneficiary declined the visit.
    Refused,
    /// Done, and a need was found that requires follow-up.
    NeedsFollowUp,
}

impl Outcome {
    /// Whether a visit with this outcome completes its task.
    pub const fn completes(self) -> bool {
        matches!(self, Self::Done | Self::NeedsFollowUp)
    }
}

#[cfg(test)]
mod tests {
    use crate::word::VariantArray as _;
    use crate::word::Word as _;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_state_comes_back_from_its_phase_and_assignee_and_no_other_pair_does() {
        let person = PersonId(Uuid::from_u128(7));
        for phase in Phase::VARIANTS.iter().copied() {
            let made = [None, Some(person)].map(|assignee| (assignee, State::of(phase, assignee)));
            assert_eq!(made.iter().filter(|(_, state)| state.is_ok()).count(), 1, "{phase}");
            for (assignee, state) in made {
                if let Ok(state) = state {
                    assert_eq!((state.phase(), state.assignee()), (phase, assignee));
                }
            }
            assert_eq!(phase.as_str().parse(), Ok(phase));
        }
    }

    #[test]
    fn an_unfinished_task_is_open_or_has_an_assignee() {
        let person = PersonId(Uuid::from_u128(7));
        let assigned = |phase: &Phase| State::of(*phase, Some(person)).is_ok();
        let unfinished: Vec<Phase> = Phase::UNFINISHED.into_iter().filter(assigned).collect();
        assert_eq!(unfinished, Phase::UNFINISHED_ASSIGNED);
        assert_eq!(Phase::UNFINISHED.into_iter().find(|phase| !assigned(phase)), Some(Phase::Open));
    }
}
