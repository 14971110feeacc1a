//! `DPoP` proofs (RFC 9449): a device signs the method and the URL of a request with its own key,
//! so a stolen token is of no use on another device.

use actix_web::http::Uri;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::db::column::Hash;
use crate::http::public_origins::{Origin, ServiceOrigins};

/// The `typ` header of a proof.
const TYPE: &str = "dpop+jwt";
/// The maximum length of `jti`.
const LONGEST_ID: usize = 128;

/// The request that a proof must be made for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The origins under which it may have reached the service.
    pub origins: ServiceOrigins<'a>,
    /// The path, without the query.
    pub path: &'a str,
    /// The access token of the request, if it has one.
    pub access_token: Option<&'a str>,
}

/// A valid proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint (RFC 7638) of the device's key.
    pub key: Hash,
    /// The unique id of the proof.
    pub id: String,
    /// The server's nonce in it.
    pub nonce: Option<String>,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// No ES256 JWT of the type of proofs with a public key in its header.
    #[error("not a proof with an ES256 public key")]
    Form,
    /// The signature is not one of the key in the header.
    #[error("the signature does not match the key")]
    Signature,
    /// It was made for another method, URL or access token.
    #[error("made for another request")]
    Request,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    /// Required, but not compared: phones' clocks are wrong by hours, so the nonce dates a proof.
    #[serde(rename = "iat")]
    _iat: serde_json::Number,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    ath: Option<String>,
}

/// Verifies the proof `text` for `target`.
///
/// # Errors
/// [`ProofError`].
pub fn verify(text: &str, target: &Target<'_>) -> Result<Proof, ProofError> {
    let jwk = public_key(text)?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| ProofError::Form)?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let decoded = decode::<Claims>(text, &key, &rules).map_err(|_| ProofError::Signature)?;
    let Claims { jti, htm, htu, nonce, ath, .. } = decoded.claims;
    let of_token = |token| BASE64_URL_SAFE_NO_PAD.encode(Hash::sha256(token));
    let fits = htm == target.method
        && is_url_of(&htu, target)
        && (1..=LONGEST_ID).contains(&jti.len())
        && target.access_token.is_none_or(|token| ath == Some(of_token(token)));
    if !fits {
        return Err(ProofError::Request);
    }
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok();
    let thumbprint = thumbprint.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    let key = thumbprint.and_then(|bytes| bytes.try_into().ok()).ok_or(ProofError::Form)?;
    Ok(Proof { key: Hash(key), id: jti, nonce })
}

/// The public key in the header of a proof.
fn public_key(text: &str) -> Result<Jwk, ProofError> {
    let header = decode_header(text).map_err(|_| ProofError::Form)?;
    let jwk = header.jwk.ok_or(ProofError::Form)?;
    let is_p256 = matches!(
        &jwk.algorithm, AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256
    );
    let first = text.split('.').next().unwrap_or_default();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(first).map_err(|_| ProofError::Form)?;
    let raw: Value = serde_json::from_slice(&raw).map_err(|_| ProofError::Form)?;
    let is_private = raw.pointer("/jwk/d").is_some();
    let accepted = header.typ.as_deref() == Some(TYPE)
        && header.alg == Algorithm::ES256
        && header.crit.is_none()
        && is_p256
        && !is_private;
    if accepted { Ok(jwk) } else { Err(ProofError::Form) }
}

/// Whether `htu` is the URL of the target; query and fragment do not count (RFC 9449, 4.3).
fn is_url_of(htu: &str, target: &Target<'_>) -> bool {
    let Ok(url) = htu.parse::<Uri>() else { return false };
    let is_here = Origin::of(&url).is_some_and(|origin| target.origins.contains(&origin));
    is_here && url.path() == target.path
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    fn origins(text: &str) -> [Origin; 1] {
        [Origin::of(&text.parse().expect("a URL")).expect("an origin")]
    }

    fn target(origins: &[Origin]) -> Target<'_> {
        let origins = ServiceOrigins::Public(origins);
        Target { method: "POST", origins, path: "/v1/sync", access_token: Some("token") }
    }

    fn key() -> EncodingKey {
        let pair =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        EncodingKey::from_ec_der(pair.expect("a key").as_ref())
    }

    fn claims() -> Value {
        json!({
            "jti": "1", "htm": "POST", "htu": "https://gridward.example/v1/sync?x=1", "iat": 0,
            "nonce": "n", "ath": BASE64_URL_SAFE_NO_PAD.encode(Hash::sha256("token")),
        })
    }

    fn header(key: &EncodingKey) -> Header {
        let jwk = Jwk::from_encoding_key(key, Algorithm::ES256).expect("a public key");
        Header { typ: Some(TYPE.to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) }
    }

    #[test]
    fn a_proof_names_its_key_and_holds_for_its_request_only() {
        let key = key();
        let text = encode(&header(&key), &claims(), &key).expect("a proof");
        let (here, elsewhere) =
            (origins("https://gridward.example"), origins("https://elsewhere.example"));
        let target = target(&here);
        let proof = verify(&text, &target).expect("valid");
        assert_eq!((proof.id.as_str(), proof.nonce.as_deref()), ("1", Some("n")));
        let others = [
            Target { method: "GET", ..target },
            Target { origins: ServiceOrigins::Public(&elsewhere), ..target },
            Target { path: "/v1/me", ..target },
            Target { access_token: Some("another"), ..target },
        ];
        for other in others {
            assert_eq!(verify(&text, &other), Err(ProofError::Request), "{other:?}");
        }
    }

    #[test]
    fn a_proof_by_another_key_or_of_another_form_is_refused() {
        let (key, other) = (key(), key());
        let here = origins("https://gridward.example");
        let target = target(&here);
        let forged = encode(&header(&other), &claims(), &key).expect("a proof");
        assert_eq!(verify(&forged, &target), Err(ProofError::Signature));
        let plain = Header { typ: Some("JWT".to_owned()), ..header(&key) };
        let keyless = Header { jwk: None, ..header(&key) };
        for header in [plain, keyless] {
            let text = encode(&header, &claims(), &key).expect("a token");
            assert_eq!(verify(&text, &target), Err(ProofError::Form));
        }
        assert_eq!(verify("a.b.c", &target), Err(ProofError::Form));
    }

    #[test]
    fn a_proof_that_discloses_its_private_key_is_refused() {
        let key = key();
        let here = origins("https://gridward.example");
        let text = encode(&header(&key), &claims(), &key).expect("a proof");
        let (first, rest) = text.split_once('.').expect("a header");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(first).expect("base64");
        let mut header: Value = serde_json::from_slice(&bytes).expect("JSON");
        header["jwk"]["d"] = json!("AAAA");
        let first = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        assert_eq!(verify(&format!("{first}.{rest}"), &target(&here)), Err(ProofError::Form));
    }
}
