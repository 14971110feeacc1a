//! The encrypted part of a report.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::id::ReportId;
use serde::{Deserialize, Serialize};

use super::report_content::ReportContent;
use super::report_row::ReportRow;
use crate::crypto::SealingKey;
use crate::db::DbError;

const TABLE: &str = "reports";

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
        Self::open(key, (row.district, row.id), &row.sealed)
    }

    /// The decrypted part of the report with this id.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn open(
        key: &SealingKey,
        (district, id): (AreaCode, ReportId),
        sealed: &[u8],
    ) -> Result<Self, DbError> {
        key.open_row((district, TABLE, id), sealed)
    }

    /// The column of the report with this id.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn seal(
        &self,
        key: &SealingKey,
        (district, id): (AreaCode, ReportId),
    ) -> Result<Vec<u8>, DbError> {
        key.seal_row((district, TABLE, id), self)
    }
}
