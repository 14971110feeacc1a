//! How a beneficiary is met.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::word::{UnknownWord, unknown};

/// How the assignee of a task meets the beneficiary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Channel>)]
pub enum Channel {
    /// At the beneficiary's place: the assignee travels there.
    #[default]
    Visit,
    /// By phone: the assignee may be anywhere.
    Call,
}

impl Channel {
    /// The last contact that satisfies a duty of this channel: a phone call satisfies no visit, a visit
    /// a phone call too.
    pub fn satisfied_by(
        self,
        last_contact: Option<NaiveDate>,
        last_visit: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        match self {
            Self::Visit => last_visit,
            Self::Call => last_contact.max(last_visit),
        }
    }

    /// Whether a contact of this channel satisfies a duty of the other.
    pub const fn satisfies(self, duty: Self) -> bool {
        matches!((self, duty), (Self::Visit, _) | (_, Self::Call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_satisfies_no_visit_and_a_visit_both() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 12, n);
        assert_eq!(Channel::Visit.satisfied_by(day(9), day(3)), day(3));
        assert_eq!(Channel::Call.satisfied_by(day(9), day(3)), day(9));
        assert_eq!(Channel::Visit.satisfied_by(day(9), None), None);
        assert!(Channel::Visit.satisfies(Channel::Call) && Channel::Call.satisfies(Channel::Call));
        assert!(!Channel::Call.satisfies(Channel::Visit));
    }
}
