//! Bulk loading of a district.
//!
//! [`import`](crate::import) reads a district from files and [`demo`](crate::demo)
//! generates one; both produce the records of [`record`], and [`write`] stores them, one
//! kind of record per transaction. A record that equals its row is not written, so a
//! repeated load changes nothing, and a load completes an earlier one that was
//! interrupted.
//!
//! Unfinished tasks move with their beneficiaries (`tasks`). Rows without a record are
//! reported, or removed if the records are the [whole](Options::whole) district (`gone`).

mod conflicts;
mod edits;
pub mod existing;
mod gone;
mod kinds;
mod leavers;
pub mod merge;
mod numbers;
pub mod record;
mod report;
pub mod rows;
mod step;
mod tasks;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use serde_json::json;
use thiserror::Error;

pub use self::conflicts::Conflict;
pub use self::numbers::Number;
pub use self::report::Loaded;

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
    /// The records contain no area, so they name no district.
    #[error("there is no area, so there is no district")]
    Empty,
    /// A grid would not have exactly one manager; nothing was written.
    #[error("{}", lines(.0))]
    Conflicts(Vec<Conflict>),
    /// Two rows would share a unique phone or ID number. Records are unique among
    /// themselves, so one of the two is a row without a record. The kinds written before
    /// stay.
    #[error(
        "{kind} could not be written: a row that is not in the files has the same phone or ID \
         number as a row in the files"
    )]
    Taken {
        /// The kind of record.
        kind: &'static str,
    },
    /// The database failed; the kinds written before stay.
    #[error("{kind} could not be written: {error}")]
    Db {
        /// The kind of record.
        kind: &'static str,
        /// The database's error.
        error: DbError,
    },
}

/// What a load writes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Each kind of record in a transaction of its own.
    #[default]
    Kind,
    /// All kinds or nothing.
    All,
    /// Nothing: the effects are reported and undone.
    DryRun,
}

/// How a load treats rows without a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The district, if the records may lack its areas.
    pub district: Option<AreaCode>,
    /// The records are the whole district, so rows without a record are removed.
    pub whole: bool,
    /// Kinds of record that were not read, so their rows are not missing.
    pub absent: &'a [&'a str],
    /// Give people who have left, and are in the files, access again.
    pub readmit: bool,
    /// When the files were written. A value that was edited later is kept; without a time, every
    /// edited value is.
    pub written: Option<DateTime<Utc>>,
    /// What is written together.
    pub extent: Extent,
    /// Who loads; `None` on the command line.
    pub by: Option<PersonId>,
}

/// The kind of record that a file such as `people.csv` contains.
pub fn kind_of(file: &str) -> &str {
    match file.split_once('.') {
        Some(("grids", _)) => "outlines",
        Some((kind, _)) => kind,
        None => file,
    }
}

fn lines(conflicts: &[Conflict]) -> String {
    let lines: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Stores the records and calls `report` after each kind.
///
/// # Errors
/// [`LoadError`]; kinds already reported stay with [`Extent::Kind`].
pub fn write(
    conn: &mut Conn,
    installation: &InstallationKey,
    records: &DistrictRecords,
    now: DateTime<Utc>,
    options: &Options<'_>,
    report: &mut dyn FnMut(Loaded),
) -> Result<(), LoadError> {
    let of_areas = records.areas.first().map(|area| area.code.district());
    let district = options.district.or(of_areas).ok_or(LoadError::Empty)?;
    let found = |conn: &mut Conn| found(conn, installation, district, now);
    let write = |conn: &mut Conn, key: &SealingKey, report: &mut dyn FnMut(Loaded)| {
        let mut target = Target::new(conn, key, (district, records), now, options)?;
        let conflicts = conflicts::find(&mut target)?;
        if !conflicts.is_empty() {
            return Err(LoadError::Conflicts(conflicts));
        }
        kinds::write(&mut target, report)
    };
    let all = |conn: &mut Conn| {
        let key = found(conn)?;
        write(conn, &key, report)
    };
    match options.extent {
        Extent::DryRun => return dry_run(conn, all),
        Extent::All => db::transact(conn, all)?,
        Extent::Kind => {
            let key = &db::transact(conn, found)?;
            write(conn, key, report)?;
        }
    }
    Ok(db::dialect::analyze(conn, kinds::TABLES)?)
}

impl From<DbError> for LoadError {
    fn from(error: DbError) -> Self {
        Self::Db { kind: "the district", error }
    }
}

/// Runs `load` in one transaction and undoes it.
fn dry_run(
    conn: &mut Conn,
    load: impl FnOnce(&mut Conn) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    /// Why the transaction is undone.
    enum Undo {
        Completed,
        Failed(LoadError),
    }
    impl From<DbError> for Undo {
        fn from(error: DbError) -> Self {
            Self::Failed(error.into())
        }
    }
    let undone = db::transact(conn, |conn| match load(conn) {
        Ok(()) => Err(Undo::Completed),
        Err(error) => Err(Undo::Failed(error)),
    });
    match undone {
        Ok(()) | Err(Undo::Completed) => Ok(()),
        Err(Undo::Failed(error)) => Err(error),
    }
}

/// The district's key; a new district gets a key and the default catalogue.
fn found(
    conn: &mut Conn,
    installation: &InstallationKey,
    district: AreaCode,
    now: DateTime<Utc>,
) -> Result<SealingKey, DbError> {
    let (key, new) = found_district(conn, installation, district, now)?;
    let added = catalogue::store::add_missing(conn, district, catalogue::defaults::kinds())?;
    if new || added > 0 {
        let event = bulk_change(district, "the district");
        log::store::append(conn, &mut Heads::default(), district, now, &[event])?;
    }
    Ok(key)
}

/// The event of a bulk change of one kind: phones fetch a new snapshot.
pub fn bulk_change(district: AreaCode, kind: &str) -> Event {
    Event::new("district.load", Subject::District, district, district, 1)
        .with(json!({ "kind": kind }))
}
