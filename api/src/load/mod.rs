//! A whole district, loaded at once.
//!
//! [`import`](crate::import) reads it from files and [`demo`](crate::demo)
//! generates it; both hand over the records of [`record`], and [`write`] puts
//! them into the database, one kind of record per transaction. A record that
//! equals its row is not written, so loading twice changes nothing, and the next
//! load completes one that was interrupted.
//!
//! Nothing is left behind: unfinished tasks move with their beneficiaries
//! (`tasks`), and rows that the records lack are reported, or removed if the
//! records are the [whole](Options::whole) district (`gone`).

mod conflicts;
mod gone;
mod kinds;
pub mod merge;
pub mod record;
mod report;
pub mod rows;
mod step;
mod tasks;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use serde_json::json;
use thiserror::Error;

pub use self::conflicts::Conflict;
pub use self::report::{Fate, Loaded, Note};

use self::record::DistrictRecords;
use self::step::Target;
use crate::catalogue;
use crate::crypto::store::found_district;
use crate::crypto::{InstallationKey, SealingKey};
use crate::db::{self, Conn, DbError};
use crate::log::head::Heads;
use crate::log::{self, Event, Subject};

/// Why a district was not loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Without an area there is no district.
    #[error("there is no area, so there is no district")]
    Empty,
    /// Grids would be left without one manager; nothing was written.
    #[error("{}", lines(.0))]
    Conflicts(Vec<Conflict>),
    /// Two rows would share what is unique: a phone or an id number. Records are
    /// unique among themselves, so one of the two is a row that they lack. The
    /// kinds before stay.
    #[error(
        "{kind} could not be written: one in the database that the files lack has the same phone \
         or id number as one in the files"
    )]
    Taken {
        /// The kind of record.
        kind: &'static str,
    },
    /// The database failed; the kinds before stay.
    #[error("{kind} could not be written: {error}")]
    Db {
        /// The kind of record.
        kind: &'static str,
        /// The database's error.
        error: DbError,
    },
}

/// How a load treats rows that the records lack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The records are the whole district: the rows that they lack are removed.
    pub whole: bool,
    /// Kinds of record that were not read, so that their rows are not missing.
    pub absent: &'a [&'a str],
    /// Report what the load would do, and undo it.
    pub dry_run: bool,
}

fn lines(conflicts: &[Conflict]) -> String {
    let lines: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Puts the records into the database and calls `report` after each kind.
///
/// # Errors
/// [`LoadError`]; kinds already reported stay, unless it is a dry run.
pub fn write(
    conn: &mut Conn,
    installation: &InstallationKey,
    records: &DistrictRecords,
    now: DateTime<Utc>,
    options: &Options<'_>,
    report: &mut dyn FnMut(Loaded),
) -> Result<(), LoadError> {
    let district = records.areas.first().ok_or(LoadError::Empty)?.code.district();
    if !options.whole {
        let conflicts = conflicts::find(conn, district, records);
        let conflicts = conflicts.map_err(|error| LoadError::Db { kind: "people", error })?;
        if !conflicts.is_empty() {
            return Err(LoadError::Conflicts(conflicts));
        }
    }
    let found = |conn: &mut Conn| found(conn, installation, district, now);
    let failed = |error| LoadError::Db { kind: "the district", error };
    if options.dry_run {
        rehearse(conn, |conn| {
            let key = &found(conn).map_err(failed)?;
            kinds::write(&mut Target { conn, district, key, now, options }, records, report)
        })
    } else {
        let key = &db::transact(conn, found).map_err(failed)?;
        kinds::write(&mut Target { conn, district, key, now, options }, records, report)
    }
}

/// Runs `load` in one transaction and undoes it.
fn rehearse(
    conn: &mut Conn,
    load: impl FnOnce(&mut Conn) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    /// Why the transaction is undone.
    enum Undo {
        Rehearsed,
        Failed(LoadError),
    }
    impl From<DbError> for Undo {
        fn from(error: DbError) -> Self {
            Self::Failed(LoadError::Db { kind: "the district", error })
        }
    }
    let undone = db::transact(conn, |conn| match load(conn) {
        Ok(()) => Err(Undo::Rehearsed),
        Err(error) => Err(Undo::Failed(error)),
    });
    match undone {
        Ok(()) | Err(Undo::Rehearsed) => Ok(()),
        Err(Undo::Failed(error)) => Err(error),
    }
}

/// The district's key, which is made with the catalogue if the district is new.
fn found(
    conn: &mut Conn,
    installation: &InstallationKey,
    district: AreaCode,
    now: DateTime<Utc>,
) -> Result<SealingKey, DbError> {
    let (key, new) = found_district(conn, installation, district, now)?;
    let added = catalogue::store::add_missing(conn, district, &catalogue::defaults())?;
    if new || added > 0 {
        let fact = fact(district, "the district");
        log::store::append(conn, &mut Heads::default(), district, now, &[fact])?;
    }
    Ok(key)
}

/// The event that many things of a kind were loaded or changed at once: phones
/// fetch everything anew.
pub fn fact(district: AreaCode, kind: &str) -> Event {
    Event::new("district.load", Subject::District, district, district, 1)
        .with(json!({ "kind": kind }))
}
