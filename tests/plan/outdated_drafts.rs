//! What has changed since a draft: its visits are given only as far as its person can still make them.

use chrono::Days;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// The day of all visits.
const DAY: i64 = 2;
/// The length of a visit in minutes.
const LENGTH: u64 = 30;

/// A visit for the beneficiary of this number.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// The same in this hour of the day.
async fn visit_at(caller: &Caller, n: u32, hour: u32) -> String {
    let window = json!({ "start": 60 * hour, "end": 60 * hour + 60 });
    let days = json!({
        "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH, "window": window
    });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// A draft of these tasks alone, without help from other grids, so that it is for the first volunteer.
async fn draft(caller: &Caller, tasks: &[&str], changes: Value) -> Value {
    let order = json!({
        "area": GRID, "first_day": day(DAY), "last_day": day(DAY),
        "only": { "ids": tasks }, "changes": changes
    });
    let made = caller.order_plan(&order).await;
    assert_eq!((made.status, &made.body["assigned"]), (201, &json!(tasks.len())), "{}", made.body);
    made.body
}

async fn apply(caller: &Caller, plan: &Value, conflicts: &str) -> Answer {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    caller.post(&path, &json!({ "conflicts": conflicts })).await
}

/// Leaves the first volunteer alone as visitor of the grid.
fn alone(server: &Server) {
    let others = format!(
        "UPDATE people SET weekly_minutes = 0 WHERE role IN ('volunteer', 'manager') AND id <> '{}'",
        person_id(21)
    );
    server.database.execute(&others);
}

fn change(server: &Server, column: &str, value: &str) {
    let change = format!("UPDATE people SET {column} = {value} WHERE id = '{}'", person_id(21));
    server.database.execute(&change);
}

fn left(task: &str, because: &str) -> Value {
    json!([{ "task_id": task, "because": because, "state": "open" }])
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_of_days_that_have_passed_are_left_and_refuse_a_plan_on_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let [passed, later] = [visit(&manager, 1).await, visit(&manager, 2).await];
    let plan = draft(&manager, &[&passed, &later], json!({})).await;
    // As if the draft had waited for some days.
    let yesterday = day(0) - Days::new(1);
    let wait = format!("UPDATE plan_visits SET day = '{yesterday}' WHERE task = '{passed}'");
    server.database.execute(&wait);
    let refused = apply(&manager, &plan, "refuse").await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left(&passed, "passed"));
    let applied = apply(&manager, &plan, "skip").await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &left(&passed, "passed")));
    assert_eq!(applied.body["plan"]["assigned"], 1, "{}", applied.body);
    // What is left is no work of the plan.
    let path = format!("/v1/plans/{}/loads", plan["id"].as_str().expect("an id"));
    let loads = manager.get(&path).await.body;
    let changes = json!({ "new": 0, "kept": 1, "moved": 0, "left": 0, "open": 0, "ended": 0 });
    assert_eq!(loads["changes"], changes, "{loads}");
    let people = loads["people"].as_array().expect("people").iter();
    let people: Vec<_> = people.map(|load| (&load["minutes_before"], &load["added"])).collect();
    assert_eq!(people, [(&json!(0), &json!(1))], "{loads}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_which_every_visit_has_passed_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = visit(&manager, 1).await;
    let plan = draft(&manager, &[&task], json!({})).await;
    // Today, but at a time for which the person would have had to leave yesterday.
    let midnight = format!("UPDATE plan_visits SET day = '{}', start = 0, travel = 1", day(0));
    server.database.execute(&midnight);
    let refused = apply(&manager, &plan, "skip").await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left(&task, "passed"));
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.body["state"], "draft", "nothing was applied");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_whose_hours_or_skills_no_longer_suffice_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let manager = server.manager().await;
    let needs = json!({
        "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH, "skills": ["medical"]
    });
    change(&server, "skills", "'medical'");
    let task = manager.make(&home_visit(&beneficiary_id(1), needs)).await;
    let every_day = |hours: &str| {
        let of = |day: &str| format!("{day} {hours}");
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(of);
        format!("'{}'", days.join(";"))
    };
    let mut plan = draft(&manager, &[&task], json!({})).await;
    for (column, since, before) in [
        ("availability", every_day("1700-2000"), every_day("0900-1200")),
        ("skills", "''".to_owned(), "'medical'".to_owned()),
    ] {
        change(&server, column, &since);
        let refused = apply(&manager, &plan, "refuse").await;
        assert_eq!(refused.body["current"], left(&task, "person_unavailable"), "{column}");
        change(&server, column, &before);
    }
    // The hours of this one day.
    let path = format!("/v1/people/{}/availability", person_id(21));
    let hours = manager.get(&path).await.body;
    let evening = json!([{ "day": day(DAY), "window": { "start": 1_020, "end": 1_200 } }]);
    let request = manager.request(Method::PUT, &path);
    let request = request.header("If-Match", format!("\"v{}\"", hours["version"]));
    let hours = json!({ "weekly": hours["weekly"], "exceptions": evening });
    let changed = manager.send(request.json(&hours)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let refused = apply(&manager, &plan, "refuse").await;
    assert_eq!(refused.body["current"], left(&task, "person_unavailable"));
    // Of a later draft these are the hours.
    plan = draft(&manager, &[&task], json!({})).await;
    assert_eq!(apply(&manager, &plan, "refuse").await.body["left"], json!([]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_that_are_taken_since_the_draft_are_not_given_twice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [one, two] = [visit_at(&manager, 1, 9).await, visit_at(&manager, 2, 10).await];
    let claimed = visit(&manager, 3).await;
    change(&server, "weekly_minutes", "75");
    let [first, second] =
        [draft(&manager, &[&one], json!({})).await, draft(&manager, &[&two], json!({})).await];
    assert_eq!(volunteer.act(&format!("/v1/tasks/{claimed}/claim")).await.status, 200);
    assert_eq!(apply(&manager, &first, "skip").await.body["left"], json!([]), "60 of 75");
    let none = apply(&manager, &second, "skip").await;
    assert_eq!(none.body["left"], left(&two, "no_minutes"), "{}", none.body);

    // A supervisor who gives the person more minutes, or this very visit, has decided so.
    let more = json!({ "more_minutes": [{ "person_id": person_id(21), "minutes": 300 }] });
    change(&server, "weekly_minutes", "600");
    let third = draft(&manager, &[&two], more).await;
    change(&server, "weekly_minutes", "0");
    assert_eq!(apply(&manager, &third, "skip").await.body["left"], json!([]));
    let four = visit_at(&manager, 1, 11).await;
    change(&server, "weekly_minutes", "600");
    let pin = json!({ "task_id": four, "person_id": person_id(21), "day": day(DAY) });
    let fourth = draft(&manager, &[&four], json!({ "pins": [pin] })).await;
    change(&server, "weekly_minutes", "0");
    assert_eq!(apply(&manager, &fourth, "skip").await.body["left"], json!([]));
}

/// The plan knew the ways to what its person held, but not those to what the person got since.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_to_a_visit_that_its_person_got_since_the_draft_takes_its_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [known, new] = [visit(&manager, 3).await, visit(&manager, 2).await];
    let [one, two] = [visit(&manager, 1).await, visit(&manager, 1).await];
    let pinned = async |task: &str, start: u64| {
        let pin = json!({
            "task_id": task, "person_id": person_id(21), "day": day(DAY), "start": start
        });
        draft(&manager, &[task], json!({ "pins": [pin] })).await
    };
    let held_at = async |task: &str, start: u64| {
        let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
        let request = manager.request(Method::POST, &format!("/v1/tasks/{task}/reschedule"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let planned = json!({ "planned": { "day": day(DAY), "start": start }, "force": true });
        let moved = manager.send(request.json(&planned)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    };
    assert_eq!(volunteer.act(&format!("/v1/tasks/{known}/claim")).await.status, 200);
    held_at(&known, 565).await;
    let [first, second] = [pinned(&one, 600).await, pinned(&two, 680).await];
    assert_eq!(volunteer.act(&format!("/v1/tasks/{new}/claim")).await.status, 200);
    held_at(&new, 645).await;
    // Both are now twelve minutes away from the visits of the drafts, which are five minutes after them.
    let far = format!("UPDATE tasks SET lon = 106.3 WHERE id IN ('{known}', '{new}')");
    server.database.execute(&far);
    assert_eq!(apply(&manager, &first, "refuse").await.body["left"], json!([]), "known");
    let refused = apply(&manager, &second, "refuse").await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left(&two, "person_busy"));
    held_at(&new, 680 - 12 - LENGTH).await;
    assert_eq!(apply(&manager, &second, "refuse").await.body["left"], json!([]), "in time");
}

/// A pin is a decision of a supervisor that the apply does not call into question.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_is_pinned_to_a_person_without_its_skill_is_given(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let needs = json!({
        "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH, "skills": ["medical"]
    });
    let task = manager.make(&home_visit(&beneficiary_id(1), needs)).await;
    let pin = json!({ "task_id": task, "person_id": person_id(21), "day": day(DAY) });
    let plan = draft(&manager, &[&task], json!({ "pins": [pin] })).await;
    assert_eq!(apply(&manager, &plan, "refuse").await.body["left"], json!([]));
}

/// The task counts once for a person who claims it since a draft that gives it to the same person.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_its_person_of_the_draft_has_claimed_counts_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    alone(&server);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [one, two] = [visit(&manager, 1).await, visit(&manager, 2).await];
    change(&server, "weekly_minutes", "85");
    let plan = draft(&manager, &[&one, &two], json!({})).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{one}/claim")).await.status, 200);
    let applied = apply(&manager, &plan, "skip").await;
    let changed = json!([{ "task_id": one, "because": "changed", "state": "accepted" }]);
    assert_eq!(applied.body["left"], changed, "{}", applied.body);
}
