//! The test vectors of `docs/clients.md` are what this server accepts: with them the developers of an app
//! check its keys and proofs.

use actix_web::test::TestRequest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::proof::{self, ProofError, Target};
use crate::db::column::Hash;
use crate::http::public_origins::PublicOrigins;

const PAGE: &str = include_str!("../../../docs/clients.md");

/// The line of the fenced block with this label.
fn vector(label: &str) -> &'static str {
    let mut fenced = PAGE.split("\n```").filter_map(|block| block.split_once('\n'));
    fenced.find(|(first, _)| first.ends_with(&format!(" {label}"))).expect("a block").1
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// Checks the proof with this label: its header, its claims, and that the server accepts it.
fn is_accepted(name: &str, target: &Target<'_>) {
    let text = vector(&format!("{name}-proof"));
    let proof = proof::verify(text, target).expect("a valid proof");
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(proof.key), vector("jkt"));
    let claims = vector(&format!("{name}-claims"));
    assert_eq!(json(claims)["jti"], proof.id.as_str());
    assert_eq!(json(claims)["nonce"].as_str(), proof.nonce.as_deref());
    let parts: Vec<&str> = text.split('.').collect();
    let signed = [vector("header"), claims].map(str::as_bytes);
    assert_eq!(parts[..2].iter().map(|part| decoded(part)).collect::<Vec<_>>(), signed);
}

#[test]
fn the_key_of_the_vectors_is_one() {
    let key = json(vector("key"));
    let part = |name: &str| decoded(key[name].as_str().expect("a text"));
    let point = [vec![4], part("x"), part("y")].concat();
    let (algorithm, private) = (&ECDSA_P256_SHA256_FIXED_SIGNING, part("d"));
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, &point).expect("a pair");
    let members = ["crv", "kty", "x", "y"].map(|name| format!("\"{name}\":{}", key[name]));
    let thumbprint = Hash::sha256(format!("{{{}}}", members.join(",")));
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(thumbprint), vector("jkt"));
}

#[test]
fn the_proofs_of_the_vectors_are_accepted_for_their_requests_only() {
    let origins = PublicOrigins::parse(&["https://gridward.example".to_owned()]).expect("origins");
    let server = TestRequest::default().to_http_request();
    let origins = origins.of_service(&server);
    let sign_in = Target { method: "POST", origins, path: "/v1/auth/sign-in", access_token: None };
    is_accepted("sign-in", &sign_in);
    let access_token = Some(vector("access-token"));
    let request = Target { method: "GET", origins, path: "/v1/tasks", access_token };
    is_accepted("request", &request);
    let with_token = Target { access_token, ..sign_in };
    assert_eq!(proof::verify(vector("sign-in-proof"), &with_token), Err(ProofError::AccessToken));
    let hash = json(vector("request-claims"))["ath"].clone();
    assert_eq!(hash, BASE64_URL_SAFE_NO_PAD.encode(Hash::sha256(vector("access-token"))));
}
