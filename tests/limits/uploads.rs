//! Limits of uploads: one writer each, little memory, none forgotten.

use std::time::Duration;

use rstest::rstest;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use super::{answer, stalled};
use crate::attachment::{announce, bytes, claimed, files_in, offset, photo, send};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Server};

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
    let server = Server::small(Backend::Postgres);
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
    for _ in 0..600 {
        if parts() == 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(parts(), 5, "parts of 256 KiB are stored as they come");
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
    // The parts that a crash left without an upload.
    let left = server.database.attachments().join(format!("parts/500116/{old}-0/000000000000-0"));
    std::fs::create_dir_all(left.parent().expect("a folder")).expect("a folder");
    std::fs::write(&left, "left").expect("a file");
    let run = gridward(&server.database, &["jobs", "run", "expired_uploads"]).output();
    assert_eq!(said(&run.expect("it runs")), "500116: succeeded, 1 processed\n");
    assert!(!left.exists());
    assert_eq!(offset(&volunteer, new).await, 1000);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_request_does_not_end_the_present_upload(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let (id, photo) = (Uuid::now_v7(), photo());
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", &photo).await.status, 201);
    let mut present =
        stalled_upload(&server, &volunteer, id, &photo, 300_000, "connection: close\r\n").await;
    let mut counted = 0;
    for _ in 0..100 {
        counted = offset(&volunteer, id).await;
        if counted > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let late = send(&volunteer, id, 0, &photo).await;
    assert_eq!((late.status, late.problem()), (409, "upload_offset"));
    assert_eq!(late.body["current"]["upload_offset"], counted);
    present.write_all(&photo[300_000..]).await.expect("bytes that are sent");
    let done = answer(&mut present).await;
    assert!(done.starts_with("HTTP/1.1 204 "), "{done}");
    assert_eq!(bytes(&volunteer, id).await, (200, photo));
}
