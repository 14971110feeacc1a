//! What is kept of plans that were undone: the visits that had been accepted before, while they are not ended.

use chrono::{Days, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, GRID, Server};

/// Runs the job by hand; answers what it says.
fn retention(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_retention"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// The tasks of the visits of the plan that are stored.
fn visits(database: &Database, plan: &str) -> Vec<String> {
    database.texts(&format!("SELECT task AS text FROM plan_visits WHERE plan = '{plan}'"))
}

/// As if the plan had been undone this many days ago.
fn undone_ago(database: &Database, plan: &str, days: u64) {
    let at = (Utc::now() - Days::new(days)).format("%Y-%m-%d %H:%M:%S");
    database.execute(&format!("UPDATE plans SET state_at = '{at}' WHERE id = '{plan}'"));
}

/// Why the task is with its person, and on its day.
async fn reasons(caller: &Caller, task: &str) -> (Value, Value) {
    let explained = caller.get(&format!("/v1/tasks/{task}/explanation")).await;
    assert_eq!(explained.status, 200, "{}", explained.body);
    (explained.body["why"].clone(), explained.body["when"]["code"].clone())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_was_accepted_before_the_undo_keeps_its_reasons_until_it_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [accepted, open] = [visit(&manager, 1).await, visit(&manager, 2).await];
    let pins = [&accepted, &open]
        .map(|task| json!({ "task_id": task, "person_id": person_id(21), "day": day(3) }));
    let order = json!({
        "area": GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": pins }
    });
    let plan = manager.plan(&order).await;
    let id = plan["id"].as_str().expect("an id");
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/accept")).await.status, 200);
    let undone = manager.post(&format!("/v1/plans/{id}/undo"), &json!({})).await;
    assert_eq!(undone.body["left"][0]["task_id"], accepted.as_str(), "{}", undone.body);
    let before = reasons(&manager, &accepted).await;
    assert!(before.0.is_object() && before.1.is_string(), "{before:?}");

    undone_ago(&server.database, id, 8);
    assert_eq!(retention(&server.database), "500116: succeeded, 1 processed\n", "the open task's");
    assert_eq!(visits(&server.database, id), std::slice::from_ref(&accepted));
    assert_eq!(reasons(&manager, &accepted).await, before);
    undone_ago(&server.database, id, 91);
    assert_eq!(retention(&server.database), "500116: succeeded, 0 processed\n");

    let done = format!("UPDATE tasks SET state = 'done' WHERE id = '{accepted}'");
    server.database.execute(&done);
    assert_eq!(retention(&server.database), "500116: succeeded, 2 processed\n", "with the plan");
    assert_eq!(visits(&server.database, id), [""; 0]);
    assert_eq!(manager.get(&format!("/v1/plans/{id}")).await.status, 404);
}
