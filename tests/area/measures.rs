//! The measures of an area: needs met, in time, by known people, evenly; never a person.

use chrono::{Days, TimeDelta, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::phone::{Phone, command};
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

/// A visit for the first beneficiary, claimed by the caller.
async fn claimed(manager: &Caller, visitor: &Caller, due_on: &str) -> String {
    let days = json!({ "not_before": day(-5), "due_on": due_on });
    let id = manager.make(&home_visit(BENEFICIARY, days)).await;
    assert_eq!(visitor.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    id
}

/// A visit for the first beneficiary, made by the caller today.
async fn made(manager: &Caller, visitor: &Caller, due_on: &str) -> String {
    let id = claimed(manager, visitor, due_on).await;
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
    // A phone without a network sends a report later than it is made.
    let offline = claimed(&manager, &volunteer, &day(-1).to_string()).await;
    let mut report = command("task.report", &offline, json!({ "outcome": "done" }));
    report["at"] = json!(Utc::now() - TimeDelta::days(2));
    let results = Phone::default().sync(&volunteer, json!([report])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
    // Nobody made this one.
    let missed = json!({ "not_before": day(-5), "due_on": day(-1) });
    manager.make(&home_visit(&beneficiary_id(2), missed)).await;
    let found = measures(&manager, GRID).await;
    assert_eq!(found["due"], json!({ "count": 5, "unserved": 1 }), "{found}");
    let visits = json!({ "count": 4, "late": 1, "median_days_late": 2.0, "by_known_person": 2 });
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

/// A need that a visit of the volunteer found two days ago and that another one met today.
async fn need_met(server: &Server, manager: &Caller, volunteer: &Caller) {
    follow_up_by_tasks(server).await;
    let visit = claimed(manager, volunteer, &day(0).to_string()).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
    let reported = volunteer.post(&format!("/v1/tasks/{visit}/report"), &found).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let two_days_ago = (Utc::now() - Days::new(2)).naive_utc();
    server.database.execute(&format!(
        "UPDATE tasks SET created_at = '{two_days_ago}' WHERE kind = 'hardship_follow_up'"
    ));
    let listed = volunteer.get("/v1/tasks?state=open").await.body;
    let follow_up = format!("/v1/tasks/{}", listed["items"][0]["id"].as_str().expect("a task"));
    assert_eq!(volunteer.act(&format!("{follow_up}/claim")).await.status, 200);
    let met = json!({ "outcome": "done", "answers": { "still_needed": false } });
    let reported = volunteer.post(&format!("{follow_up}/report"), &met).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_measures_of_a_district_are_of_its_own_last_plan_and_show_no_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    need_met(&server, &manager, &server.volunteer().await).await;
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    let mut visits = Vec::new();
    for n in 1..=2 {
        visits.push(manager.make(&home_visit(&beneficiary_id(n), days.clone())).await);
    }
    // Known to the beneficiary, whom the person has visited.
    let pin = json!({ "task_id": visits[0], "person_id": person_id(21), "day": day(3) });
    let week = |area: &str, more: Value| {
        let mut order = json!({ "area": area, "first_day": day(1), "last_day": day(7) });
        order.as_object_mut().expect("an order").extend(more.as_object().expect("more").clone());
        order
    };
    let plan = supervisor.plan(&week("500116", json!({ "changes": { "pins": [pin] } }))).await;
    let of_plan = &plan["measures"];
    assert_eq!((&plan["assigned"], &of_plan["served"]), (&json!(2), &json!(2)), "{plan}");
    assert!(of_plan["known"].as_u64() >= Some(1), "{plan}");

    // Neither the plan of a grid nor those of an absence and of a selection are plans of the district.
    manager.make(&home_visit(&beneficiary_id(3), days.clone())).await;
    let of_grid = week("500116", json!({ "only": { "area": GRID } }));
    assert_eq!(supervisor.plan(&of_grid).await["assigned"], 1);
    let ids = [manager.make(&home_visit(&beneficiary_id(2), days)).await];
    let selected = week("500116", json!({ "only": { "ids": ids } }));
    assert_eq!(supervisor.plan(&selected).await["state"], "applied");
    let ill = json!({
        "first_day": day(0), "last_day": day(9), "reason": "sick", "release": true, "plan": true
    });
    let absent =
        supervisor.post(&format!("/v1/people/{}/absences", person_id(21)), &ill).await.body;
    let path = format!("/v1/plans/{}", absent["plan_id"].as_str().expect("a plan"));
    let released = supervisor.computed(&path).await;
    assert_eq!(released["origin"], "released", "{released}");
    let moves = released["assigned"].as_u64().expect("a number");
    assert!(moves >= 1, "{released}");
    assert_eq!(supervisor.post(&format!("{path}/apply"), &json!({})).await.status, 200);
    let found = measures(&supervisor, "500116").await;
    assert_eq!(found["last_plan"]["assigned"], 2, "{found}");
    assert_eq!(measures(&manager, GRID).await["last_plan"]["assigned"], 1);
    assert_eq!(found["replans"], json!({ "count": 1, "moves": moves }), "{found}");
    assert_eq!(found["needs"], json!({ "count": 1, "median_days": 2.0 }), "{found}");

    server.metrics_with("gridward_plan_seconds_count{origin=\"released\",outcome=\"ok\"} 1").await;
    // A server reads the plans of all districts when it starts, and then each minute.
    server.kill_and_restart();
    let shown = async |name: &str, value: f64| {
        server.metrics_with(&format!("{name}{{district=\"500116\"}} {value}\n")).await;
    };
    let of_area = "{district=\"500116\",area=\"500116\"}";
    for (name, measure) in [
        ("unserved_tasks", "unserved"),
        ("late_tasks", "late"),
        ("served_tasks", "served"),
        ("known_tasks", "known"),
        ("travel_minutes", "travel"),
        ("largest_share", "largest_share"),
        ("share_spread", "share_spread"),
    ] {
        let value = of_plan[measure].as_f64().expect("a number");
        server.metrics_with(&format!("gridward_plan_{name}{of_area} {value}\n")).await;
    }
    server.metrics_with(&format!("gridward_plan_age_seconds{of_area} ")).await;
    shown("gridward_replan_moves", released["assigned"].as_f64().expect("a number")).await;
    shown("gridward_need_to_help_days", 2.0).await;
    let weeks = format!("/v1/areas/500116/measures?from={}&to={}", day(-27), day(0));
    let weeks = server.supervisor().await.get(&weeks).await.body;
    let gini = weeks["shares"]["gini"].as_f64().expect("a number");
    assert!(gini > 0.0, "{weeks}");
    shown("gridward_share_gini", gini).await;
}
