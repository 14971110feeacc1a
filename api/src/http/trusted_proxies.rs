//! The proxies in front of the server, which encrypt and name the client's address.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// The networks of the proxies; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

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
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address is that of a proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        // On a socket for both families, an IPv4 peer has a mapped IPv6 address.
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    (network.prefix_len() > 0).then_some(network)
}

#[cfg(test)]
mod tests {
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
}
