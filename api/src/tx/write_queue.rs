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

/// The maximum number of changes in a commit; more would delay the first too long.
const MOST_IN_A_COMMIT: usize = 128;
/// The maximum number of waiting changes; above it, writes fail as busy.
const MOST_WAITING: usize = 4096;
/// The number of attempts for a change that conflicts with another transaction.
const TRIES: usize = 5;
/// The number of writer threads on PostgreSQL, where districts commit independently.
const POSTGRES_WRITERS: usize = 4;

/// A message to a writer thread; `None` ends it.
type Message = Option<Box<dyn Job>>;

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
            let heads = Heads::default();
            let mut writer = Writer { address: address.clone(), conn: None, clock, heads };
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
        let job = Box::new(Change { district, read_set, run: change, outcome: None, reply });
        writer.ok_or(DbError::Busy)?.try_send(Some(job)).map_err(|_| DbError::Busy)?;
        let cut_short = || DbError::Unavailable("a change was cut short".to_owned());
        answer.await.unwrap_or_else(|_| Err(cut_short().into()))
    }
}

/// A change of any type, for the writer.
trait Job: Send {
    /// The district of its log and rows.
    fn district(&self) -> AreaCode;
    /// The rows it will read.
    fn read_set(&self) -> &ReadSet;
    /// Runs the change and returns the consequence for the transaction.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Answers the caller after the end of the transaction.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

/// The result of a change.
enum Ran {
    Done,
    /// It was refused by a rule of the domain.
    Refused,
    /// It failed because of the database.
    Failed,
    /// It conflicted with another transaction.
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
        // A panic in a change must not end the district's writer.
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
        // Without the commit even a refusal is void: it may depend on another change.
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Unavailable("a change was cut short".to_owned()).into()),
            (Err(why), _) => Err(DbError::Unavailable(why).into()),
        };
        // A client that disconnected needs no answer.
        let _ = self.reply.send(answer);
    }
}

/// The queued changes of a writer, in order of arrival.
struct Queue {
    receive: mpsc::Receiver<Message>,
    waiting: VecDeque<Box<dyn Job>>,
    ending: bool,
}

impl Queue {
    const fn new(receive: mpsc::Receiver<Message>) -> Self {
        Self { receive, waiting: VecDeque::new(), ending: false }
    }

    /// The next batch: the first queued change, and those of the same district that
    /// arrived soon after; `None` at the end.
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
    /// Runs changes until the end message.
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
            // Repeated waits up to the lock timeout would delay the whole district.
            let last = tries >= TRIES || began.elapsed() >= LOCK_TIMEOUT;
            let isolation = match isolation {
                Isolation::Savepoints if last => Isolation::LastTry,
                isolation => isolation,
            };
            match self.commit(jobs, isolation) {
                Err(error) if error.is_collision() && !last => tries += 1,
                // A single change may be the cause, so each is tried alone.
                Err(error) if error.is_collision() && isolation == Isolation::Shared => {
                    return Ended::Undone;
                }
                Ok(true) => return Ended::Committed,
                Ok(false) => return Ended::Undone,
                Err(error) => return Ended::Lost(error.to_string()),
            }
        }
    }

    /// A connection in a transaction: the existing one, or a new one if that was lost.
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

    /// Runs all of `jobs` in one transaction on a working connection; returns whether
    /// it was committed or rolled back.
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
        // A connection that cannot roll back is dropped; so is one to a read-only server,
        // since the next one may lead to another server.
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

/// The end of a transaction.
enum Ended {
    Committed,
    /// A change failed after it or an earlier one wrote; all was rolled back.
    Undone,
    /// The commit failed.
    Lost(String),
}

/// Runs the jobs in an open transaction and commits; `false` if a failed job requires a
/// rollback.
fn transact(mut tx: Tx<'_>, heads: &mut Heads, jobs: &mut [Box<dyn Job>]) -> Result<bool, DbError> {
    let isolated = tx.is_isolated();
    match run(&mut tx, heads, jobs) {
        Ok(true) => tx.commit().map(|()| true),
        // A single job may be the cause, so each is tried alone.
        Err(error) if !error.is_collision() && !isolated => Ok(false),
        ended => ended,
    }
}

/// Runs the jobs and writes the queued rows; `false` if a failed job requires a
/// rollback.
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
            // PostgreSQL refuses every statement after a failed one.
            Ran::Refused | Ran::Failed => return Ok(false),
            Ran::Collided => return Err(DbError::Collision),
        }
    }
    tx.finish(heads)?;
    Ok(true)
}
