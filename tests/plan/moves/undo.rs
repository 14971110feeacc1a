//! An undo gives the moved visits back where that is still possible.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{draft, moved, offers, one_skilled, reschedule, send, task, visit};
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::gridward;
use crate::support::{Backend, Caller, OTHER_GRID, Server};

/// Has the person not visit the beneficiary.
async fn forbid(manager: &Caller, beneficiary: u32, person: u32) {
    let path = format!("/v1/beneficiaries/{}/visitors", beneficiary_id(beneficiary));
    let version = manager.get(&path).await.body["version"].clone();
    let choose = manager.request(Method::PUT, &path).header("If-Match", format!("\"v{version}\""));
    let choose = choose.json(&json!({ "forbidden_ids": [person_id(person)] }));
    assert_eq!(manager.send(choose).await.status, 200);
}

#[rstest]
#[case::must_not_visit(Backend::Sqlite, true)]
#[case::must_not_visit(Backend::Postgres, true)]
#[case::moved_to_another_grid(Backend::Sqlite, false)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_nothing_back_to_a_person_who_may_not_have_it_any_longer(
    #[case] backend: Backend,
    #[case] is_forbidden: bool,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let (given, urgent, moving) = moved(&server, &manager, &[1]).await;
    let given = &given[0];
    if is_forbidden {
        forbid(&manager, 1, 21).await;
    } else {
        let id = person_id(21);
        let moved = format!("UPDATE people SET area = '{OTHER_GRID}' WHERE id = '{id}'");
        server.database.execute(&moved);
    }
    let undone = send(&manager, &moving, "undo").await;
    let left = json!({ "task_id": given, "because": "person_unavailable", "state": "assigned" });
    assert_eq!(undone.body["left"], json!([left]), "{}", undone.body);
    assert_eq!(task(&manager, given).await["assignee_id"], person_id(22).as_str());
    assert_eq!(task(&manager, &urgent).await["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_separates_no_visits_that_one_person_is_to_make(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let (given, _, moving) = moved(&server, &manager, &[1, 3]).await;
    forbid(&manager, 1, 21).await;
    let undone = send(&manager, &moving, "undo").await;
    let left = undone.body["left"].as_array().expect("tasks");
    for (id, because) in given.iter().zip(["person_unavailable", "tied"]) {
        let expected = json!({ "task_id": id, "because": because, "state": "assigned" });
        assert!(left.contains(&expected), "{}", undone.body);
        assert_eq!(task(&manager, id).await["assignee_id"], person_id(22).as_str());
    }
}

/// The former person has since got a visit at the other end of the town, which begins these minutes after the
/// begin of the former one.
#[rstest]
#[case::too_near(Backend::Sqlite, 35, true)]
#[case::too_near(Backend::Postgres, 35, true)]
#[case::far_enough(Backend::Sqlite, 75, false)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_no_visit_back_that_is_too_far_from_one_got_since(
    #[case] backend: Backend,
    #[case] minutes: u64,
    #[case] is_left: bool,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    one_skilled(&server);
    let given = visit(&manager, 1, json!({ "window": { "start": 540, "end": 640 } })).await;
    let plan = draft(&manager, json!({})).await;
    send(&manager, &plan, "apply").await;
    let start = task(&manager, &given).await["planned_for"]["start"].as_u64().expect("a start");
    offers(&server, 22, 600);
    let late = json!({ "start": 680, "end": 720 });
    visit(&manager, 2, json!({ "skills": ["medical"], "priority": 9, "window": late })).await;
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(send(&manager, &moving, "apply").await.body["left"], json!([]));
    let far = visit(&manager, 3, json!({})).await;
    server.database.execute(&format!("UPDATE tasks SET lon = 106.3 WHERE id = '{far}'"));
    assert_eq!(volunteer.act(&format!("/v1/tasks/{far}/claim")).await.status, 200);
    reschedule(&manager, &far, start + minutes).await;

    let undone = send(&manager, &moving, "undo").await;
    let left = json!({ "task_id": given, "because": "person_busy", "state": "assigned" });
    let left = if is_left { json!([left]) } else { json!([]) };
    assert_eq!(undone.body["left"], left, "{}", undone.body);
    let person = if is_left { person_id(22) } else { person_id(21) };
    assert_eq!(task(&manager, &given).await["assignee_id"], person.as_str());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_to_accept_a_visit_begins_anew_when_an_undo_gives_it_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4, "replan": "off",
        "accept_within_minutes": 60
    });
    let set = admin.request(Method::PUT, "/v1/planning-settings").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(set.json(&settings)).await.status, 200);
    let (given, _, moving) = moved(&server, &manager, &[1]).await;
    let days_pass = || {
        let at = (Utc::now() - TimeDelta::days(2)).naive_utc();
        server.database.execute(&format!("UPDATE plans SET state_at = '{at}'"));
    };
    let upkeep = || {
        let done = gridward(&server.database, &["jobs", "run", "plan_upkeep"]).output();
        assert!(done.expect("it runs").status.success());
    };
    let is_over = async || {
        let history = manager.get(&format!("/v1/tasks/{}/history", given[0])).await.body;
        let mut steps = history["items"].as_array().expect("steps").iter();
        steps.any(|step| step["because"] == "not_accepted")
    };
    days_pass();
    assert_eq!(send(&manager, &moving, "undo").await.body["left"], json!([]));
    upkeep();
    assert!(!is_over().await);
    days_pass();
    upkeep();
    assert!(is_over().await);
}
