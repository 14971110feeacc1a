//! The measures of an area: needs met, in time, by known people, evenly; never a person.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

/// A visit for the first beneficiary, made by the caller today.
async fn made(manager: &Caller, visitor: &Caller, due_on: &str) -> String {
    let days = json!({ "not_before": day(-5), "due_on": due_on });
    let id = manager.make(&home_visit(BENEFICIARY, days)).await;
    assert_eq!(visitor.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    let report = json!({ "outcome": "done", "answers": { "health": "good", "needs_help": false } });
    let reported = visitor.post(&format!("/v1/tasks/{id}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    id
}

async fn measures(caller: &Caller, area: &str) -> Value {
    let path = format!("/v1/areas/{area}/measures?from={}&to={}", day(-7), day(7));
    let found = caller.get(&path).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measures_tell_how_visits_are_made(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let none = measures(&manager, GRID).await;
    assert_eq!(none["due"], json!({ "count": 0, "unserved": 0 }));
    assert_eq!(none["visits"], json!({ "count": 0, "late": 0, "by_known_person": 0 }));
    assert!(none.get("last_plan_applied_at").is_none(), "{none}");
    made(&manager, &volunteer, &day(0).to_string()).await;
    made(&manager, &volunteer, &day(-2).to_string()).await;
    made(&manager, &server.second_volunteer().await, &day(0).to_string()).await;
    // Nobody made this one.
    let missed = json!({ "not_before": day(-5), "due_on": day(-1) });
    manager.make(&home_visit(&beneficiary_id(2), missed)).await;
    let found = measures(&manager, GRID).await;
    assert_eq!(found["due"], json!({ "count": 4, "unserved": 1 }), "{found}");
    let visits = json!({ "count": 3, "late": 1, "median_days_late": 2.0, "by_known_person": 1 });
    assert_eq!(found["visits"], visits, "{found}");
    assert_eq!(measures(&server.town_supervisor().await, &GRID[..9]).await["visits"], visits);
    assert_eq!(found["travel"], json!({ "visits": 0, "minutes": 0 }));
    // Visits that no plan gave are work as well.
    let people = found["shares"]["people"].as_u64().expect("a number");
    assert_eq!(found["shares"]["without_visits"], people - 2, "{found}");
    assert!(found["shares"]["gini"].as_f64().is_some_and(|gini| gini > 0.0), "{found}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_applied_gives_travel_and_shares(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    manager.make(&home_visit(&beneficiary_id(2), days)).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let plan = manager.order_plan(&order).await.body["id"].as_str().expect("an id").to_owned();
    assert_eq!(manager.post(&format!("/v1/plans/{plan}/apply"), &json!({})).await.status, 200);
    let found = measures(&manager, GRID).await;
    assert_eq!(found["travel"]["visits"], 1, "{found}");
    assert!(found["last_plan_applied_at"].is_string(), "{found}");
    let last = &found["last_plan"];
    let counts = ["assigned", "unserved", "late"].map(|name| last[name].clone());
    assert_eq!(counts, [json!(1), json!(0), json!(0)], "{found}");
    assert_eq!(last["applied_at"], found["last_plan_applied_at"]);
    assert_eq!(found["replans"], json!({ "count": 0, "moves": 0 }));
    let shares = &found["shares"];
    let people = shares["people"].as_u64().expect("a number");
    assert!(people > 1, "{found}");
    assert_eq!(shares["without_visits"], people - 1, "{found}");
    // One of n people has all the work.
    #[expect(clippy::cast_precision_loss, reason = "a few people")]
    let expected = 1.0 - 1.0 / people as f64;
    assert!((shares["gini"].as_f64().expect("a number") - expected).abs() < 1e-9, "{found}");
    let text = found.to_string();
    assert!(!text.contains("person_id") && !text.contains("name"), "{text}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_has_an_order_and_a_limit_and_an_area_its_readers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let at = |query: &str| format!("/v1/areas/{GRID}/measures?{query}");
    for (query, status) in [
        ("", 200),
        ("from=2026-01-01&to=2027-01-01", 200),
        ("from=2026-01-01&to=2027-01-02", 422),
        ("from=2026-01-02&to=2026-01-01", 422),
        ("from=tomorrow", 400),
        ("day=2026-01-01", 400),
    ] {
        let found = manager.get(&at(query)).await;
        assert_eq!(found.status, status, "{query}: {}", found.body);
    }
    let far = manager.get(&format!("/v1/areas/{FAR_GRID}/measures")).await;
    assert_eq!(far.status, 404);
    assert_eq!(server.volunteer().await.get(&at("")).await.status, 403);
}

/// Waits until the metrics contain `text`.
async fn wait_for_metric(server: &Server, text: &str) {
    let mut page = String::new();
    for _ in 0..200 {
        page = server.stranger().text("/metrics").await;
        if page.contains(text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the metrics do not hold {text}: {page}")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_show_the_last_plan_of_a_district_and_no_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    manager.make(&home_visit(&beneficiary_id(2), days)).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    manager.plan(&order).await;
    wait_for_metric(&server, "gridward_plan_seconds_count{origin=\"ordered\",outcome=\"ok\"} 1")
        .await;
    // A server reads the plans of all districts when it starts, and then each minute.
    server.kill_and_restart();
    wait_for_metric(&server, "gridward_plan_age_seconds{district=\"500116\"}").await;
    wait_for_metric(&server, "gridward_plan_unserved_tasks{district=\"500116\"} 0").await;
    wait_for_metric(&server, "gridward_plan_late_tasks{district=\"500116\"} 0").await;
    wait_for_metric(&server, "gridward_plan_largest_share{district=\"500116\"}").await;
}
