//! A person is in one place at a time: a plan keeps clear of the hours that its people hold, whether or
//! not it would have made these visits, and an applied plan of those that came after its draft.

mod pairs;
mod plans;
mod reschedules;
mod undo;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Caller, GRID, Server};

/// The day of all visits.
const DAY: i64 = 2;
/// The length of a visit in minutes.
const LENGTH: u64 = 30;

async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// An accepted visit of the volunteer at this minute of the day.
async fn held(server: &Server, n: u32, start: u64) -> String {
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, n).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let planned = json!({ "day": day(DAY), "start": start });
    let body = json!({ "due_on": day(DAY), "planned": planned, "force": true });
    let path = format!("/v1/tasks/{task}/reschedule");
    let request = manager.request(Method::POST, &path).header("If-Match", "\"v2\"");
    let moved = manager.send(request.json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    task
}

/// A draft of this task alone, for the volunteer, at this minute of the day if there is one.
async fn draft(manager: &Caller, task: &str, start: Option<u64>) -> Value {
    let mut pin = json!({ "task_id": task, "person_id": person_id(21), "day": day(DAY) });
    if let Some(start) = start {
        pin["start"] = json!(start);
    }
    let order = json!({
        "area": GRID, "first_day": day(DAY), "last_day": day(DAY),
        "only": { "ids": [task] }, "changes": { "pins": [pin] },
    });
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

/// Has the volunteer absent on a day, counted from today: for these hours, or with `null` for the whole day.
async fn absent(manager: &Caller, on: i64, hours: Value) {
    let mut absence = json!({ "first_day": day(on), "last_day": day(on), "reason": "leave" });
    if !hours.is_null() {
        absence["window"] = hours;
    }
    let path = format!("/v1/people/{}/absences", person_id(21));
    let entered = manager.post(&path, &absence).await;
    assert_eq!(entered.status, 201, "{}", entered.body);
}

async fn visits(manager: &Caller, plan: &Value) -> Vec<Value> {
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    manager.get(&path).await.body["items"].as_array().expect("visits").clone()
}

async fn apply(manager: &Caller, plan: &Value) -> Value {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    let applied = manager.post(&path, &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    applied.body["left"].clone()
}

/// The visit of this task as a problem shows it.
fn overlap(task: &str, start: u64) -> Value {
    json!({ "task_id": task, "day": day(DAY), "start": start, "minutes": LENGTH })
}

/// A command for the task, based on its current version.
async fn on_current(
    caller: &Caller,
    method: Method,
    path: &str,
    task: &str,
    body: &Value,
) -> Answer {
    let version = caller.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let request = caller.request(method, path).header("If-Match", format!("\"v{version}\""));
    caller.send(request.json(body)).await
}

/// A visit by two people: the task that the second volunteer has claimed, and the other one.
async fn pair(server: &Server, manager: &Caller) -> (String, String) {
    let more = json!({
        "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH,
        "tie": { "type": "two_people" }
    });
    let first = manager.make(&home_visit(&beneficiary_id(2), more)).await;
    let tied = manager.get(&format!("/v1/tasks/{first}")).await.body["tied"][0]["id"].clone();
    let second = tied.as_str().expect("an id").to_owned();
    let claimed = server.second_volunteer().await.act(&format!("/v1/tasks/{first}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    (first, second)
}
