//! Answers that open sealed data are never stored.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reveal_is_never_stored_and_each_one_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let reveal = async || {
        let request = manager.request(Method::POST, &path).json(&json!({ "purpose": "visit" }));
        manager.send(request.header("Idempotency-Key", "reveal-1")).await
    };
    for recorded in 1..=2 {
        let answer = reveal().await;
        assert_eq!((answer.status, &answer.body["name"]), (200, &json!("周老兵1")));
        assert!(!answer.headers.contains_key("Idempotency-Replayed"));
        assert_eq!(supervisor.events("beneficiary.reveal").await.len(), recorded);
    }
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    let appointed = supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!(appointed.status, 200);
    assert_eq!(reveal().await.problem(), "forbidden");
    assert_eq!(supervisor.events("beneficiary.reveal").await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_reset_is_never_stored_and_each_one_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let path = format!("/v1/people/{}/password-reset", person_id(22));
    let reset = async || {
        let request = manager.request(Method::POST, &path).header("Idempotency-Key", "reset-1");
        manager.send(request).await
    };
    let mut passwords = BTreeSet::new();
    for recorded in 1..=2 {
        let answer = reset().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.headers.contains_key("Idempotency-Replayed"));
        passwords.insert(answer.body["one_time_password"].to_string());
        assert_eq!(supervisor.events("person.password_reset").await.len(), recorded);
    }
    assert_eq!(passwords.len(), 2, "each reset sets another password");
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    server
        .database
        .execute(&format!("UPDATE people SET role = 'volunteer' WHERE id = '{}'", person_id(11)));
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert_eq!(reset().await.problem(), "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upgrade_deletes_stored_reveals(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let claim = manager.request(Method::POST, &format!("/v1/tasks/{task}/claim"));
    assert_eq!(manager.send(claim.header("Idempotency-Key", "claim")).await.status, 200);
    let migration =
        include_str!("../../migrations/sqlite/2026-11-26-000014_no_stored_disclosures/up.sql");
    server.database.execute(migration);
    assert_eq!(server.database.count("commands"), 1, "effects stay");
    server.database.execute("UPDATE commands SET action = 'beneficiary.reveal'");
    server.database.execute(migration);
    assert_eq!(server.database.count("commands"), 0);
}
