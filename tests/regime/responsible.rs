//! The visits of a regime by the person who is responsible for it by name.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{create, every, night, rewrite, weekly, with};
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id, with_check_digit};
use crate::support::{Backend, Caller, Files, GRID, OTHER_GRID, Server};

/// The tasks of the path.
async fn listed(caller: &Caller, path: &str) -> Vec<Value> {
    let page = caller.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["items"].as_array().expect("items").clone()
}

/// The numbers of open and assigned tasks.
fn waiting(tasks: &[Value]) -> (usize, usize) {
    let of = |state: &str| tasks.iter().filter(|task| task["state"] == state).count();
    (of("open"), of("assigned"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_are_assigned_to_the_responsible_person_as_far_as_the_rules_permit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let forbidden = json!({ "forbidden_ids": [person_id(21)] });
    let path = format!("/v1/beneficiaries/{}/visitors", beneficiary_id(2));
    let version = supervisor.get(&path).await.headers["etag"].clone();
    let choose = supervisor.request(Method::PUT, &path).header("If-Match", version);
    assert_eq!(supervisor.send(choose.json(&forbidden)).await.status, 200);

    let named = json!({ "responsible_id": person_id(21), "assign_responsible": true });
    let regime = create(&server, &weekly(&named)).await;
    assert_eq!(regime["assign_responsible"], true, "{regime}");
    assert!(night(&server).contains("succeeded, 6 processed"));
    let mine = listed(&volunteer, "/v1/tasks?responsible=me&limit=200").await;
    assert_eq!(
        waiting(&mine),
        (1, 5),
        "one household must not be visited by this person: {mine:?}"
    );
    let open = mine.iter().find(|task| task["state"] == "open").expect("a task");
    assert_eq!(open["beneficiary_id"], beneficiary_id(2));
    let path = format!("/v1/tasks?responsible={}&limit=200", person_id(21));
    assert_eq!(waiting(&listed(&supervisor, &path).await), (1, 5));
    let of_grid = listed(&supervisor, &format!("{path}&area={GRID}")).await;
    assert_eq!(of_grid.len(), 3, "within the area");
    assert_eq!(listed(&supervisor, "/v1/tasks?responsible=me").await.len(), 0);
    assert_eq!(supervisor.events("task.assign").await.len(), 5);
    let regimes = format!("/v1/regimes?responsible={}", person_id(21));
    assert_eq!(listed(&supervisor, &regimes).await.len(), 1);
    assert_eq!(listed(&supervisor, "/v1/regimes?responsible=me").await.len(), 0);

    // The person gives one back, and it is open for all; the next night assigns nothing again.
    let given = mine.iter().find(|task| task["state"] == "assigned").expect("a task");
    let path = format!("/v1/tasks/{}/decline", given["id"].as_str().expect("an id"));
    assert_eq!(volunteer.post(&path, &json!({ "reason": "x" })).await.status, 200);
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    assert!(night(&server).contains("succeeded, 0 processed"));
    let all = listed(&supervisor, "/v1/tasks?limit=200").await;
    assert_eq!(waiting(&all), (2, 4));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_withdrawn_by_what_assigned_it_whoever_is_responsible_now(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    server.database.execute("UPDATE service_kinds SET priority = 9 WHERE code = 'home_visit'");
    let named = json!({ "responsible_id": person_id(21), "assign_responsible": true });
    let content = weekly(&with(&named, &json!({ "starts_on": day(-6) })));
    let regime = create(&server, &content).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let all = listed(&supervisor, "/v1/tasks?limit=200").await;
    assert_eq!(waiting(&all), (0, 6));
    assert_eq!(server.database.count("freed_tasks"), 0, "none waits for a plan");

    // A person gives two of them to the volunteer who becomes responsible, by hand.
    let mut by_hand = Vec::new();
    for task in all.iter().filter(|task| task["grid"] == GRID).take(2) {
        let path = format!("/v1/tasks/{}", task["id"].as_str().expect("an id"));
        let to = json!({ "person_id": person_id(22), "force": true });
        let given = supervisor.post(&format!("{path}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        by_hand.push(path);
    }
    let other = with(&content, &json!({ "responsible_id": person_id(22) }));
    rewrite(&server, &regime, &other).await;
    // All leave the audience.
    server.database.execute("UPDATE beneficiaries SET valid_to = '2026-11-01'");
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    night(&server);
    for task in &all {
        let path = format!("/v1/tasks/{}", task["id"].as_str().expect("an id"));
        let state = supervisor.get(&path).await.body["state"].clone();
        let expected = if by_hand.contains(&path) { "assigned" } else { "cancelled" };
        assert_eq!(state, expected, "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_without_minutes_gets_no_visit_and_one_who_makes_none_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let assigned = json!({ "assign_responsible": true });
    let draft = with(&weekly(&assigned), &json!({ "active": false }));
    let refused = supervisor.post("/v1/regimes", &json!({ "content": draft })).await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/content/responsible_id")), "{}", refused.body);
    for wrong in ["/v1/regimes?responsible=you", "/v1/tasks?responsible=1"] {
        assert_eq!(supervisor.get(wrong).await.status, 400, "{wrong}");
    }

    // Without minutes, the person is assigned none of the visits.
    server
        .database
        .execute(&format!("UPDATE people SET weekly_minutes = 0 WHERE id = '{}'", person_id(21)));
    let named = json!({ "responsible_id": person_id(21), "assign_responsible": true });
    create(&server, &weekly(&named)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    assert_eq!(waiting(&listed(&supervisor, "/v1/tasks?limit=200").await), (6, 0));
}

/// The small district with 67 beneficiaries.
fn sixty_seven() -> Files {
    (7..=67).fold(Files::small(), |files, n| {
        let (id, grid) = (beneficiary_id(n), if n % 2 == 0 { GRID } else { OTHER_GRID });
        let lon = if n % 2 == 0 { 106.255 } else { 106.265 };
        let number = with_check_digit(&format!("99999919480101{n:03}"));
        let home = format!(
            "{id},{grid},周老兵{n},M,1948,veteran,29.28400,{lon:.5},南门社区{n}号,\
             100100{n:05},{number},,1,limited,visit,hung,2026-01-15"
        );
        files.with_line("beneficiaries.csv", &home)
    })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_carries_sixty_seven_members_and_what_the_minutes_leave_is_counted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    // A visit of half an hour to each in 30 days, about 16 in a week: 600 minutes a week suffice, and two hours
    // do not.
    for (minutes, suffices) in [(600, true), (120, false)] {
        let server = Server::with(backend, &sixty_seven());
        let supervisor = server.supervisor().await;
        let person = person_id(21);
        server.database.execute(&format!(
            "UPDATE people SET weekly_minutes = {minutes} WHERE id = '{person}'"
        ));
        let monthly = json!({
            "name": "每月走访", "cadence": every(30), "lead_days": 29, "responsible_id": person,
            "assign_responsible": true
        });
        let regime = create(&server, &weekly(&monthly)).await;
        assert!(night(&server).contains("succeeded, 67 processed"));
        let path = format!("/v1/tasks?responsible={person}&limit=200");
        let (open, assigned) = waiting(&listed(&supervisor, &path).await);
        assert_eq!(open + assigned, 67, "{minutes}");
        assert_eq!((open == 0, assigned > 0), (suffices, true), "{minutes}: {open} open");
        let path = format!("/v1/regimes/{}/outlook", regime["id"].as_str().expect("an id"));
        let outlook = supervisor.get(&path).await.body;
        assert_eq!(outlook["members"], 67, "{outlook}");
        assert_eq!(outlook["unassigned_visits"], json!(open), "{outlook}");
    }
}
