//! Stored answers and authority: a repeated call gets its stored answer only while its sender may
//! still make the call, and answers that open sealed data are never stored.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::campaign::{approve, launch, launched as launched_by_now};
use crate::contract::document;
use crate::goods::{put_item, receive, rice};
use crate::report::register::visited;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id, with_check_digit};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server, phones};

/// A call with an `Idempotency-Key`.
struct Keyed {
    operation: &'static str,
    caller: Caller,
    path: String,
    body: Value,
    version: Option<&'static str>,
}

impl Keyed {
    async fn send(&self, key: &str) -> Answer {
        let request = self.caller.request(Method::POST, &self.path).header("Idempotency-Key", key);
        let request = match self.version {
            Some(version) => request.header("If-Match", version),
            None => request,
        };
        let request = if self.body.is_null() { request } else { request.json(&self.body) };
        self.caller.send(request).await
    }
}

/// Status and problem code of an answer.
fn verdict(answer: &Answer) -> (u16, Option<String>) {
    (answer.status, answer.body["code"].as_str().map(ToOwned::to_owned))
}

/// The operations of the contract whose answers are stored.
fn stored_operations() -> BTreeSet<String> {
    let document = document();
    let items = document["paths"].as_object().expect("paths").values();
    let posts = items.filter_map(|item| item.get("post"));
    let stored = posts.filter(|post| {
        let headers = post["responses"].as_object().expect("responses").values();
        headers.into_iter().any(|answer| answer["headers"]["Idempotency-Replayed"].is_object())
    });
    stored.map(|post| post["operationId"].as_str().expect("an id").to_owned()).collect()
}

/// The operation of a verb.
fn operation_of(verb: &str) -> &'static str {
    match verb {
        "claim" => "claim_task",
        "accept" => "accept_task",
        "decline" => "decline_task",
        "release" => "release_task",
        "start" => "start_task",
        "report" => "report_task",
        "reassign" => "reassign_task",
        "unassign" => "unassign_task",
        "reschedule" => "reschedule_task",
        "escalate" => "escalate_task",
        "cancel" => "cancel_task",
        _ => "reopen_task",
    }
}

/// One call of each command of a task, ready to be made by the manager or the supervisor.
async fn calls_about_tasks(manager: &Caller, supervisor: &Caller) -> Vec<Keyed> {
    let given = async || {
        let task = manager.make_task(BENEFICIARY).await;
        let to = json!({ "person_id": person_id(11) });
        let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        task
    };
    let cancelled = manager.make_task(BENEFICIARY).await;
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{cancelled}/cancel"));
    let cancel = cancel.header("If-Match", "\"v1\"").json(&json!({ "reason": "x" }));
    assert_eq!(manager.send(cancel).await.status, 200);
    let why = json!({ "reason": "那天在外地" });
    let report = json!({ "outcome": "done" });
    let to = json!({ "person_id": person_id(21) });
    let days = json!({ "due_on": "2027-01-04", "not_before": "2027-01-04" });
    let open = async || manager.make_task(BENEFICIARY).await;
    let tasks = [
        ("claim", open().await, Value::Null, None),
        ("accept", given().await, Value::Null, None),
        ("decline", given().await, why.clone(), None),
        ("release", given().await, Value::Null, None),
        ("start", given().await, Value::Null, None),
        ("report", given().await, report, None),
        ("reassign", open().await, to, None),
        ("unassign", given().await, why.clone(), None),
        ("reschedule", open().await, days, Some("\"v1\"")),
        ("escalate", open().await, why.clone(), None),
        ("cancel", open().await, why.clone(), Some("\"v1\"")),
        ("reopen", cancelled, why, None),
    ];
    let calls = tasks.into_iter().map(|(verb, task, body, version)| Keyed {
        operation: operation_of(verb),
        caller: if verb == "reopen" { supervisor.clone() } else { manager.clone() },
        path: format!("/v1/tasks/{task}/{verb}"),
        body,
        version,
    });
    calls.collect()
}

/// One call of each operation, ready to be made by the manager, the district's supervisor or the
/// admin.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
async fn calls(manager: &Caller, supervisor: &Caller, admin: &Caller) -> Vec<Keyed> {
    let of_task = calls_about_tasks(manager, supervisor).await;
    let first = chrono::Utc::now().date_naive() + chrono::Days::new(1);
    let until = first + chrono::Days::new(7);
    let notice = json!({ "area": GRID, "title": "x", "text": "y", "until": until });
    let order = json!({ "area": GRID, "first_day": first, "last_day": until });
    // The plan has a task that no other call changes.
    manager.make_task(BENEFICIARY).await;
    let draft = manager.order_plan(&order).await;
    let plan = format!("/v1/plans/{}", draft.body["id"].as_str().expect("an id"));
    let [apply, undo_plan] = ["apply", "undo"].map(|command| format!("{plan}/{command}"));
    let open = async || manager.make_task(BENEFICIARY).await;
    let escalation = |task: String| {
        json!({ "commands": [{
            "type": "task.escalate", "payload": { "reason": "x" }, "tasks": [{ "id": task }]
        }] })
    };
    let bulk = supervisor.post("/v1/tasks/bulk", &escalation(open().await)).await;
    let undo = format!("/v1/tasks/bulk/{}/undo", bulk.body["id"].as_str().expect("an id"));
    let kind = json!({
        "code": "hospital_visit", "name": "住院探望", "name_en": "Visit in hospital", "minutes": 40,
        "priority": 7, "skills": [], "due_days": 3, "attempts": 2, "retry_days": 2,
        "overdue": "escalate", "escalate_days": 3, "follow_ups": {}, "active": true
    });
    let rename = json!({ "rename": { "area": "500116001", "name": "几江街道" } });
    let changes = json!({ "preview": false, "changes": [rename] });
    let allowances = format!("/v1/people/{}/reveal-allowances", person_id(22));
    let absence = json!({ "first_day": first, "last_day": until, "reason": "leave" });
    let absences = format!("/v1/people/{}/absences", person_id(22));
    let departure = format!("/v1/people/{}/departure", person_id(23));
    let relocation = format!("/v1/people/{}/move", person_id(22));
    let person = json!({
        "name": "周新", "phone": "13900000001", "role": "volunteer", "area": GRID,
        "gender": "female", "birth_year": 1990, "home": { "lat": 29.285, "lon": 106.255 }
    });
    let people = json!({ "entries": [{ "create": person }] });
    let mut other = person;
    other["phone"] = json!("13900000002");
    let visit = home_visit(BENEFICIARY, json!({}));
    let report = visited(manager, manager, visit, json!({ "outcome": "done" })).await;
    let amendments = format!("/v1/reports/{report}/amendments");
    let duty = json!({ "content": {
        "name": "x", "name_en": "x", "filter": { "lives_alone": true }, "kind": "home_visit",
        "cadence": { "type": "every_days", "days": 30 }, "lead_days": 7, "starts_on": first,
        "active": false
    } });
    let others = [
        ("amend_report", manager, amendments.as_str(), json!({ "outcome": "done", "note": "x" })),
        ("add_my_absence", manager, "/v1/me/absences", absence.clone()),
        ("add_absence", manager, absences.as_str(), absence),
        (
            "end_work_of_person",
            supervisor,
            departure.as_str(),
            json!({ "preview": false, "reason": "moved" }),
        ),
        (
            "end_work_of_people",
            supervisor,
            "/v1/people/departures",
            json!({ "entries": [
                { "person_id": person_id(24), "base_version": 1, "reason": "moved" },
            ] }),
        ),
        ("move_person", supervisor, relocation.as_str(), json!({ "preview": false, "area": GRID })),
        ("create_person", manager, "/v1/people", other),
        ("save_people", manager, "/v1/people/bulk", people),
        ("create_task", manager, "/v1/tasks", home_visit(BENEFICIARY, json!({}))),
        ("direct_tasks", supervisor, "/v1/tasks/bulk", escalation(open().await)),
        ("undo_task_bulk", supervisor, undo.as_str(), Value::Null),
        ("post_notice", manager, "/v1/notices", notice),
        ("create_campaign", supervisor, "/v1/campaigns", campaign_content()),
        (
            "create_audience",
            supervisor,
            "/v1/audiences",
            json!({ "name": "x", "filter": { "all": [] } }),
        ),
        ("create_regime", supervisor, "/v1/regimes", duty),
        ("create_plan", manager, "/v1/plans", order),
        ("apply_plan", manager, apply.as_str(), json!({})),
        ("undo_plan", manager, undo_plan.as_str(), Value::Null),
        ("create_service_kind", admin, "/v1/service-kinds", kind),
        ("create_case_kind", admin, "/v1/case-kinds", question()),
        (
            "install_service",
            admin,
            "/v1/services",
            json!({ "vocabularies": [{ "name": "needs", "words": [
                { "code": "haircut", "label_zh": "理发", "label_en": "A haircut" }
            ] }] }),
        ),
        ("change_areas", admin, "/v1/area-changes", changes),
        ("allow_reveals", manager, allowances.as_str(), json!({ "reveals": 1, "reason": "x" })),
    ];
    let campaigns = calls_about_campaigns(supervisor, admin).await;
    let goods = calls_about_goods(manager, supervisor, admin).await;
    let others = others.into_iter().map(|(operation, caller, path, body)| Keyed {
        operation,
        caller: caller.clone(),
        path: path.to_owned(),
        body,
        version: (operation == "end_work_of_person").then_some("\"v1\""),
    });
    let about_beneficiaries = calls_about_beneficiaries(manager, supervisor).await;
    let secondments = calls_about_secondments(manager, supervisor).await;
    of_task
        .into_iter()
        .chain(others)
        .chain(campaigns)
        .chain(goods)
        .chain(secondments)
        .chain(about_beneficiaries)
        .collect()
}

/// One call of each operation for secondments.
async fn calls_about_secondments(manager: &Caller, supervisor: &Caller) -> Vec<Keyed> {
    let help = |day: &str| {
        json!({
            "person_id": person_id(22), "area": "500116002", "first_day": day, "last_day": day
        })
    };
    let requested = async |day: &str| {
        let made = supervisor.post("/v1/secondments", &help(day)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        format!("/v1/secondments/{}", made.body["id"].as_str().expect("an id"))
    };
    let [agreed, declined, withdrawn] = [
        requested("2090-01-02").await,
        requested("2090-01-03").await,
        requested("2090-01-04").await,
    ];
    let calls = [
        ("request_secondment", supervisor, "/v1/secondments".to_owned(), help("2090-01-01")),
        ("agree_to_secondment", manager, format!("{agreed}/agree"), Value::Null),
        ("decline_secondment", manager, format!("{declined}/decline"), Value::Null),
        ("withdraw_secondment", supervisor, format!("{withdrawn}/withdraw"), Value::Null),
    ];
    let keyed = calls.into_iter().map(|(operation, caller, path, body)| Keyed {
        operation,
        caller: caller.clone(),
        path,
        body,
        version: None,
    });
    keyed.collect()
}

/// The content of a campaign.
fn campaign_content() -> Value {
    json!({
        "name": "x", "name_en": "x", "occasion": "x", "year": 2027, "filter": { "all": [] },
        "kind": "home_visit", "first_day": "2027-01-18", "last_day": "2027-02-05",
    })
}

/// The calls that decide about a campaign, in the order in which they are made.
async fn calls_about_campaigns(supervisor: &Caller, admin: &Caller) -> Vec<Keyed> {
    let draft = async || {
        let written = admin.post("/v1/campaigns", &campaign_content()).await;
        assert_eq!(written.status, 201, "{}", written.body);
        format!("/v1/campaigns/{}", written.body["id"].as_str().expect("an id"))
    };
    let template = json!({ "campaigns": [{
        "code": "visits", "name": "x", "name_en": "x", "occasion": "army_day", "filter": { "all": [] },
        "starts_before": 20, "ends_before": 1, "kind": "home_visit"
    }] });
    assert_eq!(admin.post("/v1/services", &template).await.status, 200);
    let (launched, closed, reminded, planned) =
        (draft().await, draft().await, draft().await, draft().await);
    assert_eq!(approve(supervisor, &reminded).await.status, 200);
    assert_eq!(launch(supervisor, &reminded, true).await.status, 200);
    launched_by_now(supervisor, &reminded).await;
    let calls = [
        (
            "create_campaign_of_template",
            "/v1/campaign-templates/visits/campaigns".to_owned(),
            json!({ "year": 2090 }),
            None,
        ),
        (
            "approve_campaign",
            format!("{launched}/approve?confirm=true"),
            Value::Null,
            Some("\"v1\""),
        ),
        ("launch_campaign", format!("{launched}/launch"), json!({ "confirm": true }), None),
        ("close_campaign", format!("{closed}/close"), Value::Null, None),
        ("remind_campaign", format!("{reminded}/reminders"), Value::Null, None),
        ("plan_campaign", format!("{planned}/dry-plans"), Value::Null, None),
    ];
    let keyed = calls.into_iter().map(|(operation, path, body, version)| Keyed {
        operation,
        caller: supervisor.clone(),
        path,
        body,
        version,
    });
    keyed.collect()
}

/// The calls that move goods.
async fn calls_about_goods(manager: &Caller, supervisor: &Caller, admin: &Caller) -> Vec<Keyed> {
    put_item(admin, "rice", &json!({})).await;
    receive(supervisor, "rice", &GRID[..12], 9).await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    let back = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    let received =
        json!({ "action": "received", "item": "rice", "area": &GRID[..12], "quantity": 1 });
    let other = rice(BENEFICIARY, &json!({ "occasion": "army_day_2027" }));
    let calls = [
        ("enter_goods_movement", supervisor, "/v1/goods/movements".to_owned(), received),
        ("hand_out", manager, "/v1/handouts".to_owned(), other),
        ("return_handout", manager, back, json!({ "reason": "absent" })),
    ];
    let keyed = calls.into_iter().map(|(operation, caller, path, body)| Keyed {
        operation,
        caller: caller.clone(),
        path,
        body,
        version: None,
    });
    keyed.collect()
}

/// A kind of case.
fn question() -> Value {
    json!({
        "code": "question", "name": "咨询", "name_en": "Question", "active": true,
        "steps": [{ "code": "asked", "name": "受理", "name_en": "Asked", "level": "grid",
                    "result": "done" }]
    })
}

/// The paths of the acceptance of a proposal of the manager and of the refusal of another.
async fn answers_to_proposals(manager: &Caller) -> [String; 2] {
    let mut paths = Vec::new();
    for (need, answer) in [("housing", "accept"), ("living", "refuse")] {
        let new = json!({ "beneficiary_id": BENEFICIARY, "need": need });
        let raised = manager.post("/v1/proposals", &new).await;
        assert_eq!(raised.status, 201, "{}", raised.body);
        let id = raised.body["id"].as_str().expect("an id");
        paths.push(format!("/v1/proposals/{id}/{answer}"));
    }
    paths.try_into().expect("two paths")
}

/// The calls that keep the entries of beneficiaries, in the order in which they are made.
async fn calls_about_beneficiaries(manager: &Caller, supervisor: &Caller) -> Vec<Keyed> {
    let why = json!({ "reason": "登记有误" });
    let new = json!({
        "grid": GRID, "name": "周新", "phone": "13900000003", "address": "南门社区9号",
        "id_number": with_check_digit("99999919470101001"), "categories": ["combat_veteran"],
        "place": { "lat": 29.284, "lon": 106.251 }, "lives_alone": true, "mobility": "full",
        "contact": "visit", "plaque": "hung"
    });
    let home = json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.263 }
    });
    let end = json!({ "because": "moved_away", "day": "2026-11-01", "reason": "户籍迁出" });
    let correction = async |note: &str| {
        let path = format!("/v1/beneficiaries/{BENEFICIARY}/corrections");
        let proposed = manager.post(&path, &json!({ "note": note })).await;
        assert_eq!(proposed.status, 201, "{}", proposed.body);
        proposed.body["id"].as_str().expect("an id").to_owned()
    };
    let approval = format!("/v1/corrections/{}/approve", correction("一").await);
    let rejection = format!("/v1/corrections/{}/reject", correction("二").await);
    let of = |n, verb: &str| format!("/v1/beneficiaries/{}/{verb}", beneficiary_id(n));
    let [acceptance, refusal] = answers_to_proposals(manager).await;
    let held = manager.make_task(BENEFICIARY).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    let other_day = format!("/v1/tasks/{held}/proposals");
    let need = json!({ "beneficiary_id": BENEFICIARY, "need": "other" });
    let case = json!({
        "kind": "three_hardships", "class": "living", "beneficiary_id": BENEFICIARY,
        "source": "phone"
    });
    let opened = manager.post("/v1/cases", &case).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let moves = format!("/v1/cases/{}/moves", opened.body["id"].as_str().expect("an id"));
    let other_entry = json!({ "other_id": beneficiary_id(4) });
    let beneficiaries = [
        ("create_beneficiary", manager, "/v1/beneficiaries".to_owned(), new, None),
        ("correct_beneficiary", manager, of(1, "corrections"), json!({ "note": "三" }), None),
        ("approve_correction", supervisor, approval, Value::Null, Some("\"v1\"")),
        ("reject_correction", supervisor, rejection, why.clone(), Some("\"v1\"")),
        ("propose_day", manager, other_day, json!({ "day": "2027-01-04" }), None),
        ("raise_need", manager, "/v1/proposals".to_owned(), need, None),
        ("open_case", manager, "/v1/cases".to_owned(), case, None),
        ("move_case", manager, moves, json!({ "move": "check" }), Some("\"v1\"")),
        ("accept_proposal", supervisor, acceptance, json!({}), None),
        ("refuse_proposal", supervisor, refusal, why.clone(), None),
        ("move_beneficiary", supervisor, of(2, "move"), home, Some("\"v1\"")),
        ("end_beneficiary", supervisor, of(4, "end"), end, Some("\"v1\"")),
        ("reinstate_beneficiary", supervisor, of(4, "reinstate"), why.clone(), Some("\"v2\"")),
        ("merge_beneficiaries", supervisor, of(2, "merge"), other_entry.clone(), Some("\"v2\"")),
        ("undo_merge", supervisor, of(2, "merge/undo"), other_entry, Some("\"v3\"")),
        (
            "record_death",
            supervisor,
            of(3, "deceased"),
            json!({ "day": "2026-11-01" }),
            Some("\"v1\""),
        ),
    ];
    let keyed = beneficiaries.into_iter().map(|(operation, caller, path, body, version)| Keyed {
        operation,
        caller: caller.clone(),
        path,
        body,
        version,
    });
    keyed.collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_call_is_judged_like_a_new_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("role = 'auditor'", "MOVED")] change: &str,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let admin = server.sign_in(phones::ADMIN).await;
    let calls = calls(&manager, &supervisor, &admin).await;
    let covered: BTreeSet<_> = calls.iter().map(|call| call.operation.to_owned()).collect();
    assert_eq!(covered, stored_operations(), "a keyed operation without a call in this test");
    for call in &calls {
        for replayed in ["false", "true"] {
            let answer = call.send(call.operation).await;
            assert!(answer.status < 300, "{}: {}", call.operation, answer.body);
            assert_eq!(answer.headers["Idempotency-Replayed"], replayed, "{}", call.operation);
        }
    }
    let (manager_now, supervisor_now) = match change {
        "MOVED" => (format!("role = 'volunteer', area = '{OTHER_GRID}'"), "area = '500116002'"),
        role => (role.to_owned(), role),
    };
    server.database.execute(&format!(
        "UPDATE people SET {manager_now} WHERE id = '{}';
         UPDATE people SET {supervisor_now} WHERE id IN ('{}', '{}');",
        person_id(11),
        person_id(1),
        person_id(8)
    ));
    // Another server sees a changed role within five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let mut denied = 0;
    for call in &calls {
        let another = format!("{}-again", call.operation);
        let (replayed, fresh) = (call.send(call.operation).await, call.send(&another).await);
        if [403, 404, 422].contains(&fresh.status) {
            assert_eq!(verdict(&replayed), verdict(&fresh), "{}", call.operation);
            denied += 1;
        }
    }
    // A person who moved may go on with a task in hand, and enters the own absence in any role.
    let expected = if change == "MOVED" { calls.len() / 2 } else { calls.len() - 1 };
    assert!(denied >= expected, "{denied} of {}", calls.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reveal_is_never_stored_and_each_one_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let reveal = async || {
        let request = manager.request(Method::POST, &path).json(&json!({ "purpose": "visit" }));
        manager.send(request.header("Idempotency-Key", "reveal-1")).await
    };
    for recorded in 1..=2 {
        let answer = reveal().await;
        assert_eq!((answer.status, &answer.body["name"]), (200, &json!("周老兵1")));
        assert!(!answer.headers.contains_key("Idempotency-Replayed"));
        assert_eq!(supervisor.events("beneficiary.reveal").await.len(), recorded);
    }
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    let appointed = supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!(appointed.status, 200);
    assert_eq!(reveal().await.problem(), "forbidden");
    assert_eq!(supervisor.events("beneficiary.reveal").await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_reset_is_never_stored_and_each_one_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let path = format!("/v1/people/{}/password-reset", person_id(22));
    let reset = async || {
        let request = manager.request(Method::POST, &path).header("Idempotency-Key", "reset-1");
        manager.send(request).await
    };
    let mut passwords = BTreeSet::new();
    for recorded in 1..=2 {
        let answer = reset().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.headers.contains_key("Idempotency-Replayed"));
        passwords.insert(answer.body["one_time_password"].to_string());
        assert_eq!(supervisor.events("person.password_reset").await.len(), recorded);
    }
    assert_eq!(passwords.len(), 2, "each reset sets another password");
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    server
        .database
        .execute(&format!("UPDATE people SET role = 'volunteer' WHERE id = '{}'", person_id(11)));
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert_eq!(reset().await.problem(), "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_is_not_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    for n in 0..20 {
        let path = "/v1/tasks/018d622e-0000-7000-8000-00000000ffff/claim";
        let request = volunteer.request(Method::POST, path);
        let answer = volunteer.send(request.header("Idempotency-Key", format!("k{n}"))).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(server.database.count("commands"), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upgrade_deletes_stored_reveals(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let claim = manager.request(Method::POST, &format!("/v1/tasks/{task}/claim"));
    assert_eq!(manager.send(claim.header("Idempotency-Key", "claim")).await.status, 200);
    let migration =
        include_str!("../../migrations/sqlite/2026-11-26-000014_no_stored_disclosures/up.sql");
    server.database.execute(migration);
    assert_eq!(server.database.count("commands"), 1, "effects stay");
    server.database.execute("UPDATE commands SET action = 'beneficiary.reveal'");
    server.database.execute(migration);
    assert_eq!(server.database.count("commands"), 0);
}
