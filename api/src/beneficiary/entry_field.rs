//! The fields of an entry that corrections and reports may change.

use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A field of an entry that a correction or a report may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<EntryField>)]
pub enum EntryField {
    /// The name.
    Name,
    /// The phone number.
    Phone,
    /// The address.
    Address,
    /// The hardships.
    Hardships,
    /// The number of the household.
    Household,
    /// Whether the beneficiary lives alone.
    LivesAlone,
    /// The degree of mobility.
    Mobility,
    /// The preferred form of contact.
    Contact,
    /// The plaque at the door.
    Plaque,
}

text_column!(EntryField);
