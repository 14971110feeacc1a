//! Unfinished tasks move with a beneficiary whose grid an import changes.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::server::{import, said};
use crate::support::{Backend, Database, Files, GRID, OTHER_GRID, Server, phones};

/// The supervisor assigns the task to the person with this number.
async fn give(server: &Server, task: &str, person: u32) {
    let supervisor = server.sign_in(phones::SUPERVISOR).await;
    let body = json!({ "person_id": person_id(person) });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &body).await;
    assert_eq!((given.status, &given.body["state"]), (200, &json!("assigned")), "{}", given.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_tasks_go_with_a_beneficiary_who_moves(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let server = Server::small(database);
    let manager = server.sign_in(phones::MANAGER).await;
    let volunteer = server.sign_in(phones::SECOND_VOLUNTEER).await;
    let [open, assigned, accepted, done] = [
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
    ];
    give(&server, &assigned, 21).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/claim")).await.status, 200);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{done}/claim")).await.status, 200);
    let report = json!({ "outcome": "done" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{done}/report"), &report).await.status, 200);

    let moved = Files::small()
        .with(
            "beneficiaries.csv",
            &format!("{BENEFICIARY},{GRID}"),
            &format!("{BENEFICIARY},{OTHER_GRID}"),
        )
        .with("beneficiaries.csv", "29.28400,106.25100", "29.28400,106.26600");
    let rehearsed = import(&server.database, &moved, &["--dry-run"]);
    let loaded = import(&server.database, &moved, &[]);
    for run in [&rehearsed, &loaded] {
        assert!(run.status.success(), "{}", said(run));
        let text = said(run);
        assert!(
            text.contains("beneficiaries: 3 unfinished tasks moved with their beneficiaries"),
            "{text}"
        );
        assert!(text.contains("beneficiaries: 1 tasks open again"), "{text}");
        assert!(text.contains(&open) && text.contains(&assigned), "{text}");
    }

    let manager = server.sign_in(phones::OTHER_MANAGER).await;
    let seen = |task: &str| {
        let (path, manager) = (format!("/v1/tasks/{task}"), manager.clone());
        async move { manager.get(&path).await }
    };
    for (task, state, assignee, version) in [
        (&open, "open", Value::Null, 2),
        (&assigned, "open", Value::Null, 3),
        (&accepted, "accepted", json!(person_id(22)), 3),
    ] {
        let answer = seen(task).await;
        assert_eq!(
            (answer.status, &answer.body["grid"]),
            (200, &json!(OTHER_GRID)),
            "{}",
            answer.body
        );
        assert_eq!(
            (&answer.body["state"], &answer.body["assignee_id"], &answer.body["version"]),
            (&json!(state), &assignee, &json!(version))
        );
        assert_eq!(answer.body["cell"], json!({ "lat": 29.2825, "lon": 106.2675 }));
    }
    assert_eq!(seen(&done).await.status, 404, "a finished visit stays where it was made");
    assert_eq!(manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.status, 200);
    assert_eq!(
        volunteer.get(&format!("/v1/tasks/{accepted}")).await.status,
        200,
        "a promise is kept"
    );

    let log = server.sign_in(phones::AUDITOR).await.events("task.move").await;
    assert_eq!(log.len(), 3, "{log:?}");
    for event in &log {
        assert_eq!((&event["area"], &event["area_before"]), (&json!(OTHER_GRID), &json!(GRID)));
        let opened = event["subject_id"] == json!(assigned);
        assert_eq!(event["body"], json!({ "because": "beneficiary_moved", "opened": opened }));
        assert_eq!(event["person_before_id"].is_string() && event["person_id"].is_null(), opened);
    }
    let again = import(&server.database, &moved, &[]);
    assert!(
        said(&again).contains("beneficiaries: 0 added, 0 changed, 6 unchanged\nstations"),
        "{}",
        said(&again)
    );
}
