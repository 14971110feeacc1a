//! Visits that are held up by one that lasts too long.

use chrono::{TimeDelta, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use super::{notices, set, task, time, unordered, upkeep, visit};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Caller, GRID, Server};

/// Visits by the first volunteer that a plan gave for today, from midnight on, five minutes each and an hour
/// and a half of travel apart: one under way, one accepted and two that are not; the last was given just now.
async fn full_day(server: &Server, manager: &Caller) -> Vec<String> {
    let mut tasks = Vec::new();
    for n in [1, 2, 3, 1] {
        tasks.push(visit(manager, n).await);
    }
    manager.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(7) })).await;
    let long_ago = (Utc::now() - TimeDelta::hours(2)).naive_utc();
    let (person, today) = (person_id(21), day(0));
    for (at, (id, state)) in
        tasks.iter().zip(["in_progress", "accepted", "assigned", "assigned"]).enumerate()
    {
        let (start, changed) = (5 * at, if at == 3 { Utc::now().naive_utc() } else { long_ago });
        server.database.execute(&format!(
            "UPDATE tasks SET assignee = '{person}', state = '{state}', planned_on = '{today}', \
             planned_start = {start}, planned_travel = 90, minutes = 5, updated_at = '{changed}' \
             WHERE id = '{id}'"
        ));
        server.database.execute(&format!(
            "UPDATE plan_visits SET person = '{person}', day = '{today}', start = {start}, \
             travel = 90 WHERE task = '{id}'"
        ));
    }
    tasks
}

/// Whether a visit of five minutes that began at midnight has lasted too long.
fn has_overrun() -> bool {
    time(0).as_str() >= "00:07"
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_for_visits_that_are_held_up_changes_nothing_until_it_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    if !has_overrun() {
        return;
    }
    let before = task(&manager, &tasks[2]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["state"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!("draft"), &json!(1)),
        "{plans:?}"
    );
    assert_eq!(plans[0]["area"], GRID, "its people suffice");
    assert_eq!(
        notices(&manager).await,
        ["There is a plan for visits that need a visitor: 第1网格"]
    );
    assert_eq!(task(&manager, &tasks[2]).await, before, "it stays until the draft is applied");
    let plan = format!("/v1/plans/{}", plans[0]["id"].as_str().expect("an id"));
    let moved = manager.get(&format!("{plan}/visits?change=moved")).await.body["items"].clone();
    let moved = moved.as_array().expect("visits");
    assert_eq!((moved.len(), &moved[0]["task_id"]), (1, &json!(tasks[2])), "{moved:?}");
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "suggested once");

    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let given = task(&manager, &tasks[2]).await;
    assert_eq!(
        (&given["state"], &given["planned_for"]["plan_id"]),
        (&json!("assigned"), &plans[0]["id"])
    );
    assert_ne!(given["assignee_id"], before["assignee_id"], "{given}");
    let undone = manager.act(&format!("{plan}/undo")).await;
    assert_eq!((undone.status, &undone.body["left"]), (200, &json!([])), "{}", undone.body);
    let after = task(&manager, &tasks[2]).await;
    assert_eq!(
        (&after["state"], &after["assignee_id"]),
        (&before["state"], &before["assignee_id"])
    );
    for part in ["day", "start", "plan_id"] {
        assert_eq!(after["planned_for"][part], before["planned_for"][part], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_is_held_up_stays_where_it_is_if_no_other_person_can_make_it() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    let others = format!("UPDATE people SET weekly_minutes = 0 WHERE id <> '{}'", person_id(21));
    server.database.execute(&others);
    if !has_overrun() {
        return;
    }
    let before = task(&manager, &tasks[2]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (&plans[0]["state"], &plans[0]["area"], &plans[0]["assigned"]),
        (&json!("draft"), &json!("500116001"), &json!(0)),
        "the people of the town do not suffice: {plans:?}"
    );
    let path = format!("/v1/plans/{}", plans[0]["id"].as_str().expect("an id"));
    let left = admin.get(&format!("{path}/visits?change=left")).await.body["items"].clone();
    assert_eq!(left[0]["task_id"], json!(tasks[2]), "{left}");
    let town = server.town_supervisor().await;
    assert_eq!(notices(&town).await, [""; 0], "there is nothing to apply");
    assert_eq!(town.delete(&path).await.status, 200);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "not again after it is discarded");
    assert_eq!(task(&manager, &tasks[2]).await, before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_lasts_too_long_moves_the_later_ones_that_are_not_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    let by_hand = visit(&manager, 2).await;
    server.database.execute(&format!(
        "UPDATE tasks SET assignee = '{}', state = 'assigned', planned_on = '{}', planned_start = 20, \
         minutes = 5, updated_at = '{}' WHERE id = '{by_hand}'",
        person_id(21),
        day(0),
        (Utc::now() - TimeDelta::hours(2)).naive_utc()
    ));
    server
        .database
        .execute(&format!("UPDATE tasks SET planned_start = 1439 WHERE id = '{}'", tasks[0]));
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "the visit has not lasted too long");

    if !has_overrun() {
        return;
    }
    server
        .database
        .execute(&format!("UPDATE tasks SET planned_start = 0 WHERE id = '{}'", tasks[0]));
    let accepted = task(&manager, &tasks[1]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    let plans: Vec<&Value> = plans.iter().filter(|plan| plan["origin"] == "replan").collect();
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    let moved = task(&manager, &tasks[2]).await;
    assert_eq!(moved["planned_for"]["plan_id"], plans[0]["id"], "{moved}");
    assert_ne!(moved["assignee_id"], json!(person_id(21)), "not back to the person who is late");
    let path = format!("/v1/areas/{GRID}/measures?from={}&to={}", day(0), day(0));
    let measures = manager.get(&path).await.body;
    assert_eq!(measures["replans"], json!({ "count": 1, "moves": 1 }), "{measures}");
    let history = manager.get(&format!("/v1/tasks/{}/history", tasks[2])).await.body;
    let steps = history["items"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step["because"] == "overrun"), "{history}");
    assert_eq!(task(&manager, &tasks[1]).await, accepted, "what is accepted stays");
    assert_eq!(task(&manager, &tasks[3]).await["planned_for"]["start"], 15, "given just now");
    let decided = task(&manager, &by_hand).await;
    assert_eq!(decided["assignee_id"], json!(person_id(21)), "given by hand: {decided}");
    upkeep(&server.database);
    let all = admin.get("/v1/plans").await.body["items"].as_array().expect("plans").len();
    assert_eq!(all, 2, "moved once");
}
