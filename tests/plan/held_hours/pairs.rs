//! The hours of two people who make one visit.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{DAY, absent, held, on_current, overlap, pair};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_person_of_a_visit_has_no_other_one_at_its_time_but_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let other = held(&server, 1, 600).await;
    let (first, second) = pair(&server, &manager).await;
    let planned = json!({ "planned": { "day": day(DAY), "start": 610 } });
    let path = format!("/v1/tasks/{first}/reschedule");
    let moved = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    let path = format!("/v1/tasks/{second}/reassign");
    let mut to = json!({ "person_id": person_id(21) });
    let refused = manager.post(&path, &to).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"), "{}", refused.body);
    assert_eq!(refused.body["current"]["breaches"], json!(["overlap"]));
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 600)]));
    to["force"] = json!(true);
    let given = manager.post(&path, &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert!(given.body.get("planned_for").is_none(), "not free at that time: {}", given.body);

    // Both people of the visit are moved, so the time of each counts.
    let path = format!("/v1/tasks/{first}/reschedule");
    let planned = json!({ "planned": { "day": day(DAY), "start": 590 } });
    let refused = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 600)]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_person_of_a_visit_gets_the_time_of_the_first_when_free_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    let path = format!("/v1/tasks/{first}/reschedule");
    let planned = json!({ "planned": { "day": day(DAY), "start": 610 } });
    let moved = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let path = format!("/v1/tasks/{second}");
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    let (day_of, start) =
        (&claimed.body["planned_for"]["day"], &claimed.body["planned_for"]["start"]);
    assert_eq!((day_of, start), (&json!(day(DAY)), &json!(610)), "{}", claimed.body);

    assert_eq!(volunteer.act(&format!("{path}/release")).await.status, 200);
    absent(&manager, DAY, json!({ "start": 600, "end": 615 })).await;
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    assert!(claimed.body.get("planned_for").is_none(), "away then: {}", claimed.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_by_two_people_moves_only_to_days_on_which_both_are_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{first}/reschedule");
    absent(&manager, DAY + 7, json!({ "start": 600, "end": 660 })).await;
    let days = |window: Value| json!({ "not_before": day(DAY + 7), "due_on": day(DAY + 7), "window": window });
    let within = days(json!({ "start": 610, "end": 650 }));
    let refused = on_current(&manager, Method::POST, &path, &first, &within).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignee_away"), "{}", refused.body);
    let beside = days(json!({ "start": 610, "end": 720 }));
    let moved = on_current(&manager, Method::POST, &path, &first, &beside).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    // Who takes no new tasks keeps those in hand.
    let off = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert!(matches!(off.status, 200 | 204), "{}", off.body);
    let moved = on_current(&manager, Method::POST, &path, &first, &days(Value::Null)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let reversed = json!({ "not_before": day(DAY + 9), "due_on": day(DAY + 8) });
    let refused = on_current(&manager, Method::POST, &path, &first, &reversed).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
    // The days of an overdue visit have passed: its window can change all the same.
    server.database.execute("UPDATE tasks SET not_before = '2026-01-05', due_on = '2026-01-05'");
    let window = json!({ "window": { "start": 540, "end": 720 } });
    let changed = on_current(&manager, Method::POST, &path, &first, &window).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}
