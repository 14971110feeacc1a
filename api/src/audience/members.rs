//! Lists the members of a saved audience.

use chrono::NaiveDate;
use diesel::QueryDsl as _;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;

use super::condition;
use crate::beneficiary::filter::{BeneficiaryFilter, SortKey};
use crate::beneficiary::{Beneficiary, find};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

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
    let scope = area.range();
    let current = BeneficiaryFilter::default().query(&scope, today);
    find::by_grid(conn, key, area, current.filter(condition::expression(filter, today)), wanted)
}
