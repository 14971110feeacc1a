//! Changes between the order of a draft and its application.

use chrono::{Days, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{draft, send, task, visit};
use crate::support::server::gridward;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_the_draft_is_listed_and_left_or_refuses_the_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [claimed, free] = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let plan = draft(&manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{claimed}/claim")).await.status, 200);

    let left = json!([{ "task_id": claimed, "because": "changed", "state": "accepted" }]);
    let refused = send(&manager, &plan, "apply", json!({ "conflicts": "refuse" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left);
    assert_eq!(task(&manager, &free).await["state"], "open", "nothing was applied");

    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.body["left"], left);
    let plan = &applied.body["plan"];
    assert_eq!((&plan["assigned"], &plan["overtaken"]), (&json!(1), &json!(1)));
    assert_eq!(task(&manager, &free).await["state"], "assigned");
    let undone = send(&manager, plan, "undo", json!({})).await;
    assert_eq!(undone.body["left"], json!([]), "the plan never assigned the claimed task");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_drafts_of_the_same_tasks_only_one_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = visit(&manager, 1, 7).await;
    let (first, second) = (draft(&manager).await, draft(&manager).await);
    let applied = send(&manager, &first, "apply", json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let refused = send(&manager, &second, "apply", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    let left = json!([{
        "task_id": id, "because": "changed", "state": "assigned", "plan_id": first["id"]
    }]);
    assert_eq!(refused.body["current"], left);
    let path = format!("/v1/plans/{}", second["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.body["state"], "draft", "nothing was applied");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undone_plan_leaves_other_drafts_of_its_tasks_as_they_were(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let tasks = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let edited = visit(&manager, 3, 7).await;
    let (first, second, third) =
        (draft(&manager).await, draft(&manager).await, draft(&manager).await);
    let edit = manager.request(Method::PATCH, &format!("/v1/tasks/{edited}"));
    let edit = edit.header("If-Match", "\"v1\"").json(&json!({ "title": "春节慰问" }));
    assert_eq!(manager.send(edit).await.status, 200);
    let left = json!([{ "task_id": edited, "because": "changed", "state": "open" }]);
    for plan in [&first, &second] {
        let applied = send(&manager, plan, "apply", json!({})).await;
        assert_eq!((applied.status, &applied.body["left"]), (200, &left), "{}", applied.body);
        let undone = send(&manager, plan, "undo", json!({})).await;
        assert_eq!((undone.status, &undone.body["left"]), (200, &json!([])), "{}", undone.body);
    }
    // What a person does with a task changes it for all drafts.
    let path = format!("/v1/tasks/{}", tasks[0]);
    for command in ["claim", "release"] {
        assert_eq!(volunteer.act(&format!("{path}/{command}")).await.status, 200);
    }
    let applied = send(&manager, &third, "apply", json!({})).await;
    let mut left: Vec<&str> = applied.body["left"]
        .as_array()
        .expect("tasks")
        .iter()
        .filter_map(|left| left["task_id"].as_str())
        .collect();
    left.sort_unstable();
    let mut changed = [tasks[0].as_str(), edited.as_str()];
    changed.sort_unstable();
    assert_eq!((applied.status, left), (200, changed.to_vec()), "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_left_since_the_draft_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = visit(&manager, 1, 7).await;
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].clone();
    let person = visits[0]["person_id"].as_str().expect("a person").to_owned();
    server.database.execute(&format!("UPDATE people SET state = 'left' WHERE id = '{person}'"));
    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(
        applied.body["left"],
        json!([{ "task_id": id, "because": "person_unavailable", "state": "open" }])
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_discarded_and_expires_after_seven_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1, 7).await;
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    let discarded = manager.delete(&path).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    assert_eq!(send(&manager, &plan, "apply", json!({})).await.problem(), "plan_state");
    assert_eq!(manager.delete(&path).await.problem(), "plan_state");

    let old = draft(&manager).await;
    let eight_days_ago = (Utc::now() - Days::new(8)).naive_utc();
    server.database.execute(&format!("UPDATE plans SET created_at = '{eight_days_ago}'"));
    let expired = send(&manager, &old, "apply", json!({})).await;
    assert_eq!((expired.status, expired.problem()), (410, "plan_expired"), "{}", expired.body);
    // The daily job that discards it changes nothing about that.
    let job = gridward(&server.database, &["jobs", "run", "plan_retention"]).output();
    assert!(job.expect("it runs").status.success());
    let path = format!("/v1/plans/{}", old["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.body["state"], "discarded");
    assert_eq!(send(&manager, &old, "apply", json!({})).await.problem(), "plan_expired");
}
