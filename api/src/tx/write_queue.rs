//! Changes, one after another, several to a commit.
//!
//! A commit waits for the disk, and a district's log has one counter, so
//! changes of one district that arrive together are run in one transaction and
//! share the wait. Each is answered after the commit. They also share their round
//! trips: the rows of their read sets are read together, and what they change is
//! written together ([`super::unit_of_work`]). A transaction never holds two
//! districts, so that each statement touches one shard.
//!
//! A change that is refused before it wrote anything leaves nothing to undo; if
//! one fails after it wrote, all of them are undone and run again, each in a
//! transaction of its own, with a savepoint before each of its steps
//! ([`Tx::savepoint`]).

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

/// How many changes may wait before callers are told to come back.
const MOST_WAITING: usize = 4096;
/// PostgreSQL commits of different districts do not wait for each other.
const POSTGRES_WRITERS: usize = 4;

/// The threads that write. A district always meets the same one.
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

    /// Tells the threads to end after what waits.
    pub(super) fn close(&self) {
        for queue in &self.queues {
            // A thread that is gone already needs no message.
            let _ = queue.send(None);
        }
    }

    /// Waits until they have ended.
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
        let cut_short = || DbError::Unavailable("a change was cut short".to_owned());
        answer.await.unwrap_or_else(|_| Err(cut_short().into()))
    }
}
