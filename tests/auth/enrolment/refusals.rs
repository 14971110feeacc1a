//! Wrong codes, proofs and bodies.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{ENROL, SETTINGS, enrol_from, invited, refused};
use crate::support::factors::{ProvingPhone, REQUIRED, enrolment, invite, nonce, text, with_app};
use crate::support::{Backend, Database, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sixth_code_waits_for_a_known_and_an_unknown_number_alike(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let code = invited(&supervisor).await;
    let phone = ProvingPhone::new(&server).await;
    for number in [phones::VOLUNTEER, "19999999999"] {
        for _ in 0..5 {
            let wrong = phone.post(ENROL, &enrolment(number, "00000-00000", "phone")).await;
            refused(&wrong, 401, "wrong_code");
        }
        let sixth = phone.post(ENROL, &enrolment(number, &code, "phone")).await;
        refused(&sixth, 429, "too_many_requests");
        let wait: u64 = sixth.headers["retry-after"].to_str().expect("a text").parse().expect("s");
        assert!((800..=900).contains(&wait), "{wait}");
        assert_eq!(sixth.headers["ratelimit-policy"], "\"codes\";q=5;w=900");
        assert_eq!(sixth.headers["ratelimit"], format!("\"codes\";r=0;t={wait}").as_str());
    }
    // A superior ends the wait with a new invitation.
    let code = invited(&supervisor).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_codes_of_a_stranger_do_not_delay_the_invited_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.trust_proxies();
    let server = Server::small_with(database, &[REQUIRED]);
    let code = invite(&server.database, phones::VOLUNTEER);
    for (from, status) in [("198.51.100.7", 401), ("198.51.100.200", 429)] {
        for _ in 0..5 {
            let guess = enrol_from(&server, from, phones::VOLUNTEER, "00000-00000").await;
            assert_eq!(guess.status, status, "{from}");
        }
    }
    let owner = enrol_from(&server, "203.0.113.9", phones::VOLUNTEER, &code).await;
    assert_eq!(owner.status, 200, "{}", owner.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_of_another_request_enrols_nothing_and_brings_a_nonce(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let code = invite(&server.database, phones::VOLUNTEER);
    let body = enrolment(phones::VOLUNTEER, &code, "phone");
    let phone = ProvingPhone::new(&server).await;
    let stranger = server.stranger();
    let url = format!("{}{ENROL}", server.base);
    let elsewhere = format!("{}/v1/auth/sign-in", server.base);
    let proof = |method: &str, url: &str, nonce: &str| {
        let proof = phone.key.proof(method, url, None, nonce);
        stranger.request(Method::POST, ENROL).header("DPoP", proof).json(&body)
    };
    for (request, problem) in [
        (proof("POST", &elsewhere, phone.nonce()), "invalid_dpop_proof"),
        (proof("PUT", &url, phone.nonce()), "invalid_dpop_proof"),
        (proof("POST", &url, "old"), "use_dpop_nonce"),
        (stranger.request(Method::POST, ENROL).json(&body), "use_dpop_nonce"),
    ] {
        let answer = stranger.send(request).await;
        refused(&answer, 401, problem);
        assert!(!nonce(&answer).is_empty());
    }
    let enrolled = phone.post(ENROL, &body).await;
    assert_eq!(enrolled.status, 200, "the code was not used up: {}", enrolled.body);
    // The key of another phone.
    let token = text(&enrolled.body["access_token"]);
    let other = ProvingPhone::new(&server).await;
    let stolen = other.get("/v1/me", &token).await;
    refused(&stolen, 401, "invalid_dpop_proof");
    assert!(!nonce(&stolen).is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_password_or_a_malformed_body_leaves_the_code(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let code = invite(&server.database, phones::VOLUNTEER);
    let phone = ProvingPhone::new(&server).await;
    let good = enrolment(phones::VOLUNTEER, &code, "phone");
    for (field, value) in [
        ("password", json!("password")),
        ("password", json!(phones::VOLUNTEER)),
        ("code", json!("0".repeat(65))),
        ("code", json!("")),
        ("code", json!(" - ")),
        ("phone", json!("1")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        for _ in 0..3 {
            let answer = phone.post(ENROL, &bad).await;
            refused(&answer, 422, "invalid");
            assert_eq!(answer.body["errors"][0]["pointer"], format!("/{field}"));
        }
    }
    assert_eq!(phone.post(ENROL, &good).await.status, 200);
}
