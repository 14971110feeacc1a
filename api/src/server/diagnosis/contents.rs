//! Checks of the database: its tables, key, districts and clock.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;

use super::super::exposure::{self, ExposureError};
use super::super::installation_key::FoundKey;
use super::super::settings::Settings;
use super::super::settings_error::SettingsError;
use super::finding::Finding;
use super::{key_fault, serve_on_loopback};
use crate::crypto::installation::KeyError;
use crate::crypto::store;
use crate::db::migrate::{MigrateError, is_current};
use crate::db::{Conn, DbError, dialect};
use crate::log;

/// The largest unremarkable difference of two clocks.
const CLOSE: TimeDelta = TimeDelta::seconds(5);
/// The difference from which tokens and deadlines of several servers fail.
const FAR: TimeDelta = TimeDelta::seconds(60);

/// The findings in the database, and whether it has a district.
pub(super) struct Contents {
    pub(super) findings: Vec<Finding>,
    pub(super) has_district: bool,
}

/// Why the database could not be examined.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Migrations(#[from] MigrateError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Examines the database; only its migrations, if some are pending.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn examine(
    settings: &Settings,
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> Result<Contents, Unreadable> {
    if !is_current(conn)? {
        let pending = Finding::warning("migrations", "some are pending", "gridward migrate");
        return Ok(Contents { findings: vec![pending], has_district: true });
    }
    let mut findings = vec![Finding::good("migrations", "all have run")];
    findings.extend(of_start(settings, conn)?.0);
    findings.push(clock(conn, now)?);
    Ok(Contents { findings, has_district: !store::districts(conn)?.is_empty() })
}

/// The checks of a start in the database, whose tables are current, and its demo district.
///
/// # Errors
/// [`DbError`].
pub(super) fn of_start(
    settings: &Settings,
    conn: &mut Conn,
) -> Result<(Vec<Finding>, Option<AreaCode>), DbError> {
    let key = key(settings, conn)?;
    let (demo, district) = demo(settings, conn)?;
    Ok((vec![key, demo], district))
}

fn key(settings: &Settings, conn: &mut Conn) -> Result<Finding, DbError> {
    let fault: SettingsError = match settings.find_key() {
        Ok(FoundKey::Present(key)) if store::is_decrypted_by(conn, &key)? => {
            return Ok(Finding::good("key", "decrypts the database"));
        }
        Ok(FoundKey::Absent(_)) if store::is_empty(conn)? => {
            return Ok(Finding::good("key", "is created at the first start"));
        }
        Ok(FoundKey::Present(_)) => KeyError::Foreign.into(),
        Ok(FoundKey::Absent(file)) => KeyError::Missing(file).into(),
        Err(error) => error,
    };
    Ok(key_fault(&fault))
}

fn demo(settings: &Settings, conn: &mut Conn) -> Result<(Finding, Option<AreaCode>), DbError> {
    let checked = exposure::check_demo(settings, conn);
    let finding = match &checked {
        Ok(None) => Finding::good("demo", "no demo district"),
        Ok(Some(district)) => Finding::good("demo", format!("{district}, on loopback")),
        Err(error) => Finding::failed("demo", error, serve_on_loopback(settings)),
    };
    match checked {
        Err(ExposureError::Unavailable(error)) => Err(error),
        checked => Ok((finding, checked.ok().flatten())),
    }
}

/// Compares this machine's clock with the database server's and with the newest event.
fn clock(conn: &mut Conn, now: DateTime<Utc>) -> Result<Finding, DbError> {
    let next = "timedatectl status";
    let server = dialect::server_time(conn)?;
    let off = server.map_or(TimeDelta::zero(), |server| (server - now).abs());
    let newest = newest_event(conn)?.map_or(TimeDelta::zero(), |newest| newest - now);
    let (reference, off) =
        if off > newest { ("the database server's", off) } else { ("the newest event's", newest) };
    let text = format!("{} s off {reference} time", off.num_seconds());
    Ok(match off {
        off if off > FAR => Finding::failed("clock", text, next),
        off if off > CLOSE => Finding::warning("clock", text, next),
        _ => Finding::good("clock", "agrees with the database"),
    })
}

/// The time of the newest event of all districts.
fn newest_event(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, DbError> {
    let mut newest: Option<DateTime<Utc>> = None;
    for district in store::districts(conn)? {
        let head = log::head::chain(conn, district)?.last.seq;
        let last = log::store::after(conn, district, head - 1, 1)?;
        newest = newest.max(last.last().map(|row| row.at.and_utc()));
    }
    Ok(newest)
}
