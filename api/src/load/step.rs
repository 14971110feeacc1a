//! One step of a load: one kind of record, in a transaction of its own.

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;

use super::report::Loaded;
use super::{LoadError, Options, fact};
use crate::crypto::SealingKey;
use crate::db::{self, Conn, DbError};
use crate::log::head::Heads;
use crate::log::{self, Event};

/// How often a step is tried that another change was in the way of.
const TRIES: usize = 3;

/// Where the records go.
pub(super) struct Target<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) district: AreaCode,
    pub(super) key: &'a SealingKey,
    pub(super) now: DateTime<Utc>,
    pub(super) options: &'a Options<'a>,
}

/// A step that goes on.
pub(super) struct Step<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) district: AreaCode,
    pub(super) key: &'a SealingKey,
    pub(super) now: DateTime<Utc>,
    pub(super) options: &'a Options<'a>,
    /// What it has done.
    pub(super) loaded: Loaded,
    /// What goes on the log for it.
    pub(super) facts: Vec<Event>,
}

impl Target<'_> {
    /// Runs `work` in a transaction, which ends with the facts on the log and, if
    /// anything changed, with the one that makes phones begin anew.
    pub(super) fn transaction(
        &mut self,
        kind: &'static str,
        work: impl Fn(&mut Step<'_>) -> Result<(), DbError>,
    ) -> Result<Loaded, LoadError> {
        let mut tries = 1;
        loop {
            match self.attempt(kind, &work) {
                // Nothing of a rehearsal can be undone alone.
                Err(DbError::Collision) if tries < TRIES && !self.options.dry_run => tries += 1,
                done => return done.map_err(|error| failure(kind, error)),
            }
        }
    }

    fn attempt(
        &mut self,
        kind: &'static str,
        work: impl Fn(&mut Step<'_>) -> Result<(), DbError>,
    ) -> Result<Loaded, DbError> {
        let Self { district, key, now, options, .. } = *self;
        let load = |conn: &mut Conn| {
            let loaded = Loaded::empty(kind);
            let mut step = Step { conn, district, key, now, options, loaded, facts: Vec::new() };
            work(&mut step)?;
            step.end()
        };
        // A rehearsal is one transaction from the first kind to the last.
        if options.dry_run { load(self.conn) } else { db::transact(self.conn, load) }
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
    fn end(self) -> Result<Loaded, DbError> {
        let Self { conn, district, now, loaded, mut facts, .. } = self;
        if loaded.added + loaded.changed > 0 || !facts.is_empty() {
            facts.push(fact(district, loaded.kind));
            log::store::append(conn, &mut Heads::default(), district, now, &facts)?;
        }
        Ok(loaded)
    }
}
