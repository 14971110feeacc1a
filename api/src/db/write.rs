//! Changes, one after another, several to a commit.
//!
//! A commit waits for the disk, and a district's log has one counter, so
//! changes that arrive together are run in one transaction and share the wait.
//! Each is answered after the commit. They also share their round trips: the rows
//! that they want are read together, and what they change is written together
//! ([`super::rows`]). A change that is refused before it wrote anything leaves
//! nothing to undo; if one fails after it wrote, all of them are undone and run
//! again, each in a transaction of its own, with a savepoint before each of its
//! steps ([`Tx::attempt`]). Savepoints cost a round trip, and steps that fail
//! after they wrote are rare.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::connection::{Address, Conn};
use super::rows::Wants;
use super::{DbError, DbFailure, Tx, dialect, join};
use crate::clock::Clock;
use crate::event::head::Heads;

/// How many changes may share a commit: more would make the first wait too long.
const MOST_IN_A_COMMIT: usize = 128;
/// How many changes may wait before callers are told to come back.
const MOST_WAITING: usize = 4096;
/// How often a change that collided with another transaction is tried.
const TRIES: usize = 5;
/// PostgreSQL commits of different districts do not wait for each other.
const POSTGRES_WRITERS: usize = 4;

/// What a thread that writes is sent; without a job, it ends.
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
            (send, std::thread::spawn(move || writer.serve(&receive)))
        };
        let (queues, threads) = (0..count).map(start).unzip();
        Self { queues, threads: Mutex::new(threads) }
    }

    /// Tells the threads to end after what waits.
    pub(super) fn close(&self) {
        for queue in &self.queues {
            // A thread that is gone already needs no word.
            let _ = queue.send(None);
        }
    }

    /// Waits until they have ended.
    pub(super) fn join(&self) {
        join(&self.threads);
    }

    pub(super) async fn run<T, E, F>(&self, district: &str, wants: Wants, change: F) -> Result<T, E>
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
        let job = Box::new(Change { wants, run: change, outcome: None, reply });
        writer.ok_or(DbError::Busy)?.try_send(Some(job)).map_err(|_| DbError::Busy)?;
        let cut_short = || DbError::Unavailable("a change was cut short".to_owned());
        answer.await.unwrap_or_else(|_| Err(cut_short().into()))
    }
}

/// A change of any type, as the writer sees it.
trait Job: Send {
    /// What it will look at.
    fn wants(&self) -> &Wants;
    /// Runs the change and says what to do with what it wrote.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Answers the caller, now that the transaction has ended so.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

/// How a change went.
enum Verdict {
    Done,
    /// It said no, for reasons of the domain.
    Refused,
    /// The database failed it.
    Failed,
    /// Another transaction was in the way.
    Collided,
}

struct Change<T, E, F> {
    wants: Wants,
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
    fn wants(&self) -> &Wants {
        &self.wants
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        // A change that panics must not take the district's writer with it.
        let ran = std::panic::AssertUnwindSafe(|| (self.run)(tx));
        let Ok(outcome) = std::panic::catch_unwind(ran) else {
            self.outcome = None;
            return Verdict::Failed;
        };
        let verdict = match &outcome {
            Ok(_) => Verdict::Done,
            Err(error) => match error.as_db() {
                None => Verdict::Refused,
                Some(error) if error.is_collision() => Verdict::Collided,
                Some(_) => Verdict::Failed,
            },
        };
        self.outcome = Some(outcome);
        verdict
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        // Without the commit even a refusal is void: it may rest on another's change.
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Unavailable("a change was cut short".to_owned()).into()),
            (Err(why), _) => Err(DbError::Unavailable(why).into()),
        };
        // Nobody may be waiting any more: a client that hung up.
        let _ = self.reply.send(answer);
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
    fn serve(&mut self, changes: &mpsc::Receiver<Message>) {
        let mut ending = false;
        while !ending && let Ok(Some(first)) = changes.recv() {
            let mut jobs = vec![first];
            let more = changes.try_iter().take(MOST_IN_A_COMMIT - 1);
            jobs.extend(more.inspect(|more| ending |= more.is_none()).map_while(|more| more));
            match self.commit_with_retries(&mut jobs, false) {
                Ended::Undone => jobs.into_iter().for_each(|job| {
                    let mut alone = [job];
                    let ended = self.commit_with_retries(&mut alone, true);
                    answer(alone, &ended);
                }),
                ended => answer(jobs, &ended),
            }
        }
    }

    fn commit_with_retries(&mut self, jobs: &mut [Box<dyn Job>], cautious: bool) -> Ended {
        let mut tries = 1;
        loop {
            match self.commit(jobs, cautious) {
                Err(error) if error.is_collision() && tries < TRIES => tries += 1,
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
    fn commit(&mut self, jobs: &mut [Box<dyn Job>], cautious: bool) -> Result<bool, DbError> {
        let mut conn = self.begin()?;
        let ended = transact(Tx::new(&mut conn, (self.clock)(), cautious), &mut self.heads, jobs);
        if !matches!(ended, Ok(true)) {
            self.heads.forget();
        }
        // A connection that cannot even roll back is dropped, not kept.
        if matches!(ended, Ok(true)) || conn.batch_execute("ROLLBACK").is_ok() {
            self.conn = Some(conn);
        }
        ended
    }
}

/// Answers whoever waits for `jobs`.
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
    let cautious = tx.is_cautious();
    match run(&mut tx, heads, jobs) {
        Ok(true) => tx.commit().map(|()| true),
        // One job may be at fault for all: each is tried alone.
        Err(error) if !error.is_collision() && !cautious => Ok(false),
        ended => ended,
    }
}

/// Runs the jobs and writes what they left waiting; `false` when one of them
/// leaves something to undo.
fn run(tx: &mut Tx<'_>, heads: &mut Heads, jobs: &mut [Box<dyn Job>]) -> Result<bool, DbError> {
    tx.fetch(jobs.iter().map(|job| job.wants()))?;
    for job in jobs {
        tx.begin_change();
        match job.run(tx) {
            Verdict::Done => {}
            Verdict::Refused if !tx.has_written() => {}
            // PostgreSQL takes nothing more after a statement that failed.
            Verdict::Refused | Verdict::Failed => return Ok(false),
            Verdict::Collided => return Err(DbError::Collision),
        }
    }
    tx.finish(heads)?;
    Ok(true)
}
