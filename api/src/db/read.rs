//! Connections for reading, lent one at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use tokio::sync::Semaphore;

use super::DbError;
use super::connection::{Address, Conn};

/// How long a read waits for a connection before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// A bounded set of connections. Waiting for one costs no thread.
pub(super) struct Readers {
    lent: Semaphore,
    idle: Arc<Mutex<Vec<Conn>>>,
    address: Address,
}

impl Readers {
    pub(super) fn new(address: Address, most: usize) -> Self {
        Self { lent: Semaphore::new(most), idle: Arc::default(), address }
    }

    pub(super) async fn run<T, E, F>(&self, query: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let _permit = tokio::time::timeout(PATIENCE, self.lent.acquire())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(DbError::Busy)?;
        let idle = Arc::clone(&self.idle);
        let address = self.address.clone();
        tokio::task::spawn_blocking(move || {
            let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut conn = match waiting {
                Some(conn) => conn,
                None => address.connect()?,
            };
            let answer = query(&mut conn);
            // A connection that failed is kept only if it still speaks.
            if answer.is_ok() || conn.batch_execute("SELECT 1").is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            }
            answer
        })
        .await
        .unwrap_or_else(|_| Err(DbError::Unavailable("a read was cut short".to_owned()).into()))
    }
}
