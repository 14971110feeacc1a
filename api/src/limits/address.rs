//! The prefix of a client's address: limits count by prefix (/24 for IPv4, /64 for IPv6), since
//! one machine may use any address of its prefix. One customer may have a /48 of IPv6, so that is
//! counted besides.

use std::fmt;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

use super::Limits;
use crate::http::problem::Problem;

/// The bits of an address that limits distinguish.
const IPV4_BITS: u8 = 24;
const IPV6_BITS: u8 = 64;
const IPV6_SITE_BITS: u8 = 48;

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

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
    /// The network of one customer: the prefix itself, or the /48 around one of IPv6.
    pub fn site(self) -> Self {
        let bits = IPV6_SITE_BITS.min(self.0.prefix_len());
        match self.0 {
            IpNet::V4(_) => self,
            IpNet::V6(_) => Self(IpNet::new_assert(self.0.addr(), bits).trunc()),
        }
    }

    /// Whether a site of its kind has many prefixes.
    pub const fn is_in_site(self) -> bool {
        matches!(self.0, IpNet::V6(_))
    }

    /// The prefix of the client that sent `request`.
    pub fn of(request: &HttpRequest) -> Self {
        // A request without a peer comes from this machine.
        let peer = request.peer_addr().map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.ip());
        let limits = request.app_data::<Data<Limits>>();
        limits.map_or(peer, |limits| limits.proxies.client(peer, request.headers())).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_the_addresses_of_one_machine() {
        let prefix = |text: &str| Prefix::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(prefix("203.0.113.9"), prefix("::ffff:203.0.113.200"));
        assert_ne!(prefix("203.0.113.9"), prefix("203.0.114.9"));
        assert_eq!(prefix("2001:db8::1"), prefix("2001:db8::ffff:1"));
        assert_ne!(prefix("2001:db8::1"), prefix("2001:db8:0:1::1"));
        assert_eq!(prefix("2001:db8::1").site(), prefix("2001:db8:0:1::1").site());
        assert_ne!(prefix("2001:db8::1").site(), prefix("2001:db8:1::1").site());
        assert_eq!(prefix("203.0.113.9").site(), prefix("203.0.113.9"));
    }
}
