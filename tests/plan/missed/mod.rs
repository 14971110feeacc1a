//! Visits that a plan gave and that were not accepted before their day had passed: the next plan has them.

mod changes;
mod planned_anew;
mod together;
mod week_minutes;

use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Caller, GRID, Server};

/// A visit of half an hour, for which there is a week from tomorrow on.
async fn visit(manager: &Caller, beneficiary: u32) -> String {
    visit_with(manager, beneficiary, json!({})).await
}

/// The same with more members.
async fn visit_with(manager: &Caller, beneficiary: u32, more: Value) -> String {
    let mut body = json!({ "not_before": day(1), "due_on": day(7), "minutes": 30 });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
    manager.make(&home_visit(&beneficiary_id(beneficiary), body)).await
}

/// The order of a plan of tomorrow, with more members.
fn order(more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more} is no object") };
    let mut order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    order.as_object_mut().expect("an object").extend(more);
    order
}

/// A draft of tomorrow.
async fn draft(manager: &Caller, more: Value) -> Value {
    let made = manager.order_plan(&order(more)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn send(manager: &Caller, plan: &Value, command: &str) -> Answer {
    let path = format!("/v1/plans/{}/{command}", plan["id"].as_str().expect("an id"));
    let done = manager.post(&path, &json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    done
}

/// The tasks of the plan's visits with this change.
async fn of_kind(manager: &Caller, plan: &Value, kind: &str) -> Vec<Value> {
    let id = plan["id"].as_str().expect("an id");
    let page = manager.get(&format!("/v1/plans/{id}/visits?change={kind}")).await;
    let items = page.body["items"].as_array().expect("visits").iter();
    items.map(|item| item["task_id"].clone()).collect()
}

/// The task without what counts its changes.
async fn task(caller: &Caller, id: &str) -> Value {
    let mut task = caller.get(&format!("/v1/tasks/{id}")).await.body;
    let row = task.as_object_mut().expect("an object");
    row.remove("version");
    row.remove("updated_at");
    task
}

/// The only people who have minutes, and how many.
fn offer(server: &Server, people: &[(u32, u32)]) {
    server.database.execute("UPDATE people SET weekly_minutes = 0");
    for (person, minutes) in people {
        let id = person_id(*person);
        let offers = format!("UPDATE people SET weekly_minutes = {minutes} WHERE id = '{id}'");
        server.database.execute(&offers);
    }
}

/// As if the plans had been of yesterday.
fn days_pass(server: &Server) {
    let yesterday = day(-1);
    server.database.execute(&format!(
        "UPDATE plans SET first_day = '{yesterday}', last_day = '{yesterday}' \
             WHERE state = 'applied';
         UPDATE plan_visits SET day = '{yesterday}' WHERE person IS NOT NULL;
         UPDATE tasks SET not_before = '{yesterday}', planned_on = '{yesterday}' \
             WHERE plan IS NOT NULL"
    ));
}
