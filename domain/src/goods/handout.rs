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
    /// The beneficiary does not have it: the station keeps it, or has written it off.
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
    /// The district has withdrawn the goods, such as an honour plaque: they are not handed out again
    /// until it restores the right to them.
    Withdrawn,
    /// The district has restored the right to withdrawn goods, which may be handed out again.
    Restored,
    /// Another reason.
    Other,
}

/// A return that a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returning {
    /// Why.
    pub reason: ReturnReason,
    /// Whether the person is responsible for the district.
    pub by_district: bool,
    /// Whether the person has returned the goods last.
    pub by_same_person: bool,
    /// Whether the goods were handed out after the person had asked for it, on a phone without a network.
    pub is_overtaken: bool,
}

/// A command to a hand-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(strum::VariantArray))]
enum HandoutCommand {
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
    /// The goods were returned for another reason.
    #[error("the goods were returned for another reason")]
    Returned,
    /// The district has withdrawn the goods.
    #[error("the district has withdrawn the goods")]
    Withdrawn,
    /// The district alone withdraws goods and restores the right to them.
    #[error("is a decision of the district")]
    OtherLevel,
    /// Who has withdrawn goods does not restore the right to them.
    #[error("is decided by another person than the withdrawal")]
    SamePerson,
    /// The right to the goods was not withdrawn.
    #[error("is for withdrawn goods only")]
    NotWithdrawn,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoutStep {
    /// The goods leave the stock.
    Take,
    /// The goods come back to the stock.
    Restore,
    /// The goods come back damaged: they are no stock.
    WriteOff,
    /// The goods did not leave the stock.
    Keep,
    /// An earlier command had the same effect.
    Already,
}

/// What a hand-out does to one in this state, returned for this reason; `None` for one that does not
/// exist yet.
///
/// # Errors
/// [`HandoutRejection::Done`]; [`HandoutRejection::Withdrawn`].
pub fn hand_out(
    state: Option<HandoutState>,
    reason: Option<ReturnReason>,
) -> Result<HandoutStep, HandoutRejection> {
    if state == Some(HandoutState::Returned) && reason == Some(ReturnReason::Withdrawn) {
        return Err(HandoutRejection::Withdrawn);
    }
    apply(state, HandoutCommand::HandOut)
}

/// What a return does to a hand-out in this state, returned before for this reason. The district
/// withdraws goods, and another person of it restores the right to them.
///
/// # Errors
/// [`HandoutRejection`].
pub fn give_back(
    state: HandoutState,
    reason: Option<ReturnReason>,
    returning: Returning,
) -> Result<HandoutStep, HandoutRejection> {
    use ReturnReason as R;
    let before = reason.filter(|_| state == HandoutState::Returned);
    if returning.is_overtaken && state == HandoutState::HandedOut {
        return Err(HandoutRejection::Done);
    }
    match (returning.reason, before) {
        (R::Withdrawn | R::Restored, _) if !returning.by_district => {
            Err(HandoutRejection::OtherLevel)
        }
        (reason, Some(before)) if reason == before => Ok(HandoutStep::Already),
        (R::Restored, Some(R::Withdrawn)) if returning.by_same_person => {
            Err(HandoutRejection::SamePerson)
        }
        (R::Restored, Some(R::Withdrawn)) | (R::Withdrawn, Some(_)) => Ok(HandoutStep::Keep),
        (R::Restored, _) => Err(HandoutRejection::NotWithdrawn),
        (_, Some(R::Withdrawn)) => Err(HandoutRejection::Withdrawn),
        (_, Some(_)) => Err(HandoutRejection::Returned),
        (R::Damaged, None) if state == HandoutState::HandedOut => Ok(HandoutStep::WriteOff),
        _ => apply(Some(state), HandoutCommand::Return),
    }
}

/// What the command does to a hand-out in this state; `None` for one that does not exist yet.
///
/// # Errors
/// [`HandoutRejection::Done`].
fn apply(
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
                    Ok(HandoutStep::Restore | HandoutStep::WriteOff) => {
                        has -= 1;
                        state = Some(HandoutState::Returned);
                    }
                    Ok(HandoutStep::Keep) => state = Some(HandoutState::Returned),
                    Ok(HandoutStep::Already) | Err(_) => {}
                }
                prop_assert!((0..=1).contains(&has));
                prop_assert_eq!(has == 1, state == Some(HandoutState::HandedOut));
            }
        }
    }

    #[test]
    fn withdrawn_goods_are_handed_out_again_after_a_second_decision_of_the_district() {
        use {HandoutRejection as No, HandoutState as S, HandoutStep as Step, ReturnReason as R};
        let returning = |reason, by_district, by_same_person| Returning {
            reason,
            by_district,
            by_same_person,
            is_overtaken: false,
        };
        let withdrawal = returning(R::Withdrawn, true, false);
        assert_eq!(give_back(S::HandedOut, None, withdrawal), Ok(Step::Restore));
        assert_eq!(give_back(S::Returned, Some(R::Damaged), withdrawal), Ok(Step::Keep));
        assert_eq!(give_back(S::Returned, Some(R::Withdrawn), withdrawal), Ok(Step::Already));
        let by_town = returning(R::Withdrawn, false, false);
        assert_eq!(give_back(S::HandedOut, None, by_town), Err(No::OtherLevel));
        assert_eq!(hand_out(Some(S::Returned), Some(R::Withdrawn)), Err(No::Withdrawn));
        let restore = |by_same| {
            give_back(S::Returned, Some(R::Withdrawn), returning(R::Restored, true, by_same))
        };
        assert_eq!((restore(true), restore(false)), (Err(No::SamePerson), Ok(Step::Keep)));
        assert_eq!(hand_out(Some(S::Returned), Some(R::Restored)), Ok(Step::Take));
        let early = give_back(S::HandedOut, None, returning(R::Restored, true, false));
        assert_eq!(early, Err(No::NotWithdrawn));
        // A return from before the hand-out says nothing about these goods.
        let late = Returning { is_overtaken: true, ..returning(R::Absent, false, false) };
        assert_eq!(give_back(S::HandedOut, None, late), Err(No::Done));
        assert_eq!(give_back(S::Planned, None, late), Ok(Step::Keep));
        // Damaged goods are no stock; those that never left it are.
        let damaged = returning(R::Damaged, false, false);
        assert_eq!(give_back(S::HandedOut, None, damaged), Ok(Step::WriteOff));
        assert_eq!(give_back(S::Planned, None, damaged), Ok(Step::Keep));
        assert_eq!(give_back(S::Returned, Some(R::Damaged), damaged), Ok(Step::Already));
        // A return for another reason is no repetition.
        let moved = returning(R::Moved, true, false);
        assert_eq!(give_back(S::Returned, Some(R::Withdrawn), moved), Err(No::Withdrawn));
        assert_eq!(give_back(S::Returned, Some(R::Absent), moved), Err(No::Returned));
    }
}
