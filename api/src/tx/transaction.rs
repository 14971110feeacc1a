//! A transaction under way, as a change sees it.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;

use super::read_set::ReadSet;
use super::row::Row;
use super::unit_of_work::UnitOfWork;
use crate::db::{Conn, DbError, DbFailure};
use crate::log::head::Heads;
use crate::log::{self, Event};
use gridward_domain::area::AreaCode;

/// A transaction under way in one district. Reading and writing are two words,
/// so that it is known whether a change that is refused has anything to undo.
///
/// Rows that implement [`Row`] are found and put by their keys, and what is put
/// is queued until the end. Other statements about their tables go by
/// [`Tx::read`] and [`Tx::write`], which write the queue first; statements about
/// tables whose rows are never queued go by [`Tx::read_unbatched`] and
/// [`Tx::write_unbatched`].
pub struct Tx<'a> {
    conn: &'a mut Conn,
    /// The district whose rows and log it changes.
    pub district: AreaCode,
    /// The moment of the change.
    pub now: DateTime<Utc>,
    rows: UnitOfWork,
    events: Vec<Event>,
    written: bool,
    isolation: Isolation,
}

/// How the steps of a transaction are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// They share one fate: savepoints cost a round trip, and steps that fail
    /// after they wrote are rare.
    Shared,
    /// A savepoint before each step.
    Savepoints,
    /// The same, in the last try: an error that might have passed is the step's own.
    LastTry,
}

impl<'a> Tx<'a> {
    /// On a connection in a transaction that has just begun.
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
    /// Runs one step of a change that goes on if the step fails; nothing of a
    /// failed step stays. The inner result is the step's own.
    ///
    /// # Errors
    /// When the whole transaction has to be run again, or is lost.
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
            // A failure to write belongs to the step that queued the row.
            done = self.rows.flush(self.conn, self.district).map_err(E::from).and(done);
        }
        let (stays, collided) = match &done {
            Ok(_) => (true, false),
            Err(error) => match error.as_db() {
                // PostgreSQL refuses every statement after one that failed.
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

    /// The row of this key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn find<R: Row>(&mut self, key: R::Key) -> Result<Option<R>, DbError> {
        self.rows.find(self.conn, self.district, key)
    }

    /// Queues a new row; it is written by the end of the transaction.
    pub fn insert<R: Row>(&mut self, row: R) {
        self.written = true;
        self.rows.put(None, row);
    }

    /// Queues `new` to replace `old`; the write collides if the row has changed
    /// since it was read.
    pub fn replace<R: Row>(&mut self, old: &R, new: R) {
        self.written = true;
        self.rows.put(Some(old.clone()), new);
    }

    /// The connection, to read by.
    ///
    /// # Errors
    /// [`DbError`] of writing the queue.
    pub fn read(&mut self) -> Result<&mut Conn, DbError> {
        self.rows.flush(self.conn, self.district)?;
        Ok(self.conn)
    }

    /// The connection, to write by.
    ///
    /// # Errors
    /// [`DbError`] of writing the queue.
    pub fn write(&mut self) -> Result<&mut Conn, DbError> {
        self.written = true;
        self.rows.flush(self.conn, self.district)?;
        // The statement may change rows that were read before.
        self.rows = UnitOfWork::default();
        Ok(self.conn)
    }

    /// The connection, to read tables whose rows are never queued.
    pub fn read_unbatched(&mut self) -> &mut Conn {
        self.conn
    }

    /// The connection, to write tables whose rows are never queued.
    pub fn write_unbatched(&mut self) -> &mut Conn {
        self.written = true;
        self.conn
    }

    /// Puts an event on the district's log; it is numbered at the commit.
    pub fn record(&mut self, event: Event) {
        self.written = true;
        self.events.push(event);
    }

    /// Whether each step is undone by itself if it fails.
    pub(super) fn is_isolated(&self) -> bool {
        self.isolation != Isolation::Shared
    }

    /// Another change begins: it has written nothing yet.
    pub(super) const fn begin_change(&mut self) {
        self.written = false;
    }

    /// Whether the change that began last has written.
    pub(super) const fn has_written(&self) -> bool {
        self.written
    }

    /// Reads the rows of the set.
    pub(super) fn fetch(&mut self, read_set: &ReadSet) -> Result<(), DbError> {
        read_set.fetch(self.conn, self.district, &mut self.rows)
    }

    /// Writes the queued rows, and last the log.
    pub(super) fn finish(&mut self, heads: &mut Heads) -> Result<(), DbError> {
        self.rows.flush(self.conn, self.district)?;
        log::store::append(self.conn, heads, self.district, self.now, &self.events)
    }

    pub(super) fn commit(self) -> Result<(), DbError> {
        Ok(self.conn.batch_execute("COMMIT")?)
    }
}
