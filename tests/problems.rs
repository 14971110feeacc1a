//! Whatever goes wrong is a problem (RFC 9457), in the caller's language, and
//! tells nothing of the inside.

use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::files::BENEFICIARY;
use crate::support::{Server, phones};

on_both! {
    async fn every_way_to_go_wrong_is_answered_by_its_own_problem(database) {
        let server = Server::small(database);
        let manager = server.sign_in(phones::MANAGER).await;
        let json = "application/json";
        let raw = |path: &'static str, kind: &'static str, body: Vec<u8>| {
            let request = manager.request(Method::POST, path).header("content-type", kind).body(body);
            manager.send(request)
        };
        let cases = [
            (manager.get("/nowhere").await, 404, "not_found"),
            (manager.get("/v1/nowhere").await, 404, "not_found"),
            (manager.get("/v1/tasks/not-an-id").await, 404, "not_found"),
            (manager.get("/v1/tasks?limit=0").await, 400, "bad_request"),
            (manager.get("/v1/tasks?limit=many").await, 400, "bad_request"),
            (manager.get("/v1/tasks?color=red").await, 400, "bad_request"),
            (manager.get("/v1/tasks?cursor=forged").await, 400, "bad_request"),
            (manager.get("/v1/tasks?due_before=2026-02-30").await, 400, "bad_request"),
            (manager.get("/v1/tasks?area=12345").await, 400, "bad_request"),
            (server.stranger().get("/v1/tasks").await, 401, "unauthenticated"),
            (raw("/v1/tasks", json, b"{ not json".to_vec()).await, 400, "invalid_json"),
            (raw("/v1/tasks", json, b"".to_vec()).await, 400, "invalid_json"),
            (raw("/v1/tasks", json, b"[]".to_vec()).await, 422, "invalid"),
            (raw("/v1/tasks", json, br#"{"kind": 7}"#.to_vec()).await, 422, "invalid"),
            (raw("/v1/tasks", json, b"{\"kind\": \"\xff\xfe\"}".to_vec()).await, 400, "invalid_json"),
            (raw("/v1/tasks", "text/plain", b"{}".to_vec()).await, 415, "unsupported_media_type"),
            (raw("/v1/tasks", json, vec![b' '; 5_000_000]).await, 413, "body_too_large"),
        ];
        for (answer, status, code) in cases {
            assert_eq!((answer.status, answer.problem()), (status, code), "{}", answer.body);
            assert_eq!(answer.body["type"], format!("/problems/{code}"));
            assert!(answer.headers.contains_key("x-request-id"));
        }
    }
}

on_both! {
    async fn a_wrong_method_is_told_the_right_ones(database) {
        let server = Server::small(database);
        let manager = server.sign_in(phones::MANAGER).await;
        for (method, path, allow) in [
            (Method::DELETE, "/v1/tasks".to_owned(), "GET, POST, HEAD"),
            (Method::DELETE, "/v1/plans/018d622e-0000-7000-8000-000000000001/visits".to_owned(), "GET, HEAD"),
            (Method::PATCH, "/v1/me".to_owned(), "GET, HEAD"),
            (Method::GET, "/v1/auth/sign-in".to_owned(), "POST"),
        ] {
            let answer = manager.send(manager.request(method.clone(), &path)).await;
            assert_eq!((answer.status, answer.problem()), (405, "method_not_allowed"), "{method} {path}");
            assert_eq!(answer.headers["allow"], allow);
        }
    }
}

on_both! {
    async fn a_compressed_body_is_refused_before_it_is_inflated(database) {
        let server = Server::small(database);
        let manager = server.sign_in(phones::MANAGER).await;
        for encoding in ["gzip", "br", "zstd", "deflate"] {
            let request = manager.request(Method::POST, "/v1/tasks").json(&json!({})).header("content-encoding", encoding);
            let answer = manager.send(request).await;
            assert_eq!((answer.status, answer.problem()), (415, "unsupported_media_type"), "{encoding}");
        }
    }
}

on_both! {
    async fn a_body_without_a_length_is_cut_at_the_limit(database) {
        let server = Server::small(database);
        let manager = server.sign_in(phones::MANAGER).await;
        let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let request = manager.request(Method::POST, "/v1/tasks").header("content-type", "application/json").body(body);
        let answer = manager.send(request).await;
        // The server may close the connection before all of it is sent.
        assert!(answer.status == 413 || answer.status == 0, "{} {}", answer.status, answer.body);
        assert_eq!(manager.get("/v1/me").await.status, 200);
    }
}

on_both! {
    async fn a_problem_speaks_the_callers_language_and_explains_itself(database) {
        let server = Server::small(database);
        let ask = |language: &'static str| {
            let stranger = server.stranger();
            let request = stranger.request(Method::GET, "/v1/me").header("accept-language", language);
            async move { stranger.send(request).await }
        };
        let chinese = ask("zh-CN,zh;q=0.9,en;q=0.8").await;
        assert_eq!((&chinese.body["title"], &chinese.headers["content-language"]), (&json!("请先登录"), &"zh-CN".parse().expect("a value")));
        let english = ask("en-GB").await;
        assert_eq!(english.body["title"], "Sign in first");
        let about = english.body["type"].as_str().expect("a path").to_owned();
        let about = server.stranger().get(&about).await;
        assert_eq!((about.status, &about.body["code"]), (200, &json!("unauthenticated")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_a_503_and_its_return_is_noticed() {
    let server = Server::small(crate::support::Database::postgres());
    let manager = server.sign_in(phones::MANAGER).await;
    let task = manager.make_task(BENEFICIARY).await;
    server.database.go_away();
    for path in ["/v1/tasks", "/readyz"] {
        let answer = manager.get(path).await;
        assert_eq!((answer.status, answer.problem()), (503, "unavailable"), "{path}");
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
