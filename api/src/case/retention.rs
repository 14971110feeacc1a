//! Deletes cases whose kind keeps them no longer: ended ones, and open ones of beneficiaries who have ended.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::CaseKindCode;
use gridward_domain::id::CaseId;

use super::{kind_store, store};
use crate::clock;
use crate::db::DbError;
use crate::db::schema::{beneficiaries, cases};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The number of cases in one transaction.
const BATCH: i64 = 200;

/// The action of the event of each case.
pub const DELETION: &str = "case.delete";

/// Deletes a batch of the cases of one kind that are not kept on `today` as it is now, with their history and their
/// documents; returns their number: those that ended too long before, and, once there are none of these, open ones that
/// have not moved since, of beneficiaries who ended too long before. The log says that there was a case, and nothing of
/// it but the grid of an open one, whose phone removes it.
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
    let past = || {
        cases::table
            .filter(cases::district.eq(district))
            .filter(cases::kind.eq(code))
            .filter(cases::begun_at.lt(end.naive_utc()))
            .order((cases::begun_at, cases::id))
            .limit(BATCH)
            .select((cases::id, cases::version))
    };
    // Ended ones and open ones are read apart, each by its index.
    let mut versions: Vec<(CaseId, i64)> =
        past().filter(cases::result.is_not_null()).load(tx.read()?)?;
    let mut grids = BTreeMap::new();
    if versions.is_empty() {
        let ended = beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            .filter(beneficiaries::valid_to.lt(clock::day(end)))
            .select(beneficiaries::id.nullable());
        versions = past()
            .filter(cases::result.is_null())
            .filter(cases::beneficiary.eq_any(ended))
            .load(tx.read_unbatched())?;
        for (id, _) in &versions {
            grids.extend(grid(tx, *id)?.map(|grid| (*id, grid)));
        }
    }
    // Of two servers one deletes a case, and records it.
    let gone = store::delete(tx.write_unbatched(), district, &versions)?;
    let count = gone.len();
    for (id, version) in gone {
        let area = grids.get(&id).copied().unwrap_or(district);
        tx.record(Event::new(DELETION, Subject::Case, id, area, version + 1));
    }
    Ok(count)
}

/// The grid of the beneficiary of the case; `None` for a confidential one, which the log does not place.
fn grid(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<AreaCode>, DbError> {
    let district = tx.district;
    let conn = tx.read_unbatched();
    let Some(placed) = store::one(conn, district, id)? else { return Ok(None) };
    let is_confidential = kind_store::of_case(conn, &placed.row)?.is_confidential();
    Ok((!is_confidential).then_some(placed.area))
}
