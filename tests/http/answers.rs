//! Snapshots of complete answers, one for each resource.

use chrono::{Days, Utc};
use insta::assert_json_snapshot;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use crate::attachment::announce;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::command;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Caller, GRID, Server};

/// A visit in a distant week, so that the answers do not depend on the date.
async fn make_visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": "2090-03-06", "due_on": "2090-03-12" });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn areas_and_people_are_answered_as_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let manager = server.manager().await;
    assert_json_snapshot!("me", manager.get("/v1/me").await.shown());
    assert_json_snapshot!("areas", supervisor.get("/v1/areas?limit=2").await.shown());
    assert_json_snapshot!("area", supervisor.get("/v1/areas/500116001").await.shown());
    let boundary = manager.get(&format!("/v1/areas/{GRID}/boundary")).await;
    assert_json_snapshot!("area_boundary", boundary.shown());
    assert_json_snapshot!("people", manager.get("/v1/people?limit=2").await.shown());
    let person = manager.get(&format!("/v1/people/{}", person_id(21))).await;
    assert_json_snapshot!("person", person.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_is_answered_as_accepted_masked_and_revealed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}");
    assert_json_snapshot!("beneficiary", manager.get(&path).await.shown());
    let purpose = json!({ "purpose": "visit" });
    let revealed = manager.post(&format!("{path}/reveal"), &purpose).await;
    assert_json_snapshot!("beneficiary_revealed", revealed.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_answered_as_accepted_from_creation_to_report(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let new = json!({
        "not_before": "2090-03-06", "due_on": "2090-03-12", "minutes": 45, "priority": 7,
        "window": { "start": 540, "end": 660 }, "skills": ["driving"],
    });
    let made = manager.post("/v1/tasks", &home_visit(BENEFICIARY, new)).await;
    assert_json_snapshot!("task_created", made.shown());
    let path = format!("/v1/tasks/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    assert_json_snapshot!("tasks", volunteer.get("/v1/tasks").await.shown());
    assert_json_snapshot!("task_started", volunteer.act(&format!("{path}/start")).await.shown());
    let report = json!({
        "outcome": "needs_follow_up", "note": "一切安好", "needs": ["medical"],
        "place": { "lat": 29.284, "lon": 106.251 },
        "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00",
    });
    let reported = volunteer.post(&format!("{path}/report"), &report).await;
    assert_json_snapshot!("task_reported", reported.shown());
    assert_json_snapshot!("task_reports", manager.get(&format!("{path}/reports")).await.shown());
    assert_json_snapshot!("task_history", manager.get(&format!("{path}/history")).await.shown());
    let events = server.auditor().await.get("/v1/events?subject=task").await;
    assert_json_snapshot!("events", events.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_is_answered_as_accepted_at_first_and_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (mine, other) = (make_visit(&manager, 1).await, make_visit(&manager, 2).await);
    let first = volunteer.get("/v1/sync").await;
    assert_json_snapshot!("sync_first_pull", first.shown());
    let second = server.second_volunteer().await;
    assert_eq!(second.act(&format!("/v1/tasks/{other}/claim")).await.status, 200);
    let commands =
        [command("task.claim", &mine, json!({})), command("task.start", &other, json!({}))];
    let push = json!({ "cursor": first.body["cursor"], "commands": commands });
    assert_json_snapshot!("sync_delta", volunteer.post("/v1/sync", &push).await.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_and_its_visits_are_answered_as_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    make_visit(&manager, 1).await;
    let signing = json!({
        "not_before": "2090-03-06", "due_on": "2090-03-12", "skills": ["sign_language"]
    });
    manager.make(&home_visit(&beneficiary_id(2), signing)).await;
    let week = json!({
        "area": GRID, "first_day": "2090-03-06", "last_day": "2090-03-12", "confirm": true
    });
    let planned = manager.order_plan(&week).await;
    assert_json_snapshot!("plan", planned.shown());
    let path = planned.headers["location"].to_str().expect("a path");
    let visits = manager.get(&format!("{path}/visits")).await;
    assert_json_snapshot!("plan_visits", visits.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_and_a_new_upload_are_answered_as_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let until = Utc::now().date_naive() + Days::new(30);
    let notice = json!({
        "area": GRID, "title": "高温预警", "text": "下午请勿上门。", "until": until
    });
    assert_json_snapshot!("notice_created", manager.post("/v1/notices", &notice).await.shown());
    assert_json_snapshot!("notices", manager.get("/v1/notices").await.shown());
    let task = make_visit(&manager, 1).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let announced = announce(&manager, &task, Uuid::now_v7(), "image/jpeg", b"\xFF\xD8").await;
    assert_json_snapshot!("attachment_created", announced.shown());
}
