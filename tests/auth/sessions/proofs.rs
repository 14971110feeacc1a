//! Proofs of a device's key (RFC 9449).

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{claims, refused, text};
use crate::support::factors::Key;
use crate::support::files::person_id;
use crate::support::server::{Answer, Settings};
use crate::support::{Backend, PASSWORD, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_with_a_key_is_of_no_use_to_another_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.volunteer().await;
    let (key, other) = (Key::new(), Key::new());
    let stranger = server.stranger();
    let url = |path: &str| format!("{}{path}", server.base);
    let post = async |path: &str, proof: String, body: Value| {
        stranger.send(stranger.request(Method::POST, path).header("DPoP", proof).json(&body)).await
    };
    let sign_in = json!({
        "phone": phones::VOLUNTEER, "password": PASSWORD,
        "device": { "name": "手机", "kind": "phone" },
    });
    let path = "/v1/auth/sign-in";
    let asked = post(path, key.proof("POST", &url(path), None, ""), sign_in.clone()).await;
    refused(&asked, "use_dpop_nonce");
    let nonce = asked.headers["dpop-nonce"].to_str().expect("a nonce").to_owned();
    let signed_in = post(path, key.proof("POST", &url(path), None, &nonce), sign_in).await;
    assert_eq!((signed_in.status, &signed_in.body["token_type"]), (200, &json!("DPoP")));
    let token = text(&signed_in.body["access_token"]);
    assert!(claims(&token)["cnf"]["jkt"].is_string());
    // The refresh token without the key, with another and with the right one.
    let (path, body) =
        ("/v1/auth/refresh", json!({ "refresh_token": signed_in.body["refresh_token"] }));
    refused(&stranger.post(path, &body).await, "invalid_dpop_proof");
    let stolen = post(path, other.proof("POST", &url(path), None, &nonce), body.clone()).await;
    refused(&stolen, "invalid_dpop_proof");
    assert!(stolen.headers.contains_key("dpop-nonce"));
    let proof = key.proof("POST", &url(path), None, &nonce);
    let first = post(path, proof.clone(), body.clone()).await;
    assert_eq!(first.status, 200);
    // A lost answer is answered again, to the same proof too: it is of no use without the key.
    let again = post(path, proof.clone(), body.clone()).await;
    assert_eq!(again.body["refresh_token"], first.body["refresh_token"]);
    // The answer is the same after its successor was used: a delayed duplicate.
    let used = json!({ "refresh_token": first.body["refresh_token"] });
    assert_eq!(post(path, key.proof("POST", &url(path), None, &nonce), used).await.status, 200);
    let again = post(path, proof, body).await;
    assert_eq!(again.body["refresh_token"], first.body["refresh_token"]);
    // The access token, in the same ways.
    let get = async |scheme: &str, proof: Option<String>| {
        let request = stranger.request(Method::GET, "/v1/me");
        let request = request.header("Authorization", format!("{scheme} {token}"));
        stranger.send(proof.into_iter().fold(request, |it, proof| it.header("DPoP", proof))).await
    };
    let me = url("/v1/me");
    let proof = |key: &Key, method, url: &str, token: &str, nonce| {
        Some(key.proof(method, url, Some(token), nonce))
    };
    refused(&get("Bearer", None).await, "unauthenticated");
    refused(&get("DPoP", None).await, "invalid_dpop_proof");
    for wrong in [
        proof(&other, "GET", &me, &token, &nonce),
        proof(&key, "POST", &me, &token, &nonce),
        proof(&key, "GET", &url("/v1/tasks"), &token, &nonce),
        proof(&key, "GET", &me, "another", &nonce),
    ] {
        refused(&get("DPoP", wrong).await, "invalid_dpop_proof");
    }
    refused(&get("DPoP", proof(&key, "GET", &me, &token, "old")).await, "use_dpop_nonce");
    assert_eq!(get("DPoP", proof(&key, "GET", &me, &token, &nonce)).await.status, 200);
    let plain = server.volunteer().await.token.expect("a token");
    let request = stranger.request(Method::GET, "/v1/me");
    let request = request.header("Authorization", format!("DPoP {plain}"));
    refused(&stranger.send(request).await, "unauthenticated");
}

/// The answer to a request for a new session, proved for `url`, that names `host`.
async fn prove(server: &Server, key: &Key, url: &str, host: &str, nonce: &str) -> Answer {
    let stranger = server.stranger();
    let request = stranger.request(Method::POST, "/v1/auth/sign-in").header("Host", host);
    let proof = key.proof("POST", url, None, nonce);
    let body = json!({
        "phone": phones::VOLUNTEER, "password": PASSWORD,
        "device": { "name": "手机", "kind": "phone" },
    });
    stranger.send(request.header("DPoP", proof).json(&body)).await
}

fn text_of(answer: &Answer, header: &str) -> String {
    answer.headers[header].to_str().expect("a text").to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_for_another_service_is_refused_whatever_the_host_header_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.volunteer().await;
    let (key, host) = (Key::new(), server.base.trim_start_matches("http://"));
    let url = |origin: &str| format!("{origin}/v1/auth/sign-in");
    let asked = prove(&server, &key, &url(&server.base), host, "").await;
    refused(&asked, "use_dpop_nonce");
    let nonce = text_of(&asked, "dpop-nonce");
    let port = host.split(':').nth(1).expect("a port");
    for (origin, host) in [
        // A page that relays the proof, under its own name.
        ("https://evil.example".to_owned(), "evil.example"),
        ("http://evil.example".to_owned(), "evil.example"),
        (format!("https://127.0.0.1:{port}"), host),
        ("http://127.0.0.1:1".to_owned(), "127.0.0.1:1"),
    ] {
        let refusal = prove(&server, &key, &url(&origin), host, &nonce).await;
        refused(&refusal, "invalid_dpop_proof");
        assert_ne!(text_of(&refusal, "dpop-nonce"), "", "{origin}");
    }
    let here = format!("http://LOCALHOST:{port}");
    assert_eq!(prove(&server, &key, &url(&here), "anything.example", &nonce).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_proofs_and_invitations_name_the_public_origins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let settings: Settings = &[
        ("GRIDWARD_TRUSTED_PROXIES", "127.0.0.1"),
        ("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example, https://gridward.example:8443"),
    ];
    let server = Server::small_with(backend, settings);
    let manager = server.manager().await;
    server.volunteer().await;
    let (key, backend) = (Key::new(), server.base.trim_start_matches("http://"));
    let asked = prove(&server, &key, "https://gridward.example/v1/auth/sign-in", backend, "").await;
    let nonce = text_of(&asked, "dpop-nonce");
    for (url, status) in [
        ("https://GRIDWARD.example:443/v1/auth/sign-in?x=y", 200),
        ("https://gridward.example:8443/v1/auth/sign-in", 200),
        ("http://gridward.example/v1/auth/sign-in", 401),
        ("https://gridward.example:444/v1/auth/sign-in", 401),
    ] {
        assert_eq!(prove(&server, &key, url, backend, &nonce).await.status, status, "{url}");
    }
    let path = format!("/v1/people/{}/invitations", person_id(22));
    let request = manager.request(Method::POST, &path).header("Host", "evil.example");
    let request = request.header("X-Forwarded-Host", "evil.example");
    let invitation = manager.send(request).await.body;
    let url = text(&invitation["url"]);
    assert!(url.starts_with("https://gridward.example/m/enrol#"), "{url}");
}
