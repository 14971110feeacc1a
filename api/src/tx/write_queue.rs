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

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::join;
use super::transaction::{Isolation, Tx};
use super::unit_of_work::ReadSet;
use crate::clock::Clock;
use crate::db::connection::LOCK_TIMEOUT;
use crate::db::{Address, Conn, DbError, DbFailure, dialect};
use crate::log::head::Heads;
use gridward_domain::area::AreaCode;

/// How many changes may share a commit: more would make the first wait too long.
const MOST_IN_A_COMMIT: usize = 128;
/// How many changes may wait before callers are told to come back.
const MOST_WAITING: usize = 4096;
/// How often a change that collided with another transaction is tried.
const TRIES: usize = 5;
/// PostgreSQL commits of different districts do not wait for each other.
const POSTGRES_WRITERS: usize = 4;

/// What a writing thread is sent; without a job, it ends.
type Message = Option<Box<dyn Job>>;

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
            let heads = Heads::default();
            let mut writer = Writer { address: address.clone(), conn: None, clock, heads };
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
        let job = Box::new(Change { district, read_set, run: change, outcome: None, reply });
        writer.ok_or(DbError::Busy)?.try_send(Some(job)).map_err(|_| DbError::Busy)?;
        let cut_short = || DbError::Unavailable("a change was cut short".to_owned());
        answer.await.unwrap_or_else(|_| Err(cut_short().into()))
    }
}

/// A change of any type, as the writer sees it.
trait Job: Send {
    /// Whose log and rows it changes.
    fn district(&self) -> AreaCode;
    /// The rows it will read.
    fn read_set(&self) -> &ReadSet;
    /// Runs the change and says what to do with what it wrote.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Answers the caller, now that the transaction has ended so.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

/// How a change went.
enum Ran {
    Done,
    /// It was refused, for reasons of the domain.
    Refused,
    /// The database failed it.
    Failed,
    /// Another transaction was in the way.
    Collided,
}

struct Change<T, E, F> {
    district: AreaCode,
    read_set: ReadSet,
    run: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Change<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: DbFailure + Send,
{
    fn district(&self) -> AreaCode {
        self.district
    }

    fn read_set(&self) -> &ReadSet {
        &self.read_set
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        // A change that panics must not take the district's writer with it.
        let ran = std::panic::AssertUnwindSafe(|| (self.run)(tx));
        let Ok(outcome) = std::panic::catch_unwind(ran) else {
            self.outcome = None;
            return Ran::Failed;
        };
        let ran = match &outcome {
            Ok(_) => Ran::Done,
            Err(error) => match error.as_db() {
                None => Ran::Refused,
                Some(error) if error.is_collision() => Ran::Collided,
                Some(_) => Ran::Failed,
            },
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        // Without the commit even a refusal is void: it may rest on another's change.
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Unavailable("a change was cut short".to_owned()).into()),
            (Err(why), _) => Err(DbError::Unavailable(why).into()),
        };
        // A client that hung up waits for no answer.
        let _ = self.reply.send(answer);
    }
}

/// The changes that wait for a writer, in the order they came.
struct Queue {
    receive: mpsc::Receiver<Message>,
    waiting: VecDeque<Box<dyn Job>>,
    ending: bool,
}

impl Queue {
    const fn new(receive: mpsc::Receiver<Message>) -> Self {
        Self { receive, waiting: VecDeque::new(), ending: false }
    }

    /// The next changes of one district: the first that waits, and those of its
    /// district that came soon after; `None` when the thread is to end.
    fn next_batch(&mut self) -> Option<Vec<Box<dyn Job>>> {
        if self.waiting.is_empty() {
            if self.ending {
                return None;
            }
            self.waiting.push_back(self.receive.recv().ok()??);
        }
        while !self.ending && self.waiting.len() < MOST_IN_A_COMMIT {
            match self.receive.try_recv() {
                Ok(Some(job)) => self.waiting.push_back(job),
                Ok(None) => self.ending = true,
                Err(_) => break,
            }
        }
        let district = self.waiting.front()?.district();
        let (batch, others) = self.waiting.drain(..).partition(|job| job.district() == district);
        self.waiting = others;
        Some(VecDeque::into(batch))
    }
}

struct Writer {
    address: Address,
    conn: Option<Conn>,
    clock: Clock,
    heads: Heads,
}

impl Writer {
    /// Takes changes as they come, until told to end.
    fn serve(&mut self, mut queue: Queue) {
        while let Some(mut jobs) = queue.next_batch() {
            match self.commit_with_retries(&mut jobs, Isolation::Shared) {
                Ended::Undone => jobs.into_iter().for_each(|job| {
                    let mut alone = [job];
                    let ended = self.commit_with_retries(&mut alone, Isolation::Savepoints);
                    answer(alone, &ended);
                }),
                ended => answer(jobs, &ended),
            }
        }
    }

    fn commit_with_retries(&mut self, jobs: &mut [Box<dyn Job>], isolation: Isolation) -> Ended {
        let (began, mut tries) = (Instant::now(), 1);
        loop {
            // Waiting for a lock up to its limit, again and again, would hold up the district.
            let last = tries >= TRIES || began.elapsed() >= LOCK_TIMEOUT;
            let isolation = match isolation {
                Isolation::Savepoints if last => Isolation::LastTry,
                isolation => isolation,
            };
            match self.commit(jobs, isolation) {
                Err(error) if error.is_collision() && !last => tries += 1,
                // One change may be at fault for all: each is tried alone.
                Err(error) if error.is_collision() && isolation == Isolation::Shared => {
                    return Ended::Undone;
                }
                Ok(true) => return Ended::Committed,
                Ok(false) => return Ended::Undone,
                Err(error) => return Ended::Lost(error.to_string()),
            }
        }
    }

    /// A connection in a transaction: the one that was kept, or a new one if
    /// that has gone since.
    fn begin(&mut self) -> Result<Conn, DbError> {
        if let Some(mut conn) = self.conn.take()
            && conn.batch_execute(dialect::begin(&conn)).is_ok()
        {
            return Ok(conn);
        }
        let mut conn = self.address.connect()?;
        conn.batch_execute(dialect::begin(&conn))?;
        Ok(conn)
    }

    /// One transaction over all of `jobs`, on a connection that works; says
    /// whether it was committed or undone.
    fn commit(&mut self, jobs: &mut [Box<dyn Job>], isolation: Isolation) -> Result<bool, DbError> {
        let mut conn = self.begin()?;
        let Some(district) = jobs.first().map(|job| job.district()) else {
            return Ok(true);
        };
        let tx = Tx::new(&mut conn, district, (self.clock)(), isolation);
        let ended = transact(tx, &mut self.heads, jobs);
        if !matches!(ended, Ok(true)) {
            self.heads.forget();
        }
        // A connection that cannot even roll back is dropped, and one to a server that
        // takes no writes may lead to another server next time.
        let kept = match &ended {
            Ok(true) => true,
            Err(DbError::Unavailable(_)) => false,
            _ => conn.batch_execute("ROLLBACK").is_ok(),
        };
        if kept {
            self.conn = Some(conn);
        }
        ended
    }
}

/// Answers the callers of `jobs`.
fn answer(jobs: impl IntoIterator<Item = Box<dyn Job>>, ended: &Ended) {
    for job in jobs {
        job.answer(match ended {
            Ended::Committed | Ended::Undone => Ok(()),
            Ended::Lost(why) => Err(why.clone()),
        });
    }
}

/// How a transaction ended.
enum Ended {
    Committed,
    /// A change failed after it, or one before it, wrote; nothing stays.
    Undone,
    /// It could not be committed.
    Lost(String),
}

/// In a transaction that has begun, runs the jobs and commits; `false` when one
/// of them leaves something to undo.
fn transact(mut tx: Tx<'_>, heads: &mut Heads, jobs: &mut [Box<dyn Job>]) -> Result<bool, DbError> {
    let isolated = tx.is_isolated();
    match run(&mut tx, heads, jobs) {
        Ok(true) => tx.commit().map(|()| true),
        // One job may be at fault for all: each is tried alone.
        Err(error) if !error.is_collision() && !isolated => Ok(false),
        ended => ended,
    }
}

/// Runs the jobs and writes what they queued; `false` when one of them leaves
/// something to undo.
fn run(tx: &mut Tx<'_>, heads: &mut Heads, jobs: &mut [Box<dyn Job>]) -> Result<bool, DbError> {
    let mut read_set = ReadSet::default();
    for job in jobs.iter() {
        read_set.extend(job.read_set());
    }
    tx.fetch(&read_set)?;
    for job in jobs {
        tx.begin_change();
        match job.run(tx) {
            Ran::Done => {}
            Ran::Refused if !tx.has_written() => {}
            // PostgreSQL refuses every statement after one that failed.
            Ran::Refused | Ran::Failed => return Ok(false),
            Ran::Collided => return Err(DbError::Collision),
        }
    }
    tx.finish(heads)?;
    Ok(true)
}
