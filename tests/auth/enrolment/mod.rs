//! Enrolment: invitations, the one-time code, the key of the device, codes by message.

mod invitations;
mod messages;
mod refusals;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::factors::{REQUIRED, enrolment, text};
use crate::support::files::person_id;
use crate::support::server::{Answer, Settings};
use crate::support::{Caller, PASSWORD, Server};

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

/// An enrolment of a console from an address behind the proxy.
async fn enrol_from(server: &Server, from: &str, phone: &str, code: &str) -> Answer {
    let stranger = server.stranger();
    let body = enrolment(phone, code, "console");
    let request = stranger.request(Method::POST, ENROL).json(&body);
    stranger.send(request.header("X-Forwarded-For", from)).await
}
