//! Archives old events as files: one event per line (NDJSON), compressed (zstd). The hash
//! chain continues from file to file and into the database.
//!
//! A file name contains the district and the first and last event number. A file is written
//! under a temporary name, synced to disk, read back and verified; it is renamed in the
//! transaction that deletes the events from the database. A crash at any point therefore
//! loses nothing, and of two concurrent runs one fails with a collision.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use thiserror::Error;
use uuid::Uuid;

use super::model::LoggedEvent;
use crate::db::{Conn, DbError, transact};
use crate::log::chain::Link;
use crate::log::store::{self, EventRow};
use crate::log::{assignees, head};

/// The maximum number of events in a file.
const IN_A_FILE: i64 = 50_000;
/// The compression level; 3 is zstd's default.
const ZSTD_LEVEL: i32 = 3;
/// The suffix of a finished file.
const ENDING: &str = ".ndjson.zst";

/// Why events could not be archived, or an archive could not be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// A file or folder is not accessible.
    #[error("{path}: {error}")]
    File {
        /// The path.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// A line is not a valid event.
    #[error("{path}, line {line}: not an event")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line number, from 1.
        line: usize,
    },
    /// The events to be archived do not form a chain.
    #[error("event {0} is invalid; nothing was archived; run `gridward verify-log`")]
    Broken(i64),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> ArchiveError + '_ {
    move |error| ArchiveError::File { path: path.to_owned(), error }
}

/// Moves the events of `district` from before `moment` into files in `folder`; returns
/// their number.
///
/// # Errors
/// [`ArchiveError`]; finished files remain and count. [`DbError::Collision`] if another run
/// archives at the same time.
pub fn archive(
    conn: &mut Conn,
    district: AreaCode,
    folder: &Path,
    moment: DateTime<Utc>,
) -> Result<usize, ArchiveError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut moved = 0;
    loop {
        let from = head::chain(conn, district)?.archived;
        let rows = store::older(conn, district, from.seq, moment, IN_A_FILE)?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(moved) };
        let to = verify_chain(&from, &rows)?;
        let path = folder.join(format!("{district}-{:012}-{last:012}{ENDING}", from.seq + 1));
        let part = path.with_extension(format!("{}.part", Uuid::new_v4().simple()));
        let done = write(&part, &rows).and_then(|()| {
            transact(conn, |conn| {
                // Locks the head until the end, so that no other run changes the files.
                head::archive(conn, district, &from, &to)?;
                remove_unfinished(folder, district, from.seq)?;
                name(&part, &path)?;
                assignees::keep(conn, district, last)?;
                Ok(store::forget(conn, district, last)?)
            })
        });
        if done.is_err() {
            // The first error is the relevant one; the file may not even exist.
            let _ = fs::remove_file(&part);
        }
        done?;
        moved += rows.len();
    }
}

/// Removes files of an interrupted run that the database does not know; their events are
/// still in the database.
fn remove_unfinished(folder: &Path, district: AreaCode, archived: i64) -> Result<(), ArchiveError> {
    for path in files(folder, district)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let first: Option<i64> = name.split('-').nth(1).and_then(|first| first.parse().ok());
        if first.is_some_and(|first| first > archived) {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

/// Renames the finished file to its final name.
fn name(part: &Path, path: &Path) -> Result<(), ArchiveError> {
    fs::rename(part, path).map_err(at(path))?;
    // The name is durable only after the folder is synced.
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn verify_chain(from: &Link, rows: &[EventRow]) -> Result<Link, ArchiveError> {
    rows.iter()
        .try_fold(*from, |link, row| link.then(row).map_err(|_| ArchiveError::Broken(row.seq)))
}

/// Writes the events to disk and reads them back.
fn write(part: &Path, rows: &[EventRow]) -> Result<(), ArchiveError> {
    let file = File::create_new(part).map_err(at(part))?;
    let mut out = zstd::Encoder::new(file, ZSTD_LEVEL).map_err(at(part))?;
    for row in rows {
        let event = LoggedEvent::try_from(row.clone())?;
        let line = serde_json::to_vec(&event).map_err(|_| ArchiveError::Broken(row.seq))?;
        out.write_all(&line).and_then(|()| out.write_all(b"\n")).map_err(at(part))?;
    }
    out.finish().and_then(|file| file.sync_all()).map_err(at(part))?;
    let mut back = rows.iter();
    read_file(part, &mut |row| match back.next() {
        Some(written) if *written == row => Ok(()),
        _ => Err(ArchiveError::Broken(row.seq)),
    })?;
    back.next().map_or(Ok(()), |missing| Err(ArchiveError::Broken(missing.seq)))
}

/// Reads the archived events of `district` in `folder`, from the first one.
///
/// # Errors
/// Those of `each`, or [`ArchiveError`].
pub fn read<E: From<ArchiveError>>(
    folder: &Path,
    district: AreaCode,
    each: &mut dyn FnMut(EventRow) -> Result<(), E>,
) -> Result<(), E> {
    files(folder, district)?.iter().try_for_each(|path| read_file(path, each))
}

/// The archive files of `district`, oldest first.
fn files(folder: &Path, district: AreaCode) -> Result<Vec<PathBuf>, ArchiveError> {
    let begins = format!("{district}-");
    let of_district = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(&begins) && name.ends_with(ENDING)
    };
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(of_district)
        .collect();
    // The numbers have a fixed width, so lexical order is numeric order.
    paths.sort();
    Ok(paths)
}

fn read_file<E: From<ArchiveError>>(
    path: &Path,
    each: &mut dyn FnMut(EventRow) -> Result<(), E>,
) -> Result<(), E> {
    let file = File::open(path).map_err(at(path))?;
    let lines = BufReader::new(zstd::Decoder::new(file).map_err(at(path))?).lines();
    for (n, line) in lines.enumerate() {
        let line = line.map_err(at(path))?;
        let event = serde_json::from_str::<LoggedEvent>(&line).ok();
        let row = event.and_then(|event| EventRow::try_from(event).ok());
        each(row.ok_or_else(|| ArchiveError::Line { path: path.to_owned(), line: n + 1 })?)?;
    }
    Ok(())
}
