//! The settings: defaults, then `gridward.toml`, then `GRIDWARD_*` variables.
//!
//! An unknown or invalid setting stops the start with a message that names it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::attachment::blob_store::StorageLocation;
use crate::crypto::installation::{InstallationKey, KeyError};
use crate::db::Address;
use crate::jobs::archive_events::Retention;
use crate::limits::TrustedProxies;
use crate::limits::address::TrustedProxiesError;
use crate::ops::logs::LogFormat;

/// The default settings file; `GRIDWARD_CONFIG` overrides it.
pub const FILE: &str = "gridward.toml";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    database_url: String,
    listen: SocketAddr,
    #[serde(skip_serializing)]
    secret_key: Option<SecretString>,
    key_file: Option<PathBuf>,
    log: String,
    log_format: LogFormat,
    workers: usize,
    readers: usize,
    attachments: Option<String>,
    archive: Option<PathBuf>,
    keep_days: u32,
    trusted_proxies: String,
    sign_ins_per_minute: u32,
    connections: usize,
    body_seconds: u32,
}

impl Default for Raw {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            database_url: "var/gridward.db".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            secret_key: None,
            key_file: None,
            log: "info".to_owned(),
            log_format: LogFormat::Human,
            workers: cores,
            readers: (2 * cores).max(4),
            attachments: None,
            archive: None,
            keep_days: 184,
            trusted_proxies: String::new(),
            sign_ins_per_minute: 120,
            connections: 20_000,
            body_seconds: 30,
        }
    }
}

/// The settings of this installation.
#[derive(Debug)]
pub struct Settings {
    /// `database_url`: a file for SQLite, `postgres://...` for PostgreSQL.
    pub database: Address,
    /// `listen`: the address and port to serve on; with port 0, a free one.
    pub listen: SocketAddr,
    /// `log`: the filter for log lines, such as `info` or `gridward=debug,info`.
    pub log: String,
    /// `log_format`: `human` or `json`.
    pub log_format: LogFormat,
    /// `workers`: threads that serve requests, 1 to 256.
    pub workers: usize,
    /// `readers`: connections for reading, 1 to 256.
    pub readers: usize,
    /// `attachments`: a folder, or `s3://bucket/prefix`. Default: beside the SQLite file.
    pub attachments: StorageLocation,
    /// `archive`: the folder that a daily job moves old events into, and
    /// `keep_days`, 1 to 36,500: how many days they stay. Default: none.
    pub retention: Option<Retention>,
    /// `trusted_proxies`: the proxies whose `X-Forwarded-For` or `Forwarded` names the client.
    pub trusted_proxies: TrustedProxies,
    /// `sign_ins_per_minute`: sign-in attempts from one /24 or /64 of addresses, at least 1.
    pub sign_ins_per_minute: NonZeroU32,
    /// `connections`: the maximum number of connections, 16 to 1,000,000; the limit of open files
    /// may permit fewer.
    pub connections: usize,
    /// `body_seconds`: the time for a request body, or for an upload without progress, 1 to 600.
    pub body_timeout: Duration,
    secret_key: Option<SecretString>,
    key_file: Option<PathBuf>,
}

/// A setting that stops the start.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Unknown or invalid; names the setting and its source.
    #[error("invalid setting: {0}")]
    Unreadable(Box<figment::Error>),
    /// A value out of range.
    #[error("the setting `{name}` {reason}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// The requirement that it violates.
        reason: &'static str,
    },
    /// `trusted_proxies` is unreadable.
    #[error("the setting `trusted_proxies` {0}")]
    TrustedProxies(#[from] TrustedProxiesError),
    /// On PostgreSQL there is no default place for the key.
    #[error(
        "PostgreSQL requires `secret_key` (or `key_file`), the same on every server: set \
         GRIDWARD_SECRET_KEY to the output of `openssl rand -base64 32`, and keep a copy"
    )]
    NoKey,
    /// The key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Settings {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// [`SettingsError`], naming the setting.
    pub fn load() -> Result<Self, SettingsError> {
        let file = std::env::var("GRIDWARD_CONFIG").unwrap_or_else(|_| FILE.to_owned());
        let figment =
            Figment::from(Serialized::defaults(Raw::default())).merge(Toml::file(file)).merge(
                Env::prefixed("GRIDWARD_")
                    .ignore(&["config"])
                    .filter(|name| !is_service_link(name.as_str())),
            );
        Self::from_figment(&figment)
    }

    fn from_figment(figment: &Figment) -> Result<Self, SettingsError> {
        let unreadable = |error| SettingsError::Unreadable(Box::new(error));
        let raw: Raw = figment.extract().map_err(unreadable)?;
        for (name, count) in [("workers", raw.workers), ("readers", raw.readers)] {
            if !(1..=256).contains(&count) {
                return Err(SettingsError::OutOfRange { name, reason: "must be from 1 to 256" });
            }
        }
        if raw.database_url.trim().is_empty() {
            let reason = "must be a file or a postgres:// address";
            return Err(SettingsError::OutOfRange { name: "database_url", reason });
        }
        let database = Address::parse(&raw.database_url);
        let beside = database.file().and_then(Path::parent).unwrap_or(Path::new("var"));
        let attachments = match &raw.attachments {
            Some(place) => StorageLocation::parse(place),
            None => StorageLocation::Folder(beside.join("attachments")),
        };
        if !(1..=36_500).contains(&raw.keep_days) {
            let reason = "must be from 1 to 36500";
            return Err(SettingsError::OutOfRange { name: "keep_days", reason });
        }
        if !(16..=1_000_000).contains(&raw.connections) {
            let reason = "must be from 16 to 1000000";
            return Err(SettingsError::OutOfRange { name: "connections", reason });
        }
        if !(1..=600).contains(&raw.body_seconds) {
            let reason = "must be from 1 to 600";
            return Err(SettingsError::OutOfRange { name: "body_seconds", reason });
        }
        let sign_ins_per_minute = NonZeroU32::new(raw.sign_ins_per_minute).ok_or({
            let reason = "must be at least 1";
            SettingsError::OutOfRange { name: "sign_ins_per_minute", reason }
        })?;
        let keep_days = raw.keep_days;
        Ok(Self {
            attachments,
            retention: raw.archive.map(|folder| Retention { folder, keep_days }),
            database,
            listen: raw.listen,
            log: raw.log,
            log_format: raw.log_format,
            workers: raw.workers,
            readers: raw.readers,
            trusted_proxies: raw.trusted_proxies.parse()?,
            sign_ins_per_minute,
            connections: raw.connections,
            body_timeout: Duration::from_secs(raw.body_seconds.into()),
            secret_key: raw.secret_key,
            key_file: raw.key_file,
        })
    }

    /// The installation's key: from `secret_key`, from `key_file`, or, on
    /// SQLite, from a file beside the database, created at the first start.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn installation_key(&self) -> Result<InstallationKey, SettingsError> {
        if let Some(secret) = &self.secret_key {
            return Ok(InstallationKey::from_setting(secret)?);
        }
        let beside = |file: &Path| file.with_extension("key");
        let file = self.key_file.clone().or_else(|| self.database.file().map(beside));
        Ok(InstallationKey::from_file(&file.ok_or(SettingsError::NoKey)?)?)
    }
}

/// Whether Kubernetes sets the variable: for a Service named `gridward`, each container gets
/// its addresses in variables with our prefix.
fn is_service_link(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let or_longer = |stem: &str| {
        name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    name == "service_host" || or_longer("service_port") || or_longer("port")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str) -> Result<Settings, String> {
        let figment = Figment::from(Serialized::defaults(Raw::default())).merge(Toml::string(toml));
        Settings::from_figment(&figment).map_err(|error| error.to_string())
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = with("database = 'x'").expect_err("unknown");
        assert!(error.contains("database"), "{error}");
    }

    #[test]
    fn only_what_kubernetes_makes_of_a_service_is_passed_over() {
        for link in
            ["PORT", "PORT_8080_TCP", "PORT_8080_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT_HTTP"]
        {
            assert!(is_service_link(link), "{link}");
        }
        for other in ["LISTEN", "PORTS", "SERVICE", "SERVICE_HOSTS", "SERVICE_PORTAL"] {
            assert!(!is_service_link(other), "{other}");
        }
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        assert_eq!(
            with("workers = 0").expect_err("0"),
            "the setting `workers` must be from 1 to 256"
        );
        assert_eq!(
            with("keep_days = 0").expect_err("0"),
            "the setting `keep_days` must be from 1 to 36500"
        );
        assert_eq!(
            with("trusted_proxies = 'proxy.local'").expect_err("a name"),
            "the setting `trusted_proxies` must be addresses or networks such as 10.0.0.0/8, \
             separated by commas"
        );
        let error = with("listen = 'nowhere'").expect_err("listen");
        assert!(error.contains("listen"), "{error}");
    }

    #[test]
    fn old_events_are_archived_only_where_a_folder_is_named() {
        let retention = |toml| with(toml).expect("settings").retention;
        assert_eq!(retention("keep_days = 30"), None);
        let folder = PathBuf::from("var/archive");
        assert_eq!(
            retention("archive = 'var/archive'"),
            Some(Retention { folder, keep_days: 184 })
        );
    }

    #[test]
    fn postgres_without_a_key_does_not_start() {
        let settings = with("database_url = 'postgres://localhost/gridward'").expect("settings");
        assert!(matches!(settings.installation_key(), Err(SettingsError::NoKey)));
    }
}
