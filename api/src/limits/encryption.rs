//! Refuses plain HTTP from other machines: only a proxy that encrypts may send it.

use std::net::IpAddr;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Limits;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::trusted_proxies::TrustedProxies;

/// Whether requests from `peer` are encrypted on the network: by the server itself, by a trusted
/// proxy, or because they never leave this machine.
fn is_encrypted(by_server: bool, proxies: &TrustedProxies, peer: IpAddr) -> bool {
    by_server || peer.to_canonical().is_loopback() || proxies.contains(peer)
}

/// Middleware: answers a request that came over a network in plain HTTP with 403, before its body
/// is read.
///
/// # Errors
/// The errors of the wrapped service.
pub async fn required<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limits = request.app_data::<Data<Limits>>();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let exposed = limits
        .zip(peer)
        .is_some_and(|(limits, peer)| !is_encrypted(limits.is_encrypted, &limits.proxies, peer));
    if exposed {
        return Ok(request.error_response(Problem::from(ProblemCode::Forbidden)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_comes_from_this_machine_or_a_proxy() {
        let proxies = TrustedProxies::parse(&["10.1.0.0/16".to_owned()]).expect("a network");
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        for (peer, safe) in
            [("127.0.0.1", true), ("::1", true), ("10.1.2.3", true), ("10.2.0.1", false)]
        {
            assert_eq!(is_encrypted(false, &proxies, address(peer)), safe, "{peer}");
            assert!(is_encrypted(true, &proxies, address(peer)));
        }
    }
}
