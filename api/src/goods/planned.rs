//! The planned hand-outs to the current beneficiaries of a grid, and to others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
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
    /// The district.
    pub district: AreaCode,
    /// All of this grid.
    pub grid: Option<AreaCode>,
    /// And those to these beneficiaries, wherever they live.
    pub homes: BTreeSet<BeneficiaryId>,
}

macro_rules! planned {
    ($of:ident, $columns:expr) => {{
        let current = beneficiaries::table
            .filter(beneficiaries::district.eq($of.district))
            .filter(beneficiaries::id.eq(handouts::beneficiary))
            .filter(beneficiaries::valid_to.is_null());
        handouts::table
            .filter(handouts::district.eq($of.district))
            .filter(handouts::state.eq(HandoutState::Planned))
            .filter(exists(current))
            .select($columns)
    }};
}

impl Planned {
    /// Those to the beneficiaries, without those of the grid: few, so that they are read at once, by the index of
    /// beneficiaries.
    fn of_homes(&self, conn: &mut Conn) -> Result<Vec<HandoutRow>, DbError> {
        if self.homes.is_empty() {
            return Ok(Vec::new());
        }
        let of = self;
        let query = planned!(of, HandoutRow::as_select());
        let mut rows: Vec<HandoutRow> =
            query.filter(handouts::beneficiary.eq_any(&of.homes)).load(conn)?;
        rows.retain(|row| self.grid != Some(row.grid));
        Ok(rows)
    }
}

/// The number of these hand-outs.
///
/// # Errors
/// [`DbError`].
pub fn count(conn: &mut Conn, of: &Planned) -> Result<usize, DbError> {
    let of_grid: i64 = match of.grid {
        Some(grid) => planned!(of, count_star()).filter(handouts::grid.eq(grid)).first(conn)?,
        None => 0,
    };
    Ok(usize::try_from(of_grid).unwrap_or_default() + of.of_homes(conn)?.len())
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
    let mut rows = of.of_homes(conn)?;
    rows.retain(|row| after.is_none_or(|id| row.id > id));
    if let Some(grid) = of.grid {
        let query = planned!(of, HandoutRow::as_select()).filter(handouts::grid.eq(grid));
        let mut query = query.into_boxed();
        if let Some(id) = after {
            query = query.filter(handouts::id.gt(id));
        }
        let of_grid: Vec<HandoutRow> = query.order(handouts::id).limit(limit).load(conn)?;
        rows.extend(of_grid);
    }
    rows.sort_unstable_by_key(|row| row.id);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(rows)
}

/// Those of these hand-outs that have one of the ids, and all to the beneficiaries of [`Planned::homes`] outside of the
/// grid `followed`.
///
/// # Errors
/// [`DbError`].
pub fn these(
    conn: &mut Conn,
    of: &Planned,
    followed: AreaCode,
    ids: &BTreeSet<HandoutId>,
) -> Result<Vec<HandoutRow>, DbError> {
    let mut rows = of.of_homes(conn)?;
    rows.retain(|row| row.grid != followed || ids.contains(&row.id));
    if let Some(grid) = of.grid.filter(|_| !ids.is_empty()) {
        let query = planned!(of, HandoutRow::as_select()).filter(handouts::grid.eq(grid));
        let of_grid: Vec<HandoutRow> = query.filter(handouts::id.eq_any(ids)).load(conn)?;
        rows.extend(of_grid);
    }
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// A hand-out: its id, its grid, its state, and when it was handed out or returned.
type Known = (HandoutId, AreaCode, HandoutState, Option<NaiveDateTime>);

/// The planned hand-outs of these beneficiaries, and those outside of the grid `followed` that were handed out or returned
/// since a moment, or at any time for `None`: what a phone that follows the grid may have of them.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiaries(
    conn: &mut Conn,
    followed: AreaCode,
    ids: &BTreeSet<BeneficiaryId>,
    since: Option<NaiveDateTime>,
) -> Result<BTreeSet<HandoutId>, DbError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let those: Vec<Known> = handouts::table
        .filter(handouts::district.eq(followed.district()))
        .filter(handouts::beneficiary.eq_any(ids))
        .select((handouts::id, handouts::grid, handouts::state, handouts::at))
        .load(conn)?;
    let may_be_there = those.into_iter().filter(|(_, grid, state, at)| {
        let is_recent = at.is_some_and(|at| since.is_none_or(|since| at >= since));
        *state == HandoutState::Planned || (*grid != followed && is_recent)
    });
    Ok(may_be_there.map(|(id, ..)| id).collect())
}

/// Those of the hand-outs with these ids that are of one of these beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn among(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<HandoutId>,
    beneficiaries: &BTreeSet<BeneficiaryId>,
) -> Result<BTreeSet<HandoutId>, DbError> {
    if ids.is_empty() || beneficiaries.is_empty() {
        return Ok(BTreeSet::new());
    }
    let those: Vec<HandoutId> = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::id.eq_any(ids))
        .filter(handouts::beneficiary.eq_any(beneficiaries))
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
