//! The reuse of a refresh token: the end of its session, and the notice to the person.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{device, is_refused_soon, next, refresh, refused, text};
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_token_ends_the_session_and_the_person_learns_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let phone = device(&server, phones::VOLUNTEER, "手机").await;
    let second = next(&server, &phone.refresh).await;
    let third = next(&server, &second).await;
    refused(&refresh(&server, &phone.refresh).await, "session_reused");
    refused(&refresh(&server, &third).await, "session_reused");
    refused(&is_refused_soon(&phone.caller).await, "session_ended");
    let events = supervisor.events("session.reuse").await;
    assert_eq!((events.len(), &events[0]["subject_id"]), (1, &json!(person_id(21))));
    let again = device(&server, phones::VOLUNTEER, "手机").await;
    let list = again.caller.get("/v1/auth/sessions").await.body;
    let ended =
        list["items"].as_array().expect("a list").iter().find(|one| one["id"] == phone.session);
    assert_eq!(ended.expect("the ended session")["end_reason"], "token_reused");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_sign_in_is_announced_to_its_person_until_acknowledged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let copied = device(&server, phones::VOLUNTEER, "老人机").await;
    let other = device(&server, phones::VOLUNTEER, "平板").await;
    assert_eq!(other.caller.get("/v1/me").await.body.get("notices"), None);
    let mut tablet = Phone::default();
    tablet.sync(&other.caller, json!([])).await;
    let second = next(&server, &copied.refresh).await;
    next(&server, &second).await;
    refused(&refresh(&server, &copied.refresh).await, "session_reused");
    refused(&refresh(&server, &second).await, "session_reused");
    // On the devices that are still signed in, and after the next sign-in.
    let again = device(&server, phones::VOLUNTEER, "老人机").await;
    for living in [&other, &again] {
        let me = living.caller.get("/v1/me").await.body;
        let notices = me["notices"].as_array().expect("notices");
        assert_eq!(notices.len(), 1, "one for one session: {notices:?}");
        let notice = (&notices[0]["kind"], &notices[0]["device"]);
        assert_eq!(notice, (&json!("session_reused"), &json!("老人机")));
        assert!(notices[0]["at"].is_string() && me["manager"]["phone"].is_string(), "{me}");
        let request = living.caller.request(Method::GET, "/v1/me");
        let chinese = living.caller.send(request.header("Accept-Language", "zh-CN")).await.body;
        assert!(text(&chinese["notices"][0]["detail"]).contains("修改密码"), "{chinese}");
    }
    tablet.sync(&other.caller, json!([])).await;
    let of_account = |phone: &Phone| {
        let rows = phone.rows.iter().filter(|((kind, _), _)| kind == "account_notice");
        rows.map(|((_, id), _)| id.clone()).collect::<Vec<_>>()
    };
    let [id] = of_account(&tablet).try_into().expect("one notice");
    // Nobody else sees or acknowledges it.
    let path = format!("/v1/me/notices/{id}");
    assert_eq!(manager.get("/v1/me").await.body.get("notices"), None);
    let mut of_manager = Phone::default();
    of_manager.sync(&manager, json!([])).await;
    assert!(of_account(&of_manager).is_empty());
    assert_eq!(manager.delete(&path).await.status, 404);
    for _ in 0..2 {
        assert_eq!(again.caller.delete(&path).await.status, 204, "it stays acknowledged");
    }
    assert_eq!(again.caller.get("/v1/me").await.body.get("notices"), None);
    tablet.sync(&other.caller, json!([])).await;
    assert!(of_account(&tablet).is_empty());
    tablet.is_as_fresh(&other.caller).await;
}
