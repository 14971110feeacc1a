//! Proposals: another day for a task in hand and what a beneficiary needs, for a manager's decision.

use chrono::Days;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::case::{VILLAGE, server as with_village};
use crate::support::days::day;
use crate::support::documents::change;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

/// A task of the beneficiary that the volunteer has claimed.
async fn claimed(server: &Server) -> String {
    let task = server.manager().await.make_task(BENEFICIARY).await;
    let claimed = server.volunteer().await.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    task
}

async fn propose(caller: &Caller, task: &str, body: Value) -> Answer {
    caller.post(&format!("/v1/tasks/{task}/proposals"), &body).await
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").to_owned()
}

async fn decide(caller: &Caller, id: &str, answer: &str, body: Value) -> Answer {
    caller.post(&format!("/v1/proposals/{id}/{answer}"), &body).await
}

async fn listed(caller: &Caller, query: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/proposals{query}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().expect("items").clone()
}

/// The state of the proposal, as its author sees it.
async fn state(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/proposals/{id}")).await.body["state"].clone()
}

/// The kinds and titles of the caller's notices.
async fn notices(caller: &Caller, language: &str) -> Vec<(Value, Value)> {
    let request = caller.request(Method::GET, "/v1/me").header("Accept-Language", language);
    let me = caller.send(request).await;
    let all = me.body["notices"].as_array().cloned().unwrap_or_default();
    all.into_iter().map(|one| (one["kind"].clone(), one["title"].clone())).collect()
}

fn need(beneficiary: &str, more: Value) -> Value {
    let mut need = json!({ "beneficiary_id": beneficiary, "need": "housing" });
    for (name, value) in more.as_object().expect("an object") {
        need[name] = value.clone();
    }
    need
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_accepts_another_day_and_the_task_moves(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let wish = json!({ "day": day(5), "start": 570, "note": "那天要带孩子看病" });
    let made = propose(&volunteer, &task, wish).await;
    let proposal = id(&made);
    assert_eq!((&made.body["state"], &made.body["version"]), (&json!("open"), &json!(1)));
    assert_eq!(made.body.get("note"), None, "a stored answer has no personal text");
    assert_eq!(made.headers["Location"], format!("/v1/proposals/{proposal}"));
    assert_eq!(decide(&volunteer, &proposal, "accept", json!({})).await.status, 403);
    let second = server.second_volunteer().await;
    assert_eq!(decide(&second, &proposal, "accept", json!({})).await.status, 403);
    let far = server.far_manager().await;
    assert_eq!(decide(&far, &proposal, "accept", json!({})).await.status, 404);

    let open = listed(&manager, "?state=open").await;
    assert_eq!(open.len(), 1, "{open:?}");
    let one = &open[0];
    assert_eq!((&one["subject"], &one["grid"]), (&json!("day"), &json!(GRID)));
    assert_eq!((&one["task_id"], &one["proposed_by_name"]), (&json!(task), &json!("王志愿")));
    assert_eq!((&one["day"], &one["start"]), (&json!(day(5)), &json!(570)));
    assert_eq!(one["note"], "那天要带孩子看病");

    let accepted = manager.act(&format!("/v1/proposals/{proposal}/accept")).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (200, &json!("accepted")));
    let moved = volunteer.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!((&moved["not_before"], &moved["due_on"]), (&json!(day(5)), &json!(day(5))));
    assert_eq!(moved["window"], json!({ "start": 570, "end": 600 }), "the visit takes 30 minutes");
    assert_eq!(moved["assignee_id"], person_id(21));
    let again = decide(&manager, &proposal, "accept", json!({})).await;
    assert_eq!((again.status, again.problem()), (409, "proposal_decided"));
    assert_eq!(again.body["current"]["decided_by"], person_id(11));

    let day = day(5).format("%-m月%-d日").to_string();
    let title = json!(format!("您的建议已同意：改到{day} 09:30走访"));
    assert_eq!(notices(&volunteer, "zh-CN").await, [(json!("proposal_accepted"), title)]);
    assert_eq!(notices(&manager, "zh-CN").await, []);
    let pulled = volunteer.get("/v1/sync").await;
    assert!(pulled.body.to_string().contains("proposal_accepted"), "{}", pulled.body);
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    let steps = history.body["items"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["action"] == "task.reschedule").expect("a step");
    assert_eq!((&step["because"], &step["actor_id"]), (&json!("proposal"), &json!(person_id(11))));
    let supervisor = server.supervisor().await;
    let event = &supervisor.events("task.reschedule").await[0];
    assert_eq!(event["body"]["proposal"], json!(proposal));
    let log = supervisor.get("/v1/events?limit=200").await.body.to_string();
    assert!(log.contains("proposal.accept") && !log.contains("看病"), "{log}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_leaves_the_task_and_a_later_proposal_replaces_the_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let before = manager.get(&format!("/v1/tasks/{task}")).await.body;
    let first = id(&propose(&volunteer, &task, json!({ "day": day(3) })).await);
    let second = id(&propose(&volunteer, &task, json!({ "day": day(4), "note": " " })).await);
    assert_eq!(state(&volunteer, &first).await, "replaced");
    let replaced = decide(&manager, &first, "accept", json!({})).await;
    assert_eq!((replaced.status, replaced.problem()), (409, "proposal_decided"));
    let open = listed(&manager, "?state=open&subject=day").await;
    assert_eq!((open.len(), &open[0]["id"]), (1, &json!(second)));
    let blank = decide(&manager, &second, "refuse", json!({ "reason": " " })).await;
    assert_eq!(blank.status, 422, "{}", blank.body);
    let refused = decide(&manager, &second, "refuse", json!({ "reason": "那天有体检" })).await;
    assert_eq!((refused.status, &refused.body["state"]), (200, &json!("refused")));
    assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body, before);
    let own = volunteer.get(&format!("/v1/proposals/{second}")).await;
    assert_eq!(own.body["reason"], "那天有体检", "{}", own.body);
    let date = day(4).format("%-d %B").to_string();
    let title = json!(format!("Your proposal was not accepted: visit on {date}"));
    assert_eq!(notices(&volunteer, "en").await, [(json!("proposal_refused"), title)]);
    let log = server.supervisor().await.get("/v1/events?limit=200").await.body.to_string();
    assert!(!log.contains("体检"), "{log}");
    // The holder may propose again, and pages follow each other.
    let third = id(&propose(&volunteer, &task, json!({ "day": day(6) })).await);
    let page = volunteer.get("/v1/proposals?limit=2").await;
    assert_eq!(page.body["items"][0]["id"], json!(third), "{}", page.body);
    let next = page.body["next_cursor"].as_str().expect("a cursor");
    let last = listed(&volunteer, &format!("?limit=2&cursor={next}")).await;
    assert_eq!((last.len(), &last[0]["id"]), (1, &json!(first)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_lapses_with_the_hold_of_its_author(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    for change in ["reassign", "start", "yesterday"] {
        let task = claimed(&server).await;
        let proposal = id(&propose(&volunteer, &task, json!({ "day": day(2) })).await);
        let path = format!("/v1/tasks/{task}");
        let changed = match change {
            "reassign" => {
                let to = json!({ "person_id": person_id(22), "force": true });
                manager.post(&format!("{path}/reassign"), &to).await
            }
            "start" => volunteer.act(&format!("{path}/start")).await,
            _ => {
                server.database.execute("UPDATE proposals SET day = '2026-01-01'");
                manager.get(&path).await
            }
        };
        assert_eq!(changed.status, 200, "{}", changed.body);
        for (answer, body) in [("accept", json!({})), ("refuse", json!({ "reason": "x" }))] {
            let late = decide(&manager, &proposal, answer, body).await;
            assert_eq!((late.status, late.problem()), (409, "proposal_lapsed"), "{change}");
            assert_eq!(late.body["current"]["state"], "lapsed");
        }
        assert_eq!(state(&volunteer, &proposal).await, "lapsed");
        assert_eq!(listed(&manager, "?state=open").await, Vec::<Value>::new(), "{change}");
    }
    assert_eq!(listed(&manager, "?state=lapsed").await.len(), 3);
    assert_eq!(notices(&volunteer, "en").await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_day_is_proposed_by_the_holder_before_the_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let task = claimed(&server).await;
    let wish = json!({ "day": day(2) });
    for (caller, status, code) in [
        (server.second_volunteer().await, 409, "not_assignee"),
        (server.manager().await, 409, "not_assignee"),
        (server.supervisor().await, 403, "forbidden"),
        (server.auditor().await, 403, "forbidden"),
        (server.far_manager().await, 404, "not_found"),
    ] {
        let refused = propose(&caller, &task, wish.clone()).await;
        assert_eq!((refused.status, refused.problem()), (status, code), "{}", refused.body);
    }
    let volunteer = server.volunteer().await;
    let unknown = propose(&volunteer, &Uuid::now_v7().to_string(), wish.clone()).await;
    assert_eq!(unknown.status, 404);
    let yesterday = day(0) - Days::new(1);
    for (body, pointer) in [
        (json!({ "day": yesterday }), "/day"),
        (json!({ "day": "2026-13-01" }), "/day"),
        (json!({ "day": "9999-01-01" }), "/day"),
        (json!({}), "/day"),
        (json!({ "day": day(2), "start": 1430 }), "/start"),
        (json!({ "day": day(2), "start": 1441 }), "/start"),
        (json!({ "day": day(2), "start": -1 }), "/start"),
        (json!({ "day": day(2), "note": "字".repeat(2001) }), "/note"),
        (json!({ "day": day(2), "days": 1 }), "/days"),
    ] {
        let refused = propose(&volunteer, &task, body.clone()).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    assert_eq!(server.database.count("proposals"), 0);
    // Today is a day like another; a visit that has begun is not moved.
    id(&propose(&volunteer, &task, json!({ "day": day(0) })).await);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/start")).await.status, 200);
    let late = propose(&volunteer, &task, wish).await;
    assert_eq!((late.status, late.problem()), (409, "task_phase"));
}

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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_and_answers_in_an_outbox_take_effect_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let given = |word: &str, more: Value| {
        let mut command = command(word, "", json!({}));
        command.as_object_mut().expect("an object").remove("task_id");
        for (name, value) in more.as_object().expect("an object") {
            command[name] = value.clone();
        }
        command
    };
    let wish = command("task.propose_day", &task, json!({ "day": day(4) }));
    let raise = given("need.raise", json!({ "payload": need(BENEFICIARY, json!({})) }));
    let past = command("task.propose_day", &task, json!({ "day": "2026-01-01" }));
    let bare = given("task.propose_day", json!({ "payload": { "day": day(4) } }));
    let outbox = json!([wish, raise, past, bare]);
    let mut phone = Phone::default();
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        for result in &results[..2] {
            assert_eq!(
                [&result["outcome"], &result["replayed"], &result["version"]],
                [&json!("applied"), &json!(replayed), &json!(1)],
                "{results:?}"
            );
        }
        for (result, pointer) in results[2..].iter().zip(["/payload/day", "/task_id"]) {
            assert_eq!(result["outcome"], "rejected", "{results:?}");
            assert_eq!(result["problem"]["errors"][0]["pointer"], pointer, "{results:?}");
        }
    }
    assert_eq!(server.database.count("proposals"), 2);
    let proposal = wish["id"].as_str().expect("an id");
    assert_eq!(state(&volunteer, proposal).await, "open", "it has the id of its command");

    let about = |id: &Value, payload: Value| json!({ "proposal_id": id, "payload": payload });
    let accept = given("proposal.accept", about(&wish["id"], json!({})));
    let why = json!({ "reason": "已经办理" });
    let refuse = given("proposal.refuse", about(&raise["id"], why.clone()));
    let none = given("proposal.refuse", json!({ "payload": why }));
    let answers = json!([accept, refuse, none]);
    let mut desk = Phone::default();
    for replayed in [false, true] {
        let results = desk.sync(&manager, answers.clone()).await;
        for result in &results[..2] {
            assert_eq!(
                [&result["outcome"], &result["replayed"], &result["version"]],
                [&json!("applied"), &json!(replayed), &json!(2)],
                "{results:?}"
            );
        }
        assert_eq!(results[2]["problem"]["errors"][0]["pointer"], "/proposal_id");
    }
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.tasks()[0]["due_on"], json!(day(4)), "the phone has the new day");
    assert_eq!(state(&volunteer, raise["id"].as_str().expect("an id")).await, "refused");
    phone.is_as_fresh(&volunteer).await;
    // The call with the id of the command is the same command.
    let path = format!("/v1/tasks/{task}/proposals");
    let call = volunteer.request(Method::POST, &path).json(&json!({ "day": day(4) }));
    let call = volunteer.send(call.header("Idempotency-Key", proposal)).await;
    assert_eq!((call.status, &call.body["id"]), (201, &json!(proposal)), "{}", call.body);
    assert_eq!(call.headers["Idempotency-Replayed"], "true");
}
