//! A draft changes no task until it is applied, and an undo restores what was.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{draft, order, send, task, visit};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::phone::Phone;
use crate::support::{Backend, FAR_GRID, Server};

/// What is left of a task's row if the traces of a change are removed.
fn without_traces(mut task: Value) -> Value {
    let row = task.as_object_mut().expect("an object");
    row.remove("version");
    row.remove("updated_at");
    task
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_changes_no_task_until_it_is_applied_and_an_undo_restores_what_was(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let tasks = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let before = [task(&manager, &tasks[0]).await, task(&manager, &tasks[1]).await];

    let plan = draft(&manager).await;
    assert_eq!((&plan["state"], &plan["assigned"]), (&json!("draft"), &json!(2)));
    assert!(plan["expires_at"].is_string(), "{plan}");
    assert_eq!(task(&manager, &tasks[0]).await, before[0], "a draft changes nothing");
    let drafts = manager.get("/v1/plans?state=draft").await;
    assert_eq!(drafts.body["items"][0]["id"], plan["id"]);

    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(
        (&applied.body["plan"]["state"], &applied.body["left"]),
        (&json!("applied"), &json!([]))
    );
    let assigned = task(&manager, &tasks[0]).await;
    assert_eq!(
        (&assigned["state"], &assigned["planned_for"]["plan_id"]),
        (&json!("assigned"), &plan["id"])
    );
    let again = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(
        (again.problem(), &again.body["current"]["state"]),
        ("plan_state", &json!("applied"))
    );

    let undone = send(&manager, &plan, "undo", json!({})).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(
        (&undone.body["plan"]["state"], &undone.body["left"]),
        (&json!("undone"), &json!([]))
    );
    for (id, before) in tasks.iter().zip(before) {
        assert_eq!(without_traces(task(&manager, id).await), without_traces(before));
    }
    let history = manager.get(&format!("/v1/tasks/{}/history", tasks[0])).await;
    let last = history.body["items"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["because"] == "plan_undone");
    assert!(last.is_some(), "{}", history.body);
    assert_eq!(send(&manager, &plan, "undo", json!({})).await.problem(), "plan_state");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_plan_says_of_a_task_why_no_one_could_go_until_someone_can(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let (own, skilled) = (visit(&manager, 1, 7).await, home_visit(&beneficiary_id(2), days));
    let skilled = manager.make(&skilled).await;
    let before = task(&manager, &skilled).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let plan = draft(&manager).await;
    assert_eq!(task(&manager, &skilled).await, before, "a draft changes nothing");
    assert_eq!(send(&manager, &plan, "apply", json!({})).await.status, 200);
    let left = task(&manager, &skilled).await;
    assert_eq!(left["unserved_why"], "no_skill", "{left}");
    assert!(task(&manager, &own).await.get("unserved_why").is_none());
    phone.sync(&manager, json!([])).await;
    let row = phone.tasks().into_iter().find(|row| row["id"] == skilled.as_str());
    assert_eq!(row.map(|row| &row["unserved_why"]), Some(&json!("no_skill")));

    let again = draft(&manager).await;
    assert_eq!(send(&manager, &again, "apply", json!({})).await.status, 200);
    assert_eq!(task(&manager, &skilled).await, left, "the same reason again is no change");
    assert_eq!(send(&manager, &again, "undo", json!({})).await.status, 200);
    assert_eq!(task(&manager, &skilled).await, left, "the first plan is still applied");
    assert_eq!(send(&manager, &plan, "undo", json!({})).await.status, 200);
    assert_eq!(without_traces(task(&manager, &skilled).await), without_traces(before));
    assert_eq!(server.supervisor().await.events("task.unserved").await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_leaves_what_people_have_accepted_and_names_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    for n in [1, 2, 3] {
        visit(&manager, n, 7).await;
    }
    let plan = draft(&manager).await;
    send(&manager, &plan, "apply", json!({})).await;
    phone.sync(&volunteer, json!([])).await;
    let me = volunteer.get("/v1/me").await.body["id"].clone();
    let path = format!(
        "/v1/plans/{}/visits?person={}",
        plan["id"].as_str().expect("an id"),
        me.as_str().expect("an id")
    );
    let mine = manager.get(&path).await.body["items"].clone();
    let accepted = mine[0]["task_id"].as_str().expect("a visit of the volunteer").to_owned();
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/accept")).await.status, 200);

    let undone = send(&manager, &plan, "undo", json!({})).await;
    assert_eq!(
        undone.body["left"],
        json!([{ "task_id": accepted, "because": "changed", "state": "accepted" }])
    );
    assert_eq!(task(&manager, &accepted).await["assignee_id"], me);
    let open = manager.get("/v1/tasks?state=open").await;
    assert_eq!(open.body["items"].as_array().expect("a list").len(), 2);
    phone.sync(&volunteer, json!([])).await;
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_who_plan_an_area_apply_undo_and_discard_its_plans(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (volunteer, far) = (server.volunteer().await, server.far_manager().await);
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    for command in ["apply", "undo"] {
        assert_eq!(send(&volunteer, &plan, command, json!({})).await.problem(), "forbidden");
        assert_eq!(send(&far, &plan, command, json!({})).await.status, 404);
    }
    assert_eq!(volunteer.delete(&path).await.problem(), "forbidden");
    assert_eq!(far.delete(&path).await.status, 404);
    let of_far = json!({ "area": FAR_GRID, "first_day": day(1), "last_day": day(7) });
    let of_far = supervisor.order_plan(&of_far).await.body;
    assert_eq!(send(&manager, &of_far, "apply", json!({})).await.status, 404);
    let unknown = manager.post(&format!("{path}/apply"), &json!({ "conflict": "skip" })).await;
    assert_eq!(unknown.status, 422, "{}", unknown.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_order_is_answered_without_computing_the_plan_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1, 7).await;
    let send = async |key: &str| {
        let request = manager.request(Method::POST, "/v1/plans").header("Idempotency-Key", key);
        manager.send(request.header("Prefer", "wait=30").json(&order(1, 7))).await
    };
    let first = send("one").await;
    assert_eq!(first.status, 201, "{}", first.body);
    // No plan can be computed from this row.
    let broken = "UPDATE people SET availability = 'never' WHERE role = 'volunteer'";
    server.database.execute(broken);
    assert_eq!(send("two").await.body["state"], "failed");
    let again = send("one").await;
    assert_eq!((again.status, &again.body["id"]), (201, &first.body["id"]), "{}", again.body);
    assert_eq!(again.body["state"], "draft");
}
