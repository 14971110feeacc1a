//! An undo gives no visit back into another.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{held, overlap};
use crate::support::files::person_id;
use crate::support::{Backend, Caller, OTHER_GRID, Server};

/// Takes the task from its person in a bulk; returns the path of its undo.
async fn taken(manager: &Caller, task: &str) -> String {
    let payload = json!({ "reason": "x" });
    let command = json!({ "type": "task.unassign", "payload": payload, "tasks": [{ "id": task }] });
    let bulk = manager.post("/v1/tasks/bulk", &json!({ "commands": [command] })).await;
    assert_eq!((bulk.status, &bulk.body["applied"]), (200, &json!(1)), "{}", bulk.body);
    format!("/v1/tasks/bulk/{}/undo", bulk.body["id"].as_str().expect("an id"))
}

/// The problem of the only refusal.
async fn refusal(manager: &Caller, undo: &str) -> Value {
    let undone = manager.act(undo).await;
    assert_eq!((undone.status, &undone.body["rejected"]), (200, &json!(1)), "{}", undone.body);
    undone.body["results"][0]["problem"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_no_visit_back_into_another_or_to_a_person_who_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let task = held(&server, 1, 600).await;
    let undo = taken(&manager, &task).await;
    let other = held(&server, 2, 615).await;
    let refused = refusal(&manager, &undo).await;
    let current = &refused["current"];
    assert_eq!(
        (&refused["code"], &current["task"]["id"], &current["breaches"]),
        (&json!("assignment_breaks"), &json!(task), &json!(["overlap"])),
        "{refused}"
    );
    assert_eq!(current["overlaps"], json!([overlap(&other, 615)]));

    let undo = taken(&manager, &held(&server, 3, 660).await).await;
    let path = format!("/v1/people/{}/move", person_id(21));
    let to = json!({ "area": OTHER_GRID, "role": "volunteer", "preview": false });
    let request = supervisor.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let moved = supervisor.send(request.json(&to)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(refusal(&manager, &undo).await["code"], "not_a_candidate");
}
