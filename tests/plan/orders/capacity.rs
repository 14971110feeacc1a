//! The minutes of people that plans may use.

use chrono::{Datelike as _, Days, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{order, visit, visits};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_sets_what_part_of_a_managers_time_plans_may_use(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, admin) = (server.manager().await, server.admin().await);
    let present = manager.get("/v1/planning-settings").await;
    assert_eq!(present.body["settings"]["manager_dispatch_percent"], 40, "{}", present.body);
    let change = async |caller: &Caller, version: &str, percent: u32| {
        let settings = json!({
            "lead_minutes": 30, "manager_dispatch_percent": percent, "fairness_weeks": 4
        });
        let request = caller.request(Method::PUT, "/v1/planning-settings");
        caller.send(request.header("If-Match", version).json(&settings)).await
    };
    assert_eq!(change(&manager, "\"v1\"", 0).await.problem(), "forbidden");
    assert_eq!(change(&admin, "\"v2\"", 0).await.status, 412);
    assert_eq!(change(&admin, "\"v1\"", 101).await.status, 422);
    let changed = change(&admin, "\"v1\"", 0).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)));

    visit(&manager, 1).await;
    let me = manager.get("/v1/me").await.body["id"].clone();
    let plan = manager.order_plan(&order(json!({}))).await;
    let visits = visits(&manager, &plan).await;
    assert_ne!(visits[0]["person_id"], me, "a manager with no minutes for visits gets none");
    assert_eq!(change(&admin, "\"v2\"", 100).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_with_nothing_to_do_for_weeks_is_offered_a_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, admin) = (server.manager().await, server.admin().await);
    let set = async |version: &str, idle_weeks: u32| {
        let settings = json!({
            "lead_minutes": 30, "manager_dispatch_percent": 0, "fairness_weeks": 4,
            "idle_weeks": idle_weeks
        });
        let request = admin.request(Method::PUT, "/v1/planning-settings");
        admin.send(request.header("If-Match", version).json(&settings)).await
    };
    // Both live next to the first volunteer.
    for n in [1, 2] {
        visit(&manager, n).await;
    }
    let people = async || {
        let plan = manager.order_plan(&order(json!({}))).await;
        let visits = visits(&manager, &plan).await;
        let mut people: Vec<Value> = visits.iter().map(|one| one["person_id"].clone()).collect();
        people.sort_by_key(ToString::to_string);
        people
    };
    let (first, second) = (json!(person_id(21)), json!(person_id(22)));
    assert_eq!(set("\"v1\"", 53).await.status, 422);
    assert_eq!(set("\"v1\"", 0).await.status, 200);
    assert_eq!(people().await, [first.clone(), first.clone()], "the shortest ways");
    assert_eq!(set("\"v2\"", 4).await.status, 200);
    assert_eq!(people().await, [first.clone(), second], "and something for the other one");

    let own = visit(&manager, 3).await;
    let claimed = server.second_volunteer().await.act(&format!("/v1/tasks/{own}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let planned = people().await;
    assert_eq!(planned, [first.clone(), first], "who has something to do is offered nothing more");
}

/// The Monday after today.
fn next_monday() -> NaiveDate {
    day(7 - i64::from(day(0).weekday().num_days_from_monday()))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_several_weeks_gives_each_week_its_own_minutes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    // One person makes visits, in two hours a week.
    let first = person_id(21);
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role <> 'admin'");
    let weekly = format!("UPDATE people SET weekly_minutes = 120 WHERE id = '{first}'");
    server.database.execute(&weekly);
    let monday = next_monday();
    let next = monday + Days::new(7);
    let due = next + Days::new(2);
    for number in [1, 2, 3, 1, 2, 3] {
        let days = json!({ "not_before": monday, "due_on": due, "minutes": 50 });
        manager.make(&home_visit(&beneficiary_id(number), days)).await;
    }
    let ordered = async |more: Value| {
        let mut order = json!({ "area": GRID, "first_day": monday, "last_day": due });
        let more = more.as_object().expect("members").clone();
        order.as_object_mut().expect("an object").extend(more);
        let plan = manager.order_plan(&order).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        visits(&manager, &plan).await
    };
    let in_week = |visits: &[Value], from: NaiveDate| {
        let week = from..from + Days::new(7);
        let days = visits.iter().filter_map(|one| one["day"].as_str()?.parse().ok());
        days.filter(|day: &NaiveDate| week.contains(day)).count()
    };
    let plan = ordered(json!({})).await;
    assert_eq!((in_week(&plan, monday), in_week(&plan, next)), (2, 2), "{plan:#?}");
    let left: Vec<&Value> = plan.iter().filter(|one| one["person_id"].is_null()).collect();
    let remedy = &left[0]["remedy"];
    assert_eq!((left.len(), &remedy["code"]), (2, &json!("more_minutes")), "{left:#?}");
    let week = &remedy["week"];
    let expected = if *week == json!(monday) { (3, 2) } else { (2, 3) };
    assert!([json!(monday), json!(next)].contains(week), "{remedy}");

    let more = json!({ "person_id": first, "week": week, "minutes": remedy["minutes"] });
    let plan = ordered(json!({ "changes": { "more_minutes": [more] } })).await;
    assert_eq!((in_week(&plan, monday), in_week(&plan, next)), expected, "{plan:#?}");
}
