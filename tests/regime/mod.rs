//! Standing duties: who is visited how often, evenly spread, once in each cycle.

mod activation;
pub mod cadences;
mod cycles;
mod ended_members;
mod responsible;
mod returned_occasions;
mod shared_visits;
mod statutory_days;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Caller, Server};

/// A weekly duty to visit all, of which each member has one day in the coming week.
pub fn weekly(more: &Value) -> Value {
    let content = json!({
        "name": "每周走访", "name_en": "Weekly visits", "filter": { "age": { "from": 1 } },
        "kind": "home_visit", "cadence": every(7), "lead_days": 6, "starts_on": day(0),
        "responsible_id": person_id(1), "active": true
    });
    with(&content, more)
}

/// The cadence of a cycle of this length.
pub fn every(days: i64) -> Value {
    json!({ "type": "every_days", "days": days })
}

/// The content with other fields.
pub fn with(content: &Value, more: &Value) -> Value {
    let mut content = content.clone();
    for (field, value) in more.as_object().expect("fields") {
        content[field] = value.clone();
    }
    content
}

/// A regime that a supervisor has written; the admin has activated it, if it is to be active.
pub async fn create(server: &Server, content: &Value) -> Value {
    let draft = with(content, &json!({ "active": false }));
    let body = json!({ "content": draft });
    let created = server.supervisor().await.post("/v1/regimes", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    if content["active"] == true {
        activate(server, &created.body, content).await
    } else {
        created.body
    }
}

/// The regime that the admin has activated.
async fn activate(server: &Server, regime: &Value, content: &Value) -> Value {
    let activated = change(&server.admin().await, regime, content).await;
    assert_eq!(activated.status, 200, "{}", activated.body);
    activated.body
}

/// The regime with other content, written by a supervisor and activated by the admin.
pub async fn rewrite(server: &Server, regime: &Value, content: &Value) -> Value {
    let edited = edit(server, regime, content).await;
    activate(server, &edited, content).await
}

/// Writes this content, which waits for its activation.
pub async fn edit(server: &Server, regime: &Value, content: &Value) -> Value {
    let supervisor = server.supervisor().await;
    let path = format!("/v1/regimes/{}", regime["id"].as_str().expect("an id"));
    let current = supervisor.get(&path).await.body;
    let draft = with(content, &json!({ "active": false }));
    let changed = change(&supervisor, &current, &draft).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    changed.body
}

async fn change(caller: &Caller, regime: &Value, content: &Value) -> Answer {
    let path = format!("/v1/regimes/{}?confirm=true", regime["id"].as_str().expect("an id"));
    let request = caller.request(Method::PUT, &path);
    let request = request.header("If-Match", format!("\"v{}\"", regime["version"]));
    caller.send(request.json(content)).await
}

/// Runs the nightly job; returns what it says.
pub fn night(server: &Server) -> String {
    said(&gridward(&server.database, &["jobs", "run", "regimes"]).output().expect("it runs"))
}

/// Sets the last contact and visit of all beneficiaries.
pub fn contact_all(server: &Server, day: &str) {
    let contact = format!("UPDATE beneficiaries SET last_contact = '{day}', last_visit = '{day}'");
    server.database.execute(&contact);
}

pub async fn tasks(caller: &Caller) -> Vec<Value> {
    let (mut tasks, mut query) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/v1/tasks?limit=200{query}")).await.body;
        tasks.extend(page["items"].as_array().expect("tasks").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return tasks };
        query = format!("&cursor={cursor}");
    }
}
