//! Old events are archived automatically, and none is lost.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use rstest::rstest;

use super::verify;
use crate::support::files::BENEFICIARY;
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, Caller, Database, Files, Server, chain};

/// The small district, with a log that begins with `events`: number and age in days.
fn with_old_events(database: &Database, events: &[(i64, i64)]) {
    let loaded = import(database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    chain::begin_with(database, events);
}

/// Configures servers on `database` to archive events older than `days`; returns the folder.
fn keep_days(database: &Database, days: u32) -> PathBuf {
    let settings = format!("archive = 'old/events'\nkeep_days = {days}\n");
    fs::write(database.folder.path().join("gridward.toml"), settings).expect("settings");
    database.folder.path().join("old/events")
}

/// Waits until the first event is archived; returns the number of the first remaining event.
async fn first_event_left(auditor: &Caller) -> i64 {
    for _ in 0..200 {
        let left = auditor.get("/v1/events?limit=1").await;
        assert_eq!(left.status, 200, "{}", left.body);
        match left.body["items"][0]["seq"].as_i64() {
            Some(first) if first > 1 => return first,
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("no event was archived in twenty seconds")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_archives_events_older_than_keep_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    with_old_events(&database, &[(30, 40), (5, 38)]);
    let folder = keep_days(&database, 39);
    let server = Server::start(database);
    server.manager().await.make_task(BENEFICIARY).await;
    let auditor = server.auditor().await;
    assert_eq!(first_event_left(&auditor).await, 31, "those of 38 days ago stay");
    let (whole, told) = verify(&server.database, &["--archive", folder.to_str().expect("a path")]);
    assert!(whole, "{told}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_archive_folder_old_events_stay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    with_old_events(&database, &[(3, 400)]);
    let mut server = Server::start(database);
    server.kill_and_restart();
    let auditor = server.auditor().await;
    let events = auditor.get("/v1/events?limit=1").await;
    assert_eq!(events.body["items"][0]["seq"], 1, "{}", events.body);
}

/// A running `gridward log archive`.
fn archiving(database: &Database) -> Child {
    let args = ["log", "archive", "old/events", "--keep-days", "30"];
    let mut command = gridward(database, &args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

/// The number of events that a command archived; none after a conflict with another run.
fn archived(output: &Output) -> usize {
    let text = said(output);
    if !output.status.success() {
        assert!(text.contains("conflict with another change"), "{text}");
        return 0;
    }
    let count = text.strip_prefix("500116: ").and_then(|text| text.split(' ').next());
    count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count in {text:?}"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_archive_commands_archive_each_event_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    with_old_events(&database, &[(2000, 40)]);
    let under_way: Vec<_> = (0..4).map(|_| archiving(&database)).collect();
    let ended = under_way.into_iter().map(|child| child.wait_with_output().expect("an end"));
    assert_eq!(ended.map(|output| archived(&output)).sum::<usize>(), 2000);
    let folder = database.folder.path().join("old/events");
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "no unfinished file is left");
    let (whole, told) = verify(&database, &["--archive", folder.to_str().expect("a path")]);
    assert!(whole, "{told}");
    let again = archiving(&database).wait_with_output().expect("an end");
    assert_eq!(archived(&again), 0, "{}", said(&again));
}

/// On PostgreSQL one server of several archives; on SQLite there is one server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_share_a_folder_archive_each_event_once() {
    let database = Database::postgres();
    with_old_events(&database, &[(2000, 40)]);
    let folder = keep_days(&database, 39);
    let server = Server::start(database);
    let _others = [server.another(), server.another()];
    let auditor = server.auditor().await;
    server.manager().await.make_task(BENEFICIARY).await;
    assert_eq!(first_event_left(&auditor).await, 2001);
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "one file, and it is finished");
    let (whole, told) = verify(&server.database, &["--archive", folder.to_str().expect("a path")]);
    assert!(whole, "{told}");
}
