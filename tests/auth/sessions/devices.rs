//! Devices: the cookie of a console, the key of a phone, a sign-in without a device.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{device, refresh, refused, sign_in, text};
use crate::support::{Backend, PASSWORD, Server, phones};

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
    let out = stranger.send(with_cookie("/v1/auth/sign-out", &cookie)).await;
    let deleted = out.headers["set-cookie"].to_str().expect("a text");
    assert!(out.status == 204 && deleted.contains("Max-Age=0"), "{deleted}");
    refused(&stranger.send(with_cookie("/v1/auth/refresh", &cookie)).await, "session_ended");
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
async fn the_name_of_a_device_is_visible_and_has_no_blanks_at_its_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, " 手机\u{3000}").await;
    let list = phone.caller.get("/v1/auth/sessions").await.body;
    assert_eq!(list["items"][0]["name"], "手机", "{list}");
    let path = format!("/v1/auth/sessions/{}", phone.session);
    for name in ["", "   ", "\u{3000}", "\u{200b}", "\u{202e}phone\u{200b}", "手\n机"] {
        let device = json!({ "name": name, "kind": "phone" });
        let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD, "device": device });
        let answer = server.stranger().post("/v1/auth/sign-in", &body).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (422, &json!("/device/name"))
        );
        let renamed = phone.caller.patch(&path, &json!({ "name": name })).await;
        assert_eq!((renamed.status, renamed.problem()), (422, "invalid"), "{name:?}");
    }
    let renamed = phone.caller.patch(&path, &json!({ "name": " 老人机 " })).await;
    assert_eq!((renamed.status, &renamed.body["name"]), (200, &json!("老人机")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_without_a_token_is_a_defect_of_an_app_and_the_end_of_a_browsers_session(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    let refresh = |body: Value| stranger.request(Method::POST, "/v1/auth/refresh").json(&body);
    for body in [json!({}), json!({ "refresh_token": null }), json!({ "refresh_token": 7 })] {
        let answer = stranger.send(refresh(body)).await;
        assert_eq!((answer.status, answer.problem()), (422, "invalid"));
        assert_eq!(answer.body["errors"][0]["pointer"], "/refresh_token", "{}", answer.body);
    }
    // A script cannot see whether its browser has the cookie.
    let of_page = refresh(json!({})).header("Origin", &server.base);
    refused(&stranger.send(of_page).await, "session_ended");
}
