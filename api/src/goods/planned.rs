//! The planned hand-outs of a grid to its current beneficiaries.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::{BeneficiaryId, HandoutId};

use super::handout_store::{self, HandoutRow};
use crate::db::schema::{beneficiaries, handouts};
use crate::db::{Conn, DbError};

/// Planned hand-outs to current beneficiaries.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Those of this grid.
    pub grid: AreaCode,
    /// Those to these beneficiaries; `None` for all.
    pub homes: Option<BTreeSet<BeneficiaryId>>,
}

macro_rules! planned {
    ($of:ident, $columns:expr) => {{
        let (grid, homes) = ($of.grid, &$of.homes);
        let current = beneficiaries::table
            .filter(beneficiaries::district.eq(grid.district()))
            .filter(beneficiaries::id.eq(handouts::beneficiary))
            .filter(beneficiaries::valid_to.is_null());
        let mut query = handouts::table
            .filter(handouts::district.eq(grid.district()))
            .filter(handouts::grid.eq(grid))
            .filter(handouts::state.eq(HandoutState::Planned))
            .filter(exists(current))
            .select($columns)
            .into_boxed();
        if let Some(homes) = homes {
            query = query.filter(handouts::beneficiary.eq_any(homes));
        }
        query
    }};
}

/// The number of these hand-outs.
///
/// # Errors
/// [`DbError`].
pub fn count(conn: &mut Conn, of: &Planned) -> Result<usize, DbError> {
    let count: i64 = planned!(of, count_star()).first(conn)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Up to `limit` of these hand-outs after this id, by id.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    of: &Planned,
    after: Option<HandoutId>,
    limit: i64,
) -> Result<Vec<HandoutRow>, DbError> {
    let mut query = planned!(of, HandoutRow::as_select());
    if let Some(id) = after {
        query = query.filter(handouts::id.gt(id));
    }
    Ok(query.order(handouts::id).limit(limit).load(conn)?)
}

/// Those of these hand-outs that have one of the ids.
///
/// # Errors
/// [`DbError`].
pub fn these(
    conn: &mut Conn,
    of: &Planned,
    ids: &BTreeSet<HandoutId>,
) -> Result<Vec<HandoutRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = planned!(of, HandoutRow::as_select()).filter(handouts::id.eq_any(ids));
    Ok(query.order(handouts::id).load(conn)?)
}

/// The hand-outs of these beneficiaries, in any state.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiaries(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<BeneficiaryId>,
) -> Result<BTreeSet<HandoutId>, DbError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let those: Vec<HandoutId> = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq_any(ids))
        .select(handouts::id)
        .load(conn)?;
    Ok(those.into_iter().collect())
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
    let mut homes: BTreeMap<AreaCode, Vec<BeneficiaryId>> = BTreeMap::new();
    for (beneficiary, grid) in moved {
        homes.entry(grid).or_default().push(beneficiary);
    }
    for (grid, beneficiaries) in &homes {
        handout_store::move_to(conn, district, beneficiaries, *grid)?;
    }
    Ok(!homes.is_empty())
}
