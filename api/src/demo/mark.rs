//! Marks a district as a demo: its passwords are public.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use crate::db::schema::demo_districts;
use crate::db::{Conn, DbError};

/// Marks `district` as a demo, for the life of the database.
///
/// # Errors
/// [`DbError`].
pub fn set(conn: &mut Conn, district: AreaCode, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::insert_into(demo_districts::table)
        .values((
            demo_districts::district.eq(district),
            demo_districts::created_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The first demo district of the database.
///
/// # Errors
/// [`DbError`].
pub fn find(conn: &mut Conn) -> Result<Option<AreaCode>, DbError> {
    let codes = demo_districts::table.select(demo_districts::district);
    Ok(codes.order(demo_districts::district).first(conn).optional()?)
}
