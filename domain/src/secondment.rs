//! The life of a secondment: a volunteer helps in another area for some days, if the manager of the
//! volunteer's grid agrees.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::word::{UnknownWord, unknown};

/// The most days of a secondment; longer help is a move.
pub const MOST_DAYS: u64 = 31;

/// The state of a secondment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<SecondmentState>)]
pub enum SecondmentState {
    /// Waits for the manager of the volunteer's grid.
    Requested,
    /// The manager agreed: plans may give the volunteer visits of the area on these days.
    Agreed,
    /// The manager declined, or took the consent back.
    Declined,
    /// Taken back by who may request it.
    Withdrawn,
}

impl SecondmentState {
    /// The states in which a secondment takes the volunteer's days.
    pub const CURRENT: [Self; 2] = [Self::Requested, Self::Agreed];
}

/// A command to a secondment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum SecondmentCommand {
    /// The manager of the volunteer's grid agrees.
    Agree,
    /// The manager of the volunteer's grid declines, or takes the consent back.
    Decline,
    /// It is taken back by who may request it.
    Withdraw,
}

/// The state does not allow the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the state of the secondment does not allow this")]
pub struct SecondmentRejection;

/// The state after a command on a day; the same state if an earlier command had the effect.
///
/// # Errors
/// [`SecondmentRejection`], also after the last day.
pub fn apply(
    state: SecondmentState,
    span: SecondmentSpan,
    command: SecondmentCommand,
    today: NaiveDate,
) -> Result<SecondmentState, SecondmentRejection> {
    use SecondmentCommand as C;
    use SecondmentState as S;
    match (command, state) {
        (C::Agree, S::Agreed) | (C::Decline, S::Declined) | (C::Withdraw, S::Withdrawn) => {
            Ok(state)
        }
        _ if span.last_day < today => Err(SecondmentRejection),
        (C::Agree, S::Requested) => Ok(S::Agreed),
        (C::Decline, S::Requested | S::Agreed) => Ok(S::Declined),
        (C::Withdraw, S::Requested | S::Agreed) => Ok(S::Withdrawn),
        _ => Err(SecondmentRejection),
    }
}

/// The days of a secondment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondmentSpan {
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
}

/// Why days are no span of a secondment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SecondmentSpanError {
    /// The first day is past.
    #[error("must be today or later")]
    Past,
    /// The last day is before the first.
    #[error("must not be before the first day")]
    Reversed,
    /// There are too many days.
    #[error("must be at most {} days after the first day", MOST_DAYS - 1)]
    TooLong,
}

impl SecondmentSpan {
    /// The days from `first_day` to `last_day`, not before `today`.
    ///
    /// # Errors
    /// [`SecondmentSpanError`].
    pub fn from_today(
        first_day: NaiveDate,
        last_day: NaiveDate,
        today: NaiveDate,
    ) -> Result<Self, SecondmentSpanError> {
        if first_day < today {
            return Err(SecondmentSpanError::Past);
        }
        if last_day < first_day {
            return Err(SecondmentSpanError::Reversed);
        }
        let most = first_day.checked_add_days(Days::new(MOST_DAYS - 1));
        if most.is_some_and(|most| last_day > most) {
            return Err(SecondmentSpanError::TooLong);
        }
        Ok(Self { first_day, last_day })
    }

    /// Whether the span has the day.
    pub fn contains(self, day: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

impl SecondmentSpanError {
    /// The member of the request that is at fault.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Past => "/first_day",
            Self::Reversed | Self::TooLong => "/last_day",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SecondmentCommand::{Agree, Decline, Withdraw};
    use super::SecondmentState::{Agreed, Declined, Requested, Withdrawn};
    use super::*;
    use crate::word::VariantArray as _;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn span() -> SecondmentSpan {
        SecondmentSpan { first_day: day("2026-12-07"), last_day: day("2026-12-09") }
    }

    #[test]
    fn an_end_is_final_and_each_command_can_be_repeated() {
        let on = |state, command| apply(state, span(), command, day("2026-12-08"));
        assert_eq!(on(Requested, Agree), Ok(Agreed));
        assert_eq!(on(Requested, Decline), Ok(Declined));
        assert_eq!(on(Requested, Withdraw), Ok(Withdrawn));
        assert_eq!(on(Agreed, Withdraw), Ok(Withdrawn));
        assert_eq!(on(Agreed, Decline), Ok(Declined), "the consent is taken back");
        for (state, command) in [(Agreed, Agree), (Declined, Decline), (Withdrawn, Withdraw)] {
            assert_eq!(on(state, command), Ok(state));
        }
        for (state, command) in
            [(Declined, Agree), (Declined, Withdraw), (Withdrawn, Agree), (Withdrawn, Decline)]
        {
            assert_eq!(on(state, command), Err(SecondmentRejection));
        }
    }

    #[test]
    fn nothing_is_decided_about_days_that_are_over() {
        for command in SecondmentCommand::VARIANTS {
            let late = apply(Requested, span(), *command, day("2026-12-10"));
            assert_eq!(late, Err(SecondmentRejection));
        }
        assert_eq!(apply(Agreed, span(), Agree, day("2026-12-10")), Ok(Agreed), "a repetition");
    }

    #[test]
    fn a_secondment_begins_today_at_the_earliest_and_has_a_month_of_days_at_most() {
        let of = |first, last| {
            SecondmentSpan::from_today(day(first), day(last), day("2026-12-07")).map(drop)
        };
        assert_eq!(of("2026-12-07", "2026-12-07"), Ok(()));
        assert_eq!(of("2026-12-07", "2027-01-06"), Ok(()));
        assert_eq!(of("2026-12-07", "2027-01-07"), Err(SecondmentSpanError::TooLong));
        assert_eq!(of("2026-12-06", "2026-12-07"), Err(SecondmentSpanError::Past));
        assert_eq!(of("2026-12-08", "2026-12-07"), Err(SecondmentSpanError::Reversed));
    }
}
