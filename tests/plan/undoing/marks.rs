//! The mark of an earlier plan returns.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::text;
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mark_of_an_earlier_plan_returns_while_that_plan_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(false, true)] is_earlier_undone: bool,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let needs = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(1), needs)).await;
    let shown = async || manager.get(&format!("/v1/tasks/{task}")).await.body;
    let order = json!({
        "area": GRID, "first_day": day(1), "last_day": day(7), "only": { "ids": [task] }
    });
    let send = async |plan: &str, command: &str| {
        let done = manager.post(&format!("/v1/plans/{plan}/{command}"), &json!({})).await;
        assert_eq!(done.status, 200, "{}", done.body);
    };
    let applied = async || {
        let draft = manager.order_plan(&order).await.body;
        let plan = text(&draft["id"]);
        send(&plan, "apply").await;
        plan
    };
    let earlier = applied().await;
    assert_eq!(shown().await["unserved_why"], "no_skill");
    // A person learns what the visit needs, and the next plan gives it to that one.
    let path = format!("/v1/people/{}", person_id(21));
    let version = manager.get(&path).await.body["version"].clone();
    let request = manager.request(Method::PATCH, &path);
    let request = request.header("If-Match", format!("\"v{version}\""));
    let learnt = manager.send(request.json(&json!({ "skills": ["medical"] }))).await;
    assert_eq!(learnt.status, 200, "{}", learnt.body);
    let later = applied().await;
    assert_eq!(shown().await["assignee_id"], person_id(21).as_str());
    assert_eq!(shown().await.get("unserved_why"), None);

    if is_earlier_undone {
        send(&earlier, "undo").await;
    }
    send(&later, "undo").await;
    let task = shown().await;
    let mark = if is_earlier_undone { Value::Null } else { json!("no_skill") };
    assert_eq!((&task["state"], &task["unserved_why"]), (&json!("open"), &mark), "{task}");
}
