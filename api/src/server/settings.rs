//! The settings: defaults, then `gridward.toml`, then `GRIDWARD_*` variables.
//!
//! An unknown or invalid setting stops the start with a message that names it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::SecretString;

use super::enrolment_settings::EnrolmentSettings;
use super::identity_settings;
use super::limit_settings::LimitSettings;
use super::raw_settings::Raw;
use super::session_settings::SessionSettings;
use super::settings_error::{SettingsError, require};
use super::tls::TlsFiles;
use crate::attachment::blob_store::StorageLocation;
use crate::campaign::create_tasks::LaunchBatch;
use crate::db::Address;
use crate::http::cors::CorsOrigins;
use crate::http::public_origins::PublicOrigins;
use crate::http::trusted_proxies::TrustedProxies;
use crate::jobs::archive_events::Retention;
use crate::ops::about::Identity;
use crate::ops::logs::LogFormat;
use crate::task::reveals::reveal_budget::RevealBudget;
use crate::web::WebApps;

/// The default settings file; `GRIDWARD_CONFIG` overrides it.
pub const FILE: &str = "gridward.toml";
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
    /// `plan_threads`: threads that compute plans, 1 to 256.
    pub plan_threads: usize,
    /// `launch_batch`: the beneficiaries for which a launch creates tasks in one transaction, 1 to 5,000.
    pub launch_batch: LaunchBatch,
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
    /// `public_origins`: the origins under which clients reach the service. Default: the address
    /// that it listens on, for this machine only.
    pub public_origins: PublicOrigins,
    /// `trusted_proxies`: the networks of the proxies in front, which encrypt and name the client
    /// in `X-Forwarded-For` or `Forwarded`. Default: none.
    pub trusted_proxies: TrustedProxies,
    /// `tls_cert` and `tls_key`: the files for HTTPS. Default: none, so plain HTTP.
    pub tls: Option<TlsFiles>,
    /// `sign_ins_per_minute`, `searches_per_minute`, `connections`, `body_seconds`.
    pub limits: LimitSettings,
    /// `service_name`, `host_unit`, `filing_number`, `complaint_contact`, `phone_pin`.
    pub identity: Identity,
    /// `web`: whether the web apps are served.
    pub web: WebApps,
    pub(super) secret_key: Option<SecretString>,
    pub(super) key_file: Option<PathBuf>,
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
        let counts = [
            ("workers", raw.workers),
            ("readers", raw.readers),
            ("plan_threads", raw.plan_threads),
        ];
        for (name, count) in counts {
            require((1..=256).contains(&count), name, "must be from 1 to 256")?;
        }
        require((1..=5_000).contains(&raw.launch_batch), "launch_batch", "must be from 1 to 5000")?;
        let database = Address::parse(&raw.database_url)?;
        if let Some(host) = database.unencrypted_host() {
            return Err(SettingsError::PlainDatabase(host));
        }
        let beside = database.file().and_then(Path::parent).unwrap_or(Path::new("var"));
        let attachments = match &raw.attachments {
            Some(place) => StorageLocation::parse(place),
            None => StorageLocation::Folder(beside.join("attachments")),
        };
        require((1..=36_500).contains(&raw.keep_days), "keep_days", "must be from 1 to 36500")?;
        let keep_days = raw.keep_days;
        let reveals =
            RevealBudget { manager: raw.reveals_manager, supervisor: raw.reveals_supervisor };
        for (name, reveals) in
            [("reveals_manager", reveals.manager), ("reveals_supervisor", reveals.supervisor)]
        {
            require((1..=10_000).contains(&reveals), name, "must be from 1 to 10000")?;
        }
        Ok(Self {
            sessions: SessionSettings::new(&raw)?,
            enrolment: EnrolmentSettings::new(&raw)?,
            limits: LimitSettings::new(&raw)?,
            identity: identity_settings::identity(&raw)?,
            web: raw.web,
            attachments,
            reveals,
            retention: raw.archive.map(|folder| Retention { folder, keep_days }),
            database,
            listen: raw.listen,
            log: raw.log,
            log_format: raw.log_format,
            cors_origins: CorsOrigins::parse(&raw.cors_origins)?,
            public_origins: PublicOrigins::parse(&raw.public_origins)?,
            trusted_proxies: TrustedProxies::parse(&raw.trusted_proxies)?,
            tls: match (raw.tls_cert, raw.tls_key) {
                (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
                (None, None) => None,
                _ => return Err(SettingsError::HalfTls),
            },
            workers: raw.workers,
            readers: raw.readers,
            plan_threads: raw.plan_threads,
            launch_batch: LaunchBatch(raw.launch_batch),
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
        assert_eq!(
            with("public_origins = 'http://gridward.example.cn'").expect_err("not encrypted"),
            "the setting `public_origins`: `http://gridward.example.cn` is not an origin of the \
             service, such as https://gridward.example.cn or https://gridward.example.cn:8443 \
             (http:// only for this machine)"
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
