//! The protocol of uploads (tus): its features, lengths and versions.

use aws_lc_rs::digest::{SHA256, digest};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::{announce, announce_as, claimed, offset, photo};
use crate::support::chain::hex;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_options_request_lists_the_upload_features(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let answer = volunteer.send(volunteer.request(Method::OPTIONS, "/v1/attachments")).await;
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("Tus-Resumable", "1.0.0"),
        ("Tus-Version", "1.0.0"),
        ("Tus-Extension", "creation,expiration,checksum,termination"),
        ("Tus-Max-Size", "10485760"),
        ("Tus-Checksum-Algorithm", "sha1,sha256"),
    ] {
        assert_eq!(answer.headers[name], value);
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
