//! Proposals: another day for a task in hand and what a beneficiary needs, for a manager's decision.

mod needs;
mod other_days;
mod outbox;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::files::BENEFICIARY;
use crate::support::server::Answer;
use crate::support::{Caller, Server};

/// A task of the beneficiary that the volunteer has claimed.
async fn claimed(server: &Server) -> String {
    let task = server.manager().await.make_task(BENEFICIARY).await;
    let claimed = server.volunteer().await.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    task
}

async fn propose(caller: &Caller, task: &str, body: Value) -> Answer {
    caller.post(&format!("/v1/tasks/{task}/proposals"), &body).await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").to_owned()
}

async fn decide(caller: &Caller, id: &str, answer: &str, body: Value) -> Answer {
    caller.post(&format!("/v1/proposals/{id}/{answer}"), &body).await
}

async fn listed(caller: &Caller, query: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/proposals{query}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().expect("items").clone()
}

/// The state of the proposal, as its author sees it.
async fn state(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/proposals/{id}")).await.body["state"].clone()
}

/// The kinds and titles of the caller's notices.
async fn notices(caller: &Caller, language: &str) -> Vec<(Value, Value)> {
    let request = caller.request(Method::GET, "/v1/me").header("Accept-Language", language);
    let me = caller.send(request).await;
    let all = me.body["notices"].as_array().cloned().unwrap_or_default();
    all.into_iter().map(|one| (one["kind"].clone(), one["title"].clone())).collect()
}

fn need(beneficiary: &str, more: Value) -> Value {
    let mut need = json!({ "beneficiary_id": beneficiary, "need": "housing" });
    for (name, value) in more.as_object().expect("an object") {
        need[name] = value.clone();
    }
    need
}
