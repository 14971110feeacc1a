//! Collection of information: the record is checked at home, and its changes are a difference that another
//! person approves.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{install, report, server, task_of};
use crate::regime_cadences::again;
use crate::regimes::night;
use crate::support::Backend;
use crate::support::files::{BENEFICIARY, beneficiary_id};

const CONFIGURATION: &str = include_str!("../../docs/services/information_collection.json");
const TITLE: &str = "每年信息采集";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_checked_at_home_and_its_difference_approved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    install(&server, CONFIGURATION).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    // A record that is right.
    let second = task_of(&supervisor, TITLE, &beneficiary_id(2)).await;
    report(&volunteer, &second, json!({ "answers": { "record": "right" } })).await;
    // One with differences.
    let task = task_of(&supervisor, TITLE, BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let corrections = format!("/v1/beneficiaries/{BENEFICIARY}/corrections");
    let changes = json!({ "phone": "10055555555", "lives_alone": false });
    let proposed = volunteer.post(&corrections, &json!({ "changes": changes })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    report(&volunteer, &task, json!({ "answers": { "record": "corrected" } })).await;

    let path = format!("/v1/corrections/{}", proposed.body["id"].as_str().expect("an id"));
    let entry = format!("/v1/beneficiaries/{BENEFICIARY}");
    assert_eq!(manager.get(&entry).await.body["lives_alone"], true, "not before the approval");
    let difference = manager.get(&path).await.body;
    assert_eq!(difference["changes"], changes);
    assert_eq!(difference["before"], json!({ "phone": "10010000001", "lives_alone": true }));
    let approve = async |caller: &crate::support::Caller| {
        let request = caller.request(Method::POST, &format!("{path}/approve"));
        caller.send(request.header("If-Match", "\"v1\"")).await
    };
    assert_eq!(approve(&volunteer).await.status, 403, "another person decides");
    assert_eq!(approve(&manager).await.status, 200);
    assert_eq!(manager.get(&entry).await.body["lives_alone"], false);
    assert!(again(&server).contains("succeeded, 0 processed"), "once a year");
}
