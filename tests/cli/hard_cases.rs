//! The cases that `gridward demo --scenario` makes for the developers of apps.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::phone::{Phone, command};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Database};
use crate::sync::network_faults::served_district;

/// What the command prints.
fn demo(database: &Database, more: &[&str]) -> String {
    let args = [&["demo", "--grids", "3"], more].concat();
    let output = gridward(database, &args).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The line of a scenario.
fn scenario(database: &Database, name: &str) -> String {
    let printed = demo(database, &["--scenario", name]);
    let line = printed.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{printed}")).to_owned()
}

/// The first id in a text.
fn id_in(text: &str) -> String {
    let id = text.split(' ').find(|word| word.len() == 36);
    id.unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_meets_the_cases_while_the_server_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, people) = served_district(Database::from(backend));
    let printed = demo(&server.database, &[]);
    let volunteer = people.iter().find(|one| {
        printed.lines().any(|line| line.contains("volunteer") && line.contains(&one.phone))
    });
    let volunteer = volunteer.expect("the demo volunteer");
    let body = json!({ "phone": volunteer.phone, "password": volunteer.password });
    let signed_in = server.stranger().post("/v1/auth/sign-in", &body).await;
    let app = server.bearer(signed_in.body["access_token"].as_str().expect("a token"));
    let mut phone = Phone::default();
    phone.sync(&app, json!([])).await;

    let task = id_in(&scenario(&server.database, "race"));
    let results = phone.sync(&app, json!([command("task.claim", &task, json!({}))])).await;
    assert_eq!(results[0]["outcome"], "rejected", "{results:?}");
    assert!(results[0]["problem"]["current"]["assignee"]["name"].is_string(), "{results:?}");

    let household = id_in(&scenario(&server.database, "moved"));
    let visits = |phone: &Phone| {
        phone.tasks().iter().filter(|task| task["beneficiary_id"] == household.as_str()).count()
    };
    assert!(visits(&phone) > 0);
    phone.sync(&app, json!([])).await;
    assert_eq!((visits(&phone), phone.household(&household)), (0, None));

    let sync = async |cursor: &Option<String>| -> Value {
        let body = json!({ "device": "test", "cursor": cursor, "commands": [] });
        app.post("/v1/sync", &body).await.body
    };
    assert_eq!(sync(&phone.cursor).await["reset"], false);
    scenario(&server.database, "expired");
    assert_eq!(sync(&phone.cursor).await["reset"], true);
    phone.sync(&app, json!([])).await;
    phone.is_as_fresh(&app).await;
}

#[test]
fn a_scenario_is_the_same_in_every_new_district_and_needs_a_demo() {
    let lines = [(); 2].map(|()| scenario(&Database::sqlite(), "race"));
    assert_eq!(lines[0], lines[1]);
    let database = Database::sqlite();
    demo(&database, &[]);
    let args = ["demo", "--grids", "3", "--seed", "7", "--scenario", "race"];
    let output = gridward(&database, &args).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("the same --grids and --seed"), "{}", said(&output));
}
