//! The refresh of access tokens: rotation, lost answers, and the lifetimes of sessions.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::json;

use super::{claims, device, next, refresh, refused, text};
use crate::support::server::Settings;
use crate::support::{Backend, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_rotates_the_token_and_a_lost_answer_is_given_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "我的手机").await;
    assert_eq!(phone.caller.get("/v1/me").await.status, 200);
    let second = next(&server, &phone.refresh).await;
    assert_ne!(second, phone.refresh);
    // The answer is lost: the same request gets the same successor.
    assert_eq!(next(&server, &phone.refresh).await, second);
    let third = next(&server, &second).await;
    let answer = refresh(&server, &third).await;
    let access = text(&answer.body["access_token"]);
    assert_eq!(server.bearer(&access).get("/v1/me").await.status, 200);
    let (first, now) = (claims(&phone.caller.token.expect("a token")), claims(&access));
    assert_eq!((&now["sid"], &now["amr"]), (&json!(phone.session), &json!(["pwd"])));
    assert_eq!(now["auth_time"], first["auth_time"], "the sign-in, not the refresh");
    assert!(now.get("role").is_none() && now.get("area").is_none());
    let left = answer.body["refresh_expires_in"].as_i64().expect("seconds");
    assert!((14 * 86_400 - 10..=14 * 86_400).contains(&left), "{left}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_outlives_a_restart(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let second = next(&server, &phone.refresh).await;
    server.kill_and_restart();
    assert_eq!(next(&server, &phone.refresh).await, second);
    next(&server, &second).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_uses_of_one_token_rotate_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let mut under_way = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (stranger, body) = (server.stranger(), json!({ "refresh_token": phone.refresh }));
        under_way.spawn(async move { stranger.post("/v1/auth/refresh", &body).await.body });
    }
    let answers = under_way.join_all().await;
    let second = text(&answers[0]["refresh_token"]);
    assert!(answers.iter().all(|answer| answer["refresh_token"] == second), "{answers:?}");
    next(&server, &second).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_session_or_person_opens_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let mine = device(&server, phones::VOLUNTEER, "手机").await;
    let theirs = device(&server, phones::SECOND_VOLUNTEER, "手机").await;
    let decode = |token: &str| BASE64_URL_SAFE_NO_PAD.decode(token).expect("base64");
    let (my_bytes, their_bytes) = (decode(&mine.refresh), decode(&theirs.refresh));
    // The session of one with the secret of the other.
    let mixed = [&their_bytes[..30], &my_bytes[30..]].concat();
    let access = mine.caller.token.clone().expect("a token");
    for token in [BASE64_URL_SAFE_NO_PAD.encode(mixed), String::new()] {
        refused(&refresh(&server, &token).await, "session_ended");
    }
    let answer = refresh(&server, &access).await;
    assert_eq!((answer.status, answer.problem()), (422, "invalid"), "longer than any token");
    let path = format!("/v1/auth/sessions/{}", theirs.session);
    assert_eq!(mine.caller.delete(&path).await.status, 404);
    assert_eq!(mine.caller.patch(&path, &json!({ "name": "我的" })).await.status, 404);
    next(&server, &theirs.refresh).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unused_session_ends_and_a_used_one_lasts_until_its_limit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let settings: Settings = &[("GRIDWARD_SESSION_IDLE_S", "2"), ("GRIDWARD_SESSION_PHONE_S", "5")];
    let server = Server::small_with(backend, settings);
    let idle = device(&server, phones::VOLUNTEER, "放着的手机").await;
    let mut used = device(&server, phones::VOLUNTEER, "使用中的手机").await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        used.refresh = next(&server, &used.refresh).await;
    }
    refused(&refresh(&server, &idle.refresh).await, "session_ended");
    assert_eq!(used.caller.get("/v1/me").await.status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    used.refresh = next(&server, &used.refresh).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    refused(&refresh(&server, &used.refresh).await, "session_ended");
    refused(&used.caller.get("/v1/me").await, "session_ended");
}
