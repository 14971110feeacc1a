//! The week of an area: needs found and met, and each figure with its list.

use chrono::{Days, FixedOffset, NaiveDate, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::case::step;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

const DISTRICT: &str = "/v1/areas/500116/weekly";

/// Today in the district.
fn today() -> NaiveDate {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    Utc::now().with_timezone(&china).date_naive()
}

fn before_today(days: u64) -> NaiveDate {
    today() - Days::new(days)
}

/// The current week of an area.
async fn this_week(caller: &Caller, path: &str) -> Value {
    let answer = caller.get(&format!("{path}?week={}", today())).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Reports a visit that finds a medical need; returns the follow-up task.
async fn need(server: &Server, n: u32) -> String {
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(&beneficiary_id(n)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let report = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
    let reported = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let query = format!("/v1/tasks?follow_up=true&beneficiary_id={}", beneficiary_id(n));
    let listed = manager.get(&query).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    listed["items"][0]["id"].as_str().expect("an id").to_owned()
}

/// Makes the visit of a follow-up task.
async fn help(server: &Server, task: &str) {
    let manager = server.manager().await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let done = manager
        .post(
            &format!("/v1/tasks/{task}/report"),
            &json!({ "outcome": "done", "answers": { "still_needed": false } }),
        )
        .await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")), "{}", done.body);
}

/// Sets the day on which a task was created.
fn created(server: &Server, task: &str, day: NaiveDate) {
    server
        .database
        .execute(&format!("UPDATE tasks SET created_at = '{day} 04:00:00' WHERE id = '{task}'"));
}

/// The ids of all tasks of the list behind a figure, a page at a time.
async fn listed(caller: &Caller, figure: &Value) -> Vec<String> {
    let list = figure["list"].as_str().expect("an address");
    let (mut ids, mut more) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{list}&limit=100{more}")).await;
        assert_eq!(page.status, 200, "{list}: {}", page.body);
        let items = page.body["items"].as_array().expect("a list");
        ids.extend(items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { return ids };
        more = format!("&cursor={next}");
    }
}

/// Asserts that a figure is the number of the tasks of its list, and that its lines are of them.
async fn is_the_number_of_its_list(caller: &Caller, week: &Value, name: &str, expected: usize) {
    let figure = &week[name];
    let all = listed(caller, figure).await;
    assert_eq!((&figure["count"], all.len()), (&json!(expected), expected), "{name}: {figure}");
    let lines = figure["items"].as_array().expect("lines");
    assert_eq!(lines.len(), expected.min(100), "{name}");
    assert!(lines.iter().all(|line| all.iter().any(|id| line["id"] == id.as_str())), "{name}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_shows_the_needs_found_and_met_and_how_long_they_waited(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let supervisor = server.supervisor().await;
    let nothing = this_week(&supervisor, DISTRICT).await;
    assert_eq!((nothing.get("median_days"), nothing.get("oldest_days")), (None, None));
    let (fast, slow) = (need(&server, 1).await, need(&server, 2).await);
    let waiting = need(&server, 3).await;
    help(&server, &fast).await;
    help(&server, &slow).await;
    created(&server, &slow, before_today(9));
    created(&server, &waiting, before_today(30));

    let week = this_week(&supervisor, DISTRICT).await;
    assert_eq!((&week["area_name"], &week["day"]), (&json!("江津区"), &json!(today())));
    // Those of earlier weeks are met and wait in this one.
    for (name, expected) in [("found", 1), ("met", 2), ("waiting", 1), ("overdue", 0)] {
        is_the_number_of_its_list(&supervisor, &week, name, expected).await;
    }
    assert_eq!(week["found"]["items"][0]["id"], fast.as_str());
    assert_eq!((&week["median_days"], &week["oldest_days"]), (&json!(4.5), &json!(30)));
    let line = &week["waiting"]["items"][0];
    assert_eq!((&line["id"], &line["days"]), (&json!(waiting), &json!(30)));
    assert_eq!((&line["beneficiary_name"], &line["grid"]), (&json!("周**3"), &json!(GRID)));
    assert_eq!((&line["grid_name"], line.get("ended_on")), (&json!("第1网格"), None));

    let past = supervisor.get(&format!("{DISTRICT}?week={}", before_today(30))).await.body;
    is_the_number_of_its_list(&supervisor, &past, "found", 1).await;
    is_the_number_of_its_list(&supervisor, &past, "met", 0).await;
    let elsewhere = this_week(&supervisor, &format!("/v1/areas/{FAR_GRID}/weekly")).await;
    is_the_number_of_its_list(&supervisor, &elsewhere, "waiting", 0).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_that_opens_a_case_counts_once_until_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (volunteer, town) = (server.volunteer().await, server.town_supervisor().await);
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let found = json!({ "outcome": "needs_follow_up", "needs": ["medical", "legal"] });
    let reported = volunteer.post(&format!("/v1/tasks/{task}/report"), &found).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let cases = town.get("/v1/cases").await.body;
    let cases = cases["items"].as_array().expect("cases").iter();
    let of = |kind: &str| cases.clone().find(|case| case["kind"] == kind).expect("a case");
    // The check of the hardship, by two people, is a task of the case.
    step(&manager, of("three_hardships"), json!({ "move": "check" }), "home_check").await;
    let week = this_week(&supervisor, DISTRICT).await;
    assert_eq!(week["cases"], json!({ "found": 2, "met": 0, "waiting": 2 }));
    for name in ["found", "waiting"] {
        is_the_number_of_its_list(&supervisor, &week, name, 0).await;
    }
    let of_grid = this_week(&manager, &format!("/v1/areas/{GRID}/weekly")).await;
    assert_eq!(of_grid["cases"]["found"], 1, "a manager sees no legal service");

    step(&town, of("legal"), json!({ "move": "advise" }), "advice").await;
    let lawyer = json!({ "to": "lawyer", "name": "江律师" });
    step(&town, of("legal"), json!({ "move": "advised", "referral": lawyer }), "done").await;
    let three_days_ago = before_today(3);
    server.database.execute(&format!(
        "UPDATE cases SET opened_at = '{three_days_ago} 04:00:00' WHERE kind = 'legal'"
    ));
    let week = this_week(&supervisor, DISTRICT).await;
    assert_eq!((&week["cases"]["met"], &week["cases"]["waiting"]), (&json!(1), &json!(1)));
    assert_eq!((&week["median_days"], &week["oldest_days"]), (&json!(3.0), &json!(0)));
    let period = format!("from={three_days_ago}&to={}", today());
    let measures = supervisor.get(&format!("/v1/areas/500116/measures?{period}")).await.body;
    assert_eq!(measures["needs"], json!({ "count": 1, "median_days": 3.0 }), "{measures}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_figure_counts_more_tasks_than_it_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    for n in 0..102 {
        let days = json!({ "not_before": "2026-01-01", "due_on": "2026-01-02" });
        supervisor.make(&home_visit(&beneficiary_id(n % 6 + 1), days)).await;
    }
    let week = this_week(&supervisor, DISTRICT).await;
    is_the_number_of_its_list(&supervisor, &week, "overdue", 102).await;
    let manager = server.manager().await;
    let grid = this_week(&manager, &format!("/v1/areas/{GRID}/weekly")).await;
    is_the_number_of_its_list(&manager, &grid, "overdue", 51).await;
    let day = json!({ "not_before": today(), "due_on": today() });
    supervisor.make(&home_visit(BENEFICIARY, day)).await;
    let again = this_week(&supervisor, DISTRICT).await;
    assert_eq!(again["overdue"]["count"], 102, "due today is not overdue");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn villages_without_contact_are_listed_with_their_beneficiaries(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let contact = |day: NaiveDate, id: &str| {
        server
            .database
            .execute(&format!("UPDATE beneficiaries SET last_contact = '{day}' WHERE id = '{id}'"));
    };
    contact(before_today(90), BENEFICIARY);
    contact(before_today(91), FAR_BENEFICIARY);
    let quiet = this_week(&supervisor, DISTRICT).await["without_contact"].clone();
    assert_eq!((&quiet["level"], &quiet["count"]), (&json!("village"), &json!(1)), "{quiet}");
    let village = &quiet["items"][0];
    assert_eq!((&village["code"], &village["name"]), (&json!("500116002001"), &json!("北门村")));
    let list = village["list"].as_str().expect("an address");
    let people = supervisor.get(&format!("{list}&count=true")).await;
    assert_eq!(people.body["count"], village["beneficiaries"], "{}", people.body);
    assert_eq!(village["beneficiaries"], 2);
    // Of a village, its grids.
    let path = "/v1/areas/500116001002/weekly";
    let quiet = this_week(&supervisor, path).await["without_contact"].clone();
    let codes: Vec<&Value> =
        quiet["items"].as_array().expect("a list").iter().map(|area| &area["code"]).collect();
    assert_eq!((&quiet["level"], codes), (&json!("grid"), vec![&json!("500116001002002")]));
    contact(today(), FAR_BENEFICIARY);
    assert_eq!(this_week(&supervisor, DISTRICT).await["without_contact"]["count"], 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_that_of_an_area_of_the_caller_and_no_member_of_the_staff_is_in_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let (manager, task) = (server.manager().await, need(&server, 1).await);
    help(&server, &task).await;
    let path = format!("/v1/areas/{GRID}/weekly");
    let text = this_week(&manager, &path).await.to_string();
    for name in ["张网格", "王志愿", "assignee", "person"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    for (place, status) in
        [(DISTRICT.to_owned(), 404), (format!("/v1/areas/{FAR_GRID}/weekly"), 404)]
    {
        for end in ["", ".html"] {
            assert_eq!(manager.get(&format!("{place}{end}")).await.status, status, "{place}{end}");
        }
    }
    assert_eq!(server.town_supervisor().await.get(&path).await.status, 200);
    assert_eq!(server.admin().await.get(&path).await.status, 200);
    for other in [server.volunteer().await, server.auditor().await] {
        assert_eq!(other.get(&path).await.problem(), "forbidden");
    }
    let unknown = server.supervisor().await.get("/v1/areas/500116009/weekly").await;
    assert_eq!(unknown.problem(), "not_found");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_given_by_its_number_or_a_day_and_is_the_last_full_one_otherwise(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    for query in ["2026-W31", "2026-07-29"] {
        let week = supervisor.get(&format!("{DISTRICT}?week={query}")).await.body;
        assert_eq!((&week["from"], &week["to"]), (&json!("2026-07-27"), &json!("2026-08-02")));
        assert_eq!(week["week"], "2026-W31");
    }
    let last = supervisor.get(DISTRICT).await.body;
    let day =
        |name: &str| -> NaiveDate { last[name].as_str().expect("a day").parse().expect("a day") };
    assert!(day("to") < today() && today() <= day("to") + Days::new(7), "{last}");
    for week in ["2026-W54", "2026-02-30", "9999-W10", "today", ""] {
        let refused = supervisor.get(&format!("{DISTRICT}?week={week}")).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (422, &json!("week")), "{week}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sheet_of_a_week_is_a_page_in_the_callers_language_that_loads_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let supervisor = server.supervisor().await;
    let task = need(&server, 1).await;
    created(&server, &task, before_today(12));
    let path = format!("{DISTRICT}.html?week={}", today());
    let sheet = |language: &'static str| {
        let request = supervisor.request(Method::GET, &path).header("Accept-Language", language);
        async move { request.send().await.expect("an answer") }
    };
    for (language, tag, expected) in [
        ("zh-CN", "zh-CN", ["等待帮助的需求：<b>1</b>", "等待最久的需求（天）：12", "困难帮扶"]),
        (
            "en",
            "en",
            [
                "Needs that wait for help: <b>1</b>",
                "oldest waiting need: 12",
                "Follow-up of a hardship",
            ],
        ),
    ] {
        let answer = sheet(language).await;
        let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            (header("content-language"), header("cache-control").as_str()),
            (tag.to_owned(), "no-store")
        );
        assert!(header("content-type").starts_with("text/html"));
        assert!(
            header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-")
        );
        let page = answer.text().await.expect("a page");
        for text in expected.iter().chain(&["周**1", "size:A4", "第1网格"]) {
            assert!(page.contains(text), "{text}: {page}");
        }
        for outside in ["http:", "https:", "src=", "href=", "<script", "王志愿", "url("] {
            assert!(!page.contains(outside), "{outside}: {page}");
        }
    }
}
