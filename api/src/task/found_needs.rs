//! The needs of beneficiaries that reports find: on which days, and which of them regimes visit for.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::Need;
use gridward_domain::id::{BeneficiaryId, ReportId};

use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use crate::crypto::SealingKey;
use crate::db::column::SetColumn;
use crate::db::schema::{regimes, reports};
use crate::db::{Conn, DbError};

/// The reports that one statement reads.
const AT_A_TIME: i64 = 1_000;

/// The day of arrival of the last report that finds one of the needs, for each beneficiary of the district that
/// has one since the day. Needs are encrypted, so each report since then is opened.
///
/// # Errors
/// [`DbError`].
pub fn last(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    (needs, since): (&BTreeSet<Need>, NaiveDate),
) -> Result<HashMap<BeneficiaryId, NaiveDate>, DbError> {
    let (mut found, mut after) = (HashMap::new(), None::<ReportId>);
    loop {
        let mut query = reports::table
            .filter(reports::district.eq(district))
            .filter(reports::received_on.ge(since))
            .filter(reports::beneficiary.is_not_null())
            .select(ReportRow::as_select())
            .into_boxed();
        if let Some(id) = after {
            query = query.filter(reports::id.gt(id));
        }
        let rows = query.order(reports::id).limit(AT_A_TIME).load::<ReportRow>(conn)?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(last.id);
        for row in rows {
            let Some(beneficiary) = row.beneficiary else { continue };
            if !Sealed::of(key, &row)?.content.needs.is_disjoint(needs) {
                let day = found.entry(beneficiary).or_insert(row.received_on);
                *day = row.received_on.max(*day);
            }
        }
    }
}

/// The needs for which active regimes of the district visit.
///
/// # Errors
/// [`DbError`].
pub(super) fn visited(conn: &mut Conn, district: AreaCode) -> Result<BTreeSet<Need>, DbError> {
    let needs: Vec<SetColumn<Need>> = regimes::table
        .filter(regimes::district.eq(district))
        .filter(regimes::active.eq(true))
        .select(regimes::needs)
        .load(conn)?;
    Ok(needs.iter().flat_map(|needs| needs.members().clone()).collect())
}
