//! Visits that were not accepted before their day had passed, in the plan of the night.

use chrono::{FixedOffset, NaiveDate, TimeDelta, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use super::{set, task, time, unordered, upkeep, visit};
use crate::support::days::day;
use crate::support::{Backend, GRID, Server};

/// The day whose visits may still be reported, so that a plan of now leaves them: yesterday in the morning, today
/// from noon on.
fn last_day_left() -> NaiveDate {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    (Utc::now() - TimeDelta::hours(12)).with_timezone(&china).date_naive()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_of_the_night_leaves_the_visits_of_yesterday_until_noon(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let given = [visit(&manager, 1).await, visit(&manager, 2).await];
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    assert_eq!(manager.plan(&order).await["assigned"], 2);
    let left_on = last_day_left();
    for (id, on) in given.iter().zip([left_on, left_on - TimeDelta::days(1)]) {
        server.database.execute(&format!(
            "UPDATE plan_visits SET day = '{on}' WHERE task = '{id}';
             UPDATE tasks SET not_before = '{on}', planned_on = '{on}' WHERE id = '{id}'"
        ));
    }
    let before = [task(&manager, &given[0]).await, task(&manager, &given[1]).await];
    let nightly = json!({ "at": time(0), "days": 14, "mode": "apply" });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": nightly })).await.status, 200);
    upkeep(&server.database);

    let plans = unordered(&admin, 1).await;
    let night = &plans[0];
    assert_eq!((&night["state"], &night["assigned"]), (&json!("applied"), &json!(1)), "{night}");
    assert_eq!(task(&manager, &given[0]).await, before[0], "the visit of {left_on}");
    let moved = task(&manager, &given[1]).await;
    assert_eq!(moved["state"], "assigned", "{moved}");
    assert_eq!(moved["planned_for"]["plan_id"], night["id"], "{moved}");
    assert_ne!(moved["planned_for"]["day"], before[1]["planned_for"]["day"]);

    // A person who orders a plan knows what was made on the days before.
    let draft = manager.order_plan(&order).await.body;
    let path = format!("/v1/plans/{}/visits?change=moved", draft["id"].as_str().expect("an id"));
    let page = manager.get(&path).await.body;
    let tasks = page["items"].as_array().expect("visits").iter().map(|item| &item["task_id"]);
    let expected = if left_on < day(0) { vec![json!(given[0])] } else { Vec::new() };
    assert_eq!(tasks.cloned().collect::<Vec<Value>>(), expected);
}
