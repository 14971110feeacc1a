//! The origins under which clients reach the service: the setting decides, since a request's own
//! `Host` is the choice of its sender.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Uri;
use thiserror::Error;

/// Scheme, host and port, normalized (RFC 3986, 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_encrypted: bool,
    /// In lower case; an IPv6 address has brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an absolute URL; `None` if it has another scheme, a user or an invalid port.
    pub fn of(url: &Uri) -> Option<Self> {
        let (scheme, authority) = (url.scheme_str()?, url.authority()?);
        let is_encrypted = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        // The library takes any text for a port. Before the host there may only be a user.
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => default_port(is_encrypted),
            rest => rest.strip_prefix(':').filter(|port| is_number(port))?.parse().ok()?,
        };
        Some(Self { is_encrypted, host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether only this machine has the host.
    fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        self.host == "localhost" || address.parse().is_ok_and(is_loopback)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit())
}

const fn default_port(is_encrypted: bool) -> u16 {
    if is_encrypted { 443 } else { 80 }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_encrypted, host, port } = self;
        write!(f, "{}://{host}", if *is_encrypted { "https" } else { "http" })?;
        if *port == default_port(*is_encrypted) { Ok(()) } else { write!(f, ":{port}") }
    }
}

/// The text is not an origin that phones can reach over TLS.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not an origin of the service, such as https://gridward.example.cn or \
     https://gridward.example.cn:8443 (http:// only for this machine)"
)]
pub struct NotAPublicOrigin(String);

/// The public origins of the service; none if it serves this machine only, on its own address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicOrigins(Arc<[Origin]>);

impl PublicOrigins {
    /// Parses origins: scheme, host and, unless it is the default, port.
    ///
    /// # Errors
    /// [`NotAPublicOrigin`].
    pub fn parse(origins: &[String]) -> Result<Self, NotAPublicOrigin> {
        let origin = |text: &String| origin(text).ok_or_else(|| NotAPublicOrigin(text.clone()));
        origins.iter().map(origin).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The origins under which `request` may have reached the service.
    pub fn of_service(&self, request: &HttpRequest) -> ServiceOrigins<'_> {
        if self.is_empty() {
            let socket = request.app_config();
            let (is_encrypted, address) = (socket.secure(), socket.local_addr());
            ServiceOrigins::Loopback { is_encrypted, address }
        } else {
            ServiceOrigins::Public(&self.0)
        }
    }
}

fn origin(text: &str) -> Option<Origin> {
    let url: Uri = text.parse().ok()?;
    let (scheme, authority) = (url.scheme_str()?, url.authority()?);
    let origin = Origin::of(&url)?;
    let is_alone = text.eq_ignore_ascii_case(&format!("{scheme}://{authority}"));
    (is_alone && (origin.is_encrypted || origin.is_loopback())).then_some(origin)
}

/// The origins under which a request may have reached the service.
#[derive(Clone, Copy, Debug)]
pub enum ServiceOrigins<'a> {
    /// Those of the setting.
    Public(&'a [Origin]),
    /// Any name of this machine, with the port of the socket.
    Loopback {
        /// Whether the socket speaks TLS.
        is_encrypted: bool,
        /// The address of the socket.
        address: SocketAddr,
    },
}

impl ServiceOrigins<'_> {
    /// Whether `origin` is one of them.
    pub fn contains(self, origin: &Origin) -> bool {
        match self {
            Self::Public(origins) => origins.contains(origin),
            Self::Loopback { is_encrypted, address } => {
                origin.is_encrypted == is_encrypted
                    && origin.port == address.port()
                    && origin.is_loopback()
            }
        }
    }

    /// The first, for links to the service.
    pub fn first(self) -> String {
        match self {
            Self::Public([first, ..]) => first.to_string(),
            Self::Public([]) => String::new(),
            Self::Loopback { is_encrypted, address } => {
                let host = match address.ip() {
                    IpAddr::V4(address) => address.to_string(),
                    IpAddr::V6(address) => format!("[{address}]"),
                };
                Origin { is_encrypted, host, port: address.port() }.to_string()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PublicOrigins, NotAPublicOrigin> {
        PublicOrigins::parse(&[text.to_owned()])
    }

    fn of(url: &str) -> Origin {
        Origin::of(&url.parse().expect("a URL")).expect("an origin")
    }

    #[test]
    fn a_public_origin_is_encrypted_or_on_this_machine() {
        for good in [
            "https://gridward.example.cn",
            "HTTPS://Gridward.example.cn:8443",
            "https://[2001:db8::1]",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "gridward.example.cn",
            "http://gridward.example.cn",
            "https://gridward.example.cn/",
            "https://gridward.example.cn/m",
            "https://gridward.example.cn#m",
            "https://anna@gridward.example.cn",
            "https://gridward.example.cn:x",
            "https://gridward.example.cn:",
            "https://gridward.example.cn:+443",
            "https://gridward.example.cn:65536",
            "ftp://gridward.example.cn",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn case_and_default_port_do_not_count() {
        let origins = parse("https://gridward.example.cn").expect("an origin");
        let origins = ServiceOrigins::Public(&origins.0);
        for same in ["https://GRIDWARD.example.cn:443/v1/me", "https://gridward.example.cn/x?y"] {
            assert!(origins.contains(&of(same)), "{same}");
        }
        for other in [
            "http://gridward.example.cn/",
            "https://gridward.example.cn:8443/",
            "https://gridward.example.cn.evil.example/",
            "https://127.0.0.1/",
        ] {
            assert!(!origins.contains(&of(other)), "{other}");
        }
        assert_eq!(origins.first(), "https://gridward.example.cn");
    }

    #[test]
    fn without_the_setting_any_name_of_this_machine_counts() {
        let address = "127.0.0.1:8080".parse().expect("an address");
        let here = ServiceOrigins::Loopback { is_encrypted: false, address };
        for same in ["http://127.0.0.1:8080/", "http://localhost:8080/", "http://[::1]:8080/"] {
            assert!(here.contains(&of(same)), "{same}");
        }
        for other in
            ["https://127.0.0.1:8080/", "http://127.0.0.1/", "http://gridward.example:8080/"]
        {
            assert!(!here.contains(&of(other)), "{other}");
        }
        assert_eq!(here.first(), "http://127.0.0.1:8080");
        let address = "[::1]:443".parse().expect("an address");
        let here = ServiceOrigins::Loopback { is_encrypted: true, address };
        assert_eq!(here.first(), "https://[::1]");
    }
}
