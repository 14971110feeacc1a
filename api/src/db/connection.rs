//! A connection to either database.

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use super::DbError;

/// A connection to PostgreSQL or SQLite, behind one set of typed queries.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// A PostgreSQL server.
    Pg(PgConnection),
    /// A SQLite file.
    Sqlite(SqliteConnection),
}

/// The maximum time that a statement waits for a lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens PostgreSQL with timeouts, so that neither a row lock nor an open transaction
/// of a server that has disappeared blocks others forever.
pub(super) fn open_postgres(url: &str) -> Result<PgConnection, DbError> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(&format!(
        "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = '60s';",
        LOCK_TIMEOUT.as_millis(),
    ))?;
    Ok(conn)
}

/// Opens SQLite with a write-ahead log; every commit is on disk before it returns.
pub(super) fn open_sqlite(path: &Path) -> Result<SqliteConnection, DbError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| DbError::Unavailable(format!("{}: {error}", folder.display())))?;
    }
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 10000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;",
    )?;
    Ok(conn)
}
