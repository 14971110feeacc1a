//! Plans as jobs: computed apart from the request, followed and discarded.

use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{order, visit, visits};
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, Caller, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_answered_at_once_and_the_draft_follows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let ordered = manager.post("/v1/plans", &order(json!({}))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    assert_eq!(
        (&ordered.body["state"], &ordered.body["progress"]),
        (&json!("computing"), &Value::Null),
        "it waits for the planner"
    );
    assert!(ordered.body.get("measures").is_none(), "{}", ordered.body);
    let path = ordered.headers["location"].to_str().expect("a path").to_owned();
    let plan = manager.computed(&path).await;
    assert_eq!((&plan["state"], &plan["assigned"]), (&json!("draft"), &json!(1)), "{plan}");
    assert_eq!(plan["measures"]["served"], 1);
    // With one visit no plan has less travel than out and back again.
    assert_eq!(plan["bounds"]["travel"], plan["measures"]["travel"]);
    assert_eq!(plan["bounds"]["unserved_priority"], 0);
    let share = |of: &str| plan[of]["largest_share"].as_f64().expect("a share");
    assert!(share("bounds") <= share("measures"), "{plan}");
    assert!(plan.get("progress").is_none(), "{plan}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_again_is_the_same_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let send = async |wait: &str| {
        let request = manager.request(Method::POST, "/v1/plans").header("Idempotency-Key", "one");
        manager.send(request.header("Prefer", wait).json(&order(json!({})))).await
    };
    let first = send("respond-async").await;
    let again = send("wait=30").await;
    assert_eq!((first.status, again.status), (202, 201));
    assert_eq!(first.body["id"], again.body["id"]);
    assert_eq!(again.body["state"], "draft");
    let plans = manager.get("/v1/plans").await;
    assert_eq!(plans.body["items"].as_array().map(Vec::len), Some(1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_survives_the_end_of_the_server_that_was_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    // As a server leaves it that was killed before it began.
    let draft = manager.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    server.database.execute(&format!("DELETE FROM plan_visits WHERE plan = '{id}'"));
    let waiting =
        "state = 'computing', measures = '{\"assigned\":0,\"overtaken\":0,\"measures\":null}'";
    let lease = "lease = 'x', lease_until = '2020-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {waiting}, {lease} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let plan = manager.computed(&format!("/v1/plans/{id}")).await;
    assert_eq!(plan["state"], "draft", "{plan}");
    assert_eq!(visits(&manager, &draft).await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_several_servers_did_not_finish_fails(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let draft = server.manager().await.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    let waiting = "state = 'computing', attempts = 3, lease_until = '2020-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {waiting} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let plan = manager.computed(&format!("/v1/plans/{id}")).await;
    assert_eq!(plan["state"], "failed", "{plan}");
    let applied = manager.act(&format!("/v1/plans/{id}/apply")).await;
    assert_eq!(applied.problem(), "plan_state");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_discarded_before_it_is_computed_stays_discarded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let draft = manager.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    // Another server computes it, and its lease is valid.
    let lease = "state = 'computing', lease = 'x', lease_until = '2090-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {lease} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let path = format!("/v1/plans/{id}");
    assert_eq!(manager.get(&path).await.body["state"], "computing");
    let applied = manager.post(&format!("{path}/apply"), &json!({})).await;
    assert_eq!(applied.problem(), "plan_state", "only a draft can be applied");
    let discarded = manager.delete(&path).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    assert_eq!(manager.get(&path).await.body["state"], "discarded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_still_computed_says_how_to_wait_instead_of_showing_empty_lists(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let [draft, other] =
        [manager.order_plan(&order(json!({}))).await, manager.order_plan(&order(json!({}))).await];
    let [id, other] = [&draft, &other].map(|plan| plan.body["id"].as_str().expect("an id"));
    let lease = "state = 'computing', lease = 'x', lease_until = '2090-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {lease} WHERE id = '{id}'"));
    server.database.execute(&format!("DELETE FROM plan_visits WHERE plan = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let path = format!("/v1/plans/{id}");
    let request = |method, part: &str| {
        let request = manager.request(method, &format!("{path}{part}"));
        request.header("Accept-Language", "zh-CN")
    };
    let apply = manager.send(request(Method::POST, "/apply").json(&json!({}))).await;
    let undo = manager.send(request(Method::POST, "/undo")).await;
    let mut refused = vec![apply, undo];
    let compare = format!("/compare/{other}");
    for part in ["/visits", "/loads", "/obstacles", compare.as_str()] {
        refused.push(manager.send(request(Method::GET, part)).await);
    }
    for refused in refused {
        assert_eq!((refused.status, refused.problem()), (409, "plan_state"), "{}", refused.body);
        assert_eq!(refused.body["current"]["state"], "computing");
        let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("仍在计算") && detail.contains("Prefer: wait=30"), "{detail}");
    }
    let english = manager.post(&format!("{path}/apply"), &json!({})).await;
    assert!(english.body.to_string().contains("is still being computed"), "{}", english.body);

    // The wait ends with the computation, or with the time.
    let waiting = |method, part: &str, seconds| {
        let request = manager.request(method, &format!("{path}{part}"));
        request.header("Prefer", format!("wait={seconds}"))
    };
    let began = Instant::now();
    let refused = manager.send(waiting(Method::GET, "/visits", 1)).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_state"), "{}", refused.body);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    let done = "UPDATE plans SET lease_until = '2020-01-01 00:00:00' WHERE lease = 'x'";
    server.database.execute(done);
    let began = Instant::now();
    let get = |part| manager.send(waiting(Method::GET, part, 30));
    let apply = waiting(Method::POST, "/apply", 30).json(&json!({}));
    let (plan, compared, applied) =
        tokio::join!(get(""), get(compare.as_str()), manager.send(apply));
    assert_ne!(plan.body["state"], "computing", "{}", plan.body);
    assert_eq!(compared.body["same"], 1, "{}", compared.body);
    assert_eq!(applied.body["plan"]["state"], "applied", "{}", applied.body);
    assert!(began.elapsed() < Duration::from_secs(29), "{:?}", began.elapsed());
    assert_eq!(manager.get(&format!("{path}/visits")).await.status, 200);
}

/// More visits in one grid than a debug build computes in the time of a test.
async fn crowd(manager: &Caller) {
    let create = |n: usize| {
        json!({
            "type": "task.create",
            "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": { "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(7) }
        })
    };
    for batch in 0..6 {
        let commands: Vec<Value> = (0..500).map(|n| create(500 * batch + n)).collect();
        let made = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
}

/// Orders a plan of all tasks and waits until a server computes it.
async fn computing(server: &Server, manager: &Caller) -> String {
    let ordered = manager.post("/v1/plans", &order(json!({}))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let id = ordered.body["id"].as_str().expect("an id").to_owned();
    let taken = format!("SELECT id AS text FROM plans WHERE id = '{id}' AND lease IS NOT NULL");
    while server.database.texts(&taken).is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The rows are read, and the one part of the plan is being computed.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(manager.get(&format!("/v1/plans/{id}")).await.body["state"], "computing");
    id
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_discarded_while_one_large_grid_is_computed_makes_room_for_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    crowd(&manager).await;
    let single = visit(&manager, 3).await;
    let large = computing(&server, &manager).await;
    let discarded = manager.delete(&format!("/v1/plans/{large}")).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    let began = Instant::now();
    let small = manager.order_plan(&order(json!({ "only": { "ids": [single] } }))).await;
    assert_eq!((small.status, &small.body["state"]), (201, &json!("draft")), "{}", small.body);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(manager.get(&format!("/v1/plans/{large}")).await.body["state"], "discarded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_hands_the_plan_that_it_computes_back_to_the_queue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    crowd(&manager).await;
    let id = computing(&server, &manager).await;
    let began = Instant::now();
    assert!(server.stop().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let returned = server.database.texts(&format!(
        "SELECT id AS text FROM plans WHERE id = '{id}' AND state = 'computing'
             AND lease IS NULL AND lease_until IS NULL AND attempts = 0"
    ));
    assert_eq!(returned, [id], "the attempt does not count");
}
