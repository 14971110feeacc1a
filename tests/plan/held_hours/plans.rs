//! Plans keep clear of held hours.

use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use super::{DAY, LENGTH, absent, apply, draft, held, visit, visits};
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_visit_that_a_plan_would_not_have_made_keeps_its_time_free(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    // Partly before the hours, too near to their begin for the way from home, and partly after them.
    #[values(8 * 60 + 50, 9 * 60, 11 * 60 + 45)] start: u64,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let promised = held(&server, 1, start).await;
    let new = visit(&manager, 2).await;
    let plan = draft(&manager, &new, None).await;
    let visits = visits(&manager, &plan).await;
    assert!(visits.iter().all(|row| row["task_id"] != promised.as_str()), "it waits for none");
    let row = visits.iter().find(|row| row["task_id"] == new.as_str()).expect("the visit");
    let from = row["start"].as_u64().unwrap_or_else(|| panic!("a start: {row}"));
    assert!(from >= start + LENGTH || from + LENGTH <= start, "{row}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_held_visits_at_one_time_leave_neither_time_to_a_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let both = [held(&server, 1, 600).await, held(&server, 2, 610).await];
    let new = visit(&manager, 3).await;
    let plan = draft(&manager, &new, None).await;
    let visits = visits(&manager, &plan).await;
    assert!(visits.iter().all(|row| row["reason"]["code"].is_null()), "{both:?} {visits:?}");
    let row = visits.iter().find(|row| row["task_id"] == new.as_str()).expect("the visit");
    let from = row["start"].as_u64().unwrap_or_else(|| panic!("a start: {row}"));
    assert!(from >= 610 + LENGTH || from + LENGTH <= 600, "{row}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_drafts_for_one_hour_of_a_person_the_second_leaves_its_task_open(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let [one, other] = [visit(&manager, 1).await, visit(&manager, 2).await];
    let drafts = [draft(&manager, &one, Some(600)).await, draft(&manager, &other, Some(615)).await];
    assert_eq!(apply(&manager, &drafts[0]).await, json!([]));
    let left = json!([{ "task_id": other, "because": "person_busy", "state": "open" }]);
    assert_eq!(apply(&manager, &drafts[1]).await, left);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_away_since_the_draft_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let tasks = [visit(&manager, 1).await, visit(&manager, 2).await];
    let drafts =
        [draft(&manager, &tasks[0], Some(600)).await, draft(&manager, &tasks[1], Some(660)).await];
    absent(&manager, DAY, json!({ "start": 610, "end": 640 })).await;
    let left = json!([{ "task_id": tasks[0], "because": "person_unavailable", "state": "open" }]);
    assert_eq!(apply(&manager, &drafts[0]).await, left);
    assert_eq!(apply(&manager, &drafts[1]).await, json!([]), "another hour of the day");
}

/// Claims of a person run while the person is suspended: none is accepted afterwards.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_person_holds_nothing_however_claims_and_suspension_meet(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let path = format!("/v1/people/{}/state", person_id(21));
    for _ in 0..4 {
        let mut tasks = Vec::new();
        for _ in 0..24 {
            let place = json!({ "lat": 29.29, "lon": 106.25 });
            let body = json!({ "kind": "home_visit", "grid": GRID, "place": place });
            tasks.push(manager.make(&body).await);
        }
        let mut claims = JoinSet::new();
        for task in tasks.clone() {
            let volunteer = volunteer.clone();
            claims.spawn(
                async move { volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status },
            );
        }
        let suspend = json!({ "state": "suspended", "reason": "x" });
        assert_eq!(manager.patch(&path, &suspend).await.status, 200);
        for status in claims.join_all().await {
            assert!(matches!(status, 200 | 401), "{status}");
        }
        for task in tasks {
            let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
            assert_eq!(task["state"], "open", "{task}");
        }
        let restore = json!({ "state": "active", "reason": "x" });
        assert_eq!(manager.patch(&path, &restore).await.status, 200);
    }
}
