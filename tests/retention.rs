//! Old events leave the database by themselves, and none is lost on the way.

use std::fs;
use std::sync::Barrier;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use gridward::clock;
use gridward::clockwork::retention::Retention;
use gridward::db::{Address, Db, DbError, dialect};
use gridward::event::archive::{ArchiveError, archive};
use gridward::event::{Event, Subject};
use rstest::rstest;

use crate::log::{tamper, verify};
use crate::support::files::BENEFICIARY;
use crate::support::server::{import, said};
use crate::support::{Backend, Database, Files, GRID, Server, phones};

const DISTRICT: &str = "500116";

fn forty_days_ago() -> DateTime<Utc> {
    clock::system() - TimeDelta::days(40)
}

/// A district whose log is begun anew, with `events` of forty days ago.
async fn with_old_events(database: &Database, events: i64) -> Db {
    let loaded = import(database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let empty = if database.is_postgres() { "''::bytea" } else { "zeroblob(0)" };
    tamper(
        database,
        &format!("DELETE FROM events; UPDATE district_heads SET seq = 0, hash = {empty};"),
    );
    let db = Db::open(Address::parse(&database.url), 2, forty_days_ago);
    let written = db.write(DISTRICT, move |tx| {
        for n in 1..=events {
            let grid = GRID.parse().expect("a grid");
            tx.record(Event::new("task.create", Subject::Task, n.to_string(), grid, 1));
        }
        Ok::<_, DbError>(())
    });
    written.await.expect("events");
    db
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_told_so_archives_what_is_older_than_it_should_keep(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    with_old_events(&database, 30).await;
    let settings = "archive = 'old/events'\nkeep_days = 39\n";
    fs::write(database.folder.path().join("gridward.toml"), settings).expect("settings");
    let server = Server::start(database);
    server.sign_in(phones::MANAGER).await.make_task(BENEFICIARY).await;
    let auditor = server.sign_in(phones::AUDITOR).await;
    let mut first = 1;
    for _ in 0..100 {
        let left = auditor.get("/v1/events?limit=1").await;
        first = left.body["items"][0]["seq"].as_i64().unwrap_or(first);
        if first > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(first, 31, "the new ones stay");
    let folder = server.database.folder.path().join("old/events");
    let (whole, told) = verify(&server.database, &["--archive", folder.to_str().expect("a path")]);
    assert!(whole, "{told}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_within_the_days_to_keep_stay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let db = with_old_events(&database, 3).await;
    let retention = Retention { folder: database.folder.path().join("old"), keep_days: 41 };
    let today = clock::day(clock::system());
    assert_eq!(retention.keep(&db, today).expect("a look"), Some(0));
    let tomorrow = today + TimeDelta::days(2);
    assert_eq!(retention.keep(&db, tomorrow).expect("a look"), Some(3));
    assert_eq!(retention.keep(&db, tomorrow).expect("a look"), Some(0), "once is enough");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_archive_at_once_one_gives_way_and_no_event_is_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let db = with_old_events(&database, 2000).await;
    let folder = database.folder.path().join("old");
    let start = Barrier::new(4);
    let moved: usize = std::thread::scope(|threads| {
        let run = || {
            let mut conn = db.address().connect().expect("a connection");
            start.wait();
            match archive(&mut conn, DISTRICT, &folder, clock::system()) {
                Ok(moved) => moved,
                Err(ArchiveError::Db(DbError::Collision)) => 0,
                Err(error) => panic!("{error}"),
            }
        };
        let all: Vec<_> = (0..4).map(|_| threads.spawn(run)).collect();
        all.into_iter().map(|thread| thread.join().expect("an end")).sum()
    });
    assert_eq!(moved, 2000);
    assert_eq!(
        fs::read_dir(&folder).expect("a folder").count(),
        1,
        "nothing unfinished lies about"
    );
    let (whole, told) = verify(&database, &["--archive", folder.to_str().expect("a path")]);
    assert!(whole, "{told}");
}

/// SQLite has one server; on PostgreSQL they share the clock's lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_one_server_is_at_it_the_others_look_again_later() {
    let database = Database::postgres();
    let db = with_old_events(&database, 3).await;
    let retention = Retention { folder: database.folder.path().join("old"), keep_days: 1 };
    let today = clock::day(clock::system());
    let mut other = db.address().connect().expect("a connection");
    assert!(dialect::keep_clock(&mut other, DISTRICT).expect("a lock"));
    assert_eq!(retention.keep(&db, today).expect("a look"), None);
    drop(other);
    let mut moved = None;
    for _ in 0..50 {
        // The database notices a moment later that the other has gone.
        moved = retention.keep(&db, today).expect("a look");
        if moved.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(moved, Some(3));
}
