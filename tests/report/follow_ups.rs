//! Findings: who reported a need learns that its follow-up is done.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::register::visited;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::{Backend, Caller, Server};

/// The follow-up of the needs and answers that the volunteer found.
async fn follow_up(server: &Server, found: Value) -> String {
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    visited(&volunteer, &supervisor, home_visit(BENEFICIARY, json!({})), found).await;
    let open = supervisor.get("/v1/tasks?state=open").await;
    open.body["items"][0]["id"].as_str().expect("a follow-up").to_owned()
}

/// Makes the follow-up of a need.
async fn done(by: &Caller, task: &str) {
    done_with(by, task, json!({ "still_needed": false })).await;
}

/// Makes the follow-up with these answers.
async fn done_with(by: &Caller, task: &str, answers: Value) {
    let report = json!({ "outcome": "done", "answers": answers });
    for (path, body) in [("claim", Value::Null), ("report", report)] {
        let path = format!("/v1/tasks/{task}/{path}");
        let answer = if body.is_null() { by.act(&path).await } else { by.post(&path, &body).await };
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// The kinds and titles of the caller's notices, in a language.
async fn notices(caller: &Caller, language: &str) -> Vec<(Value, Value)> {
    let request = caller.request(Method::GET, "/v1/me").header("Accept-Language", language);
    let me = caller.send(request).await;
    assert!(!me.body["notices"].to_string().contains('周'), "no name: {}", me.body);
    // The field is absent without notices.
    let all = me.body["notices"].as_array().cloned().unwrap_or_default();
    all.into_iter().map(|one| (one["kind"].clone(), one["title"].clone())).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_finder_of_a_need_learns_once_that_its_follow_up_is_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
    let task = follow_up(&server, found).await;
    let (volunteer, second) = (server.volunteer().await, server.second_volunteer().await);
    assert_eq!(notices(&volunteer, "zh-CN").await, []);
    done(&second, &task).await;
    let title = |text: &str| vec![(json!("follow_up_done"), json!(text))];
    assert_eq!(notices(&volunteer, "zh-CN").await, title("您反映的住房问题已有结果"));
    let english = title("There is a result on what you reported: Housing");
    assert_eq!(notices(&volunteer, "en").await, english);
    assert_eq!(notices(&second, "en").await, []);
    let supervisor = server.supervisor().await;
    let events = supervisor.events("person.follow_up_done").await;
    assert_eq!((events.len(), &events[0]["subject_id"]), (1, &json!(person_id(21))));
    // A phone gets the same notice.
    let pulled = volunteer.get("/v1/sync").await;
    assert!(pulled.body.to_string().contains("follow_up_done"), "{}", pulled.body);
    // Done again after it was reopened: told once.
    let why = json!({ "reason": "未解决" });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{task}/reopen"), &why).await.status, 200);
    done(&second, &task).await;
    assert_eq!(notices(&volunteer, "en").await, english);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_without_a_need_is_named_by_the_kind_of_its_follow_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let found = json!({ "outcome": "done", "answers": { "plaque": "damaged" } });
    let task = follow_up(&server, found).await;
    done_with(&server.second_volunteer().await, &task, json!({ "plaque": "hung" })).await;
    let volunteer = server.volunteer().await;
    let expected = [(json!("follow_up_done"), json!("您反映的光荣牌核查问题已有结果"))];
    assert_eq!(notices(&volunteer, "zh-CN").await, expected);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finder_who_did_the_follow_up_or_has_left_gets_no_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["medical", "housing"] });
    let task = follow_up(&server, found.clone()).await;
    let volunteer = server.volunteer().await;
    done(&volunteer, &task).await;
    assert_eq!(notices(&volunteer, "en").await, []);
    // A failed attempt is no result.
    let task = follow_up(&server, found).await;
    let second = server.second_volunteer().await;
    assert_eq!(second.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let refused = json!({ "outcome": "refused" });
    assert_eq!(second.post(&format!("/v1/tasks/{task}/report"), &refused).await.status, 200);
    assert_eq!(notices(&volunteer, "en").await, []);
    let supervisor = server.supervisor().await;
    let why = json!({ "reason": "再次走访" });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{task}/reopen"), &why).await.status, 200);
    let path = format!("/v1/people/{}/departure", person_id(21));
    let request = supervisor.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let left = supervisor.send(request.json(&json!({ "preview": false, "reason": "ill" }))).await;
    assert_eq!(left.status, 200, "{}", left.body);
    done(&second, &task).await;
    assert_eq!(server.database.count("account_notices"), 0);
}
