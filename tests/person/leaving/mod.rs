//! People who leave, move or get another role: nothing of their work is orphaned.

mod departures;
mod moves;
mod past_visits;
mod rules;
mod spreading;
mod successors;
mod tasks;

use reqwest::Method;
use serde_json::Value;

use crate::support::Caller;
use crate::support::files::person_id;
use crate::support::server::Answer;

/// A beneficiary of the second grid.
const OTHER_HOME: u32 = 4;

/// The call about the work of the person with this number, based on the present version.
async fn act(caller: &Caller, n: u32, what: &str, body: &Value) -> Answer {
    let person = caller.get(&format!("/v1/people/{}", person_id(n))).await;
    let tag = format!("\"v{}\"", person.body["version"]);
    let request = caller.request(Method::POST, &format!("/v1/people/{}/{what}", person_id(n)));
    caller.send(request.header("If-Match", tag).json(body)).await
}

/// A task of the person of `caller`, claimed, and started if `started`.
async fn held(by: &Caller, caller: &Caller, home: &str, started: bool) -> String {
    let task = by.make_task(home).await;
    let verbs: &[&str] = if started { &["claim", "start"] } else { &["claim"] };
    for verb in verbs {
        let done = caller.act(&format!("/v1/tasks/{task}/{verb}")).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    task
}

/// State and assignee of the task.
async fn state(caller: &Caller, task: &str) -> (Value, Value) {
    let task = caller.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(task.status, 200, "{}", task.body);
    (task.body["state"].clone(), task.body["assignee_id"].clone())
}

/// The body of a departure, as the answer to a repeated one has it.
fn without_loads(Answer { mut body, .. }: Answer) -> Value {
    body.as_object_mut().expect("a handover").remove("loads");
    body
}

/// Outcome and new assignee of each task of a handover.
fn outcomes(answer: &Answer) -> Vec<(String, String, Value)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let tasks = answer.body["tasks"].as_array().expect("tasks").iter();
    let outcome =
        |task: &Value| (text(&task["task_id"]), text(&task["outcome"]), task["person_id"].clone());
    tasks.map(outcome).collect()
}
