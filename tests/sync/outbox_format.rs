//! Outboxes that are too large, compressed or partly unreadable.

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::phone::{Phone, command, task_for};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_outbox_is_refused_and_a_compressed_one_is_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let start = command("task.start", &task, json!({}));
    let many = json!({ "commands": vec![start.clone(); 101] });
    let refused = volunteer.post("/v1/sync", &many).await;
    assert_eq!(
        (refused.status, refused.body["errors"][0]["pointer"].as_str()),
        (422, Some("/commands"))
    );
    let envelope = [
        (json!({ "limit": 0 }), "/limit"),
        (json!({ "device": "" }), "/device"),
        (json!({ "device_time": "noon" }), "/device_time"),
        (json!({ "cursor": "x".repeat(257) }), "/cursor"),
        (json!({ "weather": "rain" }), "/weather"),
        (json!({ "commands": {} }), "/commands"),
    ];
    for (push, pointer) in envelope {
        let refused = volunteer.post("/v1/sync", &push).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    for at in ["gestern", "2026-08-01T07:12:03", "2026-08-01", "2026-13-01T07:12:03Z", ""] {
        let refused = volunteer.post("/v1/sync", &json!({ "device_time": at })).await;
        let detail = &refused.body["errors"][0]["detail"];
        assert_eq!(detail, "must be an RFC 3339 time with an offset", "{at}");
        let mut claim = command("task.claim", &task, json!({}));
        claim["at"] = json!(at);
        let push = volunteer.post("/v1/sync", &json!({ "commands": [claim] })).await;
        let error = &push.body["results"][0]["problem"]["errors"][0];
        assert_eq!((&error["pointer"], &error["detail"]), (&json!("/at"), detail), "{at}");
    }
    let huge = json!({ "commands": vec![start; 10_000] });
    assert_eq!(volunteer.post("/v1/sync", &huge).await.status, 413);
    let claim = json!({ "commands": [command("task.claim", &task, json!({}))] }).to_string();
    let gzip = |bytes: &[u8]| {
        use std::io::Write as _;
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).and_then(|()| out.finish()).expect("memory")
    };
    let send = |body: Vec<u8>| {
        let push = volunteer.request(reqwest::Method::POST, "/v1/sync").body(body);
        let push = push.header("Content-Type", "application/json");
        volunteer.send(push.header("Content-Encoding", "gzip"))
    };
    let small = send(gzip(claim.as_bytes())).await;
    assert_eq!(
        (small.status, small.body["results"][0]["outcome"].as_str()),
        (200, Some("applied"))
    );
    assert_eq!(send(gzip(&vec![b' '; 50_000_000])).await.status, 413);
    assert_eq!(send(claim.into_bytes()).await.status, 400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_with_impossible_values_does_not_stop_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    for action in ["claim", "release"] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/{action}")).await.status, 200);
    }
    // A clock in the far future, and a task without an assignee.
    let mut far = command("task.report", &task, json!({ "outcome": "done" }));
    far["at"] = json!("0001-01-01T00:00:00Z");
    let claim = command("task.claim", &task, json!({}));
    let push = json!({ "commands": [far, claim], "device_time": "9999-12-31T00:00:00Z" });
    let answer = volunteer.post("/v1/sync", &push).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let outcomes = [&answer.body["results"][0]["outcome"], &answer.body["results"][1]["outcome"]];
    assert_eq!(outcomes, ["recorded", "applied"]);
    let nul = json!({ "device": "a\u{0}", "commands": [command("task.start", &task, json!({}))] });
    assert_eq!(volunteer.post("/v1/sync", &nul).await.status, 422);
    // Of an app that is newer than the server, beside a NUL.
    let commands = ["task.\u{0}", "case.explode", "foo"].map(|word| {
        json!({ "id": Uuid::now_v7(), "type": word, "at": "2026-08-01T07:12:03+08:00", "visit_id": task })
    });
    let answer = volunteer.post("/v1/sync", &json!({ "commands": commands })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for result in answer.body["results"].as_array().expect("results") {
        let problem = &result["problem"];
        assert_eq!(
            (&problem["code"], &problem["errors"][0]["pointer"]),
            (&json!("unknown_command"), &json!("/type")),
            "{result}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_command_is_rejected_alone_and_may_be_corrected(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let claim = command("task.claim", &task, json!({}));
    let with = |name: &str, value: Value| {
        let mut command = command("task.start", &task, json!({}));
        command[name] = value;
        command
    };
    let mut timeless = claim.clone();
    timeless.as_object_mut().expect("an object").remove("at");
    let outbox = json!([
        with("id", json!("visit-17")),
        with("id", json!(17)),
        with("task_id", json!("x")),
        with("weather", json!("rain")),
        with("base_version", json!(-1)),
        "task.start",
        timeless,
        claim,
    ]);
    let mut phone = Phone::default();
    let results = phone.sync(&volunteer, outbox.clone()).await;
    let told: Vec<_> = results
        .iter()
        .map(|one| (one["outcome"].as_str(), one["problem"]["errors"][0]["pointer"].as_str()))
        .collect();
    let refused = |pointer: &'static str| (Some("rejected"), Some(pointer));
    assert_eq!(
        told,
        [
            refused("/id"),
            refused("/id"),
            refused("/task_id"),
            refused("/weather"),
            refused("/base_version"),
            refused(""),
            refused("/at"),
            (Some("applied"), None),
        ]
    );
    assert_eq!(results[0]["id"], "visit-17");
    assert_eq!(results[1].get("id"), None);
    // The claim without a time was not stored, so the corrected one could use its id.
    assert_eq!((&results[6]["id"], &results[7]["replayed"]), (&results[7]["id"], &json!(false)));
    assert_eq!(phone.sync(&volunteer, json!([outbox[7]])).await[0]["replayed"], true);
    // The same holds for a call.
    let path = format!("/v1/tasks/{task}/decline");
    let bodies = [
        (json!({ "why": "外地" }), 422),
        (json!({ "reason": "" }), 422),
        (json!({ "reason": "外地" }), 409),
    ];
    for (body, status) in bodies {
        let call = volunteer.request(reqwest::Method::POST, &path).json(&body);
        let answer = volunteer.send(call.header("Idempotency-Key", "mended")).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}
