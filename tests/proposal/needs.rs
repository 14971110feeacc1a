//! Needs that are raised and become tasks or cases.

use chrono::Days;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{decide, id, listed, need, notices, state};
use crate::case::{VILLAGE, server as with_village};
use crate::support::days::day;
use crate::support::documents::change;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::{Backend, GRID, OTHER_GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_makes_a_task_of_a_need_and_its_author_learns_the_result(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let new = need(BENEFICIARY, json!({ "note": "厨房屋顶漏雨" }));
    let made = volunteer.post("/v1/proposals", &new).await;
    let proposal = id(&made);
    assert_eq!((made.body.get("need"), made.body.get("note")), (None, None), "sealed");
    let open = listed(&manager, &format!("?state=open&area={GRID}&subject=need")).await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((&open[0]["need"], &open[0]["note"]), (&json!("housing"), &json!("厨房屋顶漏雨")));
    assert_eq!(open[0]["beneficiary_id"], BENEFICIARY);
    let accepted = decide(&manager, &proposal, "accept", json!({})).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (200, &json!("accepted")));
    let task = accepted.body["created_task_id"].as_str().expect("a task").to_owned();
    let created = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(created["kind"], "hardship_follow_up", "the catalogue names it: {created}");
    assert_eq!(created["instructions"], "厨房屋顶漏雨", "the visitor knows what it is about");
    let origin = json!({ "type": "proposal", "id": proposal, "person_id": person_id(21) });
    assert_eq!(created["origin"], origin);
    let title = json!("您的建议已同意：住房");
    assert_eq!(notices(&volunteer, "zh-CN").await, [(json!("proposal_accepted"), title)]);
    assert_eq!(listed(&manager, "?state=open").await.len(), 0);

    // When the task is done, its author learns that too.
    let second = server.second_volunteer().await;
    assert_eq!(second.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let done = json!({ "outcome": "done", "answers": { "still_needed": false } });
    let reported = second.post(&format!("/v1/tasks/{task}/report"), &done).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let kinds: Vec<_> = notices(&volunteer, "en").await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [json!("follow_up_done"), json!("proposal_accepted")]);
    let log = server.supervisor().await.get("/v1/events?limit=200").await.body.to_string();
    assert!(
        log.contains("need.raise") && !log.contains("漏雨") && !log.contains("housing"),
        "{log}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manager_chooses_the_kind_and_a_refusal_has_a_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let new = need(BENEFICIARY, json!({ "need": "legal", "due_on": day(9), "kind": "phone_call" }));
    let raised = id(&volunteer.post("/v1/proposals", &new).await);
    let twice = volunteer.post("/v1/proposals", &new).await;
    assert_eq!((twice.status, twice.problem()), (409, "proposal_pending"));
    assert_eq!(twice.body["current"]["id"], json!(raised));
    for (body, pointer) in [
        (json!({ "kind": "no_kind" }), "/kind"),
        (json!({ "due_on": "2026-01-01" }), "/due_on"),
        (json!({ "instructions": "" }), "/instructions"),
        (json!({ "day": day(1) }), "/day"),
    ] {
        let refused = decide(&manager, &raised, "accept", body.clone()).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    let chosen = json!({ "kind": "home_visit", "due_on": day(4), "instructions": "带政策手册" });
    let accepted = decide(&manager, &raised, "accept", chosen).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let task = accepted.body["created_task_id"].as_str().expect("a task");
    let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(
        [&task["kind"], &task["due_on"], &task["instructions"]],
        [&json!("home_visit"), &json!(day(4)), &json!("带政策手册")]
    );
    // A need of the district that no kind has a rule for, and for which the proposal names none.
    let haircut = json!({
        "code": "haircut", "label_zh": "理发", "label_en": "A haircut", "active": true
    });
    let words = json!({ "vocabularies": [{ "name": "needs", "words": [haircut] }] });
    let added = server.admin().await.post("/v1/services", &words).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let haircut = need(BENEFICIARY, json!({ "need": "haircut" }));
    let other = id(&volunteer.post("/v1/proposals", &haircut).await);
    let which = decide(&manager, &other, "accept", json!({})).await;
    assert_eq!((which.status, &which.body["errors"][0]["pointer"]), (422, &json!("/kind")));
    let refused = decide(&manager, &other, "refuse", json!({ "reason": "已经办理" })).await;
    assert_eq!((refused.status, &refused.body["state"]), (200, &json!("refused")));
    assert_eq!(server.database.count("tasks"), 1);
    assert_eq!(listed(&volunteer, "?state=refused").await[0]["reason"], "已经办理");
    // A manager does not decide the own need; a superior does.
    let own = id(&manager.post("/v1/proposals", &need(BENEFICIARY, json!({}))).await);
    assert_eq!(decide(&manager, &own, "accept", json!({})).await.status, 403);
    let supervisor = server.supervisor().await;
    let accepted = decide(&supervisor, &own, "accept", json!({})).await;
    assert!(accepted.body["created_case_id"].is_string(), "a hardship: {}", accepted.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_need_with_both_rules_is_a_task_for_a_day_or_without_an_active_kind_of_case(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let admin = server.admin().await;
    let accepted = async |new: Value, acceptance: Value| {
        let raised = id(&volunteer.post("/v1/proposals", &need(BENEFICIARY, new)).await);
        let accepted = decide(&manager, &raised, "accept", acceptance).await;
        assert_eq!(accepted.status, 200, "{}", accepted.body);
        accepted.body
    };
    let due_on = async |accepted: &Value| {
        let task = accepted["created_task_id"].as_str().unwrap_or_else(|| panic!("{accepted}"));
        manager.get(&format!("/v1/tasks/{task}")).await.body["due_on"].clone()
    };
    let both = |kind: &mut Value| kind["follow_ups"]["housing"] = json!("hardship_follow_up");
    assert_eq!(change(&admin, "/v1/service-kinds/home_visit", both).await.status, 200);
    let on_a_day = json!({ "due_on": day(4) });
    assert_eq!(due_on(&accepted(json!({}), on_a_day.clone()).await).await, json!(day(4)));
    assert_eq!(due_on(&accepted(on_a_day, json!({})).await).await, json!(day(4)));
    let plain = accepted(json!({}), json!({})).await;
    assert!(plain["created_case_id"].is_string(), "{plain}");
    let archived = |kind: &mut Value| kind["active"] = json!(false);
    assert_eq!(change(&admin, "/v1/case-kinds/three_hardships", archived).await.status, 200);
    assert!(due_on(&accepted(json!({}), json!({})).await).await.is_string());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_need_opens_the_case_that_the_catalogue_names_and_its_author_learns_the_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = with_village(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let new = need(BENEFICIARY, json!({ "need": "employment", "note": "想找保安工作" }));
    let raised = id(&volunteer.post("/v1/proposals", &new).await);
    let due = decide(&manager, &raised, "accept", json!({ "due_on": day(4) })).await;
    assert_eq!(due.status, 422, "a case has no due day of a task: {}", due.body);
    let accepted = decide(&manager, &raised, "accept", json!({})).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (200, &json!("accepted")));
    assert_eq!(accepted.body.get("created_task_id"), None, "{}", accepted.body);
    let case = accepted.body["created_case_id"].as_str().expect("a case").to_owned();
    assert_eq!(state(&volunteer, &raised).await, "accepted");
    let path = format!("/v1/cases/{case}");
    let read = manager.get(&path).await.body;
    assert_eq!(
        [
            &read["kind"],
            &read["source"],
            &read["beneficiary_id"],
            &read["opened_by"],
            &read["detail"]
        ],
        [
            &json!("employment"),
            &json!("proposal"),
            &json!(BENEFICIARY),
            &json!(person_id(21)),
            &json!("想找保安工作")
        ]
    );
    // The same need of another person belongs to the open case.
    let second = server.second_volunteer().await;
    let again = id(&second.post("/v1/proposals", &new).await);
    let same = decide(&manager, &again, "accept", json!({})).await;
    assert_eq!((same.status, &same.body["created_case_id"]), (200, &json!(case)), "{}", same.body);
    // A confidential case opens too, and is not shown to the manager.
    let legal = need(BENEFICIARY, json!({ "need": "legal" }));
    let raised = id(&volunteer.post("/v1/proposals", &legal).await);
    let accepted = decide(&manager, &raised, "accept", json!({})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    assert!(accepted.body.get("created_case_id").is_none(), "{}", accepted.body);
    let supervisor = server.supervisor().await;
    let secret = supervisor.get("/v1/cases?kind=legal").await.body;
    let secret = secret["items"][0]["id"].as_str().expect("a case");
    assert_eq!(manager.get(&format!("/v1/cases/{secret}")).await.status, 404);
    // Nor once the kind is no longer confidential: the case was when it was opened.
    let admin = server.admin().await;
    let mut kind = admin.get("/v1/case-kinds/legal").await.body;
    for name in ["code", "version"] {
        kind.as_object_mut().expect("a kind").remove(name);
    }
    kind["confidential_to"] = json!([]);
    let request = admin.request(Method::PUT, "/v1/case-kinds/legal").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(request.json(&kind)).await.status, 200);
    let raised = id(&second.post("/v1/proposals", &legal).await);
    let accepted = decide(&manager, &raised, "accept", json!({})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    assert!(accepted.body.get("created_case_id").is_none(), "{}", accepted.body);
    let own = json!({ "kind": "employment", "beneficiary_id": BENEFICIARY, "source": "proposal" });
    let refused = manager.post("/v1/cases", &own).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/source")), "{}", refused.body);
    // The author learns that the matter is closed.
    let village = server.sign_in(VILLAGE).await;
    let drop = village.request(Method::POST, &format!("{path}/moves"));
    let body = json!({ "move": "withdraw", "answers": { "wish": "保安" } });
    let drop = drop.header("If-Match", "\"v1\"").json(&body);
    let closed = village.send(drop).await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    for finder in [&volunteer, &second] {
        let sent = notices(finder, "zh-CN").await;
        assert!(sent.iter().any(|(kind, _)| *kind == "case_closed"), "{sent:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_is_raised_for_beneficiaries_that_one_may_know(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let yesterday = day(0) - Days::new(1);
    for (body, pointer) in [
        (need(FAR_BENEFICIARY, json!({})), "/beneficiary_id"),
        (need(&Uuid::now_v7().to_string(), json!({})), "/beneficiary_id"),
        (need("x", json!({})), "/beneficiary_id"),
        (need(BENEFICIARY, json!({ "need": "a_yacht" })), "/need"),
        (need(BENEFICIARY, json!({ "kind": "no_kind" })), "/kind"),
        (need(BENEFICIARY, json!({ "due_on": yesterday })), "/due_on"),
        (need(BENEFICIARY, json!({ "note": "字".repeat(2001) })), "/note"),
        (need(BENEFICIARY, json!({ "grid": GRID })), "/grid"),
    ] {
        let refused = volunteer.post("/v1/proposals", &body).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    let auditor = server.auditor().await;
    let new = need(BENEFICIARY, json!({}));
    assert_eq!(auditor.post("/v1/proposals", &new).await.status, 403);
    assert_eq!(auditor.get("/v1/proposals").await.status, 403);
    let raised = id(&volunteer.post("/v1/proposals", &new).await);
    // Another volunteer neither lists nor reads it; the manager of another grid does not either.
    let (second, other) = (server.second_volunteer().await, server.other_manager().await);
    for caller in [&second, &other] {
        assert_eq!(listed(caller, "").await, Vec::<Value>::new());
        assert_eq!(caller.get(&format!("/v1/proposals/{raised}")).await.status, 404);
    }
    assert_eq!(other.get(&format!("/v1/proposals?area={GRID}")).await.status, 404);
    assert_eq!(listed(&server.supervisor().await, &format!("?area={OTHER_GRID}")).await.len(), 0);
    // A need of a beneficiary who has ended is no longer met.
    let ended = need(&beneficiary_id(2), json!({}));
    let waits = id(&volunteer.post("/v1/proposals", &ended).await);
    server.database.execute(&format!(
        "UPDATE beneficiaries SET valid_to = '2026-01-01' WHERE id = '{}'",
        beneficiary_id(2)
    ));
    let again = need(&beneficiary_id(2), json!({ "need": "medical" }));
    let late = volunteer.post("/v1/proposals", &again).await;
    assert_eq!((late.status, late.problem()), (409, "beneficiary_ended"), "{}", late.body);
    let late = decide(&server.manager().await, &waits, "accept", json!({})).await;
    assert_eq!((late.status, late.problem()), (409, "beneficiary_ended"), "{}", late.body);
}
