//! Second factors: authenticator apps, the grace of people of an older database, and step-up.

use std::time::Duration;

use chrono::{FixedOffset, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::factors::{
    ProvingPhone, REQUIRED, enrolment, invite, set_up_app, text, with_app,
};
use crate::support::files::person_id;
use crate::support::server::{Answer, Settings, gridward, import, said, set_password};
use crate::support::{Backend, Database, Files, PASSWORD, Server, phones};

const SETTINGS: Settings = &[REQUIRED];

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.problem()), (status, code), "{}", answer.body);
}

fn sign_in(phone: &str, kind: &str, totp: Option<&str>) -> Value {
    let device = json!({ "name": "设备", "kind": kind });
    let mut body = json!({ "phone": phone, "password": PASSWORD, "device": device });
    if let Some(code) = totp {
        body["totp"] = json!(code);
    }
    body
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_signs_in_with_the_code_of_its_app_and_each_code_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (caller, app) = with_app(&server, phones::SUPERVISOR).await;
    assert_eq!(caller.get("/v1/people").await.status, 200);
    let stranger = server.stranger();
    let attempt = async |code: Option<&str>| {
        stranger.post("/v1/auth/sign-in", &sign_in(phones::SUPERVISOR, "console", code)).await
    };
    refused(&attempt(None).await, 403, "second_factor_required");
    refused(&attempt(Some(&app.code(100))).await, 401, "wrong_code");
    let code = app.code(1);
    let signed_in = attempt(Some(&code)).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let token = text(&signed_in.body["access_token"]);
    assert_eq!(server.bearer(&token).get("/v1/people").await.status, 200);
    refused(&attempt(Some(&code)).await, 401, "wrong_code");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_codes_delay_the_next_ones_and_not_those_of_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (_, app) = with_app(&server, phones::SUPERVISOR).await;
    let (_, other) = with_app(&server, phones::ADMIN).await;
    let stranger = server.stranger();
    let attempt = async |phone: &str, code: &str| {
        stranger.post("/v1/auth/sign-in", &sign_in(phone, "console", Some(code))).await
    };
    for _ in 0..5 {
        let wrong = attempt(phones::SUPERVISOR, &app.code(100)).await;
        refused(&wrong, 401, "wrong_code");
    }
    let waits = attempt(phones::SUPERVISOR, &app.code(1)).await;
    refused(&waits, 429, "too_many_requests");
    assert!(waits.headers.contains_key("retry-after"));
    assert_eq!(attempt(phones::ADMIN, &other.code(1)).await.status, 200);
}

/// A server on a database whose passwords are older than enrolment, with a grace that ended or
/// ends `days` from today.
fn older(backend: Backend, days: i64) -> Server {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let last = Utc::now().with_timezone(&china).date_naive() + chrono::TimeDelta::days(days);
    let mut database = Database::from(backend);
    assert!(import(&database, &Files::small(), &[]).status.success());
    for phone in [phones::VOLUNTEER, phones::SUPERVISOR] {
        set_password(&database, phone);
    }
    database.execute("UPDATE credentials SET before_enrolment = TRUE");
    database.set("GRIDWARD_SECOND_FACTOR", "required");
    database.set("GRIDWARD_SECOND_FACTOR_GRACE", last.to_string());
    Server::start(database)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_the_grace_people_enrol_by_signing_in_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = older(backend, 0);
    let phone = ProvingPhone::new(&server).await;
    let body = sign_in(phones::VOLUNTEER, "phone", None);
    let enrolled = phone.post("/v1/auth/sign-in", &body).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    let token = text(&enrolled.body["access_token"]);
    assert_eq!(phone.get("/v1/tasks", &token).await.status, 200);
    let other = ProvingPhone::new(&server).await;
    refused(&other.post("/v1/auth/sign-in", &body).await, 403, "enrolment_required");
    assert_eq!(phone.post("/v1/auth/sign-in", &body).await.status, 200);
    // A console is asked to set up an app.
    let body = sign_in(phones::SUPERVISOR, "console", None);
    let signed_in = server.stranger().post("/v1/auth/sign-in", &body).await;
    assert_eq!((signed_in.status, &signed_in.body["set_up_second_factor"]), (200, &json!(true)));
    let console = server.bearer(&text(&signed_in.body["access_token"]));
    refused(&console.get("/v1/people").await, 403, "second_factor_required");
    let (supervisor, _) = set_up_app(&server, &console).await;
    assert_eq!(supervisor.get("/v1/people").await.status, 200);
    refused(
        &server.stranger().post("/v1/auth/sign-in", &body).await,
        403,
        "second_factor_required",
    );
    // A new password on the command line does not begin another grace.
    set_password(&server.database, phones::MANAGER);
    let body = sign_in(phones::MANAGER, "phone", None);
    refused(&other.post("/v1/auth/sign-in", &body).await, 403, "enrolment_required");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_grace_a_password_alone_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = older(backend, -1);
    let phone = ProvingPhone::new(&server).await;
    let body = sign_in(phones::VOLUNTEER, "phone", None);
    refused(&phone.post("/v1/auth/sign-in", &body).await, 403, "enrolment_required");
    let body = sign_in(phones::SUPERVISOR, "console", None);
    let console = server.stranger().post("/v1/auth/sign-in", &body).await;
    refused(&console, 403, "enrolment_required");
    let bare = json!({ "phone": phones::SUPERVISOR, "password": PASSWORD });
    refused(&server.stranger().post("/v1/auth/sign-in", &bare).await, 403, "enrolment_required");
    let wrong = json!({ "phone": phones::SUPERVISOR, "password": "not the one" });
    refused(&server.stranger().post("/v1/auth/sign-in", &wrong).await, 401, "wrong_credentials");
    let code = invite(&server.database, phones::VOLUNTEER);
    let body = crate::support::factors::enrolment(phones::VOLUNTEER, &code, "phone");
    assert_eq!(phone.post("/v1/auth/enrol", &body).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_and_a_change_of_factors_need_a_recent_authentication(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[REQUIRED, ("GRIDWARD_STEP_UP_S", "2")]);
    let (caller, app) = with_app(&server, phones::SUPERVISOR).await;
    assert_eq!(caller.get("/v1/events/export").await.status, 200);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let refusal = caller.get("/v1/events/export").await;
    refused(&refusal, 401, "step_up_required");
    assert_eq!(
        refusal.headers["www-authenticate"],
        "Bearer error=\"insufficient_user_authentication\", max_age=2"
    );
    refused(&caller.act("/v1/me/totp").await, 401, "step_up_required");
    refused(&caller.delete("/v1/me/totp").await, 401, "step_up_required");
    assert_eq!(caller.get("/v1/events").await.status, 200, "a list is no export");
    let step_up = async |body: Value| caller.post("/v1/auth/step-up", &body).await;
    refused(&step_up(json!({})).await, 422, "invalid");
    refused(&step_up(json!({ "password": "not the one" })).await, 422, "invalid");
    refused(&step_up(json!({ "totp": app.code(100) })).await, 422, "invalid");
    let password = json!({ "password": PASSWORD });
    refused(&step_up(password).await, 403, "second_factor_required");
    let again = step_up(json!({ "password": PASSWORD, "totp": app.code(1) })).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let fresh = server.bearer(&text(&again.body["access_token"]));
    assert_eq!(fresh.get("/v1/events/export").await.status, 200);
    assert_eq!(fresh.delete("/v1/me/totp").await.status, 204);
    let events = caller.events("person.totp_delete").await;
    assert_eq!((events.len(), &events[0]["subject_id"]), (1, &json!(person_id(1))));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolled_phone_steps_up_with_its_password(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[REQUIRED, ("GRIDWARD_STEP_UP_S", "2")]);
    let code = invite(&server.database, phones::SUPERVISOR);
    let phone = ProvingPhone::new(&server).await;
    let body = crate::support::factors::enrolment(phones::SUPERVISOR, &code, "phone");
    let enrolled = phone.post("/v1/auth/enrol", &body).await;
    let token = text(&enrolled.body["access_token"]);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let refusal = phone.get("/v1/events/export", &token).await;
    refused(&refusal, 401, "step_up_required");
    let challenge = refusal.headers["www-authenticate"].to_str().expect("a text");
    assert!(challenge.starts_with("DPoP error="), "{challenge}");
    let body = json!({ "password": PASSWORD });
    let again =
        phone.send(reqwest::Method::POST, "/v1/auth/step-up", Some(&token), Some(&body)).await;
    assert_eq!((again.status, &again.body["token_type"]), (200, &json!("DPoP")), "{}", again.body);
    let token = text(&again.body["access_token"]);
    assert_eq!(phone.get("/v1/events/export", &token).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_none_is_required_a_person_who_set_up_an_app_uses_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (_, app) = set_up_app(&server, &server.supervisor().await).await;
    let body = sign_in(phones::SUPERVISOR, "console", None);
    refused(
        &server.stranger().post("/v1/auth/sign-in", &body).await,
        403,
        "second_factor_required",
    );
    let body = sign_in(phones::SUPERVISOR, "console", Some(&app.code(1)));
    assert_eq!(server.stranger().post("/v1/auth/sign-in", &body).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_loses_the_factors_with_the_password(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    with_app(&server, phones::VOLUNTEER).await;
    let code = invite(&server.database, phones::VOLUNTEER);
    let body = enrolment(phones::VOLUNTEER, &code, "phone");
    let enrolled = ProvingPhone::new(&server).await.post("/v1/auth/enrol", &body).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    let kept = |table: &str| {
        let person = person_id(21);
        let rows = format!("SELECT person AS text FROM {table} WHERE person = '{person}'");
        server.database.texts(&rows).len()
    };
    let tables = ["credentials", "device_keys", "totp_secrets", "invitations"];
    assert_eq!(tables.map(kept), [1; 4]);
    let leave = ["user", "leave", phones::VOLUNTEER, "--reason", "搬走了"];
    let left = gridward(&server.database, &leave).output().expect("it runs");
    assert!(left.status.success(), "{}", said(&left));
    assert_eq!(tables.map(kept), [0; 4]);
}
