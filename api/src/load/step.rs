//! A step of a load: one kind of record, in its own transaction.

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;

use super::edits::{self, Edits, Newest};
use super::record::DistrictRecords;
use super::report::{Fate, Loaded};
use super::{Extent, LoadError, Options, bulk_change};
use crate::area::borders;
use crate::crypto::SealingKey;
use crate::db::{self, Conn, DbError, dialect};
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
    /// The records of the files.
    records: &'a DistrictRecords,
    /// The edits so far.
    edits: Edits,
    /// The records after these edits.
    pub(super) newest: Newest<'a>,
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
    /// Whether rows without a record of their own have changed: phones fetch a new snapshot.
    pub(super) moved: bool,
}

impl<'a> Target<'a> {
    /// The district with the records after the edits so far.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn new(
        conn: &'a mut Conn,
        key: &'a SealingKey,
        (district, records): (AreaCode, &'a DistrictRecords),
        now: DateTime<Utc>,
        options: &'a Options<'a>,
    ) -> Result<Self, DbError> {
        let mut edits = Edits::default();
        edits.read_next(conn, district, options.written)?;
        let newest = edits::newest(conn, key, district, records, (&edits, options))?;
        Ok(Self { conn, district, key, now, options, records, edits, newest })
    }

    /// Runs `work` in a transaction, again after a collision. The transaction appends the
    /// events of the step to the log and, if anything changed, the event that makes phones
    /// fetch a new snapshot.
    pub(super) fn transaction(
        &mut self,
        kind: &'static str,
        work: impl Fn(&mut Step<'_>, &DistrictRecords) -> Result<(), DbError>,
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
        work: impl Fn(&mut Step<'_>, &DistrictRecords) -> Result<(), DbError>,
    ) -> Result<Loaded, DbError> {
        let one_transaction = self.is_one_transaction();
        let Self { conn, district, key, now, options, records, edits, newest } = self;
        let (district, now) = (*district, *now);
        let mut load = |conn: &mut Conn| {
            // Nobody edits these rows any more; edits since the records were made count as well.
            dialect::lock_rows(conn, kind, district)?;
            // A failure leaves both as they were, so that the next run of the step reads again.
            let mut followed = edits.clone();
            if followed.read_next(conn, district, options.written)? {
                *newest = edits::newest(conn, key, district, records, (&followed, options))?;
            }
            *edits = followed;
            let mut loaded = Loaded::empty(kind);
            loaded.note(Fate::Edited, newest.kept.get(kind).into_iter().flatten());
            let events = Vec::new();
            let mut step = Step { conn, district, key, now, options, loaded, events, moved: false };
            work(&mut step, &newest.records)?;
            step.end()
        };
        if one_transaction { load(conn) } else { db::transact(conn, load) }
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
        let Self { conn, district, now, options, loaded, mut events, moved, .. } = self;
        if moved || loaded.added + loaded.changed > 0 || !events.is_empty() {
            events.push(bulk_change(district, loaded.kind).by(options.by));
            log::store::append(conn, &mut Heads::default(), district, now, &events)?;
        }
        Ok(loaded)
    }
}
