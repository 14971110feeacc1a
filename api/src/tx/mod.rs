//! The database access of a running server: [`Db::read`] and [`Db::write`].
//!
//! Guarantees: closures run outside the async threads; a write that returned is on
//! disk; a write that fails has no effect.

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

/// Waits for the end of all threads.
fn join(threads: &Mutex<Vec<JoinHandle<()>>>) {
    let threads = std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        // A panicked thread has ended too, and its panic is in the log.
        let _ = thread.join();
    }
}

/// A handle to the database; clones share its threads.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    address: Address,
    readers: reader_pool::Readers,
    writers: write_queue::Writers,
}

impl Db {
    /// Opens the database at `address` for up to `readers` concurrent reads; `clock`
    /// dates the changes. Connections are opened on first use.
    pub fn open(address: Address, readers: usize, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            readers: reader_pool::Readers::start(&address, readers),
            writers: write_queue::Writers::start(&address, clock),
            address,
        }))
    }

    /// Ends the threads after the queued work; later reads and writes fail. A process
    /// that exits while a thread uses a connection to PostgreSQL may crash, since
    /// OpenSSL is cleaned up at exit.
    pub fn close(&self) {
        self.0.writers.close();
        self.0.readers.close();
        self.0.writers.join();
        self.0.readers.join();
    }

    /// The address of the database.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Runs `query` on a read connection; a second time on a new one if the first was
    /// lost.
    ///
    /// # Errors
    /// The error of the query, or [`DbError`] if there is no connection.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.0.readers.run(query).await
    }

    /// Runs `change` in a transaction, which an error rolls back. Changes of one
    /// district run one after another, and waiting ones share a commit, so `change`
    /// may run more than once: its only input are its captured values.
    ///
    /// # Errors
    /// The error of the change, or [`DbError`] if it could not be committed.
    pub async fn write<T, E, F>(&self, district: AreaCode, change: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        self.write_with(district, ReadSet::default(), change).await
    }

    /// As [`Db::write`]; also reads the rows of the change's read set together with
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
