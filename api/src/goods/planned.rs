//! The planned hand-outs of a grid to its current beneficiaries.

use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::{BeneficiaryId, HandoutId};

use super::handout_store::{self, HandoutRow};
use crate::db::schema::{beneficiaries, handouts};
use crate::db::{Conn, DbError};

/// The planned hand-outs of the grid whose beneficiaries are current.
macro_rules! planned {
    ($grid:ident) => {{
        let current = beneficiaries::table
            .filter(beneficiaries::district.eq($grid.district()))
            .filter(beneficiaries::id.eq(handouts::beneficiary))
            .filter(beneficiaries::valid_to.is_null());
        handouts::table
            .filter(handouts::district.eq($grid.district()))
            .filter(handouts::grid.eq($grid))
            .filter(handouts::state.eq(HandoutState::Planned))
            .filter(exists(current))
    }};
}

/// The number of planned hand-outs of the grid.
///
/// # Errors
/// [`DbError`].
pub fn count(conn: &mut Conn, grid: AreaCode) -> Result<usize, DbError> {
    let count: i64 = planned!(grid).count().get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Up to `limit` planned hand-outs of the grid after this id, by id.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    grid: AreaCode,
    after: Option<HandoutId>,
    limit: i64,
) -> Result<Vec<HandoutRow>, DbError> {
    let mut query = planned!(grid).select(HandoutRow::as_select()).into_boxed();
    if let Some(id) = after {
        query = query.filter(handouts::id.gt(id));
    }
    Ok(query.order(handouts::id).limit(limit).load(conn)?)
}

/// Those of these hand-outs that are planned for the grid.
///
/// # Errors
/// [`DbError`].
pub fn these(
    conn: &mut Conn,
    grid: AreaCode,
    ids: &[HandoutId],
) -> Result<Vec<HandoutRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = planned!(grid).filter(handouts::id.eq_any(ids));
    Ok(query.order(handouts::id).select(HandoutRow::as_select()).load(conn)?)
}

/// The hand-outs of these beneficiaries, in any state.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiaries(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<HandoutId>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq_any(ids))
        .select(handouts::id)
        .load(conn)?)
}

/// Moves the planned hand-outs of current beneficiaries to the grids of their homes; answers whether any was
/// elsewhere.
///
/// # Errors
/// [`DbError`].
pub fn follow_homes(conn: &mut Conn, district: AreaCode) -> Result<bool, DbError> {
    let home = beneficiaries::district
        .eq(handouts::district)
        .and(beneficiaries::id.eq(handouts::beneficiary));
    let moved: Vec<(BeneficiaryId, AreaCode)> = handouts::table
        .inner_join(beneficiaries::table.on(home))
        .filter(handouts::district.eq(district))
        .filter(handouts::state.eq(HandoutState::Planned))
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::valid_to.is_null())
        .filter(beneficiaries::grid.ne(handouts::grid))
        .select((beneficiaries::id, beneficiaries::grid))
        .distinct()
        .load(conn)?;
    for (beneficiary, grid) in &moved {
        handout_store::follow(conn, district, *beneficiary, *grid)?;
    }
    Ok(!moved.is_empty())
}
