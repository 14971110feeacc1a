//! One server at a time runs a job in a district.
//!
//! On PostgreSQL the lock is an advisory lock of a connection that serves all districts
//! of a round: it is released when the run ends or the connection closes. On SQLite
//! there is one server, so nothing is locked. The lock saves work; that a change happens
//! once is ensured by the versions of the rows.

use crate::db::{Address, Conn, DbError, dialect};
use gridward_domain::area::AreaCode;

/// The right to run one job in one district after another.
pub struct JobLock {
    address: Address,
    conn: Option<Conn>,
}

impl JobLock {
    /// Nothing is locked, and nothing connected, before the first district.
    pub const fn new(address: Address) -> Self {
        Self { address, conn: None }
    }

    /// Takes the lock of `job` in `district`; answers `false` while another server has it.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn try_acquire(
        &mut self,
        job: &'static str,
        district: AreaCode,
    ) -> Result<bool, DbError> {
        if let Address::Sqlite(_) = self.address {
            return Ok(true);
        }
        let (address, kept) = (self.address.clone(), self.conn.take());
        let acquire = move || {
            // The connection was idle during the last run and may be gone.
            if let Some(mut conn) = kept
                && let Ok(acquired) = dialect::try_job_lock(&mut conn, job, district)
            {
                return Ok::<_, DbError>((conn, acquired));
            }
            let mut conn = address.connect()?;
            let acquired = dialect::try_job_lock(&mut conn, job, district)?;
            Ok((conn, acquired))
        };
        let acquired = tokio::task::spawn_blocking(acquire).await;
        let (conn, acquired) = acquired.map_err(|_| DbError::Panicked)??;
        self.conn = Some(conn);
        Ok(acquired)
    }

    /// Releases the lock.
    pub async fn release(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let release = move || dialect::release_job_lock(&mut conn).is_ok().then_some(conn);
        // A connection that fails is dropped, and the lock with it.
        self.conn = tokio::task::spawn_blocking(release).await.ok().flatten();
    }
}
