//! The settings as read, with their defaults, before they are checked.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::setting_value;
use crate::ops::about::PhonePin;
use crate::ops::logs::LogFormat;
use crate::web::WebApps;

/// The setting `second_factor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecondFactor {
    /// Each person needs an enrolled device or an authenticator app.
    Required,
    /// A password suffices.
    Off,
}

/// The setting `sms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sms {
    /// No messages are sent.
    Off,
    /// Codes are written to the log, for development.
    Log,
    /// Messages are posted to a provider.
    Http,
}

/// Seconds of a day.
pub(super) const DAY: u32 = 86_400;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) database_url: String,
    pub(super) listen: SocketAddr,
    #[serde(skip_serializing, default, deserialize_with = "setting_value::secret")]
    pub(super) secret_key: Option<SecretString>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) log: String,
    pub(super) log_format: LogFormat,
    pub(super) workers: usize,
    pub(super) readers: usize,
    pub(super) plan_threads: usize,
    pub(super) launch_batch: i64,
    pub(super) attachments: Option<String>,
    pub(super) archive: Option<PathBuf>,
    pub(super) keep_days: u32,
    pub(super) reveals_manager: u32,
    pub(super) reveals_supervisor: u32,
    pub(super) access_token_s: u32,
    pub(super) session_idle_s: u32,
    pub(super) session_phone_s: u32,
    pub(super) session_console_s: u32,
    pub(super) session_grace_s: u32,
    pub(super) sessions_per_person: usize,
    #[serde(deserialize_with = "setting_value::list")]
    pub(super) cors_origins: Vec<String>,
    #[serde(deserialize_with = "setting_value::list")]
    pub(super) public_origins: Vec<String>,
    #[serde(deserialize_with = "setting_value::list")]
    pub(super) trusted_proxies: Vec<String>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) sign_ins_per_minute: u32,
    pub(super) searches_per_minute: u32,
    pub(super) connections: usize,
    pub(super) connections_per_address: Option<usize>,
    pub(super) body_seconds: u32,
    pub(super) second_factor: SecondFactor,
    pub(super) second_factor_grace: Option<NaiveDate>,
    pub(super) step_up_s: u32,
    pub(super) invitation_s: u32,
    pub(super) sms: Sms,
    pub(super) sms_url: Option<String>,
    #[serde(skip_serializing, default, deserialize_with = "setting_value::secret")]
    pub(super) sms_key: Option<SecretString>,
    pub(super) sms_per_day: u32,
    #[serde(default, deserialize_with = "setting_value::text")]
    pub(super) service_name: Option<String>,
    #[serde(default, deserialize_with = "setting_value::text")]
    pub(super) host_unit: Option<String>,
    #[serde(default, deserialize_with = "setting_value::text")]
    pub(super) filing_number: Option<String>,
    #[serde(default, deserialize_with = "setting_value::text")]
    pub(super) complaint_contact: Option<String>,
    pub(super) phone_pin: PhonePin,
    pub(super) web: WebApps,
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
            plan_threads: (cores / 2).max(1),
            launch_batch: 500,
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
            public_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            sign_ins_per_minute: 120,
            searches_per_minute: 60,
            connections: 20_000,
            connections_per_address: None,
            body_seconds: 30,
            second_factor: SecondFactor::Required,
            second_factor_grace: None,
            step_up_s: 600,
            invitation_s: 7 * DAY,
            sms: Sms::Off,
            sms_url: None,
            sms_key: None,
            sms_per_day: 200,
            service_name: None,
            host_unit: None,
            filing_number: None,
            complaint_contact: None,
            phone_pin: PhonePin::Asked,
            web: WebApps::Embedded,
        }
    }
}
