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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_named_tasks_is_computed_before_an_older_one_of_all(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = visit(&manager, 1).await;
    let (all, few) = (draft(&manager, &[]).await, draft(&manager, &[&task]).await);
    // Both wait, as while a plan is computed.
    server.database.execute(
        "DELETE FROM plan_visits;
         UPDATE plans SET state = 'computing', attempts = 0, lease = NULL, lease_until = NULL",
    );
    let (few, all) = (computed(&manager, &few).await, computed(&manager, &all).await);
    assert_eq!((&few["state"], &all["state"]), (&json!("draft"), &json!("draft")), "{few} {all}");
    let since = |plan: &Value| plan["state_since"].as_str().expect("a moment").to_owned();
    assert!(since(&few) < since(&all), "{few} {all}");
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
