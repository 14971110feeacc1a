//! Background jobs: they run on schedule and on command, and a failure is visible.

use std::fs;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl as _};
use serde_json::json;

use crate::support::files::BENEFICIARY;
use crate::support::server::{gridward, import, said};
use crate::support::{Caller, Database, Files, Server, phones};

const JOBS: [&str; 14] = [
    "overdue_tasks",
    "orphaned_tasks",
    "plan_upkeep",
    "regimes",
    "campaign_launches",
    "overdue_cases",
    "casework",
    "forget_commands",
    "archive_events",
    "expired_uploads",
    "plan_retention",
    "seal_passwords",
    "ended_cases",
    "ended_records",
];

/// Runs `gridward jobs` with `args`; returns whether it succeeded, and its output.
fn jobs(database: &Database, args: &[&str]) -> (bool, String) {
    let args: Vec<&str> = ["jobs"].iter().chain(args).copied().collect();
    let output = gridward(database, &args).output().expect("the binary runs");
    (output.status.success(), said(&output))
}

/// The line about `job` in the list of `gridward jobs`.
fn listed(database: &Database, job: &str) -> String {
    let (success, list) = jobs(database, &[]);
    assert!(success, "{list}");
    let line = list.lines().find(|line| line.starts_with(job));
    line.unwrap_or_else(|| panic!("{job} is not in the list: {list}")).to_owned()
}

fn load_district(database: &Database) {
    let loaded = import(database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
}

fn list_shows_each_job_before_and_after_a_run(database: &Database) {
    let migrated = gridward(database, &["migrate"]).output().expect("it runs");
    assert!(migrated.status.success(), "{}", said(&migrated));
    let (success, list) = jobs(database, &[]);
    assert!(success, "an installation without a district has jobs too: {list}");
    load_district(database);
    for job in JOBS {
        let line = listed(database, job);
        assert!(line.contains("500116") && line.contains("never"), "{line}");
    }
    let (success, output) = jobs(database, &["run", "forget_commands"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 0 processed\n"));
    let line = listed(database, "forget_commands");
    assert!(line.contains("daily at 02:00") && line.contains("succeeded"), "{line}");
    assert!(listed(database, "overdue_tasks").contains("never"));
}

#[test]
fn list_shows_each_job_before_and_after_a_run_on_sqlite() {
    list_shows_each_job_before_and_after_a_run(&Database::sqlite());
}

#[test]
fn list_shows_each_job_before_and_after_a_run_on_postgres() {
    list_shows_each_job_before_and_after_a_run(&Database::postgres());
}

#[test]
fn an_unknown_job_is_refused_with_the_names_of_all() {
    let database = Database::sqlite();
    load_district(&database);
    let (success, output) = jobs(&database, &["run", "overdue"]);
    assert!(!success);
    assert_eq!(
        output,
        "gridward: job overdue does not exist; the jobs are \
         overdue_tasks, orphaned_tasks, plan_upkeep, regimes, campaign_launches, overdue_cases, \
         casework, forget_commands, archive_events, expired_uploads, plan_retention, \
         seal_passwords, ended_cases, ended_records\n"
    );
}

#[test]
fn a_job_that_the_settings_switch_off_is_not_run_by_hand() {
    let database = Database::sqlite();
    load_district(&database);
    assert!(listed(&database, "archive_events").contains("off: the setting `archive` is empty"));
    let (success, output) = jobs(&database, &["run", "archive_events"]);
    assert!(!success && output.contains("is off: the setting `archive` is empty"), "{output}");
}

/// Creates a task that was due on 10 January; returns its path.
async fn overdue_task(manager: &Caller, kind: &str) -> String {
    let new = json!({
        "kind": kind, "beneficiary_id": BENEFICIARY,
        "not_before": "2026-01-01", "due_on": "2026-01-10"
    });
    let made = manager.post("/v1/tasks", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    format!("/v1/tasks/{}", made.body["id"].as_str().expect("an id"))
}

async fn a_run_by_hand_escalates_and_expires_overdue_tasks(database: Database) {
    let server = Server::with(database, &Files::small());
    server.metrics_with(r#"job_runs_total{job="overdue_tasks",outcome="succeeded"} 1"#).await;
    let manager = server.sign_in(phones::MANAGER).await;
    let visit = overdue_task(&manager, "home_visit").await;
    let greeting = overdue_task(&manager, "condolence").await;
    let (success, output) = jobs(&server.database, &["run", "overdue_tasks"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 4 processed\n"));
    let history = manager.get(&format!("{visit}/history")).await;
    let steps = history.body["items"].as_array().expect("steps").iter();
    assert_eq!(steps.filter(|step| step["action"] == "task.escalate").count(), 3);
    assert_eq!(manager.get(&greeting).await.body["state"], "expired");
    let line = listed(&server.database, "overdue_tasks");
    assert!(line.contains("every 60 s") && line.contains("succeeded  4"), "{line}");
    // An idle run does not replace the last run that processed rows.
    let (success, output) = jobs(&server.database, &["run", "overdue_tasks"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 0 processed\n"));
    assert_eq!(listed(&server.database, "overdue_tasks"), line);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_by_hand_escalates_and_expires_overdue_tasks_on_sqlite() {
    a_run_by_hand_escalates_and_expires_overdue_tasks(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_by_hand_escalates_and_expires_overdue_tasks_on_postgres() {
    a_run_by_hand_escalates_and_expires_overdue_tasks(Database::postgres()).await;
}

async fn a_failed_job_is_visible_and_the_others_go_on(database: Database) {
    load_district(&database);
    let folder = database.folder.path().to_owned();
    fs::write(folder.join("gridward.toml"), "archive = 'archive'\n").expect("settings");
    fs::write(folder.join("archive"), "a file is in the folder's place").expect("a file");
    let server = Server::start(database);
    let success = |job| format!(r#"gridward_job_last_success_timestamp_seconds{{job="{job}"}} "#);
    for job in ["overdue_tasks", "forget_commands"] {
        let page = server.metrics_with(&success(job)).await;
        let runs = format!(r#"gridward_job_runs_total{{job="{job}",outcome="succeeded"}} 1"#);
        assert!(page.contains(&runs), "{page}");
        assert!(
            page.contains(&format!(r#"gridward_job_seconds_count{{job="{job}"}} 1"#)),
            "{page}"
        );
    }
    let failure = r#"gridward_job_runs_total{job="archive_events",outcome="failed"} 1"#;
    let page = server.metrics_with(failure).await;
    assert!(!page.contains(&success("archive_events")), "{page}");
    assert_eq!(server.stranger().get("/readyz").await.status, 200);
    let line = listed(&server.database, "archive_events");
    assert!(line.contains("failed") && line.contains("archive: "), "{line}");
    let (success, output) = jobs(&server.database, &["run", "archive_events"]);
    assert!(!success && output.contains("archive_events failed in 500116: archive: "), "{output}");
    fs::remove_file(folder.join("archive")).expect("the file goes");
    let (success, output) = jobs(&server.database, &["run", "archive_events"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 0 processed\n"));
    let line = listed(&server.database, "archive_events");
    assert!(line.contains("succeeded") && !line.contains("failed"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_visible_and_the_others_go_on_on_sqlite() {
    a_failed_job_is_visible_and_the_others_go_on(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_job_is_visible_and_the_others_go_on_on_postgres() {
    a_failed_job_is_visible_and_the_others_go_on(Database::postgres()).await;
}

/// On SQLite there is one server, and no lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_run_a_due_job_once() {
    let database = Database::postgres();
    load_district(&database);
    // A run ends by recording itself, and keeps its lock until then.
    let mut conn = PgConnection::establish(&database.url).expect("the database");
    conn.batch_execute("BEGIN; LOCK TABLE job_runs IN ACCESS EXCLUSIVE MODE").expect("a lock");
    // With few connections, those that wait would hinder the others from beginning.
    let first = Server::start_with(database, &[("GRIDWARD_READERS", "16")]);
    wait_for_job_locks(&first.database, 13).await;
    let second = first.another();
    // Its jobs begin with the server.
    tokio::time::sleep(Duration::from_secs(1)).await;
    conn.batch_execute("COMMIT").expect("the lock is released");
    let runs = |job| format!(r#"gridward_job_runs_total{{job="{job}""#);
    for job in JOBS.into_iter().filter(|job| *job != "archive_events") {
        let succeeded = format!(r#"{},outcome="succeeded"}} 1"#, runs(job));
        first.metrics_with(&succeeded).await;
        let page = second.bearer("").text("/metrics").await;
        assert!(!page.contains(&runs(job)), "{job} ran twice: {page}");
    }
}

/// Waits until runs of jobs hold this many locks.
async fn wait_for_job_locks(database: &Database, expected: i64) {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut conn = PgConnection::establish(&database.url).expect("the database");
    let mut count = 0;
    for _ in 0..200 {
        let locks = "SELECT count(*) AS count FROM pg_locks JOIN pg_database ON oid = database \
                     WHERE locktype = 'advisory' AND granted AND datname = current_database()";
        count = diesel::sql_query(locks).get_result::<Count>(&mut conn).expect("a count").count;
        if count == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} locks of jobs, not {expected}")
}

/// On SQLite there is one server, and no lock.
#[test]
fn a_job_that_another_server_runs_is_skipped() {
    let database = Database::postgres();
    load_district(&database);
    let mut other = PgConnection::establish(&database.url).expect("the database");
    let lock = "SELECT pg_advisory_lock(hashtext('gridward job forget_commands'), \
                hashtext('500116'))";
    other.batch_execute(lock).expect("a lock");
    let (success, output) = jobs(&database, &["run", "forget_commands"]);
    assert_eq!(
        (success, output.as_str()),
        (true, "500116: skipped, because another server runs this job now\n")
    );
    let (success, output) = jobs(&database, &["run", "overdue_tasks"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 0 processed\n"));
    other.batch_execute("SELECT pg_advisory_unlock_all()").expect("the lock is released");
    let (success, output) = jobs(&database, &["run", "forget_commands"]);
    assert_eq!((success, output.as_str()), (true, "500116: succeeded, 0 processed\n"));
}
