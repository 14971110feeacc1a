//! A report is evidence of a visit: it is stored, regardless of changes to the task and
//! its author, and even if parts of it are unreadable.

use rstest::rstest;
use serde_json::json;

use crate::attachment::announce;
use crate::support::files::person_id;
use crate::support::phone::{Phone, command, task_for};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_kept_after_a_reassignment_and_with_a_wrong_clock(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let supervisor = server.supervisor().await;
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([command("task.claim", &task, json!({}))])).await;
    let to = json!({ "person_id": person_id(23) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    // A phone whose clock is years behind: with the sending time, the visit precedes the change.
    let mut report = command(
        "task.report",
        &task,
        json!({
            "outcome": "not_home", "answers": {"health": "excellent"},
            "started_at": "2019-01-01T09:30:00+08:00", "ended_at": "2019-01-01T09:00:00+08:00"
        }),
    );
    report["at"] = json!("2019-01-01T09:00:00+08:00");
    let push = json!({ "commands": [report], "device_time": "2019-01-01T10:00:00+08:00" });
    let answer = volunteer.post("/v1/sync", &push).await;
    let result = &answer.body["results"][0];
    assert_eq!(result["outcome"], "recorded", "{}", answer.body);
    assert_eq!(result["problem"]["code"], "not_assignee", "{result}");
    let reports = supervisor.get(&format!("/v1/tasks/{task}/reports")).await;
    let kept = &reports.body["items"][0];
    assert_eq!((&kept["recorded"], &kept["id"]), (&json!(true), &report["id"]));
    assert_eq!(kept["flags"], json!(["clock", "times", "form", "handed_on"]));
    assert_eq!(kept["started_at"], "2019-01-01T09:30:00+08:00");
    let now = supervisor.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(
        (&now.body["state"], &now.body["assignee_id"]),
        (&json!("assigned"), &json!(person_id(23)))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_after_a_handover_is_recorded_however_it_is_dated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, manager) = (server.volunteer().await, server.manager().await);
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([command("task.claim", &task, json!({}))])).await;
    let while_assigned = chrono::Utc::now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let to = json!({ "person_id": person_id(22) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    let mut report = command("task.report", &task, json!({"outcome": "done"}));
    report["at"] = json!(while_assigned);
    let results = phone.sync(&volunteer, json!([report])).await;
    assert_eq!(
        (&results[0]["outcome"], &results[0]["problem"]["code"]),
        (&json!("recorded"), &json!("not_assignee")),
        "{results:?}"
    );
    let now = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(
        (&now.body["state"], &now.body["assignee_id"]),
        (&json!("assigned"), &json!(person_id(22)))
    );
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    assert_eq!(reports.body["items"][0]["flags"], json!(["handed_on"]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_to_a_task_given_back_counts_for_72_hours(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let mut phone = Phone::default();
    for (n, hours_ago, outcome) in [(1, 71, "applied"), (2, 73, "recorded")] {
        let task = task_for(&server, n).await;
        phone.sync(&volunteer, json!([command("task.claim", &task, json!({}))])).await;
        // As if the claim had been made a week ago; the test leaves the chain of the log aside.
        let week_ago = chrono::Utc::now() - chrono::Days::new(7);
        server.database.execute(&format!(
            "UPDATE events SET at = '{}' WHERE subject_id = '{task}'",
            week_ago.format("%F %T")
        ));
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/release")).await.status, 200);
        let mut report = command("task.report", &task, json!({"outcome": "done"}));
        report["at"] = json!(chrono::Utc::now() - chrono::TimeDelta::hours(hours_ago));
        let results = phone.sync(&volunteer, json!([report])).await;
        assert_eq!(results[0]["outcome"], outcome, "{results:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_may_be_reported_after_the_reporters_role_has_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    let photo = "0198a3b0-0000-7000-8000-0000000000f1";
    let report =
        json!({ "outcome": "done", "attachments": [photo], "ended_at": "2999-01-01T00:00:00Z" });
    // The report is stored as recorded after a release, and its photo is accepted.
    let outbox = json!([
        command("task.claim", &task, json!({})),
        command("task.release", &task, json!({})),
        command("task.report", &task, report),
    ]);
    let results = &phone.sync(&volunteer, outbox).await[2..];
    assert_eq!(
        (&results[0]["outcome"], &results[0]["problem"]["code"]),
        (&json!("recorded"), &json!("not_assignee"))
    );
    let manager = server.manager().await;
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    assert_eq!(reports.body["items"][0]["flags"], json!(["clock", "times"]));
    let announced = announce(
        &volunteer,
        &task,
        photo.parse().expect("an id"),
        "image/jpeg",
        b"\xFF\xD8\xFF\xE0",
    )
    .await;
    assert_eq!(announced.status, 201, "{}", announced.body);
    // The reporter was a volunteer at the time of the visit and is now a supervisor.
    let held = task_for(&server, 2).await;
    phone.sync(&volunteer, json!([command("task.claim", &held, json!({}))])).await;
    server
        .database
        .execute(&format!("UPDATE people SET role = 'supervisor' WHERE id = '{}';", person_id(21)));
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let promoted = server.volunteer().await;
    let late = json!([command("task.report", &held, json!({ "outcome": "done" }))]);
    let results = phone.sync(&promoted, late).await;
    assert_eq!(
        (&results[0]["outcome"], &results[0]["problem"]["code"]),
        (&json!("recorded"), &json!("forbidden"))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_with_unreadable_fields_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let (partly, hardly) = (task_for(&server, 1).await, task_for(&server, 2).await);
    let mut phone = Phone::default();
    let mut late = command(
        "task.report",
        &partly,
        json!({
            "outcome": "done", "note": "一切安好", "place": {"lat": 91.0, "lon": 106.2},
            "needs": ["medical", "a_new_need"], "started_at": "9 o'clock", "weather": "rain"
        }),
    );
    late["at"] = json!("half past nine");
    let unclear = command("task.report", &hardly, json!({ "outcome": "went_well", "note": "好" }));
    let outbox = json!([
        command("task.claim", &partly, json!({})),
        late,
        command("task.claim", &hardly, json!({})),
        unclear,
    ]);
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        let outcomes: Vec<_> = results.iter().map(|one| one["outcome"].as_str()).collect();
        assert_eq!(
            outcomes,
            ["applied", "applied", "applied", "recorded"].map(Some),
            "{results:?}"
        );
        assert!(results.iter().all(|one| one["replayed"] == json!(replayed)));
        let why = &results[3]["problem"];
        assert_eq!(
            (&why["code"], &why["errors"][0]["pointer"]),
            (&json!("invalid"), &json!("/payload/outcome"))
        );
    }
    let manager = server.manager().await;
    let reports = manager.get(&format!("/v1/tasks/{partly}/reports")).await;
    let kept = &reports.body["items"][0];
    assert_eq!(
        (&kept["outcome"], &kept["note"], &kept["needs"]),
        (&json!("done"), &json!("一切安好"), &json!(["a_new_need", "medical"]))
    );
    // A need that is no word of the district.
    assert_eq!(kept["flags"], json!(["form", "unread", "no_case"]));
    assert_eq!(kept.get("made_at"), None);
    assert_eq!(kept["unread_command"], json!({ "at": "half past nine" }));
    assert_eq!(
        kept["unread"],
        json!({
            "place": {"lat": 91.0, "lon": 106.2},
            "started_at": "9 o'clock", "weather": "rain"
        })
    );
    let reports = manager.get(&format!("/v1/tasks/{hardly}/reports")).await;
    let kept = &reports.body["items"][0];
    assert_eq!(
        (kept.get("outcome"), &kept["recorded"], &kept["note"]),
        (None, &json!(true), &json!("好"))
    );
    assert_eq!(kept["unread"], json!({ "outcome": "went_well" }));
    let now = manager.get(&format!("/v1/tasks/{hardly}")).await;
    assert_eq!(now.body["state"], "accepted", "it is still to be told how it ended");
    // A report sent online can still be corrected.
    let online = json!({ "outcome": "went_well" });
    let refused = volunteer.post(&format!("/v1/tasks/{hardly}/report"), &online).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/outcome")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_a_report_does_not_count_as_holding_the_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let manager = server.manager().await;
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    phone
        .sync(
            &volunteer,
            json!([
                command("task.claim", &task, json!({})),
                command("task.report", &task, json!({ "outcome": "not_home" })),
                command("task.claim", &task, json!({})),
            ]),
        )
        .await;
    assert_eq!(manager.get(&format!("/v1/tasks/{task}/reports")).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let visited = chrono::Utc::now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/release")).await.status, 200);
    let mut report = command("task.report", &task, json!({ "outcome": "done" }));
    report["at"] = json!(visited);
    let results = phone.sync(&volunteer, json!([report])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_never_had_the_task_leaves_no_evidence(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, other) = (server.volunteer().await, server.second_volunteer().await);
    let (open, taken) = (task_for(&server, 1).await, task_for(&server, 2).await);
    Phone::default().sync(&other, json!([command("task.claim", &taken, json!({}))])).await;
    let report = |task: &str| command("task.report", task, json!({ "outcome": "done" }));
    let outbox = json!([report(&open), report(&taken)]);
    let results = Phone::default().sync(&volunteer, outbox).await;
    for result in &results {
        assert_eq!(
            (&result["outcome"], &result["problem"]["code"]),
            (&json!("rejected"), &json!("not_assignee")),
            "{result}"
        );
    }
    let manager = server.manager().await;
    for task in [open, taken] {
        let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
        assert_eq!(reports.body["items"], json!([]));
        let photo = uuid::Uuid::now_v7();
        let announced = announce(&volunteer, &task, photo, "image/jpeg", b"\xFF\xD8\xFF\xE0").await;
        assert_eq!(announced.status, 404, "{}", announced.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assignees_leave_evidence_after_their_events_are_archived(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let (present, former) = (task_for(&server, 1).await, task_for(&server, 2).await);
    let mut phone = Phone::default();
    let outbox = json!([
        command("task.claim", &present, json!({})),
        command("task.claim", &former, json!({})),
        command("task.release", &former, json!({})),
    ]);
    phone.sync(&volunteer, outbox).await;
    let folder = server.database.folder.path().join("archive");
    let args = ["log", "archive", folder.to_str().expect("a path"), "--keep-days", "0"];
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let archived = gridward(&server.database, &args).output().expect("it runs");
    assert!(archived.status.success(), "{}", said(&archived));
    assert_eq!(server.database.count("events"), 0, "{}", said(&archived));
    let bytes = b"\xFF\xD8\xFF\xE0";
    for task in [&present, &former] {
        let announced = announce(&volunteer, task, uuid::Uuid::now_v7(), "image/jpeg", bytes).await;
        assert_eq!(announced.status, 201, "{}", announced.body);
    }
    let report = |task: &str| command("task.report", task, json!({ "outcome": "done" }));
    let results = phone.sync(&volunteer, json!([report(&former), report(&present)])).await;
    assert_eq!(
        (&results[0]["outcome"], &results[0]["problem"]["code"], &results[1]["outcome"]),
        (&json!("recorded"), &json!("not_assignee"), &json!("applied")),
        "{results:?}"
    );
    let other = server.second_volunteer().await;
    let announced = announce(&other, &present, uuid::Uuid::now_v7(), "image/jpeg", bytes).await;
    assert_eq!(announced.status, 404, "{}", announced.body);
}
