//! Kinds of service: created, changed and archived by admins, used on phones with the next sync.
//! A task keeps the version of its kind.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server, phones};

/// The path of the kind that the tests make.
const PATH: &str = "/v1/service-kinds/hospital_visit";

/// A form with one required number.
fn form(name: &str) -> Value {
    json!({
        "type": "object",
        "properties": { name: {
            "type": "integer", "minimum": 0, "maximum": 9,
            "title": "天数", "x-title-en": "Days", "x-order": 1
        } },
        "required": [name]
    })
}

/// The content of a kind.
fn content(more: Value) -> Value {
    let mut content = json!({
        "name": "住院探望", "name_en": "Visit in hospital", "minutes": 40, "priority": 7,
        "skills": [], "due_days": 3, "attempts": 2, "retry_days": 2, "overdue": "escalate",
        "escalate_days": 3, "form": form("days"), "follow_ups": {}, "active": true
    });
    if let (Value::Object(content), Value::Object(more)) = (&mut content, more) {
        content.extend(more);
    }
    content
}

async fn create(admin: &Caller, more: Value) -> Answer {
    let mut kind = content(more);
    kind["code"] = json!("hospital_visit");
    admin.post("/v1/service-kinds", &kind).await
}

async fn change(admin: &Caller, path: &str, base: &str, content: &Value) -> Answer {
    admin.send(admin.request(Method::PUT, path).header("If-Match", base).json(content)).await
}

/// A task of the kind for a beneficiary.
async fn task(caller: &Caller, n: u32) -> String {
    caller.make(&home_visit(&beneficiary_id(n), json!({ "kind": "hospital_visit" }))).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_kind_is_used_on_a_phone_without_a_restart(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.sign_in(phones::ADMIN).await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let made = create(&admin, json!({ "follow_ups": { "medical": "hardship_follow_up" } })).await;
    assert_eq!((made.status, &made.body["version"]), (201, &json!(1)), "{}", made.body);
    assert_eq!(made.headers["location"], PATH);
    phone.sync(&volunteer, json!([])).await;
    let row = ("service_kind".to_owned(), "hospital_visit".to_owned());
    assert_eq!(phone.rows[&row], made.body);
    let manager = server.manager().await;
    let task = task(&manager, 1).await;
    phone.sync(&volunteer, json!([])).await;
    let report = json!({ "outcome": "done", "answers": { "days": 4 }, "needs": ["medical"] });
    let commands =
        json!([command("task.claim", &task, json!({})), command("task.report", &task, report),]);
    let results = phone.sync(&volunteer, commands).await;
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    // The phone of the tests is months behind.
    assert_eq!(reports.body["items"][0]["flags"], json!(["clock"]), "{}", reports.body);
    let followed = manager.get("/v1/tasks?kind=hardship_follow_up").await;
    assert_eq!(followed.body["items"].as_array().map(Vec::len), Some(1));
    let twice = create(&admin, json!({})).await;
    assert_eq!((twice.status, twice.problem()), (409, "service_kind_exists"));
    assert_eq!(twice.body["current"]["code"], "hospital_visit");
    for (caller, status) in [(&manager, 403), (&volunteer, 403)] {
        assert_eq!(create(caller, json!({})).await.status, status);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_keeps_the_version_of_its_kind(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    assert_eq!(create(&admin, json!({})).await.status, 201);
    let before = task(&manager, 1).await;
    let next = content(json!({ "minutes": 60, "form": form("nights") }));
    let without = admin.put(PATH, &next).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let stale = change(&admin, PATH, "\"v9\"", &next).await;
    assert_eq!((stale.status, &stale.body["current"]["version"]), (412, &json!(1)));
    let changed = change(&admin, PATH, "\"v1\"", &next).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    let same = change(&admin, PATH, "\"v2\"", &next).await;
    assert_eq!((same.status, &same.body["version"]), (200, &json!(2)));
    let after = task(&manager, 2).await;
    let volunteer = server.volunteer().await;
    for (task, version, minutes, right, wrong) in
        [(&before, 1, 40, "days", "nights"), (&after, 2, 60, "nights", "days")]
    {
        let path = format!("/v1/tasks/{task}");
        let claimed = volunteer.act(&format!("{path}/claim")).await.body;
        assert_eq!(
            (&claimed["kind_version"], &claimed["minutes"]),
            (&json!(version), &json!(minutes))
        );
        let report = |name: &str| json!({ "outcome": "done", "answers": { name: 3 } });
        let refused = volunteer.post(&format!("{path}/report"), &report(wrong)).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let done = volunteer.post(&format!("{path}/report"), &report(right)).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    // A phone has the current version, and the earlier one that its tasks may keep.
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let row = |id: &str| phone.rows[&("service_kind".to_owned(), id.to_owned())].clone();
    assert_eq!(row("hospital_visit"), changed.body);
    let earlier = volunteer.get(&format!("{PATH}?version=1")).await;
    assert_eq!(row("hospital_visit@1"), earlier.body);
    assert_eq!(earlier.body["form"], form("days"));
    assert_eq!(volunteer.get(&format!("{PATH}?version=3")).await.status, 404);
    assert_eq!(volunteer.get(PATH).await.body, changed.body);
    let held = volunteer.request(Method::GET, PATH).header("If-None-Match", "\"v2\"");
    assert_eq!(volunteer.send(held).await.status, 304);
    let events = server.auditor().await.get("/v1/events?subject=service_kind").await;
    let actions: Vec<&Value> =
        events.body["items"].as_array().expect("events").iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["service_kind.create", "service_kind.change"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_did_not_take_place_owes_no_answers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    assert_eq!(create(&admin, json!({})).await.status, 201);
    let volunteer = server.volunteer().await;
    // "rooms" is no field of the form.
    let answers = json!({ "rooms": 2 });
    for (n, outcome) in [(1, "refused"), (2, "not_home")] {
        let path = format!("/v1/tasks/{}", task(&manager, n).await);
        assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
        let report = async |outcome: &str, answers: &Value| {
            let report = json!({ "outcome": outcome, "answers": answers });
            volunteer.post(&format!("{path}/report"), &report).await
        };
        for refused in
            [report("done", &answers).await, report(outcome, &json!({ "days": "four" })).await]
        {
            let pointer = &refused.body["errors"][0]["pointer"];
            assert_eq!((refused.status, pointer), (422, &json!("/answers/days")), "{outcome}");
        }
        let made = report(outcome, &answers).await;
        assert_eq!(made.status, 200, "{outcome}: {}", made.body);
        let reports = manager.get(&format!("{path}/reports")).await.body;
        let kept = &reports["items"][0];
        assert_eq!((&kept["answers"], &kept["flags"]), (&answers, &json!([])), "{kept}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_kind_gets_no_new_tasks_and_keeps_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    assert_eq!(create(&admin, json!({ "form": null })).await.status, 201);
    let there = task(&manager, 1).await;
    let archived = content(json!({ "form": null, "active": false }));
    let done = change(&admin, PATH, "\"v1\"", &archived).await;
    assert_eq!((done.status, &done.body["active"]), (200, &json!(false)), "{}", done.body);
    let new = home_visit(BENEFICIARY, json!({ "kind": "hospital_visit" }));
    let refused = manager.post("/v1/tasks", &new).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/kind");
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{there}/claim")).await.status, 200);
    let report = json!({ "outcome": "done" });
    let reported = volunteer.post(&format!("/v1/tasks/{there}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let again = change(&admin, PATH, "\"v2\"", &content(json!({ "form": null }))).await;
    assert_eq!(again.status, 200);
    assert_eq!(manager.post("/v1/tasks", &new).await.status, 201);
    // A kind that another one creates as a follow-up stays.
    follow_up_by_tasks(&server).await;
    let path = "/v1/service-kinds/hardship_follow_up";
    let mut kind = admin.get(path).await.body;
    for own in ["code", "version"] {
        kind.as_object_mut().expect("a kind").remove(own);
    }
    kind["active"] = json!(false);
    let refused = change(&admin, path, "\"v2\"", &kind).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/active");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_kind_is_named_by_pointer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    let field = |more: Value| {
        let mut form = form("days");
        if let (Value::Object(field), Value::Object(more)) = (&mut form["properties"]["days"], more)
        {
            field.extend(more);
        }
        json!({ "form": form })
    };
    let elsewhere = json!({ "$ref": "https://example.org/form.json" });
    let explodes = json!({ "type": "string", "maxLength": 50, "pattern": "^(a+)+$" });
    let nested = json!({ "type": "object", "properties": {} });
    for (more, pointer) in [
        (field(elsewhere), "/form/properties/days/$ref"),
        (field(explodes), "/form/properties/days/pattern"),
        (field(nested), "/form/properties/days/type"),
        (field(json!({ "title": "" })), "/form/properties/days/title"),
        (json!({ "form": { "type": "object" } }), "/form/properties"),
        (json!({ "skills": ["drivng"] }), "/skills"),
        (json!({ "follow_ups": { "medicl": "home_visit" } }), "/follow_ups/medicl"),
        (json!({ "follow_ups": { "medical": "no_kind" } }), "/follow_ups/medical"),
        (json!({ "minutes": 0 }), "/minutes"),
        (json!({ "name": " " }), "/name"),
    ] {
        let refused = create(&admin, more.clone()).await;
        assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{more}");
        let pointers: Vec<&Value> = refused.body["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|one| &one["pointer"])
            .collect();
        assert!(pointers.contains(&&json!(pointer)), "{pointer}: {}", refused.body["errors"]);
    }
    assert_eq!(admin.get(PATH).await.status, 404, "nothing was created");
}
