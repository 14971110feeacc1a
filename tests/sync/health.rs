//! Sync health: what a direct superior sees of the phones of the own people.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::person_id;
use crate::support::phone::{Phone, command, task_for};
use crate::support::{Backend, Caller, PASSWORD, Server, phones};

const PATH: &str = "/v1/people/sync-health";

/// A person signed in on a phone.
async fn on_a_phone(server: &Server, phone: &str) -> Caller {
    let device = json!({ "name": "红米", "kind": "phone" });
    let body = json!({ "phone": phone, "password": PASSWORD, "device": device });
    let answer = server.try_sign_in(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.bearer(answer.body["access_token"].as_str().expect("a token"))
}

/// The people that a superior sees.
async fn people(superior: &Caller) -> Vec<Value> {
    let answer = superior.get(PATH).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].as_array().expect("a list").clone()
}

/// The phone of the volunteer, as the manager sees it.
async fn phone_of_volunteer(manager: &Caller) -> Value {
    let people = people(manager).await;
    let one = people.iter().find(|one| one["person_id"] == person_id(21).as_str());
    one.expect("the volunteer")["phones"][0].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_waits_for_the_phone_until_its_next_sync_but_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = on_a_phone(&server, phones::VOLUNTEER).await;
    let mut phone = Phone::default();
    for _ in 0..2 {
        phone.sync(&volunteer, json!([])).await;
    }
    let task = task_for(&server, 1).await;
    let to = json!({ "person_id": person_id(21) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    let waiting = async || phone_of_volunteer(&manager).await["visits_waiting"].clone();
    assert_eq!(waiting().await, json!([task]));
    // The answer may be lost: the visit has arrived when the phone proves it.
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(waiting().await, json!([task]));
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(waiting().await, json!([]));
    let days = json!({ "window": { "start": 540, "end": 600 } });
    let change = manager.request(Method::POST, &format!("/v1/tasks/{task}/reschedule"));
    let changed = manager.send(change.header("If-Match", "\"v2\"").json(&days)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(waiting().await, json!([task]), "the new time");
    let shown = phone_of_volunteer(&manager).await;
    let fields: Vec<&String> = shown.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["device", "session_id", "visits_waiting"], "no time of use");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_and_a_wrong_clock_are_shown_until_they_are_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = on_a_phone(&server, phones::VOLUNTEER).await;
    let task = task_for(&server, 1).await;
    let push = async |behind: i64, commands: Value| {
        let device_time = Utc::now() - TimeDelta::minutes(behind);
        let body = json!({ "device": "test", "device_time": device_time, "commands": commands });
        assert_eq!(volunteer.post("/v1/sync", &body).await.status, 200);
        phone_of_volunteer(&manager).await
    };
    let wrong = push(73, json!([command("task.start", &task, json!({}))])).await;
    assert_eq!(wrong["error"]["code"], "not_assignee", "{wrong}");
    assert!(wrong["error"]["at"].is_string());
    assert!([72, 73].map(|minutes| json!(minutes)).contains(&wrong["clock_behind_min"]), "{wrong}");
    let still = push(0, json!([])).await;
    assert_eq!(still["error"]["code"], "not_assignee", "{still}");
    assert_eq!(still.get("clock_behind_min"), None, "{still}");
    let well = push(0, json!([command("task.claim", &task, json!({}))])).await;
    assert_eq!(well.get("error"), None, "{well}");
    // The state ends with the session.
    let session = well["session_id"].as_str().expect("a session");
    let ended = manager.delete(&format!("/v1/people/{}/sessions/{session}", person_id(21))).await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    assert_eq!(phone_of_volunteer(&manager).await, json!(null));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_direct_superior_sees_the_phones_ordered_by_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let names = async |superior: Caller| -> Vec<Value> {
        people(&superior).await.iter().map(|one| one["name"].clone()).collect()
    };
    assert_eq!(names(server.manager().await).await, ["王志愿", "陈志愿"]);
    assert_eq!(names(server.town_supervisor().await).await, ["张网格", "李网格"]);
    // A village's supervisor stands between the town and the managers.
    let village = server.village_supervisor().await;
    assert!(names(server.town_supervisor().await).await.is_empty());
    assert_eq!(names(village).await, ["张网格", "李网格"]);
    assert!(names(server.supervisor().await).await.is_empty());
    assert!(names(server.admin().await).await.is_empty());
    for other in [server.volunteer().await, server.auditor().await] {
        assert_eq!(other.get(PATH).await.problem(), "forbidden");
    }
}
