//! One server at a time runs a job in a district.
//!
//! On PostgreSQL the lock is an advisory lock of a separate connection: it is
//! gone when the run ends, and also when the server dies. On SQLite there is one
//! server, so nothing is locked. The lock only saves work; row versions ensure that
//! a change takes effect once.

use crate::db::{Address, Conn, DbError, dialect};
use gridward_domain::area::AreaCode;

/// The right to run one job in one district, until it is released or dropped.
pub struct JobLock(Option<Conn>);

impl JobLock {
    /// Takes the lock; `None` while another server has it.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn try_acquire(
        address: &Address,
        job: &'static str,
        district: AreaCode,
    ) -> Result<Option<Self>, DbError> {
        if let Address::Sqlite(_) = address {
            return Ok(Some(Self(None)));
        }
        let address = address.clone();
        let acquire = move || {
            let mut conn = address.connect()?;
            let acquired = dialect::try_job_lock(&mut conn, job, district)?;
            Ok(acquired.then_some(Self(Some(conn))))
        };
        tokio::task::spawn_blocking(acquire).await.map_err(|_| DbError::Panicked)?
    }

    /// Releases the lock.
    pub async fn release(self) {
        let Some(mut conn) = self.0 else { return };
        let release = move || dialect::release_job_lock(&mut conn);
        // A failure means that the connection, and so the lock, is gone already.
        let _ = tokio::task::spawn_blocking(release).await;
    }
}
