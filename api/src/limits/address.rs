//! The address of a client, also behind a proxy, and its prefix.
//!
//! Limits count by prefix (/24 for IPv4, /64 for IPv6), since one machine may use any address of
//! its prefix. A header names the client only if a trusted proxy sent it.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;
use thiserror::Error;

use super::Limits;
use crate::http::problem::Problem;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The bits of an address that limits distinguish.
const IPV4_BITS: u8 = 24;
const IPV6_BITS: u8 = 64;

/// The prefix of a client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix(IpNet);

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { IPV4_BITS } else { IPV6_BITS };
        Self(IpNet::new_assert(address, bits).trunc())
    }
}

impl FromRequest for Prefix {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl Prefix {
    /// The prefix of the client that sent `request`.
    pub fn of(request: &HttpRequest) -> Self {
        // A request without a peer comes from this machine.
        let peer = request.peer_addr().map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
        let limits = request.app_data::<Data<Limits>>();
        limits.map_or(peer, |limits| limits.proxies.client(peer, request.headers())).into()
    }
}

/// The proxies whose `X-Forwarded-For` (or `Forwarded`, RFC 7239) is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// A text that is not a list of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be addresses or networks such as 10.0.0.0/8, separated by commas")]
pub struct TrustedProxiesError;

impl FromStr for TrustedProxies {
    type Err = TrustedProxiesError;

    fn from_str(text: &str) -> Result<Self, TrustedProxiesError> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let network = |word: &str| {
            let network = word.parse().or_else(|_| word.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| TrustedProxiesError)
        };
        Ok(Self(words.map(network).collect::<Result<_, _>>()?))
    }
}

impl TrustedProxies {
    /// Whether no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind `peer`: the last address in the header that is not a trusted proxy. A
    /// client can send both headers, but a proxy usually completes only one; if they disagree,
    /// neither is believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let listed = self.last_untrusted(headers, &X_FORWARDED_FOR, address);
        let forwarded = self.last_untrusted(headers, &FORWARDED, forwarded_for);
        match (listed, forwarded) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// The last address of the header that is not a trusted proxy; the first if all are, and
    /// `None` without the header or after an unreadable entry.
    fn last_untrusted(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let lines: Vec<&str> =
            headers.get_all(name).filter_map(|line| line.to_str().ok()).collect();
        let mut client = None;
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            client = Some(read(entry.trim())?);
            if client.is_some_and(|address| !self.contains(address)) {
                break;
            }
        }
        client
    }
}

/// An address, with or without a port and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|at: SocketAddr| at.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The address of the parameter `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    address(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies: TrustedProxies = "10.0.0.0/8, 127.0.0.1".parse().expect("networks");
        let mut request = TestRequest::default();
        for header in headers {
            request = request.append_header(*header);
        }
        proxies.client(ip(peer), request.to_http_request().headers()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_names_the_client() {
        let header = [("X-Forwarded-For", "203.0.113.9")];
        assert_eq!(client("192.0.2.1", &header), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &header), "203.0.113.9");
        assert_eq!(client("::ffff:127.0.0.1", &header), "203.0.113.9");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_entry_that_the_client_added_is_not_believed() {
        let of = |value| client("127.0.0.1", &[("X-Forwarded-For", value)]);
        assert_eq!(of("198.51.100.7, 203.0.113.9, 10.1.1.1"), "203.0.113.9");
        assert_eq!(of("10.2.2.2, 10.1.1.1"), "10.2.2.2", "all are proxies");
        assert_eq!(of("203.0.113.9, unknown"), "127.0.0.1");
        let lines = [("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-For", "203.0.113.9")];
        assert_eq!(client("127.0.0.1", &lines), "203.0.113.9");
    }

    #[test]
    fn the_standard_header_is_read_too_unless_the_two_disagree() {
        let standard = ("Forwarded", r#"for=198.51.100.7, proto=https;For="[2001:db8::1]:4711""#);
        assert_eq!(client("127.0.0.1", &[standard]), "2001:db8::1");
        let listed = ("X-Forwarded-For", "203.0.113.9:5000");
        assert_eq!(client("127.0.0.1", &[standard, listed]), "127.0.0.1");
        let same = ("Forwarded", "for=203.0.113.9");
        assert_eq!(client("127.0.0.1", &[same, listed]), "203.0.113.9");
    }

    #[test]
    fn a_prefix_covers_the_addresses_of_one_machine() {
        let prefix = |text: &str| Prefix::from(ip(text));
        assert_eq!(prefix("203.0.113.9"), prefix("::ffff:203.0.113.200"));
        assert_ne!(prefix("203.0.113.9"), prefix("203.0.114.9"));
        assert_eq!(prefix("2001:db8::1"), prefix("2001:db8::ffff:1"));
        assert_ne!(prefix("2001:db8::1"), prefix("2001:db8:0:1::1"));
    }

    #[test]
    fn a_text_that_is_no_network_is_refused() {
        assert_eq!("proxy.local".parse::<TrustedProxies>(), Err(TrustedProxiesError));
        assert!("".parse::<TrustedProxies>().is_ok_and(|none| none.is_empty()));
    }
}
