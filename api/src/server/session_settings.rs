//! The settings of access tokens and sessions.

use std::time::Duration;

use chrono::TimeDelta;

use super::raw_settings::{DAY, Raw};
use super::settings_error::{SettingsError, require};
use crate::auth::SessionRules;

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
    pub(super) fn new(raw: &Raw) -> Result<Self, SettingsError> {
        let lifetimes = [
            ("session_idle_s", raw.session_idle_s),
            ("session_phone_s", raw.session_phone_s),
            ("session_console_s", raw.session_console_s),
        ];
        for (name, seconds) in lifetimes {
            let reason = "must be from 1 to 315360000 seconds";
            require((1..=3_650 * DAY).contains(&seconds), name, reason)?;
        }
        for (name, seconds, least) in
            [("access_token_s", raw.access_token_s, 1), ("session_grace_s", raw.session_grace_s, 0)]
        {
            let reason = "must be a number of seconds up to 86400";
            require((least..=DAY).contains(&seconds), name, reason)?;
        }
        let in_range = (1..=100).contains(&raw.sessions_per_person);
        require(in_range, "sessions_per_person", "must be from 1 to 100")?;
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
