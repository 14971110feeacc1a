//! Plans that no person orders: those of each night, and those of tasks that lost their assignee.

mod freed;
mod missed;
mod nightly;
mod overruns;
mod refusals;
mod suggestions;
mod tries;
mod unaccepted;
mod urgent;

use std::time::Duration;

use chrono::{FixedOffset, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::{Answer, gridward, said};
use crate::support::{Caller, Database};

/// The time of day in the district, this many minutes from now.
fn time(later: i64) -> String {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    (Utc::now() + TimeDelta::minutes(later)).with_timezone(&china).format("%H:%M").to_string()
}

/// Replaces the settings of version `version` with the usual ones and `more`.
async fn set(admin: &Caller, version: u32, more: Value) -> Answer {
    let mut settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4
    });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("members").clone());
    let request = admin.request(Method::PUT, "/v1/planning-settings");
    admin.send(request.header("If-Match", format!("\"v{version}\"")).json(&settings)).await
}

/// Runs the job by hand; answers the number of rows that it processed.
fn upkeep(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_upkeep"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The plans that no person ordered, when each of them is computed; at least `count`.
async fn unordered(caller: &Caller, count: usize) -> Vec<Value> {
    for _ in 0..300 {
        let plans = caller.get("/v1/plans").await.body["items"].clone();
        let plans = plans.as_array().expect("plans").iter();
        let plans: Vec<Value> = plans.filter(|plan| plan["origin"] != "ordered").cloned().collect();
        if plans.len() >= count && plans.iter().all(|plan| plan["state"] != "computing") {
            return plans;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} plans were not made: {}", caller.get("/v1/plans").await.body)
}

/// A visit for the beneficiary of this number, possible from tomorrow and due in a week.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

/// Makes visits for the beneficiaries of these numbers; answers the tasks, assigned to this person.
async fn given(manager: &Caller, numbers: &[u32], person: u32) -> Vec<String> {
    let mut tasks = Vec::new();
    for n in numbers {
        let task = visit(manager, *n).await;
        let to = json!({ "person_id": person_id(person) });
        let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        tasks.push(task);
    }
    tasks
}

/// The volunteer is ill for the next days, and the visits are opened.
async fn fall_ill(volunteer: &Caller, tasks: usize) {
    let absence = json!({
        "first_day": day(0), "last_day": day(9), "reason": "sick", "release": true
    });
    let added = volunteer.post("/v1/me/absences", &absence).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let affected = added.body["tasks"].as_array().expect("tasks").iter();
    let released = affected.filter(|task| task["effect"] == "released").count();
    assert_eq!(released, tasks, "{}", added.body);
}

async fn decline(caller: &Caller, task: &str) {
    let reason = json!({ "reason": "住得太远" });
    let declined = caller.post(&format!("/v1/tasks/{task}/decline"), &reason).await;
    assert_eq!(declined.status, 200, "{}", declined.body);
}

/// The people who have these tasks; null for an open one.
async fn holders(caller: &Caller, tasks: &[String]) -> Vec<Value> {
    let mut holders = Vec::new();
    for id in tasks {
        holders.push(task(caller, id).await["assignee_id"].clone());
    }
    holders
}

/// The titles of the caller's own notices.
async fn notices(caller: &Caller) -> Vec<String> {
    let me = caller.get("/v1/me").await.body;
    let notices = me["notices"].as_array().into_iter().flatten();
    notices.map(|notice| notice["title"].as_str().expect("a title").to_owned()).collect()
}
