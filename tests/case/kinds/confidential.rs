//! Kinds that are or become confidential.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{content, kind};
use crate::case::{VILLAGE, go, listed, open, server, step};
use crate::support::Backend;
use crate::support::documents::change;
use crate::support::files::BENEFICIARY;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_becomes_confidential_leaves_the_log_and_shows_its_earlier_cases_to_fewer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, district) = (server.admin().await, server.supervisor().await);
    let (town, auditor) = (server.town_supervisor().await, server.auditor().await);
    let new = json!({
        "kind": "merit_report", "class": "good_soldier", "beneficiary_id": BENEFICIARY,
        "source": "application"
    });
    let before = open(&district, new.clone()).await;
    let put = async |content: &Value, version: &str| {
        let request = admin.request(Method::PUT, "/v1/case-kinds/merit_report");
        admin.send(request.header("If-Match", version).json(content)).await
    };
    let mut kind = content(&admin, "merit_report").await;
    kind["confidential_to"] = json!(["admin", "supervisor"]);
    // The category of a confidential case would be a plain word of the entry.
    for step in kind["steps"].as_array_mut().expect("steps") {
        step.as_object_mut().expect("a step").remove("adds_category");
    }
    let narrowed = put(&kind, "\"v1\"").await;
    assert_eq!(narrowed.status, 200, "{}", narrowed.body);
    let answers = json!({ "unit": "某部", "of_family": false });
    let register = json!({ "move": "register_town", "answers": answers });
    step(&district, &before, register, "registered_town").await;
    let during = open(&district, new).await;
    let of_case =
        format!("/v1/events?subject=case&subject_id={}", before["id"].as_str().expect("id"));
    assert_eq!(auditor.get(&of_case).await.body["items"], json!([]));
    let events = district.get(&of_case).await.body;
    let moved = events["items"].as_array().expect("events").iter();
    let moved: Vec<_> = moved.filter(|event| event["action"] == "case.move").collect();
    assert_eq!(moved.len(), 1, "{events}");
    for event in moved {
        assert_eq!((&event["area"], &event["body"]), (&json!("500116"), &json!({})), "{event}");
    }
    // What was confidential when it was opened stays so; the log says that the kind no longer is.
    kind["confidential_to"] = json!([]);
    assert_eq!(put(&kind, "\"v2\"").await.status, 200);
    let manager = server.manager().await;
    assert_eq!(listed(&manager, "").await, [before["id"].clone()]);
    let path = format!("/v1/cases/{}", during["id"].as_str().expect("an id"));
    assert_eq!((manager.get(&path).await.status, town.get(&path).await.status), (404, 200));
    let changes = admin.events("case_kind.change").await;
    let lifted = changes.iter().find(|event| event["version"] == 3).expect("the change");
    assert_eq!(lifted["body"]["confidential_before"], json!(["admin", "supervisor"]), "{lifted}");
    assert_eq!(lifted["body"]["confidential_to"], json!([]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_a_kind_that_becomes_confidential_leaves_no_answer_for_audiences(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, village) = (server.admin().await, server.sign_in(VILLAGE).await);
    let new = json!({ "kind": "employment", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    let case = open(&village, new).await;
    let answers = || server.database.texts("SELECT word AS text FROM beneficiary_answers");
    assert_eq!(answers(), ["seeking"]);
    let narrowed = change(&admin, "/v1/case-kinds/employment", |kind| {
        kind["confidential_to"] = json!(["admin", "supervisor"]);
        for step in kind["steps"].as_array_mut().expect("steps") {
            step.as_object_mut().expect("a step").remove("records");
        }
    });
    let narrowed = narrowed.await;
    assert_eq!(narrowed.status, 200, "{}", narrowed.body);
    let withdraw = json!({ "move": "withdraw", "answers": { "wish": "保安" } });
    step(&village, &case, withdraw, "withdrawn").await;
    assert_eq!(answers(), ["seeking"], "the step of the opening records another word");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_hides_from_admins_is_not_shown_by_an_error_and_open_cases_keep_a_role(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let put = async |code: &str, content: &Value, version: &str| {
        let request = admin.request(Method::PUT, &format!("/v1/case-kinds/{code}"));
        admin.send(request.header("If-Match", version).json(content)).await
    };
    assert_eq!(admin.post("/v1/case-kinds", &kind(json!({}))).await.status, 201);
    let new = json!({ "kind": "question", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    open(&manager, new).await;
    let mut narrowed = content(&admin, "question").await;
    narrowed["confidential_to"] = json!(["admin", "supervisor"]);
    narrowed["steps"][0]["level"] = json!("village");
    let refused = put("question", &narrowed, "\"v1\"").await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/confidential_to")), "{}", refused.body);
    // As an earlier server stored it.
    server.database.execute(
        "UPDATE case_kinds SET content = \
         replace(content, '\"confidential_to\":[]', '\"confidential_to\":[\"manager\"]')",
    );
    let stale = put("question", &narrowed, "\"v9\"").await;
    assert_eq!((stale.status, stale.body.get("current")), (404, None), "{}", stale.body);
    let twice = admin.post("/v1/case-kinds", &kind(json!({}))).await;
    assert_eq!((twice.status, twice.body.get("current")), (409, None), "{}", twice.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_task_of_a_confidential_case_does_not_lead_to_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let inner = kind(json!({ "code": "inner", "confidential_to": ["admin"], "steps": [
        {"code": "a", "name": "受理", "name_en": "A", "level": "district",
         "moves": [{"code": "go", "name": "办理", "name_en": "Go", "to": "b"}]},
        {"code": "b", "name": "走访", "name_en": "B", "level": "district", "task": "home_visit",
         "moves": [{"code": "end", "name": "办结", "name_en": "End", "to": "z"}]},
        {"code": "z", "name": "已办结", "name_en": "Z", "level": "district", "result": "done"}
    ] }));
    assert_eq!(admin.post("/v1/case-kinds", &inner).await.status, 201);
    let new = json!({ "kind": "inner", "beneficiary_id": BENEFICIARY, "source": "phone" });
    let case = open(&admin, new).await;
    let moved = go(&admin, &case, json!({ "move": "go" })).await;
    let task = moved.body["task_id"].as_str().expect("a task").to_owned();
    let volunteer = server.volunteer().await;
    let shown = volunteer.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!((&shown["beneficiary_id"], shown.get("origin")), (&json!(BENEFICIARY), None));
    let log = admin.get("/v1/events?limit=200&subject=case").await.body;
    let about = |event: &&Value| event["subject_id"] == case["id"];
    let events: Vec<&Value> =
        log["items"].as_array().expect("events").iter().filter(about).collect();
    assert_eq!(events.len(), 2, "opened and moved: {log}");
    for event in events {
        assert_eq!((&event["area"], &event["body"]), (&json!("500116"), &json!({})), "{event}");
    }
}
