//! A transaction under way, as a change sees it.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;

use super::rows::{Row, Tables, Wants};
use super::{Conn, DbError, DbFailure};
use crate::event::Event;
use crate::event::head::Heads;

/// A transaction under way. Reading and writing are two words, so that it is
/// known whether a change that is refused has anything to undo.
///
/// Tasks, commands and reports are found and put by their keys, and what is put
/// waits for the end. Other statements about these tables go by [`Tx::read`] and
/// [`Tx::write`], which let nothing wait any longer; those about tables whose rows
/// never wait go by [`Tx::read_other`] and [`Tx::write_other`].
pub struct Tx<'a> {
    conn: &'a mut Conn,
    /// The moment of the change.
    pub now: DateTime<Utc>,
    tables: Tables,
    events: Vec<Event>,
    written: bool,
    cautious: bool,
}

impl<'a> Tx<'a> {
    /// On a connection in a transaction that has just begun.
    pub(super) fn new(conn: &'a mut Conn, now: DateTime<Utc>, cautious: bool) -> Self {
        let (tables, events) = (Tables::default(), Vec::new());
        Self { conn, now, tables, events, written: false, cautious }
    }
}

impl Tx<'_> {
    /// Runs one step of a change that goes on if the step fails; nothing of a
    /// failed step stays. The inner result is the step's own.
    ///
    /// # Errors
    /// When the whole transaction has to be run again, or is lost.
    pub fn attempt<T, E: DbFailure>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Result<T, E>, DbError> {
        if self.cautious {
            self.tables.flush(self.conn)?;
            self.conn.batch_execute("SAVEPOINT step")?;
        }
        let (events, written) = (self.events.len(), std::mem::take(&mut self.written));
        let mut done = step(self);
        if self.cautious && done.is_ok() {
            // What fails in being written shall fail as part of its step.
            done = self.tables.flush(self.conn).map_err(E::from).and(done);
        }
        let (stays, collided) = match &done {
            Ok(_) => (true, false),
            Err(error) => match error.as_db() {
                // PostgreSQL takes nothing more after a statement that failed.
                Some(error) => (false, error.is_collision()),
                None => (!self.written, false),
            },
        };
        if collided {
            return Err(DbError::Collision);
        }
        if self.cautious {
            let end = if stays { "RELEASE step" } else { "ROLLBACK TO step; RELEASE step" };
            self.conn.batch_execute(end)?;
        } else if !stays {
            return Err(DbError::Undone);
        }
        if !stays {
            self.tables = Tables::default();
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
        R::of(&mut self.tables).find(self.conn, key)
    }

    /// Puts a new row into its table, by the end of the transaction.
    pub fn insert<R: Row>(&mut self, row: R) {
        self.written = true;
        R::of(&mut self.tables).put(None, row);
    }

    /// Puts `next` in the place of `row`, by the end of the transaction; which
    /// collides if the row has changed since it was read.
    pub fn replace<R: Row>(&mut self, row: &R, next: R) {
        self.written = true;
        R::of(&mut self.tables).put(Some(row.clone()), next);
    }

    /// The connection, to read by.
    ///
    /// # Errors
    /// [`DbError`] of what waited to be written.
    pub fn read(&mut self) -> Result<&mut Conn, DbError> {
        self.tables.flush(self.conn)?;
        Ok(self.conn)
    }

    /// The connection, to write by.
    ///
    /// # Errors
    /// [`DbError`] of what waited to be written.
    pub fn write(&mut self) -> Result<&mut Conn, DbError> {
        self.written = true;
        self.tables.flush(self.conn)?;
        // What was known may soon be otherwise.
        self.tables = Tables::default();
        Ok(self.conn)
    }

    /// The connection, to read anything by but tasks, commands and reports.
    pub fn read_other(&mut self) -> &mut Conn {
        self.conn
    }

    /// The connection, to write anything by but tasks, commands and reports.
    pub fn write_other(&mut self) -> &mut Conn {
        self.written = true;
        self.conn
    }

    /// Puts a fact on its district's log; it is numbered at the commit.
    pub fn record(&mut self, event: Event) {
        self.written = true;
        self.events.push(event);
    }

    /// Whether each step is undone by itself if it fails.
    pub(super) const fn is_cautious(&self) -> bool {
        self.cautious
    }

    /// Another change begins: it has written nothing yet.
    pub(super) const fn begin_change(&mut self) {
        self.written = false;
    }

    /// Whether the change that began last has written.
    pub(super) const fn has_written(&self) -> bool {
        self.written
    }

    /// Reads what is wanted.
    pub(super) fn fetch<'w>(
        &mut self,
        wants: impl Iterator<Item = &'w Wants>,
    ) -> Result<(), DbError> {
        self.tables.fetch(self.conn, wants)
    }

    /// Writes what waits, and last the log.
    pub(super) fn finish(&mut self, heads: &mut Heads) -> Result<(), DbError> {
        self.tables.flush(self.conn)?;
        crate::event::store::append(self.conn, heads, self.now, &self.events)
    }

    pub(super) fn commit(self) -> Result<(), DbError> {
        Ok(self.conn.batch_execute("COMMIT")?)
    }
}
