//! The order in which the plans of the queue are computed.

use std::time::Instant;

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::{gridward, said};
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_a_limited_number_of_plans(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let first = draft(&manager, &[]).await;
    // Plans that other servers compute.
    let copies = |number: usize, columns: &str| {
        let copies = (0..number).map(|_| {
            let id = Uuid::now_v7();
            format!(
                "INSERT INTO plans (district, id, area, first_day, last_day, seed, measures, created_by,
                     created_at, request, progress, attempts, origin, is_applied_at_once, state, state_at,
                     lease, lease_until)
                 SELECT district, '{id}', area, first_day, last_day, seed, measures, created_by, created_at,
                     request, progress, attempts, origin, is_applied_at_once, {columns}
                 FROM plans WHERE id = '{first}';"
            )
        });
        server.database.execute(&copies.collect::<String>());
    };
    copies(20, "'computing', NULL, 'other', '2099-01-01 00:00:00'");
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let refused = manager.post("/v1/plans", &order).await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"), "{}", refused.body);
    let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail");
    assert!(
        detail.starts_with("20 of your plans wait") && refused.headers.contains_key("retry-after")
    );
    draft(&server.supervisor().await, &[]).await;
    // Those that are discarded count until they are deleted.
    server.database.execute("UPDATE plans SET state = 'discarded' WHERE state = 'computing'");
    draft(&manager, &[]).await;
    copies(478, "'discarded', created_at, NULL, NULL");
    let refused = manager.post("/v1/plans", &order).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    let old = "UPDATE plans SET state_at = '2026-01-01 00:00:00' WHERE state = 'discarded'";
    server.database.execute(old);
    let job = gridward(&server.database, &["jobs", "run", "plan_retention"]).output();
    assert!(said(&job.expect("it runs")).contains("succeeded, 498 processed"));
    draft(&manager, &[]).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lane_of_a_plan_is_decided_when_it_is_ordered(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let (one, other) = (visit(&supervisor, 1).await, visit(&supervisor, 2).await);
    let (named, all) = (draft(&supervisor, &[&one, &other]).await, draft(&supervisor, &[]).await);
    let lane = |id: &str| {
        server.database.texts(&format!("SELECT lane AS text FROM plans WHERE id = '{id}'"))
    };
    assert_eq!((lane(&named), lane(&all)), (vec!["small".to_owned()], vec!["large".to_owned()]));

    // The index has the next plan of a lane, however many plans of the other are computed.
    let other_plans = (0..300).map(|_| {
        let id = Uuid::now_v7();
        format!(
            "INSERT INTO plans (district, id, area, first_day, last_day, seed, measures, created_at, origin,
                 is_applied_at_once, lane, state, lease, lease_until)
             SELECT district, '{id}', area, first_day, last_day, seed, measures, created_at, origin,
                 is_applied_at_once, lane, 'computing', 'other', '2099-01-01 00:00:00'
             FROM plans WHERE id = '{all}';"
        )
    });
    server.database.execute(&(other_plans.collect::<String>() + "ANALYZE plans;"));
    let next =
        "SELECT id FROM plans WHERE district = '500116' AND state = 'computing' AND lane = 'small'
                AND (lease_until IS NULL OR lease_until < '2026-01-01 00:00:00')
                ORDER BY campaign IS NOT NULL, id LIMIT 1";
    let plan = server.database.plan(next);
    assert!(plan.contains("plans_by_lane"), "{plan}");
}
