//! How a case ends, and what a move means.

use serde::{Deserialize, Serialize};

use crate::word::{UnknownWord, unknown};

/// How a case ended.
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
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CaseResult>)]
pub enum CaseResult {
    /// What was asked for was granted: every decision of the path was an approval.
    Granted,
    /// It was refused.
    Refused,
    /// It was done; the path asks for no approval.
    Done,
    /// It was given up: withdrawn, a mistake, or settled elsewhere.
    Dropped,
}

/// What a move means for the decision of its step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<MoveEffect>)]
pub enum MoveEffect {
    /// The work of the step is done; it decides nothing.
    #[default]
    Advance,
    /// The step decides yes.
    Approve,
    /// The step decides no.
    Refuse,
    /// Back to an earlier step, for a correction.
    Return,
}

/// How the task of a step has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// It was done.
    Done,
    /// It was cancelled, or it has failed or expired.
    Undone,
}

#[cfg(feature = "diesel")]
crate::text_column!(CaseResult);
