//! Notices: who receives them, and how they change and end.

use chrono::{Days, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

fn notice(audience: &[&str]) -> Value {
    let until = Utc::now().date_naive() + Days::new(30);
    json!({ "title": "高温预警", "text": "下午请勿上门。", "until": until, "audience": audience })
}

/// Posts a notice to the area; returns its path.
async fn post(caller: &Caller, area: &str, audience: &[&str]) -> String {
    let mut body = notice(audience);
    body["area"] = json!(area);
    let posted = caller.post("/v1/notices", &body).await;
    assert_eq!(posted.status, 201, "{}", posted.body);
    format!("/v1/notices/{}", posted.body["id"].as_str().expect("an id"))
}

async fn change(caller: &Caller, path: &str, content: &Value, version: u64) -> Answer {
    let request = caller.request(Method::PUT, path).json(content);
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

async fn withdraw(caller: &Caller, path: &str, version: u64) -> Answer {
    let request = caller.request(Method::DELETE, path);
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

async fn count(caller: &Caller, state: &str) -> usize {
    let list = caller.get(&format!("/v1/notices?state={state}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["items"].as_array().expect("a list").len()
}

/// The numbers of notices that a pull after `cursor` changes and removes, and the next cursor.
async fn pull(caller: &Caller, cursor: &str) -> (usize, usize, String) {
    let page = caller.get(&format!("/v1/sync?cursor={cursor}")).await;
    let rows = |list: &str| {
        let rows = page.body[list].as_array().expect("rows").iter();
        rows.filter(|row| row["type"] == "notice").count()
    };
    let next = page.body["cursor"].as_str().expect("a cursor").to_owned();
    (rows("changes"), rows("removed"), next)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_reaches_the_roles_that_it_addresses(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager, volunteer) =
        (server.supervisor().await, server.manager().await, server.volunteer().await);
    let (_, _, cursor) = pull(&volunteer, "").await;
    let path = post(&supervisor, "500116001", &["manager"]).await;
    let counts = [
        count(&supervisor, "current").await,
        count(&manager, "current").await,
        count(&volunteer, "current").await,
    ];
    assert_eq!(counts, [1, 1, 0], "the author sees it too");
    let (changes, _, cursor) = pull(&volunteer, &cursor).await;
    assert_eq!(changes, 0);

    assert_eq!(change(&supervisor, &path, &notice(&[]), 1).await.status, 200);
    let (changes, _, cursor) = pull(&volunteer, &cursor).await;
    assert_eq!(changes, 1, "it addresses everybody now");
    assert_eq!(change(&supervisor, &path, &notice(&["manager"]), 2).await.status, 200);
    let (_, removed, _) = pull(&volunteer, &cursor).await;
    assert_eq!(removed, 1, "and now managers only");
    let mut unknown = notice(&["mayor"]);
    unknown["area"] = json!(GRID);
    let refused = manager.post("/v1/notices", &unknown).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/audience/0");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_notice_leaves_the_phones_and_stays_on_the_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let path = post(&manager, GRID, &[]).await;
    let (changes, _, cursor) = pull(&volunteer, "").await;
    assert_eq!(changes, 1);
    let withdrawn = withdraw(&manager, &path, 1).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.body);
    assert!(withdrawn.body["withdrawn_at"].is_string());
    assert_eq!(withdraw(&manager, &path, 1).await.body, withdrawn.body, "the same answer again");
    let (_, removed, _) = pull(&volunteer, &cursor).await;
    assert_eq!(removed, 1);
    assert_eq!((count(&volunteer, "current").await, count(&volunteer, "withdrawn").await), (0, 1));
    let late = change(&manager, &path, &notice(&["volunteer"]), 2).await;
    assert_eq!((late.status, late.problem()), (409, "notice_withdrawn"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_whose_last_day_has_passed_is_a_past_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    post(&manager, GRID, &[]).await;
    server.database.execute("UPDATE notices SET until = '2026-01-01'");
    assert_eq!((count(&volunteer, "current").await, count(&volunteer, "past").await), (0, 1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_edited_by_its_author_and_from_above_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager, volunteer) =
        (server.supervisor().await, server.manager().await, server.volunteer().await);
    let from_above = post(&supervisor, GRID, &[]).await;
    let own = post(&manager, GRID, &[]).await;
    let refused = change(&manager, &from_above, &notice(&["manager"]), 1).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    let refused = change(&volunteer, &own, &notice(&["manager"]), 1).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    let other = server.other_manager().await;
    assert_eq!(change(&other, &own, &notice(&["manager"]), 1).await.status, 404);
    let stale = change(&supervisor, &own, &notice(&["manager"]), 5).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"]["version"], 1);
    assert_eq!(change(&supervisor, &own, &notice(&["manager"]), 1).await.status, 200);
    assert_eq!(supervisor.events("notice.change").await.len(), 1);
}
