//! Who sees what: the pool shows no home, its visitor sees what the visit needs until 72 hours after
//! it, staff sees masked data, and the auditor sees the log alone.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::regime::cadences::{born_on, made};
use crate::regime::{create, night, weekly};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::{Phone, task_for};
use crate::support::server::{gridward, said};
use crate::support::{Backend, GRID, Server};

/// The exact home of the first beneficiary, and its cell.
fn home() -> (Value, Value) {
    (json!({ "lat": 29.284, "lon": 106.251 }), json!({ "lat": 29.2825, "lon": 106.2525 }))
}

/// The names of the fields of a row.
fn fields(row: &Value) -> Vec<&str> {
    row.as_object().expect("an object").keys().map(String::as_str).collect()
}

const POOL: [&str; 5] = ["cell", "grid", "id", "name", "view"];

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_without_a_task_learns_of_no_home(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, second) = (server.volunteer().await, server.second_volunteer().await);
    let (task, others) = (task_for(&server, 1).await, task_for(&server, 2).await);
    assert_eq!(second.act(&format!("/v1/tasks/{others}/claim")).await.status, 200);
    let (place, cell) = home();
    // The pool: open tasks, each with the cell of the home.
    let path = format!("/v1/tasks/{task}");
    let list = volunteer.get("/v1/tasks").await;
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1), "{}", list.body);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let rows = phone.tasks();
    assert_eq!(rows.len(), 1);
    let detail = volunteer.get(&path).await.body;
    for seen in [&list.body["items"][0], &detail, rows[0]] {
        assert_eq!((seen.get("place"), &seen["cell"]), (None, &cell), "{seen}");
        assert!(seen["skills"].is_array() && seen["due_on"].is_string(), "{seen}");
    }
    for seen in [&list.body["items"][0], &detail] {
        assert_eq!(seen["beneficiary_name"], "周**1", "{seen}");
    }
    let card = phone.household(BENEFICIARY).expect("a card");
    assert_eq!((fields(card), &card["view"]), (POOL.to_vec(), &json!("pool")));
    assert_eq!((&card["name"], &card["cell"]), (&json!("周**1"), &cell));
    assert_eq!(phone.household(&beneficiary_id(2)), None, "somebody else's visit");
    for part in ["", "/history", "/reports"] {
        let path = format!("/v1/tasks/{others}{part}");
        assert_eq!(volunteer.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(volunteer.get("/v1/beneficiaries").await.status, 403);
    // In hand: what the visit needs.
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    assert_eq!((&claimed.body["place"], claimed.body.get("cell")), (&place, None));
    phone.sync(&volunteer, json!([])).await;
    let card = phone.household(BENEFICIARY).expect("a card");
    assert_eq!((&card["view"], &card["place"]), (&json!("visitor"), &place));
    assert_eq!((&card["name"], &card["mobility"]), (&json!("周老兵1"), &json!("limited")));
    let own = volunteer.get("/v1/tasks").await.body["items"][0].clone();
    assert_eq!((&own["place"], &own["beneficiary_name"]), (&place, &json!("周**1")));
    // Given back: the pool again.
    assert_eq!(volunteer.act(&format!("{path}/release")).await.body["cell"], cell);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(fields(phone.household(BENEFICIARY).expect("a card")), POOL);
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_visit_is_for_is_shown_to_staff_and_its_visitor_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, auditor) = (server.supervisor().await, server.auditor().await);
    let volunteer = server.volunteer().await;
    born_on(&supervisor, 1, day(5)).await;
    let birthday =
        json!({ "cadence": { "type": "birthday" }, "name": "独居困难老人生日", "lead_days": 10 });
    create(&server, &weekly(&birthday)).await;
    night(&server);
    let made = made(&supervisor, "独居困难老人生日").await;
    let task = made.iter().find(|task| task["beneficiary_id"] == BENEFICIARY).expect("a task");
    let id = task["id"].as_str().expect("an id");
    let path = format!("/v1/tasks/{id}");
    // The occasion names neither the birthday nor why it is greeted.
    let shown = supervisor.get(&path).await.body;
    let occasion = shown["occasion"].as_str().expect("an occasion").to_owned();
    assert!(occasion.len() == 64 && occasion.chars().all(|one| one.is_ascii_hexdigit()), "{shown}");
    assert_eq!(shown["title"], task["title"]);
    let created = auditor.events("task.create").await;
    let created = created.iter().find(|event| event["subject_id"] == id).expect("an event");
    assert_eq!(created["body"], json!({ "kind": "home_visit", "regime": null }));
    // Nor do filters say what the answers do not.
    let filters = [format!("occasion={occasion}"), "follow_up=false".to_owned()];
    for caller in [&volunteer, &auditor] {
        let mut phone = Phone::default();
        phone.sync(caller, json!([])).await;
        let synced = *phone.tasks().iter().find(|row| row["id"] == id).expect("the task");
        let listed = caller.get(&format!("/v1/tasks?ids={id}")).await.body["items"][0].clone();
        for seen in [&listed, &caller.get(&path).await.body, synced] {
            let purpose = ["title", "occasion", "origin"].map(|name| seen.get(name));
            assert_eq!((&seen["kind"], purpose), (&json!("home_visit"), [None; 3]), "{seen}");
        }
        for filter in &filters {
            let found = caller.get(&format!("/v1/tasks?{filter}")).await.body;
            assert_eq!(found["items"], json!([]), "{filter}");
        }
    }
    let early = volunteer.request(Method::POST, &format!("{path}/claim"));
    let early = volunteer.send(early.header("If-Match", "\"v9\"")).await;
    let current = &early.body["current"];
    assert_eq!((early.status, &current["id"], current.get("title")), (412, &json!(id), None));
    let claimed = volunteer.act(&format!("{path}/claim")).await.body;
    assert_eq!((&claimed["title"], &claimed["occasion"]), (&task["title"], &json!(occasion)));
    assert_eq!(volunteer.get("/v1/tasks?follow_up=false").await.body["items"][0]["id"], id);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_sees_the_own_visits_in_clear_and_the_rest_of_the_grid_masked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = task_for(&server, 1).await;
    let (place, cell) = home();
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    for n in 1..=3 {
        let card = phone.household(&beneficiary_id(n)).expect("a card");
        assert_eq!((&card["view"], card.get("place")), (&json!("staff"), None), "{card}");
        assert_eq!((card.get("address"), &card["categories"]), (None, &json!(["veteran"])));
        assert!(card["name"].as_str().is_some_and(|name| name.contains('*')));
    }
    let path = format!("/v1/tasks/{task}");
    assert_eq!(manager.get(&path).await.body["cell"], cell);
    let listed = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    assert_eq!((listed.get("place"), &listed["cell"]), (None, &cell));
    assert_eq!(manager.act(&format!("{path}/claim")).await.body["place"], place);
    phone.sync(&manager, json!([])).await;
    let mut fresh = Phone::default();
    fresh.sync(&manager, json!([])).await;
    for phone in [&phone, &fresh] {
        let view = |n| &phone.household(&beneficiary_id(n)).expect("a card")["view"];
        assert_eq!([view(1), view(2), view(3)], ["visitor", "staff", "staff"]);
    }
    let revealed = manager
        .post(&format!("/v1/beneficiaries/{BENEFICIARY}/reveal"), &json!({ "purpose": "visit" }))
        .await;
    assert_eq!(revealed.body["place"], place);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_sees_what_the_visit_needed_until_72_hours_after_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let path = format!("/v1/tasks/{task}");
    volunteer.act(&format!("{path}/claim")).await;
    let report = json!({ "outcome": "done" });
    let done = volunteer.post(&format!("{path}/report"), &report).await;
    let (place, cell) = home();
    assert_eq!((&done.body["state"], &done.body["place"]), (&json!("done"), &place));
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.household(BENEFICIARY).expect("a card")["view"], "visitor");
    // 72 hours later.
    let ended = chrono::Utc::now() - chrono::Days::new(4);
    server.database.execute(&format!(
        "UPDATE tasks SET updated_at = '{}', next_action_on = '{}'",
        ended.format("%F %T"),
        chrono::Utc::now().date_naive() - chrono::Days::new(1),
    ));
    assert_eq!(volunteer.get(&path).await.body["cell"], cell);
    let args = ["jobs", "run", "overdue_tasks"];
    let closed = gridward(&server.database, &args).output().expect("it runs");
    assert!(closed.status.success(), "{}", said(&closed));
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(fields(phone.household(BENEFICIARY).expect("a card")), POOL);
    assert_eq!(phone.tasks()[0]["cell"], cell);
    phone.is_as_fresh(&volunteer).await;
    let supervisor = server.supervisor().await;
    assert_eq!(supervisor.events("task.close").await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_reads_the_log_and_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let auditor = server.auditor().await;
    task_for(&server, 1).await;
    let people = ["/v1/people".to_owned(), "/v1/beneficiaries".to_owned()];
    for path in people.iter().chain([&format!("/v1/beneficiaries/{BENEFICIARY}")]) {
        assert_eq!(auditor.get(path).await.problem(), "forbidden", "{path}");
    }
    let list = auditor.get(&format!("/v1/tasks?area={GRID}")).await.body["items"][0].clone();
    let mut phone = Phone::default();
    phone.sync(&auditor, json!([])).await;
    let detail = auditor.get(&format!("/v1/tasks/{}", list["id"].as_str().expect("an id"))).await;
    for seen in [&list, &detail.body, phone.tasks()[0]] {
        assert_eq!(seen["kind"], "home_visit", "{seen}");
        for hidden in ["place", "cell", "beneficiary_name"] {
            assert_eq!(seen.get(hidden), None, "{seen}");
        }
    }
    assert!(phone.rows.keys().all(|(kind, _)| kind != "beneficiary"));
    assert!(!auditor.events("task.create").await.is_empty());
}
