//! The formats of exports.

use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Format>)]
pub enum Format {
    /// Comma-separated values in UTF-8, with labels of words in the caller's language.
    Csv,
    /// A workbook of spreadsheet programs, with the same cells.
    Xlsx,
    /// One JSON object per line, with the codes of words.
    Ndjson,
}

impl Format {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}
