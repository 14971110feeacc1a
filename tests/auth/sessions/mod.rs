//! Sessions: refresh, lost answers, reuse, and every way in which a session ends.

mod access;
mod challenges;
mod devices;
mod ending;
mod profile;
mod proofs;
mod refresh;
mod reuse;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::server::Answer;
use crate::support::{Caller, PASSWORD, Server};

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
