//! Passwords: the own change, the reset by a superior, and what is refused.

use std::io::Write as _;
use std::process::Stdio;

use argon2::{Argon2, PasswordHasher as _};
use rstest::rstest;
use serde_json::json;

use crate::support::files::person_id;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, PASSWORD, Server, phones};

const NEW: &str = "八月桂花开满院子";

async fn sign_in(server: &Server, phone: &str, password: &str) -> Answer {
    let body = json!({ "phone": phone, "password": password });
    server.stranger().post("/v1/auth/sign-in", &body).await
}

async fn change(caller: &Caller, old: &str, new: &str) -> Answer {
    caller.put("/v1/me/password", &json!({ "old_password": old, "new_password": new })).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_changes_the_own_password_with_the_old_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let wrong = change(&volunteer, "not the old one", NEW).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/old_password")));
    let same = change(&volunteer, PASSWORD, PASSWORD).await;
    assert_eq!((same.status, &same.body["errors"][0]["pointer"]), (422, &json!("/new_password")));
    assert_eq!(change(&volunteer, PASSWORD, NEW).await.status, 204);
    assert_eq!(sign_in(&server, phones::VOLUNTEER, PASSWORD).await.status, 401);
    assert_eq!(sign_in(&server, phones::VOLUNTEER, NEW).await.status, 200);
    let events = server.supervisor().await.events("person.password").await;
    let own: Vec<_> = events.iter().filter(|event| event["actor_id"] == person_id(21)).collect();
    assert_eq!(own.len(), 1, "{events:?}");
    // The command line set the password before.
    assert!(
        events
            .iter()
            .any(|event| event.get("actor_id").is_none() && event["subject_id"] == person_id(21))
    );
}

/// The refresh token and the caller of a new session of the volunteer.
async fn session(server: &Server, name: &str) -> (String, Caller) {
    let body = json!({
        "phone": phones::VOLUNTEER, "password": PASSWORD,
        "device": { "name": name, "kind": "phone" },
    });
    let answer = server.try_sign_in(&body).await;
    let text = |name: &str| answer.body[name].as_str().expect("a text").to_owned();
    (text("refresh_token"), server.bearer(&text("access_token")))
}

async fn refresh(server: &Server, token: &str) -> Answer {
    server.stranger().post("/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_ends_the_other_sessions_and_a_reset_ends_all(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (own, caller) = session(&server, "own").await;
    let (other, elsewhere) = session(&server, "other").await;
    assert_eq!(change(&caller, PASSWORD, NEW).await.status, 204);
    assert_eq!(refresh(&server, &other).await.problem(), "session_ended");
    assert_eq!(elsewhere.get("/v1/me").await.problem(), "session_ended");
    let goes_on = refresh(&server, &own).await;
    assert_eq!(goes_on.status, 200, "{}", goes_on.body);
    let token = goes_on.body["access_token"].as_str().expect("a token");
    assert_eq!(server.bearer(token).get("/v1/me").await.status, 200);
    let path = format!("/v1/people/{}/password-reset", person_id(21));
    assert_eq!(server.manager().await.act(&path).await.status, 200);
    let successor = goes_on.body["refresh_token"].as_str().expect("a token");
    assert_eq!(refresh(&server, successor).await.problem(), "session_ended");
    assert_eq!(server.bearer(token).get("/v1/me").await.problem(), "session_ended");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn common_and_personal_passwords_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let nul = "\0".repeat(8);
    for bad in
        ["short", "Password123", "        ", &nul, phones::VOLUNTEER, "南门社区123", "江津一镇"]
    {
        let refused = change(&volunteer, PASSWORD, bad).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/new_password")), "{bad:?}");
        assert!(!refused.body.to_string().contains("南门"), "the answer quotes nothing");
    }
    let mut command = gridward(&server.database, &["user", "password", phones::VOLUNTEER]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("an input");
    writeln!(input, "{}", phones::VOLUNTEER).expect("a password");
    drop(input);
    let output = child.wait_with_output().expect("an end");
    assert!(!output.status.success() && said(&output).contains("your phone number"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superior_resets_a_password_that_must_be_replaced_before_it_signs_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let path = |person: u32| format!("/v1/people/{}/password-reset", person_id(person));
    assert_eq!(volunteer.act(&path(22)).await.status, 403, "a volunteer is nobody's superior");
    assert_eq!(manager.act(&path(23)).await.status, 404, "a volunteer of another grid");
    assert_eq!(manager.act(&path(1)).await.status, 404, "the supervisor");
    let reset = manager.act(&path(21)).await;
    assert_eq!(
        (reset.status, &reset.headers["cache-control"]),
        (200, &"no-store".parse().expect("a value"))
    );
    let once = reset.body["one_time_password"].as_str().expect("a password").to_owned();
    assert!(reset.body["expires_at"].is_string());
    assert_eq!(sign_in(&server, phones::VOLUNTEER, PASSWORD).await.status, 401);
    let refused = sign_in(&server, phones::VOLUNTEER, &once).await;
    assert_eq!((refused.status, refused.problem()), (403, "password_change_required"));
    let replace = json!({
        "phone": phones::VOLUNTEER, "old_password": once, "new_password": NEW
    });
    assert_eq!(server.stranger().put("/v1/auth/password", &replace).await.status, 204);
    assert_eq!(server.stranger().put("/v1/auth/password", &replace).await.status, 401, "only once");
    assert_eq!(sign_in(&server, phones::VOLUNTEER, NEW).await.status, 200);
    let events = server.supervisor().await.events("person.password_reset").await;
    assert_eq!((events.len(), &events[0]["actor_id"]), (1, &json!(person_id(11))));
    let text = serde_json::to_string(&events).expect("JSON");
    assert!(!text.contains(&once), "the log does not contain it");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_password_is_changed_only_after_signing_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (own, _) = session(&server, "own").await;
    let replace =
        |old: &str| json!({ "phone": phones::VOLUNTEER, "old_password": old, "new_password": NEW });
    let stranger = server.stranger();
    let refused = stranger.put("/v1/auth/password", &replace(PASSWORD)).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/old_password")), "{}", refused.body);
    let wrong = stranger.put("/v1/auth/password", &replace("not the old one")).await;
    assert_eq!((wrong.status, wrong.problem()), (401, "wrong_credentials"));
    assert_eq!(sign_in(&server, phones::VOLUNTEER, PASSWORD).await.status, 200);
    assert_eq!(refresh(&server, &own).await.status, 200, "nothing has changed");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_password_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let path = format!("/v1/people/{}/password-reset", person_id(21));
    let reset = manager.act(&path).await;
    let once = reset.body["one_time_password"].as_str().expect("a password").to_owned();
    server.database.execute(
        "UPDATE credentials SET one_time_until = '2026-01-01 00:00:00' \
         WHERE one_time_until IS NOT NULL",
    );
    let expired = sign_in(&server, phones::VOLUNTEER, &once).await;
    assert_eq!((expired.status, expired.problem()), (401, "wrong_credentials"));
}

/// The password hashes as the database has them.
fn stored(server: &Server) -> Vec<String> {
    server.database.texts("SELECT password_hash AS text FROM credentials")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashes_are_stored_encrypted_and_plain_ones_at_the_next_start(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    server.volunteer().await;
    server.manager().await;
    assert!(
        stored(&server).iter().all(|hash| hash.starts_with("sealed:")),
        "{:?}",
        stored(&server)
    );
    // As an earlier version stored it.
    let plain = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    server.database.execute(&format!("UPDATE credentials SET password_hash = '{plain}'"));
    assert_eq!(sign_in(&server, phones::VOLUNTEER, PASSWORD).await.status, 200);
    assert!(stored(&server).contains(&plain), "those of people who do not sign in");
    server.kill_and_restart();
    for _ in 0..100 {
        if !stored(&server).contains(&plain) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(
        stored(&server).iter().all(|hash| hash.starts_with("sealed:")),
        "{:?}",
        stored(&server)
    );
    for phone in [phones::VOLUNTEER, phones::MANAGER] {
        assert_eq!(sign_in(&server, phone, PASSWORD).await.status, 200);
    }
}
