//! Deletes ended cases whose kind keeps them no longer.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::code::CaseKindCode;
use gridward_domain::id::CaseId;

use super::{kind_store, store};
use crate::clock;
use crate::db::DbError;
use crate::db::schema::cases;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The number of cases in one transaction.
const BATCH: i64 = 200;

/// Deletes a batch of the cases of one kind that are not kept on `today` as it is now, with their history and their
/// documents; returns their number. The log says that there was a case, and nothing of it.
///
/// # Errors
/// [`DbError`].
pub fn forget(tx: &mut Tx<'_>, code: &CaseKindCode, today: NaiveDate) -> Result<usize, DbError> {
    let district = tx.district;
    let kind = kind_store::one(tx.read_unbatched(), district, code)?;
    let keep_years = kind.and_then(|kind| kind.keep_years);
    let Some(end) = keep_years.and_then(|years| clock::years_before(today, years)) else {
        return Ok(0);
    };
    let ended: Vec<(CaseId, i64)> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::result.is_not_null())
        .filter(cases::kind.eq(code))
        .filter(cases::begun_at.lt(end.naive_utc()))
        .order((cases::begun_at, cases::id))
        .limit(BATCH)
        .select((cases::id, cases::version))
        .load(tx.read()?)?;
    // Of two servers one deletes a case, and records it.
    let gone = store::delete(tx.write_unbatched(), district, &ended)?;
    let count = gone.len();
    for (id, version) in gone {
        tx.record(Event::new("case.delete", Subject::Case, id, district, version + 1));
    }
    Ok(count)
}
