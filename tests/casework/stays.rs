//! For some days a beneficiary lives elsewhere: visits of these days are there.

use rstest::rstest;
use serde_json::{Value, json};

use super::{claim, day, elsewhere, fate, succeed};
use crate::support::bodies::home_visit;
use crate::support::files::BENEFICIARY;
use crate::support::phone::Phone;
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, Caller, Files, GRID, OTHER_GRID, Server};

fn stay(first: i64, last: i64) -> Value {
    json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": elsewhere(),
        "first_day": day(first), "last_day": day(last),
    })
}

async fn grid(caller: &Caller, task: &str) -> Value {
    caller.get(&format!("/v1/tasks/{task}")).await.body["grid"].clone()
}

fn run_job(server: &Server) {
    let args = ["jobs", "run", "casework"];
    let run = gridward(&server.database, &args).output().expect("it runs");
    assert!(run.status.success(), "{}", said(&run));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_a_stay_are_there_and_return_after_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let (other, visitor) = (server.other_manager().await, server.other_volunteer().await);
    let now = manager.make_task(BENEFICIARY).await;
    let days = json!({ "not_before": day(20), "due_on": day(30) });
    let later = manager.make(&home_visit(BENEFICIARY, days)).await;
    let mut phones = [Phone::default(), Phone::default(), Phone::default()];
    let callers = [&manager, &other, &visitor];
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
    }

    let put = succeed(&town, "stay", BENEFICIARY, &stay(-1, 9)).await;
    assert_eq!((fate(&put, &now), fate(&put, &later)), (json!("moved"), json!("kept")));
    let shown = &put.body["beneficiary"];
    assert_eq!((&shown["grid"], &shown["stay"]["grid"]), (&json!(GRID), &json!(OTHER_GRID)));
    assert_eq!((&shown["stay"]["last_day"], shown["stay"].get("address")), (&day(9), None));
    let (there, home) = (json!(OTHER_GRID), json!(GRID));
    assert_eq!((grid(&town, &now).await, grid(&town, &later).await), (there.clone(), home.clone()));
    // A new task follows too.
    let made = manager.post("/v1/tasks", &home_visit(BENEFICIARY, json!({}))).await;
    assert_eq!((made.status, &made.body["grid"]), (201, &there), "{}", made.body);

    // The manager there sees the beneficiary masked, its visitor sees the address of the stay.
    let masked = other.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(masked.status, 200, "{}", masked.body);
    claim(&visitor, &now).await;
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    let card = phones[1].household(BENEFICIARY).expect("a card");
    assert_eq!((&card["view"], card["stay"].get("place")), (&json!("staff"), None));
    let card = phones[2].household(BENEFICIARY).expect("a card");
    assert_eq!(card["stay"]["address"], "北门2号");
    let reveal = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let revealed = visitor.post(&reveal, &json!({ "purpose": "visit" })).await.body;
    assert_eq!((&revealed["address"], &revealed["place"]), (&json!("北门2号"), &elsewhere()));
    assert_eq!(revealed["home"]["address"], "南门社区1号");

    // An import knows the home only, and changes nothing.
    let again = import(&server.database, &Files::small(), &[]);
    assert!(!said(&again).contains("tasks moved"), "{}", said(&again));

    // The days pass.
    server.database.execute(&format!(
        "UPDATE beneficiaries SET stay_from = {}, stay_to = {} WHERE stay_to IS NOT NULL",
        day(-9).to_string().replace('"', "'"),
        day(-1).to_string().replace('"', "'"),
    ));
    run_job(&server);
    assert_eq!((grid(&town, &now).await, grid(&town, &later).await), (home.clone(), home));
    let after = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    assert_eq!((after.get("stay"), &after["version"]), (None, &json!(3)));
    assert_eq!(other.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.status, 404);
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    let supervisor = server.supervisor().await;
    assert_eq!(supervisor.events("beneficiary.stay_end").await.len(), 1);
    run_job(&server);
    assert_eq!(supervisor.events("beneficiary.stay_end").await.len(), 1, "once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_begins_on_its_day_and_can_be_taken_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let task = town.make_task(BENEFICIARY).await;
    let put = succeed(&town, "stay", BENEFICIARY, &stay(1, 9)).await;
    assert_eq!(fate(&put, &task), "kept", "today the visit is at home");
    server.database.execute(&format!(
        "UPDATE beneficiaries SET stay_from = {} WHERE stay_to IS NOT NULL",
        day(0).to_string().replace('"', "'"),
    ));
    run_job(&server);
    assert_eq!(grid(&town, &task).await, OTHER_GRID);
    let ended = succeed(&town, "end_stay", BENEFICIARY, &Value::Null).await;
    assert_eq!(fate(&ended, &task), "moved");
    assert_eq!(
        (grid(&town, &task).await, ended.body["beneficiary"].get("stay")),
        (json!(GRID), None)
    );
    let again = succeed(&town, "end_stay", BENEFICIARY, &Value::Null).await;
    assert_eq!(again.body["beneficiary"], ended.body["beneficiary"]);
}
