//! Two entries of one person are merged, and separated again.

use rstest::rstest;
use serde_json::{Value, json};

use super::{claim, day, fate, send, succeed, version};
use crate::goods::{rice, with_rice};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

/// The tasks of the beneficiary by id, in any state.
async fn tasks_of(caller: &Caller, id: &str) -> Vec<Value> {
    let list = caller.get(&format!("/v1/tasks?beneficiary_id={id}&limit=50")).await;
    list.body["items"].as_array().expect("tasks").iter().map(|task| task["id"].clone()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_keeps_history_and_tasks_and_can_be_undone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let volunteer = server.other_volunteer().await;
    // The duplicate is in the second grid.
    let duplicate = beneficiary_id(4);
    let hour = json!({ "due_on": day(3), "window": { "start": 540, "end": 600 } });
    let own = manager.make(&home_visit(BENEFICIARY, hour.clone())).await;
    let theirs = town.make(&home_visit(&duplicate, hour)).await;
    let done = town.make_task(&duplicate).await;
    claim(&volunteer, &done).await;
    let report = json!({ "outcome": "done", "note": "一切安好" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{done}/report"), &report).await.status, 200);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;

    let other = json!({ "other_id": duplicate });
    let merged = succeed(&town, "merge", BENEFICIARY, &other).await;
    let clash = json!([{ "task_id": own, "other_task_id": theirs }]);
    assert_eq!(merged.body["clashes"], clash, "both are kept: {}", merged.body);
    assert_eq!(fate(&merged, &own), "kept");
    let kept = &merged.body["beneficiary"];
    assert_eq!((&kept["version"], &kept["last_contact"]), (&json!(2), &day(0)), "the later one");
    let again = send(&town, "merge", BENEFICIARY, &other, 1).await;
    assert_eq!((again.status, &again.body), (200, &merged.body), "the same answer");

    let seen = town.get(&format!("/v1/beneficiaries/{duplicate}")).await.body;
    assert_eq!(seen["successor_id"], BENEFICIARY, "{seen}");
    assert_eq!(seen["ended_because"], "merged");
    let mut all = tasks_of(&town, BENEFICIARY).await;
    all.sort_by_key(Value::to_string);
    let mut expected = vec![json!(own), json!(theirs), json!(done)];
    expected.sort_by_key(Value::to_string);
    assert_eq!(all, expected, "history and tasks, from the one that stays");
    let reports = town.get(&format!("/v1/tasks/{done}/reports")).await.body;
    assert_eq!(reports["items"][0]["note"], "一切安好");
    let moved = manager.get(&format!("/v1/tasks/{theirs}")).await.body;
    assert_eq!(moved["grid"], GRID);
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;
    let refused = send(&town, "change", &duplicate, &json!({ "notes": "x" }), 2).await;
    assert_eq!((refused.status, refused.problem()), (409, "beneficiary_merged"));
    let case = json!({ "kind": "station_desk", "beneficiary_id": duplicate, "source": "walk_in" });
    for (path, body) in [
        ("/v1/tasks", home_visit(&duplicate, json!({}))),
        ("/v1/cases", case),
        ("/v1/handouts", rice(&duplicate, &json!({}))),
    ] {
        let refused = town.post(path, &body).await;
        let problem = (refused.status, refused.problem());
        assert_eq!(problem, (409, "beneficiary_merged"), "{path}: {}", refused.body);
        assert_eq!(refused.body["current"]["successor_id"], BENEFICIARY, "{path}");
    }

    // Since the merge, the one that stays got another task.
    let since = manager.make_task(BENEFICIARY).await;
    let undone = succeed(&town, "merge/undo", BENEFICIARY, &other).await;
    assert_eq!(undone.body["beneficiary"]["last_contact"], "2026-01-15");
    let again = send(&town, "merge/undo", BENEFICIARY, &other, 1).await;
    assert_eq!(again.body["beneficiary"], undone.body["beneficiary"], "{}", again.body);
    let back = town.get(&format!("/v1/beneficiaries/{duplicate}")).await.body;
    assert_eq!((back.get("successor_id"), back.get("valid_to")), (None, None), "{back}");
    let mut own_tasks = tasks_of(&town, BENEFICIARY).await;
    own_tasks.sort_by_key(Value::to_string);
    let mut expected = vec![json!(own), json!(since)];
    expected.sort_by_key(Value::to_string);
    assert_eq!(own_tasks, expected);
    assert_eq!(tasks_of(&town, &duplicate).await.len(), 2);
    let home = town.get(&format!("/v1/tasks/{theirs}")).await.body;
    assert_eq!(home["grid"], OTHER_GRID);
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;
    let supervisor = server.supervisor().await;
    for action in ["beneficiary.merge", "beneficiary.merge_undo", "beneficiary.reinstate"] {
        assert_eq!(supervisor.events(action).await.len(), 1, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_is_final_after_thirty_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let other = json!({ "other_id": beneficiary_id(2) });
    succeed(&town, "merge", BENEFICIARY, &other).await;
    let to_merged = json!({ "other_id": BENEFICIARY });
    let refused = send(&town, "merge", &beneficiary_id(3), &other, 1).await;
    assert_eq!((refused.status, refused.problem()), (409, "beneficiary_merged"));
    // Merged on: the first merge cannot be undone before the second.
    succeed(&town, "merge", &beneficiary_id(3), &to_merged).await;
    let now = version(&town, BENEFICIARY).await;
    let refused = send(&town, "merge/undo", BENEFICIARY, &other, now).await;
    assert_eq!((refused.status, refused.problem()), (409, "beneficiary_merged"));
    succeed(&town, "merge/undo", &beneficiary_id(3), &to_merged).await;
    let late = chrono::Utc::now() - chrono::Days::new(31);
    server
        .database
        .execute(&format!("UPDATE beneficiary_ends SET ended_at = '{}'", late.format("%F %T")));
    let now = version(&town, BENEFICIARY).await;
    let refused = send(&town, "merge/undo", BENEFICIARY, &other, now).await;
    assert_eq!((refused.status, refused.problem()), (409, "merge_final"));
}

#[rstest]
#[case::undone_while_ended(&["merge", "deceased", "merge/undo", "reinstate"])]
#[case::undone_after_the_end(&["merge", "deceased", "reinstate", "merge/undo"])]
#[case::both_ended(&["merge", "deceased", "merge/undo", "end_other", "reinstate"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_returns_to_its_entry_whatever_happened_to_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] steps: &[&str],
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let duplicate = beneficiary_id(4);
    let own = town.make_task(BENEFICIARY).await;
    let theirs = town.make_task(&duplicate).await;
    for step in steps {
        let (id, step, body) = match *step {
            "deceased" => (BENEFICIARY, "deceased", json!({ "day": day(0) })),
            "end_other" => (duplicate.as_str(), "deceased", json!({ "day": day(0) })),
            "reinstate" => (BENEFICIARY, "reinstate", json!({ "reason": "同名" })),
            step => (BENEFICIARY, step, json!({ "other_id": duplicate })),
        };
        succeed(&town, step, id, &body).await;
    }
    assert_eq!(tasks_of(&town, BENEFICIARY).await, [json!(own)]);
    assert_eq!(tasks_of(&town, &duplicate).await, [json!(theirs)]);
    let task = async |id: &str| town.get(&format!("/v1/tasks/{id}")).await.body;
    let (mine, other) = (task(&own).await, task(&theirs).await);
    assert_eq!((&mine["state"], &mine["grid"]), (&json!("open"), &json!(GRID)));
    let state = if steps.contains(&"end_other") { "cancelled" } else { "open" };
    assert_eq!((&other["state"], &other["grid"]), (&json!(state), &json!(OTHER_GRID)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_brings_the_hand_outs_along_once_and_its_undo_gives_them_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, duplicate) = (server.manager().await, beneficiary_id(2));
    let hand = async |to: &str, occasion: &str| {
        let body = rice(to, &json!({ "occasion": occasion }));
        let handed = manager.post("/v1/handouts", &body).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
        handed.body["id"].as_str().expect("an id").to_owned()
    };
    let planned = hand(BENEFICIARY, "spring_festival_2027").await;
    let plan = "UPDATE handouts SET state = 'planned', person = NULL, at = NULL";
    server.database.execute(&format!("{plan} WHERE id = '{planned}'"));
    let own = hand(BENEFICIARY, "mid_autumn_2027").await;
    let theirs = hand(&duplicate, "spring_festival_2027").await;
    let other = hand(&duplicate, "army_day_2027").await;
    let twice = hand(&duplicate, "mid_autumn_2027").await;
    let of = async |id: &str| {
        let listed = supervisor.get(&format!("/v1/handouts?beneficiary_id={id}")).await.body;
        let listed = listed["items"].as_array().expect("hand-outs").iter();
        let mut listed: Vec<_> =
            listed.map(|one| (one["id"].clone(), one["state"].clone())).collect();
        listed.sort_by_key(|(id, _)| id.to_string());
        listed
    };
    let sorted = |ids: &[(&String, &str)]| {
        let mut all: Vec<_> = ids.iter().map(|(id, state)| (json!(id), json!(state))).collect();
        all.sort_by_key(|(id, _)| id.to_string());
        all
    };
    let before = (of(BENEFICIARY).await, of(&duplicate).await);
    let merge = json!({ "other_id": duplicate });
    succeed(&supervisor, "merge", BENEFICIARY, &merge).await;
    let kept = sorted(&[(&theirs, "handed_out"), (&own, "handed_out"), (&other, "handed_out")]);
    assert_eq!(of(BENEFICIARY).await, kept);
    assert_eq!(of(&duplicate).await, sorted(&[(&planned, "returned"), (&twice, "handed_out")]));
    let again = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((again.status, again.problem()), (409, "handout_done"), "{}", again.body);

    succeed(&supervisor, "merge/undo", BENEFICIARY, &merge).await;
    assert_eq!((of(BENEFICIARY).await, of(&duplicate).await), before);
}
