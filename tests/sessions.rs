//! Sessions: refresh, lost answers, reuse, and every way in which a session ends.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::factors::Key;
use crate::support::files::BENEFICIARY;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::server::{Answer, Settings, gridward, import, said, set_password};
use crate::support::{Backend, Caller, Files, GRID, PASSWORD, Server, phones};

/// The longest time until an ended session is refused everywhere.
const WITHIN: Duration = Duration::from_secs(5);

/// A device after its sign-in.
struct Device {
    caller: Caller,
    refresh: String,
    session: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

async fn sign_in(server: &Server, phone: &str, name: &str, kind: &str) -> Answer {
    let device = json!({ "name": name, "kind": kind });
    let answer = server
        .try_sign_in(&json!({ "phone": phone, "password": PASSWORD, "device": device }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

async fn device(server: &Server, phone: &str, name: &str) -> Device {
    let body = sign_in(server, phone, name, "phone").await.body;
    Device {
        caller: server.bearer(&text(&body["access_token"])),
        refresh: text(&body["refresh_token"]),
        session: text(&body["session_id"]),
    }
}

async fn refresh(server: &Server, token: &str) -> Answer {
    server.stranger().post("/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

/// The successor of a refresh token.
async fn next(server: &Server, token: &str) -> String {
    let answer = refresh(server, token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    text(&answer.body["refresh_token"])
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.problem()), (401, code), "{}", answer.body);
    assert!(answer.headers.contains_key("www-authenticate"));
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("claims");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Calls until the answer is 401; panics after [`WITHIN`].
async fn is_refused_soon(caller: &Caller) -> Answer {
    let began = Instant::now();
    loop {
        let answer = caller.get("/v1/me").await;
        if answer.status == 401 {
            return answer;
        }
        assert!(began.elapsed() < WITHIN, "still admitted: {}", answer.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

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
async fn a_spent_token_ends_the_session_and_the_person_learns_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let second = next(&server, &phone.refresh).await;
    let third = next(&server, &second).await;
    refused(&refresh(&server, &phone.refresh).await, "session_reused");
    refused(&refresh(&server, &third).await, "session_reused");
    refused(&is_refused_soon(&phone.caller).await, "session_ended");
    let events = supervisor.events("session.reuse").await;
    assert_eq!((events.len(), &events[0]["subject_id"]), (1, &json!(person_id(21))));
    let again = device(&server, phones::VOLUNTEER, "手机").await;
    let list = again.caller.get("/v1/auth/sessions").await.body;
    let ended =
        list["items"].as_array().expect("a list").iter().find(|one| one["id"] == phone.session);
    assert_eq!(ended.expect("the ended session")["end_reason"], "token_reused");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_sign_in_is_announced_to_its_person_until_acknowledged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let copied = device(&server, phones::VOLUNTEER, "老人机").await;
    let other = device(&server, phones::VOLUNTEER, "平板").await;
    assert_eq!(other.caller.get("/v1/me").await.body.get("notices"), None);
    let mut tablet = Phone::default();
    tablet.sync(&other.caller, json!([])).await;
    let second = next(&server, &copied.refresh).await;
    next(&server, &second).await;
    refused(&refresh(&server, &copied.refresh).await, "session_reused");
    refused(&refresh(&server, &second).await, "session_reused");
    // On the devices that are still signed in, and after the next sign-in.
    let again = device(&server, phones::VOLUNTEER, "老人机").await;
    for living in [&other, &again] {
        let me = living.caller.get("/v1/me").await.body;
        let notices = me["notices"].as_array().expect("notices");
        assert_eq!(notices.len(), 1, "one for one session: {notices:?}");
        let notice = (&notices[0]["kind"], &notices[0]["device"]);
        assert_eq!(notice, (&json!("session_reused"), &json!("老人机")));
        assert!(notices[0]["at"].is_string() && me["manager"]["phone"].is_string(), "{me}");
        let request = living.caller.request(Method::GET, "/v1/me");
        let chinese = living.caller.send(request.header("Accept-Language", "zh-CN")).await.body;
        assert!(text(&chinese["notices"][0]["detail"]).contains("修改密码"), "{chinese}");
    }
    tablet.sync(&other.caller, json!([])).await;
    let of_account = |phone: &Phone| {
        let rows = phone.rows.iter().filter(|((kind, _), _)| kind == "account_notice");
        rows.map(|((_, id), _)| id.clone()).collect::<Vec<_>>()
    };
    let [id] = of_account(&tablet).try_into().expect("one notice");
    // Nobody else sees or acknowledges it.
    let path = format!("/v1/me/notices/{id}");
    assert_eq!(manager.get("/v1/me").await.body.get("notices"), None);
    let mut of_manager = Phone::default();
    of_manager.sync(&manager, json!([])).await;
    assert!(of_account(&of_manager).is_empty());
    assert_eq!(manager.delete(&path).await.status, 404);
    for _ in 0..2 {
        assert_eq!(again.caller.delete(&path).await.status, 204, "it stays acknowledged");
    }
    assert_eq!(again.caller.get("/v1/me").await.body.get("notices"), None);
    tablet.sync(&other.caller, json!([])).await;
    assert!(of_account(&tablet).is_empty());
    tablet.is_as_fresh(&other.caller).await;
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
async fn a_console_holds_its_refresh_token_in_a_cookie(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let signed_in = sign_in(&server, phones::SUPERVISOR, "办公室", "console").await;
    assert!(signed_in.body.get("refresh_token").is_none(), "{}", signed_in.body);
    let left = signed_in.body["refresh_expires_in"].as_i64().expect("seconds");
    assert!((8 * 3_600 - 10..=8 * 3_600).contains(&left), "{left}");
    let cookie = signed_in.headers["set-cookie"].to_str().expect("a text").to_owned();
    for part in ["gridward_refresh=", "; HttpOnly", "; SameSite=Strict", "; Path=/v1/auth"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "without TLS the browser would not send it");
    let stranger = server.stranger();
    let with_cookie = |path, cookie: &str| {
        let pair = cookie.split(';').next().expect("a pair").to_owned();
        stranger.request(Method::POST, path).header("cookie", pair).json(&json!({}))
    };
    let refreshed = stranger.send(with_cookie("/v1/auth/refresh", &cookie)).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let cookie = refreshed.headers["set-cookie"].to_str().expect("a text").to_owned();
    refused(&stranger.post("/v1/auth/refresh", &json!({})).await, "session_ended");
    let out = stranger.send(with_cookie("/v1/auth/sign-out", &cookie)).await;
    let deleted = out.headers["set-cookie"].to_str().expect("a text");
    assert!(out.status == 204 && deleted.contains("Max-Age=0"), "{deleted}");
    refused(&stranger.send(with_cookie("/v1/auth/refresh", &cookie)).await, "session_ended");
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
    // A token is dated to the second.
    tokio::time::sleep(Duration::from_secs(1)).await;
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
async fn a_sign_in_without_a_device_has_an_access_token_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD });
    let answer = server.try_sign_in(&body).await;
    let names: Vec<&String> = answer.body.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["access_token", "district", "expires_in", "person_id", "token_type"]);
    let caller = server.bearer(&text(&answer.body["access_token"]));
    let list = caller.get("/v1/auth/sessions").await;
    assert_eq!((list.status, &list.body["items"]), (200, &json!([])));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_person_is_out_until_restored_and_then_need_not_sign_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let other = server.another();
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let there = other.bearer(phone.caller.token.as_deref().expect("a token"));
    assert_eq!(there.get("/v1/me").await.status, 200);
    let task = manager.make_task(BENEFICIARY).await;
    let claim = phone.caller.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claim.status, 200);
    let path = format!("/v1/people/{}/state", person_id(21));
    let change = |state: &str| json!({ "state": state, "reason": "手机可能被盗" });
    assert_eq!(phone.caller.patch(&path, &change("active")).await.status, 403);
    let suspended = manager.patch(&path, &change("suspended")).await;
    assert_eq!((suspended.status, &suspended.body["state"]), (200, &json!("suspended")));
    refused(&phone.caller.get("/v1/me").await, "account_inactive");
    refused(&is_refused_soon(&there).await, "account_inactive");
    refused(&refresh(&server, &phone.refresh).await, "account_inactive");
    let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD });
    refused(&server.stranger().post("/v1/auth/sign-in", &body).await, "wrong_credentials");
    let held = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(held.body["assignee_id"], person_id(21), "a suspended person keeps the tasks");
    let imported = import(&server.database, &Files::small(), &["--whole"]);
    assert!(said(&imported).contains("people: 0 added, 0 changed, 10 unchanged"));
    assert_eq!(manager.patch(&path, &change("active")).await.status, 200);
    next(&server, &phone.refresh).await;
    let events = supervisor.events("person.suspend").await;
    assert_eq!(events.len(), 1);
    assert!(!events[0].to_string().contains("被盗"), "{events:?}");
    let bad = json!({ "state": "gone", "reason": "离开" });
    assert_eq!(manager.patch(&path, &bad).await.problem(), "invalid");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_loses_access_and_tasks_and_comes_back_by_a_superior_or_an_import(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(phone.caller.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let path = format!("/v1/people/{}/state", person_id(21));
    let change = |state: &str| json!({ "state": state, "reason": "搬走了" });
    let left = manager.patch(&path, &change("left")).await;
    assert_eq!((left.status, &left.body["state"]), (200, &json!("left")), "{}", left.body);
    refused(&phone.caller.get("/v1/me").await, "account_inactive");
    let opened = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(
        (&opened.body["state"], &opened.body["assignee_id"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(manager.patch(&path, &change("active")).await.status, 200);
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    assert_eq!(server.volunteer().await.get("/v1/me").await.status, 200);
    assert_eq!(manager.patch(&path, &change("left")).await.status, 200);
    let credentials = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD });
    let imported = said(&import(&server.database, &Files::small(), &[]));
    assert!(imported.contains("people: 0 added, 0 changed, 10 unchanged"), "{imported}");
    assert!(imported.contains("1 have left and stay so"), "{imported}");
    let refusal = async || server.stranger().post("/v1/auth/sign-in", &credentials).await;
    refused(&refusal().await, "wrong_credentials");
    let imported = said(&import(&server.database, &Files::small(), &["--readmit"]));
    assert!(imported.contains("people: 0 added, 1 changed, 9 unchanged"), "{imported}");
    refused(&refusal().await, "wrong_credentials");
    assert_eq!(server.volunteer().await.get("/v1/me").await.status, 200);
    let restored = supervisor.events("person.restore").await;
    assert_eq!(restored.len(), 2, "by the manager and by the import: {restored:?}");
    let of_manager = format!("/v1/people/{}/state", person_id(11));
    let refusal = supervisor.patch(&of_manager, &change("left")).await;
    assert_eq!((refusal.status, refusal.problem()), (409, "manager_required"));
    let appoint = json!({ "person_id": person_id(21) });
    supervisor.put(&format!("/v1/areas/{GRID}/manager"), &appoint).await;
    assert_eq!(supervisor.patch(&of_manager, &change("left")).await.status, 200);
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_changed_on_the_command_line_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let run = |verb: &str, person: &str| {
        let args = ["user", verb, person, "--reason", "测试"];
        gridward(&server.database, &args).output().expect("the binary runs")
    };
    let suspended = run("suspend", phones::VOLUNTEER);
    assert!(said(&suspended).contains("is suspended"), "{}", said(&suspended));
    refused(&is_refused_soon(&phone.caller).await, "account_inactive");
    assert!(run("restore", phones::VOLUNTEER).status.success());
    next(&server, &phone.refresh).await;
    assert!(run("leave", phones::VOLUNTEER).status.success());
    assert!(!run("restore", phones::VOLUNTEER).status.success(), "the number is free");
    assert!(run("restore", &person_id(21)).status.success());
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    assert!(said(&run("leave", phones::MANAGER)).contains("A grid needs a manager"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_gets_the_same_key_at_each_sign_in_under_its_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let key = async |phone: &str, name: &str, kind: &str| {
        sign_in(&server, phone, name, kind).await.body["device_key"].clone()
    };
    let first = key(phones::VOLUNTEER, "手机", "phone").await;
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(text(&first)).expect("base64").len(), 32);
    assert_eq!(key(phones::VOLUNTEER, "手机", "phone").await, first);
    assert_ne!(key(phones::VOLUNTEER, "另一部", "phone").await, first);
    assert_ne!(key(phones::SECOND_VOLUNTEER, "手机", "phone").await, first);
    assert_eq!(key(phones::VOLUNTEER, "办公室", "console").await, Value::Null);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let refreshed = refresh(&server, &phone.refresh).await;
    assert!(refreshed.body.get("device_key").is_none(), "only a sign-in answers it");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_learns_whom_to_call_and_what_the_role_permits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let me = server.volunteer().await.get("/v1/me").await.body;
    assert_eq!(me["manager"]["phone"], phones::MANAGER);
    assert!(me["supervisor"]["name"].is_string() && me["supervisor"].get("phone").is_none());
    assert_eq!(
        me["may"],
        json!([
            "use_service",
            "read_areas",
            "reveal_beneficiary",
            "read_reports",
            "read_tasks",
            "work_task"
        ])
    );
    assert!(me.get("volunteers").is_none());
    let manager = server.manager().await;
    let me = manager.get("/v1/me").await.body;
    assert_eq!((&me["supervisor"]["phone"], me.get("manager")), (&json!(phones::TOWN), None));
    let volunteers = |me: &Value| {
        let volunteers = me["volunteers"].as_array().expect("volunteers").iter();
        volunteers.map(|one| text(&one["phone"])).collect::<Vec<_>>()
    };
    assert_eq!(volunteers(&me), [phones::VOLUNTEER, phones::SECOND_VOLUNTEER]);
    let suspended = json!({ "state": "suspended", "reason": "x" });
    manager.patch(&format!("/v1/people/{}/state", person_id(21)), &suspended).await;
    let me = manager.get("/v1/me").await.body;
    assert_eq!(volunteers(&me), [phones::SECOND_VOLUNTEER], "only active ones");
    let supervisor = server.supervisor().await.get("/v1/me").await.body;
    assert!(supervisor.get("supervisor").is_none(), "nobody is above the district");
    assert_eq!(
        (&supervisor["time_zone"], supervisor.get("volunteers")),
        (&json!("Asia/Shanghai"), None)
    );
}

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

fn text_of(answer: &Answer, header: &str) -> String {
    answer.headers[header].to_str().expect("a text").to_owned()
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
