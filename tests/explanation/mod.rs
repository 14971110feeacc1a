//! Why a task is with its assignee, on its day and in its place of the day; and who else could make
//! the visit.

mod candidates;
mod changes;
mod reasons;

use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Caller, GRID};

/// A visit for the beneficiary of this number, possible from tomorrow, with more fields.
async fn visit(caller: &Caller, n: u32, mut more: Value) -> String {
    more["not_before"] = json!(day(1));
    more["due_on"] = json!(day(6));
    caller.make(&home_visit(&beneficiary_id(n), more)).await
}

/// Plans the first grid for tomorrow.
async fn plan(supervisor: &Caller) -> Value {
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    supervisor.plan(&order).await
}

async fn explanation(caller: &Caller, task: &str) -> (u16, Value) {
    let answer = caller.get(&format!("/v1/tasks/{task}/explanation")).await;
    (answer.status, answer.body)
}

/// The candidates for tomorrow, with more of the query.
async fn candidates(caller: &Caller, task: &str, more: &str) -> Value {
    let answer = caller.get(&format!("/v1/tasks/{task}/candidates?day={}{more}", day(1))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The item of the person with this number.
fn item(candidates: &Value, n: u32) -> Value {
    let mut items = candidates["items"].as_array().expect("items").iter();
    items.find(|one| one["person_id"] == person_id(n)).cloned().unwrap_or_default()
}
