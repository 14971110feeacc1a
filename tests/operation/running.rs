//! Health, metrics, settings, starting and stopping.

use std::collections::BTreeSet;
use std::path::Path;

use rstest::rstest;
use serde_json::json;

use crate::support::bodies::home_visit;
use crate::support::files::BENEFICIARY;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_current_tables_is_healthy_and_ready(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    assert_eq!(stranger.get("/healthz").await.body, json!({ "status": "ok" }));
    assert_eq!(stranger.get("/readyz").await.body, json!({ "status": "ok" }));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_count_requests_by_route_without_ids(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    manager.get(&format!("/v1/tasks/{task}")).await;
    let page = manager.request(reqwest::Method::GET, "/metrics").send().await.expect("a page");
    let page = page.text().await.expect("text");
    assert!(
        page.contains(
            r#"gridward_requests_total{method="GET",route="/v1/tasks/{id}",status="200"} 1"#
        ),
        "{page}"
    );
    assert!(!page.contains(&task) && !page.contains(phones::MANAGER));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_finishes_the_requests_in_flight(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    let body = home_visit(BENEFICIARY, json!({}));
    let mut under_way = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (manager, body) = (manager.clone(), body.clone());
        under_way.spawn(async move { manager.post("/v1/tasks", &body).await });
    }
    let half = manager.half_a_post("/v1/tasks", &body).await;
    let stopped = tokio::task::spawn_blocking(move || (server.stop(), server));
    assert_eq!(half.finish().await, 201, "what was in flight is finished");
    let (ended, mut server) = stopped.await.expect("a stop");
    assert!(ended.success(), "the process ends well: {ended}");
    // Each request was answered completely or not accepted: no task was created without an answer.
    let answers = under_way.join_all().await;
    assert!(answers.iter().all(|answer| [201, 0].contains(&answer.status)), "{answers:?}");
    let answered = answers.iter().filter(|answer| answer.body["id"].is_string()).count();
    server.kill_and_restart();
    let made = server.manager().await.get("/v1/tasks?limit=200").await;
    assert_eq!(made.body["items"].as_array().expect("a list").len(), answered + 1);
}

#[test]
fn an_unknown_or_invalid_setting_stops_the_start_and_is_named() {
    let database = Database::sqlite();
    for (name, value, named) in [
        ("GRIDWARD_DATABASE", "x", "database"),
        ("GRIDWARD_LISTEN", "nowhere", "listen"),
        ("GRIDWARD_WORKERS", "0", "workers"),
        ("GRIDWARD_LOG_FORMAT", "xml", "log_format"),
        ("GRIDWARD_SECRET_KEY", "c2hvcnQ=", "secret_key"),
    ] {
        let started = gridward(&database, &["serve"]).env(name, value).output().expect("it runs");
        assert!(!started.status.success(), "{name}={value}");
        assert!(said(&started).to_lowercase().contains(named), "{name}: {}", said(&started));
    }
}

/// The settings that the binary knows, from its error for an unknown one.
fn known_settings() -> BTreeSet<String> {
    let database = Database::sqlite();
    let mistaken = gridward(&database, &["migrate"]).env("GRIDWARD_COLOUR", "red").output();
    let text = said(&mistaken.expect("it runs"));
    let (_, listed) = text.split_once("one of ").expect("a list of settings");
    let (listed, _) = listed.split_once(" for key").expect("an end of the list");
    let names = listed.split('`').filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    names.map(|name| format!("GRIDWARD_{}", name.to_uppercase())).collect()
}

/// Gridward's environment variables in a text, except the one with the path of the settings file.
fn variables_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let variables =
        words.filter(|word| word.starts_with("GRIDWARD_") && *word != "GRIDWARD_CONFIG");
    variables.map(str::to_owned).collect()
}

#[test]
fn the_help_names_every_setting_and_no_other() {
    let help = gridward(&Database::sqlite(), &["--help"]).output().expect("it runs");
    assert_eq!(variables_in(&said(&help)), known_settings());
}

#[test]
fn the_table_of_settings_has_a_line_for_every_one_and_no_other() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operation.md");
    let page = std::fs::read_to_string(page).expect("docs/operation.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').nth(1));
    assert_eq!(variables_in(&rows.collect::<Vec<_>>().join("\n")), known_settings());
}

#[test]
fn the_logs_do_not_contain_the_database_password() {
    let database = Database::sqlite();
    let failed = gridward(&database, &["serve"])
        .env("GRIDWARD_DATABASE_URL", "postgres://anna:hunter2@127.0.0.1:1/gridward")
        .output()
        .expect("it runs");
    assert!(!failed.status.success());
    assert!(!said(&failed).contains("hunter2"), "{}", said(&failed));
}
