//! The headers of every answer: caches, media types, other origins, file names.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::support::files::BENEFICIARY;
use crate::support::server::gridward;
use crate::support::{Backend, Caller, Database, GRID, Server};

/// The headers that every answer has, and their values.
const EVERYWHERE: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
];
/// The only operation whose answer is a page; its style is in the page.
const PAGE: &str = "/v1/areas/{code}/weekly.html";
/// The only operations whose answers may be cached, and for how long.
const CACHED: [(&str, &str); 2] = [
    ("/v1/areas/{code}/boundary", "private, max-age=3600"),
    ("/.well-known/jwks.json", "public, max-age=3600"),
];

/// The status and the headers of an answer, without waiting for its body.
async fn head_of(caller: &Caller, method: &Method, path: &str) -> (StatusCode, HeaderMap) {
    let answer = caller.request(method.clone(), path).send().await.expect("an answer");
    (answer.status(), answer.headers().clone())
}

/// Every documented method and path.
fn operations() -> Vec<(Method, String)> {
    let printed = gridward(&Database::sqlite(), &["openapi"]).output().expect("it runs");
    let document: Value = serde_yaml_ng::from_slice(&printed.stdout).expect("YAML");
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(|name| (name.to_uppercase().parse().expect("a method"), path.clone()))
    });
    operations.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_forbids_caches_guesses_and_frames() {
    let server = Server::small(Backend::Sqlite);
    let callers = [server.stranger(), server.supervisor().await, server.auditor().await];
    let mut operations = operations();
    assert!(operations.len() > 50, "{} operations", operations.len());
    for other in ["/nowhere", "/v1/nowhere", "/v1/tasks/x", "/v1/%2e%2e%2fetc"] {
        operations.push((Method::GET, other.to_owned()));
    }
    operations.push((Method::PUT, "/v1/tasks".to_owned()));
    operations.push((Method::HEAD, "/v1/tasks".to_owned()));
    for (method, path) in operations {
        let nobody = Uuid::nil().to_string();
        let real = path
            .replace("{id}", &nobody)
            .replace("{session}", &nobody)
            .replace("{absence}", &nobody);
        let real = real.replace("{code}", GRID);
        for caller in &callers {
            let (status, headers) = head_of(caller, &method, &real).await;
            let is_page = path == PAGE && status.is_success();
            for (name, value) in EVERYWHERE {
                let found = headers.get(name).expect(name).to_str().expect("text");
                if is_page && name == "content-security-policy" {
                    let style = found.strip_prefix("default-src 'none'; style-src 'sha256-");
                    let hash =
                        style.and_then(|rest| rest.strip_suffix("'; frame-ancestors 'none'"));
                    assert_eq!(hash.map(str::len), Some(44), "{method} {path}: {found}");
                } else {
                    assert_eq!(found, value, "{method} {path}: {status}");
                }
                assert_eq!(headers.get_all(name).iter().count(), 1, "{name} of {method} {path}");
            }
            let cached = CACHED.iter().find(|(known, _)| *known == path && status.is_success());
            let expected = cached.map_or("no-store", |(_, value)| value);
            assert_eq!(headers["cache-control"], expected, "{method} {path}: {status}");
        }
    }
}

/// The answer to a call, or to a preflight request, from a web page of `origin`.
async fn from_page(caller: &Caller, origin: &str, preflight: bool) -> (StatusCode, HeaderMap) {
    let method = if preflight { Method::OPTIONS } else { Method::GET };
    let mut request = caller.request(method, "/v1/tasks").header("Origin", origin);
    if preflight {
        request = request
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type");
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.headers().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_may_call_only_where_a_setting_names_them() {
    const ALLOWED: &str = "access-control-allow-origin";
    let console = "https://console.example.cn";
    let mut server = Server::small(Backend::Sqlite);
    let manager = server.manager().await;
    for preflight in [false, true] {
        let (_, headers) = from_page(&manager, console, preflight).await;
        assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }

    server.database.set("GRIDWARD_CORS_ORIGINS", console);
    server.kill_and_restart();
    let manager = server.bearer(manager.token.as_deref().expect("a token"));
    for preflight in [false, true] {
        let (status, headers) = from_page(&manager, console, preflight).await;
        assert_eq!((status, &headers[ALLOWED]), (StatusCode::OK, &console.parse().expect("text")));
        let (_, headers) = from_page(&manager, "https://evil.example", preflight).await;
        assert_eq!(headers.get(ALLOWED), None, "preflight: {preflight}");
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attachment_is_saved_under_a_name_with_its_type() {
    let server = Server::small(Backend::Sqlite);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    for (media, extension, content) in [
        ("image/png", "png", &b"\x89PNG\r\n\x1a\nnot much of a photo"[..]),
        ("audio/amr", "amr", &b"#!AMR\n\x3c\x08\x00\x00\x00\x00\x00\x00"[..]),
    ] {
        let id = Uuid::now_v7();
        crate::attachment::upload(&volunteer, &task, id, media, content).await;
        let path = format!("/v1/attachments/{id}");
        let (status, headers) = head_of(&volunteer, &Method::GET, &path).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (StatusCode::OK, &media.parse().expect("text"))
        );
        let name = format!("attachment; filename=\"{id}.{extension}\"");
        assert_eq!(headers["content-disposition"], *name);
        assert_eq!(headers["cache-control"], "no-store");
    }
}
