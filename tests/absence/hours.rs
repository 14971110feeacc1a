//! Hours, days with other hours and duty, which plans respect.

use rstest::rstest;
use serde_json::{Value, json};

use super::{plan, put, visit};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_respects_absences_other_hours_and_duty(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    // The manager is off duty, one volunteer is away, the other works on one day only.
    let off = server.manager().await.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!((off.status, &off.body["duty"]), (200, &json!("off")), "{}", off.body);
    let away = json!({ "first_day": day(1), "last_day": day(5), "reason": "leave" });
    let volunteer = server.second_volunteer().await;
    assert_eq!(volunteer.post("/v1/me/absences", &away).await.status, 201);
    let volunteer = server.volunteer().await;
    let hours = volunteer.get("/v1/me/availability").await.body;
    let exceptions: Vec<Value> = [1, 2, 4, 5].map(|n| json!({ "day": day(n) })).to_vec();
    let body = json!({ "weekly": hours["weekly"], "exceptions": exceptions });
    let changed = put(&volunteer, "/v1/me/availability", &hours["version"], &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for n in 1..=3 {
        visit(&supervisor, n, 1, 5).await;
    }
    let planned = plan(&supervisor, 1, 5).await;
    assert_eq!(planned, vec![(json!(person_id(21)), json!(day(3))); 3]);

    // Hours of absence are a break of the day.
    let morning = json!({
        "first_day": day(7), "last_day": day(7), "window": { "start": 540, "end": 660 },
        "reason": "training"
    });
    assert_eq!(volunteer.post("/v1/me/absences", &morning).await.status, 201);
    let task = visit(&supervisor, 1, 7, 7).await;
    let away = json!({ "first_day": day(7), "last_day": day(7), "reason": "leave" });
    assert_eq!(server.second_volunteer().await.post("/v1/me/absences", &away).await.status, 201);
    assert_eq!(plan(&supervisor, 7, 7).await, [(json!(person_id(21)), json!(day(7)))]);
    let task = supervisor.get(&format!("/v1/tasks/{task}")).await;
    let start = task.body["planned_for"]["start"].as_u64().expect("a time");
    assert!(start >= 660, "{}", task.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_are_changed_by_the_person_and_by_superiors(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let path = format!("/v1/people/{}/availability", person_id(21));
    let before = manager.get(&path).await;
    let same = json!({ "weekly": before.body["weekly"] });
    assert_eq!(before.body["weekly"].as_array().expect("hours").len(), 7);
    let window = json!({ "start": 600, "end": 720 });
    let body = json!({
        "weekly": [{ "weekday": "sat", "window": window }], "weekly_minutes": 120,
        "exceptions": [{ "day": day(2), "window": window }, { "day": day(1) }, { "day": "2026-01-01" }]
    });
    let none = manager.put(&path, &body).await;
    assert_eq!((none.status, none.problem()), (428, "version_required"));
    let changed = put(&manager, &path, &before.body["version"], &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let days = changed.body["exceptions"].as_array().expect("days").clone();
    assert_eq!(days, [json!({ "day": day(1) }), json!({ "day": day(2), "window": window })]);
    let stale = put(&volunteer, "/v1/me/availability", &before.body["version"], &same).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"], changed.body);
    let again = put(&manager, &path, &before.body["version"], &body).await;
    assert_eq!((again.status, &again.body), (200, &changed.body), "the same again");
    let person = manager.get(&format!("/v1/people/{}", person_id(21))).await;
    assert_eq!(person.body["availability"], "sat 1000-1200");

    phone.sync(&volunteer, json!([])).await;
    let shifts = phone.rows.keys().filter(|(kind, _)| kind == "shift").count();
    assert_eq!(shifts, 1);
    assert_eq!(phone.rows[&("availability".to_owned(), person_id(21))], changed.body);
    phone.is_as_fresh(&volunteer).await;

    for (body, pointer) in [
        (json!({ "weekly": [] }), "/weekly_minutes"),
        (json!({ "weekly": [body["weekly"][0], body["weekly"][0]] }), "/weekly/1/weekday"),
        (
            json!({ "weekly": [], "exceptions": [{ "day": day(1) }, { "day": day(1) }] }),
            "/exceptions/1/day",
        ),
    ] {
        let refused = put(&volunteer, "/v1/me/availability", &changed.body["version"], &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    let duty = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    let again = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!(again.body, duty.body, "the same again");
    assert_eq!(manager.get(&path).await.body["duty"], "off");
    let leaver = json!({ "state": "left", "reason": "搬走" });
    manager.patch(&format!("/v1/people/{}/state", person_id(21)), &leaver).await;
    let absence = json!({ "first_day": day(1), "last_day": day(1), "reason": "other" });
    let refused = manager.post(&format!("/v1/people/{}/absences", person_id(21)), &absence).await;
    assert_eq!((refused.status, refused.problem()), (409, "person_left"));
}
