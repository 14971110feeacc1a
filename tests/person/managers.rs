//! People: lists, masks, and the single manager of a grid.

use rstest::rstest;
use serde_json::json;

use crate::support::files::person_id;
use crate::support::{Backend, FAR_GRID, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_sees_the_grids_people_with_masked_phones(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let people = manager.get("/v1/people").await;
    let people = people.body["items"].as_array().expect("a list").clone();
    assert_eq!(people.len(), 3);
    assert!(people.iter().all(|person| person["area"] == GRID));
    assert!(
        people
            .iter()
            .all(|person| person["phone"].as_str().expect("a phone").starts_with("100****"))
    );
    let far = manager.get(&format!("/v1/people/{}", person_id(13))).await;
    assert_eq!(far.status, 404);
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.get("/v1/people").await.problem(), "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_changes_its_manager_in_one_step(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let appointed = supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!((appointed.status, &appointed.body["role"]), (200, &json!("manager")));
    let managers = supervisor.get(&format!("/v1/people?area={GRID}&role=manager")).await;
    let managers = managers.body["items"].as_array().expect("a list").clone();
    assert_eq!(managers.len(), 1);
    assert_eq!(managers[0]["id"], person_id(21));
    let before = supervisor.get(&format!("/v1/people/{}", person_id(11))).await;
    assert_eq!(before.body["role"], "volunteer");
    // A repeated appointment changes nothing.
    let again = supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &appointed.body["version"]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_cannot_be_taken_from_another_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let refused = supervisor.appoint(GRID, &person_id(13)).await;
    assert_eq!((refused.status, refused.problem()), (409, "not_a_candidate"));
    for grid in [GRID, FAR_GRID] {
        let managers = supervisor.get(&format!("/v1/people?area={grid}&role=manager")).await;
        assert_eq!(managers.body["items"].as_array().expect("a list").len(), 1, "{grid}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_change_at_once_with_the_manager(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let (before, after) = (server.manager().await, server.volunteer().await);
    assert_eq!(before.get("/v1/people").await.status, 200);
    assert_eq!(after.get("/v1/people").await.status, 403);
    supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!(before.get("/v1/people").await.status, 403);
    assert_eq!(after.get("/v1/people").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_supervisors_appoint_managers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    assert_eq!(manager.appoint(GRID, &person_id(21)).await.status, 403);
    let far = server.far_manager().await;
    assert_eq!(far.appoint(GRID, &person_id(21)).await.status, 404);
    let auditor = server.auditor().await;
    assert_eq!(auditor.appoint(GRID, &person_id(21)).await.status, 403);
}
