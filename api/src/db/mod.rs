//! The one way to the database: [`Db::read`] and [`Db::write`].
//!
//! Promises: closures run off the async threads; what a `write` answered is on
//! disk; a `write` that fails leaves nothing behind. SQLite and PostgreSQL
//! stand behind the same typed queries ([`Conn`]); the few statements that
//! must differ are in [`dialect`].

pub mod connection;
pub mod dialect;
pub mod migrate;
mod read;
pub mod rows;
pub(crate) mod schema;
mod tx;
mod write;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use thiserror::Error;

pub use connection::{Address, Conn};
pub use rows::Wants;
pub use tx::Tx;

use crate::clock::Clock;

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
    Undone,
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

    /// Whether the same change may succeed if tried again at once: another
    /// transaction was in the way (SQLSTATE 40001 and 40P01).
    fn is_collision(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        match self {
            Self::Collision
            | Self::Failed(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => {
                true
            }
            Self::Failed(Error::DatabaseError(_, about)) => about.message().contains("deadlock"),
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
            Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, about) => {
                Self::Unavailable(about.message().to_owned())
            }
            // SQLite, when another process keeps the file for longer than we wait.
            Error::DatabaseError(_, about) if about.message() == "database is locked" => Self::Busy,
            // PostgreSQL (SQLSTATE 55P03), when another server keeps a row for longer.
            Error::DatabaseError(_, about) if about.message().contains("lock timeout") => {
                Self::Busy
            }
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

/// Waits for all of the threads.
fn join(threads: &Mutex<Vec<JoinHandle<()>>>) {
    let threads = std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        // One that panicked has ended too, and its panic is in the log.
        let _ = thread.join();
    }
}

/// The database, for all who are handed a clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    address: Address,
    readers: read::Readers,
    writers: write::Writers,
}

impl Db {
    /// Opens the database at `address` for up to `readers` reads at a time,
    /// with `clock` to date the changes by. Nothing is connected yet.
    pub fn open(address: Address, readers: usize, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            readers: read::Readers::start(&address, readers),
            writers: write::Writers::start(&address, clock),
            address,
        }))
    }

    /// Ends the threads when they have done what waits; a read or a write after it
    /// fails. A process that exits while a thread is in the midst of a
    /// connection to PostgreSQL pulls OpenSSL from under it, and may crash.
    pub fn close(&self) {
        self.0.writers.close();
        self.0.readers.close();
        self.0.writers.join();
        self.0.readers.join();
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Runs `query` on a connection that only reads; again on a new one if the
    /// first turns out to be gone.
    ///
    /// # Errors
    /// What the query answers, or [`DbError`] when there is no connection.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.0.readers.run(query).await
    }

    /// Runs `change` in a transaction; an error undoes all of it. Changes of one
    /// district take turns, and those that wait share a commit, so `change`
    /// may run more than once: it must take all it needs from what it captured.
    ///
    /// # Errors
    /// What the change answers, or [`DbError`] when it could not be committed.
    pub async fn write<T, E, F>(&self, district: &str, change: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.write_with(district, Wants::default(), change).await
    }

    /// As [`Db::write`], and reads what the change `wants` together with what
    /// others want.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_with<T, E, F>(&self, district: &str, wants: Wants, change: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.0.writers.run(district, wants, change).await
    }
}
