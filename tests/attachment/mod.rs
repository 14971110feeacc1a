//! Attachments: resumed after an interruption, verified against the announcement,
//! readable only with permission.

mod photos;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use insta::assert_json_snapshot;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use crate::support::chain::hex;
use crate::support::files::BENEFICIARY;
use crate::support::server::Answer;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Caller, Server, phones};

/// A photo of about 1.5 MB.
pub(crate) fn photo() -> Vec<u8> {
    let noise = (0..1_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
    [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(noise).collect()
}

pub(crate) async fn announce(
    caller: &Caller,
    task: &str,
    id: Uuid,
    media: &str,
    bytes: &[u8],
) -> Answer {
    let hash = hex(digest(&SHA256, bytes).as_ref());
    announce_as(caller, task, id, media, bytes.len(), &hash).await
}

async fn announce_as(
    caller: &Caller,
    task: &str,
    id: Uuid,
    media: &str,
    length: impl Display,
    hash: &str,
) -> Answer {
    let encode = |word: &str, value: &str| format!("{word} {}", BASE64_STANDARD.encode(value));
    let metadata = [
        encode("id", &id.to_string()),
        encode("task_id", task),
        encode("type", media),
        encode("sha256", hash),
    ];
    let request = caller
        .request(Method::POST, "/v1/attachments")
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", length.to_string())
        .header("Upload-Metadata", metadata.join(","));
    caller.send(request).await
}

pub(crate) async fn send(caller: &Caller, id: Uuid, offset: usize, bytes: &[u8]) -> Answer {
    let request = caller
        .request(Method::PATCH, &format!("/v1/attachments/{id}"))
        .header("Content-Type", "application/offset+octet-stream")
        .header("Upload-Offset", offset)
        .body(bytes.to_vec());
    caller.send(request).await
}

/// Uploads `content` as a whole.
pub(crate) async fn upload(caller: &Caller, task: &str, id: Uuid, media: &str, content: &[u8]) {
    assert_eq!(announce(caller, task, id, media, content).await.status, 201);
    assert_eq!(send(caller, id, 0, content).await.status, 204);
}

/// A PATCH with `Upload-Checksum`.
async fn send_with(caller: &Caller, id: Uuid, offset: usize, bytes: &[u8], sum: &str) -> Answer {
    let request = caller
        .request(Method::PATCH, &format!("/v1/attachments/{id}"))
        .header("Content-Type", "application/offset+octet-stream")
        .header("Upload-Offset", offset)
        .header("Upload-Checksum", sum)
        .body(bytes.to_vec());
    caller.send(request).await
}

fn sum(name: &str, algorithm: &'static Algorithm, bytes: &[u8]) -> String {
    format!("{name} {}", BASE64_STANDARD.encode(digest(algorithm, bytes)))
}

pub(crate) async fn offset(caller: &Caller, id: Uuid) -> usize {
    let head = caller.request(Method::HEAD, &format!("/v1/attachments/{id}"));
    let answer = caller.send(head).await;
    assert_eq!(answer.status, 200);
    answer.headers["Upload-Offset"].to_str().expect("text").parse().expect("a number")
}

pub(crate) async fn bytes(caller: &Caller, id: Uuid) -> (u16, Vec<u8>) {
    let answer = caller.request(Method::GET, &format!("/v1/attachments/{id}")).send().await;
    let answer = answer.expect("an answer");
    (answer.status().as_u16(), answer.bytes().await.expect("bytes").to_vec())
}

/// All files in `folder` and its subfolders; none if it does not exist.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

pub(crate) async fn claimed(server: &Server) -> (Caller, String) {
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    (volunteer, task)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_is_resumed_where_it_broke_off_even_by_a_kill(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    // The report arrives first and names an attachment that is not yet uploaded.
    let report = json!({ "outcome": "done", "attachments": [id] });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    for _ in 0..2 {
        let announced = announce(&volunteer, &task, id, "image/jpeg", &photo).await;
        assert_eq!(announced.status, 201, "{}", announced.body);
        assert_eq!(announced.headers["Location"], format!("/v1/attachments/{id}").as_str());
    }
    assert_eq!(send(&volunteer, id, 0, &photo[..300_000]).await.status, 204);
    assert_eq!(bytes(&volunteer, id).await.0, 404);
    server.kill_and_restart();
    let volunteer = server.bearer(volunteer.token.as_deref().expect("a token"));
    assert_eq!(offset(&volunteer, id).await, 300_000);
    let wrong = send(&volunteer, id, 0, &photo[..10]).await;
    assert_eq!((wrong.status, &wrong.body["current"]["upload_offset"]), (409, &json!(300_000)));
    assert_eq!(send(&volunteer, id, 300_000, &photo[300_000..]).await.status, 204);
    let (status, whole) = bytes(&volunteer, id).await;
    assert!(status == 200 && whole == photo, "{status}, {} bytes", whole.len());
    // The stored file is at least as long as the photo, and encrypted.
    let files = files_in(&server.database.attachments().join("whole"));
    let [file] = files.as_slice() else { panic!("one file, not {files:?}") };
    let stored = std::fs::read(file).expect("bytes");
    assert!(stored.len() >= photo.len(), "{} bytes", stored.len());
    assert!(stored.windows(64).all(|part| part != &photo[1000..1064]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_unlike_its_announcement_is_discarded_and_may_be_repeated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(
        announce_as(&volunteer, &task, id, "image/jpeg", photo.len(), &"0".repeat(64)).await.status,
        201
    );
    let other = send(&volunteer, id, 0, &photo).await;
    assert_eq!((other.status, other.problem()), (422, "invalid"), "{}", other.body);
    let script = b"<script>alert(1)</script>";
    assert_eq!(announce(&volunteer, &task, id, "image/png", script).await.status, 201);
    assert_eq!(send(&volunteer, id, 0, script).await.status, 422);
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let long = [photo.clone(), vec![0]].concat();
    assert_eq!(send(&volunteer, id, 0, &long).await.status, 413);
    let at = offset(&volunteer, id).await;
    assert_eq!(send(&volunteer, id, at, &photo[at..]).await.status, 204);
    assert_eq!(bytes(&volunteer, id).await.0, 200);
    // The id is in use, for any caller.
    let same_id = announce(&volunteer, &task, id, "image/png", &photo).await;
    assert_eq!((same_id.status, same_id.problem()), (409, "attachment_known"));
    assert_json_snapshot!("problem_attachment_known", same_id.shown());
    let huge = announce_as(
        &volunteer,
        &task,
        Uuid::now_v7(),
        "image/jpeg",
        10 * 1024 * 1024 + 1,
        &"0".repeat(64),
    )
    .await;
    assert_eq!(huge.status, 413);
    assert_json_snapshot!("problem_body_too_large", huge.shown());
    let voice = announce_as(
        &volunteer,
        &task,
        Uuid::now_v7(),
        "audio/ogg",
        6 * 1024 * 1024,
        &"0".repeat(64),
    )
    .await;
    assert_eq!(voice.status, 413);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_options_request_lists_the_upload_features(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let told = volunteer.send(volunteer.request(Method::OPTIONS, "/v1/attachments")).await;
    assert_eq!(told.status, 204);
    for (name, value) in [
        ("Tus-Resumable", "1.0.0"),
        ("Tus-Version", "1.0.0"),
        ("Tus-Extension", "creation,expiration,checksum,termination"),
        ("Tus-Max-Size", "10485760"),
        ("Tus-Checksum-Algorithm", "sha1,sha256"),
    ] {
        assert_eq!(told.headers[name], value);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_is_digits_alone(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let hash = hex(digest(&SHA256, b"12345").as_ref());
    for length in ["+5", "-5", "5.0", "5e0", "0", "", "99999999999999999999"] {
        let refused =
            announce_as(&volunteer, &task, Uuid::now_v7(), "image/png", length, &hash).await;
        let field = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, field), (400, &json!("Upload-Length")), "{length}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_version_of_the_protocol_is_refused_with_the_supported_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let path = format!("/v1/attachments/{id}");
    for (method, path) in [
        (Method::POST, "/v1/attachments"),
        (Method::HEAD, path.as_str()),
        (Method::PATCH, path.as_str()),
        (Method::DELETE, path.as_str()),
    ] {
        let request = volunteer.request(method.clone(), path).header("Tus-Resumable", "0.2.2");
        let refused = volunteer.send(request).await;
        assert_eq!(
            (refused.status, &refused.headers["Tus-Version"]),
            (412, &"1.0.0".parse().expect("a version")),
            "{method}"
        );
        if method != Method::HEAD {
            assert_eq!(refused.problem(), "tus_version", "{method}");
        }
    }
    assert_eq!(offset(&volunteer, id).await, 0, "it was neither written nor deleted");
    let request = volunteer.request(Method::PATCH, &path).header("Tus-Resumable", "one");
    assert_eq!(volunteer.send(request).await.problem(), "bad_request");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_with_a_wrong_checksum_are_not_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let sha1 = |bytes: &[u8]| sum("sha1", &SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let sha256 = |bytes: &[u8]| sum("sha256", &SHA256, bytes);
    let (first, rest) = photo.split_at(1_200_000);
    let mut damaged = first.to_vec();
    damaged[700_000] ^= 1;
    for wrong in [sha1(first), sha256(first)] {
        let refused = send_with(&volunteer, id, 0, &damaged, &wrong).await;
        assert_eq!((refused.status, refused.problem()), (460, "checksum_mismatch"));
        assert_json_snapshot!("problem_checksum_mismatch", refused.shown());
        assert_eq!(offset(&volunteer, id).await, 0);
    }
    for unknown in ["md5 kAFQmDzST7DWlj99KOF/cg==", "sha1", ""] {
        assert_eq!(send_with(&volunteer, id, 0, first, unknown).await.status, 400, "{unknown}");
    }
    assert_eq!(send_with(&volunteer, id, 0, first, &sha1(first)).await.status, 204);
    let long = [rest, &[0]].concat();
    assert_eq!(send_with(&volunteer, id, 1_200_000, &long, &sha256(&long)).await.status, 413);
    assert_eq!(offset(&volunteer, id).await, 1_200_000);
    assert_eq!(send_with(&volunteer, id, 1_200_000, rest, &sha256(rest)).await.status, 204);
    assert_eq!(bytes(&volunteer, id).await, (200, photo));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_deleted_by_its_creator_until_it_is_complete(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    let give_up = async |caller: &Caller| {
        let path = format!("/v1/attachments/{id}");
        caller.send(caller.request(Method::DELETE, &path)).await
    };
    assert_eq!(give_up(&volunteer).await.status, 404);
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    // Each below the size at which a request is stored in several parts.
    for at in (0..600_000).step_by(200_000) {
        assert_eq!(send(&volunteer, id, at, &photo[at..at + 200_000]).await.status, 204);
    }
    let manager = server.manager().await;
    assert_eq!(give_up(&manager).await.status, 404, "it is not the manager's");
    let parts = || files_in(&server.database.attachments().join("parts")).len();
    assert_eq!(parts(), 3);
    let gone = give_up(&volunteer).await;
    assert_eq!(
        (gone.status, &gone.headers["Tus-Resumable"]),
        (204, &"1.0.0".parse().expect("a version"))
    );
    assert_eq!(parts(), 0);
    let head = volunteer.request(Method::HEAD, &format!("/v1/attachments/{id}"));
    assert_eq!(volunteer.send(head).await.status, 404);
    assert_eq!(send(&volunteer, id, 600_000, &photo[600_000..]).await.status, 404);
    // The id may identify another attachment now; once complete, that is evidence.
    let other = photo.iter().copied().chain([7]).collect::<Vec<u8>>();
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &other).await.status, 201);
    assert_eq!(send(&volunteer, id, 0, &other).await.status, 204);
    assert_eq!(parts(), 0);
    let more = send(&volunteer, id, other.len(), b"x").await;
    assert_eq!((more.status, more.problem()), (409, "attachment_complete"));
    assert_eq!(send(&volunteer, id, other.len(), b"").await.status, 204, "a lost answer");
    let kept = give_up(&volunteer).await;
    assert_eq!((kept.status, kept.problem()), (409, "attachment_complete"));
    assert_json_snapshot!("problem_attachment_complete", kept.shown());
    assert_eq!(bytes(&volunteer, id).await, (200, other));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_visitor_uploads_and_only_those_responsible_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    let second = server.second_volunteer().await;
    assert_eq!(announce(&second, &task, id, "image/jpeg", &photo).await.status, 404);
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    assert_eq!(send(&second, id, 0, &photo).await.status, 404);
    assert_eq!(send(&volunteer, id, 0, &photo).await.status, 204);
    for (phone, status) in [
        (phones::MANAGER, 200),
        (phones::SUPERVISOR, 200),
        (phones::SECOND_VOLUNTEER, 404),
        (phones::FAR_MANAGER, 404),
        (phones::AUDITOR, 403),
    ] {
        let caller = server.sign_in(phone).await;
        assert_eq!(bytes(&caller, id).await.0, status, "{phone}");
    }
    let auditor = server.auditor().await;
    let read = auditor.get("/v1/events?action=attachment.read").await;
    assert_eq!(read.body["items"].as_array().map(Vec::len), Some(2));
    for n in 1..=10 {
        let more = announce(&volunteer, &task, Uuid::now_v7(), "image/jpeg", &photo).await;
        // The new upload replaces the oldest incomplete one.
        assert_eq!(more.status, 201, "{n}");
    }
    // The visitor sees it again until 72 hours after the visit.
    let report = json!({ "outcome": "done", "attachments": [id] });
    let done = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!((done.status, bytes(&volunteer, id).await.0), (200, 200));
    let ended = (chrono::Utc::now() - chrono::Days::new(4)).format("%F %T");
    server.database.execute(&format!("UPDATE tasks SET updated_at = '{ended}'"));
    assert_eq!(bytes(&volunteer, id).await.0, 404);
}

/// Two servers that share a folder, like servers that share a bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_take_turns_at_one_photo() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let (here, task) = claimed(&server).await;
    let there = other.bearer(here.token.as_deref().expect("a token"));
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&here, &task, id, "image/jpeg", &photo).await.status, 201);
    for (n, at) in (0..photo.len()).step_by(200_000).enumerate() {
        let caller = if n % 2 == 0 { &here } else { &there };
        let to = photo.len().min(at + 200_000);
        assert_eq!(send(caller, id, at, &photo[at..to]).await.status, 204);
    }
    assert_eq!(bytes(&there, id).await, (200, photo));
}
