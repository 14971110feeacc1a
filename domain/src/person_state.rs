//! Whether a person may use the service.

use serde::{Deserialize, Serialize};

use crate::word::{UnknownWord, unknown};

/// Whether a person may use the service.
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
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<PersonState>)]
pub enum PersonState {
    /// Works, and may use the service.
    Active,
    /// Keeps role, area and tasks, but may not use the service for now.
    Suspended,
    /// Works no longer: has no tasks, and the phone number is free for another person.
    Left,
}
