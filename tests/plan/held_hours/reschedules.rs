//! Visits that are moved by hand into a held hour.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{DAY, LENGTH, absent, held, on_current, overlap, pair};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::phone::{Phone, command};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_gets_the_time_of_another_one_of_its_person_only_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let (first, second) = (held(&server, 1, 570).await, held(&server, 2, 660).await);
    let path = format!("/v1/tasks/{second}");
    let body = json!({ "planned": { "day": day(DAY), "start": 590 } });
    let reschedule = format!("{path}/reschedule");
    let refused = on_current(&manager, Method::POST, &reschedule, &second, &body).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["task"]["id"], json!(second));
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&first, 570)]));
    let free = json!({ "planned": { "day": day(DAY), "start": 600 } });
    let moved = on_current(&manager, Method::POST, &reschedule, &second, &free).await;
    assert_eq!(moved.status, 200, "one visit may follow the other: {}", moved.body);
    // Twelve minutes away, it needs the time for the way.
    server.database.execute(&format!("UPDATE tasks SET lon = 106.3 WHERE id = '{second}'"));
    let at = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let refused = on_current(&manager, Method::POST, &reschedule, &second, &at(611)).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&first, 570)]));
    let moved = on_current(&manager, Method::POST, &reschedule, &second, &at(612)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    // From a phone the command is refused with its reason in the same way.
    let version = moved.body["version"].clone();
    let sent = |payload: Value| {
        let mut sent = command("task.reschedule", &second, payload);
        sent["base_version"] = version.clone();
        sent
    };
    let results = Phone::default().sync(&manager, json!([sent(body.clone())])).await;
    assert_eq!(results[0]["problem"]["code"], "visit_overlap", "{results:?}");
    let mut forced = body;
    forced["force"] = json!(true);
    let results = Phone::default().sync(&manager, json!([sent(forced)])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");

    let third = held(&server, 3, 690).await;
    let path = format!("/v1/tasks/{third}");
    held(&server, 1, 720 - 5).await;
    let longer = json!({ "minutes": 26 });
    let shorter = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!(shorter.status, 200, "a shorter visit is no conflict: {}", shorter.body);
    let mut longer = json!({ "minutes": 40 });
    let refused = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    longer["force"] = json!(true);
    let edited = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!((edited.status, &edited.body["minutes"]), (200, &json!(40)), "{}", edited.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_people_whose_visit_changes_need_the_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{first}");
    let to = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let reschedule = format!("{path}/reschedule");
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(570)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    // The volunteer has another visit right after that of the second person.
    let other = held(&server, 1, 570 + LENGTH).await;
    let longer = json!({ "minutes": LENGTH + 10 });
    let edited = on_current(&manager, Method::PATCH, &path, &first, &longer).await;
    assert_eq!(edited.status, 200, "the second task keeps its minutes: {}", edited.body);
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(569)).await;
    assert_eq!(moved.status, 200, "the second task has its own minutes: {}", moved.body);
    let refused = on_current(&manager, Method::POST, &reschedule, &first, &to(571)).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 570 + LENGTH)]));
    // A visit that has begun is not moved.
    let path = format!("/v1/tasks/{second}/start");
    let started = volunteer.act(&path).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(571)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_of_a_task_is_removed_by_null_and_kept_without_a_word(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let hours = json!({ "start": 540, "end": 660 });
    let days = json!({ "not_before": day(1), "due_on": day(5), "window": hours });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let later = json!({ "due_on": day(6) });
    let kept = on_current(&manager, Method::POST, &path, &task, &later).await;
    assert_eq!((kept.status, &kept.body["window"]), (200, &hours), "{}", kept.body);
    let none = json!({ "window": null });
    let removed = on_current(&manager, Method::POST, &path, &task, &none).await;
    assert_eq!((removed.status, removed.body.get("window")), (200, None), "{}", removed.body);
    assert_eq!(removed.body["due_on"], json!(day(6)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_moved_to_a_time_at_which_its_person_is_away_only_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = held(&server, 1, 570).await;
    absent(&manager, DAY, json!({ "start": 660, "end": 700 })).await;
    absent(&manager, DAY + 7, Value::Null).await;
    absent(&manager, DAY + 8, Value::Null).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let hour = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let days = |first: i64, due: i64| json!({ "not_before": day(first), "due_on": day(due) });
    for refused in [hour(650), days(DAY + 7, DAY + 8)] {
        let answer = on_current(&manager, Method::POST, &path, &task, &refused).await;
        assert_eq!((answer.status, answer.problem()), (409, "assignee_away"), "{}", answer.body);
        assert_eq!(answer.body["current"]["id"], json!(task));
        let mut forced = refused.clone();
        forced["force"] = json!(true);
        let answer = on_current(&manager, Method::POST, &path, &task, &forced).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let back = json!({ "not_before": day(DAY), "due_on": day(DAY) });
        let answer = on_current(&manager, Method::POST, &path, &task, &back).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    for possible in [hour(700), days(DAY + 7, DAY + 9)] {
        let answer = on_current(&manager, Method::POST, &path, &task, &possible).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}
