//! The life cycle of a task over HTTP: versions, attempts, escalation levels, overdue tasks.

use insta::assert_json_snapshot;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::BENEFICIARY;
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Files, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_applies_to_the_version_it_was_based_on_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let days = json!({ "not_before": "2027-01-04", "window": {"start": 540, "end": 600} });
    let decide = |version: &'static str| {
        let request = manager.request(reqwest::Method::POST, &path).json(&days);
        manager.send(request.header("If-Match", version))
    };
    let blind = manager.post(&path, &days).await;
    assert_eq!((blind.status, blind.problem()), (428, "version_required"));
    assert_json_snapshot!("problem_version_required", blind.shown());
    let stale = decide("\"v7\"").await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_json_snapshot!("problem_version_conflict", stale.shown());
    assert_eq!(stale.body["current"]["version"], 1);
    let moved = decide("\"v1\"").await;
    assert_eq!(
        (moved.status, &moved.body["not_before"]),
        (200, &json!("2027-01-04")),
        "{}",
        moved.body
    );
    assert_eq!(
        (&moved.body["window"]["end"], &moved.headers["ETag"].to_str().ok()),
        (&json!(600), &Some("\"v2\""))
    );
    let again = decide("\"v1\"").await;
    assert_eq!(again.status, 412);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_repeats_its_answer_and_refuses_another_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let make = |minutes: u32| {
        let new = home_visit(BENEFICIARY, json!({ "minutes": minutes }));
        let request = manager.request(reqwest::Method::POST, "/v1/tasks").json(&new);
        manager.send(request.header("Idempotency-Key", "\"make-1\""))
    };
    let (first, again, other) = (make(30).await, make(30).await, make(31).await);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["id"], again.body["id"]);
    assert_eq!((other.status, other.problem()), (422, "command_id_reused"));
    assert_json_snapshot!("problem_command_id_reused", other.shown());
    let tasks = manager.get("/v1/tasks").await;
    assert_eq!(tasks.body["items"].as_array().map(Vec::len), Some(1));
    // A refused call changed nothing and is not stored.
    let volunteer = server.volunteer().await;
    let task = first.body["id"].as_str().expect("an id");
    let start = || {
        let path = format!("/v1/tasks/{task}/start");
        let request = volunteer.request(reqwest::Method::POST, &path);
        volunteer.send(request.header("Idempotency-Key", "start-1"))
    };
    assert_eq!(start().await.problem(), "not_assignee");
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let started = start().await;
    assert_eq!((started.status, &started.body["state"]), (200, &json!("in_progress")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_attempt_opens_the_next_and_the_last_one_escalates(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let path = |step: &str| format!("/v1/tasks/{task}/{step}");
    for attempt in 1..=2 {
        assert_eq!(manager.act(&path("claim")).await.body["attempt"], attempt);
        let away = manager.post(&path("report"), &json!({ "outcome": "not_home" })).await;
        let told = (&away.body["state"], &away.body["attempt"], &away.body["escalation_level"]);
        if attempt == 1 {
            assert_eq!(told, (&json!("open"), &json!(2), &json!("grid")));
        } else {
            assert_eq!(told, (&json!("failed"), &json!(2), &json!("village")));
        }
    }
    let why = json!({ "reason": "家属联系上了" });
    assert_eq!(manager.post(&path("reopen"), &why).await.status, 403);
    let supervisor = server.supervisor().await;
    let open = supervisor.post(&path("reopen"), &why).await;
    assert_eq!((&open.body["state"], &open.body["attempt"]), (&json!("open"), &json!(1)));
    assert_eq!(
        supervisor.get(&path("reports")).await.body["items"].as_array().map(Vec::len),
        Some(2)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reported_need_creates_the_follow_up_task_of_the_catalogue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let report = |more: serde_json::Value| {
        let mut report = json!({ "outcome": "needs_follow_up", "needs": ["medical", "living"] });
        report["answers"] = more;
        report
    };
    let path = format!("/v1/tasks/{task}/report");
    let misfit = manager.post(&path, &report(json!({ "health": "excellent" }))).await;
    assert_eq!(
        (misfit.status, &misfit.body["errors"][0]["pointer"]),
        (422, &json!("/answers/health"))
    );
    let request = manager.request(Method::POST, &path).header("Accept-Language", "zh-CN");
    let misfit = manager.send(request.json(&report(json!({ "health": "excellent" })))).await;
    assert_eq!(misfit.body["errors"][0]["detail"], "不是可选的选项");
    let done = manager.post(&path, &report(json!({ "health": "poor" }))).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let next = manager.get("/v1/tasks?kind=hardship_follow_up").await;
    let next = next.body["items"].as_array().expect("tasks");
    assert_eq!((next.len(), &next[0]["beneficiary_id"]), (1, &json!(BENEFICIARY)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overdue_tasks_escalate_or_expire_once_however_many_servers_run(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let postgres = database.is_postgres();
    let server = Server::with(database, &Files::small());
    let manager = server.manager().await;
    let make = |kind: &'static str| {
        let new = json!({
            "kind": kind, "beneficiary_id": BENEFICIARY,
            "not_before": "2026-01-01", "due_on": "2026-01-10"
        });
        async {
            manager.post("/v1/tasks", &{ new }).await.body["id"].as_str().expect("an id").to_owned()
        }
    };
    let (visit, greeting) = (make("home_visit").await, make("condolence").await);
    // The background jobs run when a server starts.
    let mut server = server;
    server.kill_and_restart();
    let others = if postgres { vec![server.another(), server.another()] } else { vec![] };
    let manager = server.manager().await;
    let mut waited = 0;
    loop {
        let visit = manager.get(&format!("/v1/tasks/{visit}")).await.body;
        let greeting = manager.get(&format!("/v1/tasks/{greeting}")).await.body;
        if visit["escalation_level"] == "district" && greeting["state"] == "expired" {
            assert_eq!(visit["state"], "open");
            break;
        }
        waited += 1;
        assert!(waited < 200, "{visit} {greeting}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let history = manager.get(&format!("/v1/tasks/{visit}/history")).await;
    let steps = history.body["items"].as_array().expect("steps").iter();
    let climbed =
        steps.filter(|step| step["action"] == "task.escalate" && step["actor_id"].is_null());
    assert_eq!(climbed.count(), 3);
    drop(others);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_moved_to_a_day_and_an_hour_and_stays_with_its_assignee(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let days = |planned: &Value| json!({ "due_on": day(9), "planned": planned });
    let moved = async |version: i64, body: &Value| {
        let request = manager.request(reqwest::Method::POST, &path).json(body);
        manager.send(request.header("If-Match", format!("\"v{version}\""))).await
    };
    let at_ten = json!({ "day": day(3), "start": 600 });
    let open = moved(1, &days(&at_ten)).await;
    assert_eq!((open.status, &open.body["errors"][0]["pointer"]), (422, &json!("/planned")));
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    for (planned, pointer) in [
        (json!({ "day": day(-1), "start": 600 }), "/planned/day"),
        (json!({ "day": day(10), "start": 600 }), "/planned/day"),
        (json!({ "day": day(3), "start": 1_430 }), "/planned/start"),
        (json!({ "day": day(0), "start": 0 }), "/planned/start"),
    ] {
        let refused = moved(2, &days(&planned)).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{planned}");
    }
    let afternoon =
        json!({ "due_on": day(9), "planned": at_ten, "window": { "start": 840, "end": 960 } });
    let outside = moved(2, &afternoon).await;
    let at = &outside.body["errors"][0]["pointer"];
    assert_eq!((outside.status, at), (422, &json!("/planned/start")), "{}", outside.body);
    let past = moved(2, &json!({ "due_on": day(-1) })).await;
    assert_eq!((past.status, &past.body["errors"][0]["pointer"]), (422, &json!("/due_on")));
    let done = moved(2, &days(&at_ten)).await;
    assert_eq!((done.status, &done.body["planned_for"]), (200, &at_ten), "{}", done.body);
    assert_eq!((&done.body["state"], &done.body["due_on"]), (&json!("accepted"), &json!(day(9))));
    let given_up = moved(3, &json!({ "due_on": day(10) })).await;
    assert_eq!((given_up.status, &given_up.body["planned_for"]), (200, &Value::Null));
}
