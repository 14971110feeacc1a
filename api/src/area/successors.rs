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
    let (mut found, mut seen, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![code]);
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
    if found.len() > 1 {
        let mut rings = Vec::new();
        for one in &found {
            rings.extend(store::rings(conn, &one.range())?);
        }
        if let Some(around) = Map::new(rings).locate(place) {
            return Ok(Some(around));
        }
    }
    Ok(found.first().copied())
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
