//! People whose home is not known: their routes start at the point of their grid, and plans say so.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{Files, beneficiary_id, person_id};
use crate::support::{Backend, Caller, Database, GRID, Server};

/// The travel of a pinned visit and the load of its person, in a draft of the grid.
async fn drafted(manager: &Caller, person: u32) -> (Value, Value) {
    let days = json!({ "not_before": day(2), "due_on": day(2) });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let pin = json!({ "task_id": task, "person_id": person_id(person), "day": day(2) });
    let order = json!({
        "area": GRID, "first_day": day(2), "last_day": day(2),
        "only": { "ids": [task] }, "changes": { "pins": [pin] }
    });
    let draft = manager.order_plan(&order).await;
    let path = format!("/v1/plans/{}", draft.body["id"].as_str().expect("an id"));
    let visits = manager.get(&format!("{path}/visits")).await.body;
    let loads = manager.get(&format!("{path}/loads")).await.body;
    let load = loads["people"].as_array().expect("people").iter();
    let mut load = load.filter(|load| load["person_id"] == person_id(person).as_str());
    (visits["items"][0]["travel"].clone(), load.next().expect("a load").clone())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_without_a_home_is_planned_from_the_point_of_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    // The first volunteer has no home, the second one lives at the point of the grid.
    let files = Files::small().with("people.csv", "29.28500,106.25200", ",").with(
        "people.csv",
        "106.25800",
        "106.25500",
    );
    let server = Server::with(Database::from(backend), &files);
    let manager = server.manager().await;
    let path = format!("/v1/people/{}", person_id(21));
    assert_eq!(manager.get(&path).await.body.get("cell"), None);
    assert_eq!(server.volunteer().await.get("/v1/me").await.body.get("home"), None);

    let (travel, load) = drafted(&manager, 21).await;
    assert_eq!(load["starts_at"], "grid", "{load}");
    let (from_there, load) = drafted(&manager, 22).await;
    assert_eq!(load["starts_at"], "home", "{load}");
    assert!(travel.as_u64().is_some_and(|travel| travel > 0), "{travel}");
    assert_eq!(travel, from_there);

    let task = manager.make_task(&beneficiary_id(2)).await;
    let candidates = manager.get(&format!("/v1/tasks/{task}/candidates")).await.body;
    let items = candidates["items"].as_array().expect("candidates").iter();
    let mut items = items.filter(|item| item["person_id"] == person_id(21).as_str());
    assert_eq!(items.next().map(|item| &item["starts_at"]), Some(&json!("grid")), "{candidates}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_may_be_absent_and_is_removed_by_null(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let new = json!({
        "name": "王小明", "phone": "13812341234", "role": "volunteer", "area": GRID,
        "gender": "female", "birth_year": 1990
    });
    let made = manager.post("/v1/people", &new).await;
    assert_eq!((made.status, made.body.get("cell")), (201, None), "{}", made.body);
    let path = format!("/v1/people/{}", made.body["id"].as_str().expect("an id"));
    let set = async |version: u32, home: Value| {
        let request = manager.request(Method::PATCH, &path);
        let request = request.header("If-Match", format!("\"v{version}\""));
        manager.send(request.json(&json!({ "home": home }))).await
    };
    let home = json!({ "lat": 29.286, "lon": 106.253 });
    let moved = set(1, home).await;
    assert_eq!((moved.status, moved.body["cell"].is_object()), (200, true), "{}", moved.body);
    let removed = set(2, Value::Null).await;
    assert_eq!((removed.status, removed.body.get("cell")), (200, None), "{}", removed.body);
    let again = set(3, Value::Null).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(3)), "no change");
    let nowhere = set(3, json!({ "lat": 0, "lon": 0 })).await;
    assert_eq!((nowhere.status, &nowhere.body["version"]), (200, &json!(3)), "0, 0 is no home");
    let places = "SELECT id AS text FROM people WHERE lat = 0 AND lon = 0";
    let id = path.strip_prefix("/v1/people/").expect("an id");
    assert_eq!(server.database.texts(places), [id], "the former home is not kept");

    // A server of an earlier version knows two columns alone, and sets them.
    let home = format!("UPDATE people SET lat = 29.286, lon = 106.253 WHERE id = '{id}'");
    server.database.execute(&home);
    assert!(manager.get(&path).await.body["cell"].is_object());
}
