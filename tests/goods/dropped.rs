//! A planned hand-out that a merge drops is dated, so that it is kept for the years of its item and no longer.

use chrono::{Days, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{VILLAGE, put_item, receive, rice};
use crate::support::files::beneficiary_id;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Server};

async fn about(caller: &Caller, home: &str, command: &str, body: &Value) {
    let path = format!("/v1/beneficiaries/{home}");
    let version = caller.get(&path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/{command}")).json(body);
    let done = caller.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(done.status, 200, "{command}: {}", done.body);
}

/// Hands rice out to the beneficiary; answers the id.
async fn hand_out(caller: &Caller, home: &str) -> String {
    let handed = caller.post("/v1/handouts", &rice(home, &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    handed.body["id"].as_str().expect("an id").to_owned()
}

/// The only hand-out of the beneficiary.
async fn handout(caller: &Caller, home: &str) -> Value {
    let listed = caller.get(&format!("/v1/handouts?beneficiary_id={home}")).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    listed["items"][0].clone()
}

/// Merges an entry whose hand-out is planned with its duplicate, which has the goods; answers the id of the planned one.
async fn merge(server: &Server, supervisor: &Caller, (kept, duplicate): (&str, &str)) -> String {
    let planned = hand_out(supervisor, kept).await;
    let plan = "UPDATE handouts SET state = 'planned', person = NULL, at = NULL";
    server.database.execute(&format!("{plan} WHERE id = '{planned}'"));
    hand_out(supervisor, duplicate).await;
    about(supervisor, kept, "merge", &json!({ "other_id": duplicate })).await;
    planned
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_hand_out_is_deleted_after_the_years_of_its_item_and_planned_again_by_the_undo(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({ "keep_years": 5 })).await;
    receive(&supervisor, "rice", VILLAGE, 9).await;
    let homes = [1, 2, 3, 4].map(beneficiary_id);
    let [first, its_duplicate, third, fourth] = homes.each_ref().map(String::as_str);

    let planned = merge(&server, &supervisor, (first, its_duplicate)).await;
    let dropped = handout(&supervisor, its_duplicate).await;
    assert_eq!((&dropped["id"], &dropped["state"]), (&json!(planned), &json!("returned")));
    assert!(dropped["at"].is_string() && dropped["by"].is_null(), "{dropped}");
    about(&supervisor, first, "merge/undo", &json!({ "other_id": its_duplicate })).await;
    let again = handout(&supervisor, first).await;
    assert_eq!((&again["id"], &again["state"]), (&json!(planned), &json!("planned")));
    assert!(again["at"].is_null() && again["reason"].is_null(), "{again}");

    let planned = merge(&server, &supervisor, (third, fourth)).await;
    let run = || {
        let output = gridward(&server.database, &["jobs", "run", "ended_records"]).output();
        said(&output.expect("it runs"))
    };
    assert!(run().contains("succeeded, 0 processed"), "all is kept");
    // What has no time stays without one.
    let old = (Utc::now() - Days::new(6 * 366)).format("%F").to_string();
    server.database.execute(&format!(
        "UPDATE handouts SET at = '{old} 09:00:00' WHERE state = 'returned' AND at IS NOT NULL"
    ));
    assert!(run().contains("succeeded, 1 processed"));
    let left = server.database.texts("SELECT id AS text FROM handouts");
    assert!(left.len() == 3 && !left.contains(&planned), "{left:?}");
}
