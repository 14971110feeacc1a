//! Urgent tasks are planned at once.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{holders, set, task, unordered, upkeep};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, GRID, Server};

/// A visit of this priority for the beneficiary of this number, possible today.
async fn new_visit(caller: &Caller, n: u32, priority: u32, due_on: i64) -> String {
    let more = json!({ "not_before": day(0), "due_on": day(due_on), "priority": priority });
    caller.make(&home_visit(&beneficiary_id(n), more)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_new_task_for_today_or_tomorrow_is_planned_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let usual = new_visit(&manager, 1, 7, 1).await;
    let later = new_visit(&manager, 2, 10, 2).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "neither is urgent and due soon");

    let urgent = new_visit(&manager, 3, 8, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["first_day"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!(day(0)), &json!(1)),
        "{plans:?}"
    );
    let planned = task(&manager, &urgent).await;
    assert_eq!(planned["planned_for"]["plan_id"], plans[0]["id"], "{planned}");
    let others = [usual, later];
    assert_eq!(holders(&manager, &others).await, [Value::Null, Value::Null], "all else stays");
}

/// A visit at an hour at which a person has time for one of these a day, from tomorrow on.
async fn hourly_visit(manager: &Caller, n: u32, priority: u32, due_on: i64) -> String {
    let body = json!({
        "not_before": day(1), "due_on": day(due_on), "priority": priority, "minutes": 30,
        "window": { "start": 600, "end": 640 }
    });
    manager.make(&home_visit(&beneficiary_id(n), body)).await
}

/// A visit that can wait, which a plan gave to the first volunteer for tomorrow hours ago. No other person has
/// minutes.
async fn unaccepted(server: &Server, manager: &Caller) -> String {
    let others = format!("UPDATE people SET weekly_minutes = 0 WHERE id <> '{}'", person_id(21));
    server.database.execute(&others);
    let usual = hourly_visit(manager, 1, 3, 2).await;
    manager.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(1) })).await;
    assert_eq!(task(manager, &usual).await["planned_for"]["day"], json!(day(1)));
    let long_ago = (Utc::now() - TimeDelta::hours(2)).naive_utc();
    server.database.execute(&format!("UPDATE tasks SET updated_at = '{long_ago}'"));
    usual
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_visit_that_goes_on_moves_no_other_where_the_district_does_not_plan_anew() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let settings = json!({ "replan": "off", "accept_assigned_within_minutes": 60 });
    assert_eq!(set(&admin, 1, settings).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    let before = task(&manager, &usual).await;
    let urgent = hourly_visit(&manager, 2, 9, 1).await;
    let to = json!({ "person_id": person_id(22), "force": true });
    let given = manager.post(&format!("/v1/tasks/{urgent}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let long_ago = (Utc::now() - TimeDelta::days(2)).naive_utc();
    let given = format!("UPDATE tasks SET updated_at = '{long_ago}' WHERE id = '{urgent}'");
    server.database.execute(&given);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((&plans[0]["state"], &plans[0]["assigned"]), (&json!("applied"), &json!(1)));
    let late = task(&manager, &urgent).await;
    assert_eq!(
        (&late["assignee_id"], &late["planned_for"]["day"]),
        (&json!(person_id(21)), &json!(day(2)))
    );
    assert_eq!(task(&manager, &usual).await["planned_for"], before["planned_for"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_for_an_urgent_task_moves_a_visit_and_counts_as_none_for_an_overrun() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    hourly_visit(&manager, 2, 9, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    let path = format!("/v1/plans/{}/visits?change=moved", plans[0]["id"].as_str().expect("an id"));
    let moved = admin.get(&path).await.body["items"].clone();
    assert_eq!(moved[0]["task_id"], json!(usual), "{moved}");
    // What was suggested for overruns is known by the orders that may move what they name.
    let orders = "plans WHERE request LIKE '%move_unaccepted%'";
    assert_eq!(server.database.count(orders), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_new_task_moves_a_visit_that_is_not_accepted_to_another_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteer = server.volunteer().await;
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    let urgent = hourly_visit(&manager, 2, 9, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["assigned"]),
        (1, &json!("applied"), &json!(2)),
        "{plans:?}"
    );
    let given = [task(&manager, &urgent).await, task(&manager, &usual).await];
    for (row, on) in given.iter().zip([1, 2]) {
        assert_eq!(
            (&row["assignee_id"], &row["planned_for"]["day"], &row["planned_for"]["plan_id"]),
            (&json!(person_id(21)), &json!(day(on)), &plans[0]["id"]),
            "{row}"
        );
    }

    for id in [&urgent, &usual] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{id}/accept")).await.status, 200);
    }
    let accepted = [task(&manager, &urgent).await, task(&manager, &usual).await];
    let next = hourly_visit(&manager, 3, 9, 1).await;
    upkeep(&server.database);
    unordered(&admin, 2).await;
    assert_eq!(task(&manager, &next).await["planned_for"]["day"], json!(day(3)), "it is late");
    let present = [task(&manager, &urgent).await, task(&manager, &usual).await];
    assert_eq!(present, accepted, "what is accepted stays");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_becomes_urgent_and_due_soon_is_planned_as_a_new_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let [raised, nearer, assigned] = [
        new_visit(&manager, 1, 7, 1).await,
        new_visit(&manager, 2, 8, 5).await,
        new_visit(&manager, 1, 7, 1).await,
    ];
    // A reopened call is due tomorrow again.
    let call = json!({ "kind": "phone_call", "due_on": day(1), "priority": 8 });
    let reopened = manager.make(&home_visit(&beneficiary_id(3), call)).await;
    let to = json!({ "person_id": person_id(21) });
    let given = manager.post(&format!("/v1/tasks/{assigned}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    // Each change is one of the task as it is.
    let change = async |method: Method, task_id: &str, call: &str, body: Value| {
        let version = task(&manager, task_id).await["version"].clone();
        let request = manager.request(method, &format!("/v1/tasks/{task_id}{call}"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let changed = manager.send(request.json(&body)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    };
    let why = json!({ "reason": "x" });
    change(Method::POST, &reopened, "/cancel", why.clone()).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "no open task is urgent and due soon");

    change(Method::PATCH, &raised, "", json!({ "priority": 8 })).await;
    change(Method::PATCH, &assigned, "", json!({ "priority": 8 })).await;
    change(Method::POST, &nearer, "/reschedule", json!({ "due_on": day(1) })).await;
    let again = server.supervisor().await.post(&format!("/v1/tasks/{reopened}/reopen"), &why).await;
    assert_eq!(again.status, 200, "{}", again.body);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!(3)),
        "{plans:?}"
    );
    for id in [&raised, &nearer, &reopened] {
        assert_eq!(task(&manager, id).await["planned_for"]["plan_id"], plans[0]["id"]);
    }
    change(Method::PATCH, &raised, "", json!({ "priority": 9 })).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "what has an assignee stays");
}
