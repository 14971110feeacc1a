//! Threads that read, each with a connection of its own.

use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::join;
use crate::db::{Address, Conn, DbError, DbFailure};

/// How long a read may wait and run before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many reads may wait before callers are told to come back.
const MOST_WAITING: usize = 4096;

/// A read of any type, as a thread sees it.
trait Job: Send {
    /// Reads by `conn`, or is told why there is none, and answers the caller;
    /// unless `again` is possible and the connection turns out to be gone.
    fn run(&mut self, conn: Result<&mut Conn, DbError>, again: bool) -> ConnectionState;
}

/// What a read says of its connection.
enum ConnectionState {
    /// Good for the next one.
    Works,
    /// Something failed, perhaps the connection.
    Doubtful,
    /// The connection is gone and nobody has been answered yet.
    Gone,
}

struct Read<T, E, F> {
    query: F,
    reply: Option<oneshot::Sender<Result<T, E>>>,
}

impl<T, E, F> Job for Read<T, E, F>
where
    F: Fn(&mut Conn) -> Result<T, E> + Send,
    T: Send,
    E: DbFailure + Send,
{
    fn run(&mut self, conn: Result<&mut Conn, DbError>, again: bool) -> ConnectionState {
        // Who hung up meanwhile, or gave up waiting, needs no answer.
        if self.reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
            return if conn.is_ok() { ConnectionState::Works } else { ConnectionState::Doubtful };
        }
        let result = conn.map_err(E::from).and_then(|conn| (self.query)(conn));
        let failure = result.as_ref().err().and_then(DbFailure::as_db);
        if again && matches!(failure, Some(DbError::Unavailable(_))) {
            return ConnectionState::Gone;
        }
        let state =
            if failure.is_some() { ConnectionState::Doubtful } else { ConnectionState::Works };
        if let Some(reply) = self.reply.take() {
            // Nobody may be waiting any more: a client that hung up.
            let _ = reply.send(result);
        }
        state
    }
}

/// What a thread that reads is sent; without a job, it ends.
type Message = Option<Box<dyn Job>>;

/// The threads that read, and the queue they share.
pub(super) struct Readers {
    queue: Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    pub(super) fn start(address: &Address, threads: usize) -> Self {
        let (send, receive) = bounded(MOST_WAITING);
        let start = |_| {
            let (address, receive) = (address.clone(), receive.clone());
            std::thread::spawn(move || serve(&address, &receive))
        };
        Self { threads: Mutex::new((0..threads).map(start).collect()), queue: send }
    }

    /// Tells the threads to end after what waits.
    pub(super) fn close(&self) {
        let threads = self.threads.lock().map_or(0, |threads| threads.len());
        for _ in 0..threads {
            // A thread that is gone already needs no word.
            let _ = self.queue.send(None);
        }
    }

    /// Waits until they have ended.
    pub(super) fn join(&self) {
        join(&self.threads);
    }

    pub(super) async fn run<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: DbFailure + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Read { query, reply: Some(reply) });
        self.queue.try_send(Some(job)).map_err(|_| DbError::Busy)?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DbError::Unavailable("a read was cut short".to_owned()).into()),
            Err(_) => Err(DbError::Busy.into()),
        }
    }
}

/// Reads until told to end. A connection may have gone
/// since it was last used, so a read that finds it so is run again on a new one.
fn serve(address: &Address, jobs: &Receiver<Message>) {
    let mut kept: Option<Conn> = None;
    while let Ok(Some(mut job)) = jobs.recv() {
        let state = kept.as_mut().map_or(ConnectionState::Gone, |conn| job.run(Ok(conn), true));
        let state = match state {
            ConnectionState::Gone => match address.connect() {
                Ok(conn) => job.run(Ok(kept.insert(conn)), false),
                Err(error) => job.run(Err(error), false),
            },
            state => state,
        };
        let works = |conn: &mut Conn| conn.batch_execute("SELECT 1").is_ok();
        if matches!(state, ConnectionState::Doubtful) && !kept.as_mut().is_some_and(works) {
            kept = None;
        }
    }
}
