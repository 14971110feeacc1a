//! The former contents of amended reports.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::ReportId;

use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use crate::crypto::{SealingKey, aad};
use crate::db::schema::report_versions;
use crate::db::{Conn, DbError};

const TABLE: &str = "report_versions";

crate::table_row! {
    /// A row of `report_versions`.
    #[derive(Clone, Debug)]
    struct VersionRow in report_versions {
        district: AreaCode,
        key {
            report: ReportId,
            version: i64,
        }
        fixed {
            written_at: NaiveDateTime,
            sealed: Vec<u8>,
        }
    }
}

/// A content that a report has, or had before an amendment.
#[derive(Debug)]
pub struct StoredVersion {
    /// The number of the version, from 1.
    pub version: i64,
    /// When it arrived.
    pub written_at: DateTime<Utc>,
    /// Its content.
    pub sealed: Sealed,
}

/// The associated data of a version: it cannot be decrypted as another one's.
fn bound_to(district: AreaCode, report: ReportId, version: i64) -> String {
    aad(district, TABLE, format_args!("{report}|{version}"))
}

/// When the present content of the report arrived.
fn written_at(row: &ReportRow) -> NaiveDateTime {
    row.amended_at.unwrap_or(row.created_at)
}

/// Keeps the content that the report had before an amendment.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn keep(
    conn: &mut Conn,
    key: &SealingKey,
    row: &ReportRow,
    content: &Sealed,
) -> Result<(), DbError> {
    let sealed = key.seal_value(&bound_to(row.district, row.id, row.version), content);
    let former = VersionRow {
        district: row.district,
        report: row.id,
        version: row.version,
        written_at: written_at(row),
        sealed: sealed.map_err(|error| DbError::corrupt(TABLE, error))?,
    };
    VersionRow::insert_all(conn, &[&former])
}

/// All versions of the report, the first one first, the present one last.
///
/// # Errors
/// [`DbError`].
pub fn all(
    conn: &mut Conn,
    key: &SealingKey,
    row: &ReportRow,
) -> Result<Vec<StoredVersion>, DbError> {
    let former: Vec<VersionRow> = report_versions::table
        .filter(report_versions::district.eq(row.district))
        .filter(report_versions::report.eq(row.id))
        .order(report_versions::version)
        .select(VersionRow::as_select())
        .load(conn)?;
    let opened = former.into_iter().map(|one| {
        let bound = bound_to(one.district, one.report, one.version);
        let sealed = key.open_value(&bound, &one.sealed);
        Ok(StoredVersion {
            version: one.version,
            written_at: one.written_at.and_utc(),
            sealed: sealed.map_err(|error| DbError::corrupt(TABLE, error))?,
        })
    });
    let present = Sealed::of(key, row).map(|sealed| StoredVersion {
        version: row.version,
        written_at: written_at(row).and_utc(),
        sealed,
    });
    opened.chain(std::iter::once(present)).collect()
}
