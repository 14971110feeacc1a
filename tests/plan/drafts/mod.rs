//! Drafts of plans: what a supervisor sees before a plan counts, and how it is applied and undone.

mod applying;
mod conflicts;
mod days;

use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::Answer;
use crate::support::{Caller, GRID};

/// A visit for the beneficiary of this number, possible from tomorrow and due on this day.
async fn visit(caller: &Caller, n: u32, due: i64) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(due) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// A plan of the grid for these days, counted from today.
fn order(first: i64, last: i64) -> Value {
    json!({ "area": GRID, "first_day": day(first), "last_day": day(last) })
}

/// A draft of the seven days from tomorrow.
async fn draft(caller: &Caller) -> Value {
    let made = caller.order_plan(&order(1, 7)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn send(caller: &Caller, plan: &Value, command: &str, body: Value) -> Answer {
    let id = plan["id"].as_str().expect("an id");
    caller.post(&format!("/v1/plans/{id}/{command}"), &body).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

/// The visits of the plan, by task.
async fn visits(caller: &Caller, plan: &Value) -> impl Fn(&str) -> Value {
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    let visits = caller.get(&path).await.body["items"].clone();
    move |task: &str| {
        let mut rows = visits.as_array().expect("visits").iter();
        rows.find(|row| row["task_id"] == task).cloned().unwrap_or_default()
    }
}
