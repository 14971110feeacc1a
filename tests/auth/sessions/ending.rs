//! The end of sessions, by the person, by a superior, by a sign-out, a new password or one device too many.

use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{WITHIN, device, is_refused_soon, next, refresh, refused};
use crate::support::files::person_id;
use crate::support::server::set_password;
use crate::support::{Backend, PASSWORD, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_device_is_out_on_every_server_within_five_seconds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let other = server.another();
    let lost = device(&server, phones::VOLUNTEER, "丢失的手机").await;
    let kept = device(&server, phones::VOLUNTEER, "新手机").await;
    let there = other.bearer(lost.caller.token.as_deref().expect("a token"));
    assert_eq!(there.get("/v1/me").await.status, 200);
    let stream = there.request(Method::GET, "/v1/events/stream").send().await;
    let mut stream = stream.expect("a stream");
    let list = kept.caller.get("/v1/auth/sessions").await.body;
    let names: Vec<&Value> =
        list["items"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["新手机", "丢失的手机"]);
    assert_eq!((&list["items"][0]["current"], &list["limit"]), (&json!(true), &json!(5)));
    let path = format!("/v1/auth/sessions/{}", lost.session);
    assert_eq!(kept.caller.delete(&path).await.status, 204);
    let began = Instant::now();
    refused(&lost.caller.get("/v1/me").await, "session_ended");
    refused(&refresh(&server, &lost.refresh).await, "session_ended");
    refused(&is_refused_soon(&there).await, "session_ended");
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
    assert_eq!(kept.caller.get("/v1/me").await.status, 200);
    next(&server, &kept.refresh).await;
    assert_eq!(kept.caller.delete(&path).await.status, 204, "it stays ended");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_ends_the_session_and_accepts_any_text(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let stranger = server.stranger();
    for token in ["", "garbage", &phone.refresh, &phone.refresh] {
        let body = json!({ "refresh_token": token });
        assert_eq!(stranger.post("/v1/auth/sign-out", &body).await.status, 204);
    }
    refused(&phone.caller.get("/v1/me").await, "session_ended");
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_sessions_and_access_tokens(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let without_session = server.volunteer().await;
    assert_eq!(without_session.get("/v1/me").await.status, 200);
    // Within the second in which the tokens were issued, or the next one.
    set_password(&server.database, phones::VOLUNTEER);
    refused(&is_refused_soon(&phone.caller).await, "session_ended");
    refused(&is_refused_soon(&without_session).await, "session_ended");
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    assert_eq!(server.volunteer().await.get("/v1/me").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_device_too_many_ends_the_one_unused_for_longest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_SESSIONS_PER_PERSON", "2")]);
    let first = device(&server, phones::VOLUNTEER, "第一部").await;
    let second = device(&server, phones::VOLUNTEER, "第二部").await;
    next(&server, &first.refresh).await;
    let third = device(&server, phones::VOLUNTEER, "第三部").await;
    refused(&second.caller.get("/v1/me").await, "session_ended");
    assert_eq!(first.caller.get("/v1/me").await.status, 200);
    let path = format!("/v1/auth/sessions/{}", third.session);
    let renamed = third.caller.patch(&path, &json!({ "name": "老人机" })).await;
    assert_eq!((renamed.status, &renamed.body["name"]), (200, &json!("老人机")));
    let long = json!({ "name": "长".repeat(10_000) });
    assert_eq!(third.caller.patch(&path, &long).await.status, 422);
    let device = json!({ "name": "长".repeat(10_000), "kind": "phone" });
    let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD, "device": device });
    assert_eq!(server.stranger().post("/v1/auth/sign-in", &body).await.problem(), "invalid");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn superiors_end_the_sessions_of_the_people_below_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, far) = (server.manager().await, server.far_manager().await);
    let supervisor = server.supervisor().await;
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let path = format!("/v1/people/{}/sessions", person_id(21));
    let list = manager.get(&path).await;
    assert_eq!((list.status, &list.body["items"][0]["name"]), (200, &json!("手机")));
    assert_eq!(far.get(&path).await.status, 404);
    assert_eq!(phone.caller.delete(&path).await.status, 403);
    let of_manager = format!("/v1/people/{}/sessions", person_id(11));
    assert_eq!(manager.delete(&of_manager).await.status, 403, "not a superior");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(manager.delete(&path).await.status, 204);
    refused(&phone.caller.get("/v1/me").await, "session_ended");
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    let events = supervisor.events("session.end").await;
    assert_eq!(events[0]["actor_id"], person_id(11), "{events:?}");
    assert_eq!(supervisor.delete(&of_manager).await.status, 204);
    refused(&manager.get("/v1/me").await, "session_ended");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superior_ends_one_session_and_the_others_go_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, far) = (server.manager().await, server.far_manager().await);
    let lost = device(&server, phones::VOLUNTEER, "丢失的手机").await;
    let kept = device(&server, phones::VOLUNTEER, "新手机").await;
    let other = device(&server, phones::SECOND_VOLUNTEER, "手机").await;
    let path = |session: &str| format!("/v1/people/{}/sessions/{session}", person_id(21));
    assert_eq!(kept.caller.delete(&path(&lost.session)).await.status, 403, "not a superior");
    assert_eq!(far.delete(&path(&lost.session)).await.status, 404);
    assert_eq!(manager.delete(&path(&other.session)).await.status, 404, "of another person");
    for _ in 0..2 {
        assert_eq!(manager.delete(&path(&lost.session)).await.status, 204, "it stays ended");
    }
    refused(&lost.caller.get("/v1/me").await, "session_ended");
    refused(&refresh(&server, &lost.refresh).await, "session_ended");
    for goes_on in [&kept, &other] {
        assert_eq!(goes_on.caller.get("/v1/me").await.status, 200);
        next(&server, &goes_on.refresh).await;
    }
    let events = server.supervisor().await.events("session.end").await;
    assert_eq!((events.len(), &events[0]["actor_id"]), (1, &json!(person_id(11))), "{events:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_is_under_way_does_not_survive_the_end_of_access(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    device(&server, phones::VOLUNTEER, "手机").await;
    let person = person_id(21);
    // The password is verified, and the session waits for the row.
    let mut other = server.database.begin();
    other.execute(&format!("UPDATE people SET version = version WHERE id = '{person}'"));
    let device = json!({ "name": "另一部", "kind": "phone" });
    let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD, "device": device });
    let stranger = server.stranger();
    let (answer, ()) = tokio::join!(stranger.post("/v1/auth/sign-in", &body), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let ended = "UPDATE people SET tokens_not_before = '2026-01-01 00:00:00' WHERE id = ";
        other.execute(&format!("{ended}'{person}'"));
        other.execute("COMMIT");
    });
    refused(&answer, "wrong_credentials");
    let path = format!("/v1/people/{person}/sessions");
    let sessions = server.manager().await.get(&path).await.body;
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1), "{sessions}");
}
