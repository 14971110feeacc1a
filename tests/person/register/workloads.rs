//! The workloads of people.

use rstest::rstest;
use serde_json::json;

use super::{names, pointers, refused};
use crate::support::files::person_id;
use crate::support::phone::task_for;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workloads_show_room_and_rank_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let task = task_for(&server, 1).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let due = volunteer.get(&format!("/v1/tasks/{task}")).await.body;
    let (due, minutes) =
        (due["due_on"].as_str().expect("a day").to_owned(), due["minutes"].clone());
    let days = format!("from={due}&to={due}");
    let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
    assert_eq!(mine.status, 200, "{}", mine.body);
    let day = json!({ "day": due, "offered": 180, "planned": 0, "held": minutes });
    assert_eq!(mine.body["days"], json!([day]));
    assert_eq!(mine.body["weekly_minutes"], 600);
    let week = &mine.body["weeks"][0];
    assert_eq!((&week["offered"], &week["held"]), (&json!(600), &minutes));
    assert_eq!(week["share_percent"].as_u64(), minutes.as_u64().map(|held| held * 100 / 600));
    let all = supervisor.get(&format!("/v1/people/workload?area={GRID}&{days}")).await;
    assert_eq!(names(&all), ["张网格", "王志愿", "陈志愿"], "by area and id");
    assert_eq!(all.body["items"][1], mine.body);
    let manager = &all.body["items"][0];
    let percent = manager["weekly_minutes"].as_u64().map(|minutes| minutes * 40 / 100);
    assert_eq!(manager["weeks"][0]["offered"].as_u64(), percent, "the part for plans: {manager}");
    // Absences and other hours count, and nobody off duty offers anything.
    let offered = async || {
        let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
        mine.body["days"][0]["offered"].clone()
    };
    let window = json!({ "start": 600, "end": 660 });
    let away = json!({ "first_day": due, "last_day": due, "window": window, "reason": "leave" });
    let added = volunteer.post("/v1/me/absences", &away).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(offered().await, 120);
    let duty = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!((duty.status, offered().await), (200, json!(0)), "{}", duty.body);
    // What a person has carried counts in minutes, of the week in which it was done.
    server.database.execute(&format!(
        "UPDATE tasks SET state = 'done', planned_on = '{due}', planned_minutes = 50 \
         WHERE id = '{task}'"
    ));
    let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
    let week = &mine.body["weeks"][0];
    assert_eq!((&week["carried"], &week["held"]), (&json!(50), &json!(0)), "{week}");
    let text = all.body.to_string();
    assert!(!text.contains("done") && !text.contains("rank"), "{text}");
    let first = supervisor.get(&format!("/v1/people/workload?limit=1&{days}")).await;
    assert!(first.headers["link"].to_str().expect("a link").contains("/v1/people/workload?"));
    for (query, pointer) in
        [("from=2026-02-01&to=2026-01-31", "to"), ("from=2026-01-01&to=2026-03-26", "to")]
    {
        let answer = supervisor.get(&format!("/v1/people/workload?{query}")).await;
        refused(&answer, 422, "invalid");
        assert_eq!(pointers(&answer), [pointer]);
    }
    refused(&volunteer.get(&format!("/v1/people/workload?{days}")).await, 403, "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_workload_of_a_person_covers_twelve_weeks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let path = format!("/v1/people/{}/workload", person_id(21));
    let twelve_weeks = manager.get(&format!("{path}?from=2026-01-05&to=2026-03-29")).await;
    assert_eq!(twelve_weeks.status, 200, "{}", twelve_weeks.body);
    assert_eq!(twelve_weeks.body["person_id"], person_id(21));
    assert_eq!(twelve_weeks.body["days"].as_array().map(Vec::len), Some(84));
    assert_eq!(twelve_weeks.body["weeks"].as_array().map(Vec::len), Some(12));
    let longer = manager.get(&format!("{path}?from=2026-01-05&to=2026-03-30")).await;
    refused(&longer, 422, "invalid");
    let far = server.far_manager().await;
    let days = "from=2026-01-05&to=2026-01-05";
    refused(&far.get(&format!("{path}?{days}")).await, 404, "not_found");
    refused(&server.volunteer().await.get(&format!("{path}?{days}")).await, 403, "forbidden");
}
