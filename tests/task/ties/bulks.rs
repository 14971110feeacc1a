//! Tied tasks in a bulk, and its undo.

use rstest::rstest;
use serde_json::{Value, json};

use super::{pair, task};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_undoing_of_a_bulk_cancels_both_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let commands = json!([{
        "type": "task.create", "beneficiary_ids": [beneficiary_id(1)],
        "payload": { "kind": "home_visit", "occasion": "2090 春节", "tie": { "type": "two_people" } }
    }]);
    let made = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await.body;
    let first = made["results"][0]["task_id"].as_str().expect("an id");
    let second = task(&manager, first).await["tied"][0]["id"].as_str().expect("an id").to_owned();
    let undo = format!("/v1/tasks/bulk/{}/undo", made["id"].as_str().expect("an id"));
    assert_eq!(manager.act(&undo).await.status, 200);
    for id in [first, &second] {
        assert_eq!(task(&manager, id).await["state"], "cancelled");
    }
}

/// Sends the commands of a bulk, which all take effect; its answer.
async fn bulk(caller: &Caller, commands: &Value) -> Value {
    let done = caller.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
    assert_eq!((done.status, &done.body["rejected"]), (200, &json!(0)), "{}", done.body);
    done.body
}

async fn undo(caller: &Caller, bulk: &Value) -> Value {
    let undone = format!("/v1/tasks/bulk/{}/undo", bulk["id"].as_str().expect("an id"));
    let undone = caller.act(&undone).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    undone.body
}

#[rstest]
#[case::moved("task.reschedule", json!({ "not_before": day(3), "due_on": day(9) }))]
#[case::cancelled("task.cancel", json!({ "reason": "误建", "also_tied": true }))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_changes_and_an_undo_restores_both_tasks_of_a_pair(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] command: &str,
    #[case] payload: Value,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let seen = async |id: &String| {
        let seen = task(&manager, id).await;
        ["state", "not_before", "due_on"].map(|name| seen[name].clone())
    };
    let before = [seen(&two[0]).await, seen(&two[1]).await];
    // Both tasks are named with the versions that the caller has seen, or one of them only.
    for named in [&two[..], &two[..1]] {
        let version = task(&manager, &two[0]).await["version"].clone();
        assert_eq!(task(&manager, &two[1]).await["version"], version);
        let tasks: Vec<Value> =
            named.iter().map(|id| json!({ "id": id, "base_version": version })).collect();
        let commands = json!([{ "type": command, "payload": payload, "tasks": tasks }]);
        let done = bulk(&manager, &commands).await;
        assert_eq!(done["applied"], named.len(), "{done}");
        let [a, b] = [task(&manager, &two[0]).await, task(&manager, &two[1]).await];
        assert_eq!((&a["state"], &a["due_on"]), (&b["state"], &b["due_on"]));
        assert_eq!(a["version"], b["version"], "each changed once");
        for result in done["results"].as_array().expect("results") {
            assert_eq!(result["version"], a["version"], "{done}");
        }
        assert_ne!([seen(&two[0]).await, seen(&two[1]).await], before);
        assert_eq!(undo(&manager, &done).await["rejected"], 0);
        assert_eq!([seen(&two[0]).await, seen(&two[1]).await], before);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_leaves_a_pair_of_which_one_task_was_changed_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [first, second] = pair(&manager).await;
    let tasks = json!([{ "id": first, "base_version": 1 }]);
    let commands =
        json!([{ "type": "task.reschedule", "payload": { "due_on": day(9) }, "tasks": tasks }]);
    let done = bulk(&manager, &commands).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let undone = undo(&manager, &done).await;
    assert_eq!(undone["results"][0]["problem"]["code"], "version_conflict", "{undone}");
    for id in [&first, &second] {
        assert_eq!(task(&manager, id).await["due_on"], json!(day(9)), "they stay together");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_no_task_back_to_a_person_forbidden_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let id = manager.make(&home_visit(BENEFICIARY, json!({}))).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    let taken = json!([{ "type": "task.unassign", "payload": { "reason": "调整" }, "tasks": [{ "id": id }] }]);
    let done = bulk(&manager, &taken).await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/visitors");
    let version = manager.get(&path).await.body["version"].clone();
    let forbid = manager.request(reqwest::Method::PUT, &path);
    let forbid = forbid.header("If-Match", format!("\"v{version}\""));
    let forbid = forbid.json(&json!({ "forbidden_ids": [person_id(21)] }));
    assert_eq!(manager.send(forbid).await.status, 200);
    let undone = undo(&manager, &done).await;
    assert_eq!(undone["results"][0]["problem"]["code"], "not_a_candidate", "{undone}");
    assert_eq!(task(&manager, &id).await["state"], "open");
}
