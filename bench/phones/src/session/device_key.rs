//! The key of a phone and its proofs (`DPoP`, RFC 9449), written out byte by byte as an app without
//! a library would, so that the server is not checked with its own code.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Error;

/// Bytes of a coordinate of a P-256 point.
const COORDINATE: usize = 32;

/// A P-256 key that never leaves its phone.
pub struct DeviceKey {
    pair: EcdsaKeyPair,
    /// The header of every proof, encoded.
    header: String,
}

/// The request that a proof is made for.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URL; its query does not count.
    pub url: &'a Url,
    /// The phone's clock, in seconds of the epoch.
    pub issued_at: i64,
    /// The last nonce of the server.
    pub nonce: Option<&'a str>,
    /// The access token of the request, if it has one.
    pub access_token: Option<&'a str>,
}

impl DeviceKey {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system provides no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
        // An uncompressed point (SEC 1, 2.3.3): 4, then both coordinates.
        let point = pair.public_key().as_ref();
        let coordinates = point.strip_prefix(&[4]).unwrap_or_default();
        let (x, y) = coordinates.split_at_checked(COORDINATE).ok_or_else(|| unusable("point"))?;
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        Ok(Self { header: encoded(header.to_string()), pair })
    }

    /// A new proof.
    ///
    /// # Errors
    /// When the operating system provides no random numbers.
    pub fn proof(&self, claims: &Claims<'_>) -> Result<String, Error> {
        let mut url = claims.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut body = json!({
            "jti": Uuid::new_v4(), "htm": claims.method.as_str(), "htu": url.as_str(),
            "iat": claims.issued_at,
        });
        if let Some(nonce) = claims.nonce {
            body["nonce"] = Value::from(nonce);
        }
        if let Some(token) = claims.access_token {
            body["ath"] = Value::from(encoded(digest(&SHA256, token.as_bytes())));
        }
        let message = format!("{}.{}", self.header, encoded(body.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
        Ok(format!("{message}.{}", encoded(signature.map_err(unusable)?)))
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::Setting(format!("the key of a phone: {error}"))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64")
    }

    #[test]
    fn a_proof_names_its_request_and_is_signed_with_the_key_in_its_header() {
        let key = DeviceKey::generate().expect("a key");
        let url = "http://127.0.0.1:8080/v1/sync?limit=1".parse().expect("a URL");
        let claims = Claims {
            method: &Method::GET,
            url: &url,
            issued_at: -5,
            nonce: Some("n"),
            access_token: Some("token"),
        };
        let proof = key.proof(&claims).expect("a proof");
        let (message, signature) = proof.rsplit_once('.').expect("a signature");
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key());
        public.verify(message.as_bytes(), &decoded(signature)).expect("a valid signature");
        let (header, body) = message.split_once('.').expect("claims");
        let header: Value = serde_json::from_slice(&decoded(header)).expect("JSON");
        let names: Vec<&String> = header["jwk"].as_object().expect("a key").keys().collect();
        assert_eq!(names, ["crv", "kty", "x", "y"], "no private part");
        let body: Value = serde_json::from_slice(&decoded(body)).expect("JSON");
        assert_eq!(body["htu"], "http://127.0.0.1:8080/v1/sync");
        assert_eq!(body["ath"], "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
        assert_eq!((&body["iat"], &body["nonce"]), (&json!(-5), &json!("n")));
        assert_ne!(key.proof(&claims).expect("a proof"), proof, "each has its own id");
    }
}
