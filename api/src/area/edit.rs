//! Writes changes of areas and outlines.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;

use super::store::{AreaRow, Ring};
use crate::db::schema::{areas, outlines};
use crate::db::{Conn, DbError};

/// Inserts an area that begins on `today`.
///
/// # Errors
/// [`DbError`].
pub fn insert(
    conn: &mut Conn,
    code: AreaCode,
    name: &str,
    place: Place,
    today: NaiveDate,
) -> Result<(), DbError> {
    let row = AreaRow {
        district: code.district(),
        code,
        level: code.level(),
        parent: code.parent(),
        name: name.to_owned(),
        lat: place.lat(),
        lon: place.lon(),
        valid_from: today,
        valid_to: None,
        version: 1,
    };
    AreaRow::insert_all(conn, &[&row])
}

/// The version of the area.
///
/// # Errors
/// [`DbError`]; a collision if there is no such area.
pub fn version(conn: &mut Conn, code: AreaCode) -> Result<i64, DbError> {
    let area = areas::table.find((code.district(), code)).select(areas::version);
    area.first(conn).optional()?.ok_or(DbError::Collision)
}

/// Ends the area on `today`; returns its new version.
///
/// # Errors
/// [`DbError`].
pub fn end(conn: &mut Conn, code: AreaCode, today: NaiveDate) -> Result<i64, DbError> {
    let version = version(conn, code)? + 1;
    diesel::update(areas::table.find((code.district(), code)))
        .set((areas::valid_to.eq(today), areas::version.eq(version)))
        .execute(conn)?;
    Ok(version)
}

/// Gives the area another name and point; returns its new version.
///
/// # Errors
/// [`DbError`].
pub fn rename(conn: &mut Conn, code: AreaCode, name: &str, place: Place) -> Result<i64, DbError> {
    let version = version(conn, code)? + 1;
    let values = (
        areas::name.eq(name),
        areas::lat.eq(place.lat()),
        areas::lon.eq(place.lon()),
        areas::version.eq(version),
    );
    diesel::update(areas::table.find((code.district(), code))).set(values).execute(conn)?;
    Ok(version)
}

/// Replaces the outline of the grid; removes it if there is no ring.
///
/// # Errors
/// [`DbError`].
pub fn set_outline(conn: &mut Conn, grid: AreaCode, ring: Option<&Ring>) -> Result<(), DbError> {
    let key = (grid.district(), grid);
    diesel::delete(outlines::table.find(key)).execute(conn)?;
    if let Some(ring) = ring {
        let values = (
            outlines::district.eq(grid.district()),
            outlines::grid.eq(grid),
            outlines::ring.eq(serde_json::json!(ring).to_string()),
        );
        diesel::insert_into(outlines::table).values(values).execute(conn)?;
    }
    Ok(())
}
