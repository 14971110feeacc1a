//! The last completed visits of a kind, and those of whom a day has reports.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::max;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::task::Phase;

use crate::clock;
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError, in_batches_or_all};

/// The day of the last completed visit of the kind to each of these beneficiaries; `None`: of the district.
///
/// # Errors
/// [`DbError`].
pub fn of_kind(
    conn: &mut Conn,
    district: AreaCode,
    kind: &KindCode,
    to: Option<&[BeneficiaryId]>,
) -> Result<HashMap<BeneficiaryId, NaiveDate>, DbError> {
    type Columns = (Option<BeneficiaryId>, Option<NaiveDateTime>);
    let rows: Vec<Columns> = in_batches_or_all(to, |to| {
        let done = tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::kind.eq(kind))
            .filter(tasks::state.eq(Phase::Done))
            .filter(tasks::beneficiary.is_not_null())
            .group_by(tasks::beneficiary)
            .select((tasks::beneficiary, max(tasks::updated_at)));
        match to {
            Some(to) => done.filter(tasks::beneficiary.eq_any(to)).load(conn),
            None => done.load(conn),
        }
    })?;
    let days = rows.into_iter().filter_map(|(id, at)| Some((id?, clock::day(at?.and_utc()))));
    Ok(days.collect())
}

/// The beneficiaries of the district of whom a report has arrived on the day.
///
/// # Errors
/// [`DbError`].
pub fn reported_on(
    conn: &mut Conn,
    district: AreaCode,
    day: NaiveDate,
) -> Result<Vec<BeneficiaryId>, DbError> {
    Ok(reports::table
        .filter(reports::district.eq(district))
        .filter(reports::received_on.eq(day))
        .filter(reports::beneficiary.is_not_null())
        .select(reports::beneficiary.assume_not_null())
        .distinct()
        .load(conn)?)
}
