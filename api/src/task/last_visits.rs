//! The last completed visits of a kind.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::max;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::task::Phase;

use crate::clock;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

/// The day of the last completed visit of the kind to each beneficiary of the district.
///
/// # Errors
/// [`DbError`].
pub fn of_kind(
    conn: &mut Conn,
    district: AreaCode,
    kind: &KindCode,
) -> Result<HashMap<BeneficiaryId, NaiveDate>, DbError> {
    let rows: Vec<(Option<BeneficiaryId>, Option<NaiveDateTime>)> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::kind.eq(kind))
        .filter(tasks::state.eq(Phase::Done))
        .filter(tasks::beneficiary.is_not_null())
        .group_by(tasks::beneficiary)
        .select((tasks::beneficiary, max(tasks::updated_at)))
        .load(conn)?;
    let days = rows.into_iter().filter_map(|(id, at)| Some((id?, clock::day(at?.and_utc()))));
    Ok(days.collect())
}
