//! The visitor of a beneficiary of another grid opens cases for the beneficiary, on which the staff of that grid works.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{hardship, open, read, server};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, FAR_GRID, GRID};

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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_from_another_grid_opens_cases_for_72_hours_after_the_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, named) = (server.supervisor().await, server.other_manager().await);
    let path = format!("/v1/tasks/{}", supervisor.make_task(BENEFICIARY).await);
    let to = json!({ "person_id": person_id(12), "force": true });
    assert_eq!(supervisor.post(&format!("{path}/reassign"), &to).await.status, 200);
    assert_eq!(named.act(&format!("{path}/accept")).await.status, 200);
    let report = json!({ "outcome": "done" });
    let done = named.post(&format!("{path}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
    open(&named, hardship()).await;
    let ended = (chrono::Utc::now() - chrono::Days::new(4)).format("%F %T");
    server.database.execute(&format!("UPDATE tasks SET updated_at = '{ended}'"));
    let late = named.post("/v1/cases", &hardship()).await;
    let pointer = &late.body["errors"][0]["pointer"];
    assert_eq!((late.status, pointer), (422, &json!("/beneficiary_id")), "{}", late.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visitor_at_a_temporary_stay_opens_a_case_in_the_grid_of_the_home(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, far) = (server.supervisor().await, server.far_manager().await);
    let stay = json!({
        "grid": FAR_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.272 },
        "first_day": day(-1), "last_day": day(9),
    });
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/stay");
    let put = supervisor.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    assert_eq!(supervisor.send(put.json(&stay)).await.status, 200);
    assert_eq!(far.post("/v1/cases", &hardship()).await.status, 422, "no visit");
    let path = format!("/v1/tasks/{}", supervisor.make_task(BENEFICIARY).await);
    let to = json!({ "person_id": person_id(13) });
    assert_eq!(supervisor.post(&format!("{path}/reassign"), &to).await.status, 200);
    let case = open(&far, hardship()).await;
    assert_eq!(read(&server.manager().await, &case).await["area"], GRID);
}
