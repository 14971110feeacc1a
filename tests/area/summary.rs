//! The summary of an area: the state of the work, by child area.

use chrono::{Days, NaiveDate, Utc};
use chrono::{FixedOffset, TimeDelta};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// Today in the district.
fn today() -> NaiveDate {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    Utc::now().with_timezone(&china).date_naive()
}

/// The items of a summary by code.
async fn items(caller: &Caller, path: &str) -> Vec<Value> {
    let answer = caller.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].as_array().expect("a list").clone()
}

fn of<'a>(items: &'a [Value], code: &str) -> &'a Value {
    items.iter().find(|item| item["code"] == code).expect("an item of this code")
}

/// Creates a visit that is due this many days from today.
async fn due_in(caller: &Caller, beneficiary: &str, days: u64) -> String {
    let due_on = today() + Days::new(days);
    caller.make(&home_visit(beneficiary, json!({ "not_before": today(), "due_on": due_on }))).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_counts_what_waits_by_town_village_and_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let held = due_in(&supervisor, BENEFICIARY, 2).await;
    due_in(&supervisor, &beneficiary_id(2), 6).await;
    due_in(&supervisor, &beneficiary_id(4), 30).await;
    due_in(&supervisor, FAR_BENEFICIARY, 0).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    let overdue = TimeDelta::days(1);
    server.database.execute(&format!(
        "UPDATE tasks SET due_on = '{}' WHERE grid = '{FAR_GRID}'",
        today() - overdue
    ));

    let towns = items(&supervisor, "/v1/areas/500116/summary?by=town").await;
    let codes: Vec<_> = towns.iter().map(|town| town["code"].as_str().expect("a code")).collect();
    assert_eq!(codes, ["500116001", "500116002"], "ordered by code");
    let first = of(&towns, "500116001");
    assert_eq!(
        (&first["open"], &first["held"], &first["overdue"]),
        (&json!(2), &json!(1), &json!(0))
    );
    assert_eq!((&first["due_in_3_days"], &first["due_in_7_days"]), (&json!(1), &json!(2)));
    let levels = json!({ "grid": 3, "village": 0, "town": 0, "district": 0 });
    assert_eq!(first["escalation_levels"], levels);
    assert_eq!((&first["beneficiaries"], &first["name"]), (&json!(4), &json!("一镇")));
    // Two managers and three volunteers offer 600 minutes each.
    assert_eq!((&first["offered_minutes"], &first["planned_minutes"]), (&json!(3000), &json!(0)));
    let second = of(&towns, "500116002");
    assert_eq!((&second["overdue"], &second["due_in_7_days"]), (&json!(1), &json!(0)));

    let grids = items(&supervisor, "/v1/areas/500116001/summary?by=grid").await;
    assert_eq!(grids.len(), 2);
    assert_eq!(
        (&of(&grids, GRID)["open"], &of(&grids, OTHER_GRID)["open"]),
        (&json!(1), &json!(1))
    );
    assert!(items(&supervisor, "/v1/areas/500116001002001/summary?by=town").await.is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_without_a_contact_for_90_days_is_counted_until_the_next_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let path = format!("/v1/areas/{GRID}/summary?by=grid");
    assert_eq!(items(&supervisor, &path).await[0]["not_contacted_90_days"], 3);
    let task = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let report = json!({ "outcome": "done", "note": "一切安好" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    assert_eq!(items(&supervisor, &path).await[0]["not_contacted_90_days"], 2);
    let last = today() - TimeDelta::days(90);
    server.database.execute(&format!("UPDATE beneficiaries SET last_contact = '{last}'"));
    assert_eq!(items(&supervisor, &path).await[0]["not_contacted_90_days"], 0, "on the 90th day");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_a_plan_could_not_assign_is_unserved_and_a_planned_visit_takes_minutes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    due_in(&supervisor, BENEFICIARY, 6).await;
    let due_on = today() + Days::new(6);
    let surgery = json!({ "not_before": today(), "due_on": due_on, "skills": ["legal"] });
    supervisor.make(&home_visit(&beneficiary_id(2), surgery)).await;
    // The plan of today ends as late as its days; one of tomorrow leaves time for each visit.
    let order = json!({
        "area": GRID, "first_day": today() + Days::new(1), "last_day": today() + Days::new(6)
    });
    supervisor.plan(&order).await;
    let grid = &items(&supervisor, &format!("/v1/areas/{GRID}/summary?by=grid")).await[0];
    assert_eq!(
        (&grid["unserved"], &grid["open"], &grid["held"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(grid["planned_minutes"].as_i64().expect("minutes") > 0, "{grid}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unchanged_summary_is_not_sent_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let path = "/v1/areas/500116/summary?by=village";
    let first = supervisor.get(path).await;
    let etag = first.headers["etag"].to_str().expect("a tag").to_owned();
    let again = |etag: String| {
        supervisor.send(supervisor.request(Method::GET, path).header("If-None-Match", etag))
    };
    assert_eq!(again(etag.clone()).await.status, 304);
    supervisor.make_task(BENEFICIARY).await;
    let changed = again(etag.clone()).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers["etag"], etag.as_str());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_names_no_person(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let item = items(&manager, &format!("/v1/areas/{GRID}/summary?by=grid")).await.remove(0);
    let fields: Vec<&String> = item.as_object().expect("an object").keys().collect();
    assert!(fields.iter().all(|field| !field.contains("person") && !field.contains("done")));
    let district = manager.get("/v1/areas/500116/summary?by=town").await;
    assert_eq!((district.status, district.problem()), (404, "not_found"));
    let volunteer = server.volunteer().await;
    let own = volunteer.get(&format!("/v1/areas/{GRID}/summary?by=grid")).await;
    assert_eq!((own.status, own.problem()), (403, "forbidden"));
}
