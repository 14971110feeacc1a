//! Quotas of each person: open streams, and what is stored in a day.

use std::collections::BTreeMap;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::attachment::claimed;
use crate::support::phone::{command, task_for};
use crate::support::{Backend, Server};
use crate::sync::outboxes::break_task;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_a_limited_number_of_streams(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let open = async || {
        let request = volunteer.request(Method::GET, "/v1/events/stream");
        request.send().await.expect("an answer")
    };
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(open().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    let refused = open().await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_stores_a_limited_number_of_reports_in_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let mut outcomes = BTreeMap::new();
    let mut last = Vec::new();
    for _ in 0..4 {
        let reports: Vec<_> = (0..80)
            .map(|_| command("task.report", &task, json!({ "outcome": "went_well" })))
            .collect();
        let answer = volunteer.post("/v1/sync", &json!({ "commands": reports })).await;
        last = answer.body["results"].as_array().expect("results").clone();
        for result in &last {
            *outcomes.entry(result["outcome"].to_string()).or_insert(0) += 1;
        }
    }
    let expected = [("\"recorded\"", 300), ("\"retry\"", 20)];
    assert_eq!(outcomes, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(last[79]["problem"]["code"], "too_many_requests");
    // The count is in the database.
    server.kill_and_restart();
    let report = command("task.report", &task, json!({ "outcome": "went_well" }));
    let again = server.volunteer().await.post("/v1/sync", &json!({ "commands": [report] })).await;
    assert_eq!(again.body["results"][0]["problem"]["code"], "too_many_requests");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_stores_a_limited_number_of_answers_in_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let unknown = "018d622e-0000-7000-8000-00000000ffff";
    let mut last = Vec::new();
    for _ in 0..21 {
        let claims: Vec<_> = (0..100).map(|_| command("task.claim", unknown, json!({}))).collect();
        let answer = volunteer.post("/v1/sync", &json!({ "commands": claims })).await;
        last = answer.body["results"].as_array().expect("results").clone();
    }
    assert_eq!(server.database.count("commands"), 2_000);
    for result in &last {
        assert_eq!(
            (&result["outcome"], &result["problem"]["code"]),
            (&json!("retry"), &json!("too_many_requests"))
        );
    }
    let call = volunteer.request(Method::POST, &format!("/v1/tasks/{unknown}/claim"));
    let call = call.header("Idempotency-Key", "a-new-key");
    let refused = volunteer.send(call).await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"));
    assert_eq!(refused.headers["ratelimit-policy"], "\"answers\";q=2000;w=86400");
    let bare = volunteer.act(&format!("/v1/tasks/{unknown}/claim")).await;
    assert_eq!(bare.status, 404, "a call without an id stores nothing");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_counts_once_although_its_transaction_runs_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let other = task_for(&server, 2).await;
    break_task(&server.database, &other);
    // The second command fails, so the first runs again by itself.
    let commands = json!([
        command("task.report", &task, json!({ "outcome": "done" })),
        command("task.claim", &other, json!({})),
    ]);
    let answer = volunteer.post("/v1/sync", &json!({ "commands": commands })).await;
    assert_eq!(answer.body["results"][0]["outcome"], "applied", "{}", answer.body);
    assert_eq!(answer.body["results"][1]["outcome"], "retry", "{}", answer.body);
    let counted = server.database.texts("SELECT CAST(reports AS TEXT) AS text FROM daily_counts");
    assert_eq!(counted, ["1"]);
}
