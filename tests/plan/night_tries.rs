//! A night whose plan fails gets another one after a while, but not for ever; one whose plan is discarded, or
//! stopped servers, gets none.

use std::time::Duration;

use chrono::{FixedOffset, TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, Server};

/// Runs the job by hand; answers what it says.
fn upkeep(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_upkeep"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The nightly plans when each of them is computed, newest first; `count` of them.
async fn nightly(caller: &Caller, count: usize) -> Vec<Value> {
    for _ in 0..300 {
        let plans = caller.get("/v1/plans").await.body["items"].clone();
        let plans = plans.as_array().expect("plans").iter();
        let plans: Vec<Value> = plans.filter(|plan| plan["origin"] == "nightly").cloned().collect();
        if plans.len() >= count && plans.iter().all(|plan| plan["state"] != "computing") {
            assert_eq!(plans.len(), count, "{plans:?}");
            return plans;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} plans were not made: {}", caller.get("/v1/plans").await.body)
}

async fn states(caller: &Caller, count: usize) -> Vec<Value> {
    nightly(caller, count).await.into_iter().map(|plan| plan["state"].clone()).collect()
}

/// A district with a task, whose nightly plan is due now.
async fn due(server: &Server) -> Caller {
    let (admin, manager) = (server.admin().await, server.manager().await);
    let days = json!({ "not_before": day(0), "due_on": day(7) });
    manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let now = Utc::now().with_timezone(&china).format("%H:%M").to_string();
    let settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4,
        "nightly_plan": { "at": now, "days": 7, "mode": "draft" }
    });
    let request = admin.request(Method::PUT, "/v1/planning-settings").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(request.json(&settings)).await.status, 200);
    admin
}

/// Stores a place of a manager with which no plan can be computed, or one with which it can.
fn place(database: &Database, lat: &str) {
    let place = format!("UPDATE people SET lat = {lat} WHERE id = '{}'", person_id(12));
    database.execute(&place);
}

/// As if the plans had failed this long ago.
fn failed_before(database: &Database, minutes: i64) {
    let at = (Utc::now() - TimeDelta::minutes(minutes)).naive_utc();
    database.execute(&format!("UPDATE plans SET state_at = '{at}' WHERE state = 'failed'"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_whose_plan_failed_is_planned_again_after_a_quarter_of_an_hour(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = due(&server).await;
    place(&server.database, "999");
    upkeep(&server.database);
    assert_eq!(states(&admin, 1).await, ["failed"]);
    place(&server.database, "29.285");
    failed_before(&server.database, 14);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "the fault may last");
    failed_before(&server.database, 15);
    upkeep(&server.database);
    assert_eq!(states(&admin, 2).await, ["draft", "failed"]);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "it has its plan");
    assert_eq!(states(&admin, 2).await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_of_which_every_plan_fails_is_given_up_after_three(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = due(&server).await;
    place(&server.database, "999");
    for tries in 1..=3 {
        upkeep(&server.database);
        states(&admin, tries).await;
        failed_before(&server.database, 15);
    }
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "three at most");
    assert_eq!(states(&admin, 3).await, ["failed"; 3]);
    // The next night begins anew.
    server.database.execute(&format!(
        "UPDATE plans SET first_day = '{0}', last_day = '{0}', night = NULL",
        day(-1)
    ));
    place(&server.database, "29.285");
    upkeep(&server.database);
    assert_eq!(states(&admin, 4).await[0], "draft");
}

/// Another try could stop the servers again.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_whose_plan_was_begun_by_three_servers_is_not_planned_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = due(&server).await;
    place(&server.database, "999");
    upkeep(&server.database);
    assert_eq!(states(&admin, 1).await, ["failed"]);
    server.database.execute("UPDATE plans SET attempts = 3");
    place(&server.database, "29.285");
    failed_before(&server.database, 60);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n");
    assert_eq!(states(&admin, 1).await, ["failed"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nightly_plan_that_a_person_has_discarded_is_not_made_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = due(&server).await;
    upkeep(&server.database);
    let plan = nightly(&admin, 1).await.remove(0);
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    let discarded = admin.delete(&path).await;
    assert_eq!(discarded.body["state"], "discarded", "{}", discarded.body);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n");
    assert_eq!(states(&admin, 1).await, ["discarded"]);
}
