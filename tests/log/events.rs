//! Events: none is missed, every change to one is detected, and access is limited to the area.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rstest::rstest;
use serde_json::{Value, json};

use super::verify;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::phone::task_for;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, GRID, Server, phones};

async fn some_work(server: &Server) -> String {
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    for step in ["claim", "start"] {
        assert_eq!(manager.act(&format!("/v1/tasks/{task}/{step}")).await.status, 200);
    }
    let report = json!({ "outcome": "done", "note": "一切安好" });
    let done = manager.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
    task
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_event_is_detected_and_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    some_work(&server).await;
    let (whole, told) = verify(&server.database, &[]);
    assert!(whole, "{told}");
    server.database.execute("UPDATE events SET person = 'x' WHERE action = 'task.start'");
    let auditor = server.auditor().await;
    let start = auditor.get("/v1/events?action=task.claim").await;
    let seq = start.body["items"][0]["seq"].as_i64().expect("a number") + 1;
    let (whole, told) = verify(&server.database, &[]);
    assert!(
        !whole && told.contains(&format!("event {seq}: its content does not match its hash")),
        "{told}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_event_and_a_truncated_log_are_detected(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    some_work(&server).await;
    server.database.execute("DELETE FROM events WHERE seq = (SELECT MAX(seq) FROM events)");
    let (whole, told) = verify(&server.database, &[]);
    assert!(!whole && told.contains("its end was truncated"), "{told}");
    server.database.execute("DELETE FROM events WHERE action = 'task.claim'");
    let (whole, told) = verify(&server.database, &[]);
    assert!(!whole && told.contains("the previous event is missing"), "{told}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archived_events_keep_the_chain_and_older_cursors_reset(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    some_work(&server).await;
    let manager = server.manager().await;
    let old = manager.post("/v1/sync", &json!({})).await.body["cursor"].clone();
    some_work(&server).await;
    let folder = server.database.folder.path().join("archive");
    let path = folder.to_str().expect("a path");
    let task = task_for(&server, 3).await;
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    assert_eq!(history.body["earlier_archived"], false);
    let archive = |days: &str| {
        let args = ["log", "archive", path, "--keep-days", days];
        said(&gridward(&server.database, &args).output().expect("it runs"))
    };
    assert!(archive("1").contains("0 events archived"));
    let (events, _) = count(&server).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert!(archive("0").contains(&format!("{events} events archived")), "{}", archive("0"));
    let (left, _) = count(&server).await;
    assert_eq!(left, 0);
    let (whole, told) = verify(&server.database, &[]);
    assert!(whole && told.contains("no events to verify"), "{told}");
    assert!(told.contains("--archive verifies them too"), "{told}");
    some_work(&server).await;
    let (whole, told) = verify(&server.database, &["--archive", path]);
    assert!(whole, "{told}");
    let push = json!({ "cursor": old });
    let answer = manager.post("/v1/sync", &push).await.body;
    assert_eq!((&answer["reset"], &answer["reset_reason"]), (&json!(true), &json!("age")));
    // The history indicates that earlier steps are archived.
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(1), "{}", history.body);
    assert_eq!(history.body["earlier_archived"], true);
    // A missing folder is an error.
    let (whole, told) = verify(&server.database, &["--archive", "nowhere"]);
    assert!(!whole && told.contains("cannot be verified"), "{told}");
    // A missing event or a missing file is detected.
    let file = std::fs::read_dir(&folder).expect("a folder").next().expect("a file");
    std::fs::remove_file(file.expect("a file").path()).expect("removed");
    let (whole, told) = verify(&server.database, &["--archive", path]);
    assert!(!whole && told.contains("the archive files end at event 0"), "{told}");
    assert!(Path::new(path).exists());
}

/// The number of events in the log, and the highest sequence number.
async fn count(server: &Server) -> (usize, i64) {
    let auditor = server.auditor().await;
    let mut items: Vec<Value> = Vec::new();
    loop {
        let last = items.last().map_or(0, |event| event["seq"].as_i64().expect("a number"));
        let page = auditor.get(&format!("/v1/events?limit=200&after={last}")).await;
        let more = page.body["items"].as_array().expect("events").clone();
        if more.is_empty() {
            return (items.len(), last);
        }
        items.extend(more);
    }
}

/// Three servers write to one district while a reader pages by number: numbers
/// appear in commit order, so no event appears before one that was already read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_misses_an_event_however_many_servers_write() {
    let first = Server::small(Backend::Postgres);
    let others = [first.another(), first.another()];
    let manager = first.manager().await;
    let token = manager.token.clone().expect("a token");
    let mut tasks = Vec::new();
    for _ in 0..90 {
        tasks.push(manager.make_task(BENEFICIARY).await);
    }
    let writing = Arc::new(AtomicBool::new(true));
    let reader = {
        let (writing, auditor) = (Arc::clone(&writing), first.auditor().await);
        tokio::spawn(async move {
            let (mut seen, mut last) = (0_i64, 0_i64);
            loop {
                let still = writing.load(Ordering::Acquire);
                let page = auditor.get(&format!("/v1/events?limit=50&after={last}")).await;
                for event in page.body["items"].as_array().expect("events") {
                    let seq = event["seq"].as_i64().expect("a number");
                    assert_eq!(seq, last + 1, "the reader went past a number that came later");
                    (last, seen) = (seq, seen + 1);
                }
                if !still && page.body["items"].as_array().is_some_and(Vec::is_empty) {
                    return seen;
                }
            }
        })
    };
    let mut writers = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        let manager =
            if n % 3 == 0 { first.bearer(&token) } else { others[n % 3 - 1].bearer(&token) };
        writers.push(tokio::spawn(async move {
            for step in ["claim", "start", "release"] {
                let answer = manager.act(&format!("/v1/tasks/{task}/{step}")).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        }));
    }
    for writer in writers {
        writer.await.expect("a writer");
    }
    writing.store(false, Ordering::Release);
    let seen = reader.await.expect("a reader");
    let (events, last) = count(&first).await;
    assert_eq!((seen, i64::try_from(events).expect("a count")), (last, last));
    let (whole, told) = verify(&first.database, &[]);
    assert!(whole, "{told}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reasons_appear_in_the_tasks_history_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let task = manager.make_task(BENEFICIARY).await;
    let to = json!({ "person_id": person_id(21) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    let why = json!({ "reason": "老人住院了" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/decline"), &why).await.status, 200);
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    let steps: Vec<_> = history.body["items"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| (step["action"].as_str(), step["actor_id"].as_str(), step["version"].as_i64()))
        .collect();
    let (boss, helper) = (person_id(11), person_id(21));
    assert_eq!(
        steps,
        [
            (Some("task.create"), Some(boss.as_str()), Some(1)),
            (Some("task.reassign"), Some(boss.as_str()), Some(2)),
            (Some("task.decline"), Some(helper.as_str()), Some(3)),
        ]
    );
    assert_eq!(history.body["items"][2]["reason"], "老人住院了");
    let far = server.far_manager().await;
    assert_eq!(far.get(&format!("/v1/tasks/{task}/history")).await.status, 404);
    // The reason is encrypted in the log.
    let auditor = server.auditor().await;
    let export = auditor.text(&format!("/v1/events/export?subject_id={task}")).await;
    assert_eq!(export.lines().count(), 3);
    assert!(export.contains("task.decline") && !export.contains("老人住院了"), "{export}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_limited_to_the_readers_area_and_role(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    some_work(&server).await;
    let far = server.far_manager().await;
    let made = far.make_task(crate::support::files::FAR_BENEFICIARY).await;
    let town = server.town_supervisor().await;
    let seen = town.get("/v1/events?subject=task").await;
    let seen = seen.body["items"].as_array().expect("events");
    assert!(
        seen.len() >= 4
            && seen
                .iter()
                .all(|event| event["area"] == GRID && event["subject_id"] != made.as_str())
    );
    assert_eq!(town.get("/v1/events?area=500116002").await.status, 404);
    for phone in [phones::MANAGER, phones::VOLUNTEER] {
        assert_eq!(server.sign_in(phone).await.get("/v1/events").await.status, 403);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_people_whom_the_reader_may_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let task = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let town = server.town_supervisor().await;
    let name = async |reader: &Caller, action: &str| {
        reader.events(action).await.last().expect("an event")["actor_name"].clone()
    };
    assert_eq!(name(&supervisor, "task.claim").await, "王志愿");
    assert_eq!(name(&supervisor, "task.create").await, "区长");
    assert_eq!(name(&town, "task.claim").await, "王志愿");
    assert!(name(&town, "task.create").await.is_null(), "the district's supervisor is above");
    assert!(name(&server.auditor().await, "task.claim").await.is_null(), "auditors read ids");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_and_readings_are_apart_and_every_action_has_words(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    supervisor.make_task(BENEFICIARY).await;
    let purpose = json!({ "purpose": "visit" });
    let reveal = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    assert_eq!(manager.post(&reveal, &purpose).await.status, 200);
    let subjects = async |kind: &str| {
        let events = supervisor.get(&format!("/v1/events?kind={kind}&limit=200")).await;
        let items = events.body["items"].as_array().expect("a list").clone();
        let subjects = items.iter().map(|event| event["subject"].as_str().expect("a subject"));
        (items.len(), subjects.filter(|subject| *subject == "reading").count())
    };
    let (readings, of_them) = subjects("reading").await;
    assert!(readings > 0 && readings == of_them);
    let (changes, of_them) = subjects("change").await;
    assert!(changes > 0 && of_them == 0);
    let words = supervisor.get("/v1/events/actions").await;
    let items = words.body["items"].as_array().expect("a list");
    let claim = items.iter().find(|item| item["action"] == "task.claim").expect("an action");
    assert_eq!((&claim["en"], &claim["zh-CN"]), (&"Task claimed".into(), &"认领任务".into()));
    assert_eq!(server.volunteer().await.get("/v1/events/actions").await.status, 403);
}
