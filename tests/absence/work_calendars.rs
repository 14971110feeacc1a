//! Days off and shifted working days, which plans, candidates and assignments respect.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::phones;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// Replaces the calendar of a year, as of its present version.
pub async fn enter(admin: &Caller, year: &str, off: &Value, working: &Value) -> Answer {
    let path = format!("/v1/work-calendars/{year}");
    let version = admin.get(&path).await.body["version"].clone();
    let put = admin.request(Method::PUT, &path).header("If-Match", format!("\"v{version}\""));
    admin.send(put.json(&json!({ "days_off": off, "working_days": working }))).await
}

/// The year of a day.
fn year(day: &Value) -> String {
    day.as_str().expect("a day")[..4].to_owned()
}

/// Sets the hours of the person with this number.
async fn hours(caller: &Caller, n: u32, weekly: Value, exceptions: Value) {
    let path = format!("/v1/people/{}/availability", person_id(n));
    let version = caller.get(&path).await.body["version"].clone();
    let body = json!({ "weekly": weekly, "weekly_minutes": 180, "exceptions": exceptions });
    let body = if weekly == json!([]) {
        json!({ "weekly": [], "weekly_minutes": 0, "exceptions": exceptions })
    } else {
        body
    };
    let put = caller.request(Method::PUT, &path).header("If-Match", format!("\"v{version}\""));
    let put = caller.send(put.json(&body)).await;
    assert_eq!(put.status, 200, "{}", put.body);
}

/// Plans the grid for a day, as a draft; returns the people of the visits.
async fn planned(caller: &Caller, on: &Value) -> Vec<Value> {
    let draft = caller.order_plan(&json!({ "area": GRID, "first_day": on, "last_day": on })).await;
    assert_eq!(draft.status, 201, "{}", draft.body);
    let id = draft.body["id"].as_str().expect("an id");
    let visits = caller.get(&format!("/v1/plans/{id}/visits")).await;
    let visits = visits.body["items"].as_array().expect("visits").iter();
    visits.map(|visit| visit["person_id"].clone()).filter(|person| !person.is_null()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_enters_the_days_of_a_year(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.sign_in(phones::ADMIN).await, server.volunteer().await);
    let path = "/v1/work-calendars/2030";
    let empty = json!({ "year": 2030, "days_off": [], "working_days": [], "version": 1 });
    assert_eq!(volunteer.get(path).await.body, empty);
    let days = json!({ "days_off": ["2030-10-02", "2030-10-01"], "working_days": ["2030-09-29"] });
    assert_eq!(volunteer.put(path, &days).await.status, 403);
    assert_eq!(admin.put(path, &days).await.status, 428);
    let entered = enter(&admin, "2030", &days["days_off"], &days["working_days"]).await;
    let expected = json!({
        "year": 2030, "days_off": ["2030-10-01", "2030-10-02"], "working_days": ["2030-09-29"],
        "version": 2
    });
    assert_eq!((entered.status, &entered.body), (200, &expected));
    assert_eq!(volunteer.get(path).await.body, expected);
    assert_eq!(admin.put(path, &days).await.body, expected, "the same again");
    for (off, working, pointer) in [
        (json!(["2031-01-01"]), json!([]), "/days_off/0"),
        (json!([]), json!(["2030-09-30"]), "/working_days/0"),
    ] {
        let refused = enter(&admin, "2030", &off, &working).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (422, &json!(pointer)), "{}", refused.body);
    }
    let events = server.supervisor().await.events("work_calendar.replace").await;
    assert_eq!(events.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_day_off_only_people_with_dated_hours_are_planned(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.sign_in(phones::ADMIN).await, server.supervisor().await);
    let on = json!(day(3));
    let days = json!({ "not_before": on, "due_on": on });
    let task = supervisor.make(&home_visit(BENEFICIARY, days)).await;
    assert_eq!(planned(&supervisor, &on).await.len(), 1);
    let entered = enter(&admin, &year(&on), &json!([on]), &json!([])).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    assert_eq!(planned(&supervisor, &on).await, Vec::<Value>::new());
    let path = format!("/v1/tasks/{task}/candidates?day={}", on.as_str().expect("a day"));
    let candidates = supervisor.get(&path).await.body;
    assert_eq!(candidates["items"][0]["hindrance"]["code"], "away", "{candidates}");
    let to = json!({ "person_id": person_id(22) });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.body["current"]["breaches"], json!(["window"]), "{}", given.body);

    let weekly = json!([{ "weekday": "mon", "window": { "start": 540, "end": 720 } }]);
    let there = json!([{ "day": on, "window": { "start": 540, "end": 720 } }]);
    hours(&supervisor, 22, weekly, there).await;
    assert_eq!(planned(&supervisor, &on).await, [json!(person_id(22))]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_shifted_working_day_a_manager_has_the_hours_of_a_weekday(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.sign_in(phones::ADMIN).await, server.supervisor().await);
    let is_saturday = |day: &Value| {
        let day: chrono::NaiveDate = day.as_str().and_then(|day| day.parse().ok()).expect("a day");
        chrono::Datelike::weekday(&day) == chrono::Weekday::Sat
    };
    let on = (1..=7).map(|n| json!(day(n))).find(is_saturday).expect("a Saturday");
    let weekly = json!([{ "weekday": "mon", "window": { "start": 540, "end": 1020 } }]);
    for n in [11, 21, 22] {
        hours(&supervisor, n, weekly.clone(), json!([])).await;
    }
    supervisor.make(&home_visit(BENEFICIARY, json!({ "not_before": on, "due_on": on }))).await;
    assert_eq!(planned(&supervisor, &on).await, Vec::<Value>::new(), "a Saturday");
    let settings = supervisor.get("/v1/planning-settings").await.body;
    assert!(settings["settings"]["manager_dispatch_percent"].as_u64() > Some(0), "{settings}");
    let entered = enter(&admin, &year(&on), &json!([]), &json!([on])).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    assert_eq!(planned(&supervisor, &on).await, [json!(person_id(11))]);
}
