//! What is kept of plans: drafts that can no longer be applied are discarded, and the visits of old plans are
//! deleted, but for those that are still needed.

use chrono::{Days, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, GRID, Server};

/// Runs the job by hand; answers what it says.
fn retention(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_retention"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

async fn visit(caller: &Caller, n: u32, more: Value) -> String {
    let mut days = json!({ "not_before": day(1), "due_on": day(7) });
    days.as_object_mut().expect("days").extend(more.as_object().expect("members").clone());
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

fn order() -> Value {
    json!({ "area": GRID, "first_day": day(1), "last_day": day(7) })
}

async fn draft(caller: &Caller) -> String {
    caller.order_plan(&order()).await.body["id"].as_str().expect("an id").to_owned()
}

/// The tasks of the visits of the plan that are stored.
fn visits(database: &Database, plan: &str) -> Vec<String> {
    let of = format!("SELECT task AS text FROM plan_visits WHERE plan = '{plan}' ORDER BY task");
    database.texts(&of)
}

/// A moment as the databases store it.
fn days_ago(days: u64) -> String {
    (Utc::now() - Days::new(days)).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_can_no_longer_be_applied_is_discarded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1, json!({})).await;
    let (old, new) = (draft(&manager).await, draft(&manager).await);
    let age = format!("UPDATE plans SET created_at = '{}' WHERE id = '{old}'", days_ago(8));
    server.database.execute(&age);
    assert_eq!(retention(&server.database), "500116: succeeded, 1 processed\n");
    let drafts = manager.get("/v1/plans?state=draft").await.body["items"].clone();
    assert_eq!((drafts[0]["id"].as_str(), drafts[1].is_null()), (Some(&*new), true), "{drafts}");
    let plan = manager.get(&format!("/v1/plans/{old}")).await.body;
    assert_eq!(plan["state"], "discarded", "{plan}");
    let events = server.supervisor().await.events("plan.discard").await;
    assert_eq!((events.len(), &events[0]["subject_id"]), (1, &json!(old)), "{events:?}");

    assert_eq!(visits(&server.database, &old).len(), 1, "they are kept for a week");
    let age = format!("UPDATE plans SET state_at = '{}' WHERE id = '{old}'", days_ago(8));
    server.database.execute(&age);
    assert_eq!(retention(&server.database), "500116: succeeded, 2 processed\n", "with its visit");
    assert_eq!(visits(&server.database, &old), [""; 0]);
    assert_eq!(visits(&server.database, &new).len(), 1);
    assert_eq!(manager.get(&format!("/v1/plans/{old}")).await.status, 404);
    assert_eq!(retention(&server.database), "500116: succeeded, 0 processed\n");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_old_applied_plan_the_visits_are_kept_that_an_undo_needs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let (over, held) = (visit(&manager, 1, json!({})).await, visit(&manager, 2, json!({})).await);
    let marked = visit(&manager, 3, json!({ "skills": ["medical"] })).await;
    let plan = manager.plan(&order()).await;
    let id = plan["id"].as_str().expect("an id");
    assert_eq!(retention(&server.database), "500116: succeeded, 0 processed\n");
    let done = format!("UPDATE tasks SET state = 'done' WHERE id = '{over}'");
    server.database.execute(&done);
    for (ago, left) in [(89, 3), (91, 2)] {
        let last_day = format!("UPDATE plans SET last_day = '{}'", day(0) - Days::new(ago));
        server.database.execute(&last_day);
        retention(&server.database);
        assert_eq!(visits(&server.database, id).len(), left, "after {ago} days");
    }
    assert_eq!(visits(&server.database, id), [held.clone(), marked.clone()]);
    let path = format!("/v1/plans/{id}/undo");
    let undone = manager.post(&path, &json!({})).await;
    assert_eq!((undone.status, &undone.body["left"]), (200, &json!([])), "{}", undone.body);
    for task in [held, marked] {
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!((&task["state"], &task["unserved_why"]), (&json!("open"), &Value::Null));
    }
}
