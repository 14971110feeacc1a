//! The members of an audience.

use chrono::NaiveDate;
use diesel::QueryDsl as _;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;

use super::condition;
use crate::beneficiary::filter::{BeneficiaryFilter, Query, SortKey};
use crate::beneficiary::{Beneficiary, find};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// The current beneficiaries of the area that belong to the audience on `today`.
pub fn query(area: AreaCode, filter: &Filter, today: NaiveDate) -> Query<'static> {
    let current = BeneficiaryFilter::default().query(&area.range(), today);
    current.filter(condition::expression(filter, today))
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
