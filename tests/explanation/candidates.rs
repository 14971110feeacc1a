//! Candidates: the other people who could make a visit.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{candidates, explanation, item, visit};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_are_ranked_and_the_hindered_come_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let task = visit(&supervisor, 1, json!({ "skills": ["driving"] })).await;
    let all = candidates(&supervisor, &task, "").await;
    assert_eq!((&all["area"], &all["considered"]), (&json!("500116001"), &json!(5)), "{all}");
    assert_eq!(all["possible"], 5, "{all}");
    // The own grid first; in it the person who lives nearest.
    let reach: Vec<&Value> =
        all["items"].as_array().expect("items").iter().map(|one| &one["reach"]).collect();
    assert_eq!(reach, ["grid", "grid", "grid", "village", "village"]);
    assert_eq!(all["items"][0]["person_id"], person_id(21), "{all}");
    assert_eq!(all["items"][0]["person_name"], "王志愿");
    let short = candidates(&supervisor, &task, "&limit=2").await;
    assert_eq!(short["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(short["considered"], 5);

    // One is absent, one has another skill, one is off duty, one has no minutes left.
    let volunteer = server.volunteer().await;
    let away = json!({ "first_day": day(1), "last_day": day(1), "reason": "leave" });
    assert_eq!(volunteer.post("/v1/me/absences", &away).await.status, 201);
    assert_eq!(manager.put("/v1/me/duty", &json!({ "duty": "off" })).await.status, 200);
    server.database.execute(&format!(
        "UPDATE people SET skills = '' WHERE id = '{}'; \
         UPDATE people SET weekly_minutes = 5 WHERE id = '{}'",
        person_id(22),
        person_id(23)
    ));
    let all = candidates(&supervisor, &task, "").await;
    assert_eq!(
        (&all["possible"], &all["items"][0]["person_id"]),
        (&json!(1), &json!(person_id(12)))
    );
    for (n, code) in [(21, "away"), (11, "off_duty"), (22, "no_skill"), (23, "no_minutes")] {
        let one = item(&all, n);
        assert_eq!(one["hindrance"]["code"], code, "{one}");
        assert!(one.get("cost").is_none(), "{one}");
    }
    assert_eq!(item(&all, 22)["hindrance"]["missing"], json!(["driving"]));
    assert!(item(&all, 23)["hindrance"]["short"].as_u64().is_some_and(|short| short > 0));

    // A manager ranks the people of the own grid only.
    let own = candidates(&manager, &task, "").await;
    assert_eq!((&own["area"], &own["considered"]), (&json!(GRID), &json!(3)), "{own}");
    assert!(item(&own, 12).is_null() && item(&own, 23).is_null());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_keep_what_they_have_and_the_assignee_is_marked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.town_supervisor().await;
    let task = visit(&supervisor, 1, json!({})).await;
    let before = candidates(&supervisor, &task, "").await;
    let share = |all: &Value| item(all, 22)["cost"]["share_after"].as_f64().expect("a share");
    let days = json!({ "not_before": day(8), "due_on": day(8) });
    let later = supervisor.make(&home_visit(&beneficiary_id(1), days)).await;
    let later = format!("/v1/tasks/{later}/candidates");
    let later_before = supervisor.get(&later).await.body;
    // Another visit on that day takes time of the second volunteer.
    let other = visit(&supervisor, 3, json!({})).await;
    let to = json!({ "person_id": person_id(22) });
    let given = supervisor.post(&format!("/v1/tasks/{other}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let after = candidates(&supervisor, &task, "").await;
    assert!(share(&after) > share(&before), "{after}");
    assert!(
        after["items"].as_array().expect("items").iter().all(|one| one["is_assignee"] == false)
    );
    let own = candidates(&supervisor, &other, "").await;
    assert_eq!(item(&own, 22)["is_assignee"], true, "{own}");
    // The own visit does not count twice.
    assert!((share(&own) - share(&before)).abs() < 0.05, "{own}");

    let planned = format!("planned_on = '{}', planned_minutes = 60", day(1));
    server.database.execute(&format!("UPDATE tasks SET {planned} WHERE id = '{other}'"));
    let later_after = supervisor.get(&later).await.body;
    assert!(share(&later_after) > share(&later_before), "work of an earlier week: {later_after}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_day_the_candidates_are_those_of_the_days_of_the_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let task = visit(&supervisor, 1, json!({ "skills": ["driving"] })).await;
    let found = async || {
        let answer = manager.get(&format!("/v1/tasks/{task}/candidates")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.body["day"].clone(), answer.body["possible"].as_u64().expect("a number"))
    };
    assert_eq!(found().await, (json!(day(1)), 3));

    // All three people of the grid are away on the first two days.
    let away = async |caller: &Caller, last: i64| {
        let body = json!({ "first_day": day(1), "last_day": day(last), "reason": "leave" });
        assert_eq!(caller.post("/v1/me/absences", &body).await.status, 201);
    };
    away(&volunteer, 2).await;
    away(&manager, 2).await;
    server
        .database
        .execute(&format!("UPDATE people SET skills = '' WHERE id = '{}'", person_id(22)));
    assert_eq!(found().await, (json!(day(3)), 2));

    // On no day up to the due day: the answer is about the first.
    server.database.execute("UPDATE people SET weekly_minutes = 0");
    let (first, possible) = found().await;
    assert_eq!((first, possible), (json!(day(1)), 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_due_today_that_no_one_can_make_any_more_has_candidates_of_a_later_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(0), "due_on": day(0) });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    for caller in [&manager, &server.volunteer().await, &server.second_volunteer().await] {
        let away = json!({ "first_day": day(0), "last_day": day(1), "reason": "leave" });
        assert_eq!(caller.post("/v1/me/absences", &away).await.status, 201);
    }
    let asked = async |query: String| {
        manager.get(&format!("/v1/tasks/{task}/candidates{query}")).await.body
    };
    let found = asked(String::new()).await;
    assert_eq!((&found["day"], &found["possible"]), (&json!(day(2)), &json!(3)), "{found}");
    assert_eq!(found["last_day"], json!(day(30)), "{found}");
    for one in found["items"].as_array().expect("candidates") {
        assert_eq!((&one["cost"]["day"], &one["cost"]["late_days"]), (&json!(day(2)), &json!(2)));
        let said = one["sentence"]["en"].as_str().expect("a sentence");
        assert!(said.contains("2 days late"), "{said}");
    }
    // The explanation, which volunteers read too, is about the days of the task alone.
    let (_, explained) = explanation(&manager, &task).await;
    let others = explained["others"].as_array().expect("others");
    assert_eq!(others.len(), 2, "{explained}");
    assert!(others.iter().all(|one| one["hindrance"].is_object()), "{explained}");
    // The answer to a question about a day is about that day.
    let today = asked(format!("?day={}", day(0))).await;
    assert_eq!((&today["possible"], &today["last_day"]), (&json!(0), &json!(day(0))), "{today}");
    // An assignment is for the days of the task, or for the late day of the candidate.
    let given = async |to: Value| manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    let refused = given(json!({ "person_id": person_id(21) })).await;
    assert_eq!(refused.body["current"]["breaches"], json!(["absence"]), "{}", refused.body);
    // The task is due today.
    for days in [-1, 32, 50 * 365] {
        let to = json!({ "person_id": person_id(21), "day": day(days), "force": true });
        let refused = given(to).await;
        assert_eq!((refused.status, refused.problem()), (422, "invalid"), "in {days} days");
        assert_eq!(refused.body["errors"][0]["pointer"], "/day", "{}", refused.body);
    }
    let late = given(json!({ "person_id": person_id(21), "day": day(2) })).await;
    assert_eq!((late.status, &late.body["state"]), (200, &json!("assigned")), "{}", late.body);
    let supervisor = server.supervisor().await;
    assert_eq!(supervisor.events("task.reassign").await[0]["body"]["day"], json!(day(2)));
    // Of an overdue task the days of its candidates count.
    server
        .database
        .execute(&format!("UPDATE tasks SET not_before = '{0}', due_on = '{0}'", day(-1)));
    let overdue = given(json!({ "person_id": person_id(22) })).await;
    assert_eq!(overdue.status, 200, "{}", overdue.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_day_each_candidate_has_the_cheapest_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.town_supervisor().await;
    let (task, there) =
        (visit(&supervisor, 1, json!({})).await, visit(&supervisor, 1, json!({})).await);
    // The second volunteer is in the same house on the third day anyway.
    let to = json!({ "person_id": person_id(22) });
    let given = supervisor.post(&format!("/v1/tasks/{there}/reassign"), &to).await;
    let version = format!("\"v{}\"", given.body["version"]);
    let planned = json!({ "planned": { "day": day(3), "start": 600 } });
    let moved = supervisor.request(Method::POST, &format!("/v1/tasks/{there}/reschedule"));
    let moved = supervisor.send(moved.header("If-Match", version).json(&planned)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    let all = supervisor.get(&format!("/v1/tasks/{task}/candidates")).await.body;
    assert_eq!((&all["first_day"], &all["last_day"]), (&json!(day(1)), &json!(day(6))), "{all}");
    let days = [21, 22].map(|n| item(&all, n)["cost"]["day"].clone());
    assert_eq!(days, [json!(day(1)), json!(day(3))], "{all}");
    let second = item(&all, 22);
    assert_eq!(second["cost"]["extra_travel"], 0, "{second}");
    let said = second["sentence"]["en"].as_str().expect("a sentence");
    assert!(said.contains(&day(3).format("%a %-d %b").to_string()), "{said}");
    let (_, explained) = explanation(&supervisor, &task).await;
    let others = all["items"].as_array().expect("candidates")[..2].to_vec();
    assert_eq!(explained["others"], json!(others), "the same days");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_questions_about_candidates_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let task = visit(&supervisor, 1, json!({})).await;
    let far = supervisor.make_task(&beneficiary_id(5)).await;
    let ask = async |caller: &Caller, task: &str, query: &str| {
        let answer = caller.get(&format!("/v1/tasks/{task}/candidates{query}")).await;
        let pointer = answer.body["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned(), pointer)
    };
    let refused = |status, code: &str, pointer: &str| (status, code.to_owned(), pointer.to_owned());
    assert_eq!(ask(&town, &far, "").await, refused(404, "not_found", ""), "of {FAR_GRID}");
    let other = server.other_manager().await;
    assert_eq!(ask(&other, &task, "").await.0, 404, "of {OTHER_GRID}");
    assert_eq!(ask(&server.volunteer().await, &task, "").await.0, 403);
    assert_eq!(ask(&server.auditor().await, &task, "").await.0, 403);
    assert_eq!(ask(&town, &task, "?day=2026-01-01").await, refused(422, "invalid", "day"));
    assert_eq!(ask(&town, &task, "?day=soon").await, refused(400, "bad_request", "day"));
    assert_eq!(ask(&town, &task, "?limit=0").await, refused(400, "bad_request", "limit"));
    assert_eq!(ask(&town, &task, "?days=1").await.0, 400);
    // The visit is due in six days.
    for (days, status) in [(37, 200), (38, 422), (3 * 366, 422)] {
        let (found, _, pointer) = ask(&town, &task, &format!("?day={}", day(days))).await;
        let named = if status == 422 { "day" } else { "" };
        assert_eq!((found, pointer.as_str()), (status, named), "in {days} days");
    }
    assert_eq!(ask(&town, &task, "?day=9999-12-31").await, refused(422, "invalid", "day"));
    let reason = json!({ "reason": "other" });
    let version = town.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let request = town.request(Method::POST, &format!("/v1/tasks/{task}/cancel")).json(&reason);
    let cancelled = town.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(ask(&town, &task, "").await, refused(409, "task_phase", ""));
}
