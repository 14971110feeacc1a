//! The minutes of a week when a draft is applied: a visit takes its service and the travel that it adds to its day.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// The day of all visits.
const DAY: i64 = 2;

/// Leaves the first volunteer alone as visitor of the grid.
fn alone(server: &Server) {
    let others = format!(
        "UPDATE people SET weekly_minutes = 0 WHERE role IN ('volunteer', 'manager') AND id <> '{}'",
        person_id(21)
    );
    server.database.execute(&others);
}

fn offer(server: &Server, minutes: u64) {
    let id = person_id(21);
    let offer = format!("UPDATE people SET weekly_minutes = {minutes} WHERE id = '{id}'");
    server.database.execute(&offer);
}

/// A visit of these minutes in an hour of the day, if one is named.
async fn visit(caller: &Caller, minutes: u64, hour: Option<u32>) -> String {
    let mut days = json!({ "not_before": day(DAY), "due_on": day(DAY), "minutes": minutes });
    if let Some(hour) = hour {
        days["window"] = json!({ "start": 60 * hour, "end": 60 * hour + 60 });
    }
    caller.make(&home_visit(&beneficiary_id(1), days)).await
}

/// Moves the place of the task 25 minutes away from the home of the volunteer.
fn far(server: &Server, task: &str, lon: f64) {
    server.database.execute(&format!("UPDATE tasks SET lon = {lon} WHERE id = '{task}'"));
}

/// A draft that gives all of these tasks to the volunteer.
async fn draft(caller: &Caller, tasks: &[&str]) -> Value {
    let order = json!({
        "area": GRID, "first_day": day(DAY), "last_day": day(DAY), "only": { "ids": tasks }
    });
    let made = caller.order_plan(&order).await;
    assert_eq!((made.status, &made.body["assigned"]), (201, &json!(tasks.len())), "{}", made.body);
    made.body
}

/// The minutes that the volunteer has in the days of the plan, as its loads count them.
async fn minutes(caller: &Caller, plan: &Value) -> u64 {
    let path = format!("/v1/plans/{}/loads", plan["id"].as_str().expect("an id"));
    let loads = caller.get(&path).await.body;
    loads["people"][0]["minutes_after"].as_u64().unwrap_or_else(|| panic!("{loads}"))
}

async fn apply(caller: &Caller, plan: &Value, conflicts: &str) -> Answer {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    caller.post(&path, &json!({ "conflicts": conflicts })).await
}

fn left(task: &str) -> Value {
    json!([{ "task_id": task, "because": "no_minutes", "state": "open" }])
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_whose_service_alone_has_minutes_left_is_not_given(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, 30, None).await;
    far(&server, &task, 106.35);
    let needed = minutes(&manager, &draft(&manager, &[&task]).await).await;
    assert!(needed >= 60, "{needed} minutes with the travel");
    // By the services alone, another visit of half an hour would leave minutes for this one.
    offer(&server, needed + 29);
    let plan = draft(&manager, &[&task]).await;
    let other = visit(&manager, 30, None).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{other}/claim")).await.status, 200);
    let refused = apply(&manager, &plan, "refuse").await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left(&task));
    offer(&server, needed + 30);
    let applied = apply(&manager, &plan, "refuse").await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_travel_of_a_visit_that_another_plan_gave_since_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let manager = server.manager().await;
    // East and west of the home, which is on the way from one to the other.
    let [one, two] = [visit(&manager, 30, Some(9)).await, visit(&manager, 30, Some(11)).await];
    far(&server, &one, 106.35);
    far(&server, &two, 106.154);
    let [first, second] = [draft(&manager, &[&one]).await, draft(&manager, &[&two]).await];
    let needed = minutes(&manager, &first).await + minutes(&manager, &second).await;
    assert!(needed >= 120, "{needed} minutes with the travel");
    offer(&server, needed - 1);
    assert_eq!(apply(&manager, &first, "skip").await.body["left"], json!([]));
    let none = apply(&manager, &second, "skip").await;
    assert_eq!((none.status, &none.body["left"]), (200, &left(&two)), "{}", none.body);
}

/// The day goes far, home and far again: what each visit adds to it is more in sum than the travel of the day, by
/// which the draft has room.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_has_the_room_that_it_was_computed_with_but_for_what_is_new(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(false, true)] is_claimed: bool,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut tasks = Vec::new();
    for hour in [9, 10, 11] {
        tasks.push(visit(&manager, 20, Some(hour)).await);
    }
    far(&server, &tasks[0], 106.35);
    far(&server, &tasks[2], 106.35);
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let known = draft(&manager, &tasks).await;
    let travel = known["measures"]["travel"].as_u64().unwrap_or_else(|| panic!("{known}"));
    assert!(minutes(&manager, &known).await > 60 + travel, "{known}");
    offer(&server, 60 + travel);
    let plan = draft(&manager, &tasks).await;
    if is_claimed {
        let other = visit(&manager, 30, None).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{other}/claim")).await.status, 200);
    }
    let applied = apply(&manager, &plan, "skip").await;
    let left = applied.body["left"].as_array().expect("tasks");
    assert_eq!((applied.status, left.len()), (200, usize::from(is_claimed)), "{}", applied.body);
    assert!(left.iter().all(|left| left["because"] == "no_minutes"), "{}", applied.body);
}
