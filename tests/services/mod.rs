//! Services that are configuration alone: each document of `docs/services` is sent to the API of a running
//! server, and what follows is read from it.

mod army_day;
mod employment;
mod honour_plaque;
mod information_collection;
mod memorials;
mod new_service;
mod regular_contact;
mod retired_officers;
mod visits;

use reqwest::Method;
use serde_json::{Value, json};

use crate::cases::VILLAGE;
use crate::regimes::{create, with};
use crate::support::days::day;
use crate::support::files::{Files, person_id};
use crate::support::{Backend, Caller, Server};

/// The small district without earlier contacts, with a supervisor of its first village.
fn server(backend: Backend) -> Server {
    let village = format!(
        "{},supervisor,村主任,F,1980,{VILLAGE},500116001002,29.28500,106.25500,driving,180,\
         mon 0900-1200",
        person_id(3)
    );
    let files = Files::small().with("beneficiaries.csv", ",2026-01-15", ",");
    Server::with(backend, &files.with_line("people.csv", &village))
}

/// The items of a list of the document.
fn items<'a>(document: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    document[list].as_array().into_iter().flatten()
}

/// Sends the words, goods, kinds and regimes of a document to the API; the supervisor who writes the regimes
/// is responsible for them.
async fn install(server: &Server, document: &str) {
    install_for(server, document, &person_id(1)).await;
}

/// Sends the words, goods, kinds and regimes of a document to the API, as an admin; the regimes are
/// written by a supervisor for this responsible person, and activated by the admin. They began some time
/// ago, so that all members are due.
async fn install_for(server: &Server, document: &str, responsible: &str) {
    let document: Value = serde_json::from_str(document).expect("a document");
    let admin = server.admin().await;
    add_needs(&admin, items(&document, "needs")).await;
    for item in items(&document, "goods") {
        let mut content = item.clone();
        content.as_object_mut().expect("an item").remove("code");
        let path = format!("/v1/goods/items/{}", item["code"].as_str().expect("a code"));
        let put = admin.send(admin.request(Method::PUT, &path).json(&content)).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }
    for (list, path) in [("case_kinds", "/v1/case-kinds"), ("service_kinds", "/v1/service-kinds")] {
        for kind in items(&document, list) {
            let made = admin.post(path, kind).await;
            assert_eq!(made.status, 201, "{}", made.body);
        }
    }
    for regime in items(&document, "regimes") {
        let more = json!({
            "starts_on": day(-400), "responsible_id": responsible, "active": true
        });
        create(server, &with(regime, &more)).await;
    }
}

/// Adds words to the needs of the district.
async fn add_needs(admin: &Caller, needs: impl Iterator<Item = &Value>) {
    let path = "/v1/vocabularies/needs";
    let current = admin.get(path).await;
    let mut words = current.body["words"].as_array().expect("words").clone();
    for word in &mut words {
        word.as_object_mut().expect("a word").remove("version");
    }
    let before = words.len();
    words.extend(needs.cloned());
    if words.len() > before {
        let request = admin.request(Method::PUT, path);
        let request = request.header("If-Match", current.headers["etag"].clone());
        let put = admin.send(request.json(&json!({ "words": words }))).await;
        assert_eq!(put.status, 200, "{}", put.body);
    }
}

/// Claims the task and reports it as done, with the fields of `more`; returns the report's id.
async fn report(visitor: &Caller, task: &str, more: Value) -> String {
    let claimed = visitor.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let body = with(&json!({ "outcome": "done" }), &more);
    let done = visitor.post(&format!("/v1/tasks/{task}/report"), &body).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let reports = visitor.get(&format!("/v1/tasks/{task}/reports")).await;
    reports.body["items"][0]["id"].as_str().unwrap_or_default().to_owned()
}

/// The id of the only task of this title for the beneficiary.
async fn task_of(caller: &Caller, title: &str, beneficiary: &str) -> String {
    let all = crate::regime_cadences::made(caller, title).await;
    let own = all.iter().filter(|task| task["beneficiary_id"] == beneficiary);
    let own: Vec<&Value> = own.collect();
    assert_eq!(own.len(), 1, "{title}: {own:?}");
    own[0]["id"].as_str().expect("an id").to_owned()
}
