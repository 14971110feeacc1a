//! The days and hours of a draft.

use chrono::{Days, TimeDelta, Timelike as _, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{order, send, task, visit, visits};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Files, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_days_are_refused_and_far_days_need_a_confirmation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let yesterday = day(0) - Days::new(1);
    let past = json!({ "area": GRID, "first_day": yesterday, "last_day": day(3) });
    let refused = manager.order_plan(&past).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "/first_day");
    assert!(error["detail"].as_str().expect("a detail").contains(&day(0).to_string()), "{error}");

    let mut far = order(700, 706);
    let refused = manager.order_plan(&far).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/confirm");
    far["confirm"] = json!(true);
    assert_eq!(manager.order_plan(&far).await.status, 201);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_not_planned_late_while_earlier_days_are_possible(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let soon = visit(&manager, 1, 2).await;
    let later = manager.order_plan(&order(4, 10)).await.body;
    assert_eq!((&later["assigned"], &later["measures"]["unserved"]), (&json!(0), &json!(0)));
    assert_eq!(later["overdue"], 1, "the plan says that it leaves the visit out: {later}");
    let pin = json!({ "task_id": soon, "person_id": person_id(21), "day": day(5), "start": 600 });
    let mut by_hand = order(4, 10);
    by_hand["changes"] = json!({ "pins": [pin] });
    let by_hand = manager.order_plan(&by_hand).await.body;
    assert_eq!((&by_hand["assigned"], &by_hand["overdue"]), (&json!(1), &json!(0)), "{by_hand}");
    let of = visits(&manager, &by_hand).await;
    for member in ["person_id", "day", "start"] {
        assert_eq!(of(&soon)[member], pin[member], "what a change names is planned");
    }

    let mut asked = order(4, 10);
    asked["include_late"] = json!(true);
    let asked = manager.order_plan(&asked).await.body;
    assert_eq!((&asked["assigned"], &asked["measures"]["late"]), (&json!(1), &json!(1)));
    assert_eq!(asked["overdue"], 0, "{asked}");
    let refused = send(&manager, &asked, "apply", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(task(&manager, &soon).await["state"], "open");
    let applied = send(&manager, &asked, "apply", json!({ "confirm": true })).await;
    assert_eq!(applied.body["plan"]["assigned"], 1, "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_were_overdue_before_the_plan_need_no_confirmation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let overdue = visit(&manager, 1, 2).await;
    let yesterday = day(0) - Days::new(1);
    server
        .database
        .execute(&format!("UPDATE tasks SET not_before = '{yesterday}', due_on = '{yesterday}'"));
    let mut asked = order(1, 7);
    asked["include_late"] = json!(true);
    let plan = manager.order_plan(&asked).await.body;
    assert_eq!((&plan["assigned"], &plan["measures"]["late"]), (&json!(1), &json!(1)), "{plan}");
    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(task(&manager, &overdue).await["state"], "assigned");
}

/// The minutes since midnight in the district.
fn minute() -> u32 {
    (Utc::now() + TimeDelta::hours(8)).time().num_seconds_from_midnight() / 60
}

/// The small district with people who have time at all hours.
fn at_all_hours(backend: Backend) -> Server {
    Server::with(backend, &Files::small().with("people.csv", "0900-1200", "0000-2400"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_planned_before_the_lead_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = at_all_hours(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(0), "due_on": day(1), "minutes": 10 });
    let tasks = [
        manager.make(&home_visit(&beneficiary_id(1), days.clone())).await,
        manager.make(&home_visit(&beneficiary_id(2), days)).await,
    ];
    let pin =
        |task: &str, on| json!({ "task_id": task, "person_id": person_id(21), "day": day(on) });
    let mut order = order(0, 1);
    order["changes"] = json!({ "pins": [pin(&tasks[0], 0), pin(&tasks[1], 1)] });
    // A lead of a whole day leaves nothing of today, nor of tomorrow what is less than a day away. Without
    // a lead there would be time today, or just before midnight tomorrow in the morning.
    order["lead_minutes"] = json!(1440);
    let minute = minute();
    let plan = manager.order_plan(&order).await.body;
    let of = visits(&manager, &plan).await;
    assert_eq!(of(&tasks[0])["reason"]["code"], "pin_does_not_fit", "{}", of(&tasks[0]));
    let start = of(&tasks[1])["start"].as_u64();
    assert!(start.map_or(minute > 22 * 60, |start| start >= minute.into()), "{}", of(&tasks[1]));

    order["lead_minutes"] = json!(1441);
    let refused = manager.order_plan(&order).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/lead_minutes"))
    );
}

/// The volunteer is about to leave for an accepted visit, and what is planned follows it.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_today_goes_on_after_the_visits_that_are_under_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = at_all_hours(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let minute = minute();
    let (start, length) = (minute + 4, 10);
    if start + length >= 24 * 60 {
        return; // no visit can be under way until the end of the day
    }
    let today = json!({ "not_before": day(0), "due_on": day(0), "minutes": length });
    let under_way = manager.make(&home_visit(&beneficiary_id(1), today.clone())).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{under_way}/claim")).await.status, 200);
    let planned = json!({ "due_on": day(0), "planned": { "day": day(0), "start": start } });
    let path = format!("/v1/tasks/{under_way}/reschedule");
    let request = manager.request(Method::POST, &path).header("If-Match", "\"v2\"");
    let moved = manager.send(request.json(&planned)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let new = manager.make(&home_visit(&beneficiary_id(2), today)).await;
    let mut order = order(0, 0);
    order["lead_minutes"] = json!(5);
    let pin = json!({ "task_id": new, "person_id": person_id(21), "day": day(0) });
    order["changes"] = json!({ "pins": [pin] });
    let plan = manager.order_plan(&order).await;
    let of = visits(&manager, &plan.body).await;
    let (held, new) = (of(&under_way), of(&new));
    // At night the way from home begins yesterday, or the way back ends tomorrow.
    let has_room = (30..22 * 60).contains(&minute);
    assert!(held["start"] == start || !has_room, "{held}");
    let follows = |new: u64| new >= (start + length).into();
    assert!(new["start"].as_u64().map_or(!has_room, follows), "{new}");
}

/// The volunteer has reported a visit just now, or has accepted one that was to end half an hour ago: the
/// way on begins there, two minutes from the next visit, which is a minute from the volunteer's home.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_today_goes_on_from_the_visit_where_a_person_was_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] is_reported: bool,
) {
    let server = at_all_hours(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let minute = minute();
    if !(60..22 * 60).contains(&minute) {
        // The ways there and home are not on this day; the tests of `rest_of_day` need no clock.
        return;
    }
    let today = json!({ "not_before": day(0), "due_on": day(0), "minutes": 10 });
    let last = manager.make(&home_visit(&beneficiary_id(3), today.clone())).await;
    let path = format!("/v1/tasks/{last}");
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let new = manager.make(&home_visit(&beneficiary_id(1), today)).await;
    let mut order = order(0, 0);
    let pin = json!({ "task_id": new, "person_id": person_id(21), "day": day(0) });
    order["changes"] = json!({ "pins": [pin] });
    let travel = async || {
        let plan = manager.order_plan(&order).await.body;
        let of = visits(&manager, &plan).await;
        let counted = (plan["measures"]["served"].clone(), plan["assigned"].clone());
        (of(&new)["travel"].clone(), counted, of(&last))
    };
    let (from_home, ..) = travel().await;
    assert_eq!(from_home, json!(1));
    if is_reported {
        let report = json!({ "outcome": "not_home" });
        let reported = volunteer.post(&format!("{path}/report"), &report).await;
        assert_eq!(reported.status, 200, "{}", reported.body);
        let (from_there, (served, _), _) = travel().await;
        assert_eq!((from_there, served), (json!(2), json!(1)), "the departure is no visit");
        let yesterday = format!("UPDATE reports SET made_on = '{}'", day(-1));
        server.database.execute(&yesterday);
        assert_eq!(travel().await.0, json!(1), "written yesterday, and sent now");
    } else {
        let start = minute - 40;
        server.database.execute(&format!(
            "UPDATE tasks SET planned_on = '{}', planned_start = {start} WHERE id = '{last}'",
            day(0)
        ));
        let (from_there, counted, held) = travel().await;
        assert_eq!((from_there, counted), (json!(2), (json!(2), json!(1))));
        assert_eq!(held["start"], start, "{held}");
    }
}
