//! Codes by message.

use aws_lc_rs::hmac;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{ENROL, enrol_from, refused};
use crate::support::factors::{ProvingPhone, enrolment, invite, text};
use crate::support::server::import;
use crate::support::{Backend, Database, Files, Server, phones};

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
