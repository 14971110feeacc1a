//! Campaigns of goods alone: their managers hand the goods out, since a volunteer does so at own visits only.

use rstest::rstest;
use serde_json::{Value, json};

use super::draft;
use super::dry_plans::planned;
use super::spring_festival::VILLAGE;
use crate::goods::put_item;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, Caller, Server};

/// A week, and rice for each member without a visit.
fn rice() -> Value {
    json!({
        "kind": null, "items": [{ "item": "rice", "quantity": 1 }],
        "first_day": "2027-02-01", "last_day": "2027-02-07"
    })
}

/// The figures of the village.
fn of_village(found: &Value) -> Value {
    let areas = found["areas"].as_array().expect("villages");
    areas.iter().find(|one| one["area"] == VILLAGE).expect("the village").clone()
}

/// The result of a new dry plan.
async fn dry(caller: &Caller, path: &str) -> Value {
    let ordered = caller.act(&format!("{path}/dry-plans")).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    planned(caller, path).await["dry_plan"]["result"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_that_fit_only_into_the_hours_of_volunteers_do_not_fit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    put_item(&admin, "rice", &json!({})).await;
    let offer = |minutes: u32, whose: &str| {
        let offer = format!("UPDATE people SET weekly_minutes = {minutes} WHERE {whose}");
        server.database.execute(&offer);
    };
    // Both managers of the village have no time, its three volunteers have much.
    let managers = [11, 12].map(person_id);
    offer(0, &format!("id IN ('{}', '{}')", managers[0], managers[1]));
    let path = draft(&supervisor, rice()).await;
    let sum = async || supervisor.get(&format!("{path}/feasibility")).await.body;
    let found = sum().await;
    let only = (&found["fits"], &found["managers_only"], &found["visits"]);
    assert_eq!(only, (&json!(false), &json!(true), &json!(6)), "{found}");
    let said = |field: &str| found[field].as_str().expect("words").to_owned();
    assert!(said("note_zh").contains("只计网格员的时间"), "{found}");
    assert!(said("note_en").contains("only the minutes of managers"), "{found}");
    let short = of_village(&found);
    assert_eq!((&short["visits"], &short["available_minutes"]), (&json!(4), &json!(0)), "{short}");
    assert!(short["lacking_minutes"].as_i64().expect("minutes") >= 4 * 5, "{short}");
    assert_eq!(short["lacking_minutes"], short["needed_minutes"]);
    // The manager of another grid may hand nothing out here, and rice is not sent by phone.
    assert_eq!((&short["lend"], &short["calls"]), (&json!([]), &Value::Null), "{short}");

    let result = dry(&supervisor, &path).await;
    assert_eq!((&result["fits"], &result["without_room"]), (&json!(false), &json!(4)), "{result}");
    let short = of_village(&result);
    assert!(short["lacking_minutes"].as_i64().expect("minutes") >= 4 * 5, "{short}");
    assert_eq!((&short["lend"], &short["calls"]), (&json!([]), &Value::Null), "{short}");
    let remedies = result["obstacles"].to_string();
    assert!(!remedies.contains("skill"), "no volunteer learns it: {remedies}");

    // The same people have the time for visits.
    let visits = json!({ "first_day": "2027-02-01", "last_day": "2027-02-07" });
    let visits = draft(&supervisor, visits).await;
    let all = supervisor.get(&format!("{visits}/feasibility")).await.body;
    let only = (&all["fits"], &all["managers_only"], &all["note_en"]);
    assert_eq!(only, (&json!(true), &json!(false), &Value::Null), "{all}");
    assert_eq!(dry(&supervisor, &visits).await["fits"], true);

    // Of the manager of the second grid the first one has nothing.
    offer(600, &format!("id = '{}'", managers[1]));
    let result = dry(&supervisor, &path).await;
    assert_eq!((&result["fits"], &result["without_room"]), (&json!(false), &json!(3)), "{result}");
    offer(600, &format!("id = '{}'", managers[0]));
    assert_eq!(sum().await["fits"], true);
    assert_eq!(dry(&supervisor, &path).await["fits"], true);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_visits_take_the_time_of_volunteers_before_that_of_the_managers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    put_item(&admin, "rice", &json!({})).await;
    let path = draft(&supervisor, rice()).await;
    let available = async || {
        let found = supervisor.get(&format!("{path}/feasibility")).await.body;
        of_village(&found)["available_minutes"].as_i64().expect("minutes")
    };
    // Of two managers the part that plans may use.
    let managers = 2 * 600 * 40 / 100;
    assert_eq!(available().await, managers);
    let visit = json!({
        "beneficiary_id": BENEFICIARY, "kind": "home_visit", "not_before": "2027-02-01",
        "due_on": "2027-02-07"
    });
    let task = supervisor.make(&visit).await;
    assert_eq!(available().await, managers, "the volunteers make it");
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role = 'volunteer'");
    assert_eq!(available().await, managers - 30);
    // One that a volunteer holds is no work of the managers.
    let to = json!({ "person_id": person_id(21), "force": true });
    let assigned = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    assert_eq!(available().await, managers);
}
