//! The explanation of a task after its plan: its time is changed, its person gives it back, starts it or
//! reports it.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, GRID, Server};

/// A visit that may be made from today.
async fn visit(caller: &Caller) -> String {
    let days = json!({ "not_before": day(0), "due_on": day(6) });
    caller.make(&home_visit(&beneficiary_id(1), days)).await
}

/// The applied plan of the first grid for tomorrow.
async fn plan(supervisor: &Caller) -> Value {
    supervisor.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(1) })).await
}

async fn explanation(caller: &Caller, task: &str) -> Value {
    let answer = caller.get(&format!("/v1/tasks/{task}/explanation")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

fn english(part: &Value) -> &str {
    part["sentence"]["en"].as_str().expect("a sentence")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_whose_time_was_changed_is_still_given_by_its_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let task = visit(&supervisor).await;
    let plan = plan(&supervisor).await;
    let before = explanation(&supervisor, &task).await;
    assert!(before["when"].get("changed_at").is_none(), "{before}");
    let start = before["when"]["start"].as_u64().expect("a start") + 1;
    let planned = json!({ "planned": { "day": day(1), "start": start } });
    for new in [planned, json!({ "due_on": day(5) })] {
        let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
        let request = manager.request(Method::POST, &format!("/v1/tasks/{task}/reschedule"));
        let request = request.header("If-Match", format!("\"v{version}\"")).json(&new);
        let moved = manager.send(request).await;
        assert_eq!(moved.status, 200, "{}", moved.body);

        let after = explanation(&supervisor, &task).await;
        assert_eq!((&after["plan_id"], after.get("given")), (&plan["id"], None), "{after}");
        assert_eq!(after["why"]["code"], before["why"]["code"], "{after}");
        let why = english(&after["why"]);
        assert!(why.starts_with("A plan gave the task, and its time was changed later."), "{why}");
        let when = &after["when"];
        assert_eq!(when.get("start"), new["planned"].get("start"), "{after}");
        assert_eq!((&when["changed_by_id"], when.get("code")), (&json!(person_id(11)), None));
        assert!(when["changed_at"].is_string(), "{after}");
        assert!(english(when).contains("张网格 changed the time on "), "{after}");
        assert!(
            english(&explanation(&manager, &task).await["when"]).contains("You changed the time")
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_gave_a_task_back_is_not_called_forbidden(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, second) = (server.manager().await, server.second_volunteer().await);
    let task = visit(&manager).await;
    let to = json!({ "person_id": person_id(22) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    let why = json!({ "reason": "外地" });
    assert_eq!(second.post(&format!("/v1/tasks/{task}/decline"), &why).await.status, 200);

    let found = manager.get(&format!("/v1/tasks/{task}/candidates")).await.body;
    let mut items = found["items"].as_array().expect("items").iter();
    let declined = items.find(|one| one["person_id"] == person_id(22)).expect("the person");
    assert_eq!(declined["hindrance"]["code"], "declined", "{declined}");
    let said = "陈志愿 has given this task back, or not accepted it in time.";
    assert_eq!(english(declined), said);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_started_or_reported_task_says_since_when_and_names_no_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager).await;
    for step in ["claim", "start"] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/{step}")).await.status, 200, "{step}");
    }
    let started = explanation(&manager, &task).await;
    assert_eq!(started["others"], json!([]), "{started}");
    assert!(started["when"]["started_at"].is_string(), "{started}");
    assert!(english(&started["when"]).starts_with("Started on "), "{started}");

    let refused = json!({ "outcome": "refused" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &refused).await.status, 200);
    let failed = explanation(&manager, &task).await;
    assert_eq!(failed["others"], json!([]), "{failed}");
    assert!(english(&failed["when"]).starts_with("Reported as not done on "), "{failed}");

    // Nor are those of a plan named.
    let (supervisor, planned) = (server.town_supervisor().await, visit(&manager).await);
    plan(&supervisor).await;
    assert_ne!(explanation(&manager, &planned).await["others"], json!([]));
    server.database.execute(&format!("UPDATE tasks SET state = 'failed' WHERE id = '{planned}'"));
    let failed = explanation(&manager, &planned).await;
    assert_eq!(failed["others"], json!([]), "{failed}");
}
