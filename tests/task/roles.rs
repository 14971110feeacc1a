//! Tasks from open to done, and the permissions of each role.

use insta::assert_json_snapshot;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, person_id};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_takes_a_task_from_open_to_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let id = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{id}");
    let open = volunteer.get(&path).await;
    assert_eq!((&open.body["state"], &open.body["grid"]), (&json!("open"), &json!(GRID)));
    assert_eq!(open.headers["etag"], "\"v1\"");
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    assert_eq!((claimed.status, &claimed.body["state"]), (200, &json!("accepted")));
    let again = volunteer.act(&format!("{path}/claim")).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(2)), "twice is once");
    let started = volunteer.act(&format!("{path}/start")).await;
    assert_eq!(started.body["state"], "in_progress");
    let report = json!({
        "outcome": "done", "note": "一切安好", "place": { "lat": 29.284, "lon": 106.251 },
        "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00"
    });
    let done = volunteer.post(&format!("{path}/report"), &report).await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")));
    let twice = volunteer.post(&format!("{path}/report"), &report).await;
    assert_eq!((twice.status, twice.problem()), (409, "task_phase"));
    assert_json_snapshot!("problem_task_phase", twice.shown());
    assert_eq!(twice.body["current"]["task"]["state"], "done");
    let cared = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_ne!(cared.body["last_contact"], "2026-01-15", "the visit counts as contact");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_has_not_changed_is_not_sent_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let stranger = server.far_manager().await;
    let path = format!("/v1/tasks/{}", manager.make_task(BENEFICIARY).await);
    let unless = |caller: &Caller, tags: &str| {
        caller.request(reqwest::Method::GET, &path).header("If-None-Match", tags)
    };
    for held in ["\"v1\"", "W/\"v1\"", "\"v9\", \"v1\"", "*"] {
        let same = volunteer.send(unless(&volunteer, held)).await;
        assert_eq!((same.status, &same.body), (304, &json!(null)), "{held}");
        assert_eq!(
            (&same.headers["etag"], &same.headers["cache-control"]),
            (&"\"v1\"".parse().expect("a tag"), &"no-store".parse().expect("a word"),)
        );
    }
    let hidden = stranger.send(unless(&stranger, "*")).await;
    assert_eq!(hidden.status, 404, "what is out of sight is not even unchanged");
    volunteer.act(&format!("{path}/claim")).await;
    let changed = volunteer.send(unless(&volunteer, "\"v1\"")).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_for_somebody_elses_task_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let one = server.volunteer().await;
    let two = server.second_volunteer().await;
    let id = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{id}");
    one.act(&format!("{path}/claim")).await;
    let refused = two.post(&format!("{path}/report"), &json!({ "outcome": "done" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "not_assignee"));
    assert_json_snapshot!("problem_not_assignee", refused.shown());
    assert_eq!(refused.body["current"]["assignee"]["name"], "王志愿");
    let now = one.get(&path).await;
    assert_eq!((&now.body["state"], &now.body["version"]), (&json!("accepted"), &json!(2)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_task_is_open_to_others_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let one = server.volunteer().await;
    let two = server.second_volunteer().await;
    let id = manager.make_task(BENEFICIARY).await;
    one.act(&format!("/v1/tasks/{id}/claim")).await;
    let released = one.act(&format!("/v1/tasks/{id}/release")).await;
    assert_eq!(
        (&released.body["state"], &released.body["assignee_id"]),
        (&json!("open"), &json!(null))
    );
    assert_eq!(two.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_reassigns_within_the_grid_and_a_town_across_its_grids(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let town = server.town_supervisor().await;
    let other = server.other_volunteer().await;
    let id = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{id}/reassign");
    let own = manager.post(&path, &json!({ "person_id": person_id(21) })).await;
    assert_eq!((own.status, &own.body["state"]), (200, &json!("assigned")));
    let next_door = json!({ "person_id": person_id(23) });
    assert_eq!(manager.post(&path, &next_door).await.problem(), "not_a_candidate");
    assert_eq!(other.get(&format!("/v1/tasks/{id}")).await.status, 404);
    assert_eq!(town.post(&path, &next_door).await.status, 200);
    // A task is visible to its assignee in any area.
    assert_eq!(other.get(&format!("/v1/tasks/{id}")).await.status, 200);
    let mine = other.get(&format!("/v1/tasks?assignee_id={}", person_id(23))).await;
    assert_eq!(mine.body["items"].as_array().expect("a list").len(), 1);
    assert_eq!(other.act(&format!("/v1/tasks/{id}/start")).await.status, 200);
    // A supervisor cannot be an assignee.
    let refused = town.post(&path, &json!({ "person_id": person_id(2) })).await;
    assert_eq!((refused.status, refused.problem()), (409, "not_a_candidate"));
    assert_json_snapshot!("problem_not_a_candidate", refused.shown());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_outside_the_callers_area_cannot_be_seen_created_or_claimed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let far = server.far_manager().await;
    let manager = server.manager().await;
    let id = far.make_task(FAR_BENEFICIARY).await;
    assert_eq!(manager.get(&format!("/v1/tasks/{id}")).await.status, 404);
    assert_eq!(manager.act(&format!("/v1/tasks/{id}/claim")).await.status, 404);
    assert_eq!(manager.get(&format!("/v1/tasks?area={FAR_GRID}")).await.status, 404);
    assert_eq!(manager.get("/v1/tasks").await.body["items"], json!([]));
    let foreign = home_visit(FAR_BENEFICIARY, json!({}));
    let refused = manager.post("/v1/tasks", &foreign).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/beneficiary_id"))
    );
    let supervisor = server.supervisor().await;
    let forbidden = supervisor.act(&format!("/v1/tasks/{id}/claim")).await;
    assert_eq!(forbidden.problem(), "forbidden");
    assert_json_snapshot!("problem_forbidden", forbidden.shown());
    let auditor = server.auditor().await;
    assert_eq!(auditor.get(&format!("/v1/tasks/{id}")).await.status, 200);
    assert_eq!(auditor.post("/v1/tasks", &foreign).await.problem(), "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_filtered_and_sorted_by_due_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let make = |beneficiary: &'static str, kind: &'static str, due: &'static str| {
        let supervisor = supervisor.clone();
        async move {
            let body = json!({
                "kind": kind, "beneficiary_id": beneficiary,
                "not_before": "2036-08-01", "due_on": due
            });
            let made = supervisor.post("/v1/tasks", &body).await;
            assert_eq!(made.status, 201, "{}", made.body);
            assert_eq!(
                made.headers["location"],
                format!("/v1/tasks/{}", made.body["id"].as_str().expect("an id")).as_str()
            );
        }
    };
    make(BENEFICIARY, "home_visit", "2036-08-20").await;
    make(BENEFICIARY, "condolence", "2036-08-01").await;
    make(FAR_BENEFICIARY, "home_visit", "2036-08-10").await;
    let count = |query: &'static str| {
        let supervisor = supervisor.clone();
        async move {
            let list = supervisor.get(&format!("/v1/tasks?{query}")).await;
            assert_eq!(list.status, 200, "{}", list.body);
            list.body["items"].as_array().expect("a list").len()
        }
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("kind=home_visit").await, 2);
    assert_eq!(count("area=500116001").await, 2);
    assert_eq!(count("due_before=2036-08-10").await, 1);
    assert_eq!(count("state=open").await, 3);
    assert_eq!(count("state=done").await, 0);
    assert_eq!(count("beneficiary_id=018d622e-0000-7000-8000-000000000005").await, 1);
    let days: Vec<_> = supervisor.get("/v1/tasks").await.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|task| task["due_on"].as_str().expect("a day").to_owned())
        .collect();
    assert!(days.is_sorted(), "{days:?}");
    let first = supervisor.get("/v1/tasks?limit=2").await;
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let second = supervisor.get(&format!("/v1/tasks?limit=2&cursor={cursor}")).await;
    assert_eq!(second.body["items"].as_array().expect("a list").len(), 1);
    assert_eq!(second.body["items"][0]["due_on"], "2036-08-20");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_invalid_field_of_a_new_task_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let visit = |more| home_visit(BENEFICIARY, more);
    let at = |grid, place: Value| json!({ "kind": "home_visit", "grid": grid, "place": place });
    let wrong = [
        (json!({ "kind": "dance", "beneficiary_id": BENEFICIARY }), "/kind"),
        (json!({ "kind": "home_visit" }), ""),
        (visit(json!({ "minutes": 0 })), "/minutes"),
        (visit(json!({ "priority": 11 })), "/priority"),
        (visit(json!({ "window": { "start": 600, "end": 540 } })), "/window"),
        (visit(json!({ "not_before": "2026-08-02", "due_on": "2026-08-01" })), "/due_on"),
        (visit(json!({ "due_on": "2026-02-30" })), "/due_on"),
        (visit(json!({ "due_on": "+262142-12-31" })), "/due_on"),
        (visit(json!({ "colour": "red" })), "/colour"),
        (at(FAR_GRID, json!({ "lat": 29.28, "lon": 106.27 })), "/grid"),
        (at(GRID, json!({ "lat": 106.25, "lon": 29.28 })), "/place"),
    ];
    let mut told = Vec::new();
    for (body, pointer) in wrong {
        let answer = manager.post("/v1/tasks", &body).await;
        assert_eq!((answer.status, answer.problem()), (422, "invalid"), "{body}");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{body}: {}", answer.body);
        told.push(json!({ "sent": body, "errors": answer.body["errors"] }));
    }
    assert_json_snapshot!("errors_of_a_new_task", told);
    assert_eq!(manager.get("/v1/tasks").await.body["items"], json!([]), "nothing was made");
}
