//! HTTP compatibility: monitors, proxies, tus clients, and phones with unusual bytes, clocks or
//! tags.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::database::Backend;
use crate::support::files::BENEFICIARY;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Caller, Database, Server, phones};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a photo";

/// A manager, and a task assigned to the volunteer.
async fn claimed(server: &Server) -> (Caller, Caller, String) {
    let manager = server.sign_in(phones::MANAGER).await;
    let volunteer = server.sign_in(phones::VOLUNTEER).await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    (manager, volunteer, task)
}

fn report(task: &str, at: &str, payload: &Value) -> Value {
    let id = Uuid::now_v7();
    json!({ "id": id, "type": "task.report", "task_id": task, "at": at, "payload": payload })
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339()
}

async fn head(caller: &Caller, path: &str) -> Answer {
    caller.send(caller.request(Method::HEAD, path)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_answers_as_get(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    let manager = server.sign_in(phones::MANAGER).await;
    let task = manager.make_task(BENEFICIARY).await;
    for path in ["/healthz", "/readyz", "/v1/me", "/v1/tasks", &format!("/v1/tasks/{task}")] {
        let (get, head) = (manager.get(path).await, head(&manager, path).await);
        assert_eq!((head.status, head.body), (200, Value::Null), "{path}");
        for name in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.headers.get(name), get.headers.get(name), "{name} of {path}");
        }
    }
    // A stream would never end.
    assert_eq!(head(&manager, "/v1/events/stream").await.status, 200);
    assert_eq!(head(&manager, "/metrics").await.status, 200);
    assert_eq!(head(&server.stranger(), "/v1/tasks").await.status, 401);
    assert_eq!(head(&manager, "/v1/tasks/x").await.status, 404);
    assert_eq!(head(&manager, "/v1/unknown/x").await.status, 404);
    let refused = manager.send(manager.request(Method::PUT, "/v1/tasks")).await;
    assert_eq!(
        (refused.status, &refused.headers["Allow"]),
        (405, &"GET, POST, HEAD".parse().expect("a list"))
    );
    let refused = head(&manager, "/v1/sync").await;
    assert_eq!(refused.status, 200, "GET /v1/sync is a pull");
    assert_eq!(head(&manager, "/v1/auth/sign-in").await.status, 405);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_a_proxy_changed_names_its_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.sign_in(phones::MANAGER).await;
    let escalate = async |tag: &str| {
        let task = manager.make_task(BENEFICIARY).await;
        let path = format!("/v1/tasks/{task}/cancel");
        let body = json!({ "reason": "x" });
        let request = manager.request(Method::POST, &path).json(&body).header("If-Match", tag);
        manager.send(request).await
    };
    for tag in ["\"v1\"", "W/\"v1\"", "\"v1-gzip\"", "\"v9\", \"v1\"", "v1"] {
        assert_eq!(escalate(tag).await.status, 200, "{tag}");
    }
    for other in ["\"v2\"", "\"abc\"", "\"v2\", \"v3\"", "2"] {
        let refused = escalate(other).await;
        assert_eq!((refused.status, refused.problem()), (412, "version_conflict"), "{other}");
    }
    let refused = escalate("*").await;
    assert_eq!((refused.status, refused.problem()), (428, "version_required"));
    let detail = refused.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("* names no version"), "{detail}");
    // A claim requires no version, so any will do.
    let task = manager.make_task(BENEFICIARY).await;
    let claim = manager.request(Method::POST, &format!("/v1/tasks/{task}/claim"));
    assert_eq!(manager.send(claim.header("If-Match", "*")).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_that_is_no_text_does_not_hold_up_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer, task) = claimed(&server).await;
    let other = manager.make_task(BENEFICIARY).await;
    let damaged = report(&task, &now(), &json!({ "outcome": "done", "note": "X" }));
    let escalated = json!({
        "id": Uuid::now_v7(), "type": "task.decline", "task_id": other, "at": now(),
        "payload": { "reason": "X" }
    });
    let claim = json!({
        "id": Uuid::now_v7(), "type": "task.claim", "task_id": other, "at": now()
    });
    for (bytes, kept) in [
        (&b"\"\xed\xa0\xbd\xed\xb8\x80\""[..], r#""\udced\udca0\udcbd\udced\udcb8\udc80""#),
        (&b"\"\xd2\xbb\xc7\xd0\""[..], r#""\udcd2\udcbb\udcc7\udcd0""#),
    ] {
        let push = json!({ "commands": [damaged, escalated, claim] }).to_string();
        let push = push.as_bytes().split(|byte| *byte == b'X').collect::<Vec<_>>();
        let push = push.join(&bytes[1..bytes.len() - 1]);
        let request = volunteer.request(Method::POST, "/v1/sync");
        let answer = volunteer.send(request.header("Content-Type", "application/json").body(push));
        let answer = answer.await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let outcome = |at: usize| answer.body["results"][at]["outcome"].as_str();
        assert_eq!((outcome(1), outcome(2)), (Some("rejected"), Some("applied")));
        // The second request has another text under the same id.
        if kept.starts_with(r#""\udced"#) {
            assert_eq!(outcome(0), Some("applied"), "{}", answer.body);
            let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await.body;
            assert_eq!(reports["items"][0]["unread"]["note"], kept);
            assert_eq!(reports["items"][0]["flags"], json!(["unread"]));
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_ends_in_a_backslash_of_gbk_or_big5_does_not_hold_up_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    // 忠誠 in GBK and 成功 in Big5: the second byte of the last character is 0x5C.
    for (note, kept) in [
        (&b"\xd6\xd2\xd5\x5c"[..], r#""\udcd6\udcd2\udcd5\udc5c""#),
        (&b"\xa6\xa8\xa5\x5c"[..], r#""\udca6\udca8\udca5\udc5c""#),
    ] {
        let (manager, volunteer, task) = claimed(&server).await;
        let other = manager.make_task(BENEFICIARY).await;
        let commands = json!([
            report(&task, &now(), &json!({ "outcome": "done", "note": "X" })),
            {
                "id": Uuid::now_v7(), "type": "task.decline", "task_id": other, "at": now(),
                "payload": { "reason": "X" }
            },
            { "id": Uuid::now_v7(), "type": "task.claim", "task_id": other, "at": now() },
            report(&other, &now(), &json!({ "outcome": "done", "note": "一切\"安好\"" })),
        ]);
        let push = json!({ "commands": commands }).to_string();
        let push = push.as_bytes().split(|byte| *byte == b'X').collect::<Vec<_>>().join(note);
        let request = volunteer.request(Method::POST, "/v1/sync");
        let answer = volunteer.send(request.header("Content-Type", "application/json").body(push));
        let answer = answer.await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let results = answer.body["results"].as_array().expect("results").iter();
        let outcomes: Vec<_> = results.map(|result| result["outcome"].as_str()).collect();
        let expected = ["applied", "rejected", "applied", "applied"].map(Some);
        assert_eq!(outcomes, expected, "{}", answer.body);
        let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await.body;
        assert_eq!(reports["items"][0]["unread"]["note"], kept);
        assert_eq!(reports["items"][0]["flags"], json!(["unread"]));
        let reports = manager.get(&format!("/v1/tasks/{other}/reports")).await.body;
        assert_eq!(reports["items"][0]["note"], "一切\"安好\"");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_from_before_its_task_is_flagged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer, _) = claimed(&server).await;
    for at in ["1970-01-01T08:03:00+08:00", "2010-01-01T08:00:00+08:00"] {
        let task = manager.make_task(BENEFICIARY).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let told = json!({ "outcome": "done", "started_at": at, "ended_at": at });
        let push = json!({ "commands": [report(&task, at, &told)], "device_time": now() });
        let answer = volunteer.post("/v1/sync", &push).await;
        assert_eq!(answer.body["results"][0]["problem"], Value::Null, "{}", answer.body);
        let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await.body;
        assert_eq!(reports["items"][0]["flags"], json!(["clock", "times"]), "{at}");
    }
}

fn metadata(id: Uuid, task: &str) -> String {
    let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, PNG));
    let id = id.to_string();
    let pairs = [("id", id.as_str()), ("task_id", task), ("type", "image/png"), ("sha256", &hash)];
    let encode = |(word, value): (&str, &str)| format!("{word} {}", BASE64_STANDARD.encode(value));
    pairs.map(encode).join(",")
}

async fn announce(caller: &Caller, metadata: &str) -> Answer {
    let request = caller.request(Method::POST, "/v1/attachments");
    let request = request.header("Upload-Length", PNG.len()).header("Upload-Metadata", metadata);
    caller.send(request).await
}

async fn send(caller: &Caller, id: Uuid) -> Answer {
    let request = caller.request(Method::PATCH, &format!("/v1/attachments/{id}"));
    let request = request.header("Content-Type", "application/offset+octet-stream");
    caller.send(request.header("Upload-Offset", 0).body(PNG)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_metadata_that_are_not_asked_for_are_passed_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (_, volunteer, task) = claimed(&server).await;
    for more in ["filename YS5qcGc=", "is_ok", "filename ", "name !"] {
        let told = format!("{},{more}", metadata(Uuid::now_v7(), &task));
        assert_eq!(announce(&volunteer, &told).await.status, 201, "{more}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_was_given_up_makes_room(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (_, volunteer, task) = claimed(&server).await;
    let ids: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();
    for id in &ids {
        let announced = announce(&volunteer, &metadata(*id, &task)).await;
        assert_eq!(announced.status, 201, "{}", announced.body);
        let until = announced.headers["Upload-Expires"].to_str().expect("a date");
        let until = chrono::DateTime::parse_from_rfc2822(until).expect("a date");
        let days = (until.to_utc() - chrono::Utc::now()).num_hours();
        assert!((167..=168).contains(&days), "{days} hours");
    }
    // The first two were replaced.
    for id in &ids[..2] {
        assert_eq!(head(&volunteer, &format!("/v1/attachments/{id}")).await.status, 404);
    }
    for id in &ids[2..] {
        let sent = send(&volunteer, *id).await;
        assert_eq!((sent.status, sent.headers.get("Upload-Expires")), (204, None));
    }
    // Complete attachments stay.
    let refused = announce(&volunteer, &metadata(Uuid::now_v7(), &task)).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_when_the_server_is_asked_to_stop(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.sign_in(phones::MANAGER).await;
    let stream = manager.request(Method::GET, "/v1/events/stream").send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let asked = std::time::Instant::now();
    let ended = tokio::task::spawn_blocking(move || server.stop()).await.expect("an end");
    assert!(ended.success() && asked.elapsed().as_secs() < 10, "after {:?}", asked.elapsed());
    drop(stream);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_post_that_is_told_again_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.sign_in(phones::SUPERVISOR).await;
    let manager = server.sign_in(phones::MANAGER).await;
    let today = chrono::Utc::now().date_naive();
    let (first, until) = (today + chrono::Days::new(1), today + chrono::Days::new(7));
    let area = "500116001";
    let posts = [
        (
            &manager,
            "/v1/tasks".to_owned(),
            json!({ "kind": "home_visit", "beneficiary_id": BENEFICIARY }),
        ),
        (
            &supervisor,
            "/v1/notices".to_owned(),
            json!({ "area": area, "title": "x", "text": "y", "until": until }),
        ),
        (
            &supervisor,
            "/v1/plans".to_owned(),
            json!({ "area": area, "first_day": first, "last_day": until }),
        ),
    ];
    for (caller, path, body) in posts {
        let key = Uuid::now_v7().to_string();
        for replayed in ["false", "true"] {
            let request = caller.request(Method::POST, &path).json(&body);
            let answer = caller.send(request.header("Idempotency-Key", &key)).await;
            assert!(answer.status < 300, "{path}: {}", answer.body);
            assert_eq!(answer.headers["Idempotency-Replayed"], replayed, "{path}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kubernetes_says_of_a_service_is_no_setting(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let mut command = gridward(&database, &["migrate"]);
    command.env("GRIDWARD_SERVICE_HOST", "10.0.0.7").env("GRIDWARD_SERVICE_PORT_HTTP", "80");
    command.env("GRIDWARD_PORT", "tcp://10.0.0.7:80").env("GRIDWARD_PORT_80_TCP_ADDR", "10.0.0.7");
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    let output = command.env("GRIDWARD_PORTS", "80").output().expect("it runs");
    assert!(!output.status.success() && said(&output).contains("PORTS"), "{}", said(&output));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_phone_signs_in(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    server.sign_in(phones::VOLUNTEER).await;
    let wide: String = phones::VOLUNTEER
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) + 0xfee0).expect("a full-width digit"))
        .collect();
    let (head, tail) = phones::VOLUNTEER.split_at(3);
    for phone in
        [format!("\u{202d}{}\u{202c}", phones::VOLUNTEER), format!(" {head}-{tail} "), wide]
    {
        let body = json!({ "phone": phone, "password": crate::support::PASSWORD });
        assert_eq!(
            server.stranger().post("/v1/auth/sign-in", &body).await.status,
            200,
            "{phone:?}"
        );
    }
    let body = json!({ "phone": "not a phone", "password": crate::support::PASSWORD });
    let refused = server.stranger().post("/v1/auth/sign-in", &body).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/phone")));
}

/// A failure that no library reported once left no trace in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_leaves_its_cause_in_the_log_under_the_requests_id() {
    let server = Server::small(Backend::Postgres);
    let (manager, volunteer, task) = claimed(&server).await;
    let told = json!({ "commands": [report(&task, &now(), &json!({ "outcome": "done" }))] });
    assert_eq!(volunteer.post("/v1/sync", &told).await.status, 200);
    let mut conn = PgConnection::establish(&server.database.url).expect("the database");
    conn.batch_execute("UPDATE reports SET sealed = '\\x00'").expect("a spoilt row");
    let log = server.database.folder.path().join("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut other = gridward(&server.database, &["serve"]).stderr(file).spawn().expect("it runs");
    let base = loop {
        let text = std::fs::read_to_string(&log).expect("the log");
        let line = text.lines().find_map(|line| line.split_once("serving on ")).map(|(_, at)| at);
        if let Some(base) = line.and_then(|at| at.split_whitespace().next()) {
            break base.to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let token = manager.token.as_deref().expect("a token");
    let client = reqwest::Client::new();
    let request = client.get(format!("{base}/v1/tasks/{task}/reports")).bearer_auth(token);
    let failed: Value = request.send().await.expect("an answer").json().await.expect("a problem");
    other.kill().and_then(|()| other.wait()).expect("an end");
    assert_eq!(failed["code"], "internal", "{failed}");
    let id = failed["request_id"].as_str().expect("an id");
    let text = std::fs::read_to_string(&log).expect("the log");
    let mut lines = text.lines().filter(|line| line.contains(id));
    assert!(
        lines.any(|line| line.contains("the server failed") && line.contains("cause=")),
        "{text}"
    );
}
