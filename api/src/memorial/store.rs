//! Queries for memorial sites.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::place::Place;

use super::{Memorial, MemorialKind};
use crate::db::schema::memorials;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

crate::table_row! {
    /// A row of `memorials`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct MemorialRow in memorials {
        district: AreaCode,
        key {
            id: String,
        }
        fixed {}
        changing {
            name: String,
            kind: MemorialKind,
            grid: AreaCode,
            lat: f64,
            lon: f64,
            version: i64,
            valid_to: Option<NaiveDate>,
        }
    }
}

impl MemorialRow {
    /// The public representation.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn memorial(self) -> Result<Memorial, DbError> {
        Ok(Memorial {
            place: Place::new(self.lat, self.lon)
                .map_err(|error| DbError::corrupt("memorials", error))?,
            id: self.id,
            name: self.name,
            kind: self.kind,
            grid: self.grid,
            version: self.version,
        })
    }
}

/// The row of the memorial site, current or ended.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, district: AreaCode, id: &str) -> Result<Option<MemorialRow>, DbError> {
    let found = memorials::table.find((district, id)).select(MemorialRow::as_select());
    Ok(found.first(conn).optional()?)
}

/// A page of the current memorial sites in the range, ordered by id.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    range: &AreaRange,
    wanted: &Wanted<String>,
) -> Result<Vec<Memorial>, DbError> {
    let mut query = memorials::table
        .filter(memorials::district.eq(range.area().district()))
        .filter(memorials::valid_to.is_null())
        .filter(in_range!(memorials::grid, range))
        .select(MemorialRow::as_select())
        .into_boxed();
    if let Some(id) = &wanted.after {
        query = query.filter(memorials::id.gt(id.clone()));
    }
    let rows = query.order(memorials::id).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(MemorialRow::memorial).collect()
}

/// All current memorial sites in the range.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, range: &AreaRange) -> Result<Vec<Memorial>, DbError> {
    let rows = memorials::table
        .filter(memorials::district.eq(range.area().district()))
        .filter(memorials::valid_to.is_null())
        .filter(in_range!(memorials::grid, range))
        .order(memorials::id)
        .select(MemorialRow::as_select())
        .load(conn)?;
    rows.into_iter().map(MemorialRow::memorial).collect()
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&MemorialRow>, new: &MemorialRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        MemorialRow::insert_all,
        MemorialRow::update_all,
    )
}
