//! `gridward backup`: a copy of a running server's database that has every acknowledged write.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::files::BENEFICIARY;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, Server};

/// The number of tasks that are claimed.
const TASKS: usize = 400;
/// The number of claims before the backup begins.
const BEFORE: usize = 100;

fn back_up(database: &Database, file: &str) -> Output {
    gridward(database, &["backup", file]).output().expect("the binary runs")
}

/// Claims every task, one after another, and records each acknowledged claim.
async fn claim_all(phone: Caller, tasks: Vec<String>, claimed: Arc<Mutex<BTreeSet<String>>>) {
    for task in tasks {
        let answer = phone.act(&format!("/v1/tasks/{task}/claim")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        claimed.lock().expect("a list").insert(task);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_has_every_claim_that_was_acknowledged_before_it_began() {
    let server = Server::small(Backend::Sqlite);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        tasks.push(manager.make_task(BENEFICIARY).await);
    }
    let claimed = Arc::new(Mutex::new(BTreeSet::new()));
    let claims = tokio::spawn(claim_all(volunteer, tasks, Arc::clone(&claimed)));
    while claimed.lock().expect("a list").len() < BEFORE {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let before = claimed.lock().expect("a list").clone();
    let made = tokio::task::block_in_place(|| back_up(&server.database, "copy.db"));
    assert!(made.status.success(), "{}", said(&made));
    let after = claimed.lock().expect("a list").len();
    assert!(after > before.len(), "claims went on meanwhile");
    claims.await.expect("all claims");

    let restored = Database::sqlite();
    let copy = server.database.folder.path().join("copy.db");
    std::fs::copy(copy, Path::new(&restored.url)).expect("a restored copy");
    let verified = gridward(&restored, &["verify-log"]).output().expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
    let server = Server::start(restored);
    let manager = server.manager().await;
    for task in before {
        let found = manager.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!((found.status, &found.body["state"]), (200, &"accepted".into()), "{task}");
    }
}

#[test]
fn a_backup_never_replaces_a_file_and_leaves_none_that_is_incomplete() {
    let server = Server::small(Backend::Sqlite);
    let folder = server.database.folder.path();
    std::fs::write(folder.join("kept"), "precious").expect("a file");
    let refused = back_up(&server.database, "kept");
    assert!(!refused.status.success() && said(&refused).contains("kept exists already"));
    assert_eq!(std::fs::read(folder.join("kept")).expect("a file"), b"precious");

    let made = back_up(&server.database, "copy.db");
    assert!(made.status.success(), "{}", said(&made));
    let text = said(&made);
    for needed in ["500116: the log is valid", "the key", "the attachments"] {
        assert!(text.contains(needed), "{needed}: {text}");
    }
    assert!(!back_up(&server.database, "copy.db").status.success());

    // An event that was changed: the copy is as broken as the database, and is not kept.
    server.database.execute("UPDATE events SET action = 'other' WHERE seq = 1");
    let broken = back_up(&server.database, "broken.db");
    assert!(!broken.status.success() && said(&broken).contains("event 1"), "{}", said(&broken));
    assert!(!back_up(&server.database, "missing/copy.db").status.success());
    let names: BTreeSet<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.contains("backup") || name.contains("broken"))
        .collect();
    assert_eq!(names, BTreeSet::new());
}

#[test]
fn a_missing_database_is_not_created_and_postgres_has_its_own_backup() {
    let database = Database::sqlite();
    let refused = back_up(&database, "copy.db");
    assert!(!refused.status.success() && said(&refused).contains("gridward.db does not exist"));
    assert_eq!(std::fs::read_dir(database.folder.path()).expect("a folder").count(), 0);

    let refused = back_up(&Database::postgres(), "copy.db");
    assert!(!refused.status.success() && said(&refused).contains("pg_dump"), "{}", said(&refused));
}
