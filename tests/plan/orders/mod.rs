//! Plans as jobs: they are ordered, computed apart from the request, followed and discarded; and
//! what an order may say.

mod capacity;
mod comparison;
mod jobs;
mod refusals;
mod selection;

use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::Answer;
use crate::support::{Caller, GRID};

/// A visit for the beneficiary of this number, possible from tomorrow and due in a week.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// An order of seven days from tomorrow, with more members.
fn order(more: Value) -> Value {
    let mut order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let more = more.as_object().expect("members").clone();
    order.as_object_mut().expect("an object").extend(more);
    order
}

async fn visits(caller: &Caller, plan: &Answer) -> Vec<Value> {
    let id = plan.body["id"].as_str().expect("an id");
    let page = caller.get(&format!("/v1/plans/{id}/visits?limit=200")).await;
    page.body["items"].as_array().expect("visits").clone()
}
