//! Reader threads, each with its own connection.

use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::join;
use crate::db::{Address, Conn, DbError, DbFailure};

/// The maximum time for waiting and running, after which a read fails as unavailable.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of waiting reads; above it, reads fail as busy.
const MOST_WAITING: usize = 4096;

/// A read of any type, for the threads.
trait Job: Send {
    /// Reads with `conn`, or gets the connection error, and answers the caller, unless
    /// the connection was lost and `again` permits another attempt.
    fn run(&mut self, conn: Result<&mut Conn, DbError>, again: bool) -> ConnectionState;
}

/// The state of the connection after a read.
enum ConnectionState {
    /// Usable for the next read.
    Works,
    /// The read failed, possibly because of the connection.
    Doubtful,
    /// The read panicked and may have left the connection in any state.
    Unknown,
    /// The connection was lost before the caller was answered.
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
        // A caller that disconnected or timed out needs no answer.
        if self.reply.as_ref().is_none_or(oneshot::Sender::is_closed) {
            return if conn.is_ok() { ConnectionState::Works } else { ConnectionState::Doubtful };
        }
        // A read that panics must not take its thread with it.
        let read = std::panic::AssertUnwindSafe(|| {
            conn.map_err(E::from).and_then(|conn| (self.query)(conn))
        });
        let result = std::panic::catch_unwind(read).unwrap_or(Err(DbError::Panicked.into()));
        let failure = result.as_ref().err().and_then(DbFailure::as_db);
        if again && matches!(failure, Some(DbError::Unavailable(_))) {
            return ConnectionState::Gone;
        }
        let state = match failure {
            None => ConnectionState::Works,
            Some(DbError::Panicked) => ConnectionState::Unknown,
            Some(_) => ConnectionState::Doubtful,
        };
        if let Some(reply) = self.reply.take() {
            // The caller may have disconnected.
            let _ = reply.send(result);
        }
        state
    }
}

/// A message to a reader thread; `None` ends it.
type Message = Option<Box<dyn Job>>;

/// The reader threads and their shared queue.
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

    /// Ends the threads after the queued reads.
    pub(super) fn close(&self) {
        let threads = self.threads.lock().map_or(0, |threads| threads.len());
        for _ in 0..threads {
            // A thread that has ended needs no message.
            let _ = self.queue.send(None);
        }
    }

    /// Waits for the end of the threads.
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
        match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DbError::Unavailable("a read was interrupted".to_owned()).into()),
            Err(_) => Err(DbError::Busy.into()),
        }
    }
}

/// Runs reads until the end message. A connection may have been lost since its last
/// use, so a read that fails because of that runs again on a new one.
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
        let keep = match state {
            ConnectionState::Works => true,
            ConnectionState::Doubtful => kept.as_mut().is_some_and(works),
            ConnectionState::Unknown | ConnectionState::Gone => false,
        };
        if !keep {
            kept = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_that_panics_fails_alone() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let address = Address::Sqlite(folder.path().join("gridward.db"));
        let readers = Readers::start(&address, 1);
        for _ in 0..3 {
            let failed = readers.run(|_| -> Result<(), DbError> { panic!("a defect") }).await;
            assert!(matches!(failed, Err(DbError::Panicked)), "{failed:?}");
        }
        let read = |conn: &mut Conn| Ok::<_, DbError>(conn.batch_execute("SELECT 1")?);
        readers.run(read).await.expect("the thread goes on");
        readers.close();
        readers.join();
    }
}
