//! Every error is a problem (RFC 9457) in the caller's language, and discloses no
//! internals.

use insta::assert_json_snapshot;
use std::collections::BTreeMap;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::imports::import;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_request_is_answered_by_its_own_problem(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    let json = "application/json";
    let raw = |kind: &'static str, body: Vec<u8>| {
        let request = manager.request(Method::POST, "/v1/tasks").header("content-type", kind);
        manager.send(request.body(body))
    };
    let get = |path: &'static str| manager.get(path);
    let cases = [
        ("an unknown path", get("/nowhere").await, 404, "not_found"),
        ("an unknown path of the API", get("/v1/nowhere").await, 404, "not_found"),
        ("an id that is none", get("/v1/tasks/not-an-id").await, 404, "not_found"),
        ("a limit of zero", get("/v1/tasks?limit=0").await, 400, "bad_request"),
        ("a limit in words", get("/v1/tasks?limit=many").await, 400, "bad_request"),
        ("an unknown parameter", get("/v1/tasks?color=red").await, 400, "bad_request"),
        ("a forged cursor", get("/v1/tasks?cursor=forged").await, 400, "bad_request"),
        ("no such day", get("/v1/tasks?due_before=2026-02-30").await, 400, "bad_request"),
        ("no such area", get("/v1/tasks?area=12345").await, 400, "bad_request"),
        ("no token", server.stranger().get("/v1/tasks").await, 401, "unauthenticated"),
        ("half a body", raw(json, b"{ not json".to_vec()).await, 400, "invalid_json"),
        ("an empty body", raw(json, b"".to_vec()).await, 400, "invalid_json"),
        ("a list for an object", raw(json, b"[]".to_vec()).await, 422, "invalid"),
        ("a number for a word", raw(json, br#"{"kind": 7}"#.to_vec()).await, 422, "invalid"),
        ("no UTF-8", raw(json, b"{\"kind\": \"\xff\xfe\"}".to_vec()).await, 400, "invalid_json"),
        ("no JSON", raw("text/plain", b"{}".to_vec()).await, 415, "unsupported_media_type"),
        ("a huge body", raw(json, vec![b' '; 5_000_000]).await, 413, "body_too_large"),
    ];
    let mut told = BTreeMap::new();
    for (name, answer, status, code) in cases {
        assert_eq!((answer.status, answer.problem()), (status, code), "{name}: {}", answer.body);
        assert_eq!(answer.body["type"], format!("/problems/{code}"));
        assert!(answer.headers.contains_key("x-request-id"));
        told.insert(name, answer.shown());
    }
    assert_json_snapshot!("problems_of_requests", told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_without_parameters_refuses_any() {
    let server = Server::small(Backend::Sqlite);
    let manager = server.manager().await;
    let some = "0198d5c0-0000-7000-8000-000000000000";
    for path in [
        "/v1/me".to_owned(),
        "/v1/areas/500116".to_owned(),
        "/v1/planning-settings".to_owned(),
        format!("/v1/plans/{some}"),
        format!("/v1/plans/{some}/loads"),
        format!("/v1/plans/{some}/obstacles"),
        format!("/v1/tasks/{some}/explanation"),
    ] {
        let answer = manager.get(&format!("{path}?color=red")).await;
        assert_eq!((answer.status, answer.problem()), (400, "bad_request"), "{path}");
        let error = &answer.body["errors"][0];
        assert_eq!((&error["pointer"], &error["detail"]), (&json!("color"), &json!("is unknown")));
    }
    assert_eq!(manager.get("/v1/me?").await.status, 200);
    let head = manager.send(manager.request(Method::HEAD, "/v1/me?color=red")).await;
    assert_eq!(head.status, 400);
    assert_eq!(manager.get("/healthz?probe=1").await.status, 200);
    // A write with one that it lacks, such as a look by the wrong name, does nothing.
    let supervisor = server.supervisor().await;
    for (method, path) in [
        (Method::POST, format!("/v1/people/{}/departure", person_id(21))),
        (Method::PUT, "/v1/planning-settings".to_owned()),
        (Method::DELETE, format!("/v1/plans/{some}")),
    ] {
        let wrong = format!("{path}?check=true");
        let request = supervisor.request(method.clone(), &wrong).json(&json!({ "spread": true }));
        let answer = supervisor.send(request).await;
        assert_eq!((answer.status, answer.problem()), (400, "bad_request"), "{method} {path}");
    }
    let person = supervisor.get(&format!("/v1/people/{}", person_id(21))).await;
    assert_eq!(person.body["state"], "active");
    let stranger = server.stranger();
    let refused = stranger.get("/v1/me?color=red").await;
    assert_eq!((refused.status, refused.problem()), (401, "unauthenticated"));
    assert_eq!(stranger.get("/v1/about?color=red").await.status, 400);
    let signed_in = stranger.post("/v1/auth/sign-in?color=red", &json!({})).await;
    assert_eq!((signed_in.status, signed_in.problem()), (400, "bad_request"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_details_of_fields_are_in_the_callers_language(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let details = async |method: Method, path: &str, body: &serde_json::Value, language: &str| {
        let request = admin.request(method, path).header("Accept-Language", language).json(body);
        let answer = admin.send(request).await;
        let errors = answer.body["errors"].as_array().expect("errors").clone();
        errors.iter().map(|error| error["detail"].as_str().expect("a text").to_owned()).collect()
    };
    let kind = json!({ "beneficiary_id": BENEFICIARY, "kind": "home_visit", "minutes": 0 });
    let missing = json!({ "beneficiary_id": BENEFICIARY });
    let order = json!({ "lead_minutes": -1 });
    for (path, body, english, chinese) in [
        ("/v1/tasks", &kind, "must be from 1 to 480", "须在1至480之间"),
        ("/v1/tasks", &missing, "is missing", "缺少此项"),
        ("/v1/plans", &order, "must be from 0 to 1440", "须在0至1440之间"),
    ] {
        let told: Vec<String> = details(Method::POST, path, body, "en").await;
        assert_eq!(told, [english]);
        let told: Vec<String> = details(Method::POST, path, body, "zh-CN, en;q=0.5").await;
        assert_eq!(told, [chinese]);
    }
    let rows = format!("id,role\n{},志愿\n", person_id(21)).into_bytes();
    let refused = import(&admin, "", &[("people", rows)]).await;
    let path = format!("/v1/imports/{}", refused["id"].as_str().expect("an id"));
    let request = admin.request(Method::GET, &path).header("Accept-Language", "zh-CN");
    let shown = admin.send(request).await.body;
    let message = shown["result"]["summary"][0]["message"].as_str().expect("a text");
    assert!(message.ends_with("最接近的是“志愿者”"), "{message}");
    let path = format!("{path}/faults");
    let request = admin.request(Method::GET, &path).header("Accept-Language", "zh-CN");
    let listed = admin.send(request).await.body;
    assert_eq!(listed["items"][0]["message"], message);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_method_is_answered_with_the_allowed_ones(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let manager = server.manager().await;
    for (method, path, allow) in [
        (Method::DELETE, "/v1/tasks".to_owned(), "GET, POST, HEAD"),
        (
            Method::DELETE,
            "/v1/plans/018d622e-0000-7000-8000-000000000001/visits".to_owned(),
            "GET, HEAD",
        ),
        (Method::DELETE, "/v1/me".to_owned(), "GET, PATCH, HEAD"),
        // Not the person of this id.
        (Method::GET, "/v1/people/search".to_owned(), "POST"),
        (Method::GET, "/v1/auth/sign-in".to_owned(), "POST"),
    ] {
        let answer = manager.send(manager.request(method.clone(), &path)).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (405, "method_not_allowed"),
            "{method} {path}"
        );
        assert_json_snapshot!("problem_method_not_allowed", answer.body);
        assert_eq!(answer.headers["allow"], allow);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_body_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        let request = manager
            .request(Method::POST, "/v1/tasks")
            .json(&json!({}))
            .header("content-encoding", encoding);
        let answer = manager.send(request).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (415, "unsupported_media_type"),
            "{encoding}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_a_length_is_cut_off_at_the_limit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = manager
        .request(Method::POST, "/v1/tasks")
        .header("content-type", "application/json")
        .body(body);
    let answer = manager.send(request).await;
    // The server may close the connection before the whole body is sent.
    assert!(answer.status == 413 || answer.status == 0, "{} {}", answer.status, answer.body);
    assert_eq!(manager.get("/v1/me").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_problem_is_in_the_callers_language_and_is_explained(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let ask = |language: &'static str| {
        let stranger = server.stranger();
        let request = stranger.request(Method::GET, "/v1/me").header("accept-language", language);
        async move { stranger.send(request).await }
    };
    let chinese = ask("zh-CN,zh;q=0.9,en;q=0.8").await;
    assert_eq!(
        (&chinese.body["title"], &chinese.headers["content-language"]),
        (&json!("请先登录"), &"zh-CN".parse().expect("a value"))
    );
    let english = ask("en-GB").await;
    assert_eq!(english.body["title"], "Sign-in required");
    let about = english.body["type"].as_str().expect("a path").to_owned();
    let about = server.stranger().get(&about).await;
    assert_eq!((about.status, &about.body["code"]), (200, &json!("unauthenticated")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_database_is_a_503_until_it_returns() {
    let _redacted = without_what_varies();
    let server = Server::small(crate::support::Backend::Postgres);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    server.database.go_away();
    for path in ["/v1/tasks", "/readyz"] {
        let answer = manager.get(path).await;
        assert_eq!((answer.status, answer.problem()), (503, "unavailable"), "{path}");
        assert_json_snapshot!("problem_unavailable", answer.shown());
        assert!(answer.headers.contains_key("retry-after"));
        let text = answer.body.to_string().to_lowercase();
        for inside in ["postgres", "sql", "connection", "diesel", "libpq"] {
            assert!(!text.contains(inside), "{inside} stands in {text}");
        }
    }
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 503);
    assert_eq!(manager.get("/healthz").await.status, 200, "the process is well");
    server.database.come_back();
    assert_eq!(manager.get("/v1/tasks").await.status, 200);
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
}
