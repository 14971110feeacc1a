//! Uploads: resumed after an interruption, and verified against the announcement.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use insta::assert_json_snapshot;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::{announce, announce_as, bytes, claimed, files_in, offset, photo, send, sum};
use crate::support::server::Answer;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Caller, Server};

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
