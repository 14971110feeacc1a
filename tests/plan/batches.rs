//! Plans of many tasks: they are applied and undone in batches, which go on after a stop.

use std::collections::BTreeSet;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// More tasks than one transaction changes.
const TASKS: usize = 2_100;

/// A draft of the grid that gives all of these tasks to one volunteer, as a solver would not.
pub async fn large_draft(server: &Server, manager: &Caller) -> (Value, Vec<String>) {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    let first = manager.make(&home_visit(&beneficiary_id(1), days.clone())).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let plan = manager.order_plan(&order).await.body;
    let create = |n: usize| {
        json!({
            "type": "task.create", "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": {
                "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(7), "minutes": 1
            }
        })
    };
    let mut tasks = Vec::new();
    while tasks.len() < TASKS {
        let commands: Vec<Value> = (0..TASKS / 4).map(create).collect();
        let made = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        let results = made.body["results"].as_array().expect("results").iter();
        tasks.extend(results.map(|made| made["task_id"].as_str().expect("an id").to_owned()));
    }
    let copies = tasks.iter().map(|task| {
        format!(
            "INSERT INTO plan_visits (district, plan, task, grid, person, day, start, travel,
                 reason, task_version, minutes, person_grid)
             SELECT district, plan, '{task}', grid, person, day, start, travel, reason, 1,
                 minutes, person_grid
             FROM plan_visits WHERE task = '{first}';"
        )
    });
    server.database.execute(&copies.collect::<String>());
    // Their minutes suffice.
    server.database.execute("UPDATE people SET weekly_minutes = 10080");
    tasks.push(first);
    (plan, tasks)
}

async fn send(caller: &Caller, plan: &Value, command: &str) -> Answer {
    let id = plan["id"].as_str().expect("an id");
    caller.post(&format!("/v1/plans/{id}/{command}"), &json!({})).await
}

/// The states of the tasks of the plan.
fn states(server: &Server) -> BTreeSet<String> {
    let states = server.database.texts("SELECT DISTINCT state AS text FROM tasks");
    states.into_iter().collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_plan_is_applied_and_undone_and_names_what_it_left(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (plan, tasks) = large_draft(&server, &manager).await;
    let changed = tasks[1_500].clone();
    let claimed = manager.act(&format!("/v1/tasks/{changed}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);

    let applied = send(&manager, &plan, "apply").await;
    assert_eq!(
        (applied.status, &applied.body["plan"]["state"], &applied.body["plan"]["assigned"]),
        (200, &json!("applied"), &json!(TASKS)),
        "{}",
        applied.body
    );
    let left = json!([{ "task_id": changed, "because": "changed", "state": "accepted" }]);
    assert_eq!(applied.body["left"], left);
    assert_eq!(applied.body["plan"]["overtaken"], 1);
    assert_eq!(states(&server), ["accepted", "assigned"].map(String::from).into());
    assert_eq!(send(&manager, &plan, "apply").await.problem(), "plan_state");

    let assignee = manager.get(&format!("/v1/tasks/{}", tasks[0])).await.body;
    let accepts = volunteer.get("/v1/me").await.body["id"] == assignee["assignee_id"];
    let kept = accepts.then(|| tasks[0].clone());
    if let Some(task) = &kept {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/accept")).await.status, 200);
    }
    let undone = send(&manager, &plan, "undo").await;
    assert_eq!((undone.status, &undone.body["plan"]["state"]), (200, &json!("undone")));
    let left = undone.body["left"].as_array().expect("tasks").iter();
    let left: Vec<&str> = left.map(|left| left["task_id"].as_str().expect("an id")).collect();
    assert_eq!(left, kept.iter().collect::<Vec<_>>());
    assert_eq!(states(&server), ["accepted", "open"].map(String::from).into());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_a_server_stopped_applying_is_applied_by_the_next_and_each_task_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    let (plan, tasks) = large_draft(&server, &manager).await;
    let id = plan["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/plans/{id}/apply");
    let sent = manager.request(reqwest::Method::POST, &path).json(&json!({})).send();
    let sent = tokio::spawn(sent);
    // The first batch is written.
    let assigned = "SELECT id AS text FROM tasks WHERE state = 'assigned' LIMIT 1";
    while server.database.texts(assigned).is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.kill_and_restart();
    sent.abort();
    server.database.execute("UPDATE plans SET lease_until = '2026-01-01 00:00:00'");
    let manager = server.manager().await;
    let mut shown = manager.get(&format!("/v1/plans/{id}")).await.body;
    while shown["state"] == "applying" {
        tokio::time::sleep(Duration::from_millis(100)).await;
        shown = manager.get(&format!("/v1/plans/{id}")).await.body;
    }
    assert_eq!(
        (&shown["state"], &shown["assigned"], &shown["overtaken"]),
        (&json!("applied"), &json!(tasks.len()), &json!(0))
    );
    let versions =
        server.database.texts("SELECT DISTINCT CAST(version AS TEXT) AS text FROM tasks");
    assert_eq!(versions, ["2"], "each task was assigned once");
    let events = "SELECT action AS text FROM events WHERE action = 'task.assign'";
    assert_eq!(server.database.texts(events).len(), tasks.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_plan_that_is_gone_on_with_remembers_the_marks_before_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let needs = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(3), needs)).await;
    let order = json!({
        "area": GRID, "first_day": day(1), "last_day": day(7), "only": { "ids": [task] }
    });
    let earlier = manager.order_plan(&order).await.body;
    assert_eq!(send(&manager, &earlier, "apply").await.status, 200);
    let path = format!("/v1/tasks/{task}");
    let mark = async || manager.get(&path).await.body["unserved_why"].clone();
    assert_eq!(mark().await, "no_skill");

    // The large plan leaves the task for another reason.
    let (plan, _) = large_draft(&server, &manager).await;
    let id = plan["id"].as_str().expect("an id");
    let another = format!(
        "UPDATE plan_visits SET reason = '{{\"code\":\"no_room\"}}'
         WHERE plan = '{id}' AND task = '{task}' AND person IS NULL"
    );
    server.database.execute(&another);
    assert_eq!(send(&manager, &plan, "apply").await.body["plan"]["state"], "applied");
    assert_eq!(mark().await, "no_room");
    // As after a stop between the last marks and the end of the plan.
    let again = format!(
        "UPDATE plans SET state = 'applying', lease = NULL, lease_until = NULL
         WHERE id = '{id}'"
    );
    server.database.execute(&again);
    let shown = async || manager.get(&format!("/v1/plans/{id}")).await.body["state"].clone();
    while shown().await == "applying" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let undone = send(&manager, &plan, "undo").await;
    assert_eq!(undone.body["plan"]["state"], "undone", "{}", undone.body);
    assert_eq!(mark().await, "no_skill");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_plan_is_applied_another_one_of_the_area_waits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let first = manager.order_plan(&order).await.body;
    let second = manager.order_plan(&order).await.body;
    let id = first["id"].as_str().expect("an id");
    // As while a server that holds the lease is at work.
    let lease = format!(
        "UPDATE plans SET state = 'applying', lease = 'x', lease_until = '2090-01-01 00:00:00'
         WHERE id = '{id}'"
    );
    server.database.execute(&lease);
    let refused = send(&manager, &second, "apply").await;
    assert_eq!(
        (refused.problem(), &refused.body["current"]["id"], &refused.body["retryable"]),
        ("plan_in_progress", &first["id"], &json!(true))
    );
    assert_eq!(send(&manager, &first, "undo").await.problem(), "plan_state");
    let discarded = manager.delete(&format!("/v1/plans/{id}")).await;
    assert_eq!(discarded.problem(), "plan_state");
    // The server has stopped: another one takes the plan.
    server.database.execute("UPDATE plans SET lease_until = '2026-01-01 00:00:00'");
    let mut answer = send(&manager, &second, "apply").await;
    for _ in 0..200 {
        if answer.body["code"] != "plan_in_progress" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = send(&manager, &second, "apply").await;
    }
    assert_eq!((answer.status, answer.problem()), (409, "plan_outdated"), "{}", answer.body);
    assert_eq!(answer.body["current"][0]["because"], "changed", "the first plan has the task");
}
