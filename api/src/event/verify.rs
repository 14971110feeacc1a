//! Verifies a district's log: no gap, every hash correct, and the head at the last event.

use std::path::Path;

use gridward_domain::area::AreaCode;
use thiserror::Error;

use super::archive;
use crate::db::{Conn, DbError};
use crate::log::chain::Link;
use crate::log::head;
use crate::log::store::{self, EventRow};

/// The number of events read at a time.
const AT_A_TIME: i64 = 5_000;

/// Why the verification of a log failed.
#[derive(Debug, Error)]
pub enum Broken {
    /// The first invalid event.
    #[error("event {seq}: {why}")]
    Event {
        /// Its sequence number.
        seq: i64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The last event is not the one that the head names.
    #[error("the log ends at event {found} instead of {head}: its end was truncated or changed")]
    Head {
        /// The last event found.
        found: i64,
        /// The number in the head.
        head: i64,
    },
    /// The archive files and the database are not contiguous.
    #[error("the archive files end at event {found}, but the database continues after {archived}")]
    Gap {
        /// The last event in the files.
        found: i64,
        /// The last event that was archived.
        archived: i64,
    },
    /// An archive file is not readable.
    #[error(transparent)]
    Archive(#[from] archive::ArchiveError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Broken {
    /// Whether the log was read and is invalid, as opposed to unreadable.
    pub const fn is_proven(&self) -> bool {
        match self {
            Self::Event { .. } | Self::Head { .. } | Self::Gap { .. } => true,
            Self::Archive(_) | Self::Db(_) => false,
        }
    }
}

/// The extent of a verification.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The number of the first verified event.
    pub checked_from: i64,
    /// The end of the chain.
    pub last: Link,
}

/// Verifies the chain of `district` from its first event, through the archive files in
/// `folder` if there are any, to its head; returns the end.
///
/// # Errors
/// [`Broken`], with the first invalid event.
pub fn verify(
    conn: &mut Conn,
    district: AreaCode,
    folder: Option<&Path>,
) -> Result<Checked, Broken> {
    loop {
        let known = head::chain(conn, district)?;
        let archived = known.archived.seq;
        match verify_from(conn, district, folder, known) {
            // Events that a run of the archive moved in the meantime are missing here.
            Err(broken)
                if broken.is_proven() && head::chain(conn, district)?.archived.seq != archived => {}
            result => return result,
        }
    }
}

/// Verifies the chain of `district`, of which `known` was read before.
fn verify_from(
    conn: &mut Conn,
    district: AreaCode,
    folder: Option<&Path>,
    known: head::Chain,
) -> Result<Checked, Broken> {
    let mut link = match folder {
        Some(folder) => {
            let mut link = Link::start();
            let archived = known.archived.seq;
            archive::read(folder, district, &mut |row| {
                // Events written by an interrupted run, or by a later one, are in the
                // database too.
                if row.seq <= archived {
                    link = step(&link, &row)?;
                }
                Ok::<_, Broken>(())
            })?;
            if link.seq < archived {
                return Err(Broken::Gap { found: link.seq, archived });
            }
            if link.hash != known.archived.hash {
                return Err(Broken::Event {
                    seq: archived,
                    why: "it differs from the archived one",
                });
            }
            link
        }
        None => known.archived,
    };
    let checked_from = if folder.is_some() { 1 } else { link.seq + 1 };
    loop {
        let rows = match store::after(conn, district, link.seq, AT_A_TIME) {
            Err(error) if is_unreadable(&error) => readable(conn, district, link)?,
            rows => rows?,
        };
        if rows.is_empty() {
            break;
        }
        for row in rows {
            link = step(&link, &row)?;
        }
    }
    // The head is read again, since events may have been added in the meantime.
    let head = head::chain(conn, district)?.last;
    if link.seq < known.last.seq || (link.seq == head.seq && link.hash != head.hash) {
        return Err(Broken::Head { found: link.seq, head: head.seq });
    }
    Ok(Checked { checked_from, last: link })
}

/// Whether a column has a value that Gridward never writes.
fn is_unreadable(error: &DbError) -> bool {
    matches!(error, DbError::Failed(diesel::result::Error::DeserializationError(_)))
}

/// Reads the next events one by one after an unreadable row.
///
/// # Errors
/// [`Broken::Event`] for an unreadable event.
fn readable(conn: &mut Conn, district: AreaCode, link: Link) -> Result<Vec<EventRow>, Broken> {
    store::after(conn, district, link.seq, 1).map_err(|error| {
        if is_unreadable(&error) {
            Broken::Event { seq: link.seq + 1, why: "its content does not match its hash" }
        } else {
            Broken::Db(error)
        }
    })
}

fn step(link: &Link, row: &EventRow) -> Result<Link, Broken> {
    link.then(row).map_err(|why| Broken::Event { seq: row.seq.min(link.seq + 1), why })
}
