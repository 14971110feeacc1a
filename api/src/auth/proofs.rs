//! The proofs of requests: each holds a nonce of this installation, and is used once.

use std::time::Duration;

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::proof::{self, LONGEST, Proof, ProofError, Target};
use crate::clock::Clock;
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::http::auth_scheme::DPOP;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::public_origins::PublicOrigins;
use crate::http::sent_method::SentMethod;

/// The header with the nonce of the next proofs.
pub const DPOP_NONCE: &str = "DPoP-Nonce";
/// The lifetime of a nonce in seconds: longer than that of an access token, so that the nonce of a
/// refresh is good until the next.
const LIFETIME: i64 = 900;
/// The seconds by which the clocks of servers may differ.
const CLOCKS_DIFFER: i64 = 30;
/// The number of proofs that are remembered as used.
const REMEMBERED: u64 = 200_000;

/// Verifies the proofs of requests.
#[derive(Clone)]
pub struct Proofs {
    key: SealingKey,
    origins: PublicOrigins,
    clock: Clock,
    used: Cache<Hash, ()>,
}

impl Proofs {
    /// A verifier whose nonces are made with the installation's `key`, so that all servers
    /// accept those of each, for requests to `origins`.
    pub fn new(key: SealingKey, origins: PublicOrigins, clock: Clock) -> Self {
        // Longer than a nonce is fresh, on every server's clock.
        let kept = Duration::from_secs((LIFETIME + CLOCKS_DIFFER + 1).unsigned_abs());
        let used = Cache::builder().max_capacity(REMEMBERED).time_to_live(kept);
        let used = used.eviction_policy(EvictionPolicy::lru()).build();
        Self { key, origins, clock, used }
    }

    /// A nonce for the next proofs: the time and its MAC.
    pub fn nonce(&self) -> String {
        nonce(&self.key, (self.clock)())
    }

    /// The key that the request's proof is made with; `None` for a request without a proof.
    ///
    /// # Errors
    /// 401 with a nonce.
    pub fn key_of(
        &self,
        request: &HttpRequest,
        access_token: Option<&str>,
    ) -> Result<Option<Hash>, Problem> {
        Ok(self.fresh(request, access_token)?.map(|proof| proof.key))
    }

    /// As [`Self::key_of`] for a request without an access token, which must have a proof.
    ///
    /// # Errors
    /// 401 with a nonce.
    pub fn required_key_of(&self, request: &HttpRequest) -> Result<Hash, Problem> {
        let missing = || Problem::from(ProblemCode::UseDpopNonce).with_nonce(self.nonce());
        self.key_of(request, None)?.ok_or_else(missing)
    }

    /// Checks that the request is proved with the key of its access token, by a proof that was
    /// not used before. Only proofs by the token's key are remembered, so that strangers cannot
    /// displace them. A sign-in or a refresh needs no memory: its answer is of no use without the
    /// key.
    ///
    /// # Errors
    /// 401 with a nonce.
    pub fn check(&self, request: &HttpRequest, token: &str, key: Hash) -> Result<(), Problem> {
        let proof = self.fresh(request, Some(token))?;
        let proof = proof.ok_or_else(|| self.refusal(ProofError::Missing))?;
        if proof.key != key {
            return Err(self.refusal(ProofError::Key));
        }
        let id = Hash::sha256([proof.key.as_ref(), proof.id.as_bytes()].concat());
        let mut first = false;
        self.used.get_with(id, || first = true);
        if first { Ok(()) } else { Err(self.refusal(ProofError::Used)) }
    }

    /// The text of the header, if the request has it.
    ///
    /// # Errors
    /// 401 with a nonce for a text that is longer than any proof, and for several.
    pub(super) fn header<'a>(&self, request: &'a HttpRequest) -> Result<Option<&'a str>, Problem> {
        let mut headers = request.headers().get_all(DPOP);
        let Some(header) = headers.next() else { return Ok(None) };
        let text = header.to_str().ok().filter(|text| text.len() <= LONGEST);
        let text = text.filter(|_| headers.next().is_none());
        text.map(Some).ok_or_else(|| self.refusal(ProofError::Header))
    }

    /// The valid and fresh proof of the request, if it has one.
    fn fresh(
        &self,
        request: &HttpRequest,
        access_token: Option<&str>,
    ) -> Result<Option<Proof>, Problem> {
        let Some(text) = self.header(request)? else { return Ok(None) };
        let method = SentMethod::of(request);
        let target = Target {
            method: method.as_str(),
            origins: self.origins.of_service(request),
            path: request.uri().path(),
            access_token,
        };
        let proof = proof::verify(text, &target).map_err(|error| self.refusal(error))?;
        let now = (self.clock)();
        let is_current = |nonce: &String| is_fresh(&self.key, nonce, now);
        if proof.nonce.as_ref().is_some_and(is_current) {
            Ok(Some(proof))
        } else {
            Err(Problem::from(ProblemCode::UseDpopNonce).with_nonce(self.nonce()))
        }
    }

    /// The refusal of a proof, with a nonce for the next.
    fn refusal(&self, error: ProofError) -> Problem {
        Problem::from(error).with_nonce(self.nonce())
    }
}

fn purpose(at: i64) -> String {
    format!("dpop nonce|{at}")
}

fn nonce(key: &SealingKey, now: DateTime<Utc>) -> String {
    let at = now.timestamp();
    let mac = key.secret(&purpose(at));
    BASE64_URL_SAFE_NO_PAD.encode([at.to_be_bytes().as_slice(), mac.as_ref()].concat())
}

fn is_fresh(key: &SealingKey, nonce: &str, now: DateTime<Utc>) -> bool {
    let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(nonce) else { return false };
    let Some((at, mac)) = bytes.split_first_chunk() else { return false };
    let at = i64::from_be_bytes(*at);
    let age = now.timestamp().saturating_sub(at);
    (-CLOCKS_DIFFER..=LIFETIME).contains(&age) && key.is_secret(&purpose(at), mac)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_nonce_is_fresh_for_its_lifetime_on_every_server_of_the_installation() {
        let (key, now) = (SealingKey::new(&[7; 32]), Utc::now());
        let fresh = nonce(&key, now);
        let lifetime = TimeDelta::seconds(900);
        assert!(is_fresh(&SealingKey::new(&[7; 32]), &fresh, now + lifetime));
        assert!(!is_fresh(&key, &fresh, now + lifetime + TimeDelta::seconds(1)));
        assert!(is_fresh(&key, &fresh, now - TimeDelta::seconds(2)), "another server's clock");
        assert!(!is_fresh(&key, &fresh, now - TimeDelta::seconds(40)), "a nonce of the future");
        assert!(!is_fresh(&SealingKey::new(&[8; 32]), &fresh, now));
        for other in ["", "garbage", "AAAA"] {
            assert!(!is_fresh(&key, other, now), "{other}");
        }
    }
}
