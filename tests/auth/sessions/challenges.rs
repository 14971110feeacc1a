//! Refusals of a phone with a key: the challenge, and the part of a proof that is wrong.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{refused, text};
use crate::support::factors::{Key, ProvingPhone};
use crate::support::server::Answer;
use crate::support::{Backend, PASSWORD, Server, phones};

/// The sign-in of the volunteer on a phone.
fn credentials(name: &str) -> Value {
    let device = json!({ "name": name, "kind": "phone" });
    json!({ "phone": phones::VOLUNTEER, "password": PASSWORD, "device": device })
}

/// A phone on which the volunteer has signed in, and the answer.
async fn signed_in(server: &Server) -> (ProvingPhone, Value) {
    server.volunteer().await;
    let phone = ProvingPhone::new(server).await;
    let answer = phone.post("/v1/auth/sign-in", &credentials("手机")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (phone, answer.body)
}

fn challenge(answer: &Answer) -> &str {
    answer.headers["www-authenticate"].to_str().expect("a text")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_is_proved_with_its_own_method_and_refused_by_its_headers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (phone, session) = signed_in(&server).await;
    let token = text(&session["access_token"]);
    let stranger = server.stranger();
    let head = async |path: &str, method: &str, nonce: &str| {
        let url = format!("{}{path}", server.base);
        let proof = phone.key.proof(method, &url, Some(&token), nonce);
        let request = stranger.request(Method::HEAD, path).header("DPoP", proof);
        stranger.send(request.header("Authorization", format!("DPoP {token}"))).await
    };
    let upload = format!("/v1/attachments/{}", Uuid::now_v7());
    for (path, status) in [("/v1/me", 200), ("/v1/sync", 200), (upload.as_str(), 404)] {
        assert_eq!(head(path, "HEAD", phone.nonce()).await.status, status, "{path}");
        let (other, old) =
            (head(path, "GET", phone.nonce()).await, head(path, "HEAD", "old").await);
        assert_eq!((other.status, old.status), (401, 401), "{path}");
        assert_eq!(challenge(&other), "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"");
        assert_eq!(challenge(&old), "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"");
        assert!(old.headers.contains_key("dpop-nonce"));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_with_a_key_is_challenged_with_its_scheme(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (phone, session) = signed_in(&server).await;
    let token = text(&session["access_token"]);
    let stolen = server.bearer(&token).get("/v1/me").await;
    refused(&stolen, "unauthenticated");
    assert_eq!(challenge(&stolen), "DPoP algs=\"ES256\"");
    let detail = "The session has a key: send `Authorization: DPoP <token>`, and a proof in the \
        header `DPoP`.";
    assert_eq!(stolen.body["errors"], json!([{ "pointer": "Authorization", "detail": detail }]));
    let plain = server.volunteer().await.token.expect("a token");
    let proved = phone.get("/v1/me", &plain).await;
    refused(&proved, "unauthenticated");
    assert_eq!(challenge(&proved), "Bearer");
    let detail = "The session has no key: send `Authorization: Bearer <token>`.";
    assert_eq!(proved.body["errors"], json!([{ "pointer": "Authorization", "detail": detail }]));
    let out = json!({ "refresh_token": session["refresh_token"] });
    assert_eq!(server.stranger().post("/v1/auth/sign-out", &out).await.status, 204);
    let ended = phone.get("/v1/me", &token).await;
    refused(&ended, "session_ended");
    assert_eq!(challenge(&ended), "DPoP algs=\"ES256\"");
    refused(&server.stranger().get("/v1/me").await, "unauthenticated");
    assert_eq!(challenge(&server.stranger().get("/v1/me").await), "Bearer");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_proof_names_its_wrong_part(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (phone, session) = signed_in(&server).await;
    let (token, nonce, me) =
        (text(&session["access_token"]), phone.nonce(), format!("{}/v1/me", server.base));
    let stranger = server.stranger();
    let get = async |proof: Option<String>| {
        let request = stranger.request(Method::GET, "/v1/me");
        let request = request.header("Authorization", format!("DPoP {token}"));
        let proved = proof.into_iter().fold(request, |it, proof| it.header("DPoP", proof));
        let refusal = stranger.send(proved).await;
        refused(&refusal, "invalid_dpop_proof");
        let error = &refusal.body["errors"][0];
        assert_eq!(error["pointer"], "DPoP", "{}", refusal.body);
        text(&error["detail"]).replace(&server.base, "ORIGIN")
    };
    let proof = |method: &str, url: &str, token: Option<&str>| {
        Some(phone.key.proof(method, url, token, nonce))
    };
    let used = proof("GET", &me, Some(&token)).expect("a proof");
    let request = stranger.request(Method::GET, "/v1/me").header("DPoP", &used);
    let request = request.header("Authorization", format!("DPoP {token}"));
    assert_eq!(stranger.send(request).await.status, 200);
    let forged = format!("{}AAAA", &used[..used.len() - 4]);
    let expected = [
        (None, "is missing: the session has a key"),
        (
            Some("garbage".to_owned()),
            "must be a JWT with `typ` `dpop+jwt`, `alg` `ES256` and a public key `jwk` (`EC`, \
             `P-256`, without `d`) in its header",
        ),
        (
            Some(forged),
            "signature: must be `r` and `s` (64 bytes) by the key `jwk`, over the first two parts",
        ),
        (proof("POST", &me, Some(&token)), "htm: must be GET"),
        (
            proof("GET", "https://elsewhere.example/v1/me", Some(&token)),
            "htu: must be ORIGIN/v1/me",
        ),
        (
            proof("GET", &me, None),
            "ath: must be the SHA-256 of the access token, in base64url without padding",
        ),
        (Some(used), "jti: was used before; each request needs a new proof"),
        (
            Some(Key::new().proof("GET", &me, Some(&token), nonce)),
            "jwk: must be the key of the sign-in",
        ),
    ];
    for (proof, detail) in expected {
        assert_eq!(get(proof).await, detail);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_signs_in_again_replaces_its_own_session_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_SESSIONS_PER_PERSON", "3")]);
    let other = super::device(&server, phones::VOLUNTEER, "另一部").await;
    let (phone, first) = signed_in(&server).await;
    for n in 0..4 {
        let again = phone.post("/v1/auth/sign-in", &credentials(&format!("手机 {n}"))).await;
        assert_eq!(again.status, 200, "{}", again.body);
    }
    assert_eq!(other.caller.get("/v1/me").await.status, 200);
    let list = other.caller.get("/v1/auth/sessions").await.body;
    let items = list["items"].as_array().expect("a list");
    let of = |reason: &str| items.iter().filter(|one| one["end_reason"] == reason).count();
    assert_eq!((items.len(), of("replaced"), of("displaced")), (6, 4, 0), "{list}");
    refused(&phone.get("/v1/me", &text(&first["access_token"])).await, "session_ended");
    let old = json!({ "refresh_token": first["refresh_token"] });
    refused(&phone.post("/v1/auth/refresh", &old).await, "session_ended");
}
