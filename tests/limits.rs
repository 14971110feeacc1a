//! Limits: sign-in attempts, bodies, connections, uploads, daily amounts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::attachments::{announce, bytes, claimed, files_in, offset, photo, send};
use crate::support::phone::command;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, Database, PASSWORD, Server, phones};

/// A server behind a proxy on this machine, so that a test can call from any address.
fn behind_a_proxy(backend: Backend) -> Server {
    let mut database = Database::from(backend);
    database.set("GRIDWARD_TRUSTED_PROXIES", "127.0.0.0/8");
    database.set("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example");
    Server::small(database)
}

/// A sign-in of `phone` with `password` from the address `from`.
async fn sign_in(caller: &Caller, phone: &str, password: &str, from: &str) -> Answer {
    let body = json!({ "phone": phone, "password": password });
    let request = caller.request(Method::POST, "/v1/auth/sign-in").json(&body);
    caller.send(request.header("X-Forwarded-For", from)).await
}

/// The number of answers of each status.
fn by_status(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_delays_only_the_strangers_own_address(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = behind_a_proxy(backend);
    server.manager().await;
    let stranger = server.stranger();
    let mut guesses = 0;
    loop {
        let guess = format!("a wrong guess {guesses}");
        if sign_in(&stranger, phones::MANAGER, &guess, "198.51.100.7").await.status == 429 {
            break;
        }
        guesses += 1;
    }
    assert!(guesses >= 5, "{guesses}");
    let refused = sign_in(&stranger, phones::MANAGER, PASSWORD, "198.51.100.8").await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"));
    let header = |name: &str| refused.headers[name].to_str().expect("a text").to_owned();
    assert!(header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    assert_eq!(header("ratelimit-policy").split(';').next(), Some("\"sign-in-failures\""));
    let owner = sign_in(&stranger, phones::MANAGER, PASSWORD, "203.0.113.9").await;
    assert_eq!(owner.status, 200, "{}", owner.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_at_the_same_address_delays_no_device_with_a_session(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = behind_a_proxy(backend);
    server.database.set("GRIDWARD_SIGN_INS_PER_MINUTE", "20");
    server.kill_and_restart();
    server.manager().await;
    let (shared, stranger) = ("198.51.100.7", server.stranger());
    let attempt = async |refresh_token: Option<&str>, password: &str| {
        let body = json!({
            "phone": phones::MANAGER, "password": password, "refresh_token": refresh_token,
            "device": { "name": "phone", "kind": "phone" },
        });
        let request = stranger.request(Method::POST, "/v1/auth/sign-in").json(&body);
        stranger.send(request.header("X-Forwarded-For", shared)).await
    };
    let signed_in = attempt(None, PASSWORD).await;
    let token = signed_in.body["refresh_token"].as_str().expect("a token").to_owned();
    for number in 0..25 {
        sign_in(&stranger, &format!("199000000{number}"), "a guess", shared).await;
    }
    for guess in 0.. {
        let guess = format!("guess {guess}");
        let refused = sign_in(&stranger, phones::MANAGER, &guess, shared).await;
        // The delay is long enough for the next lines.
        let wait = refused.headers.get("retry-after").and_then(|wait| wait.to_str().ok());
        if wait.and_then(|wait| wait.parse::<u64>().ok()).is_some_and(|seconds| seconds > 4) {
            break;
        }
    }
    assert_eq!(attempt(None, PASSWORD).await.status, 429, "an unknown device waits");
    let refresh = |token: &str| {
        let request = stranger.request(Method::POST, "/v1/auth/refresh");
        let request = request.json(&json!({ "refresh_token": token }));
        stranger.send(request.header("X-Forwarded-For", shared))
    };
    assert_eq!(refresh(&token).await.status, 200, "a refresh hashes nothing");
    assert_eq!(attempt(Some(&token), PASSWORD).await.status, 200, "its token is known");
    // The limits of the device itself remain.
    for guess in 0..8 {
        attempt(Some(&token), &format!("a wrong guess {guess}")).await;
    }
    let refused = attempt(Some(&token), PASSWORD).await;
    assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"));
    // A server that has just started knows the device from the table.
    server.kill_and_restart();
    let stranger = server.stranger();
    for number in 0..25 {
        sign_in(&stranger, &format!("199000000{number}"), "a guess", shared).await;
    }
    let body = json!({ "phone": phones::MANAGER, "password": PASSWORD, "refresh_token": token });
    let request = stranger.request(Method::POST, "/v1/auth/sign-in").json(&body);
    let known = stranger.send(request.header("X-Forwarded-For", shared)).await;
    assert_eq!(known.status, 200, "{}", known.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_old_password_counts_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.manager().await;
    let stranger = server.stranger();
    for _ in 0..30 {
        let old = sign_in(&stranger, phones::MANAGER, "the password of last year", "").await;
        assert_eq!((old.status, old.problem()), (401, "wrong_credentials"));
    }
    assert_eq!(sign_in(&stranger, phones::MANAGER, PASSWORD, "").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn correct_passwords_sent_together_are_all_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.manager().await;
    let mut under_way = JoinSet::new();
    for _ in 0..40 {
        let stranger = server.stranger();
        under_way
            .spawn(async move { sign_in(&stranger, phones::MANAGER, PASSWORD, "").await.status });
    }
    assert!(under_way.join_all().await.into_iter().all(|status| status == 200));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_distributed_attack_shuts_out_neither_a_known_nor_a_new_device(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = behind_a_proxy(backend);
    server.manager().await;
    let owner = server.stranger();
    assert_eq!(sign_in(&owner, phones::MANAGER, PASSWORD, "203.0.113.9").await.status, 200);
    let mut attack = JoinSet::new();
    for prefix in 0..60 {
        let stranger = server.stranger();
        attack.spawn(async move {
            let mut answers = Vec::new();
            for guess in 0..8 {
                let (guess, from) = (format!("guess {prefix} {guess}"), format!("10.0.{prefix}.1"));
                answers.push(sign_in(&stranger, phones::MANAGER, &guess, &from).await);
            }
            answers
        });
    }
    let known = sign_in(&owner, phones::MANAGER, PASSWORD, "203.0.113.200").await;
    assert_eq!(known.status, 200, "during the attack: {}", known.body);
    let answers: Vec<Answer> = attack.join_all().await.into_iter().flatten().collect();
    let counts = by_status(&answers);
    assert!(counts.keys().all(|status| [401, 429].contains(status)), "{counts:?}");
    assert!(counts[&429] > 0, "the account's bucket is empty: {counts:?}");
    let new = sign_in(&owner, phones::MANAGER, PASSWORD, "192.0.2.50").await;
    assert_eq!(new.status, 200, "after the attack: {}", new.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_strangers_empties_the_bucket_of_their_address_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = behind_a_proxy(backend);
    server.database.set("GRIDWARD_SIGN_INS_PER_MINUTE", "3");
    server.kill_and_restart();
    server.manager().await;
    let stranger = server.stranger();
    let mut answers = Vec::new();
    for number in 0..6 {
        let phone = format!("1990000000{number}");
        answers.push(sign_in(&stranger, &phone, "a wrong guess", "198.51.100.7").await);
    }
    assert_eq!(by_status(&answers), BTreeMap::from([(401, 3), (429, 3)]));
    let policy = answers[5].headers["ratelimit-policy"].to_str().expect("a text");
    assert_eq!(policy, "\"sign-in-address\";q=3;w=60");
    assert_eq!(sign_in(&stranger, phones::MANAGER, PASSWORD, "203.0.113.9").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_district_is_answered_as_slowly_as_a_wrong_password(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    let mut shortest = Duration::MAX;
    for guess in 0..3 {
        let body = json!({ "district": "500999", "phone": phones::MANAGER, "password": format!("{guess}") });
        let began = Instant::now();
        let answer = stranger.post("/v1/auth/sign-in", &body).await;
        assert_eq!((answer.status, answer.problem()), (401, "wrong_credentials"));
        shortest = shortest.min(began.elapsed());
    }
    assert!(shortest.as_millis() >= 5, "it was hashed: {shortest:?}");
}

/// A connection on which these bytes were sent.
async fn stalled(server: &Server, sent: impl AsRef<[u8]>) -> TcpStream {
    let address = server.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(sent.as_ref()).await.expect("bytes that are sent");
    stream
}

/// The head of a sign-in; `rest` are further header lines.
fn head(rest: &str) -> String {
    format!(
        "POST /v1/auth/sign-in HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{rest}\r\n"
    )
}

/// The answer on a connection that the server then closes.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(8), read).await.expect("an end").expect("a text");
    answer
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

/// An upload of `photo` that stops after `sent` bytes; `rest` are further header lines.
async fn stalled_upload(
    server: &Server,
    caller: &Caller,
    id: Uuid,
    photo: &[u8],
    sent: usize,
    rest: &str,
) -> TcpStream {
    let head = format!(
        "PATCH /v1/attachments/{id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/offset+octet-stream\r\nupload-offset: 0\r\n\
         content-length: {}\r\n{rest}\r\n",
        caller.token.as_deref().expect("a token"),
        photo.len(),
    );
    stalled(server, [head.as_bytes(), &photo[..sent]].concat()).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_upload_of_an_attachment_ends_the_old_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let mut old = stalled_upload(&server, &volunteer, id, &photo, 100_000, "").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let new = send(&volunteer, id, 0, &photo).await;
    assert_eq!((new.status, new.problem()), (409, "upload_offset"));
    assert_eq!(new.body["current"]["upload_offset"], 100_000, "the old one's bytes are kept");
    assert!(answer(&mut old).await.starts_with("HTTP/1.1 204 "));
    assert_eq!(send(&volunteer, id, 100_000, &photo[100_000..]).await.status, 204);
    assert_eq!(bytes(&volunteer, id).await, (200, photo));
}

/// Two servers that share a folder, like servers that share a bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_upload_does_not_replace_a_part_that_was_counted() {
    let server = Server::small(Database::postgres());
    let other = server.another();
    let (here, task) = claimed(&server).await;
    let there = other.bearer(here.token.as_deref().expect("a token"));
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&here, &task, id, "image/jpeg", &photo).await.status, 201);
    let close = "connection: close\r\n";
    let mut late = stalled_upload(&server, &here, id, &photo, 100_000, close).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(send(&there, id, 0, &photo[..300_000]).await.status, 204);
    late.write_all(&photo[100_000..]).await.expect("bytes that are sent");
    let refused = answer(&mut late).await;
    assert!(refused.starts_with("HTTP/1.1 409 "), "{refused}");
    assert_eq!(offset(&there, id).await, 300_000);
    assert_eq!(send(&there, id, 300_000, &photo[300_000..]).await.status, 204);
    assert_eq!(bytes(&there, id).await, (200, photo));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_with_a_checksum_is_not_held_in_memory(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let sum = format!("upload-checksum: sha1 {}=\r\n", "A".repeat(27));
    let _stalled = stalled_upload(&server, &volunteer, id, &photo, 1_400_000, &sum).await;
    let parts = || files_in(&server.database.attachments().join("parts")).len();
    for _ in 0..100 {
        if parts() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(parts(), 1, "the first MiB is stored");
    assert_eq!(offset(&volunteer, id).await, 0, "and not counted before it is verified");
    assert_eq!(send(&volunteer, id, 0, &photo).await.status, 204);
    assert_eq!(bytes(&volunteer, id).await, (200, photo));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_were_never_finished_are_deleted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let photo = photo();
    let (old, new) = (Uuid::now_v7(), Uuid::now_v7());
    for id in [old, new] {
        assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
        assert_eq!(send(&volunteer, id, 0, &photo[..1000]).await.status, 204);
    }
    let sql = "UPDATE attachments SET created_at = '2026-01-01 00:00:00' WHERE id = ";
    server.database.execute(&format!("{sql}'{old}'"));
    let run = gridward(&server.database, &["jobs", "run", "expired_uploads"]).output();
    assert_eq!(said(&run.expect("it runs")), "500116: succeeded, 1 processed\n");
    assert_eq!(files_in(&server.database.attachments().join("parts")).len(), 1);
    assert_eq!(offset(&volunteer, new).await, 1000);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_a_limited_number_of_streams(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let open = async || {
        let request = volunteer.request(Method::GET, "/v1/events/stream");
        request.send().await.expect("an answer")
    };
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(open().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    let refused = open().await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_stores_a_limited_number_of_reports_in_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let mut outcomes = BTreeMap::new();
    let mut last = Vec::new();
    for _ in 0..4 {
        let reports: Vec<_> = (0..80)
            .map(|_| command("task.report", &task, json!({ "outcome": "went_well" })))
            .collect();
        let answer = volunteer.post("/v1/sync", &json!({ "commands": reports })).await;
        last = answer.body["results"].as_array().expect("results").clone();
        for result in &last {
            *outcomes.entry(result["outcome"].to_string()).or_insert(0) += 1;
        }
    }
    let expected = [("\"recorded\"", 300), ("\"retry\"", 20)];
    assert_eq!(outcomes, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(last[79]["problem"]["code"], "too_many_requests");
}
