//! The minutes of the week when a plan is applied that leaves such a visit without a visitor.

use chrono::{NaiveDate, Weekday};
use rstest::rstest;
use serde_json::{Value, json};

use super::{days_pass, draft, of_kind, offer, send, task, visit, visit_with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Caller, Server};

/// Gives the first volunteer this skill alone.
fn set_skill(server: &Server, skill: &str) {
    let id = person_id(21);
    server.database.execute(&format!("UPDATE people SET skills = '{skill}' WHERE id = '{id}'"));
}

/// The minutes that the volunteer has in the days of the plan, as its loads count them.
async fn minutes(caller: &Caller, plan: &Value) -> u32 {
    let path = format!("/v1/plans/{}/loads", plan["id"].as_str().expect("an id"));
    let loads = caller.get(&path).await.body;
    let minutes = loads["people"][0]["minutes_after"].as_u64();
    let minutes = minutes.unwrap_or_else(|| panic!("{loads}"));
    u32::try_from(minutes).expect("few minutes")
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    day.week(Weekday::Mon).first_day()
}

/// The volunteer has just the minutes for a new visit beside the one of yesterday, which takes none unless it is
/// accepted before the apply. Where yesterday and tomorrow are in two weeks, it takes none in any case; unit tests
/// prove the rule on each day of the week.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_apply_counts_a_visit_that_the_plan_left_only_if_it_was_accepted_since(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(false, true)] is_accepted: bool,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    offer(&server, &[(21, 600)]);
    set_skill(&server, "medical");
    let given = visit_with(&manager, 1, json!({ "skills": ["medical"] })).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    days_pass(&server);
    set_skill(&server, "driving");
    let new = visit(&manager, 2).await;
    let alone = draft(&manager, json!({ "only": { "ids": [new] } })).await;
    assert_eq!(alone["assigned"], 1, "{alone}");
    offer(&server, &[(21, minutes(&manager, &alone).await)]);
    let is_one_week = monday_of(day(-1)) == monday_of(day(1));

    let plan = draft(&manager, json!({})).await;
    assert_eq!(of_kind(&manager, &plan, "new").await, [json!(new)], "{plan}");
    assert_eq!(of_kind(&manager, &plan, "left").await, [json!(given)], "{plan}");
    if is_accepted {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{given}/accept")).await.status, 200);
    }
    let before = task(&manager, &given).await;
    let applied = send(&manager, &plan, "apply").await.body;
    let expected = if is_accepted && is_one_week {
        json!([{ "task_id": new, "because": "no_minutes", "state": "open" }])
    } else {
        json!([])
    };
    assert_eq!(applied["left"], expected, "{applied}");
    assert_eq!(task(&manager, &given).await, before, "it stays with the volunteer");
}
