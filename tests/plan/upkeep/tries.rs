//! Tasks that lost their assignee are not lost by the plan that was to give them to others.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, Server};

/// Runs the job by hand.
fn upkeep(database: &Database) {
    let output = gridward(database, &["jobs", "run", "plan_upkeep"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
}

/// The states of the plans of freed tasks when each of them is computed; `count` of them.
async fn replans(caller: &Caller, count: usize) -> Vec<Value> {
    for _ in 0..300 {
        let plans = caller.get("/v1/plans").await.body["items"].clone();
        let plans = plans.as_array().expect("plans").iter();
        let plans = plans.filter(|plan| plan["origin"] == "replan");
        let states: Vec<Value> = plans.map(|plan| plan["state"].clone()).collect();
        if states.len() >= count && states.iter().all(|state| state != "computing") {
            assert_eq!(states.len(), count, "{states:?}");
            return states;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} plans were not made: {}", caller.get("/v1/plans").await.body)
}

/// Has the district plan by itself the tasks that lost their assignee.
async fn plan_freed(admin: &Caller) {
    let settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4,
        "replan": "automatic"
    });
    let request = admin.request(Method::PUT, "/v1/planning-settings").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(request.json(&settings)).await.status, 200);
}

/// A task of the first volunteer that is possible from the one day to the other.
async fn held(manager: &Caller, (from, to): (i64, i64)) -> String {
    let days = json!({ "not_before": day(from), "due_on": day(to) });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let to = json!({ "person_id": person_id(21) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    task
}

/// A task that the first volunteer has declined, in a district that plans such tasks by itself.
async fn declined(server: &Server) -> String {
    plan_freed(&server.admin().await).await;
    let task = held(&server.manager().await, (1, 7)).await;
    let path = format!("/v1/tasks/{task}/decline");
    let declined = server.volunteer().await.post(&path, &json!({ "reason": "x" })).await;
    assert_eq!(declined.status, 200, "{}", declined.body);
    task
}

/// Stores a place of the far manager with which no plan can be computed, or one with which it can.
fn place(database: &Database, lat: &str) {
    let place = format!("UPDATE people SET lat = {lat} WHERE id = '{}'", person_id(12));
    database.execute(&place);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_of_a_plan_that_failed_is_planned_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let task = declined(&server).await;
    place(&server.database, "999");
    upkeep(&server.database);
    assert_eq!(replans(&admin, 1).await, ["failed"]);
    place(&server.database, "29.285");
    upkeep(&server.database);
    assert_eq!(replans(&admin, 2).await, ["applied", "failed"]);
    assert_eq!(admin.get(&format!("/v1/tasks/{task}")).await.body["state"], "assigned");
    upkeep(&server.database);
    assert_eq!(replans(&admin, 2).await.len(), 2, "planned once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_of_which_every_plan_fails_is_given_up_after_three(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    declined(&server).await;
    place(&server.database, "999");
    for tries in 1..=3 {
        upkeep(&server.database);
        replans(&admin, tries).await;
    }
    upkeep(&server.database);
    assert_eq!(replans(&admin, 3).await, ["failed"; 3]);
    assert_eq!(server.database.texts("SELECT task AS text FROM freed_tasks"), [""; 0]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_an_applied_plan_left_is_planned_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let task = declined(&server).await;
    upkeep(&server.database);
    assert_eq!(replans(&admin, 1).await, ["applied"]);
    // As if its person had got another visit at that time while the plan was computed.
    server.database.execute(&format!(
        "UPDATE plan_visits SET left_because = 'person_busy', task_version = NULL;
         UPDATE tasks SET state = 'open', assignee = NULL, plan = NULL, planned_on = NULL,
             planned_start = NULL, planned_minutes = NULL WHERE id = '{task}'"
    ));
    upkeep(&server.database);
    assert_eq!(replans(&admin, 2).await, ["applied", "applied"]);
    assert_eq!(admin.get(&format!("/v1/tasks/{task}")).await.body["state"], "assigned");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_an_absence_whose_plan_fails_or_cannot_have_them_are_planned_by_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    plan_freed(&admin).await;
    let manager = server.manager().await;
    let [soon, later] = [held(&manager, (1, 7)).await, held(&manager, (40, 45)).await];
    place(&server.database, "999");
    let absence = json!({
        "first_day": day(0), "last_day": day(50), "reason": "sick", "release": true, "plan": true
    });
    let path = format!("/v1/people/{}/absences", person_id(21));
    let absent = supervisor.post(&path, &absence).await;
    assert_eq!(absent.status, 201, "{}", absent.body);
    let plan = format!("/v1/plans/{}", absent.body["plan_id"].as_str().expect("a plan"));
    assert_eq!(supervisor.computed(&plan).await["state"], "failed");
    place(&server.database, "29.285");
    upkeep(&server.database);
    assert_eq!(replans(&admin, 1).await, ["applied"]);
    assert_eq!(admin.get(&format!("/v1/tasks/{soon}")).await.body["state"], "assigned");
    let waits =
        format!("SELECT CAST(from_day AS TEXT) AS text FROM freed_tasks WHERE task = '{later}'");
    assert_eq!(server.database.texts(&waits), [day(10).to_string()]);
}
