//! Limits of sign-in attempts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::server::Answer;
use crate::support::{Backend, Caller, Database, PASSWORD, Server, phones};

/// A server behind a proxy on this machine, so that a test can call from any address.
fn behind_a_proxy(backend: Backend) -> Server {
    let mut database = Database::from(backend);
    database.trust_proxies();
    Server::small(database)
}

/// A sign-in of `phone` with `password` from the address `from`.
async fn sign_in(caller: &Caller, phone: &str, password: &str, from: &str) -> Answer {
    let body = json!({ "phone": phone, "password": password });
    let request = caller.request(Method::POST, "/v1/auth/sign-in").json(&body);
    caller.send(request.header("X-Forwarded-For", from)).await
}

/// The number of answers of each status.
fn by_status(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_delays_only_the_strangers_own_address(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = behind_a_proxy(backend);
    server.manager().await;
    let stranger = server.stranger();
    let mut guesses = 0;
    loop {
        let guess = format!("a wrong guess {guesses}");
        if sign_in(&stranger, phones::MANAGER, &guess, "198.51.100.7").await.status == 429 {
            break;
        }
        guesses += 1;
    }
    assert!(guesses >= 5, "{guesses}");
    let refused = sign_in(&stranger, phones::MANAGER, PASSWORD, "198.51.100.8").await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"));
    let header = |name: &str| refused.headers[name].to_str().expect("a text").to_owned();
    assert!(header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    assert_eq!(header("ratelimit-policy").split(';').next(), Some("\"sign-in-failures\""));
    let owner = sign_in(&stranger, phones::MANAGER, PASSWORD, "203.0.113.9").await;
    assert_eq!(owner.status, 200, "{}", owner.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_at_the_same_address_delays_no_device_with_a_session(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = behind_a_proxy(backend);
    server.database.set("GRIDWARD_SIGN_INS_PER_MINUTE", "20");
    server.kill_and_restart();
    server.manager().await;
    let (shared, stranger) = ("198.51.100.7", server.stranger());
    let attempt = async |refresh_token: Option<&str>, password: &str| {
        let body = json!({
            "phone": phones::MANAGER, "password": password, "refresh_token": refresh_token,
            "device": { "name": "phone", "kind": "phone" },
        });
        let request = stranger.request(Method::POST, "/v1/auth/sign-in").json(&body);
        stranger.send(request.header("X-Forwarded-For", shared)).await
    };
    let signed_in = attempt(None, PASSWORD).await;
    let token = signed_in.body["refresh_token"].as_str().expect("a token").to_owned();
    for number in 0..25 {
        sign_in(&stranger, &format!("199000000{number}"), "a guess", shared).await;
    }
    for guess in 0.. {
        let guess = format!("guess {guess}");
        let refused = sign_in(&stranger, phones::MANAGER, &guess, shared).await;
        // The delay is long enough for the next lines.
        let wait = refused.headers.get("retry-after").and_then(|wait| wait.to_str().ok());
        if wait.and_then(|wait| wait.parse::<u64>().ok()).is_some_and(|seconds| seconds > 4) {
            break;
        }
    }
    assert_eq!(attempt(None, PASSWORD).await.status, 429, "an unknown device waits");
    let refresh = |token: &str| {
        let request = stranger.request(Method::POST, "/v1/auth/refresh");
        let request = request.json(&json!({ "refresh_token": token }));
        stranger.send(request.header("X-Forwarded-For", shared))
    };
    assert_eq!(refresh(&token).await.status, 200, "a refresh hashes nothing");
    assert_eq!(attempt(Some(&token), PASSWORD).await.status, 200, "its token is known");
    // The limits of the device itself remain.
    for guess in 0..8 {
        attempt(Some(&token), &format!("a wrong guess {guess}")).await;
    }
    let refused = attempt(Some(&token), PASSWORD).await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"));
    // A server that has just started knows the device from the table.
    server.kill_and_restart();
    let stranger = server.stranger();
    for number in 0..25 {
        sign_in(&stranger, &format!("199000000{number}"), "a guess", shared).await;
    }
    let body = json!({ "phone": phones::MANAGER, "password": PASSWORD, "refresh_token": token });
    let request = stranger.request(Method::POST, "/v1/auth/sign-in").json(&body);
    let known = stranger.send(request.header("X-Forwarded-For", shared)).await;
    assert_eq!(known.status, 200, "{}", known.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_old_password_counts_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.manager().await;
    let stranger = server.stranger();
    for _ in 0..30 {
        let old = sign_in(&stranger, phones::MANAGER, "the password of last year", "").await;
        assert_eq!((old.status, old.problem()), (401, "wrong_credentials"));
    }
    assert_eq!(sign_in(&stranger, phones::MANAGER, PASSWORD, "").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn correct_passwords_sent_together_are_all_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.manager().await;
    let mut under_way = JoinSet::new();
    for _ in 0..40 {
        let stranger = server.stranger();
        under_way
            .spawn(async move { sign_in(&stranger, phones::MANAGER, PASSWORD, "").await.status });
    }
    assert!(under_way.join_all().await.into_iter().all(|status| status == 200));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_distributed_attack_shuts_out_neither_a_known_nor_a_new_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = behind_a_proxy(backend);
    server.manager().await;
    let owner = server.stranger();
    assert_eq!(sign_in(&owner, phones::MANAGER, PASSWORD, "203.0.113.9").await.status, 200);
    let mut attack = JoinSet::new();
    for prefix in 0..60 {
        let stranger = server.stranger();
        attack.spawn(async move {
            let mut answers = Vec::new();
            for guess in 0..8 {
                let (guess, from) = (format!("guess {prefix} {guess}"), format!("10.0.{prefix}.1"));
                answers.push(sign_in(&stranger, phones::MANAGER, &guess, &from).await);
            }
            answers
        });
    }
    let known = sign_in(&owner, phones::MANAGER, PASSWORD, "203.0.113.200").await;
    assert_eq!(known.status, 200, "during the attack: {}", known.body);
    let answers: Vec<Answer> = attack.join_all().await.into_iter().flatten().collect();
    let counts = by_status(&answers);
    assert!(counts.keys().all(|status| [401, 429].contains(status)), "{counts:?}");
    assert!(counts[&429] > 0, "the account's bucket is empty: {counts:?}");
    let new = sign_in(&owner, phones::MANAGER, PASSWORD, "192.0.2.50").await;
    assert_eq!(new.status, 200, "after the attack: {}", new.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_strangers_empties_the_bucket_of_their_address_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = behind_a_proxy(backend);
    server.database.set("GRIDWARD_SIGN_INS_PER_MINUTE", "3");
    server.kill_and_restart();
    server.manager().await;
    let stranger = server.stranger();
    let mut answers = Vec::new();
    for number in 0..6 {
        let phone = format!("1990000000{number}");
        answers.push(sign_in(&stranger, &phone, "a wrong guess", "198.51.100.7").await);
    }
    assert_eq!(by_status(&answers), BTreeMap::from([(401, 3), (429, 3)]));
    let policy = answers[5].headers["ratelimit-policy"].to_str().expect("a text");
    assert_eq!(policy, "\"sign-in-address\";q=3;w=60");
    assert_eq!(sign_in(&stranger, phones::MANAGER, PASSWORD, "203.0.113.9").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_district_is_answered_as_slowly_as_a_wrong_password(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    let mut shortest = Duration::MAX;
    for guess in 0..3 {
        let body = json!({ "district": "500999", "phone": phones::MANAGER, "password": format!("{guess}") });
        let began = Instant::now();
        let answer = stranger.post("/v1/auth/sign-in", &body).await;
        assert_eq!((answer.status, answer.problem()), (401, "wrong_credentials"));
        shortest = shortest.min(began.elapsed());
    }
    assert!(shortest.as_millis() >= 5, "it was hashed: {shortest:?}");
}
