//! Visits that belong together: two people make one, or one person makes several.

mod bulks;
mod plans;
mod visits;

use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Caller, GRID};

/// A visit by two people, possible from tomorrow; the ids of both tasks.
async fn pair(caller: &Caller) -> [String; 2] {
    let more = json!({
        "not_before": day(1), "due_on": day(7), "instructions": "送慰问品上门。",
        "tie": { "type": "two_people" }
    });
    let first = caller.make(&home_visit(BENEFICIARY, more)).await;
    let task = task(caller, &first).await;
    let second = task["tied"][0]["id"].as_str().expect("an id").to_owned();
    [first, second]
}

/// A visit for the beneficiary of this number by the person of the other task.
async fn with(caller: &Caller, other: &str, n: u32) -> String {
    let tie = json!({ "type": "same_person", "task_id": other });
    let more = json!({ "not_before": day(1), "due_on": day(7), "tie": tie });
    caller.make(&home_visit(&beneficiary_id(n), more)).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

/// The visits of a plan of the grid for seven days: task, person, day, start.
async fn planned(caller: &Caller) -> (String, Vec<[Value; 4]>) {
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let draft = caller.order_plan(&order).await.body;
    let id = draft["id"].as_str().expect("an id").to_owned();
    let page = caller.get(&format!("/v1/plans/{id}/visits?limit=200")).await.body;
    let visits = page["items"].as_array().expect("visits").iter();
    let fields = ["task_id", "person_id", "day", "start"];
    (id, visits.map(|visit| fields.map(|field| visit[field].clone())).collect())
}
