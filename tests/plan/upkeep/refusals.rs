//! Tasks that a person declined are not given to that person again.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{decline, given, holders, set, task, unordered, upkeep};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plan_gives_a_task_again_to_a_person_who_declined_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteers = [server.volunteer().await, server.second_volunteer().await];
    let no_manager = json!({ "replan": "automatic", "manager_dispatch_percent": 0 });
    assert_eq!(set(&admin, 1, no_manager).await.status, 200);
    let task_id = given(&manager, &[1], 21).await.remove(0);
    decline(&volunteers[0], &task_id).await;
    upkeep(&server.database);
    unordered(&admin, 1).await;
    let holder = task(&manager, &task_id).await["assignee_id"].clone();
    assert_ne!(holder, json!(person_id(21)));

    // Neither does a plan that a person orders.
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role = 'volunteer'");
    let first = format!("UPDATE people SET weekly_minutes = 600 WHERE id = '{}'", person_id(21));
    server.database.execute(&first);
    let unassign = json!({ "reason": "x" });
    let path = format!("/v1/tasks/{task_id}/unassign");
    assert_eq!(manager.post(&path, &unassign).await.status, 200);
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let plan = manager.order_plan(&order).await.body;
    assert_eq!(
        (&plan["assigned"], &plan["measures"]["unserved"]),
        (&json!(0), &json!(1)),
        "{plan}"
    );
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "what a superior takes is not planned anew");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_overruled_by_a_pin_and_forgotten_with_the_end_of_its_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let tasks = given(&manager, &[1, 2], 21).await;
    for id in &tasks {
        decline(&volunteer, id).await;
    }
    let pin = json!({ "task_id": tasks[0], "person_id": person_id(21), "day": day(3) });
    let order = json!({
        "area": GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": [pin] }
    });
    let draft = manager.order_plan(&order).await.body;
    let plan = format!("/v1/plans/{}", draft["id"].as_str().expect("an id"));
    let visits = manager.get(&format!("{plan}/visits")).await.body;
    for visit in visits["items"].as_array().expect("visits") {
        assert_eq!(visit["declined_by_ids"], json!([person_id(21)]), "the draft says it: {visit}");
    }
    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let holders = holders(&manager, &tasks).await;
    assert_eq!(holders[0], json!(person_id(21)), "a decision by hand counts more");
    assert_ne!(holders[1], json!(person_id(21)));

    upkeep(&server.database);
    assert_eq!(server.database.count("task_refusals"), 2);
    let version = task(&manager, &tasks[0]).await["version"].clone();
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{}/cancel", tasks[0]));
    let cancel = cancel.header("If-Match", format!("\"v{version}\""));
    let cancelled = manager.send(cancel.json(&json!({ "reason": "x" }))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    upkeep(&server.database);
    let left = server.database.texts("SELECT task AS text FROM task_refusals");
    assert_eq!(left, [tasks[1].as_str()]);
}
