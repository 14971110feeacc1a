//! Examines an installation: the checks of a start, and those of its surroundings. Nothing is
//! created or changed.
//!
//! A start makes the same checks from the same lists ([`check_start`], [`check_database`]), and stops
//! at the first that fails.

mod contents;
mod finding;
mod surroundings;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use thiserror::Error;

use super::exposure::{self, ExposureError};
use super::settings::Settings;
use super::settings_error::SettingsError;
use super::tls::{TlsError, TlsFiles};
use crate::crypto::installation::KeyError;
use crate::crypto::private_file::PrivateFileError;
use crate::db::Conn;

pub use finding::{Finding, Status, next_command};

/// The command after a correction that has no command of its own.
pub const AGAIN: &str = "gridward doctor";
/// The command for a database without a district.
const IMPORT: &str = "gridward import DIR";

/// The findings, and the command that comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The result of each check.
    pub findings: Vec<Finding>,
    /// One command.
    pub next: String,
}

impl Diagnosis {
    /// Whether the server can start.
    pub fn is_ready(&self) -> bool {
        self.findings.iter().all(|finding| finding.status != Status::Failed)
    }
}

/// The checks of a start before it opens the database.
fn of_start(settings: &Settings) -> Vec<Finding> {
    let certificate = settings.tls.as_ref().map(certificate);
    [listen(settings)].into_iter().chain(certificate).collect()
}

/// A check of a start failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refusal(String);

fn refuse(findings: Vec<Finding>) -> Result<(), Refusal> {
    let fault = findings.into_iter().find(|finding| finding.status == Status::Failed);
    fault.map_or(Ok(()), |fault| Err(Refusal(fault.text)))
}

/// Checks that the server may start with these settings, before it opens the database.
///
/// # Errors
/// [`Refusal`] with the first fault.
pub fn check_start(settings: &Settings) -> Result<(), Refusal> {
    refuse(of_start(settings))
}

/// Checks that the server may serve the database, whose tables are current; returns its demo
/// district, if there is one.
///
/// # Errors
/// [`Refusal`] with the first fault.
pub fn check_database(settings: &Settings, conn: &mut Conn) -> Result<Option<AreaCode>, Refusal> {
    let found = contents::of_start(settings, conn);
    let (findings, demo) = found.map_err(|error| Refusal(error.to_string()))?;
    refuse(findings)?;
    Ok(demo)
}

/// Examines the installation with these settings at `now`.
pub fn examine(settings: &Result<Settings, SettingsError>, now: DateTime<Utc>) -> Diagnosis {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let findings = vec![Finding::failed("settings", error, AGAIN)];
            return Diagnosis { findings, next: AGAIN.to_owned() };
        }
    };
    let mut findings = vec![Finding::good("settings", "valid")];
    findings.extend(of_start(settings));
    findings.extend(grace(settings, now));
    let (found, conn) = database(settings);
    findings.push(found);
    let mut otherwise = IMPORT;
    match conn {
        None => findings.push(key_alone(settings)),
        Some(mut conn) => match contents::examine(settings, &mut conn, now) {
            Ok(found) => {
                findings.extend(found.findings);
                if found.has_district {
                    otherwise = "gridward serve";
                }
            }
            Err(error) => findings.push(Finding::failed("database", error, AGAIN)),
        },
    }
    findings.extend(surroundings::examine(settings));
    let next = next_command(&findings, otherwise);
    Diagnosis { findings, next }
}

fn listen(settings: &Settings) -> Finding {
    let (subject, listen) = ("listen", settings.listen);
    match exposure::check_network(settings) {
        Err(error @ ExposureError::NoPublicOrigin(_)) => {
            let next = "GRIDWARD_PUBLIC_ORIGINS=https://HOST gridward serve";
            Finding::failed(subject, error, next)
        }
        Err(error) => Finding::failed(subject, error, serve_on_loopback(settings)),
        Ok(()) if settings.tls.is_some() => Finding::good(subject, format!("{listen}, HTTPS")),
        Ok(()) if exposure::is_loopback(listen) => {
            Finding::good(subject, format!("{listen}, for this machine only"))
        }
        Ok(()) => Finding::good(subject, format!("{listen}, behind trusted proxies")),
    }
}

/// The time in which people of an older database enrol by signing in; `None` if there is none.
fn grace(settings: &Settings, now: DateTime<Utc>) -> Option<Finding> {
    let policy = settings.enrolment.second_factor;
    let last = policy.grace.filter(|_| policy.is_required)?;
    let subject = "enrolment";
    Some(if policy.is_in_grace(now) {
        Finding::good(subject, format!("people of an older database sign in to enrol until {last}"))
    } else {
        let text = format!(
            "the time to enrol by signing in ended on {last}: all others need an invitation, and \
             `second_factor_grace` has no effect any more"
        );
        Finding::warning(subject, text, "gridward user invite PHONE")
    })
}

/// A start that other machines cannot reach.
fn serve_on_loopback(settings: &Settings) -> String {
    format!("GRIDWARD_LISTEN=127.0.0.1:{} gridward serve", settings.listen.port())
}

fn certificate(files: &TlsFiles) -> Finding {
    match files.load() {
        Ok(_) => Finding::good("certificate", "fits its key"),
        Err(error) => {
            let next = match &error {
                TlsError::KeyFile(file) => next_for_file(file),
                _ => format!("openssl x509 -noout -subject -in {}", files.cert.display()),
            };
            Finding::failed("certificate", error, next)
        }
    }
}

/// The database, and a connection if it exists.
fn database(settings: &Settings) -> (Finding, Option<Conn>) {
    let (subject, address) = ("database", &settings.database);
    // A connection would create the file.
    if address.file().is_some_and(|file| !file.exists()) {
        return (Finding::good(subject, format!("{address:?} does not exist yet")), None);
    }
    match address.connect() {
        Ok(conn) => (Finding::good(subject, format!("{address:?} is reachable")), Some(conn)),
        Err(error) => (Finding::failed(subject, error, AGAIN), None),
    }
}

/// The key without a database to compare it with.
fn key_alone(settings: &Settings) -> Finding {
    match settings.find_key() {
        Ok(_) => Finding::good("key", "valid, or created with the database"),
        Err(error) => key_fault(&error),
    }
}

/// A fault of the key.
fn key_fault(error: &SettingsError) -> Finding {
    let next = match error {
        SettingsError::Key(KeyError::File(file)) => next_for_file(file),
        SettingsError::Key(KeyError::Missing(path)) => format!("cp COPY {}", path.display()),
        SettingsError::NoKey | SettingsError::Key(KeyError::NotRandom { .. }) => {
            "export GRIDWARD_SECRET_KEY=$(openssl rand -base64 32)".to_owned()
        }
        _ => AGAIN.to_owned(),
    };
    Finding::failed("key", error, next)
}

fn next_for_file(error: &PrivateFileError) -> String {
    match error {
        PrivateFileError::Exposed { path, .. } => format!("chmod 600 {}", path.display()),
        PrivateFileError::Io { path, .. } => format!("ls -l {}", path.display()),
    }
}
