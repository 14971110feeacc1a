//! The web apps' files: their headers, and the build without them. `web/e2e` tests the apps.

use std::path::Path;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{Backend, Caller, Database, Server};

/// An answer's status, headers and body.
async fn get(caller: &Caller, path: &str, more: (&str, &str)) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = caller.request(Method::GET, path).header(more.0, more.1);
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body").to_vec())
}

/// Whether `make web` has built the phone app.
fn is_built() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist/m/index.html").exists()
}

/// Checks that a page runs nothing but files of its own origin.
fn assert_strict(headers: &HeaderMap) {
    let policy = headers["content-security-policy"].to_str().expect("text");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(directives.contains(&directive), "{directive} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-cache");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_run_nothing_inline_and_are_asked_for_again() {
    let server = Server::small(Backend::Sqlite);
    let stranger = server.stranger();
    let (status, headers, page) = get(&stranger, "/m/", ("Accept-Encoding", "identity")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_strict(&headers);
    let page = String::from_utf8(page).expect("text");
    assert!(!page.contains("<style") && !page.contains(" style="), "{page}");
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_without_the_apps_serves_the_api_and_says_how_to_add_them() {
    if is_built() {
        return;
    }
    let server = Server::small(Backend::Sqlite);
    let stranger = server.stranger();
    let (status, headers, page) = get(&stranger, "/", ("Accept", "*/*")).await;
    assert_eq!(status, StatusCode::OK);
    assert_strict(&headers);
    let page = String::from_utf8(page).expect("text");
    assert!(page.contains("make web") && page.contains("Node 20"), "{page}");
    let (status, _, page) = get(&stranger, "/m/enrol", ("Accept", "*/*")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8(page).expect("text").contains("邀请码"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_app_is_served_compressed_and_its_hashed_files_are_cached_for_good() {
    if !is_built() {
        return;
    }
    let server = Server::small(Backend::Sqlite);
    let stranger = server.stranger();
    let (_, plain_headers, plain) = get(&stranger, "/m/", ("Accept-Encoding", "identity")).await;
    assert!(!plain_headers.contains_key("content-encoding"));
    for encoding in ["br", "gzip"] {
        let (_, headers, packed) = get(&stranger, "/m/", ("Accept-Encoding", encoding)).await;
        assert_eq!(headers["content-encoding"], encoding);
        assert!(packed.len() < plain.len(), "{encoding}: {} bytes", packed.len());
    }
    let text = String::from_utf8(plain.clone()).expect("text");
    let start = text.find("/m/assets/").expect("a hashed file");
    let path = text[start..].split('"').next().expect("its path");
    let (status, headers, _) = get(&stranger, path, ("Accept-Encoding", "gzip")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    let (status, headers, _) = get(&stranger, "/m/sw.js", ("Accept-Encoding", "identity")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["cache-control"], "no-cache");
    let tag = headers["etag"].to_str().expect("a tag").to_owned();
    let (status, _, body) = get(&stranger, "/m/sw.js", ("If-None-Match", &tag)).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    let (_, _, screen) =
        get(&stranger, "/m/v/some-task/report", ("Accept-Encoding", "identity")).await;
    assert_eq!(screen, plain, "a screen of the app is the app");
    let (status, headers, _) = get(&stranger, "/", ("Accept", "*/*")).await;
    assert!(status == StatusCode::OK || headers["location"] == "/m/", "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_way_out_of_the_folder_of_the_apps() {
    let server = Server::small(Backend::Sqlite);
    let stranger = server.stranger();
    for path in [
        "/m/../Cargo.toml",
        "/m/%2e%2e/%2e%2e/Cargo.toml",
        "/m/..%2f..%2fCargo.toml",
        "/m/assets/none.js",
    ] {
        let (status, _, body) = get(&stranger, path, ("Accept", "application/json")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let body: Value = serde_json::from_slice(&body).expect("a problem");
        assert_eq!(body["code"], "not_found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_switched_off_removes_itself_from_phones() {
    let server = Server::small_with(Database::sqlite(), &[("GRIDWARD_WEB", "off")]);
    let stranger = server.stranger();
    for path in ["/", "/m", "/m/"] {
        let (status, headers, page) = get(&stranger, path, ("Accept", "*/*")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_strict(&headers);
        assert!(String::from_utf8(page).expect("text").contains("手机端暂停使用"), "{path}");
    }
    let (status, headers, worker) = get(&stranger, "/m/sw.js", ("Accept", "*/*")).await;
    assert_eq!(
        (status, &headers["cache-control"]),
        (StatusCode::OK, &"no-cache".parse().expect("a value"))
    );
    assert!(headers["content-type"].to_str().expect("text").starts_with("text/javascript"));
    let worker = String::from_utf8(worker).expect("text");
    assert!(
        worker.contains("registration.unregister()") && !worker.contains("indexedDB"),
        "{worker}"
    );
    let (status, _, _) = get(&stranger, "/m/index.html", ("Accept", "*/*")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _, page) = get(&stranger, "/m/enrol", ("Accept", "*/*")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8(page).expect("text").contains("邀请码"));
}
