//! The areas that took over from former ones.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Date, Text};
use gridward_domain::area::AreaCode;

use crate::db::schema::area_successors;
use crate::db::{Conn, DbError};

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
