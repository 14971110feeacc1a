//! The settings of the limits against guessing and overload.

use std::num::NonZeroU32;
use std::time::Duration;

use super::raw_settings::Raw;
use super::settings_error::{SettingsError, require};

/// The limits against guessing and overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `sign_ins_per_minute`: sign-in attempts from one /24 or /64 of addresses, at least 1.
    pub sign_ins_per_minute: NonZeroU32,
    /// `searches_per_minute`: searches for people and beneficiaries by one account, at least 1.
    pub searches_per_minute: NonZeroU32,
    /// `connections`: the maximum number of connections, 16 to 1,000,000; the limit of open files
    /// may permit fewer.
    pub connections: usize,
    /// `connections_per_address`: the maximum number of connections of one address, at least 1;
    /// `None` for a quarter of all, without a limit for this machine.
    pub connections_per_address: Option<usize>,
    /// `body_seconds`: the time for a request body, or for an upload without progress, 1 to 600.
    pub body_timeout: Duration,
}

impl LimitSettings {
    pub(super) fn new(raw: &Raw) -> Result<Self, SettingsError> {
        let connections = (16..=1_000_000).contains(&raw.connections);
        require(connections, "connections", "must be from 16 to 1000000")?;
        let per_address = raw.connections_per_address != Some(0);
        require(per_address, "connections_per_address", "must be at least 1")?;
        require((1..=600).contains(&raw.body_seconds), "body_seconds", "must be from 1 to 600")?;
        Ok(Self {
            sign_ins_per_minute: rate("sign_ins_per_minute", raw.sign_ins_per_minute)?,
            searches_per_minute: rate("searches_per_minute", raw.searches_per_minute)?,
            connections: raw.connections,
            connections_per_address: raw.connections_per_address,
            body_timeout: Duration::from_secs(raw.body_seconds.into()),
        })
    }
}

fn rate(name: &'static str, number: u32) -> Result<NonZeroU32, SettingsError> {
    let reason = "must be at least 1";
    NonZeroU32::new(number).ok_or(SettingsError::OutOfRange { name, reason })
}
