//! A beneficiary moves to another grid, and tasks and phones follow.

use rstest::rstest;
use serde_json::{Value, json};

use super::{claim, elsewhere, fate, give, send, succeed};
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, GRID, OTHER_GRID, Server};

fn new_home() -> Value {
    json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": elsewhere(), "reason": "搬到女儿家",
    })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_the_phones_of_both_grids_follow_a_move(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let (other, volunteer) = (server.other_manager().await, server.volunteer().await);
    let mut tasks = Vec::new();
    for _ in 0..4 {
        tasks.push(manager.make_task(BENEFICIARY).await);
    }
    let [open, assigned, accepted, theirs] = <[String; 4]>::try_from(tasks).expect("four");
    give(&town, &assigned, 21).await;
    claim(&volunteer, &accepted).await;
    give(&town, &theirs, 23).await;
    let mut phones = [Phone::default(), Phone::default(), Phone::default()];
    let callers = [&manager, &other, &volunteer];
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
    }

    let moved = succeed(&town, "move", BENEFICIARY, &new_home()).await;
    assert_eq!(moved.body["beneficiary"]["grid"], OTHER_GRID);
    assert_eq!(moved.headers["etag"], "\"v2\"");
    for (task, expected, needs_planning) in [
        (&open, "moved", true),
        (&assigned, "opened", true),
        (&accepted, "moved", true),
        (&theirs, "moved", false),
    ] {
        assert_eq!(fate(&moved, task), expected, "{}", moved.body);
        let tasks = moved.body["tasks"].as_array().expect("tasks");
        let task = tasks.iter().find(|one| one["id"] == json!(task)).expect("a task");
        assert_eq!(task["needs_planning"], needs_planning, "{task}");
    }
    let seen = other.get(&format!("/v1/tasks/{assigned}")).await.body;
    assert_eq!((&seen["state"], &seen["grid"]), (&json!("open"), &json!(OTHER_GRID)));
    let kept = town.get(&format!("/v1/tasks/{accepted}")).await.body;
    assert_eq!(kept["assignee_id"], person_id(21), "a promise is kept");

    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    assert_eq!(phones[0].household(BENEFICIARY), None);
    assert!(phones[0].tasks().is_empty());
    assert_eq!(phones[1].tasks().len(), 4);
    let card = phones[2].household(BENEFICIARY).expect("the visitor's");
    assert_eq!((&card["address"], &card["place"]), (&json!("北门2号"), &elsewhere()));

    let again = send(&town, "move", BENEFICIARY, &new_home(), 1).await;
    assert_eq!((again.status, &again.body["beneficiary"]["version"]), (200, &json!(2)));
    let log = server.supervisor().await.events("beneficiary.move").await;
    assert_eq!((log.len(), &log[0]["area_before"]), (1, &json!(GRID)));
    assert!(!log[0].to_string().contains("女儿"), "the reason is encrypted");
    assert_eq!(manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.status, 404);
}
