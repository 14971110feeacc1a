//! Regular contact: whom the district meets how often, by category and level of need.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{install, report, server, task_of};
use crate::regime_cadences::{again, change, made};
use crate::regimes::{contact_all, night, tasks};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, phones};

const CONFIGURATION: &str = include_str!("../../docs/services/regular_contact.json");
const KEY_CALL: &str = "重点对象每季度联系";
const KEY_VISIT: &str = "重点对象每年走访";
const NEAR_CALL: &str = "独居和不能出门对象每月联系";
const NEAR_VISIT: &str = "独居和不能出门对象每季度走访";
const HIGH_VISIT: &str = "重点关爱对象每月走访";
const MEDIUM_VISIT: &str = "关注对象每季度走访";
const OTHERS: &str = "普遍联系";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_met_by_category_and_level_of_need(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let (other, far) = (server.sign_in(phones::OTHER_MANAGER).await, server.far_manager().await);
    let edit = async |n: u32, body| {
        change(&supervisor, Method::PATCH, &beneficiary_id(n), "", &body).await;
    };
    edit(1, json!({ "categories": ["combat_veteran"], "lives_alone": false })).await;
    edit(3, json!({ "lives_alone": false })).await;
    // The level of need that a visitor finds is a plain word; the hardship stays encrypted.
    for (n, need, visitor) in [(4, "high", &other), (6, "medium", &far)] {
        let visit = supervisor.make_task(&beneficiary_id(n)).await;
        let found = json!({ "answers": { "need": need, "wishes": "常来走走" } });
        report(visitor, &visit, found).await;
    }
    let words = "SELECT field || ' ' || word AS text FROM beneficiary_answers ORDER BY word";
    assert_eq!(server.database.texts(words), ["need high", "need medium"]);
    // All that was long ago.
    contact_all(&server, &day(-400).to_string());
    install(&server, CONFIGURATION).await;
    assert!(night(&server).contains("succeeded, 13 processed"));
    for (title, members) in [
        (KEY_CALL, 1),
        (KEY_VISIT, 1),
        (NEAR_CALL, 4),
        (NEAR_VISIT, 4),
        (HIGH_VISIT, 1),
        (MEDIUM_VISIT, 1),
        (OTHERS, 1),
    ] {
        assert_eq!(made(&supervisor, title).await.len(), members, "{title}");
    }

    // A visit is a contact too, a call is no visit.
    report(&volunteer, &task_of(&supervisor, KEY_VISIT, BENEFICIARY).await, json!({})).await;
    let second = beneficiary_id(2);
    // What a call finds opens a case as at a visit.
    let found = json!({ "outcome": "needs_follow_up", "needs": ["legal"] });
    report(&volunteer, &task_of(&supervisor, NEAR_CALL, &second).await, found).await;
    let cases = supervisor.get("/v1/cases?kind=legal").await.body;
    assert_eq!(cases["items"][0]["beneficiary_id"], second.as_str(), "{cases}");
    assert!(again(&server).contains("succeeded, 0 processed"));
    let state = async |title: &str, beneficiary: &str| {
        let path = format!("/v1/tasks/{}", task_of(&supervisor, title, beneficiary).await);
        supervisor.get(&path).await.body["state"].clone()
    };
    assert_eq!(state(KEY_CALL, BENEFICIARY).await, "cancelled");
    assert_eq!(state(NEAR_VISIT, &second).await, "open");

    // The level of need follows from the entry: what changes there changes who is met how often.
    edit(2, json!({ "lives_alone": false })).await;
    edit(3, json!({ "mobility": "homebound" })).await;
    assert!(again(&server).contains("succeeded, 2 processed"));
    assert_eq!(state(NEAR_VISIT, &second).await, "cancelled");
    let third = beneficiary_id(3);
    assert_eq!(state(OTHERS, &third).await, "cancelled");
    assert_eq!(state(NEAR_CALL, &third).await, "open");
    assert_eq!(state(NEAR_VISIT, &third).await, "open");
    assert_eq!(tasks(&supervisor).await.len(), 17);

    // A later visit finds less need.
    let fourth = beneficiary_id(4);
    let visit = task_of(&supervisor, HIGH_VISIT, &fourth).await;
    report(&other, &visit, json!({ "answers": { "need": "low" } })).await;
    let need = json!({ "answer": { "kind": "home_visit", "field": "need", "any": ["high"] } });
    let preview = async || {
        let filter = json!({ "filter": need });
        supervisor.post("/v1/audiences/preview", &filter).await.body["count"].clone()
    };
    assert_eq!(preview().await, 0);
    // A call keeps the same level, which rises again.
    let call = task_of(&supervisor, NEAR_CALL, &fourth).await;
    report(&other, &call, json!({ "answers": { "need": "high" } })).await;
    assert_eq!(preview().await, 1);
}
