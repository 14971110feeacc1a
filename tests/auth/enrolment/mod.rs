//! Enrolment: invitations, the one-time code, the key of the device, codes by message.

use std::time::Duration;

use aws_lc_rs::hmac;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::factors::{
    ProvingPhone, REQUIRED, code_in, enrolment, invite, nonce, set_up_app, text, with_app,
};
use crate::support::files::person_id;
use crate::support::server::{Answer, Settings, gridward, import, said};
use crate::support::{Backend, Caller, Database, Files, PASSWORD, Server, phones};

const SETTINGS: Settings = &[REQUIRED];
const ENROL: &str = "/v1/auth/enrol";

/// Invites the volunteer; returns the code.
async fn invited(superior: &Caller) -> String {
    let answer = superior.act(&format!("/v1/people/{}/invitations", person_id(21))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    text(&answer.body["code"])
}

fn sign_in(phone: &str) -> Value {
    let device = json!({ "name": "手机", "kind": "phone" });
    json!({ "phone": phone, "password": PASSWORD, "device": device })
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.problem()), (status, code), "{}", answer.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_person_enrols_a_phone_and_then_signs_in_on_it_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let code = invited(&supervisor).await;
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!((enrolled.status, &enrolled.body["token_type"]), (200, &json!("DPoP")));
    assert!(enrolled.body.get("set_up_second_factor").is_none(), "{}", enrolled.body);
    let token = text(&enrolled.body["access_token"]);
    assert_eq!(phone.get("/v1/tasks", &token).await.status, 200);
    let signed_in = phone.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    // Another phone, with the same password.
    let other = ProvingPhone::new(&server).await;
    let stolen = other.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&stolen, 403, "enrolment_required");
    let bare = server.stranger().post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&bare, 403, "enrolment_required");
    // The code is spent, on whichever device.
    for phone in [&phone, &other] {
        let again = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
        refused(&again, 410, "invitation_used");
    }
    for action in ["person.invite", "person.enrol"] {
        let events = supervisor.events(action).await;
        let of_volunteer =
            events.iter().filter(|event| event["subject_id"] == person_id(21)).count();
        assert_eq!(of_volunteer, 1, "{events:?}");
    }
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_invitation_voids_the_previous_and_an_old_one_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let first = invited(&supervisor).await;
    let second = invited(&supervisor).await;
    let phone = ProvingPhone::new(&server).await;
    let voided = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &first, "phone")).await;
    refused(&voided, 401, "wrong_code");
    server.database.execute("UPDATE invitations SET expires_at = '2026-01-01 00:00:00'");
    let late = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &second, "phone")).await;
    refused(&late, 410, "invitation_expired");
    let third = invited(&supervisor).await.replace('-', " ").to_lowercase();
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &third, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

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

/// An enrolment of a console from an address behind the proxy.
async fn enrol_from(server: &Server, from: &str, phone: &str, code: &str) -> Answer {
    let stranger = server.stranger();
    let body = enrolment(phone, code, "console");
    let request = stranger.request(Method::POST, ENROL).json(&body);
    stranger.send(request.header("X-Forwarded-For", from)).await
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
async fn a_code_by_message_has_five_tries_from_all_addresses(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, mut messages) = provider().await;
    let mut database = Database::from(backend);
    for (name, value) in [
        ("GRIDWARD_SMS", "http"),
        ("GRIDWARD_SMS_URL", url.as_str()),
        ("GRIDWARD_SMS_KEY", "a shared key"),
        ("GRIDWARD_SECOND_FACTOR", "required"),
    ] {
        database.set(name, value);
    }
    database.trust_proxies();
    assert!(import(&database, &Files::small(), &[]).status.success());
    let server = Server::start(database);
    let stranger = server.stranger();
    let unknown = "19999999999";
    for phone in [phones::VOLUNTEER, unknown] {
        assert_eq!(stranger.post("/v1/auth/codes", &json!({ "phone": phone })).await.status, 202);
    }
    let code = text(&messages.recv().await.expect("a message")["code"]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for phone in [phones::VOLUNTEER, unknown] {
        for network in 0..5 {
            let from = format!("10.0.{network}.1");
            let guess = enrol_from(&server, &from, phone, wrong).await;
            refused(&guess, 401, "wrong_code");
        }
        let void = enrol_from(&server, "203.0.113.9", phone, &code).await;
        refused(&void, 429, "too_many_requests");
    }
    // An invitation is not affected.
    let invitation = invite(&server.database, phones::VOLUNTEER);
    let guess = enrol_from(&server, "203.0.113.9", phones::VOLUNTEER, &code).await;
    refused(&guess, 429, "too_many_requests");
    let enrolled = enrol_from(&server, "203.0.113.9", phones::VOLUNTEER, &invitation).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    // A new code has its own tries.
    server.database.execute("DELETE FROM code_requests");
    let ask = json!({ "phone": phones::VOLUNTEER });
    assert_eq!(stranger.post("/v1/auth/codes", &ask).await.status, 202);
    let code = text(&messages.recv().await.expect("a message")["code"]);
    let enrolled = enrol_from(&server, "203.0.113.9", phones::VOLUNTEER, &code).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_printed_as_a_page_without_scripts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let path = format!("/v1/people/{}/invitations/sheet", person_id(21));
    let answer = supervisor.request(Method::POST, &path).send().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
    assert_eq!((answer.status().as_u16(), header("cache-control").as_str()), (200, "no-store"));
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let page = answer.text().await.expect("a page");
    assert_eq!((page.matches("<li>").count(), page.matches("<svg").count()), (4, 1));
    assert!(!page.contains("<script") && page.contains("24pt") && page.contains("王志愿"));
    let (_, rest) = page.split_once("<span class=\"code\">").expect("a code");
    let code = rest.split('<').next().expect("a code");
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_superiors_invite_and_end_the_factors_of_people(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (manager, _) = with_app(&server, phones::MANAGER).await;
    let (far, _) = with_app(&server, phones::FAR_MANAGER).await;
    let (volunteer, _) = with_app(&server, phones::SECOND_VOLUNTEER).await;
    let path = |n: u32, what: &str| format!("/v1/people/{}/{what}", person_id(n));
    let invitation = manager.act(&path(21, "invitations")).await;
    assert!(text(&invitation.body["qr"]).starts_with("<svg"), "{}", invitation.body);
    let (code, url) = (text(&invitation.body["code"]), text(&invitation.body["url"]));
    assert_eq!(url, format!("{}/m/enrol#{code}", server.base));
    for (who, n, status) in [(&far, 21, 404), (&volunteer, 21, 403), (&manager, 11, 403)] {
        for what in ["invitations", "invitations/sheet"] {
            assert_eq!(who.act(&path(n, what)).await.status, status, "{n} {what}");
        }
        assert_eq!(who.delete(&path(n, "second-factors")).await.status, status, "{n}");
    }
    // A lost phone: the key and the session end, and a new invitation enrols another.
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    let token = text(&enrolled.body["access_token"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(manager.delete(&path(21, "second-factors")).await.status, 204);
    refused(&phone.get("/v1/me", &token).await, 401, "session_ended");
    let back = phone.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&back, 403, "enrolment_required");
    let code = invited(&manager).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_admin_enrols_with_the_code_of_the_command_line(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let number = "10000000098";
    let args = ["user", "add", "--role", "admin", "--area", "500116", "--name", "赵管理"];
    let args: Vec<&str> = args.into_iter().chain(["--phone", number]).collect();
    let added = gridward(&server.database, &args).output().expect("the binary runs");
    assert!(added.status.success(), "{}", said(&added));
    let body = enrolment(number, &code_in(&said(&added)), "console");
    let enrolled = server.stranger().post(ENROL, &body).await;
    assert_eq!((enrolled.status, &enrolled.body["set_up_second_factor"]), (200, &json!(true)));
    let console = server.bearer(&text(&enrolled.body["access_token"]));
    assert_eq!(console.get("/v1/me").await.body["role"], "admin");
    refused(&console.get("/v1/people").await, 403, "second_factor_required");
    let (admin, _) = set_up_app(&server, &console).await;
    assert_eq!(admin.get("/v1/people").await.status, 200);
}

/// A provider of messages that keeps the bodies with correct signatures.
async fn provider() -> (String, tokio::sync::mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/send", listener.local_addr().expect("an address"));
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            let mut buffer = [0; 4096];
            while !read.ends_with(b"}") {
                let n = stream.read(&mut buffer).await.expect("a request");
                read.extend_from_slice(&buffer[..n]);
            }
            let text = String::from_utf8(read).expect("a text");
            let (head, body) = text.split_once("\r\n\r\n").expect("a head");
            let header = |name: &str| {
                let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
                line.and_then(|line| line.split_once(": ")).expect("a header").1.to_owned()
            };
            let signed = format!("{}.{body}", header("x-gridward-timestamp"));
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"a shared key");
            let signature = hex::encode(hmac::sign(&key, signed.as_bytes()));
            assert_eq!(header("x-gridward-signature"), signature);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("an answer");
            let _ = sender.send(serde_json::from_str(body).expect("JSON"));
        }
    });
    (url, receiver)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_by_message_recovers_access_within_limits_and_budget(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, mut messages) = provider().await;
    let mut database = Database::from(backend);
    for (name, value) in [
        ("GRIDWARD_SMS", "http"),
        ("GRIDWARD_SMS_URL", &url),
        ("GRIDWARD_SMS_KEY", "a shared key"),
        ("GRIDWARD_SMS_PER_DAY", "2"),
        ("GRIDWARD_SECOND_FACTOR", "required"),
    ] {
        database.set(name, value);
    }
    assert!(import(&database, &Files::small(), &[]).status.success());
    let server = Server::start(database);
    let stranger = server.stranger();
    let ask = async |phone: &str| stranger.post("/v1/auth/codes", &json!({ "phone": phone })).await;
    for phone in [phones::VOLUNTEER, "19999999999", phones::ADMIN] {
        let asked = ask(phone).await;
        assert_eq!((asked.status, asked.body), (202, Value::Null), "{phone}");
        refused(&ask(phone).await, 429, "too_many_requests");
    }
    let message = messages.recv().await.expect("a message");
    assert_eq!(
        (&message["phone"], &message["expires_in"]),
        (&json!(phones::VOLUNTEER), &json!(600))
    );
    let code = text(&message["code"]);
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    let again = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    refused(&again, 410, "invitation_used");
    // The second message spends the budget, for known and unknown numbers.
    assert_eq!(ask(phones::MANAGER).await.status, 202);
    assert_eq!(messages.recv().await.expect("a message")["phone"], phones::MANAGER);
    for phone in [phones::OTHER_MANAGER, "18888888888"] {
        refused(&ask(phone).await, 429, "too_many_requests");
    }
    assert!(messages.try_recv().is_err(), "no message to an unknown number or an admin");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_setting_no_messages_are_sent(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let body = json!({ "phone": phones::VOLUNTEER });
    refused(&server.stranger().post("/v1/auth/codes", &body).await, 404, "codes_unavailable");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_an_invitation_opens_the_app_or_a_page_that_needs_none(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    let answer = stranger.request(Method::GET, "/m/enrol").send().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text().await.expect("a page");
    // A build with the web apps opens the app, which reads the code from the link.
    if page.contains("<div id=\"app\">") {
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(page.contains("<script type=\"module\""), "{page}");
    } else {
        assert!(page.contains("邀请码") && !page.contains("<script"), "{page}");
    }
}
