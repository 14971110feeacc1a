//! The proxies in front of the server, which encrypt and name the client's address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use thiserror::Error;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of the proxies; by default none. Only their `X-Forwarded-For` (or `Forwarded`,
/// RFC 7239) is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// The text is not a network, or contains every address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a network of proxies, such as 10.1.0.0/16 or 10.1.2.3")]
pub struct NotAProxyNetwork(String);

impl TrustedProxies {
    /// Parses networks (CIDR) and single addresses.
    ///
    /// # Errors
    /// [`NotAProxyNetwork`]; also for a network of every address, which would trust each client.
    pub fn parse(networks: &[String]) -> Result<Self, NotAProxyNetwork> {
        let network = |text: &String| network(text).ok_or_else(|| NotAProxyNetwork(text.clone()));
        networks.iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address is that of a proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        // On a socket for both families, an IPv4 peer has a mapped IPv6 address.
        let address = address.to_canonical();
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
        // As bytes: a client's own part of a line may be no text, and the proxy's follows it.
        let lines: Vec<&[u8]> = headers.get_all(name).map(HeaderValue::as_bytes).collect();
        let mut client = None;
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            client = Some(read(std::str::from_utf8(entry).ok()?.trim())?);
            if client.is_some_and(|address| !self.contains(address)) {
                break;
            }
        }
        client
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    (network.prefix_len() > 0).then_some(network)
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
    use std::net::Ipv4Addr;

    use actix_web::test::TestRequest;

    use super::*;

    fn parse(networks: &[&str]) -> Result<TrustedProxies, NotAProxyNetwork> {
        TrustedProxies::parse(&networks.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_proxy_is_in_one_of_the_networks() {
        let proxies = parse(&["10.1.0.0/16", "192.0.2.7", "fd00::/8"]).expect("networks");
        for (address, trusted) in [
            ("10.1.255.1", true),
            ("::ffff:10.1.255.1", true),
            ("192.0.2.7", true),
            ("fd12::1", true),
            ("10.2.0.1", false),
            ("192.0.2.8", false),
            ("::1", false),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(proxies.contains(address), trusted, "{address}");
        }
    }

    #[test]
    fn a_text_that_is_no_network_or_every_address_is_refused() {
        for text in ["", "proxy.local", "10.1.0.0/33", "10.1", "0.0.0.0/0", "::/0"] {
            assert_eq!(parse(&[text]), Err(NotAProxyNetwork(text.to_owned())));
        }
    }

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies = parse(&["10.0.0.0/8", "127.0.0.1"]).expect("networks");
        let mut request = TestRequest::default();
        for header in headers {
            request = request.append_header(*header);
        }
        let peer = peer.parse().expect("an address");
        proxies.client(peer, request.to_http_request().headers()).to_string()
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
    fn bytes_that_are_no_text_hide_no_entry_of_the_proxy() {
        let proxies = parse(&["127.0.0.1"]).expect("a network");
        let of = |line: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, HeaderValue::from_bytes(line).expect("a value"));
            proxies.client(Ipv4Addr::LOCALHOST.into(), &headers).to_string()
        };
        assert_eq!(of(b"\xFF, 203.0.113.9"), "203.0.113.9");
        assert_eq!(of(b"203.0.113.9, \xFF"), "127.0.0.1");
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
}
