//! Queries for people.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::PersonId;

pub use super::row::{Particulars, PersonRow, coordinates};
use super::{Person, PersonState, Role};
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::schema::people;
use crate::db::{Conn, DbError, in_batches};
use crate::in_range;

/// The person `id`, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    id: PersonId,
) -> Result<Option<Person>, DbError> {
    row(conn, scope, id)?.map(|row| row.person(key)).transpose()
}

/// The row of the person `id`, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, scope: &AreaRange, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .find((scope.area().district(), id))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The rows of those of these people, at most 500, who are in the range.
///
/// # Errors
/// [`DbError`].
pub fn rows(
    conn: &mut Conn,
    scope: &AreaRange,
    ids: &[PersonId],
) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(people::id.eq_any(ids))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The rows of these people of the district, by person.
///
/// # Errors
/// [`DbError`].
pub fn many(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, PersonRow>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let rows = in_batches(&ids, |ids| rows(conn, &district.range(), ids))?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The names of those of these people who are in the range.
///
/// # Errors
/// [`DbError`].
pub fn names(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    ids: BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, String>, DbError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<PersonRow> = people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(people::id.eq_any(ids))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .load(conn)?;
    rows.iter().map(|row| Ok((row.id, row.particulars(key)?.name))).collect()
}

/// All people of the range, former ones included.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, scope: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(in_range!(people::area, scope))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The active managers and volunteers in the range: the visitors.
///
/// # Errors
/// [`DbError`].
pub fn visitors(conn: &mut Conn, scope: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(in_range!(people::area, scope))
        .filter(people::state.eq(PersonState::Active))
        .filter(people::role.eq_any(Role::VISITORS))
        .order((people::area, people::id))
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// Those of these people who have left.
///
/// # Errors
/// [`DbError`].
pub fn left(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashSet<PersonId>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let left = in_batches(&ids, |ids| {
        people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::state.eq(PersonState::Left))
            .select(people::id)
            .load::<PersonId>(conn)
    })?;
    Ok(left.into_iter().collect())
}

/// The active volunteers of the grid.
///
/// # Errors
/// [`DbError`].
pub fn volunteers(conn: &mut Conn, grid: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(grid.area().district()))
        .filter(people::area.eq(grid.area()))
        .filter(people::role.eq(Role::Volunteer))
        .filter(people::state.eq(PersonState::Active))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The people of the district who have left.
///
/// # Errors
/// [`DbError`].
pub fn leavers(conn: &mut Conn, district: AreaCode) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(district))
        .filter(people::state.eq(PersonState::Left))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The person with this phone index, unless that person left.
///
/// # Errors
/// [`DbError`].
pub fn with_phone(
    conn: &mut Conn,
    district: AreaCode,
    phone_index: Hash,
) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(district))
        .filter(people::phone_index.eq(phone_index))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}
