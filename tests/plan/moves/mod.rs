//! A plan that may move what an earlier plan gave and the person has not accepted yet, and its undo.

mod moving;
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

/// A visit of half an hour to the beneficiary of this number, with more members.
async fn visit(manager: &Caller, n: u32, more: Value) -> String {
    let mut body = json!({ "not_before": day(DAY), "due_on": day(DAY), "minutes": 30 });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
    manager.make(&home_visit(&beneficiary_id(n), body)).await
}

async fn draft(manager: &Caller, more: Value) -> Value {
    let mut order = json!({ "area": GRID, "first_day": day(DAY), "last_day": day(DAY) });
    order.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn send(manager: &Caller, plan: &Value, command: &str) -> Answer {
    let path = format!("/v1/plans/{}/{command}", plan["id"].as_str().expect("an id"));
    let done = manager.post(&path, &json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    done
}

/// The task without what counts its changes.
async fn task(caller: &Caller, id: &str) -> Value {
    let mut task = caller.get(&format!("/v1/tasks/{id}")).await.body;
    let row = task.as_object_mut().expect("an object");
    row.remove("version");
    row.remove("updated_at");
    task
}

/// The tasks of the plan's visits with this change.
async fn of_kind(manager: &Caller, plan: &Value, kind: &str) -> Vec<Value> {
    let id = plan["id"].as_str().expect("an id");
    let page = manager.get(&format!("/v1/plans/{id}/visits?change={kind}")).await;
    page.body["items"].as_array().expect("visits").clone()
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["task_id"].as_str()).collect()
}

fn offers(server: &Server, person: u32, minutes: u32) {
    let id = person_id(person);
    let offers = format!("UPDATE people SET weekly_minutes = {minutes} WHERE id = '{id}'");
    server.database.execute(&offers);
}

/// The first volunteer alone has a skill, and minutes for one visit; the other visitors have none.
fn one_skilled(server: &Server) {
    server.database.execute("UPDATE people SET weekly_minutes = 0");
    let skills = format!("UPDATE people SET skills = 'medical' WHERE id = '{}'", person_id(21));
    server.database.execute(&skills);
    offers(server, 21, 50);
}

/// Has the assignee make the visit at this minute of the day.
async fn reschedule(manager: &Caller, task: &str, start: u64) {
    let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let request = manager.request(Method::POST, &format!("/v1/tasks/{task}/reschedule"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let body = json!({ "planned": { "day": day(DAY), "start": start } });
    let moved = manager.send(request.json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}

/// Visits to these beneficiaries by one person, which a plan gave to the first volunteer and another plan moved to
/// the second one; the urgent visit that the first volunteer makes instead; and that plan.
async fn moved(
    server: &Server,
    manager: &Caller,
    beneficiaries: &[u32],
) -> (Vec<String>, String, Value) {
    one_skilled(server);
    let mut given: Vec<String> = Vec::new();
    for n in beneficiaries {
        let tie = given.first().map(|first| json!({ "type": "same_person", "task_id": first }));
        let more = tie.map_or_else(|| json!({}), |tie| json!({ "tie": tie }));
        given.push(visit(manager, *n, more).await);
    }
    // As long as the others together, so that only they or it are possible.
    let minutes = 30 * given.len();
    offers(server, 21, u32::try_from(minutes).expect("minutes") + 20);
    let plan = draft(manager, json!({})).await;
    send(manager, &plan, "apply").await;
    for id in &given {
        assert_eq!(task(manager, id).await["assignee_id"], person_id(21).as_str());
    }
    offers(server, 22, 600);
    let urgent = json!({ "skills": ["medical"], "priority": 9, "minutes": minutes });
    let urgent = visit(manager, 2, urgent).await;
    let moving = draft(manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(send(manager, &moving, "apply").await.body["left"], json!([]));
    for id in &given {
        assert_eq!(task(manager, id).await["assignee_id"], person_id(22).as_str());
    }
    (given, urgent, moving)
}
