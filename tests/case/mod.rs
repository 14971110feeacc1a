//! Cases: matters that are followed on the path of their kind, from their opening to their end.

mod classes;
mod defaults;
mod documents;
mod kinds;
mod merges;
mod moves;
mod phones;
mod retention;
mod visits_elsewhere;
mod waiting;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attachment::send;
use crate::support::chain::hex;
use crate::support::files::{BENEFICIARY, Files, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// The phone number of the supervisor of the first village.
pub const VILLAGE: &str = "10000000003";

/// The phone number of the deputy of that supervisor.
pub const DEPUTY: &str = "10000000004";

/// The small district with a supervisor of its first village and a deputy.
pub fn server(backend: Backend) -> Server {
    let village = format!(
        "{},supervisor,村主任,F,1980,{VILLAGE},500116001002,29.28500,106.25500,driving,180,\
         mon 0900-1200",
        person_id(3)
    );
    let deputy = village
        .replace(&person_id(3), &person_id(4))
        .replace(VILLAGE, DEPUTY)
        .replace("村主任", "村副主任");
    let files = Files::small().with_line("people.csv", &village);
    Server::with(backend, &files.with_line("people.csv", &deputy))
}

pub async fn open(caller: &Caller, body: Value) -> Value {
    let opened = caller.post("/v1/cases", &body).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let id = opened.body["id"].as_str().expect("an id");
    assert_eq!(opened.headers["Location"], format!("/v1/cases/{id}"));
    opened.body
}

pub fn hardship() -> Value {
    json!({
        "kind": "three_hardships", "class": "housing", "beneficiary_id": BENEFICIARY,
        "source": "phone", "detail": "厨房屋顶漏雨"
    })
}

/// Sends a move that is based on the current version of the case.
pub async fn go(caller: &Caller, case: &Value, body: Value) -> Answer {
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    let version = caller.get(&path).await.headers.get("etag").cloned();
    let request = caller.request(Method::POST, &format!("{path}/moves")).json(&body);
    let request = match version {
        Some(version) => request.header("If-Match", version),
        None => request.header("If-Match", "\"v1\""),
    };
    caller.send(request).await
}

/// Moves the case and checks the step that follows.
pub async fn step(caller: &Caller, case: &Value, body: Value, next: &str) {
    let moved = go(caller, case, body).await;
    assert_eq!((moved.status, &moved.body["step"]), (200, &json!(next)), "{}", moved.body);
}

pub async fn read(caller: &Caller, case: &Value) -> Value {
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    let found = caller.get(&path).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body
}

pub async fn listed(caller: &Caller, query: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/cases{query}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().expect("items").iter().map(|one| one["id"].clone()).collect()
}

/// Makes the visit of the step by two people, a manager and a volunteer.
pub async fn check_at_home(server: &Server, case: &Value) {
    let manager = server.manager().await;
    let first = read(&manager, case).await["task_id"].as_str().expect("a task").to_owned();
    let task = manager.get(&format!("/v1/tasks/{first}")).await.body;
    let second = task["tied"][0]["id"].as_str().unwrap_or_else(|| panic!("{task}"));
    defaults::visit(&manager, &first, json!({})).await;
    defaults::visit(&server.volunteer().await, second, json!({})).await;
}

/// Takes a case of hardship from its finding to the follow-up visit, whose task it returns: two people check at
/// home, and village, town and district decide.
pub async fn grant_help(server: &Server, case: &Value) -> String {
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let (town, district) = (server.town_supervisor().await, server.supervisor().await);
    step(&manager, case, json!({ "move": "check" }), "home_check").await;
    check_at_home(server, case).await;
    for document in ["application", "home_check"] {
        add(&manager, case, Some(document)).await;
    }
    step(&village, case, json!({ "move": "confirm", "answers": checked_with() }), "village").await;
    // Another person decides at each level: one of the next where a level has a single person.
    for (by, next) in [(&town, "town"), (&district, "district"), (&server.admin().await, "help")] {
        step(by, case, json!({ "move": "approve" }), next).await;
    }
    step(&town, case, json!({ "move": "helped" }), "follow_up").await;
    read(&manager, case).await["task_id"].as_str().expect("a task").to_owned()
}

/// Closes a case of hardship after its follow-up visit.
pub async fn close_help(server: &Server, case: &Value) {
    let answers = json!({ "help_arrived": true, "still_needed": false });
    let close = json!({ "move": "close", "answers": answers });
    step(&server.manager().await, case, close, "closed").await;
}

fn may_come(case: &Value) -> Vec<&str> {
    let moves = case["may_come"].as_array().expect("moves").iter();
    moves.map(|one| one["move"].as_str().expect("a move")).collect()
}

/// The codes of the documents that the step of the case lacks.
fn missing(case: &Value) -> Vec<&str> {
    let documents = case["missing_documents"].as_array().into_iter().flatten();
    documents.map(|one| one["code"].as_str().expect("a code")).collect()
}

fn checked_with() -> Value {
    json!({ "checked_with": "李网格", "no_relative": true })
}

/// The bytes of a document.
const APPLICATION: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n";
const PDF: &str = "application/pdf";

/// Announces a document of the case.
async fn announce(caller: &Caller, case: &Value, id: Uuid, document: Option<&str>) -> Answer {
    let encode = |word: &str, value: &str| format!("{word} {}", BASE64_STANDARD.encode(value));
    let mut metadata = vec![
        encode("id", &id.to_string()),
        encode("case_id", case["id"].as_str().expect("an id")),
        encode("type", PDF),
        encode("sha256", &hex(digest(&SHA256, APPLICATION).as_ref())),
    ];
    metadata.extend(document.map(|document| encode("document", document)));
    let request = caller
        .request(Method::POST, "/v1/attachments")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", APPLICATION.len().to_string())
        .header("Upload-Metadata", metadata.join(","));
    caller.send(request).await
}

/// Adds a document to the case.
pub async fn add(caller: &Caller, case: &Value, document: Option<&str>) -> Uuid {
    let id = Uuid::now_v7();
    let announced = announce(caller, case, id, document).await;
    assert_eq!(announced.status, 201, "{}", announced.body);
    assert_eq!(send(caller, id, 0, APPLICATION).await.status, 204);
    id
}
