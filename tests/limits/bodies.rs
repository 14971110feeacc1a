//! Limits of request bodies, of connections and of their requests.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rstest::rstest;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

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

/// A sign-in whose body does not come, from a client behind the proxy.
async fn stalled_sign_in(server: &Server, from: &str) -> TcpStream {
    stalled(server, head(&format!("content-length: 10\r\nx-forwarded-for: {from}\r\n"))).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_strangers_do_not_refuse_a_slow_phone_with_a_token(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.files = Some(512);
    database.trust_proxies();
    let server = Server::small(database);
    let volunteer = server.volunteer().await;
    let networks = (0..4).map(|network| format!("10.0.{network}.1"));
    let from: Vec<String> = networks.flat_map(|from| std::iter::repeat_n(from, 60)).collect();
    let _held = join_all(from.iter().map(|from| stalled_sign_in(&server, from))).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let mut stranger = stalled_sign_in(&server, "10.0.9.1").await;
    let refused = answer(&mut stranger).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "their memory is taken: {refused}");
    let body = json!({ "commands": [] }).to_string();
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        volunteer.token.as_deref().expect("a token"),
        body.len(),
    );
    let mut phone = stalled(&server, head).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    phone.write_all(body.as_bytes()).await.expect("a slow body");
    let synced = answer(&mut phone).await;
    assert!(synced.starts_with("HTTP/1.1 200 "), "{synced}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_with_unfinished_heads_leaves_connections_to_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.files = Some(256);
    database.set("GRIDWARD_CONNECTIONS_PER_ADDRESS", "40");
    let server = Server::small(database);
    let to = server.base.trim_start_matches("http://").parse().expect("an address");
    let half_a_head = async || {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.2:0".parse().expect("an address")).expect("a port");
        let mut stream = socket.connect(to).await.expect("a connection");
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await;
        stream
    };
    let mut held = Vec::new();
    for _ in 0..300 {
        held.push(half_a_head().await);
    }
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(server.stranger().get("/healthz").await.status, 200);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    let mut beyond = held.pop().expect("a connection");
    assert_eq!(answer(&mut beyond).await, "", "it is closed at once");
}
