//! How a beneficiary is met.

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
