//! The errors of settings.

use thiserror::Error;

use crate::crypto::installation::KeyError;
use crate::db::DbError;
use crate::db::address::AddressError;
use crate::http::cors::NotAnOrigin;
use crate::http::public_origins::NotAPublicOrigin;
use crate::http::trusted_proxies::NotAProxyNetwork;

/// A setting that stops the start.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Unknown or invalid; names the setting and its source.
    #[error("invalid setting: {0}")]
    Unreadable(String),
    /// An invalid address of the database.
    #[error("the setting `database_url` {0}")]
    Database(#[from] AddressError),
    /// The connection to the database would show personal data on the network.
    #[error(
        "the setting `database_url` names {0}, which is reached over a network, and without \
         encryption that shows passwords and personal data: add sslmode=verify-full to the \
         address, with sslrootcert (or sslmode=verify-ca or require, which check less)"
    )]
    PlainDatabase(String),
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
    /// An invalid list of origins of the service.
    #[error("the setting `public_origins`: {0}")]
    PublicOrigins(#[from] NotAPublicOrigin),
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

/// Requires that a setting is in its range.
///
/// # Errors
/// [`SettingsError::OutOfRange`].
pub(super) const fn require(
    in_range: bool,
    name: &'static str,
    reason: &'static str,
) -> Result<(), SettingsError> {
    if in_range { Ok(()) } else { Err(SettingsError::OutOfRange { name, reason }) }
}
