//! A whole district, loaded at once.
//!
//! [`import`](crate::import) reads it from files and [`demo`](crate::demo)
//! makes it up; both hand over the records of [`record`], and [`write`] puts
//! them into the database, a kind of record per transaction. What is already
//! there and equal is left alone, so loading twice changes nothing, and a load
//! that was cut short is completed by the next.

pub mod merge;
pub mod record;
pub mod rows;

use std::fmt;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use serde_json::json;
use thiserror::Error;

use self::merge::{Merged, merge};
use self::record::DistrictRecords;
use crate::area::store::AreaRow;
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue;
use crate::crypto::InstallationKey;
use crate::crypto::store::found_district;
use crate::db::{self, Conn, DbError, schema};
use crate::log::head::Heads;
use crate::log::{self, Event, Subject};
use crate::person::store::PersonRow;

/// Why a district was not loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is not one area to tell which district it is.
    #[error("there is no area, so there is no district")]
    Empty,
    /// The database failed; the kinds before stay.
    #[error("{kind} could not be written: {error}")]
    Db {
        /// Of which kind of record.
        kind: &'static str,
        /// What the database said.
        error: DbError,
    },
}

/// What was done with one kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Which kind, as `people`.
    pub kind: &'static str,
    /// New ones.
    pub added: usize,
    /// Those that were there otherwise.
    pub changed: usize,
    /// Those that were there already.
    pub unchanged: usize,
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, added, changed, unchanged } = self;
        write!(f, "{kind}: {added} added, {changed} changed, {unchanged} unchanged")
    }
}

/// Writes one kind: those of `$rows` that are new or different.
macro_rules! write_kind {
    ($to:expr, $kind:literal, $table:ident, $id:ident, $row:ty, $merge:expr) => {{
        use diesel::prelude::*;
        let district = $to.district;
        $to.transaction($kind, |conn| {
            let present = schema::$table::table
                .filter(schema::$table::district.eq(district))
                .select(<$row>::as_select())
                .load(conn)?;
            let Merged { added, changed, unchanged, rows } = $merge(present)?;
            for ids in changed.chunks(500) {
                diesel::delete(
                    schema::$table::table
                        .filter(schema::$table::district.eq(district))
                        .filter(schema::$table::$id.eq_any(ids)),
                )
                .execute(conn)?;
            }
            <$row>::insert_all(conn, &rows.iter().collect::<Vec<_>>())?;
            Ok(loaded($kind, added, changed.len(), unchanged))
        })
    }};
}

/// Puts the records into the database, telling `report` of each kind as it is done.
///
/// # Errors
/// [`LoadError`]; kinds already reported stay.
pub fn write(
    conn: &mut Conn,
    installation: &InstallationKey,
    records: &DistrictRecords,
    now: DateTime<Utc>,
    report: &mut dyn FnMut(Loaded),
) -> Result<(), LoadError> {
    let district = records.areas.first().ok_or(LoadError::Empty)?.code.district();
    let mut to = Target { conn, district, now };
    let key = to.transaction("the district", |conn| {
        let (key, new) = found_district(conn, installation, district, now)?;
        let kinds = catalogue::defaults();
        let added = catalogue::store::add_missing(conn, district, &kinds)?;
        Ok((key, new || added > 0))
    })?;
    let today = crate::clock::day(now);
    report(write_kind!(to, "areas", areas, code, AreaRow, |present| merge(
        present,
        &records.areas,
        |record, before| Ok(rows::area(record, today, before))
    ))?);
    report(write_kind!(to, "outlines", outlines, grid, rows::OutlineRow, |present| merge(
        present,
        &records.outlines,
        |record, before| Ok(rows::outline(record, before))
    ))?);
    report(write_kind!(to, "people", people, id, PersonRow, |present| merge(
        present,
        &records.people,
        |record, before| rows::person(record, &key, district, before)
    ))?);
    report(write_kind!(to, "beneficiaries", beneficiaries, id, BeneficiaryRow, |present| merge(
        present,
        &records.beneficiaries,
        |record, before| rows::beneficiary(record, &key, before)
    ))?);
    report(write_kind!(to, "stations", stations, id, rows::StationRow, |present| merge(
        present,
        &records.stations,
        |record, before| Ok(rows::station(record, before))
    ))?);
    report(write_kind!(to, "memorials", memorials, id, rows::MemorialRow, |present| merge(
        present,
        &records.memorials,
        |record, before| Ok(rows::memorial(record, before))
    ))?);
    report(to.holidays(records)?);
    Ok(())
}

/// What was done, and whether that is anything.
fn loaded(kind: &'static str, added: usize, changed: usize, unchanged: usize) -> (Loaded, bool) {
    (Loaded { kind, added, changed, unchanged }, added + changed > 0)
}

/// That many things of a kind were loaded or changed at once: phones begin anew.
pub fn fact(district: AreaCode, kind: &str) -> Event {
    Event::new("district.load", Subject::District, district, district, 1)
        .with(json!({ "kind": kind }))
}

/// Where the records go.
struct Target<'a> {
    conn: &'a mut Conn,
    district: AreaCode,
    now: DateTime<Utc>,
}

impl Target<'_> {
    /// Runs `work` in a transaction of its own, which ends with a fact on the log
    /// if `work` says that it changed something.
    fn transaction<T>(
        &mut self,
        kind: &'static str,
        work: impl FnOnce(&mut Conn) -> Result<(T, bool), DbError>,
    ) -> Result<T, LoadError> {
        let (district, now) = (self.district, self.now);
        let done = db::transact(self.conn, |conn| {
            let (done, changed) = work(conn)?;
            if changed {
                log::store::append(
                    conn,
                    &mut Heads::default(),
                    district,
                    now,
                    &[fact(district, kind)],
                )?;
            }
            Ok(done)
        });
        done.map_err(|error| LoadError::Db { kind, error })
    }

    /// Holidays have no id of their own: day and word together are the key.
    fn holidays(&mut self, records: &DistrictRecords) -> Result<Loaded, LoadError> {
        use diesel::prelude::*;
        use schema::holidays;
        let district = self.district;
        self.transaction("holidays", |conn| {
            let present = holidays::table
                .filter(holidays::district.eq(district))
                .select(rows::HolidayRow::as_select())
                .load(conn)?;
            let merged = merge(present, &records.holidays, |record, before| {
                Ok(rows::holiday(record, district, before))
            })?;
            for row in &merged.rows {
                let key = (row.district, row.date, &row.code);
                diesel::delete(holidays::table.find(key)).execute(conn)?;
            }
            let Merged { added, changed, unchanged, rows } = merged;
            rows::HolidayRow::insert_all(conn, &rows.iter().collect::<Vec<_>>())?;
            Ok(loaded("holidays", added, changed.len(), unchanged))
        })
    }
}
