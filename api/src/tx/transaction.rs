//! A transaction in progress, as passed to a change.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;

use super::read_set::ReadSet;
use super::row::Row;
use super::unit_of_work::UnitOfWork;
use crate::db::{Conn, DbError, DbFailure};
use crate::log::head::Heads;
use crate::log::{self, Event};
use gridward_domain::area::AreaCode;

/// A transaction in progress in one district. Reads and writes are separate methods,
/// which shows whether a refused change has written anything.
///
/// Rows that implement [`Row`] are found and put by key; changed rows are queued until
/// the end. Other statements about their tables use [`Tx::read`] and [`Tx::write`],
/// which write the queue first; statements about tables whose rows are never queued
/// use [`Tx::read_unbatched`] and [`Tx::write_unbatched`].
pub struct Tx<'a> {
    conn: &'a mut Conn,
    /// The district of the changed rows and of the log.
    pub district: AreaCode,
    /// The time of the change.
    pub now: DateTime<Utc>,
    rows: UnitOfWork,
    events: Vec<Event>,
    written: bool,
    isolation: Isolation,
}

/// The isolation of a transaction's steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// No savepoints: each costs a round trip, and a step rarely fails after it wrote.
    Shared,
    /// A savepoint before each step.
    Savepoints,
    /// The same, in the last attempt: even a transient error is attributed to the step.
    LastTry,
}

impl<'a> Tx<'a> {
    /// For a connection whose transaction has just begun.
    pub(super) fn new(
        conn: &'a mut Conn,
        district: AreaCode,
        now: DateTime<Utc>,
        isolation: Isolation,
    ) -> Self {
        let (rows, events) = (UnitOfWork::default(), Vec::new());
        Self { conn, district, now, rows, events, written: false, isolation }
    }
}

impl Tx<'_> {
    /// Runs one step of a change that continues if the step fails; a failed step is
    /// rolled back. The inner result is that of the step.
    ///
    /// # Errors
    /// If the whole transaction must be run again, or has failed.
    pub fn savepoint<T, E: DbFailure>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Result<T, E>, DbError> {
        if self.is_isolated() {
            self.rows.flush(self.conn, self.district)?;
            self.conn.batch_execute("SAVEPOINT step")?;
        }
        let (events, written) = (self.events.len(), std::mem::take(&mut self.written));
        let mut done = step(self);
        if self.is_isolated() && done.is_ok() {
            // A failed write belongs to the step that queued the row.
            done = self.rows.flush(self.conn, self.district).map_err(E::from).and(done);
        }
        let (stays, collided) = match &done {
            Ok(_) => (true, false),
            Err(error) => match error.as_db() {
                // PostgreSQL refuses every statement after a failed one.
                Some(error) => {
                    (false, error.is_collision() && self.isolation != Isolation::LastTry)
                }
                None => (!self.written, false),
            },
        };
        if collided {
            return Err(DbError::Collision);
        }
        if self.is_isolated() {
            let end = if stays { "RELEASE step" } else { "ROLLBACK TO step; RELEASE step" };
            self.conn.batch_execute(end)?;
        } else if !stays {
            return Err(DbError::NeedsRetry);
        }
        if !stays {
            self.rows = UnitOfWork::default();
            self.events.truncate(events);
            self.written = false;
        }
        self.written |= written;
        Ok(done)
    }

    /// Runs one step and drops all that it queued, recorded and wrote.
    ///
    /// # Errors
    /// [`DbError`] if what was queued before cannot be written.
    pub fn preview<T>(&mut self, step: impl FnOnce(&mut Self) -> T) -> Result<T, DbError> {
        self.rows.flush(self.conn, self.district)?;
        let (events, written, isolation) = (self.events.len(), self.written, self.isolation);
        self.conn.batch_execute("SAVEPOINT preview")?;
        // A savepoint of each step would write what is queued.
        self.isolation = Isolation::Shared;
        let done = step(self);
        self.isolation = isolation;
        self.conn.batch_execute("ROLLBACK TO preview; RELEASE preview")?;
        self.rows = UnitOfWork::default();
        self.events.truncate(events);
        self.written = written;
        Ok(done)
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn find<R: Row>(&mut self, key: R::Key) -> Result<Option<R>, DbError> {
        self.rows.find(self.conn, self.district, key)
    }

    /// Queues a new row; it is written before the commit.
    pub fn insert<R: Row>(&mut self, row: R) {
        self.written = true;
        self.rows.put(None, row);
    }

    /// Queues `new` to replace `old`; the write fails with a collision if the row has
    /// changed since it was read.
    pub fn replace<R: Row>(&mut self, old: &R, new: R) {
        self.written = true;
        self.rows.put(Some(old.clone()), new);
    }

    /// The connection for reading.
    ///
    /// # Errors
    /// [`DbError`] if the queue cannot be written.
    pub fn read(&mut self) -> Result<&mut Conn, DbError> {
        self.rows.flush(self.conn, self.district)?;
        Ok(self.conn)
    }

    /// The connection for writing.
    ///
    /// # Errors
    /// [`DbError`] if the queue cannot be written.
    pub fn write(&mut self) -> Result<&mut Conn, DbError> {
        self.written = true;
        self.rows.flush(self.conn, self.district)?;
        // The statement may change rows that were already read.
        self.rows = UnitOfWork::default();
        Ok(self.conn)
    }

    /// The connection for reading tables whose rows are never queued.
    pub fn read_unbatched(&mut self) -> &mut Conn {
        self.conn
    }

    /// The connection for writing tables whose rows are never queued.
    pub fn write_unbatched(&mut self) -> &mut Conn {
        self.written = true;
        self.conn
    }

    /// Appends an event to the district's log; it is numbered at the commit.
    pub fn record(&mut self, event: Event) {
        self.written = true;
        self.events.push(event);
    }

    /// The events that were recorded and not yet appended.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whether a failed step is rolled back alone.
    pub(super) fn is_isolated(&self) -> bool {
        self.isolation != Isolation::Shared
    }

    /// Begins the next change, which has not yet written.
    pub(super) const fn begin_change(&mut self) {
        self.written = false;
    }

    /// Whether the current change has written.
    pub(super) const fn has_written(&self) -> bool {
        self.written
    }

    /// Reads the rows of the read set.
    pub(super) fn fetch(&mut self, read_set: &ReadSet) -> Result<(), DbError> {
        read_set.fetch(self.conn, self.district, &mut self.rows)
    }

    /// Writes the queued rows, then the log.
    pub(super) fn finish(&mut self, heads: &mut Heads) -> Result<(), DbError> {
        self.rows.flush(self.conn, self.district)?;
        log::store::append(self.conn, heads, self.district, self.now, &self.events)
    }

    pub(super) fn commit(self) -> Result<(), DbError> {
        Ok(self.conn.batch_execute("COMMIT")?)
    }
}
