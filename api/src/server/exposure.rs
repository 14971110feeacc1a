//! Who can reach the server, and whether that is safe.

use std::net::SocketAddr;

use gridward_domain::area::AreaCode;
use thiserror::Error;

use super::settings::Settings;
use crate::db::{Conn, DbError};
use crate::demo::mark;

/// Why the server must not listen where its settings say.
#[derive(Debug, Error)]
pub enum ExposureError {
    /// Passwords and personal data would be readable on the network.
    #[error(
        "`listen` is {0}, which other machines can reach, and plain HTTP shows them passwords and \
         personal data: set `tls_cert` and `tls_key`, or `trusted_proxies` to the proxy that \
         encrypts, or listen on 127.0.0.1"
    )]
    PlainHttp(SocketAddr),
    /// Phones could not prove their keys, and invitations would not reach the service.
    #[error(
        "other machines reach this server, by `listen` ({0}) or by `trusted_proxies`: set \
         `public_origins` to the origins that they use, such as https://gridward.example.cn, which \
         proofs of devices' keys and invitations must name"
    )]
    NoPublicOrigin(SocketAddr),
    /// Anybody could sign in.
    #[error(
        "the database contains the demo district {district}, whose passwords are public, so it is \
         served on a loopback address only, not on {listen}: set `listen` to 127.0.0.1:{}, or use \
         a new database", .listen.port()
    )]
    Demo {
        /// The district.
        district: AreaCode,
        /// The setting `listen`.
        listen: SocketAddr,
    },
    /// The database does not show whether it is a demo.
    #[error(transparent)]
    Unavailable(#[from] DbError),
}

/// Whether only this machine can reach the address.
pub fn is_loopback(listen: SocketAddr) -> bool {
    listen.ip().to_canonical().is_loopback()
}

/// Checks that passwords and personal data are not sent unencrypted over a network.
///
/// # Errors
/// [`ExposureError::PlainHttp`].
fn check_encryption(settings: &Settings) -> Result<(), ExposureError> {
    let encrypted = settings.tls.is_some() || !settings.trusted_proxies.is_empty();
    if encrypted || is_loopback(settings.listen) {
        Ok(())
    } else {
        Err(ExposureError::PlainHttp(settings.listen))
    }
}

/// As [`check_encryption`], and checks that the origins are known which other machines use: the
/// server does not take them from requests.
///
/// # Errors
/// [`ExposureError::PlainHttp`], [`ExposureError::NoPublicOrigin`].
pub fn check_network(settings: &Settings) -> Result<(), ExposureError> {
    check_encryption(settings)?;
    let is_local = is_loopback(settings.listen) && settings.trusted_proxies.is_empty();
    if is_local || !settings.public_origins.is_empty() {
        Ok(())
    } else {
        Err(ExposureError::NoPublicOrigin(settings.listen))
    }
}

/// Checks that other machines cannot reach a demo; returns the demo district, if there is one. The
/// tables are current.
///
/// # Errors
/// [`ExposureError::Demo`], or that of the database.
pub fn check_demo(settings: &Settings, conn: &mut Conn) -> Result<Option<AreaCode>, ExposureError> {
    let listen = settings.listen;
    match mark::find(conn)? {
        Some(district) if !is_loopback(listen) => Err(ExposureError::Demo { district, listen }),
        demo => Ok(demo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_or_behind_a_proxy() {
        for (toml, safe) in [
            ("", true),
            ("listen = '127.0.0.2:80'", true),
            ("listen = '[::1]:80'", true),
            ("listen = '[::ffff:127.0.0.1]:80'", true),
            ("listen = '0.0.0.0:80'", false),
            ("listen = '[::]:80'", false),
            ("listen = '192.0.2.1:80'", false),
            ("listen = '0.0.0.0:443'\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'", true),
            ("listen = '0.0.0.0:80'\ntrusted_proxies = '10.0.0.0/8'", true),
        ] {
            let settings = Settings::of_toml(toml).expect("settings");
            assert_eq!(check_encryption(&settings).is_ok(), safe, "{toml}");
        }
    }

    #[test]
    fn a_server_that_others_reach_knows_its_origins() {
        let origins = "public_origins = 'https://gridward.example.cn'";
        for (toml, complete) in [
            ("", true),
            ("tls_cert = 'cert.pem'\ntls_key = 'key.pem'", true),
            ("trusted_proxies = '127.0.0.1'", false),
            ("listen = '0.0.0.0:443'\ntls_cert = 'cert.pem'\ntls_key = 'key.pem'", false),
        ] {
            for (more, complete) in [("", complete), (origins, true)] {
                let settings = Settings::of_toml(&format!("{toml}\n{more}")).expect("settings");
                assert_eq!(check_network(&settings).is_ok(), complete, "{toml} {more}");
            }
        }
    }
}
