//! Where a task stands, and with whom.

use crate::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::PersonId;

/// The word for where a task stands, without whom.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Phase>)]
pub enum Phase {
    /// Nobody has it.
    Open,
    /// Given to somebody who has not said yes yet.
    Assigned,
    /// Somebody said yes.
    Accepted,
    /// Somebody is at it.
    InProgress,
    /// Done, and reported.
    Done,
    /// Tried, and not possible.
    Failed,
    /// Called off.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl Phase {
    /// The word that names this phase in the API and the tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Accepted => "accepted",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// A word and a holder that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// A phase that needs a holder came without one, or the other way round.
    #[error("this phase and this holder do not go together")]
    Holder,
}

/// Where a task stands and with whom. A task in somebody's hands always says
/// in whose; an open one never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has it.
    Open,
    /// Given to a person who has not said yes yet.
    Assigned(PersonId),
    /// The person said yes.
    Accepted(PersonId),
    /// The person is at it.
    InProgress(PersonId),
    /// The person did it.
    Done(PersonId),
    /// The person tried; it was not possible.
    Failed(PersonId),
    /// Called off.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl State {
    /// The phase, without the holder.
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

    /// Who has it, or had it last.
    pub const fn holder(&self) -> Option<PersonId> {
        match *self {
            Self::Assigned(p)
            | Self::Accepted(p)
            | Self::InProgress(p)
            | Self::Done(p)
            | Self::Failed(p) => Some(p),
            Self::Open | Self::Cancelled | Self::Expired => None,
        }
    }

    /// Whether it can still be done without being reopened.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Open | Self::Assigned(_) | Self::Accepted(_) | Self::InProgress(_))
    }

    /// The state of `phase` in the hands of `holder`, as a table keeps them.
    ///
    /// # Errors
    /// When the two do not go together.
    pub const fn of(phase: Phase, holder: Option<PersonId>) -> Result<Self, StateError> {
        match (phase, holder) {
            (Phase::Open, None) => Ok(Self::Open),
            (Phase::Assigned, Some(p)) => Ok(Self::Assigned(p)),
            (Phase::Accepted, Some(p)) => Ok(Self::Accepted(p)),
            (Phase::InProgress, Some(p)) => Ok(Self::InProgress(p)),
            (Phase::Done, Some(p)) => Ok(Self::Done(p)),
            (Phase::Failed, Some(p)) => Ok(Self::Failed(p)),
            (Phase::Cancelled, None) => Ok(Self::Cancelled),
            (Phase::Expired, None) => Ok(Self::Expired),
            _ => Err(StateError::Holder),
        }
    }
}

/// How a task ended, as its report says.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Outcome>)]
pub enum Outcome {
    /// Done as asked.
    Done,
    /// Nobody opened.
    NotHome,
    /// The household did not want it.
    Refused,
    /// Done, and something was found that needs more.
    NeedsFollowUp,
}

impl Outcome {
    /// The word that names this outcome in the API and the tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotHome => "not_home",
            Self::Refused => "refused",
            Self::NeedsFollowUp => "needs_follow_up",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::word::VariantArray as _;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_state_comes_back_from_its_phase_and_holder_and_no_other_pair_does() {
        let person = PersonId(Uuid::from_u128(7));
        for phase in Phase::VARIANTS {
            let made = [None, Some(person)].map(|holder| (holder, State::of(phase, holder)));
            assert_eq!(made.iter().filter(|(_, state)| state.is_ok()).count(), 1, "{phase}");
            for (holder, state) in made {
                if let Ok(state) = state {
                    assert_eq!((state.phase(), state.holder()), (phase, holder));
                }
            }
            assert_eq!(phase.as_str().parse(), Ok(phase));
        }
    }
}
