//! Health, metrics, settings, starting and stopping.

use rstest::rstest;
use serde_json::json;

use crate::support::files::BENEFICIARY;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_current_tables_is_alive_and_ready(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    assert_eq!(stranger.get("/healthz").await.body, json!({ "status": "ok" }));
    assert_eq!(stranger.get("/readyz").await.body, json!({ "status": "ok" }));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_count_requests_by_route_and_name_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.sign_in(phones::MANAGER).await;
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
async fn a_server_that_is_told_to_stop_finishes_what_is_in_flight(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.sign_in(phones::MANAGER).await;
    let body = json!({ "kind": "home_visit", "beneficiary_id": BENEFICIARY });
    let mut under_way = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (manager, body) = (manager.clone(), body.clone());
        under_way.spawn(async move { manager.post("/v1/tasks", &body).await.status });
    }
    let half = manager.half_a_post("/v1/tasks", &body).await;
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    assert_eq!(half.finish().await, 201, "what was in flight is finished");
    let ended = stopped.await.expect("a stop");
    assert!(ended.success(), "the process ends well: {ended}");
    // A request either was answered whole or never got in; none broke halfway.
    let statuses = under_way.join_all().await;
    assert!(statuses.iter().all(|status| [201, 0].contains(status)), "{statuses:?}");
}

#[test]
fn a_setting_that_is_unknown_or_bad_stops_the_start_and_is_named() {
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

#[test]
fn the_help_names_every_command_and_every_setting() {
    let database = Database::sqlite();
    let help = said(&gridward(&database, &["--help"]).output().expect("it runs"));
    for word in ["serve", "migrate", "import", "demo", "dispatch", "openapi", "user"] {
        assert!(help.contains(word), "{word}");
    }
    for setting in ["DATABASE_URL", "LISTEN", "SECRET_KEY", "LOG", "WORKERS", "READERS"] {
        assert!(help.contains(&format!("GRIDWARD_{setting}")), "{setting}");
    }
}

#[test]
fn a_secret_is_not_kept_by_the_logs() {
    let database = Database::sqlite();
    let failed = gridward(&database, &["serve"])
        .env("GRIDWARD_DATABASE_URL", "postgres://anna:hunter2@127.0.0.1:1/gridward")
        .output()
        .expect("it runs");
    assert!(!failed.status.success());
    assert!(!said(&failed).contains("hunter2"), "{}", said(&failed));
}
