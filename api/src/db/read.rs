//! Threads that read, each with a connection of its own.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::DbError;
use super::connection::{Address, Conn};

/// How long a read may wait and run before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many reads may wait before callers are told to come back.
const MOST_WAITING: usize = 4096;

/// A read of any type, as a thread sees it: is handed a connection, or why
/// there is none; says whether the connection is still to be trusted.
type Job = Box<dyn FnOnce(Result<&mut Conn, DbError>) -> bool + Send>;

/// The threads that read, and the queue they share.
pub(super) struct Readers(Sender<Job>);

impl Readers {
    pub(super) fn start(address: &Address, threads: usize) -> Self {
        let (send, receive) = bounded(MOST_WAITING);
        for _ in 0..threads {
            let (address, receive) = (address.clone(), receive.clone());
            std::thread::spawn(move || serve(&address, &receive));
        }
        Self(send)
    }

    pub(super) async fn run<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.map_err(E::from).and_then(query);
            let trusted = result.is_ok();
            // Nobody may be waiting any more: a client that hung up.
            let _ = reply.send(result);
            trusted
        });
        self.0.try_send(job).map_err(|_| DbError::Busy)?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DbError::Unavailable("a read was cut short".to_owned()).into()),
            Err(_) => Err(DbError::Busy.into()),
        }
    }
}

/// Reads until there is nobody left to read for.
fn serve(address: &Address, jobs: &Receiver<Job>) {
    let mut kept: Option<Conn> = None;
    for job in jobs {
        let mut conn = match kept.take().map_or_else(|| address.connect(), Ok) {
            Ok(conn) => conn,
            Err(error) => {
                job(Err(error));
                continue;
            }
        };
        // After a failure a connection is kept only if it still speaks.
        if job(Ok(&mut conn)) || conn.batch_execute("SELECT 1").is_ok() {
            kept = Some(conn);
        }
    }
}
