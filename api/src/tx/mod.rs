//! The one way to the database for a running server: [`Db::read`] and [`Db::write`].
//!
//! Promises: closures run off the async threads; a write that was answered is on
//! disk; a write that fails leaves nothing behind.

mod change;
mod identity_map;
mod queue;
mod read_set;
mod reader_pool;
pub mod row;
mod transaction;
mod unit_of_work;
mod write_queue;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use read_set::ReadSet;
pub use transaction::Tx;

use crate::clock::Clock;
use crate::db::{Address, Conn, DbFailure};
use gridward_domain::area::AreaCode;

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
    readers: reader_pool::Readers,
    writers: write_queue::Writers,
}

impl Db {
    /// Opens the database at `address` for up to `readers` reads at a time,
    /// with `clock` to date the changes by. Nothing is connected yet.
    pub fn open(address: Address, readers: usize, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            readers: reader_pool::Readers::start(&address, readers),
            writers: write_queue::Writers::start(&address, clock),
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
    pub async fn write<T, E, F>(&self, district: AreaCode, change: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.write_with(district, ReadSet::default(), change).await
    }

    /// As [`Db::write`], and reads the rows of the change's read set together with
    /// those of other changes.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_with<T, E, F>(
        &self,
        district: AreaCode,
        read_set: ReadSet,
        change: F,
    ) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.0.writers.run(district, read_set, change).await
    }
}
