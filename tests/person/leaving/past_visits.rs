//! Visits of last week that others take over: they lose their day, and count in the week in which they are due.

use rstest::rstest;
use serde_json::{Value, json};

use super::act;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, Server};

/// Gives the person with this number as many visits of half an hour that are due tomorrow; their ids.
async fn hold(manager: &Caller, person: u32, count: usize) -> Vec<String> {
    let create = |n: usize| {
        json!({
            "type": "task.create", "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": {
                "kind": "home_visit", "title": format!("回访 {person}-{n}"), "due_on": day(1),
                "minutes": 30
            }
        })
    };
    let bulk = async |commands: Vec<Value>| {
        let done = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!((done.status, &done.body["applied"]), (200, &json!(count)), "{}", done.body);
        done.body["results"].as_array().expect("results").clone()
    };
    let made = bulk((0..count / 2).map(create).collect()).await;
    let tasks: Vec<Value> = made.iter().map(|made| json!({ "id": made["task_id"] })).collect();
    let to = json!({ "person_id": person_id(person), "force": true });
    bulk(vec![json!({ "type": "task.assign", "payload": to, "tasks": tasks })]).await;
    made.iter().map(|made| made["task_id"].as_str().expect("an id").to_owned()).collect()
}

/// As if the first volunteer had accepted the visits for last week, and had not made them.
fn week_passes(server: &Server) {
    server.database.execute(&format!(
        "UPDATE tasks SET state = 'accepted', planned_on = '{}', planned_start = 540, \
             planned_minutes = 30 WHERE assignee = '{}'",
        day(-7),
        person_id(21)
    ));
}

/// The number of tasks that the person with this number has.
fn held_by(server: &Server, person: u32) -> usize {
    let tasks = format!("SELECT id AS text FROM tasks WHERE assignee = '{}'", person_id(person));
    server.database.texts(&tasks).len()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_of_last_week_are_spread_by_the_minutes_of_the_week_in_which_they_are_due(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    hold(&manager, 21, 20).await;
    week_passes(&server);
    // Eight visits for each volunteer, three for each manager.
    server.database.execute("UPDATE people SET weekly_minutes = 240");
    for preview in [true, false] {
        let body = json!({ "preview": preview, "reason": "ill", "spread": true });
        let done = act(&supervisor, 21, "departure", &body).await;
        assert_eq!(done.status, 200, "{}", done.body);
        let tasks = done.body["tasks"].as_array().expect("tasks");
        assert!(tasks.iter().all(|task| task["outcome"] == "given"), "{}", done.body);
        let loads = done.body["loads"].as_array().expect("loads");
        assert_eq!(loads.len(), 4, "{}", done.body);
        for load in loads {
            let minutes = |name: &str| load[name].as_u64().expect("minutes");
            assert!(minutes("after") <= minutes("weekly_minutes"), "{}", done.body);
        }
    }
    let planned = "SELECT id AS text FROM tasks WHERE planned_on IS NOT NULL";
    assert_eq!(server.database.texts(planned), Vec::<String>::new());
    let held: usize = [11, 12, 22, 23].map(|person| held_by(&server, person)).iter().sum();
    assert_eq!((held, held_by(&server, 21)), (20, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_person_gets_as_many_visits_of_last_week_as_the_week_permits_in_which_they_are_due(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("give_to", "tasks")] wish: &str,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let tasks = hold(&manager, 21, 20).await;
    week_passes(&server);
    hold(&manager, 22, 2).await;
    let few = format!("UPDATE people SET weekly_minutes = 120 WHERE id = '{}'", person_id(22));
    server.database.execute(&few);
    let mut body = json!({ "preview": false, "reason": "ill" });
    if wish == "tasks" {
        let named = |task: &String| json!({ "task_id": task, "give_to": person_id(22) });
        body["tasks"] = json!(tasks.iter().take(3).map(named).collect::<Vec<_>>());
        let refused = act(&supervisor, 21, "departure", &body).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (409, &json!("/tasks/2/give_to")));
        body["tasks"] = json!(tasks.iter().take(2).map(named).collect::<Vec<_>>());
        body["spread"] = json!(true);
    } else {
        body["give_to"] = json!(person_id(22));
    }
    let done = act(&supervisor, 21, "departure", &body).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(held_by(&server, 22), 4, "{}", done.body);
    let rows = done.body["tasks"].as_array().expect("tasks").iter();
    let obstacles = rows.filter(|task| task["obstacle"] == "minutes").count();
    assert_eq!(obstacles, if wish == "give_to" { 18 } else { 0 }, "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_of_last_week_is_assigned_by_the_minutes_of_the_week_in_which_it_is_due(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let tasks = hold(&manager, 21, 2).await;
    week_passes(&server);
    hold(&manager, 22, 2).await;
    let offer = |minutes: u32| {
        let of = format!("WHERE id = '{}'", person_id(22));
        server.database.execute(&format!("UPDATE people SET weekly_minutes = {minutes} {of}"));
    };
    let path = format!("/v1/tasks/{}/reassign", tasks[0]);
    let to = json!({ "person_id": person_id(22) });
    offer(60);
    let refused = supervisor.post(&path, &to).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"));
    assert_eq!(refused.body["current"]["breaches"], json!(["minutes"]), "{}", refused.body);
    offer(90);
    let given = supervisor.post(&path, &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
}
