//! Connections to SQLite or PostgreSQL behind one set of typed queries ([`Conn`]).
//!
//! The few statements that must differ are in [`dialect`].

pub mod address;
pub mod backup;
pub mod batches;
pub mod bulk;
pub mod column;
pub mod connection;
pub mod dialect;
pub mod migrate;
pub(crate) mod schema;

use thiserror::Error;

pub use address::Address;
pub use batches::{batches, in_batches, in_batches_or_all};
pub use connection::Conn;

/// Why a database operation failed.
#[derive(Debug, Error)]
pub enum DbError {
    /// The database is unreachable, or the connection was lost.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Too many requests are waiting.
    #[error("the database is too busy")]
    Busy,
    /// Repeated conflicts with other transactions.
    #[error("conflict with another change")]
    Collision,
    /// A step failed after it wrote; the change is run again in isolation.
    #[error("a step of a change failed")]
    NeedsRetry,
    /// A change, a read or a computation panicked; this is a defect.
    #[error("a step panicked")]
    Panicked,
    /// A statement failed; this is a defect, not the caller's fault.
    #[error("a statement failed: {0}")]
    Failed(diesel::result::Error),
    /// A row has a value that Gridward never writes.
    #[error("unreadable row in {table}: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The reason, without the value.
        reason: String,
    },
}

impl DbError {
    /// An unreadable row of `table`.
    pub fn corrupt(table: &'static str, reason: impl ToString) -> Self {
        Self::Corrupt { table, reason: reason.to_string() }
    }

    /// A duplicate of a unique value as a collision: another process has written it since it was
    /// checked, and the repeated check refuses it.
    pub(crate) fn unless_unique(error: impl Into<Self>) -> Self {
        use diesel::result::{DatabaseErrorKind, Error};
        match error.into() {
            Self::Failed(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                Self::Collision
            }
            other => other,
        }
    }

    /// Whether an immediate retry of the same change may succeed, because of a
    /// conflict with another transaction.
    ///
    /// Diesel distinguishes only some SQLSTATEs: a deadlock (40P01) and a lock
    /// timeout (55P03) are `Unknown`, and their messages are in the server's
    /// language. An unknown error without a position in the statement is therefore
    /// treated as transient; callers limit the number of retries.
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

/// An error that may come from the database. [`Db::write`] distinguishes these,
/// since it runs a change again after a conflict.
pub trait DbFailure: From<DbError> {
    /// The database error, if it is one.
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
            // SQLite, if another process locks the file for longer than the timeout; its
            // messages are always in English.
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

/// Parses an enum, code or id in a row of `table`.
///
/// # Errors
/// [`DbError::Corrupt`], since only valid values are ever written.
pub fn parsed<T: std::str::FromStr>(table: &'static str, text: &str) -> Result<T, DbError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| DbError::corrupt(table, error))
}

/// Checks that a statement changed the one row that it names.
///
/// # Errors
/// [`DbError::Collision`] if the row has changed since it was read.
pub fn changed_one(rows: usize) -> Result<(), DbError> {
    if rows == 1 { Ok(()) } else { Err(DbError::Collision) }
}

/// The condition that a column of codes is in an area's range.
#[macro_export]
macro_rules! in_range {
    ($column:expr, $range:expr) => {
        $column.ge($range.from().to_owned()).and($column.lt($range.to()))
    };
}

/// Runs `work` in a transaction on an exclusive connection: for the command line
/// and the start of the server.
///
/// # Errors
/// The errors of `work`, after a rollback, or those of the database.
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
        // The first error is the relevant one.
        let _ = conn.batch_execute("ROLLBACK");
    }
    done
}
