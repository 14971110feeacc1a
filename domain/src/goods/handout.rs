//! The life of a hand-out: planned, handed out once, or returned.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::word::{UnknownWord, unknown};

/// The state of a hand-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<HandoutState>)]
pub enum HandoutState {
    /// To be handed out.
    Planned,
    /// The beneficiary has it.
    HandedOut,
    /// The beneficiary does not have it, and the station keeps it.
    Returned,
}

/// Why a beneficiary does not have the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ReturnReason>)]
pub enum ReturnReason {
    /// The beneficiary was not at home.
    Absent,
    /// The beneficiary lives elsewhere now.
    Moved,
    /// The beneficiary did not want it.
    Declined,
    /// The goods were damaged.
    Damaged,
    /// The beneficiary has died.
    Deceased,
    /// Another reason.
    Other,
}

/// A command to a hand-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum HandoutCommand {
    /// The beneficiary gets the goods.
    HandOut,
    /// The goods stay at the station, or come back to it.
    Return,
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HandoutRejection {
    /// The beneficiary has the goods already.
    #[error("the beneficiary has the goods already")]
    Done,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoutStep {
    /// The goods leave the stock.
    Take,
    /// The goods come back to the stock.
    Restore,
    /// The goods did not leave the stock.
    Keep,
    /// An earlier command had the same effect.
    Already,
}

/// What the command does to a hand-out in this state; `None` for one that does not exist yet.
///
/// # Errors
/// [`HandoutRejection`].
pub fn apply(
    state: Option<HandoutState>,
    command: HandoutCommand,
) -> Result<HandoutStep, HandoutRejection> {
    use HandoutCommand as C;
    use HandoutState as S;
    match (command, state) {
        (C::HandOut, Some(S::HandedOut)) => Err(HandoutRejection::Done),
        (C::HandOut, None | Some(S::Planned | S::Returned)) => Ok(HandoutStep::Take),
        (C::Return, Some(S::HandedOut)) => Ok(HandoutStep::Restore),
        (C::Return, None | Some(S::Planned)) => Ok(HandoutStep::Keep),
        (C::Return, Some(S::Returned)) => Ok(HandoutStep::Already),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::word::VariantArray as _;

    proptest! {
        #[test]
        fn a_beneficiary_has_the_goods_once_or_not_at_all(
            commands in prop::collection::vec(prop::sample::select(HandoutCommand::VARIANTS), 0..50)
        ) {
            let (mut state, mut has) = (None, 0_i32);
            for command in commands {
                match apply(state, command) {
                    Ok(HandoutStep::Take) => {
                        has += 1;
                        state = Some(HandoutState::HandedOut);
                    }
                    Ok(HandoutStep::Restore) => {
                        has -= 1;
                        state = Some(HandoutState::Returned);
                    }
                    Ok(HandoutStep::Keep) => state = Some(HandoutState::Returned),
                    Ok(HandoutStep::Already) | Err(HandoutRejection::Done) => {}
                }
                prop_assert!((0..=1).contains(&has));
                prop_assert_eq!(has == 1, state == Some(HandoutState::HandedOut));
            }
        }
    }
}
