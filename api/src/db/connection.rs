//! A connection to either database, and its address.

#![expect(missing_docs, reason = "diesel's derive makes public items that it does not document")]

use std::fmt;
use std::path::{Path, PathBuf};
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

/// The address of the database.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A `postgres://` URL.
    Postgres(String),
    /// A path to a file.
    Sqlite(PathBuf),
}

impl Address {
    /// Parses a setting: `postgres://...` or `postgresql://...` is a server,
    /// anything else a file, optionally with the prefix `sqlite://`.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(PathBuf::from(text.strip_prefix("sqlite://").unwrap_or(text)))
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Postgres(_) => None,
            Self::Sqlite(path) => Some(path),
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub fn connect(&self) -> Result<Conn, DbError> {
        match self {
            Self::Postgres(url) => connect_postgres(url).map(Conn::Pg),
            Self::Sqlite(path) => connect_sqlite(path).map(Conn::Sqlite),
        }
    }
}

/// The maximum time that a statement waits for a lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens PostgreSQL with timeouts, so that neither a row lock nor an open transaction
/// of a server that has disappeared blocks others forever.
fn connect_postgres(url: &str) -> Result<PgConnection, DbError> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(&format!(
        "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = '60s';",
        LOCK_TIMEOUT.as_millis(),
    ))?;
    Ok(conn)
}

/// Opens SQLite with a write-ahead log; every commit is on disk before it returns.
fn connect_sqlite(path: &Path) -> Result<SqliteConnection, DbError> {
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

impl fmt::Debug for Address {
    /// Shows a server's address without its user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let bare = url.split('?').next().unwrap_or_default();
                let place = bare.rsplit_once('@').map_or(bare, |(_, place)| place);
                write!(f, "postgres://{}", place.trim_start_matches("postgres://"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_its_password() {
        let address = Address::parse("postgres://anna:secret@db.local:5432/gridward?sslmode=off");
        assert_eq!(format!("{address:?}"), "postgres://db.local:5432/gridward");
        let address = Address::parse("postgres://db.local/gridward?user=anna&password=se@cret");
        assert_eq!(format!("{address:?}"), "postgres://db.local/gridward");
    }

    #[test]
    fn a_path_is_a_file_with_or_without_its_scheme() {
        assert_eq!(Address::parse("var/a.db"), Address::parse("sqlite://var/a.db"));
    }
}
