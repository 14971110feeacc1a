//! The visits of an absent person are given to others or become open.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::ill;
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_an_ill_person_are_given_to_others_in_three_calls(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let held = many_held(&manager, &person_id(21)).await;
    let ill = |plan: bool| {
        json!({
            "first_day": day(0), "last_day": day(13), "reason": "sick", "release": true,
            "plan": plan
        })
    };
    let own = volunteer.post("/v1/me/absences", &ill(true)).await;
    assert_eq!((own.status, own.problem()), (403, "forbidden"), "{}", own.body);

    let who = person_id(21);
    let added = manager.post(&format!("/v1/people/{who}/absences"), &ill(true)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(added.body["tasks"].as_array().map(Vec::len), Some(held.len()));
    let plan = format!("/v1/plans/{}", added.body["plan_id"].as_str().expect("a plan"));
    let looked = manager.request(Method::GET, &format!("{plan}/loads")).header("Prefer", "wait=30");
    let loads = manager.send(looked).await;
    assert_eq!(loads.status, 200, "the plan is waited for: {}", loads.body);
    assert_eq!(loads.body["changes"]["new"], held.len(), "{}", loads.body);
    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);

    let holders = "SELECT DISTINCT assignee AS text FROM tasks WHERE assignee IS NOT NULL";
    let holders = server.database.texts(holders);
    assert!(!holders.is_empty() && !holders.contains(&who), "{holders:?}");
    let open = "SELECT id AS text FROM tasks WHERE state = 'open'";
    assert_eq!(server.database.texts(open), Vec::<String>::new());
}

/// The 52 short visits of the two weeks from today that the person of this id has.
async fn many_held(manager: &Caller, person: &str) -> Vec<Value> {
    let create = |n: u32| {
        json!({
            "type": "task.create", "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": {
                "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(13), "minutes": 10
            }
        })
    };
    let bulk = async |commands: Vec<Value>| {
        let done = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!((done.status, &done.body["applied"]), (200, &json!(52)), "{}", done.body);
        done.body["results"].as_array().expect("results").clone()
    };
    let made = bulk((1..=26).map(create).collect()).await;
    let tasks: Vec<Value> = made.iter().map(|made| made["task_id"].clone()).collect();
    let named: Vec<Value> = tasks.iter().map(|task| json!({ "id": task })).collect();
    let to = json!({ "person_id": person, "force": true });
    bulk(vec![json!({ "type": "task.assign", "payload": to, "tasks": named })]).await;
    tasks
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_an_absence_are_given_to_a_person_or_spread_after_a_look_at_the_loads(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let claim = async |n: u32, more: Value| {
        let mut body = json!({ "not_before": day(1), "due_on": day(2), "minutes": 60 });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        let task = manager.make(&home_visit(&beneficiary_id(n), body)).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        task
    };
    let mut tasks = vec![claim(1, json!({})).await, claim(2, json!({})).await];
    tasks.push(claim(3, json!({})).await);
    let path = format!("/v1/people/{}/absences", person_id(21));
    let absence = |more: Value| {
        let mut body = json!({
            "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true
        });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        body
    };
    let of = |added: &Answer, field: &str| -> Vec<Value> {
        let tasks = added.body["tasks"].as_array().unwrap_or_else(|| panic!("{}", added.body));
        tasks.iter().map(|task| task[field].clone()).collect()
    };
    // A look changes nothing.
    let to = absence(json!({ "give_to": person_id(22) }));
    let shown = supervisor.post(&format!("{path}?check=true"), &to).await;
    assert_eq!((shown.status, of(&shown, "effect")), (200, vec![json!("given"); 3]));
    let load = json!([{
        "person_id": person_id(22), "before": 0, "after": 180, "weekly_minutes": 600
    }]);
    assert_eq!(shown.body["loads"], load);
    assert_eq!(volunteer.get("/v1/me/absences").await.body["items"], json!([]));
    for task in &tasks {
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["assignee_id"], person_id(21).as_str(), "{task}");
    }

    for (body, pointer) in [
        (absence(json!({ "give_to": person_id(22), "spread": true })), "/spread"),
        (absence(json!({ "spread": true, "release": false })), "/release"),
        (absence(json!({ "plan": true, "release": false })), "/release"),
        (absence(json!({ "give_to": person_id(1) })), "/give_to"),
    ] {
        let refused = supervisor.post(&path, &body).await;
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let own = volunteer.post("/v1/me/absences", &to).await;
    assert_eq!(own.problem(), "forbidden", "a volunteer assigns no tasks");

    // Each visit goes to the person of the village with the largest part left of the offer.
    let spread = supervisor.post(&path, &absence(json!({ "spread": true }))).await;
    assert_eq!((spread.status, of(&spread, "effect")), (201, vec![json!("given"); 3]));
    let mut people = of(&spread, "person_id");
    people.sort_by_key(ToString::to_string);
    people.dedup();
    assert_eq!(people.len(), 3, "{}", spread.body);
    assert!(!people.contains(&json!(person_id(21))), "{}", spread.body);
    for (task, person) in of(&spread, "task_id").iter().zip(of(&spread, "person_id")) {
        let path = format!("/v1/tasks/{}", task.as_str().expect("an id"));
        let task = supervisor.get(&path).await.body;
        assert_eq!((&task["state"], &task["assignee_id"]), (&json!("assigned"), &person));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_the_named_person_may_not_make_is_open_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let days = json!({ "not_before": day(1), "due_on": day(2), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let to = json!({ "person_id": person_id(21), "force": true });
    let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let added = ill(&supervisor).await;
    let row = &added.body["tasks"][0];
    assert_eq!(
        (added.status, &row["effect"], &row["breaches"]),
        (201, &json!("released"), &json!(["skill"])),
        "{}",
        added.body
    );
    assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_of_one_person_are_given_together_or_become_open_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let held = async |n: u32, more: Value| {
        let mut body = json!({ "not_before": day(1), "due_on": day(2), "minutes": 60 });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        let task = manager.make(&home_visit(&beneficiary_id(n), body)).await;
        let to = json!({ "person_id": person_id(21), "force": true });
        let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        task
    };
    let tied = |task: &str| json!({ "type": "same_person", "task_id": task });
    let first = held(1, json!({})).await;
    let second = held(2, json!({ "tie": tied(&first) })).await;
    let plain = held(1, json!({})).await;
    let medical = held(3, json!({ "tie": tied(&plain), "skills": ["medical"] })).await;
    let added = ill(&supervisor).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let row = |task: &str| {
        let rows = added.body["tasks"].as_array().expect("tasks").iter();
        rows.clone().find(|row| row["task_id"] == task).expect("a row").clone()
    };
    for task in [&first, &second] {
        assert_eq!(row(task)["person_id"], person_id(22).as_str(), "{}", added.body);
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["assignee_id"], person_id(22).as_str(), "{task}");
    }
    for task in [&plain, &medical] {
        let row = row(task);
        assert_eq!((&row["effect"], &row["breaches"]), (&json!("released"), &json!(["skill"])));
        assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body["state"], "open");
    }
    assert_eq!(added.body["loads"][0]["after"], 120, "{}", added.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loads_of_others_are_not_shown_again_to_a_person_who_may_assign_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let absence = json!({
        "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true, "spread": true
    });
    let add = async || {
        let request = manager.request(Method::POST, "/v1/me/absences").json(&absence);
        manager.send(request.header("Idempotency-Key", "absence-1")).await
    };
    assert_eq!(add().await.status, 201);
    assert_eq!(add().await.status, 201, "a repetition");
    assert_eq!(supervisor.appoint(GRID, &person_id(21)).await.status, 200);
    let again = add().await;
    assert_eq!((again.status, again.problem()), (403, "forbidden"), "{}", again.body);
}
