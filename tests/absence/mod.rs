//! When people work: hours, days with other hours, absences and duty, which plans respect.

mod affected_visits;
mod handover;
mod handover_times;
mod hours;
pub mod work_calendars;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Caller, GRID};

/// A plan of the grid for the next days; returns the person and day of each assigned task.
async fn plan(caller: &Caller, from: i64, to: i64) -> Vec<(Value, Value)> {
    let order = json!({ "area": GRID, "first_day": day(from), "last_day": day(to) });
    let planned = caller.plan(&order).await;
    let id = planned["id"].as_str().expect("an id");
    let visits = caller.get(&format!("/v1/plans/{id}/visits")).await;
    let visits = visits.body["items"].as_array().expect("visits").iter();
    visits.map(|visit| (visit["person_id"].clone(), visit["day"].clone())).collect()
}

async fn put(caller: &Caller, path: &str, version: &Value, body: &Value) -> Answer {
    let request = caller.request(Method::PUT, path).header("If-Match", format!("\"v{version}\""));
    caller.send(request.json(body)).await
}

/// A visit for the beneficiary with this number on these days, counted from today.
async fn visit(caller: &Caller, n: u32, first: i64, last: i64) -> String {
    let days = json!({ "not_before": day(first), "due_on": day(last) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// An illness of the first volunteer, whose visits the second one gets.
async fn ill(supervisor: &Caller) -> Answer {
    let absence = json!({
        "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true,
        "give_to": person_id(22)
    });
    let path = format!("/v1/people/{}/absences", person_id(21));
    supervisor.post(&path, &absence).await
}

/// A visit of the first volunteer at this minute of the day after tomorrow.
async fn planned(supervisor: &Caller, volunteer: &Caller, n: u32, start: u64) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(5), "minutes": 30 });
    let task = supervisor.make(&home_visit(&beneficiary_id(n), days)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{task}");
    let version = supervisor.get(&path).await.body["version"].clone();
    let request = supervisor.request(Method::POST, &format!("{path}/reschedule"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let time = json!({ "planned": { "day": day(2), "start": start } });
    let moved = supervisor.send(request.json(&time)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    task
}
