//! Photos of reports: the list of a task's attachments, small copies, and photos on behalf.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{announce, bytes, claimed, photo, send, upload};
use crate::support::files::person_id;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// An image with lines, of a format.
fn image(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x, y, x + y].map(|at| u8::try_from(at % 256).unwrap_or(0)))
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("an image");
    bytes.into_inner()
}

/// A PNG of a few bytes whose header announces this many pixels.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = image(1, 1, ImageFormat::Png);
    bytes.splice(16..24, [width.to_be_bytes(), height.to_be_bytes()].concat());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes.splice(29..33, crc.sum().to_be_bytes());
    bytes
}

/// An image of one colour: a small file with many pixels.
fn flat(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::GrayImage::new(width, height).write_to(&mut bytes, ImageFormat::Png).expect("an image");
    bytes.into_inner()
}

async fn small(caller: &Caller, id: Uuid, width: &str) -> (Answer, Vec<u8>) {
    let path = format!("/v1/attachments/{id}?width={width}");
    let answer = caller.request(Method::GET, &path).send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.expect("bytes").to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    (Answer { status, headers, body }, bytes)
}

async fn listed(caller: &Caller, task: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/tasks/{task}/attachments")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().expect("items").clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_attachments_of_a_task_are_listed_before_they_arrive(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let manager = server.manager().await;
    assert_eq!(listed(&manager, &task).await, Vec::<Value>::new());
    let (whole, half) = (image(800, 400, ImageFormat::Jpeg), photo());
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    upload(&volunteer, &task, first, "image/jpeg", &whole).await;
    assert_eq!(announce(&volunteer, &task, second, "image/jpeg", &half).await.status, 201);
    assert_eq!(send(&volunteer, second, 0, &half[..1000]).await.status, 204);
    for caller in [&manager, &volunteer] {
        let all = listed(caller, &task).await;
        let fields = ["id", "type", "size", "received", "complete", "person_id", "person_name"];
        let shown: Vec<Value> =
            all.iter().map(|one| fields.map(|name| one[name].clone()).as_slice().into()).collect();
        let (me, name) = (person_id(21), "王志愿");
        let (size, of) = (whole.len(), half.len());
        assert_eq!(
            shown,
            [
                json!([first, "image/jpeg", size, size, true, me, name]),
                json!([second, "image/jpeg", of, 1000, false, me, name]),
            ]
        );
    }
    for (caller, status) in [
        (server.supervisor().await, 200),
        (server.second_volunteer().await, 404),
        (server.far_manager().await, 404),
        (server.auditor().await, 403),
    ] {
        let list = caller.get(&format!("/v1/tasks/{task}/attachments")).await;
        assert_eq!(list.status, status, "{}", list.body);
    }
    let log = server.supervisor().await.events("attachment.read").await;
    assert_eq!(log.len(), 0, "the list has no bytes");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_has_a_small_copy_for_those_who_may_read_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let manager = server.manager().await;
    for (media, format) in [
        ("image/jpeg", ImageFormat::Jpeg),
        ("image/png", ImageFormat::Png),
        ("image/webp", ImageFormat::WebP),
    ] {
        let (id, whole) = (Uuid::now_v7(), image(800, 400, format));
        upload(&volunteer, &task, id, media, &whole).await;
        let (answer, copy) = small(&manager, id, "320").await;
        assert_eq!(
            (answer.status, &answer.headers["Content-Type"]),
            (200, &"image/jpeg".parse().expect("a value"))
        );
        assert_eq!(answer.headers["X-Content-Type-Options"], "nosniff");
        let name = format!("attachment; filename=\"{id}-320.jpg\"");
        assert_eq!(answer.headers["Content-Disposition"], name.as_str());
        let copy = image::load_from_memory_with_format(&copy, ImageFormat::Jpeg).expect("a JPEG");
        assert_eq!((copy.width(), copy.height()), (320, 160));
        // The file itself is as it was, with its own type.
        let original = manager.request(Method::GET, &format!("/v1/attachments/{id}"));
        let original = original.send().await.expect("an answer");
        assert_eq!(original.headers()["Content-Type"], media);
        assert_eq!(original.bytes().await.expect("bytes"), whole);
        for wrong in ["0", "100", "-1", "160.0", "large", ""] {
            assert_eq!(small(&manager, id, wrong).await.0.status, 400, "{wrong}");
        }
        for (caller, status) in [
            (&volunteer, 200),
            (&server.second_volunteer().await, 404),
            (&server.far_manager().await, 404),
            (&server.auditor().await, 403),
        ] {
            assert_eq!(small(caller, id, "160").await.0.status, status);
        }
    }
    let read = server.supervisor().await.events("attachment.read").await;
    assert_eq!(read.len(), 6, "each view by another person is recorded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_decoded_has_no_small_copy(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, task) = claimed(&server).await;
    let png = image(300, 300, ImageFormat::Png);
    let jpeg = image(300, 300, ImageFormat::Jpeg);
    let flat = flat(6000, 5000);
    assert!(flat.len() < 200_000, "a small file: {}", flat.len());
    for (media, content, why) in [
        ("image/png", bomb(30_000, 30_000), "25 million"),
        ("image/png", bomb(u32::MAX, 1), ""),
        ("image/png", flat, "25 million"),
        ("image/png", png[..png.len() / 2].to_vec(), "damaged"),
        ("image/jpeg", jpeg[..20].to_vec(), "damaged"),
        ("image/jpeg", photo(), "damaged"),
        ("image/png", b"\x89PNG\r\n\x1a\n<svg onload=alert(1)>".to_vec(), "damaged"),
        ("image/webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ".to_vec(), "damaged"),
        ("audio/ogg", b"OggS\x00\x02voice".to_vec(), "not a photo"),
    ] {
        let id = Uuid::now_v7();
        upload(&volunteer, &task, id, media, &content).await;
        let (refused, _) = small(&volunteer, id, "160").await;
        assert_eq!((refused.status, refused.problem()), (422, "no_preview"), "{media} {why}");
        let error = refused.body["errors"][0].to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(bytes(&volunteer, id).await, (200, content), "the file is there");
    }
    // What is no photo by its first bytes is not accepted as one.
    let id = Uuid::now_v7();
    let script = b"<svg onload=alert(1)>";
    assert_eq!(announce(&volunteer, &task, id, "image/jpeg", script).await.status, 201);
    assert_eq!(send(&volunteer, id, 0, script).await.status, 422);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reports_on_behalf_uploads_the_photos(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (_, task) = claimed(&server).await;
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (id, photo) = (Uuid::now_v7(), image(200, 100, ImageFormat::Jpeg));
    upload(&manager, &task, id, "image/jpeg", &photo).await;
    let report = json!({ "outcome": "done", "attachments": [id], "on_behalf_of": person_id(21) });
    let done = manager.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let late = Uuid::now_v7();
    upload(&supervisor, &task, late, "image/jpeg", &photo).await;
    let all = listed(&supervisor, &task).await;
    let by: Vec<&Value> = all.iter().map(|one| &one["person_id"]).collect();
    assert_eq!(by, [&json!(person_id(11)), &json!(person_id(1))], "{all:?}");
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    assert_eq!(reports.body["items"][0]["attachments"], json!([id]));
    // For an open task there is nobody on whose behalf, and others have no part in it.
    let open = manager.make_task(crate::support::files::BENEFICIARY).await;
    for (caller, task, status) in [
        (&manager, &open, 404),
        (&server.far_manager().await, &task, 404),
        (&server.second_volunteer().await, &task, 404),
        (&server.auditor().await, &task, 403),
    ] {
        let refused = announce(caller, task, Uuid::now_v7(), "image/jpeg", &photo).await;
        assert_eq!(refused.status, status, "{}", refused.body);
    }
}
