//! The figures of plans in the metrics, of towns that plan for themselves and of their district.

use chrono::{Days, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, GRID, Server};

const DISTRICT: &str = "500116";
const TOWN: &str = "500116001";

fn week(area: &str) -> Value {
    json!({ "area": area, "first_day": day(1), "last_day": day(7) })
}

/// The series of this figure for the area with the value of the plan.
fn series(area: &str, plan: &Value) -> String {
    let served = &plan["measures"]["served"];
    let labels = format!("{{district=\"{DISTRICT}\",area=\"{area}\"}}");
    format!("gridward_plan_served_tasks{labels} {served}\n")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_town_that_plans_for_itself_has_its_own_figures_beside_those_of_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    manager.make(&home_visit(&beneficiary_id(1), days.clone())).await;
    assert_eq!(manager.plan(&week(GRID)).await["assigned"], 1);
    manager.make(&home_visit(&beneficiary_id(2), days.clone())).await;
    let of_town = town.plan(&week(TOWN)).await;
    assert_eq!(of_town["measures"]["served"], 2, "{of_town}");

    // A server reads the plans of all districts when it starts, and then each minute.
    server.kill_and_restart();
    let page = server.metrics_with(&series(TOWN, &of_town)).await;
    for absent in [DISTRICT, GRID] {
        assert!(!page.contains(&format!("area=\"{absent}\"")), "{absent}: {page}");
    }

    let supervisor = server.supervisor().await;
    supervisor.make(&home_visit(&beneficiary_id(5), days)).await;
    let of_district = supervisor.plan(&week(DISTRICT)).await;
    assert_eq!(of_district["measures"]["served"], 3, "{of_district}");
    server.kill_and_restart();
    server.metrics_with(&series(DISTRICT, &of_district)).await;
    server.metrics_with(&series(TOWN, &of_town)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_undone_or_applied_more_than_four_weeks_ago_has_no_figures(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    supervisor.make(&home_visit(&beneficiary_id(1), days.clone())).await;
    assert_eq!(town.plan(&week(TOWN)).await["assigned"], 1);
    let long_ago = (Utc::now() - Days::new(29)).format("%Y-%m-%d %H:%M:%S");
    server.database.execute(&format!("UPDATE plans SET state_at = '{long_ago}'"));
    let mut plans = Vec::new();
    for beneficiary in [2, 5] {
        supervisor.make(&home_visit(&beneficiary_id(beneficiary), days.clone())).await;
        plans.push(supervisor.plan(&week(DISTRICT)).await);
    }
    let undo = format!("/v1/plans/{}/undo", plans[1]["id"].as_str().expect("an id"));
    assert_eq!(supervisor.post(&undo, &json!({})).await.status, 200);
    server.kill_and_restart();
    let page = server.metrics_with(&series(DISTRICT, &plans[0])).await;
    assert!(!page.contains(&format!("area=\"{TOWN}\"")), "{page}");
}
