//! Campaigns: written, approved by another person, launched once, and closed.

mod drafts;
pub mod dry_plans;
mod goods_alone;
mod launching;
mod quotas;
mod repeated_launches;
pub mod spring_festival;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::server::Answer;
use crate::support::{Caller, Server};

/// A campaign for all beneficiaries of the caller's area, with the fields of `more` added or replaced.
pub fn campaign(more: Value) -> Value {
    let mut body = json!({
        "name": "春节慰问", "name_en": "Spring Festival visits", "occasion": "spring_festival",
        "year": 2027, "filter": { "all": [] }, "kind": "home_visit", "first_day": "2027-01-18",
        "last_day": "2027-02-05", "instructions": "送春联"
    });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, value) in more {
        body[name] = value;
    }
    body
}

pub async fn draft(caller: &Caller, more: Value) -> String {
    let created = caller.post("/v1/campaigns", &campaign(more)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    format!("/v1/campaigns/{}", created.body["id"].as_str().expect("an id"))
}

/// Approves it also without a dry plan.
pub async fn approve(caller: &Caller, path: &str) -> Answer {
    approve_with(caller, path, "?confirm=true").await
}

/// Approves it with this query.
pub async fn approve_with(caller: &Caller, path: &str, query: &str) -> Answer {
    let version = caller.get(path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/approve{query}"));
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

pub async fn launch(caller: &Caller, path: &str, confirm: bool) -> Answer {
    caller.post(&format!("{path}/launch"), &json!({ "confirm": confirm })).await
}

/// The campaign, when all its tasks are created.
pub async fn launched(caller: &Caller, path: &str) -> Value {
    for _ in 0..300 {
        let campaign = caller.get(path).await.body;
        if campaign["state"] == "launched" {
            return campaign;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not launched within 30 s: {}", caller.get(path).await.body);
}

/// A campaign that was approved by the admin and launched by the supervisor.
pub async fn launched_campaign(server: &Server, more: Value) -> (Caller, String, Value) {
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, more).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let begun = launch(&supervisor, &path, true).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let campaign = launched(&supervisor, &path).await;
    (supervisor, path, campaign)
}

async fn tasks(caller: &Caller) -> Vec<Value> {
    let listed = caller.get("/v1/tasks?limit=200").await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body["items"].as_array().expect("items").clone()
}
