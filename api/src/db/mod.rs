//! Connections to SQLite or PostgreSQL behind one set of typed queries ([`Conn`]).
//!
//! The few statements that must differ are in [`dialect`].

pub mod bulk;
pub mod column;
pub mod connection;
pub mod dialect;
pub mod migrate;
pub(crate) mod schema;

use thiserror::Error;

pub use connection::{Address, Conn};

/// Why the database did not do as asked.
#[derive(Debug, Error)]
pub enum DbError {
    /// It cannot be reached, or went away meanwhile.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Too many are waiting for it.
    #[error("the database is too busy")]
    Busy,
    /// Another transaction was in the way, again and again.
    #[error("another change was in the way")]
    Collision,
    /// A step failed after it wrote; the change is run again with more care.
    #[error("a step of a change failed")]
    NeedsRetry,
    /// A step of a change panicked; this is a defect.
    #[error("a step of a change panicked")]
    Panicked,
    /// A statement failed; this is a defect, not the caller's fault.
    #[error("a statement failed: {0}")]
    Failed(diesel::result::Error),
    /// A row holds what no part of Gridward ever wrote.
    #[error("a row of {table} cannot be read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with it, without the value.
        reason: String,
    },
}

impl DbError {
    /// A row of `table` that cannot be read because of `reason`.
    pub fn corrupt(table: &'static str, reason: impl ToString) -> Self {
        Self::Corrupt { table, reason: reason.to_string() }
    }

    /// Whether the same change may succeed if tried again at once, because another
    /// transaction was in the way.
    ///
    /// Diesel tells only some SQLSTATEs apart: a deadlock (40P01) and a lock that
    /// was not to be had (55P03) are `Unknown`, and their messages are in the
    /// server's language. An unknown error without a position in the statement is
    /// therefore taken for one that may pass; who tries again does so a few times.
    pub(crate) fn is_collision(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        match self {
            Self::Collision
            | Self::Failed(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => {
                true
            }
            Self::Failed(Error::DatabaseError(DatabaseErrorKind::Unknown, about)) => {
                about.statement_position().is_none()
            }
            _ => false,
        }
    }
}

/// An error that may come from the database, as [`Db::write`] needs to know:
/// a change that collided with another is run again.
pub trait DbFailure: From<DbError> {
    /// The database's own error, if that is what it is.
    fn as_db(&self) -> Option<&DbError>;
}

impl DbFailure for DbError {
    fn as_db(&self) -> Option<&DbError> {
        Some(self)
    }
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match error {
            Error::DatabaseError(
                Kind::ClosedConnection | Kind::UnableToSendCommand | Kind::ReadOnlyTransaction,
                about,
            ) => Self::Unavailable(about.message().to_owned()),
            // SQLite, when another process keeps the file for longer than we wait; its
            // messages are English everywhere.
            Error::DatabaseError(_, about) if about.message() == "database is locked" => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

impl From<diesel::ConnectionError> for DbError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Reads a word, code or id of a row of `table`.
///
/// # Errors
/// [`DbError::Corrupt`]; only what was parsed before is ever written.
pub fn parsed<T: std::str::FromStr>(table: &'static str, text: &str) -> Result<T, DbError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| DbError::corrupt(table, error))
}

/// The condition that a column of codes lies in an area's range.
#[macro_export]
macro_rules! in_range {
    ($column:expr, $range:expr) => {
        $column.ge($range.from().to_owned()).and($column.lt($range.to()))
    };
}

/// Runs `work` in a transaction of its own, for who has a connection to himself:
/// the command line and the first steps of a start.
///
/// # Errors
/// Those of `work`, which then leaves nothing behind, or the database's own.
pub fn transact<T, E: From<DbError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    use diesel::connection::SimpleConnection;
    conn.batch_execute(dialect::begin(conn)).map_err(DbError::from)?;
    let done = work(conn).and_then(|done| {
        conn.batch_execute("COMMIT").map_err(DbError::from)?;
        Ok(done)
    });
    if done.is_err() {
        // The error that matters is the first.
        let _ = conn.batch_execute("ROLLBACK");
    }
    done
}
