//! The tasks, people and conditions of an order.

use rstest::rstest;
use serde_json::{Value, json};

use super::{order, visit, visits};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, GRID, OTHER_GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_selects_the_tasks_of_its_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let second = visit(&manager, 2).await;
    let tasks = async |only: Value| {
        let plan = manager.order_plan(&order(json!({ "only": only }))).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        let visits = visits(&manager, &plan).await;
        visits.iter().map(|visit| visit["task_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(tasks(json!({ "ids": [second] })).await, [json!(second)]);
    assert_eq!(tasks(json!({ "kinds": ["phone_call"] })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "kinds": ["home_visit"], "due_to": day(7) })).await.len(), 2);
    assert_eq!(tasks(json!({ "due_to": day(6) })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "levels": ["town"] })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "levels": ["grid"], "min_priority": 1 })).await.len(), 2);
    assert_eq!(tasks(json!({ "area": GRID })).await.len(), 2);
    let days = json!({ "not_before": day(1), "due_on": day(7), "occasion": "2027 春节" });
    let third = manager.make(&home_visit(&beneficiary_id(3), days)).await;
    assert_eq!(tasks(json!({ "occasion": "2027 春节" })).await, [json!(third)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_without_visitors_has_a_draft_that_says_why_no_one_goes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = visit(&server.manager().await, 1).await;
    let visitors = "UPDATE people SET state = 'left' WHERE role IN ('manager', 'volunteer')";
    server.database.execute(visitors);
    let plan = supervisor.order_plan(&order(json!({}))).await;
    assert_eq!(plan.status, 201, "{}", plan.body);
    let measures = &plan.body["measures"];
    assert_eq!((&measures["served"], &measures["unserved"]), (&json!(0), &json!(1)));
    let visits = visits(&supervisor, &plan).await;
    assert_eq!(visits[0]["task_id"], json!(task));
    assert!(visits[0]["reason"].is_object(), "{visits:?}");
}

/// The people of a grid cannot make the visits of one day; those of the next grid can help.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_people_around_a_grid_help_in_a_plan_of_their_village_that_selects_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    visit(&manager, 1).await;
    let other = json!({ "kind": "home_visit", "grid": OTHER_GRID, "place": { "lat": 29.285, "lon": 106.265 } });
    supervisor.make(&other).await;
    let mine = format!(
        "UPDATE people SET state = 'suspended' WHERE area = '{GRID}' AND role <> 'supervisor'"
    );
    server.database.execute(&mine);
    let village = &GRID[..12];
    let served = async |area: &str, only: Value| {
        let order = json!({ "area": area, "first_day": day(1), "last_day": day(7), "only": only });
        let plan = supervisor.order_plan(&order).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        visits(&supervisor, &plan).await
    };
    let alone = served(GRID, json!({})).await;
    assert!(alone[0]["person_id"].is_null(), "{alone:?}");
    let helped = served(village, json!({ "area": GRID })).await;
    assert_eq!(helped.len(), 1, "{helped:?}");
    assert!(helped[0]["person_id"].is_string(), "{helped:?}");
}

/// A visit that a person of the next grid has there takes its time, but is not what was asked about.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_measures_of_a_plan_that_selects_a_grid_are_of_the_visits_in_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    visit(&server.manager().await, 1).await;
    let place = json!({ "lat": 29.285, "lon": 106.268 });
    let days = json!({ "not_before": day(2), "due_on": day(2) });
    let mut other = json!({ "kind": "home_visit", "grid": OTHER_GRID, "place": place });
    other.as_object_mut().expect("a body").extend(days.as_object().expect("days").clone());
    let other = supervisor.make(&other).await;
    let order = json!({ "area": OTHER_GRID, "first_day": day(1), "last_day": day(7) });
    assert_eq!(supervisor.plan(&order).await["assigned"], 1, "{other}");
    let planned = async |only: Value| {
        let area = &GRID[..12];
        let order = json!({ "area": area, "first_day": day(1), "last_day": day(7), "only": only });
        supervisor.order_plan(&order).await.body
    };
    let (all, plan) = (planned(json!({})).await, planned(json!({ "area": GRID })).await);
    let (all, some, bounds) = (&all["measures"], &plan["measures"], &plan["bounds"]);
    assert_eq!((&all["served"], &some["served"]), (&json!(2), &json!(1)), "{all} {some}");
    assert!(some["travel"].as_u64() < all["travel"].as_u64(), "{all} {some}");
    assert!(bounds["travel"].as_u64() > Some(0), "{bounds}");
    assert!(bounds["travel"].as_u64() <= some["travel"].as_u64(), "{bounds} {some}");
    assert_eq!(bounds["unserved_priority"], 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_by_hand_are_conditions_of_the_next_draft(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = visit(&manager, 1).await;
    let plan = manager.order_plan(&order(json!({}))).await;
    let usual = visits(&manager, &plan).await[0]["person_id"].clone();
    assert!(usual.is_string());
    let forbidden = json!({ "forbidden": [{ "task_id": task, "person_id": usual }] });
    let plan = manager.order_plan(&order(json!({ "changes": forbidden }))).await;
    assert_eq!(plan.status, 201, "{}", plan.body);
    let other = visits(&manager, &plan).await[0].clone();
    assert_ne!(other["person_id"], usual, "{other}");

    let pins = json!({ "pins": [{ "task_id": task, "person_id": usual, "day": day(3) }] });
    let plan = manager.order_plan(&order(json!({ "changes": pins }))).await;
    let pinned = visits(&manager, &plan).await[0].clone();
    // The person may have no shift on that day of the week.
    if pinned["person_id"].is_null() {
        assert_eq!(pinned["reason"]["code"], "pin_does_not_fit", "{pinned}");
        return;
    }
    assert_eq!((&pinned["person_id"], &pinned["day"]), (&usual, &json!(day(3))));
    assert_eq!(pinned["why"]["by_hand"], true, "{pinned}");
    let id = plan.body["id"].as_str().expect("an id");
    let applied = manager.post(&format!("/v1/plans/{id}/apply"), &json!({})).await;
    assert_eq!(applied.body["left"], json!([]), "{}", applied.body);
    let assigned = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(assigned["assignee_id"], usual, "{assigned}");
    assert_eq!(assigned["planned_for"]["why"], "by_hand", "{assigned}");
    let explained = manager.get(&format!("/v1/tasks/{task}/explanation")).await.body;
    assert!(explained.to_string().contains("The author of the plan chose"), "{explained}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_without_a_skilled_person_is_made_once_its_remedy_is_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let needs = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(1), needs)).await;
    let draft = manager.order_plan(&order(json!({}))).await;
    let remedy = visits(&manager, &draft).await[0]["remedy"].clone();
    assert_eq!(remedy["code"], "skill", "{remedy}");

    let person = remedy["volunteer"].as_str().expect("a person");
    let accepted = json!({ "skills": [{ "person_id": person, "skills": remedy["missing"] }] });
    let more = json!({ "changes": accepted, "based_on": draft.body["id"] });
    let plan = manager.order_plan(&order(more)).await;
    assert_eq!(visits(&manager, &plan).await[0]["person_id"], person, "{}", plan.body);
    let apply = format!("/v1/plans/{}/apply", plan.body["id"].as_str().expect("an id"));
    let applied = manager.post(&apply, &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let assigned = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(assigned["assignee_id"], person, "{assigned}");
    let people = format!("SELECT skills AS text FROM people WHERE id = '{person}'");
    assert_eq!(server.database.texts(&people), ["driving"], "it applies to the plan only");
}
