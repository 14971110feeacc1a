//! The words of a task: title, instructions, money and goods, for staff and the visitor.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// A condolence before the festival.
fn gift() -> Value {
    json!({
        "title": "春节慰问", "instructions": "送慰问金，看看取暖设备。", "amount_fen": 50_000,
        "goods": [{ "name": "大米10公斤", "quantity": 1 }]
    })
}

/// Title, instructions, amount and goods.
fn words(task: &Value) -> [Value; 4] {
    ["title", "instructions", "amount_fen", "goods"].map(|name| task[name].clone())
}

async fn edit(caller: &Caller, path: &str, version: u64, body: &Value) -> Answer {
    let request = caller.request(Method::PATCH, path).header("If-Match", format!("\"v{version}\""));
    caller.send(request.json(body)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_for_staff_and_the_visitor_on_every_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    let id = manager.make(&home_visit(BENEFICIARY, gift())).await;
    let path = format!("/v1/tasks/{id}");
    let all = words(&gift());
    let none = [Value::Null, Value::Null, Value::Null, Value::Null];
    assert_eq!(words(&manager.get(&path).await.body), all);
    // In the pool, only the kind.
    assert_eq!(words(&volunteer.get(&path).await.body), none);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(words(phone.tasks()[0]), none);
    assert_eq!(words(&server.auditor().await.get(&path).await.body), none);
    assert_eq!(manager.get("/v1/tasks").await.body["items"][0]["title"], "春节慰问");
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    assert_eq!(words(&volunteer.get(&path).await.body), all);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(words(phone.tasks()[0]), all);
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_names_its_version_and_a_late_one_gets_the_current_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let id = manager.make(&home_visit(BENEFICIARY, gift())).await;
    let path = format!("/v1/tasks/{id}");
    let change = json!({ "instructions": "改送春联", "amount_fen": null, "minutes": 45 });
    let edited = edit(&manager, &path, 1, &change).await;
    assert_eq!((edited.status, &edited.body["version"]), (200, &json!(2)), "{}", edited.body);
    let expected = [json!("春节慰问"), json!("改送春联"), Value::Null, gift()["goods"].clone()];
    assert_eq!(words(&edited.body), expected);
    assert_eq!(edited.body["minutes"], 45);
    // The same values again change nothing.
    assert_eq!(edit(&manager, &path, 2, &change).await.body["version"], 2);
    let late = edit(&manager, &path, 1, &json!({ "title": "元宵" })).await;
    assert_eq!((late.status, late.problem()), (412, "version_conflict"));
    assert_eq!(words(&late.body["current"]), expected, "{}", late.body);
    assert_eq!(manager.patch(&path, &json!({ "title": "元宵" })).await.status, 428);
    assert_eq!(edit(&volunteer, &path, 2, &json!({ "title": "元宵" })).await.status, 403);
    let stranger = server.far_manager().await;
    assert_eq!(edit(&stranger, &path, 2, &json!({ "title": "元宵" })).await.status, 404);
    let events = server.supervisor().await.events("task.edit").await;
    let fields = json!({ "fields": ["amount_fen", "instructions", "minutes"] });
    assert_eq!((events.len(), &events[0]["body"]), (1, &fields));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_are_too_long_or_impossible_are_refused_by_field(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let longest = json!({ "instructions": "送".repeat(4000) });
    let id = manager.make(&home_visit(BENEFICIARY, longest)).await;
    for (words, pointer) in [
        (json!({ "instructions": "送".repeat(4001) }), "/instructions"),
        (json!({ "title": "慰\n问" }), "/title"),
        (json!({ "amount_fen": 0 }), "/amount_fen"),
        (json!({ "amount_fen": -5 }), "/amount_fen"),
        (json!({ "goods": [{ "name": "大米", "quantity": 0 }] }), "/goods/0/quantity"),
    ] {
        let made = manager.post("/v1/tasks", &home_visit(BENEFICIARY, words.clone())).await;
        let edited = edit(&manager, &format!("/v1/tasks/{id}"), 1, &words).await;
        for refused in [made, edited] {
            let found = (refused.status, &refused.body["errors"][0]["pointer"]);
            assert_eq!(found, (422, &json!(pointer)), "{}", refused.body);
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_taken_from_its_assignee_and_the_history_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let id = manager.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{id}");
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let why = json!({ "reason": "志愿者临时有事" });
    assert_eq!(volunteer.post(&format!("{path}/unassign"), &why).await.status, 403);
    let open = manager.post(&format!("{path}/unassign"), &why).await;
    let found = (open.status, &open.body["state"], &open.body["assignee_id"]);
    assert_eq!(found, (200, &json!("open"), &Value::Null), "{}", open.body);
    let again = manager.post(&format!("{path}/unassign"), &why).await;
    assert_eq!((again.status, &again.body["version"]), (200, &open.body["version"]));
    let history = manager.get(&format!("{path}/history")).await;
    let last = history.body["items"].as_array().and_then(|items| items.last()).expect("a step");
    assert_eq!((&last["action"], &last["reason"]), (&json!("task.unassign"), &why["reason"]));
    assert_eq!(last["assignee_before_name"], "王志愿");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_skill_is_refused_by_its_name_wherever_skills_are_written(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = manager.make_task(BENEFICIARY).await;
    let wrong = json!({ "skills": ["drivng"] });
    let volunteer = format!("/v1/people/{}", person_id(21));
    let new_person = json!({
        "name": "张新", "phone": "13900000001", "role": "volunteer", "area": GRID,
        "gender": "female", "birth_year": 1990, "home": { "lat": 29.285, "lon": 106.255 },
        "skills": ["drivng"]
    });
    for refused in [
        manager.post("/v1/tasks", &home_visit(BENEFICIARY, wrong.clone())).await,
        edit(&manager, &format!("/v1/tasks/{id}"), 1, &wrong).await,
        manager.post("/v1/people", &new_person).await,
        edit(&manager, &volunteer, 1, &wrong).await,
    ] {
        assert_eq!(refused.status, 422, "{}", refused.body);
        let error = &refused.body["errors"][0];
        assert_eq!(error["pointer"], "/skills", "{}", refused.body);
        let detail = error["detail"].as_str().expect("a text");
        assert!(detail.contains("drivng") && detail.contains("driving"), "{detail}");
    }
    assert_eq!(manager.get(&format!("/v1/tasks/{id}")).await.body["version"], 1);
}
