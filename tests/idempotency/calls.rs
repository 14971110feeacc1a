//! One call of each operation whose answers are stored.

use reqwest::Method;
use serde_json::{Value, json};

use super::Keyed;
use super::calls_about_beneficiaries::calls_about_beneficiaries;
use super::calls_about_campaigns::{calls_about_campaigns, calls_about_goods, campaign_content};
use crate::report::register::visited;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Caller, GRID};

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
pub(super) async fn calls(manager: &Caller, supervisor: &Caller, admin: &Caller) -> Vec<Keyed> {
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

/// A kind of case.
fn question() -> Value {
    json!({
        "code": "question", "name": "咨询", "name_en": "Question", "active": true,
        "steps": [{ "code": "asked", "name": "受理", "name_en": "Asked", "level": "grid",
                    "result": "done" }]
    })
}
