//! A repeated call gets its stored answer only while its sender may still make the call.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;

use super::calls::calls;
use crate::contract::document;
use crate::support::files::person_id;
use crate::support::server::Answer;
use crate::support::{Backend, OTHER_GRID, Server, phones};

/// Status and problem code of an answer.
fn verdict(answer: &Answer) -> (u16, Option<String>) {
    (answer.status, answer.body["code"].as_str().map(ToOwned::to_owned))
}

/// The operations of the contract whose answers are stored.
fn stored_operations() -> BTreeSet<String> {
    let document = document();
    let items = document["paths"].as_object().expect("paths").values();
    let posts = items.filter_map(|item| item.get("post"));
    let stored = posts.filter(|post| {
        let headers = post["responses"].as_object().expect("responses").values();
        headers.into_iter().any(|answer| answer["headers"]["Idempotency-Replayed"].is_object())
    });
    stored.map(|post| post["operationId"].as_str().expect("an id").to_owned()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_call_is_judged_like_a_new_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("role = 'auditor'", "MOVED")] change: &str,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let admin = server.sign_in(phones::ADMIN).await;
    let calls = calls(&manager, &supervisor, &admin).await;
    let covered: BTreeSet<_> = calls.iter().map(|call| call.operation.to_owned()).collect();
    assert_eq!(covered, stored_operations(), "a keyed operation without a call in this test");
    for call in &calls {
        for replayed in ["false", "true"] {
            let answer = call.send(call.operation).await;
            assert!(answer.status < 300, "{}: {}", call.operation, answer.body);
            assert_eq!(answer.headers["Idempotency-Replayed"], replayed, "{}", call.operation);
        }
    }
    let (manager_now, supervisor_now) = match change {
        "MOVED" => (format!("role = 'volunteer', area = '{OTHER_GRID}'"), "area = '500116002'"),
        role => (role.to_owned(), role),
    };
    server.database.execute(&format!(
        "UPDATE people SET {manager_now} WHERE id = '{}';
         UPDATE people SET {supervisor_now} WHERE id IN ('{}', '{}');",
        person_id(11),
        person_id(1),
        person_id(8)
    ));
    // Another server sees a changed role within five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let mut denied = 0;
    for call in &calls {
        let another = format!("{}-again", call.operation);
        let (replayed, fresh) = (call.send(call.operation).await, call.send(&another).await);
        if [403, 404, 422].contains(&fresh.status) {
            assert_eq!(verdict(&replayed), verdict(&fresh), "{}", call.operation);
            denied += 1;
        }
    }
    // A person who moved may go on with a task in hand, and enters the own absence in any role.
    let expected = if change == "MOVED" { calls.len() / 2 } else { calls.len() - 1 };
    assert!(denied >= expected, "{denied} of {}", calls.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_is_not_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    for n in 0..20 {
        let path = "/v1/tasks/018d622e-0000-7000-8000-00000000ffff/claim";
        let request = volunteer.request(Method::POST, path);
        let answer = volunteer.send(request.header("Idempotency-Key", format!("k{n}"))).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(server.database.count("commands"), 0);
}
