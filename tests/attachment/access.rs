//! Permissions to upload, read and delete attachments.

use insta::assert_json_snapshot;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::{announce, bytes, claimed, files_in, photo, send};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Caller, Server, phones};

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
