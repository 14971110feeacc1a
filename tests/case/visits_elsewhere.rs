//! The visitor of a beneficiary of another grid opens cases for the beneficiary, on which the staff of that grid works.

use rstest::rstest;
use serde_json::json;

use super::{hardship, open, read, server};
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, GRID};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_opens_a_case_for_a_beneficiary_of_another_grid_while_the_visit_is_theirs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (named, volunteer) = (server.other_manager().await, server.other_volunteer().await);
    let refused = async || {
        let opened = named.post("/v1/cases", &hardship()).await;
        let pointer = &opened.body["errors"][0]["pointer"];
        assert_eq!((opened.status, pointer), (422, &json!("/beneficiary_id")), "{}", opened.body);
    };
    refused().await;
    let task = supervisor.make_task(BENEFICIARY).await;
    let give = async |person: u32| {
        let to = json!({ "person_id": person_id(person), "force": true });
        let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
    };
    give(12).await;
    let case = open(&named, hardship()).await;
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    assert_eq!(named.get(&path).await.status, 404, "it is the other grid's");
    let seen = read(&manager, &case).await;
    assert_eq!((&seen["id"], &seen["area"]), (&case["id"], &json!(GRID)));
    // A matter of the area itself is for its staff, and volunteers open no cases.
    let mut of_area = hardship();
    of_area["beneficiary_id"] = json!(null);
    of_area["area"] = json!(GRID);
    assert_eq!(named.post("/v1/cases", &of_area).await.status, 422);
    give(23).await;
    assert_eq!(volunteer.post("/v1/cases", &hardship()).await.status, 403);
    refused().await;
}
