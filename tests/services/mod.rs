//! Services that are configuration alone: each document of `docs/services` is sent to the API of a running
//! server, and what follows is read from it.

mod army_day;
mod demo;
mod documents;
mod employment;
mod event_visits;
mod honour_plaque;
mod information_collection;
mod memorials;
mod new_service;
mod regular_contact;
mod retired_officers;
mod spring_festival;
mod templates;
mod visits;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::VILLAGE;
use crate::regime::with;
use crate::support::days::day;
use crate::support::files::{Files, person_id};
use crate::support::server::Answer;
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

/// Drafts of the campaigns of a document for a year, those with visits with the guest, which a supervisor makes of their
/// templates; each has its occasion on the first of the days, and is made on the others. Returns their paths.
async fn drafts(
    server: &Server,
    document: &str,
    (year, days): (i32, [&str; 3]),
    guest: &Value,
) -> Vec<String> {
    let document: Value = serde_json::from_str(document).expect("a document");
    let (supervisor, mut paths) = (server.supervisor().await, Vec::new());
    for template in items(&document, "campaigns") {
        let mut order = json!({ "year": year });
        if template["kind"].is_string() {
            order["guest"] = guest.clone();
        }
        let code = template["code"].as_str().expect("a code");
        let made =
            supervisor.post(&format!("/v1/campaign-templates/{code}/campaigns"), &order).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let of = ["occasion_day", "first_day", "last_day"].map(|field| &made.body[field]);
        assert_eq!(of, days.map(|day| json!(day)).each_ref(), "{code}");
        paths.push(format!("/v1/campaigns/{}", made.body["id"].as_str().expect("an id")));
    }
    paths
}

/// The document, sent as it is.
async fn sent(caller: &Caller, query: &str, document: &Value) -> Answer {
    caller.post(&format!("/v1/services{query}"), document).await
}

/// The document with the day on which its regimes began, some time ago, so that all members are due, and the
/// person responsible for them.
fn begun(document: &str, responsible: &str) -> Value {
    let mut document: Value = serde_json::from_str(document).expect("a document");
    let regimes = document.get_mut("regimes").and_then(Value::as_array_mut);
    for regime in regimes.into_iter().flatten() {
        regime["starts_on"] = json!(day(-400));
        regime["responsible_id"] = json!(responsible);
    }
    document
}

/// Sends the document to the API; the supervisor who activates its regimes is responsible for them.
async fn install(server: &Server, document: &str) {
    install_for(server, document, &person_id(1)).await;
}

/// Sends the document to the API as an admin, in one call; a supervisor activates its regimes for this
/// responsible person.
async fn install_for(server: &Server, document: &str, responsible: &str) {
    let installed = sent(&server.admin().await, "", &begun(document, responsible)).await;
    assert_eq!(installed.status, 200, "{}", installed.body);
    let supervisor = server.supervisor().await;
    for part in installed.body["parts"].as_array().expect("parts") {
        if let Some(id) = part["id"].as_str() {
            activate(&supervisor, id).await;
        }
    }
}

/// Activates the regime as another person than its author.
async fn activate(caller: &Caller, id: &str) {
    let activated = try_to_activate(caller, id).await;
    assert_eq!(activated.status, 200, "{}", activated.body);
}

async fn try_to_activate(caller: &Caller, id: &str) -> Answer {
    let path = format!("/v1/regimes/{id}");
    let regime = caller.get(&path).await;
    let content = with(&content_of(&regime.body), &json!({ "active": true }));
    let request = caller.request(Method::PUT, &format!("{path}?confirm=true"));
    let request = request.header("If-Match", regime.headers["etag"].clone());
    caller.send(request.json(&content)).await
}

/// What may be changed of a regime.
fn content_of(regime: &Value) -> Value {
    let fields = [
        "name",
        "name_en",
        "subject",
        "filter",
        "kind",
        "cadence",
        "satisfied_by",
        "lead_days",
        "starts_on",
        "responsible_id",
        "assign_responsible",
        "active",
    ];
    let fields = fields.into_iter().filter(|field| !regime[field].is_null());
    fields.map(|field| (field.to_owned(), regime[field].clone())).collect()
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
    let all = crate::regime::cadences::made(caller, title).await;
    let own = all.iter().filter(|task| task["beneficiary_id"] == beneficiary);
    let own: Vec<&Value> = own.collect();
    assert_eq!(own.len(), 1, "{title}: {own:?}");
    own[0]["id"].as_str().expect("an id").to_owned()
}

/// The weeks from now in which the regime of this name has visits, one for each visit, over two years.
async fn coming(caller: &Caller, name: &str) -> Vec<u64> {
    let regimes = caller.get("/v1/regimes?limit=100").await.body;
    let regime = items(&regimes, "items").find(|regime| regime["name"] == name);
    let id = regime.expect("a regime")["id"].as_str().expect("an id").to_owned();
    let outlook = caller.get(&format!("/v1/regimes/{id}/outlook?weeks=104")).await.body;
    let visits = items(&outlook, "weeks").map(|week| week["visits"].as_u64().expect("a number"));
    let weeks = (0..).zip(visits);
    weeks.flat_map(|(week, visits)| (0..visits).map(move |_| week)).collect()
}
