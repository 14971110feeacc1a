//! Employment: its state is kept by calls, and who looks for work is a case until there is work.

use rstest::rstest;
use serde_json::{Value, json};

use super::{install, report, server, task_of};
use crate::cases::{VILLAGE, listed, step};
use crate::regime_cadences::again;
use crate::regimes::night;
use crate::support::Backend;
use crate::support::bodies::new_beneficiary;
use crate::support::files::with_check_digit;

const CONFIGURATION: &str = include_str!("../../docs/services/employment.json");

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_veteran_who_looks_for_work_is_found_by_a_call_and_listed_until_placed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let (volunteer, village) = (server.volunteer().await, server.sign_in(VILLAGE).await);
    let young = new_beneficiary(json!({
        "id_number": with_check_digit("99999919910101001"), "categories": ["veteran"]
    }));
    let entered = manager.post("/v1/beneficiaries", &young).await;
    assert_eq!(entered.status, 201, "{}", entered.body);
    let id = entered.body["id"].as_str().or(entered.body["beneficiary"]["id"].as_str());
    let id = id.expect("an id").to_owned();
    install(&server, CONFIGURATION).await;
    assert!(night(&server).contains("succeeded, 1 processed"), "of working age");
    let call = task_of(&town, "就业状况每半年联系", &id).await;
    let answers = json!({ "status": "seeking" });
    let seeking =
        json!({ "outcome": "needs_follow_up", "needs": ["employment"], "answers": answers });
    let found = report(&volunteer, &call, seeking).await;
    let kept = town.get("/v1/reports?kind=employment_call").await.body;
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1), "{kept}");
    let full = town.get(&format!("/v1/tasks/{call}/reports")).await.body;
    assert_eq!(full["items"][0]["answers"], answers, "{full}");

    // Who looks for work, and for how long.
    let cases = town.get("/v1/cases?kind=employment").await.body;
    let case = cases["items"][0].clone();
    assert_eq!((&case["beneficiary_id"], &case["report_id"]), (&json!(id), &json!(found)));
    assert!(case["waiting_since"].is_string(), "{case}");
    let wish = json!({ "move": "register", "answers": { "wish": "驾驶员" } });
    step(&village, &case, wish, "matching").await;
    let employer = json!({ "to": "employer", "name": "公交公司" });
    step(&town, &case, json!({ "move": "place", "referral": employer }), "follow_up").await;
    let stable = json!({ "move": "close", "answers": { "employed": true } });
    step(&village, &case, stable, "closed").await;
    assert_eq!(listed(&town, "?kind=employment").await, Vec::<Value>::new());
    assert_eq!(listed(&town, "?kind=employment&ended=true").await, [case["id"].clone()]);
    assert!(again(&server).contains("succeeded, 0 processed"), "the next call is in half a year");
}
