//! `DPoP` proofs (RFC 9449): a device signs the method and the URL of a request with its own key,
//! so a stolen token is of no use on another device.

use actix_web::http::Uri;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::db::column::Hash;
use crate::http::auth_scheme::DPOP;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::http::public_origins::{Origin, ServiceOrigins};

/// The `typ` header of a proof.
const TYPE: &str = "dpop+jwt";
/// The maximum length of `jti`.
const LONGEST_ID: usize = 128;
/// The maximum length of a proof.
pub const LONGEST: usize = 4_096;
/// The maximum length of a path that a refusal shows.
const LONGEST_PATH: usize = 200;

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

/// Why a proof is refused: the wrong part and its requirement, for the developer of an app. No
/// text holds a part of the proof or of a token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The request has none.
    #[error("is missing: the session has a key")]
    Missing,
    /// There are several headers, or one that is too long.
    #[error("must be one header of at most {LONGEST} characters")]
    Header,
    /// No ES256 JWT of the type of proofs with a public key in its header.
    #[error(
        "must be a JWT with `typ` `dpop+jwt`, `alg` `ES256` and a public key `jwk` (`EC`, `P-256`, \
         without `d`) in its header"
    )]
    Form,
    /// The signature is not one of the key in the header.
    #[error("signature: must be `r` and `s` (64 bytes) by the key `jwk`, over the first two parts")]
    Signature,
    /// A claim is missing or has another type.
    #[error("claims: `jti`, `htm`, `htu` (texts) and `iat` (a number) are required")]
    Claims,
    /// It was made for another method.
    #[error("htm: must be {0}")]
    Method(String),
    /// It was made for another URL.
    #[error("htu: must be {0}")]
    Url(String),
    /// Its id is too short or too long.
    #[error("jti: must have 1 to {LONGEST_ID} characters")]
    Id,
    /// It was made for another access token.
    #[error("ath: must be the SHA-256 of the access token, in base64url without padding")]
    AccessToken,
    /// It was made with another key than that of the session.
    #[error("jwk: must be the key of the sign-in")]
    Key,
    /// It was used before.
    #[error("jti: was used before; each request needs a new proof")]
    Used,
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        Self::from(ProblemCode::InvalidDpopProof).with(FieldError::new(DPOP, error))
    }
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
    let decoded = decode::<Claims>(text, &key, &rules).map_err(|error| match error.kind() {
        ErrorKind::Json(_) => ProofError::Claims,
        _ => ProofError::Signature,
    })?;
    check(&decoded.claims, target)?;
    let Claims { jti, nonce, .. } = decoded.claims;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok();
    let thumbprint = thumbprint.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    let key = thumbprint.and_then(|bytes| bytes.try_into().ok()).ok_or(ProofError::Form)?;
    Ok(Proof { key: Hash(key), id: jti, nonce })
}

/// Checks that the claims are those of a proof for the target.
fn check(claims: &Claims, target: &Target<'_>) -> Result<(), ProofError> {
    let Claims { jti, htm, htu, ath, .. } = claims;
    let of_token = |token| BASE64_URL_SAFE_NO_PAD.encode(Hash::sha256(token));
    if htm != target.method {
        return Err(ProofError::Method(target.method.to_owned()));
    }
    if !is_url_of(htu, target) {
        let path: String = target.path.chars().take(LONGEST_PATH).collect();
        return Err(ProofError::Url(format!("{}{path}", target.origins.first())));
    }
    if !(1..=LONGEST_ID).contains(&jti.len()) {
        return Err(ProofError::Id);
    }
    if target.access_token.is_some_and(|token| ath.as_ref() != Some(&of_token(token))) {
        return Err(ProofError::AccessToken);
    }
    Ok(())
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
            (Target { method: "GET", ..target }, "htm: must be GET"),
            (
                Target { origins: ServiceOrigins::Public(&elsewhere), ..target },
                "htu: must be https://elsewhere.example/v1/sync",
            ),
            (Target { path: "/v1/me", ..target }, "htu: must be https://gridward.example/v1/me"),
            (
                Target { access_token: Some("another"), ..target },
                "ath: must be the SHA-256 of the access token, in base64url without padding",
            ),
        ];
        for (other, expected) in others {
            let error = verify(&text, &other).expect_err("another request");
            assert_eq!(error.to_string(), expected, "{other:?}");
        }
    }

    #[test]
    fn a_proof_by_another_key_or_of_another_form_is_refused() {
        let (key, other) = (key(), key());
        let here = origins("https://gridward.example");
        let target = target(&here);
        let mut without_id = claims();
        without_id["jti"] = Value::Null;
        let unread = encode(&header(&key), &without_id, &key).expect("a proof");
        assert_eq!(verify(&unread, &target), Err(ProofError::Claims));
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
