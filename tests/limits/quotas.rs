//! Quotas of each person: open streams, and what is stored in a day.

use std::collections::BTreeMap;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::attachments::claimed;
use crate::support::phone::command;
use crate::support::{Backend, Server};

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
    let server = Server::small(backend);
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
}
