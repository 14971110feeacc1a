//! The version of a district's outlines: it changes with every change of one of them.

use diesel::prelude::*;
use diesel::sql_types::Text;
use gridward_domain::area::AreaCode;

use crate::db::schema::borders;
use crate::db::{Conn, DbError};

/// The version of the district's outlines; 0 before the first.
///
/// # Errors
/// [`DbError`].
pub fn version(conn: &mut Conn, district: AreaCode) -> Result<i64, DbError> {
    let version = borders::table.find(district).select(borders::version).first(conn);
    Ok(version.optional()?.unwrap_or_default())
}

/// Incremented in one statement, on both databases.
const CHANGED: &str = "INSERT INTO borders (district, version) VALUES ($1, 1) \
     ON CONFLICT (district) DO UPDATE SET version = borders.version + 1";

/// Records that outlines of the district have changed.
///
/// # Errors
/// [`DbError`].
pub fn changed(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    diesel::sql_query(CHANGED).bind::<Text, _>(district).execute(conn)?;
    Ok(())
}
