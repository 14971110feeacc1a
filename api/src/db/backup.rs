//! A consistent copy of a SQLite database while a server writes.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::DbError;
use super::connection::{Conn, open_sqlite};

/// Copies the database in the file `from` into the empty or missing file `to`, with every write
/// committed before the call and none in part. `VACUUM INTO` reads one snapshot, so a server writes on meanwhile; a
/// copy of the file alone would lack the writes in its write-ahead log.
///
/// # Errors
/// [`DbError`].
pub fn copy(from: &Path, to: &Path) -> Result<(), DbError> {
    let mut conn = open_sqlite(from)?;
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(to.to_string_lossy()).execute(&mut conn)?;
    Ok(())
}

/// Opens a copy and checks its pages and indexes. The copy is not changed, not even into one with
/// a write-ahead log.
///
/// # Errors
/// [`DbError`]; a damaged copy is corrupt.
pub fn open_checked(path: &Path) -> Result<Conn, DbError> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    let lines: Vec<Line> = diesel::sql_query("PRAGMA integrity_check").load(&mut conn)?;
    match lines.into_iter().find(|line| line.integrity_check != "ok") {
        None => Ok(Conn::Sqlite(conn)),
        Some(fault) => Err(DbError::corrupt("the copy", fault.integrity_check)),
    }
}
