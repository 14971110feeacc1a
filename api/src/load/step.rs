//! A step of a load: one kind of record, in its own transaction.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;

use super::report::{Fate, Loaded};
use super::{Extent, LoadError, Options, bulk_change};
use crate::area::borders;
use crate::crypto::SealingKey;
use crate::db::{self, Conn, DbError};
use crate::log::head::Heads;
use crate::log::{self, Event};

/// The maximum number of runs of a step that collides with other transactions.
const RUNS: usize = 3;

/// The district that records are loaded into.
pub(super) struct Target<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) district: AreaCode,
    pub(super) key: &'a SealingKey,
    pub(super) now: DateTime<Utc>,
    pub(super) options: &'a Options<'a>,
    /// The values that outweigh those of the files, by kind.
    pub(super) kept: &'a HashMap<&'static str, Vec<String>>,
}

/// A running step.
pub(super) struct Step<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) district: AreaCode,
    pub(super) key: &'a SealingKey,
    pub(super) now: DateTime<Utc>,
    pub(super) options: &'a Options<'a>,
    /// The report of the step so far.
    pub(super) loaded: Loaded,
    /// The events of the step, appended to the log at its end.
    pub(super) events: Vec<Event>,
}

impl Target<'_> {
    /// Runs `work` in a transaction, again after a collision. The transaction appends the
    /// events of the step to the log and, if anything changed, the event that makes phones
    /// fetch a new snapshot.
    pub(super) fn transaction(
        &mut self,
        kind: &'static str,
        work: impl Fn(&mut Step<'_>) -> Result<(), DbError>,
    ) -> Result<Loaded, LoadError> {
        let mut runs = 1;
        loop {
            match self.run_once(kind, &work) {
                // In one transaction for all kinds a single step cannot be undone.
                Err(error) if error.is_collision() && runs < RUNS && !self.is_one_transaction() => {
                    runs += 1;
                }
                done => return done.map_err(|error| failure(kind, error)),
            }
        }
    }

    /// Whether one transaction contains all kinds.
    const fn is_one_transaction(&self) -> bool {
        !matches!(self.options.extent, Extent::Kind)
    }

    fn run_once(
        &mut self,
        kind: &'static str,
        work: impl Fn(&mut Step<'_>) -> Result<(), DbError>,
    ) -> Result<Loaded, DbError> {
        let Self { district, key, now, options, kept, .. } = *self;
        let load = |conn: &mut Conn| {
            let mut loaded = Loaded::empty(kind);
            loaded.note(Fate::Edited, kept.get(kind).into_iter().flatten());
            let mut step = Step { conn, district, key, now, options, loaded, events: Vec::new() };
            work(&mut step)?;
            step.end()
        };
        if self.is_one_transaction() { load(self.conn) } else { db::transact(self.conn, load) }
    }
}

fn failure(kind: &'static str, error: DbError) -> LoadError {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        DbError::Failed(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            LoadError::Taken { kind }
        }
        error => LoadError::Db { kind, error },
    }
}

impl Step<'_> {
    /// Gives the outlines of the district a new version if the step changed any.
    pub(super) fn borders_changed(&mut self) -> Result<(), DbError> {
        let unchanged = self.loaded.added + self.loaded.changed == 0 && self.events.is_empty();
        if unchanged { Ok(()) } else { borders::changed(self.conn, self.district) }
    }

    fn end(self) -> Result<Loaded, DbError> {
        let Self { conn, district, now, options, loaded, mut events, .. } = self;
        if loaded.added + loaded.changed > 0 || !events.is_empty() {
            events.push(bulk_change(district, loaded.kind).by(options.by));
            log::store::append(conn, &mut Heads::default(), district, now, &events)?;
        }
        Ok(loaded)
    }
}
