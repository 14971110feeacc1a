//! The areas that took over from former ones.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Date, Text};
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;

use super::map::Map;
use super::store;
use crate::db::schema::area_successors;
use crate::db::{Conn, DbError};

/// The most areas that are followed from one to the next.
const MOST: usize = 1_000;

/// The areas that took over from this one, or from part of it, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn of(conn: &mut Conn, code: &AreaCode) -> Result<Vec<AreaCode>, DbError> {
    Ok(area_successors::table
        .filter(area_successors::district.eq(code.district()))
        .filter(area_successors::code.eq(code))
        .order(area_successors::successor)
        .select(area_successors::successor)
        .load(conn)?)
}

/// The current grid for a place of the grid `code`: the grid itself, or the one that took over; the
/// first one if several did and none contains the place. `None` if none took over.
///
/// # Errors
/// [`DbError`].
pub fn current(conn: &mut Conn, code: AreaCode, place: Place) -> Result<Option<AreaCode>, DbError> {
    let found = followed(conn, vec![code])?;
    let around = around(conn, &found, place)?;
    Ok(around.or_else(|| found.first().copied()))
}

/// The current grid for a place of the grid `code` right after a change of areas: the grid itself
/// keeps the place, unless an area that took over a part contains it.
///
/// # Errors
/// [`DbError`].
pub fn divided(conn: &mut Conn, code: AreaCode, place: Place) -> Result<Option<AreaCode>, DbError> {
    let mut parts = of(conn, &code)?;
    parts.push(code);
    let found = followed(conn, parts)?;
    let around = around(conn, &found, place)?;
    let itself = found.contains(&code).then_some(code);
    Ok(around.or(itself).or_else(|| found.first().copied()))
}

/// The current ones among these areas and their successors.
fn followed(conn: &mut Conn, mut next: Vec<AreaCode>) -> Result<BTreeSet<AreaCode>, DbError> {
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    while let Some(one) = next.pop().filter(|_| seen.len() < MOST) {
        if !seen.insert(one) {
            continue;
        }
        if store::current(conn, &one)?.is_some() {
            found.insert(one);
        } else {
            next.extend(of(conn, &one)?);
        }
    }
    Ok(found)
}

/// That of several areas whose outline contains the place.
fn around(
    conn: &mut Conn,
    areas: &BTreeSet<AreaCode>,
    place: Place,
) -> Result<Option<AreaCode>, DbError> {
    if areas.len() < 2 {
        return Ok(None);
    }
    let mut rings = Vec::new();
    for one in areas {
        rings.extend(store::rings(conn, &one.range())?);
    }
    Ok(Map::new(rings).locate(place))
}

/// A statement for both databases. A grid may give a part away, and later end in favour of it.
const INSERT: &str = "INSERT INTO area_successors (district, code, successor, since) \
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// Records that `successor` takes over from `code` since this day.
///
/// # Errors
/// [`DbError`].
pub fn insert(
    conn: &mut Conn,
    code: AreaCode,
    successor: AreaCode,
    since: NaiveDate,
) -> Result<(), DbError> {
    diesel::sql_query(INSERT)
        .bind::<Text, _>(code.district())
        .bind::<Text, _>(code)
        .bind::<Text, _>(successor)
        .bind::<Date, _>(since)
        .execute(conn)?;
    Ok(())
}
