//! The events of a beneficiary's life: entry, correction, move, stay, end and merge, and what they
//! do to tasks and phones.

mod bad_input;
mod ends;
mod entries;
mod merges;
mod moves;
mod stays;
mod visitors;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Caller;
use crate::support::files::person_id;
use crate::support::server::Answer;

/// Sends a command about the beneficiary, based on this version.
async fn send(caller: &Caller, step: &str, id: &str, body: &Value, version: u64) -> Answer {
    let (method, part) = match step {
        "change" => (Method::PATCH, String::new()),
        "stay" => (Method::PUT, "/stay".to_owned()),
        "end_stay" => (Method::DELETE, "/stay".to_owned()),
        _ => (Method::POST, format!("/{step}")),
    };
    let request = caller.request(method, &format!("/v1/beneficiaries/{id}{part}"));
    let request = if body.is_null() { request } else { request.json(body) };
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

/// The current version of the beneficiary.
async fn version(caller: &Caller, id: &str) -> u64 {
    let answer = caller.get(&format!("/v1/beneficiaries/{id}")).await;
    answer.body["version"].as_u64().expect("a version")
}

/// As [`send`], based on the current version; checks that it succeeds.
async fn succeed(caller: &Caller, step: &str, id: &str, body: &Value) -> Answer {
    let version = version(caller, id).await;
    let answer = send(caller, step, id, body, version).await;
    assert_eq!(answer.status, 200, "{step}: {}", answer.body);
    answer
}

/// The fate of the task in the answer to a command.
fn fate(answer: &Answer, task: &str) -> Value {
    let tasks = answer.body["tasks"].as_array().expect("tasks");
    let task = tasks.iter().find(|one| one["id"] == json!(task));
    task.map(|task| task["fate"].clone()).unwrap_or_default()
}

/// Assigns the task to the person with this number.
async fn give(supervisor: &Caller, task: &str, person: u32) {
    let body = json!({ "person_id": person_id(person) });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &body).await;
    assert_eq!(given.status, 200, "{}", given.body);
}

/// The task is claimed by the caller.
async fn claim(caller: &Caller, task: &str) {
    assert_eq!(caller.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
}

/// The day this many days from today, in the district.
fn day(days: i64) -> Value {
    let china = chrono::FixedOffset::east_opt(8 * 3600).expect("an offset");
    let today = chrono::Utc::now().with_timezone(&china).date_naive();
    json!(today + chrono::TimeDelta::days(days))
}

/// A place in the second grid.
fn elsewhere() -> Value {
    json!({ "lat": 29.284, "lon": 106.263 })
}
