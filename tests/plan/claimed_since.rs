//! A draft of which the one new task has been claimed since: the visits whose day had passed are given all the same.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// A visit of half an hour, for which there is a week from tomorrow on.
async fn visit(manager: &Caller, beneficiary: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7), "minutes": 30 });
    manager.make(&home_visit(&beneficiary_id(beneficiary), days)).await
}

/// A draft of tomorrow that assigns this number of tasks.
async fn draft(manager: &Caller, assigned: usize) -> Value {
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    let made = manager.order_plan(&order).await;
    assert_eq!((made.status, &made.body["assigned"]), (201, &json!(assigned)), "{}", made.body);
    made.body
}

async fn apply(manager: &Caller, plan: &Value) -> Answer {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    manager.post(&path, &json!({})).await
}

/// Leaves the first volunteer alone as visitor of the grid.
fn alone(server: &Server) {
    let others = format!("UPDATE people SET weekly_minutes = 0 WHERE id <> '{}'", person_id(21));
    server.database.execute(&others);
}

/// As if the plans had been of yesterday.
fn days_pass(server: &Server) {
    let yesterday = day(-1);
    server.database.execute(&format!(
        "UPDATE plans SET first_day = '{yesterday}', last_day = '{yesterday}' \
             WHERE state = 'applied';
         UPDATE plan_visits SET day = '{yesterday}' WHERE person IS NOT NULL;
         UPDATE tasks SET not_before = '{yesterday}', planned_on = '{yesterday}' \
             WHERE plan IS NOT NULL"
    ));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_whose_day_had_passed_are_given_although_the_new_task_was_claimed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let missed = [visit(&manager, 1).await, visit(&manager, 2).await];
    let first = draft(&manager, 2).await;
    assert_eq!(apply(&manager, &first).await.status, 200);
    days_pass(&server);

    let new = visit(&manager, 3).await;
    let plan = draft(&manager, 3).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{new}/claim")).await.status, 200);
    let applied = apply(&manager, &plan).await;
    assert_eq!((applied.status, &applied.body["plan"]["assigned"]), (200, &json!(2)));
    let left = json!([{ "task_id": new, "because": "changed", "state": "accepted" }]);
    assert_eq!(applied.body["left"], left, "{}", applied.body);
    for task in missed {
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["planned_for"]["day"], json!(day(1)), "{task}");
    }
}

/// Without the new task too there is nothing to apply once the others have been accepted.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_of_visits_that_were_all_accepted_or_claimed_since_is_outdated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let missed = visit(&manager, 1).await;
    let first = draft(&manager, 1).await;
    assert_eq!(apply(&manager, &first).await.status, 200);
    days_pass(&server);

    let new = visit(&manager, 2).await;
    let plan = draft(&manager, 2).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{new}/claim")).await.status, 200);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{missed}/accept")).await.status, 200);
    let refused = apply(&manager, &plan).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
}
