//! What a draft would change: each of its visits is compared with what the task has now.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, GRID, Server};

async fn visit(manager: &Caller, n: u32, more: Value) -> String {
    let mut days = json!({ "not_before": day(2), "due_on": day(2), "minutes": 30 });
    days.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
    manager.make(&home_visit(&beneficiary_id(n), days)).await
}

/// Has the assignee make the visit at this minute of the day.
async fn reschedule(manager: &Caller, task: &str, start: u64) {
    let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let request = manager.request(Method::POST, &format!("/v1/tasks/{task}/reschedule"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let body = json!({ "planned": { "day": day(2), "start": start } });
    let moved = manager.send(request.json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}

/// The tasks of the plan's visits with this change.
async fn of_kind(manager: &Caller, plan: &str, kind: &str) -> Vec<Value> {
    let page = manager.get(&format!("{plan}/visits?change={kind}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let items = page.body["items"].as_array().expect("visits").clone();
    assert!(items.iter().all(|item| item["change"]["kind"] == kind), "{items:?}");
    items
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["task_id"].as_str()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_says_of_each_visit_how_it_differs_from_what_the_task_has(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let held = visit(&manager, 1, json!({})).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    reschedule(&manager, &held, 600).await;
    let new = visit(&manager, 2, json!({})).await;
    let open = visit(&manager, 3, json!({ "skills": ["medical"] })).await;
    let order = json!({ "area": GRID, "first_day": day(2), "last_day": day(2) });
    let draft = manager.order_plan(&order).await.body;
    let plan = format!("/v1/plans/{}", draft["id"].as_str().expect("an id"));

    assert_eq!(ids(&of_kind(&manager, &plan, "kept").await), [&held]);
    assert_eq!(ids(&of_kind(&manager, &plan, "new").await), [&new]);
    assert_eq!(ids(&of_kind(&manager, &plan, "open").await), [&open]);
    let counts = async || manager.get(&format!("{plan}/loads")).await.body["changes"].clone();
    let expected = json!({ "new": 1, "kept": 1, "moved": 0, "left": 0, "open": 1, "ended": 0 });
    assert_eq!(counts().await, expected);

    // Meanwhile the held visit is moved, the new one is claimed, and the last one is given by force.
    reschedule(&manager, &held, 660).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{new}/claim")).await.status, 200);
    let to = json!({ "person_id": person_id(21), "force": true });
    let given = manager.post(&format!("/v1/tasks/{open}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let moved = of_kind(&manager, &plan, "moved").await;
    assert_eq!(ids(&moved).len(), 2, "{moved:?}");
    let of_held = moved.iter().find(|item| item["task_id"] == held.as_str());
    let present = json!({ "person_id": person_id(21), "day": day(2), "start": 660 });
    assert_eq!(
        of_held.map(|item| &item["change"]),
        Some(&json!({ "kind": "moved", "present": present, "differs": ["start"] }))
    );
    let left = of_kind(&manager, &plan, "left").await;
    assert_eq!(ids(&left), [&open]);
    assert_eq!(left[0]["change"]["present"], json!({ "person_id": person_id(21) }));
    assert_eq!(counts().await["moved"], 2);

    // An ended task is in no plan any more.
    let reason = json!({ "reason": "x" });
    let version = manager.get(&format!("/v1/tasks/{new}")).await.body["version"].clone();
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{new}/cancel"));
    let cancel = cancel.header("If-Match", format!("\"v{version}\"")).json(&reason);
    assert_eq!(manager.send(cancel).await.status, 200);
    assert_eq!(ids(&of_kind(&manager, &plan, "ended").await), [&new]);
}
