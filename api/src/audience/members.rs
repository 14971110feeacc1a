//! The members of an audience.

use chrono::NaiveDate;
use diesel::QueryDsl as _;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;

use super::condition;
use crate::beneficiary::filter::{BeneficiaryFilter, Query, SortKey};
use crate::beneficiary::store::{BeneficiaryRow, after};
use crate::beneficiary::{Beneficiary, find};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// The number of beneficiaries that are read at a time.
const PAGE: i64 = 1_000;

/// The current beneficiaries of the area that belong to the audience on `today`.
pub fn query(area: AreaCode, filter: &Filter, today: NaiveDate) -> Query<'static> {
    let current = BeneficiaryFilter::default().query(&area.range(), today);
    current.filter(condition::expression(filter, area.district(), today))
}

/// Passes the current beneficiaries of the area that belong to the audience on `today` to `each`, a page at a time, in the
/// order of their ids.
///
/// # Errors
/// [`DbError`]; those of `each`.
pub fn by_page(
    conn: &mut Conn,
    (area, filter): (AreaCode, &Filter),
    today: NaiveDate,
    mut each: impl FnMut(&mut Conn, Vec<BeneficiaryRow>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let mut last = None;
    loop {
        let homes = after(conn, query(area, filter, today), last, PAGE)?;
        let Some(reached) = homes.last().map(|home| home.id) else { return Ok(()) };
        last = Some(reached);
        each(conn, homes)?;
    }
}

/// A page of the current beneficiaries of the area that belong to the audience, masked, ordered by
/// grid.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    area: AreaCode,
    filter: &Filter,
    wanted: &Wanted<SortKey>,
    today: NaiveDate,
) -> Result<Vec<Beneficiary>, DbError> {
    find::by_grid(conn, key, area, query(area, filter, today), wanted)
}
