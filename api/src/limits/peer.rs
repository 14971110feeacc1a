//! The connections of one address, and the requests on one connection.
//!
//! A connection is counted once it is accepted, before its first request, so that heads that never
//! end count too. One address has a share of the connections; those beyond it are closed.

use std::any::Any;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use rustix::net::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::problem::Problem;
use crate::http::trusted_proxies::TrustedProxies;

/// The requests of one connection that are in progress at a time: HTTP/2 permits many.
const REQUESTS: usize = 100;
/// Seconds until a client may send a further one.
const RETRY_AFTER: u64 = 1;
/// The bits of an IPv6 address that are one peer.
const IPV6_BITS: u8 = 64;

/// Counts the connections of each peer.
#[derive(Clone, Debug)]
pub struct PeerConnections {
    counts: Arc<Mutex<HashMap<IpNet, usize>>>,
    most: usize,
    /// Whether this machine is limited too.
    limits_loopback: bool,
    proxies: TrustedProxies,
}

/// A connection; it is counted until it is dropped.
#[derive(Debug)]
pub struct PeerConnection {
    requests: Arc<Semaphore>,
    _counted: Option<Counted>,
}

#[derive(Debug)]
struct Counted {
    counts: Arc<Mutex<HashMap<IpNet, usize>>>,
    peer: IpNet,
}

impl PeerConnections {
    /// Limits each peer to `most` connections, or else to a quarter of `all`. The proxies serve many
    /// clients and are not limited; neither is this machine, unless `most` is given.
    pub fn new(most: Option<usize>, all: usize, proxies: TrustedProxies) -> Self {
        Self {
            counts: Arc::default(),
            most: most.unwrap_or(all / 4).max(1),
            limits_loopback: most.is_some(),
            proxies,
        }
    }

    /// Counts the connection `io` until its `data` is dropped; closes it beyond the limit.
    pub fn accept(&self, io: &dyn Any, data: &mut Extensions) {
        let tls = || io.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
        let stream = io.downcast_ref::<TcpStream>().or_else(tls);
        let peer = stream.and_then(|stream| Some((stream, stream.peer_addr().ok()?.ip())));
        let counted = match peer {
            Some((stream, address)) if self.is_limited(address) => {
                let counted = self.count(address);
                if counted.is_none() {
                    // The framework then reads the end of the connection.
                    let _ = rustix::net::shutdown(stream, Shutdown::Both);
                }
                counted
            }
            _ => None,
        };
        data.insert(PeerConnection {
            requests: Arc::new(Semaphore::new(REQUESTS)),
            _counted: counted,
        });
    }

    fn is_limited(&self, peer: IpAddr) -> bool {
        let loopback = peer.to_canonical().is_loopback();
        !self.proxies.contains(peer) && (!loopback || self.limits_loopback)
    }

    fn count(&self, peer: IpAddr) -> Option<Counted> {
        let peer = peer.to_canonical();
        let bits = if peer.is_ipv4() { 32 } else { IPV6_BITS };
        let peer = IpNet::new_assert(peer, bits).trunc();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(peer).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Counted { counts: Arc::clone(&self.counts), peer })
    }
}

impl PeerConnection {
    /// The permit of a request on the connection.
    ///
    /// # Errors
    /// 429.
    pub fn request(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let permit = Arc::clone(&self.requests).try_acquire_owned();
        permit.map_err(|_| Problem::too_many_requests(RETRY_AFTER))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_peer_has_a_share_of_the_connections_until_they_end() {
        let peers = PeerConnections::new(None, 8, TrustedProxies::default());
        let held: Vec<_> = (0..3).map_while(|_| peers.count(address("192.0.2.1"))).collect();
        assert_eq!(held.len(), 2);
        assert!(peers.count(address("192.0.2.2")).is_some());
        assert!(peers.count(address("::ffff:192.0.2.1")).is_none());
        drop(held);
        assert!(peers.count(address("192.0.2.1")).is_some());
        assert!(peers.counts.lock().expect("counts").is_empty(), "nothing is left");
    }

    #[test]
    fn proxies_are_not_limited_and_this_machine_only_on_request() {
        let proxies = TrustedProxies::parse(&["10.1.0.0/16".to_owned()]).expect("a network");
        for (most, loopback) in [(None, false), (Some(3), true)] {
            let peers = PeerConnections::new(most, 8, proxies.clone());
            assert_eq!(peers.is_limited(address("127.0.0.1")), loopback);
            assert!(!peers.is_limited(address("10.1.2.3")));
            assert!(peers.is_limited(address("10.2.0.1")));
        }
    }
}
