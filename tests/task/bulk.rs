//! Many tasks in one call: each has its outcome, and ten minutes to take it back.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

async fn bulk(caller: &Caller, dry_run: bool, commands: &Value) -> Answer {
    caller.post("/v1/tasks/bulk", &json!({ "dry_run": dry_run, "commands": commands })).await
}

async fn succeed(caller: &Caller, commands: &Value) -> Value {
    let answer = bulk(caller, false, commands).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The ids of the results.
fn ids(body: &Value) -> Vec<String> {
    let results = body["results"].as_array().expect("results");
    results.iter().map(|one| one["task_id"].as_str().expect("an id").to_owned()).collect()
}

/// The numbers of applied and rejected commands.
fn counts(body: &Value) -> (u64, u64) {
    let number = |name: &str| body[name].as_u64().expect("a number");
    (number("applied"), number("rejected"))
}

/// Calls before a festival, for `n` beneficiaries.
fn calls(n: u32) -> Value {
    let ids: Vec<String> = (0..n).map(|n| beneficiary_id(n % 6 + 1)).collect();
    json!([{
        "type": "task.create", "beneficiary_ids": ids,
        "payload": { "kind": "home_visit", "title": "春节电话问候", "due_on": "2090-01-01" }
    }])
}

/// A command to tasks at version 1.
fn command(word: &str, payload: Value, tasks: &[String]) -> Value {
    let tasks: Vec<Value> = tasks.iter().map(|id| json!({ "id": id, "base_version": 1 })).collect();
    json!([{ "type": word, "payload": payload, "tasks": tasks }])
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_creates_300_calls_and_another_takes_them_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let tried = bulk(&supervisor, true, &calls(300)).await.body;
    assert_eq!((counts(&tried), &tried["id"]), ((300, 0), &Value::Null), "{tried}");
    let count =
        async || supervisor.get("/v1/tasks?state=open&count=true").await.body["count"].clone();
    assert_eq!(count().await, 0, "a dry run changes nothing");
    let made = succeed(&supervisor, &calls(300)).await;
    assert_eq!(counts(&made), (300, 0));
    assert_eq!(count().await, 300);
    let first = task(&supervisor, &ids(&made)[0]).await;
    assert_eq!((&first["title"], &first["version"]), (&json!("春节电话问候"), &json!(1)));
    let path = format!("/v1/tasks/bulk/{}/undo", made["id"].as_str().expect("an id"));
    let undone = supervisor.act(&path).await;
    assert_eq!((undone.status, counts(&undone.body)), (200, (300, 0)), "{}", undone.body);
    assert_eq!(count().await, 0);
    let again = supervisor.act(&path).await;
    assert_eq!((again.status, again.problem()), (409, "undo_over"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2000_commands_the_three_in_conflict_are_refused_by_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let made = ids(&succeed(&supervisor, &calls(2000)).await);
    let changed = [&made[7], &made[1000], &made[1999]];
    for id in changed {
        let why = json!({ "reason": "x" });
        let answer = supervisor.post(&format!("/v1/tasks/{id}/escalate"), &why).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    // Each with the longest reason, of its own.
    let longest = "走".repeat(496);
    let reason = |n: usize| json!({ "reason": format!("{longest}{n:04}") });
    let escalate =
        |(n, id)| command("task.escalate", reason(n), std::slice::from_ref(id))[0].take();
    let commands: Vec<Value> = made.iter().enumerate().map(escalate).collect();
    let body = json!({ "commands": commands });
    let send = || {
        let request = supervisor.request(reqwest::Method::POST, "/v1/tasks/bulk");
        supervisor.send(request.header("Idempotency-Key", "escalate-all").json(&body))
    };
    let first = send().await;
    assert_eq!((first.status, counts(&first.body)), (200, (1997, 3)), "{}", first.body["code"]);
    assert_eq!(rejected(&first.body), changed.map(|id| conflict(id)));
    // A lost answer is repeated, and nothing happens twice.
    let again = send().await;
    assert_eq!(
        (&again.headers["Idempotency-Replayed"], &again.body),
        (&"true".parse().expect("a value"), &first.body)
    );
    let history = supervisor.get(&format!("/v1/tasks/{}/history", made[5])).await;
    let steps = history.body["items"].as_array().expect("steps");
    assert_eq!((steps.len(), &steps[1]["actor_id"]), (2, &json!(person_id(1))));
    assert_eq!(steps[1]["reason"], reason(5)["reason"]);
    // An undo leaves the row on which somebody has acted meanwhile, and names it.
    let cancel =
        supervisor.request(reqwest::Method::POST, &format!("/v1/tasks/{}/cancel", made[5]));
    let cancel = cancel.header("If-Match", "\"v2\"").json(&json!({ "reason": "误建" }));
    assert_eq!(supervisor.send(cancel).await.status, 200);
    let undo = format!("/v1/tasks/bulk/{}/undo", first.body["id"].as_str().expect("an id"));
    let undone = supervisor.act(&undo).await.body;
    assert_eq!(counts(&undone), (1996, 1));
    assert_eq!(rejected(&undone), [conflict(&made[5])]);
    assert_eq!(task(&supervisor, &made[5]).await["state"], "cancelled");
    let desk = async |id: &str| task(&supervisor, id).await["escalation_level"].clone();
    assert_eq!(desk(&made[0]).await, "grid");
    assert_eq!(desk(&made[7]).await, "village", "not by this bulk");
}

/// The tasks of rejected commands, and why.
fn rejected(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let results = body["results"].as_array().expect("results");
    let rejected = results.iter().filter(|one| one["outcome"] == "rejected");
    rejected.map(|one| (text(&one["task_id"]), text(&one["problem"]["code"]))).collect()
}

fn conflict(id: &str) -> (String, String) {
    (id.to_owned(), "version_conflict".to_owned())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_restores_each_task_but_those_on_which_somebody_has_acted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(supervisor.make_task(BENEFICIARY).await);
    }
    let due = task(&supervisor, &made[0]).await["due_on"].clone();
    let given = succeed(
        &supervisor,
        &json!([
            command("task.assign", json!({ "person_id": person_id(21) }), &made[..2])[0],
            command("task.reschedule", json!({ "due_on": "2090-02-01" }), &made[2..])[0],
        ]),
    )
    .await;
    assert_eq!(counts(&given), (3, 0), "{given}");
    assert_eq!(task(&supervisor, &made[0]).await["assignee_name"], "王志愿");
    // An assigned task is not assigned again by mistake.
    let twice = command("task.assign", json!({ "person_id": person_id(22) }), &made[..1]);
    let twice = succeed(&supervisor, &twice).await;
    assert_eq!(twice["results"][0]["problem"]["code"], "task_phase", "{twice}");
    assert_eq!(volunteer.act(&format!("/v1/tasks/{}/start", made[1])).await.status, 200);
    let path = format!("/v1/tasks/bulk/{}/undo", given["id"].as_str().expect("an id"));
    let stranger = server.town_supervisor().await;
    assert_eq!(stranger.act(&path).await.status, 404, "another person's bulk");
    assert_eq!(volunteer.act(&path).await.status, 403);
    let undone = supervisor.act(&path).await.body;
    assert_eq!(counts(&undone), (2, 1), "{undone}");
    let refused = undone["results"].as_array().expect("results").iter();
    let refused: Vec<&Value> = refused.filter(|one| one["outcome"] == "rejected").collect();
    assert_eq!(refused[0]["task_id"], json!(made[1]));
    let now = task(&supervisor, &made[0]).await;
    assert_eq!((&now["state"], &now["assignee_id"]), (&json!("open"), &Value::Null));
    assert_eq!(task(&supervisor, &made[1]).await["state"], "in_progress");
    assert_eq!(task(&supervisor, &made[2]).await["due_on"], due);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_holder_go_to_a_neighbour_grid_in_one_call(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let made = [manager.make_task(BENEFICIARY).await, manager.make_task(BENEFICIARY).await];
    let to = json!({ "person_id": person_id(23) });
    let moved = succeed(&town, &command("task.reassign", to.clone(), &made)).await;
    assert_eq!(counts(&moved), (2, 0), "{moved}");
    let held = town.get(&format!("/v1/tasks?assignee_id={}", person_id(23))).await;
    assert_eq!(held.body["items"].as_array().map(Vec::len), Some(2));
    // Outside the own area, a task does not exist.
    let far = server.supervisor().await.make_task(&beneficiary_id(5)).await;
    let refused = succeed(&town, &command("task.reassign", to, &[far])).await;
    assert_eq!(refused["results"][0]["problem"]["code"], "not_found", "{refused}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_that_says_nothing_possible_is_refused_by_field(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let id = supervisor.make_task(BENEFICIARY).await;
    let of = |word: &str, more: Value| {
        let mut command = json!({ "type": word, "payload": { "reason": "x" } });
        for (name, value) in more.as_object().expect("fields") {
            command[name] = value.clone();
        }
        json!([command])
    };
    let at = json!([{ "id": id }]);
    for (commands, pointer) in [
        (json!([]), "/commands"),
        (of("task.escalate", json!({})), "/commands/0/tasks"),
        (of("task.create", json!({ "tasks": at })), "/commands/0/tasks"),
        (
            of("task.escalate", json!({ "tasks": at, "beneficiary_ids": [BENEFICIARY] })),
            "/commands/0/beneficiary_ids",
        ),
        (of("task.claim", json!({ "tasks": at })), "/commands/0/type"),
        (calls(2001), "/commands"),
        (json!(vec![json!({ "type": "task.escalate", "tasks": at }); 2001]), "/commands"),
        (json!(vec![json!({ "type": "task.escalate" }); 2001]), "/commands"),
    ] {
        let refused = bulk(&supervisor, false, &commands).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (422, &json!(pointer)), "{}", refused.body);
    }
    // What one command gets wrong is its own result.
    let wrong = of("task.escalate", json!({ "tasks": at, "payload": { "why": "x" } }));
    let refused = succeed(&supervisor, &wrong).await;
    assert_eq!(
        refused["results"][0]["problem"]["errors"][0]["pointer"], "/payload/why",
        "{refused}"
    );
    assert_eq!(
        server.volunteer().await.post("/v1/tasks/bulk", &json!({ "commands": wrong })).await.status,
        403
    );
}
