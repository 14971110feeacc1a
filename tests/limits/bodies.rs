//! Limits of request bodies, of connections and of their requests.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::{answer, stalled};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server};

/// The head of a sign-in; `rest` are further header lines.
fn head(rest: &str) -> String {
    format!(
        "POST /v1/auth/sign-in HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{rest}\r\n"
    )
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_bodies_leave_files_for_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.files = Some(256);
    let server = Server::small(database);
    let mut held = Vec::new();
    for _ in 0..300 {
        held.push(stalled(&server, head("content-length: 10\r\n")).await);
    }
    // The connections beyond the limit of slow bodies are refused and closed.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for _ in 0..4 {
        let began = Instant::now();
        let stranger = server.stranger();
        assert_eq!(stranger.get("/healthz").await.status, 200);
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(1), "{waited:?}");
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(server.manager().await.get("/v1/me").await.status, 200, "others sign in");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_arrive_in_time_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.set("GRIDWARD_BODY_SECONDS", "1");
    let server = Server::small(database);
    for rest in ["content-length: 10\r\n", "transfer-encoding: chunked\r\n"] {
        let mut stream = stalled(&server, head(rest)).await;
        let answer = answer(&mut stream).await;
        assert!(
            answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"),
            "{answer}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_closed_if_its_chunked_body_was_not_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let head = "POST /v1/tasks HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = stalled(&server, head).await;
    let answer = answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[test]
fn too_few_files_stop_the_start() {
    let mut database = Database::sqlite();
    database.files = Some(60);
    let started = gridward(&database, &["serve"]).output().expect("it runs");
    assert!(!started.status.success());
    assert!(said(&started).contains("the limit of open files is 60"), "{}", said(&started));
}
