//! The live stream: hints for the caller's scope, resumed after an interruption.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, person_id};
use crate::support::{Backend, Caller, GRID, Server};

/// A stream that is read hint by hint.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(caller: &Caller, last: Option<i64>) -> Self {
        Self::of("/v1/events/stream", caller, last).await
    }

    async fn of(path: &str, caller: &Caller, last: Option<i64>) -> Self {
        let mut request = caller.request(reqwest::Method::GET, path);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.expect("a stream");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["Content-Type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// Waits until the server ends the stream.
    async fn end(mut self) {
        let rest = async { while self.answer.chunk().await.expect("a chunk").is_some() {} };
        tokio::time::timeout(Duration::from_secs(8), rest).await.expect("an end within 8 seconds");
    }

    /// The next hint; `None` after 1.5 seconds without one.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let found = event.lines().find_map(|line| line.strip_prefix("data: "));
                let hint = found.map(|json| serde_json::from_str(json).expect("JSON"));
                self.text = String::from(rest);
                if hint.is_some() {
                    return hint;
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_millis(1500), self.answer.chunk());
            let chunk = chunk.await.ok()?.expect("the stream goes on")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_sends_hints_of_the_callers_scope_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, far) = (server.manager().await, server.far_manager().await);
    let volunteer = server.volunteer().await;
    let mut stream = Stream::open(&volunteer, None).await;
    far.make_task(FAR_BENEFICIARY).await;
    let task = manager.make_task(BENEFICIARY).await;
    let hint = stream.next().await.expect("a hint");
    assert_eq!((&hint["type"], &hint["id"]), (&json!("task"), &json!(task)));
    assert_eq!(hint["action"], "task.create");
    assert_eq!(stream.next().await, None);
    // After an interruption the stream resumes with the missed hints.
    drop(stream);
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let mut stream = Stream::open(&volunteer, hint["seq"].as_i64()).await;
    let missed = stream.next().await.expect("what was missed");
    assert_eq!(
        (&missed["id"], missed["seq"].as_i64() > hint["seq"].as_i64()),
        (&json!(task), true)
    );
    assert_eq!(server.stranger().get("/v1/events/stream").await.status, 401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_the_role_and_with_the_token_of_its_caller(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_ACCESS_TOKEN_S", "12")]);
    let began = std::time::Instant::now();
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let of_volunteer = Stream::open(&volunteer, None).await;
    let of_manager = Stream::open(&manager, None).await;
    let appointed = supervisor.appoint(GRID, &person_id(22)).await;
    assert_eq!(appointed.status, 200, "{}", appointed.body);
    of_manager.end().await;
    assert_eq!(manager.get("/v1/me").await.body["role"], "volunteer");
    assert!(began.elapsed() < Duration::from_secs(10), "not because of the token");
    of_volunteer.end().await;
    assert!(began.elapsed() >= Duration::from_secs(11), "because of the token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_reaches_listeners_at_another_server() {
    let server = Server::small(crate::support::Backend::Postgres);
    let other = server.another();
    let manager = server.manager().await;
    let mut stream =
        Stream::open(&other.bearer(manager.token.as_deref().expect("a token")), None).await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(stream.next().await.expect("a hint")["id"], task.as_str());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_an_area_sends_the_hints_of_that_area_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let path = "/v1/events/stream?area=500116002";
    let mut stream = Stream::of(path, &supervisor, None).await;
    let near = supervisor.make_task(BENEFICIARY).await;
    let far = supervisor.make_task(FAR_BENEFICIARY).await;
    let hint = stream.next().await.expect("a hint");
    assert_eq!((&hint["id"], &hint["action"]), (&json!(far), &json!("task.create")));
    assert_eq!(stream.next().await, None, "{near} is in another town");
    // After an interruption too.
    drop(stream);
    let before = hint["seq"].as_i64();
    let reason = json!({ "reason": "other" });
    for task in [near, far.clone()] {
        let path = format!("/v1/tasks/{task}/cancel");
        let request = supervisor.request(reqwest::Method::POST, &path).json(&reason);
        let cancelled = supervisor.send(request.header("If-Match", "\"v1\"")).await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    }
    let mut stream = Stream::of(path, &supervisor, before).await;
    let missed = stream.next().await.expect("what was missed");
    assert_eq!((&missed["id"], &missed["action"]), (&json!(far), &json!("task.cancel")));
    assert_eq!(stream.next().await, None);
}

/// The states that a stream of a plan sends until it ends.
async fn states(caller: &Caller, plan: &str) -> Vec<Value> {
    let mut stream = Stream::of(&format!("/v1/plans/{plan}/progress"), caller, None).await;
    let mut states = Vec::new();
    while let Some(state) = stream.next().await {
        states.push(state);
    }
    stream.end().await;
    states
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_progress_of_a_plan_is_a_stream_that_ends_with_the_draft(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    manager.make_task(BENEFICIARY).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let ordered = manager.post("/v1/plans", &order).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let id = ordered.body["id"].as_str().expect("an id");
    let followed = states(&manager, id).await;
    let last = followed.last().expect("the last state");
    assert_eq!(*last, manager.get(&format!("/v1/plans/{id}")).await.body);
    assert_eq!(last["state"], "draft", "{followed:?}");
    let earlier = &followed[..followed.len() - 1];
    assert!(earlier.iter().all(|state| state["state"] == "computing"), "{followed:?}");
    assert_eq!(states(&manager, id).await.len(), 1, "a draft does not change");

    let path = format!("/v1/plans/{id}/progress");
    assert_eq!(server.far_manager().await.get(&path).await.problem(), "not_found");
    assert_eq!(server.volunteer().await.get(&path).await.problem(), "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_another_server_computes_is_followed_to_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let plan = manager.order_plan(&order).await.body;
    let id = plan["id"].as_str().expect("an id");
    let computing = "UPDATE plans SET state = 'computing', progress = 40, lease = 'x',
        lease_until = '2090-01-01 00:00:00'";
    server.database.execute(computing);
    let mut stream = Stream::of(&format!("/v1/plans/{id}/progress"), &manager, None).await;
    let first = stream.next().await.expect("a state");
    assert_eq!((&first["state"], &first["progress"]), (&json!("computing"), &json!(40)));
    server.database.execute("UPDATE plans SET progress = 80");
    assert_eq!(stream.next().await.expect("a state")["progress"], 80);
    assert_eq!(manager.delete(&format!("/v1/plans/{id}")).await.status, 200);
    assert_eq!(stream.next().await.expect("a state")["state"], "discarded");
    stream.end().await;
}
