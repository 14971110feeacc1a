//! The access of a suspended person and of a leaver.

use rstest::rstest;
use serde_json::{Value, json};

use super::{device, is_refused_soon, next, refresh, refused};
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, Files, GRID, PASSWORD, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_person_is_out_until_restored_and_then_need_not_sign_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let other = server.another();
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let there = other.bearer(phone.caller.token.as_deref().expect("a token"));
    assert_eq!(there.get("/v1/me").await.status, 200);
    let task = manager.make_task(BENEFICIARY).await;
    let claim = phone.caller.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claim.status, 200);
    let path = format!("/v1/people/{}/state", person_id(21));
    let change = |state: &str| json!({ "state": state, "reason": "手机可能被盗" });
    assert_eq!(phone.caller.patch(&path, &change("active")).await.status, 403);
    let suspended = manager.patch(&path, &change("suspended")).await;
    assert_eq!((suspended.status, &suspended.body["state"]), (200, &json!("suspended")));
    refused(&phone.caller.get("/v1/me").await, "account_inactive");
    refused(&is_refused_soon(&there).await, "account_inactive");
    refused(&refresh(&server, &phone.refresh).await, "account_inactive");
    let body = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD });
    refused(&server.stranger().post("/v1/auth/sign-in", &body).await, "wrong_credentials");
    let held = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(held.body["state"], "open", "others may make the visits of a suspended person");
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await.body;
    assert!(history.to_string().contains("assignee_suspended"), "{history}");
    let imported = import(&server.database, &Files::small(), &["--whole"]);
    assert!(said(&imported).contains("people: 0 added, 0 changed, 10 unchanged"));
    assert_eq!(manager.patch(&path, &change("active")).await.status, 200);
    next(&server, &phone.refresh).await;
    let events = supervisor.events("person.suspend").await;
    assert_eq!(events.len(), 1);
    assert!(!events[0].to_string().contains("被盗"), "{events:?}");
    let bad = json!({ "state": "gone", "reason": "离开" });
    assert_eq!(manager.patch(&path, &bad).await.problem(), "invalid");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_loses_access_and_tasks_and_comes_back_by_a_superior_or_an_import(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(phone.caller.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let path = format!("/v1/people/{}/state", person_id(21));
    let change = |state: &str| json!({ "state": state, "reason": "搬走了" });
    let left = manager.patch(&path, &change("left")).await;
    assert_eq!((left.status, &left.body["state"]), (200, &json!("left")), "{}", left.body);
    refused(&phone.caller.get("/v1/me").await, "account_inactive");
    let opened = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(
        (&opened.body["state"], &opened.body["assignee_id"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(manager.patch(&path, &change("active")).await.status, 200);
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    assert_eq!(server.volunteer().await.get("/v1/me").await.status, 200);
    assert_eq!(manager.patch(&path, &change("left")).await.status, 200);
    let credentials = json!({ "phone": phones::VOLUNTEER, "password": PASSWORD });
    let imported = said(&import(&server.database, &Files::small(), &[]));
    assert!(imported.contains("people: 0 added, 0 changed, 10 unchanged"), "{imported}");
    assert!(imported.contains("1 have left and stay so"), "{imported}");
    let refusal = async || server.stranger().post("/v1/auth/sign-in", &credentials).await;
    refused(&refusal().await, "wrong_credentials");
    let imported = said(&import(&server.database, &Files::small(), &["--readmit"]));
    assert!(imported.contains("people: 0 added, 1 changed, 9 unchanged"), "{imported}");
    refused(&refusal().await, "wrong_credentials");
    assert_eq!(server.volunteer().await.get("/v1/me").await.status, 200);
    let restored = supervisor.events("person.restore").await;
    assert_eq!(restored.len(), 2, "by the manager and by the import: {restored:?}");
    let of_manager = format!("/v1/people/{}/state", person_id(11));
    let refusal = supervisor.patch(&of_manager, &change("left")).await;
    assert_eq!((refusal.status, refusal.problem()), (409, "manager_required"));
    supervisor.appoint(GRID, &person_id(21)).await;
    assert_eq!(supervisor.patch(&of_manager, &change("left")).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_changed_on_the_command_line_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let run = |verb: &str, person: &str| {
        let args = ["user", verb, person, "--reason", "测试"];
        gridward(&server.database, &args).output().expect("the binary runs")
    };
    let suspended = run("suspend", phones::VOLUNTEER);
    assert!(said(&suspended).contains("is suspended"), "{}", said(&suspended));
    refused(&is_refused_soon(&phone.caller).await, "account_inactive");
    assert!(run("restore", phones::VOLUNTEER).status.success());
    next(&server, &phone.refresh).await;
    assert!(run("leave", phones::VOLUNTEER).status.success());
    assert!(!run("restore", phones::VOLUNTEER).status.success(), "the number is free");
    assert!(run("restore", &person_id(21)).status.success());
    refused(&refresh(&server, &phone.refresh).await, "session_ended");
    assert!(said(&run("leave", phones::MANAGER)).contains("A grid needs a manager"));
}
