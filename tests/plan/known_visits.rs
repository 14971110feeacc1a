//! A visit that its person had before a draft is not new to the draft when it is accepted before the apply.

use chrono::{Datelike as _, NaiveDate, Weekday};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// How an earlier plan gave a visit, which the volunteer accepts after the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// For the day of the draft.
    GivenThatDay,
    /// For another day of its week.
    GivenInThatWeek,
}

/// The day of the draft.
fn that_day() -> NaiveDate {
    day(2)
}

/// Another day of its week.
fn in_that_week() -> NaiveDate {
    if that_day().weekday() == Weekday::Mon { day(3) } else { day(1) }
}

/// Leaves the first volunteer alone as visitor of the grid, from 08:00 to 18:00 each day.
fn alone(server: &Server) {
    let id = person_id(21);
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let hours = days.map(|day| format!("{day} 0800-1800")).join(";");
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE id <> '{id}';
         UPDATE people SET availability = '{hours}' WHERE id = '{id}'"
    ));
}

fn offer(server: &Server, minutes: u64) {
    let id = person_id(21);
    let offer = format!("UPDATE people SET weekly_minutes = {minutes} WHERE id = '{id}'");
    server.database.execute(&offer);
}

/// A visit of twenty minutes in this hour of the day.
async fn visit(caller: &Caller, on: NaiveDate, hour: u32) -> String {
    let window = json!({ "start": 60 * hour, "end": 60 * hour + 60 });
    let days = json!({ "not_before": on, "due_on": on, "minutes": 20, "window": window });
    caller.make(&home_visit(&beneficiary_id(1), days)).await
}

/// A draft that gives all of these tasks to the volunteer.
async fn draft(caller: &Caller, on: NaiveDate, tasks: &[String]) -> Value {
    let order = json!({ "area": GRID, "first_day": on, "last_day": on, "only": { "ids": tasks } });
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

async fn apply(caller: &Caller, plan: &Value) -> Answer {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    caller.post(&path, &json!({})).await
}

/// The day goes far, home and far again, so what each visit adds to it is more in sum than the travel of the day,
/// by which the week has just enough minutes for all visits.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_loses_nothing_by_changes_of_what_its_people_had_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Before::GivenThatDay, Before::GivenInThatWeek)] before: Before,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let on = if before == Before::GivenInThatWeek { in_that_week() } else { that_day() };
    let held = visit(&manager, on, 14).await;
    let mut held_minutes = 20;
    let earlier = draft(&manager, on, std::slice::from_ref(&held)).await;
    if before == Before::GivenInThatWeek {
        held_minutes = minutes(&manager, &earlier).await;
    }
    assert_eq!(apply(&manager, &earlier).await.body["left"], json!([]));
    let mut tasks = Vec::new();
    for hour in [9, 10, 11] {
        tasks.push(visit(&manager, that_day(), hour).await);
    }
    // 25 minutes away from the home of the volunteer.
    let far = format!("UPDATE tasks SET lon = 106.35 WHERE id IN ('{}', '{}')", tasks[0], tasks[2]);
    server.database.execute(&far);
    let known = draft(&manager, that_day(), &tasks).await;
    let travel = known["measures"]["travel"].as_u64().unwrap_or_else(|| panic!("{known}"));
    assert!(minutes(&manager, &known).await > 80 + travel, "{known}");
    offer(&server, 60 + travel + held_minutes);
    let plan = draft(&manager, that_day(), &tasks).await;

    assert_eq!(volunteer.act(&format!("/v1/tasks/{held}/accept")).await.status, 200);
    let applied = apply(&manager, &plan).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
}
