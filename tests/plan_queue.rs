//! The order in which the plans of the queue are computed.

use std::time::Instant;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, Caller, GRID, Server};

async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// The id of a draft of these tasks, or of all.
async fn draft(caller: &Caller, ids: &[&str]) -> String {
    let only = json!({ "ids": ids });
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "only": only });
    let made = caller.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().expect("an id").to_owned()
}

/// The plan when it is computed.
async fn computed(caller: &Caller, id: &str) -> Value {
    caller.computed(&format!("/v1/plans/{id}")).await
}

/// Creates 300 visits of four weeks.
async fn many_visits(caller: &Caller) {
    let ids: Vec<String> = (0..300).map(|n| beneficiary_id(n % 6 + 1)).collect();
    let payload = json!({ "kind": "home_visit", "title": "走访", "due_on": day(27) });
    let create = json!({ "type": "task.create", "beneficiary_ids": ids, "payload": payload });
    let body = json!({ "dry_run": false, "commands": [create] });
    let made = caller.post("/v1/tasks/bulk", &body).await;
    assert_eq!(made.body["applied"], 300, "{}", made.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_named_tasks_is_computed_while_a_large_one_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = visit(&supervisor, 1).await;
    many_visits(&supervisor).await;
    let order = json!({ "area": "500116", "first_day": day(1), "last_day": day(28) });
    let large = supervisor.post("/v1/plans", &order).await;
    let large = format!("/v1/plans/{}", large.body["id"].as_str().expect("an id"));
    draft(&supervisor, &[&task]).await;
    assert_eq!(supervisor.get(&large).await.body["state"], "computing");
    supervisor.delete(&large).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_plan_that_is_given_up_the_next_one_is_computed_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let given_up = draft(&manager, &[]).await;
    let mut longest = 0;
    for _ in 0..3 {
        // As after the third server has stopped with it.
        server.database.execute(&format!(
            "UPDATE plans SET state = 'computing', attempts = 3, lease = NULL, lease_until = NULL
             WHERE id = '{given_up}'"
        ));
        let began = Instant::now();
        draft(&manager, &[]).await;
        longest = longest.max(began.elapsed().as_millis());
        assert_eq!(computed(&manager, &given_up).await["state"], "failed");
    }
    assert!(longest < 4_000, "a planner is idle for five seconds: {longest} ms");
}
