//! Regular contact: whom the district meets how often, by category and level of need.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{install, report, server, task_of};
use crate::case::{close_help, grant_help, open, step};
use crate::regime::cadences::{again, change, made};
use crate::regime::{contact_all, night, tasks};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, Caller, phones};

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
    assert!(night(&server).contains("succeeded, 11 processed"), "one visit for two regimes");
    for (title, members) in [
        (KEY_CALL, 1),
        (KEY_VISIT, 1),
        (NEAR_CALL, 4),
        (NEAR_VISIT, 4),
        (HIGH_VISIT, 0),
        (MEDIUM_VISIT, 0),
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

    // A hardship brings a visit each month, in place of one each quarter or a call each year.
    let third = beneficiary_id(3);
    let manager = server.manager().await;
    let hardship = async |finder: &Caller, home: &str| {
        let hardship = json!({
            "kind": "three_hardships", "class": "living", "beneficiary_id": home, "source": "phone"
        });
        open(finder, hardship).await
    };
    let helped = hardship(&manager, &third).await;
    let dropped = hardship(&far, &beneficiary_id(6)).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    assert_eq!(state(HIGH_VISIT, &third).await, "open");
    assert_eq!(state(OTHERS, &third).await, "cancelled");
    assert_eq!(state(NEAR_VISIT, &beneficiary_id(6)).await, "open", "for three regimes");

    // The level of need follows from the entry: what changes there changes who is met how often.
    edit(2, json!({ "lives_alone": false })).await;
    edit(3, json!({ "mobility": "homebound" })).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    assert_eq!(state(NEAR_VISIT, &second).await, "cancelled");
    assert_eq!(state(NEAR_CALL, &third).await, "open");
    assert_eq!(made(&supervisor, NEAR_VISIT).await.len(), 4, "the third has a visit");
    assert_eq!(tasks(&supervisor).await.len(), 15);

    // A later visit finds less need.
    let fourth = beneficiary_id(4);
    let visit = task_of(&supervisor, NEAR_VISIT, &fourth).await;
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
    // A hardship brings no more visits once its case has ended, also with help; those of other regimes stay.
    edit(3, json!({ "mobility": "full" })).await;
    let follow_up = grant_help(&server, &helped).await;
    report(&volunteer, &follow_up, json!({ "answers": { "still_needed": false } })).await;
    close_help(&server, &helped).await;
    step(&far, &dropped, json!({ "move": "drop" }), "dropped").await;
    // The visits of the case were long ago: it is its end that withdraws the other one.
    contact_all(&server, &day(-400).to_string());
    again(&server);
    assert_eq!(state(HIGH_VISIT, &third).await, "cancelled");
    assert_eq!(state(NEAR_VISIT, &beneficiary_id(6)).await, "open");
}
