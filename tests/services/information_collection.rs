//! Collection of information: the record is checked at home, and its changes are a difference that another
//! person approves.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{coming, install, report, server, task_of};
use crate::regime::cadences::again;
use crate::regime::night;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, phones};

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

    // The others are visited too. A visit satisfies one in the next quarter of the year, and each member has
    // one a year after that.
    let (other, far) = (server.sign_in(phones::OTHER_MANAGER).await, server.far_manager().await);
    for (n, visitor) in [(3, &volunteer), (4, &other), (5, &far), (6, &far)] {
        let task = task_of(&supervisor, TITLE, &beneficiary_id(n)).await;
        report(visitor, &task, json!({ "answers": { "record": "right" } })).await;
    }
    assert!(again(&server).contains("succeeded, 0 processed"));
    let weeks = coming(&supervisor, TITLE).await;
    assert!(
        weeks.len() >= 6 && weeks[0] >= 13 && weeks[5] <= 65,
        "each within the year: {weeks:?}"
    );
    assert!(weeks.windows(7).all(|some| some[6] - some[0] >= 52), "once a year: {weeks:?}");
}
