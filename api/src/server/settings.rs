//! The settings: defaults, then `gridward.toml`, then `GRIDWARD_*` variables.
//!
//! An unknown or invalid setting stops the start with a message that names it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::enrolment_settings::{EnrolmentSettings, SecondFactor, Sms};
use super::setting_value;
use super::tls::TlsFiles;
use crate::attachment::blob_store::StorageLocation;
use crate::auth::SessionRules;
use crate::crypto::installation::KeyError;
use crate::db::address::AddressError;
use crate::db::{Address, DbError};
use crate::http::cors::{CorsOrigins, NotAnOrigin};
use crate::http::trusted_proxies::{NotAProxyNetwork, TrustedProxies};
use crate::jobs::archive_events::Retention;
use crate::ops::logs::LogFormat;
use crate::task::reveal_budget::RevealBudget;

/// The default settings file; `GRIDWARD_CONFIG` overrides it.
pub const FILE: &str = "gridward.toml";
/// Seconds of a day.
pub(super) const DAY: u32 = 86_400;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    database_url: String,
    listen: SocketAddr,
    #[serde(skip_serializing, default, deserialize_with = "setting_value::secret")]
    secret_key: Option<SecretString>,
    key_file: Option<PathBuf>,
    log: String,
    log_format: LogFormat,
    workers: usize,
    readers: usize,
    attachments: Option<String>,
    archive: Option<PathBuf>,
    keep_days: u32,
    reveals_manager: u32,
    reveals_supervisor: u32,
    access_token_s: u32,
    session_idle_s: u32,
    session_phone_s: u32,
    session_console_s: u32,
    session_grace_s: u32,
    sessions_per_person: usize,
    #[serde(deserialize_with = "setting_value::list")]
    cors_origins: Vec<String>,
    #[serde(deserialize_with = "setting_value::list")]
    trusted_proxies: Vec<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    sign_ins_per_minute: u32,
    connections: usize,
    body_seconds: u32,
    pub(super) second_factor: SecondFactor,
    pub(super) second_factor_grace: Option<NaiveDate>,
    pub(super) step_up_s: u32,
    pub(super) invitation_s: u32,
    pub(super) sms: Sms,
    pub(super) sms_url: Option<String>,
    #[serde(skip_serializing, default, deserialize_with = "setting_value::secret")]
    pub(super) sms_key: Option<SecretString>,
    pub(super) sms_per_day: u32,
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
            reveals_manager: 50,
            reveals_supervisor: 100,
            access_token_s: 600,
            session_idle_s: 14 * DAY,
            session_phone_s: 90 * DAY,
            session_console_s: 8 * 3_600,
            session_grace_s: 60,
            sessions_per_person: 5,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            sign_ins_per_minute: 120,
            connections: 20_000,
            body_seconds: 30,
            second_factor: SecondFactor::Required,
            second_factor_grace: None,
            step_up_s: 600,
            invitation_s: 7 * DAY,
            sms: Sms::Off,
            sms_url: None,
            sms_key: None,
            sms_per_day: 200,
        }
    }
}

/// The lifetimes of access tokens and sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// `access_token_s`: the lifetime of an access token, 1 to 86,400 seconds.
    pub access_token: Duration,
    /// `session_idle_s`, `session_phone_s`, `session_console_s` and `session_grace_s`, up to
    /// ten years; `sessions_per_person`, 1 to 100.
    pub rules: SessionRules,
}

impl SessionSettings {
    fn new(raw: &Raw) -> Result<Self, SettingsError> {
        let lifetimes = [
            ("session_idle_s", raw.session_idle_s),
            ("session_phone_s", raw.session_phone_s),
            ("session_console_s", raw.session_console_s),
        ];
        for (name, seconds) in lifetimes {
            if !(1..=3_650 * DAY).contains(&seconds) {
                let reason = "must be from 1 to 315360000 seconds";
                return Err(SettingsError::OutOfRange { name, reason });
            }
        }
        for (name, seconds, least) in
            [("access_token_s", raw.access_token_s, 1), ("session_grace_s", raw.session_grace_s, 0)]
        {
            if !(least..=DAY).contains(&seconds) {
                let reason = "must be a number of seconds up to 86400";
                return Err(SettingsError::OutOfRange { name, reason });
            }
        }
        if !(1..=100).contains(&raw.sessions_per_person) {
            let (name, reason) = ("sessions_per_person", "must be from 1 to 100");
            return Err(SettingsError::OutOfRange { name, reason });
        }
        let seconds = |seconds: u32| TimeDelta::seconds(seconds.into());
        Ok(Self {
            access_token: Duration::from_secs(raw.access_token_s.into()),
            rules: SessionRules {
                idle: seconds(raw.session_idle_s),
                phone: seconds(raw.session_phone_s),
                console: seconds(raw.session_console_s),
                grace: seconds(raw.session_grace_s),
                per_person: raw.sessions_per_person,
            },
        })
    }
}

/// The limits against guessing and overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `sign_ins_per_minute`: sign-in attempts from one /24 or /64 of addresses, at least 1.
    pub sign_ins_per_minute: NonZeroU32,
    /// `connections`: the maximum number of connections, 16 to 1,000,000; the limit of open files
    /// may permit fewer.
    pub connections: usize,
    /// `body_seconds`: the time for a request body, or for an upload without progress, 1 to 600.
    pub body_timeout: Duration,
}

impl LimitSettings {
    fn new(raw: &Raw) -> Result<Self, SettingsError> {
        let refused = |name, reason| SettingsError::OutOfRange { name, reason };
        if !(16..=1_000_000).contains(&raw.connections) {
            return Err(refused("connections", "must be from 16 to 1000000"));
        }
        if !(1..=600).contains(&raw.body_seconds) {
            return Err(refused("body_seconds", "must be from 1 to 600"));
        }
        let sign_ins_per_minute = NonZeroU32::new(raw.sign_ins_per_minute);
        Ok(Self {
            sign_ins_per_minute: sign_ins_per_minute
                .ok_or_else(|| refused("sign_ins_per_minute", "must be at least 1"))?,
            connections: raw.connections,
            body_timeout: Duration::from_secs(raw.body_seconds.into()),
        })
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
    /// `reveals_manager` and `reveals_supervisor`, 1 to 10,000: reveals per person and day.
    pub reveals: RevealBudget,
    /// `access_token_s`, `session_*_s`, `sessions_per_person`.
    pub sessions: SessionSettings,
    /// `second_factor`, `second_factor_grace`, `step_up_s`, `invitation_s`, `sms*`.
    pub enrolment: EnrolmentSettings,
    /// `cors_origins`: the origins of web pages that may call the API. Default: none.
    pub cors_origins: CorsOrigins,
    /// `trusted_proxies`: the networks of the proxies in front, which encrypt and name the client
    /// in `X-Forwarded-For` or `Forwarded`. Default: none.
    pub trusted_proxies: TrustedProxies,
    /// `tls_cert` and `tls_key`: the files for HTTPS. Default: none, so plain HTTP.
    pub tls: Option<TlsFiles>,
    /// `sign_ins_per_minute`, `connections`, `body_seconds`.
    pub limits: LimitSettings,
    pub(super) secret_key: Option<SecretString>,
    pub(super) key_file: Option<PathBuf>,
}

/// A setting that stops the start.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Unknown or invalid; names the setting and its source.
    #[error("invalid setting: {0}")]
    Unreadable(String),
    /// An invalid address of the database.
    #[error("the setting `database_url` {0}")]
    Database(#[from] AddressError),
    /// A value out of range.
    #[error("the setting `{name}` {reason}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// The requirement that it violates.
        reason: &'static str,
    },
    /// An invalid list of origins.
    #[error("the setting `cors_origins`: {0}")]
    CorsOrigins(#[from] NotAnOrigin),
    /// An invalid list of proxies.
    #[error("the setting `trusted_proxies`: {0}")]
    TrustedProxies(#[from] NotAProxyNetwork),
    /// A certificate without a key, or a key without a certificate.
    #[error("the settings `tls_cert` and `tls_key` need each other")]
    HalfTls,
    /// On PostgreSQL there is no default place for the key.
    #[error(
        "PostgreSQL requires `secret_key` (or `key_file`), the same on every server: set \
         GRIDWARD_SECRET_KEY to the output of `openssl rand -base64 32`, and keep a copy"
    )]
    NoKey,
    /// The key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database does not show whether the key is its own.
    #[error(transparent)]
    Unavailable(#[from] DbError),
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
        let raw: Raw =
            figment.extract().map_err(|error| SettingsError::Unreadable(without_source(&error)))?;
        for (name, count) in [("workers", raw.workers), ("readers", raw.readers)] {
            if !(1..=256).contains(&count) {
                return Err(SettingsError::OutOfRange { name, reason: "must be from 1 to 256" });
            }
        }
        let database = Address::parse(&raw.database_url)?;
        let beside = database.file().and_then(Path::parent).unwrap_or(Path::new("var"));
        let attachments = match &raw.attachments {
            Some(place) => StorageLocation::parse(place),
            None => StorageLocation::Folder(beside.join("attachments")),
        };
        if !(1..=36_500).contains(&raw.keep_days) {
            let reason = "must be from 1 to 36500";
            return Err(SettingsError::OutOfRange { name: "keep_days", reason });
        }
        let keep_days = raw.keep_days;
        let reveals =
            RevealBudget { manager: raw.reveals_manager, supervisor: raw.reveals_supervisor };
        for (name, reveals) in
            [("reveals_manager", reveals.manager), ("reveals_supervisor", reveals.supervisor)]
        {
            if !(1..=10_000).contains(&reveals) {
                return Err(SettingsError::OutOfRange { name, reason: "must be from 1 to 10000" });
            }
        }
        Ok(Self {
            sessions: SessionSettings::new(&raw)?,
            enrolment: EnrolmentSettings::new(&raw)?,
            limits: LimitSettings::new(&raw)?,
            attachments,
            reveals,
            retention: raw.archive.map(|folder| Retention { folder, keep_days }),
            database,
            listen: raw.listen,
            log: raw.log,
            log_format: raw.log_format,
            cors_origins: CorsOrigins::parse(&raw.cors_origins)?,
            trusted_proxies: TrustedProxies::parse(&raw.trusted_proxies)?,
            tls: match (raw.tls_cert, raw.tls_key) {
                (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
                (None, None) => None,
                _ => return Err(SettingsError::HalfTls),
            },
            workers: raw.workers,
            readers: raw.readers,
            secret_key: raw.secret_key,
            key_file: raw.key_file,
        })
    }
}

/// The error without the lines of the file that it quotes, which may contain a secret.
fn without_source(error: &figment::Error) -> String {
    let text = error.to_string();
    let quoted = |line: &&str| {
        line.trim_start()
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .starts_with('|')
    };
    text.lines().filter(|line| !quoted(line)).collect::<Vec<_>>().join(" ")
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
    use crate::crypto::InstallationKey;

    impl Settings {
        /// The settings of a file.
        pub(in crate::server) fn of_toml(toml: &str) -> Result<Self, SettingsError> {
            let defaults = Figment::from(Serialized::defaults(Raw::default()));
            Self::from_figment(&defaults.merge(Toml::string(toml)))
        }
    }

    fn with(toml: &str) -> Result<Settings, String> {
        Settings::of_toml(toml).map_err(|error| error.to_string())
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
            with("reveals_manager = 0").expect_err("0"),
            "the setting `reveals_manager` must be from 1 to 10000"
        );
        assert_eq!(
            with("session_idle_s = 0").expect_err("0"),
            "the setting `session_idle_s` must be from 1 to 315360000 seconds"
        );
        assert_eq!(
            with("sessions_per_person = 101").expect_err("101"),
            "the setting `sessions_per_person` must be from 1 to 100"
        );
        assert_eq!(
            with("trusted_proxies = 'proxy.local'").expect_err("a name"),
            "the setting `trusted_proxies`: `proxy.local` is not a network of proxies, such as \
             10.1.0.0/16 or 10.1.2.3"
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
    fn a_list_is_an_array_or_a_text_with_commas() {
        let origins = ["https://a.example", "https://b.example"].map(str::to_owned);
        let expected = CorsOrigins::parse(&origins).expect("origins");
        for toml in [
            "cors_origins = ['https://a.example', 'https://b.example']",
            "cors_origins = 'https://a.example, https://b.example,'",
        ] {
            assert_eq!(with(toml).expect("settings").cors_origins, expected, "{toml}");
        }
        assert_eq!(with("").expect("settings").cors_origins, CorsOrigins::default());
        assert_eq!(
            with("cors_origins = '*'").expect_err("a wildcard"),
            "the setting `cors_origins`: `*` is not an origin, such as https://console.example.cn"
        );
    }

    #[test]
    fn an_error_does_not_quote_a_secret() {
        for toml in ["secret_key = 123456789", "secret_key = s3cr3t", "secret_key = [ 's3cr3t' ]"] {
            let error = with(toml).and_then(|settings| {
                let key = settings.secret_key.as_ref().map(InstallationKey::from_setting);
                key.expect("a setting").map_err(|error| error.to_string())
            });
            let error = error.err().expect("an error");
            assert!(!error.contains("123456789") && !error.contains("s3cr3t"), "{error}");
        }
        let error = with("database_url = 'postgres://anna:s3 cr3t@db/x'").expect_err("a blank");
        assert!(error.contains("database_url") && !error.contains("cr3t"), "{error}");
    }
}
