//! The encrypted part of a report.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::report_content::ReportContent;
use super::report_row::ReportRow;
use crate::crypto::{SealingKey, aad};
use crate::db::DbError;

/// The encrypted part of a report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The content as reported.
    #[serde(flatten)]
    pub content: ReportContent,
    /// When the report was made, by the phone's clock.
    pub made_at: Option<DateTime<FixedOffset>>,
    /// The offset of the phone's clock behind the server's, in seconds.
    pub clock_behind_s: i64,
}

impl Sealed {
    /// The decrypted part of a report.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn of(key: &SealingKey, row: &ReportRow) -> Result<Self, DbError> {
        let opened = key.open_value(&aad(row.district, "reports", row.id), &row.sealed);
        opened.map_err(|error| DbError::corrupt("reports", error))
    }
}
