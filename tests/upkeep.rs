//! Plans that no person orders: those of each night.

use std::time::Duration;

use chrono::{FixedOffset, TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, Database, Server};

/// The time of day in the district, this many minutes from now.
fn time(later: i64) -> String {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    (Utc::now() + TimeDelta::minutes(later)).with_timezone(&china).format("%H:%M").to_string()
}

/// Replaces the settings of version `version` with the usual ones and `more`.
async fn set(admin: &Caller, version: u32, more: Value) -> Answer {
    let mut settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4
    });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("members").clone());
    let request = admin.request(Method::PUT, "/v1/planning-settings");
    admin.send(request.header("If-Match", format!("\"v{version}\"")).json(&settings)).await
}

/// Runs the job by hand; answers the number of rows that it processed.
fn upkeep(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_upkeep"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The plans that no person ordered, when each of them is computed; at least `count`.
async fn unordered(caller: &Caller, count: usize) -> Vec<Value> {
    for _ in 0..300 {
        let plans = caller.get("/v1/plans").await.body["items"].clone();
        let plans = plans.as_array().expect("plans").iter();
        let plans: Vec<Value> = plans.filter(|plan| plan["origin"] != "ordered").cloned().collect();
        if plans.len() >= count && plans.iter().all(|plan| plan["state"] != "computing") {
            return plans;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} plans were not made: {}", caller.get("/v1/plans").await.body)
}

/// A visit for the beneficiary of this number, possible from tomorrow and due in a week.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_makes_one_draft_each_night_also_with_several_servers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let id = visit(&manager, 1).await;
    upkeep(&server.database);
    assert_eq!(admin.get("/v1/plans").await.body["items"], json!([]), "the default is off");

    let later = json!({ "at": time(60), "days": 3 });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": later })).await.status, 200);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "not its time");
    let nightly = json!({ "at": time(0), "days": 3, "mode": "draft" });
    let changed = set(&admin, 2, json!({ "nightly_plan": nightly })).await;
    assert_eq!(changed.body["settings"]["nightly_plan"], nightly, "{}", changed.body);
    let _other = server.another();
    for _ in 0..3 {
        upkeep(&server.database);
    }
    let plans = unordered(&admin, 1).await;
    assert_eq!(plans.len(), 1, "{plans:?}");
    let plan = &plans[0];
    assert_eq!(
        (&plan["origin"], &plan["state"], &plan["area"], &plan["assigned"]),
        (&json!("nightly"), &json!("draft"), &json!("500116"), &json!(1)),
        "{plan}"
    );
    assert_eq!(task(&manager, &id).await["state"], "open", "a draft changes nothing");

    server.database.execute(&format!("UPDATE plans SET night = '{}'", day(-2)));
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 2).await.len(), 2, "the next night has its own plan");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_the_night_is_applied_by_the_system_and_leaves_what_is_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let [accepted, open] = [visit(&manager, 1).await, visit(&manager, 2).await];
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/claim")).await.status, 200);
    let before = task(&manager, &accepted).await;
    let nightly = json!({ "at": time(0), "days": 14, "mode": "apply" });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": nightly })).await.status, 200);
    upkeep(&server.database);

    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["state"]), (1, &json!("applied")), "{plans:?}");
    assert_eq!(task(&manager, &accepted).await, before, "what is accepted stays as it is");
    let assigned = task(&manager, &open).await;
    assert_eq!(assigned["state"], "assigned", "{assigned}");
    assert_eq!(assigned["planned_for"]["plan_id"], plans[0]["id"]);
    let history = manager.get(&format!("/v1/tasks/{open}/history")).await.body;
    let steps = history["items"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["action"] == "task.assign").expect("an assignment");
    assert!(step.get("actor_id").is_none(), "{step}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_of_the_night_have_limits() {
    let server = Server::small(Backend::Sqlite);
    let admin = server.admin().await;
    for (wrong, pointer) in [
        (json!({ "at": "02:00", "days": 0 }), "/nightly_plan/days"),
        (json!({ "at": "02:00", "days": 15 }), "/nightly_plan/days"),
        (json!({ "at": "24:00", "days": 3 }), "/nightly_plan/at"),
        (json!({ "at": "2:00", "days": 3 }), "/nightly_plan/at"),
        (json!({ "at": "02:00", "days": 3, "mode": "perhaps" }), "/nightly_plan/mode"),
    ] {
        let refused = set(&admin, 1, json!({ "nightly_plan": wrong })).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{wrong}");
    }
}
