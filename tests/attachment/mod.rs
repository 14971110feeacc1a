//! Attachments: resumed after an interruption, verified against the announcement,
//! readable only with permission.

mod access;
mod photos;
mod protocol;
mod uploads;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Algorithm, SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use uuid::Uuid;

use crate::support::chain::hex;
use crate::support::files::BENEFICIARY;
use crate::support::server::Answer;
use crate::support::{Caller, Server};

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
