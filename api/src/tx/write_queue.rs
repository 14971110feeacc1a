//! The write queue: changes run one after another, several in one commit (group
//! commit).
//!
//! A commit waits for the disk, and a district's log has one counter, so concurrent
//! changes of one district run in one transaction and share the wait. Each is
//! answered after the commit. They also share their round trips: the rows of their
//! read sets are read together, and changed rows are written together
//! ([`super::unit_of_work`]). A transaction never spans two districts, so that each
//! statement touches one shard.
//!
//! A change that is refused before it wrote has nothing to roll back. If one fails
//! after it wrote, the transaction is rolled back and each change runs again in its
//! own transaction, with a savepoint before each of its steps ([`Tx::savepoint`]).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use gridward_domain::area::AreaCode;
use tokio::sync::oneshot;

use super::change::Change;
use super::join;
use super::queue::{Message, Queue};
use super::read_set::ReadSet;
use super::transaction::Tx;
use super::writer::Writer;
use crate::clock::Clock;
use crate::db::{Address, DbError, DbFailure};

/// The maximum number of waiting changes; above it, writes fail as busy.
const MOST_WAITING: usize = 4096;
/// The number of writer threads on PostgreSQL, where districts commit independently.
const POSTGRES_WRITERS: usize = 4;

/// The writer threads. A district always uses the same one.
pub(super) struct Writers {
    queues: Vec<mpsc::SyncSender<Message>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Writers {
    pub(super) fn start(address: &Address, clock: Clock) -> Self {
        let count = match address {
            Address::Sqlite(_) => 1,
            Address::Postgres(_) => POSTGRES_WRITERS,
        };
        let start = |_| {
            let (send, receive) = mpsc::sync_channel(MOST_WAITING);
            let mut writer = Writer::new(address.clone(), clock);
            (send, std::thread::spawn(move || writer.serve(Queue::new(receive))))
        };
        let (queues, threads) = (0..count).map(start).unzip();
        Self { queues, threads: Mutex::new(threads) }
    }

    /// Ends the threads after the queued changes.
    pub(super) fn close(&self) {
        for queue in &self.queues {
            // A thread that has ended needs no message.
            let _ = queue.send(None);
        }
    }

    /// Waits for the end of the threads.
    pub(super) fn join(&self) {
        join(&self.threads);
    }

    pub(super) async fn run<T, E, F>(
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
        let mut hasher = DefaultHasher::new();
        district.hash(&mut hasher);
        let turn = hasher.finish() % self.queues.len() as u64;
        let writer = usize::try_from(turn).ok().and_then(|turn| self.queues.get(turn));
        let (reply, answer) = oneshot::channel();
        let change = Box::new(Change::new(district, read_set, change, reply));
        writer.ok_or(DbError::Busy)?.try_send(Some(change)).map_err(|_| DbError::Busy)?;
        let interrupted = || DbError::Unavailable("a change was interrupted".to_owned());
        answer.await.unwrap_or_else(|_| Err(interrupted().into()))
    }
}
