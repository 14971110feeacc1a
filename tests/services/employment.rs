//! Employment: its state is kept by visits, calls and cases, and who looks for work is a case until there is work.

use rstest::rstest;
use serde_json::{Value, json};

use super::{coming, install, report, server, task_of};
use crate::case::{VILLAGE, listed, step};
use crate::regime::cadences::again;
use crate::regime::night;
use crate::support::Backend;
use crate::support::bodies::new_beneficiary;
use crate::support::days::day;
use crate::support::documents::change;
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
    let answers = json!({ "employment": "seeking" });
    let found = report(&volunteer, &call, json!({ "answers": answers })).await;
    let kept = town.get("/v1/reports?kind=employment_call").await.body;
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1), "{kept}");
    let seeking = json!({
        "name": "求职人员", "filter": {
            "answer": { "kind": "home_visit", "field": "employment", "any": ["seeking"] }
        }
    });
    let audience = town.post("/v1/audiences", &seeking).await;
    assert_eq!(audience.status, 201, "{}", audience.body);
    let seeking = format!("/v1/audiences/{}/members", audience.body["id"].as_str().expect("an id"));
    let members = town.get(&seeking).await.body["items"].clone();
    assert_eq!((members.as_array().map(Vec::len), &members[0]["id"]), (Some(1), &json!(id)));
    // One who looks for work is called again within a month, whatever comes of the case.
    let next = town.get("/v1/tasks?kind=employment_call&state=open").await.body;
    let next = next["items"][0].clone();
    assert_eq!((&next["beneficiary_id"], &next["due_on"]), (&json!(id), &json!(day(30))), "{next}");
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
    assert_eq!(town.get(&seeking).await.body["items"], json!([]), "the case says so");
    let stable = json!({ "move": "close", "answers": { "employed": true } });
    step(&village, &case, stable, "closed").await;
    assert_eq!(listed(&town, "?kind=employment").await, Vec::<Value>::new());
    assert_eq!(listed(&town, "?kind=employment&ended=true").await, [case["id"].clone()]);

    // The next call finds work, and no further one follows it.
    let next = next["id"].as_str().expect("an id").to_owned();
    let employed = json!({ "answers": { "employment": "employed", "employer": "公交公司" } });
    report(&volunteer, &next, employed).await;
    assert_eq!(town.get(&seeking).await.body["items"], json!([]));
    let waiting = town.get("/v1/tasks?kind=employment_call&state=open").await.body;
    assert_eq!(waiting["items"], json!([]), "{waiting}");

    // A visit keeps the same state as the calls.
    let visit = manager.make_task(&id).await;
    let own = json!({ "answers": { "employment": "self_employed" } });
    report(&volunteer, &visit, own).await;
    let own = json!({
        "answer": { "kind": "home_visit", "field": "employment", "any": ["self_employed"] }
    });
    let preview = town.post("/v1/audiences/preview", &json!({ "filter": own })).await.body;
    assert_eq!(preview["count"], 1, "{preview}");

    // The field that the calls answer stays in the visits, with its words.
    let admin = server.admin().await;
    let without_a_word = |kind: &mut Value| {
        let words = kind.pointer_mut("/form/properties/employment/oneOf");
        words.and_then(Value::as_array_mut).expect("words").remove(0);
    };
    let refused = change(&admin, "/v1/service-kinds/home_visit", without_a_word).await;
    let at = &refused.body["errors"][0]["pointer"];
    let field = json!("/form/properties/employment");
    assert_eq!((refused.status, at), (422, &field), "{}", refused.body);

    // The regime calls twice a year: the calls of today satisfy one in the next quarter of the half year.
    assert!(again(&server).contains("succeeded, 0 processed"));
    let weeks = coming(&server.supervisor().await, "就业状况每半年联系").await;
    assert!((6..=32).contains(&weeks[0]), "{weeks:?}");
    assert!(weeks.windows(2).all(|two| two[1] - two[0] == 26), "{weeks:?}");
}
