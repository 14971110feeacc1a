//! Campaigns are written, checked and approved by another person.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{approve, campaign, draft, launch, launched_campaign, tasks};
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_checked_and_rewritten_at_its_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (more, pointer) in [
        (json!({ "filter": { "category": ["red_army_veteran"] } }), "/filter"),
        (json!({ "filter": { "hardship": ["medical"] } }), "/filter/hardship"),
        (json!({ "filter": null }), ""),
        (json!({ "audience_id": beneficiary_id(1), "filter": null }), "/audience_id"),
        (json!({ "kind": "no_such_kind" }), "/kind"),
        (json!({ "last_day": "2027-01-17" }), "/last_day"),
        (json!({ "first_day": "2020-01-01", "last_day": "2020-01-02" }), "/last_day"),
        (json!({ "area": "500117" }), "/area"),
        (json!({ "occasion": "Spring Festival" }), "/occasion"),
        (json!({ "quota_per_day": 0 }), "/quota_per_day"),
    ] {
        let refused = supervisor.post("/v1/campaigns", &campaign(more.clone())).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{more}: {}", refused.body);
    }
    let audience = json!({ "name": "全部", "filter": { "lives_alone": true } });
    let audience = supervisor.post("/v1/audiences", &audience).await.body;
    let content = json!({ "audience_id": audience["id"], "filter": null, "goods": [] });
    let path = draft(&supervisor, content).await;
    let shown = supervisor.get(&path).await.body;
    assert_eq!((&shown["audience_id"], &shown["audience_version"]), (&audience["id"], &json!(1)));
    assert_eq!(shown["filter"], json!({ "lives_alone": true }));

    let next = campaign(json!({ "amount_fen": 50_000 }));
    let put = async |version: &str| {
        let request = admin.request(Method::PUT, &path).json(&next);
        admin.send(request.header("If-Match", version)).await
    };
    assert_eq!(put("\"v7\"").await.problem(), "version_conflict");
    let changed = put("\"v1\"").await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(put("\"v1\"").await.body, changed.body, "a lost answer is asked for again");
    for author in [&supervisor, &admin] {
        let own = approve(author, &path).await;
        assert_eq!((own.status, own.problem()), (403, "campaign_author"), "both wrote it");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_author_of_a_campaign_approves_it_however_many_there_were(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, supervisor) = (server.town_supervisor().await, server.supervisor().await);
    let admin = server.admin().await;
    let path = draft(&town, json!({})).await;
    for (author, quota, version) in [(&admin, 40, "\"v1\""), (&supervisor, 50, "\"v2\"")] {
        let next = campaign(json!({ "area": "500116001", "quota_per_day": quota }));
        let put = author.request(Method::PUT, &path).header("If-Match", version).json(&next);
        let changed = author.send(put).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    for author in [&town, &admin, &supervisor] {
        let own = approve(author, &path).await;
        assert_eq!((own.status, own.problem()), (403, "campaign_author"));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auditors_read_campaigns_without_words_and_a_town_sees_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let whole = draft(&supervisor, json!({})).await;
    let of_town = draft(&town, json!({})).await;
    let auditor = server.auditor().await;
    let read = auditor.get(&whole).await;
    assert_eq!((read.status, &read.body["instructions"]), (200, &Value::Null));
    assert_eq!(auditor.post("/v1/campaigns", &campaign(json!({}))).await.status, 403);
    assert_eq!(town.get(&whole).await.status, 404);
    let listed = town.get("/v1/campaigns").await.body["items"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["area"], "500116001");
    assert_eq!(supervisor.get(&of_town).await.status, 200);
    for caller in [server.manager().await, server.volunteer().await] {
        assert_eq!(caller.get("/v1/campaigns").await.status, 403);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_area_of_a_saved_audience_is_that_of_the_campaign(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let of_town = json!({ "name": "镇", "area": "500116001", "filter": { "all": [] } });
    let audience = supervisor.post("/v1/audiences", &of_town).await.body;
    let of_audience = |more: Value| {
        let mut body = json!({ "audience_id": audience["id"], "filter": null });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("fields").clone());
        body
    };
    let (_, _, whole) = launched_campaign(&server, of_audience(json!({}))).await;
    assert_eq!((&whole["area"], &whole["created_tasks"]), (&json!("500116001"), &json!(4)));
    // A part of the area may be chosen, but no area beyond it.
    let part = draft(&supervisor, of_audience(json!({ "area": GRID }))).await;
    assert_eq!(supervisor.get(&part).await.body["area"], GRID);
    let beyond = campaign(of_audience(json!({ "area": "500116" })));
    let refused = supervisor.post("/v1/campaigns", &beyond).await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/area")), "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_neither_approved_nor_launched_after_its_last_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({})).await;
    let days = |first: i64, last: i64| {
        let (first, last) = (day(first), day(last));
        server
            .database
            .execute(&format!("UPDATE campaigns SET first_day = '{first}', last_day = '{last}'"));
    };
    days(-9, -1);
    let late = approve(&admin, &path).await;
    let at = &late.body["errors"][0]["pointer"];
    assert_eq!((late.status, at), (422, &json!("/last_day")), "{}", late.body);
    days(-9, 0);
    assert_eq!(approve(&admin, &path).await.status, 200, "its last day is today");
    days(-9, -1);
    assert_eq!(launch(&supervisor, &path, true).await.status, 422);
    assert_eq!(tasks(&supervisor).await.len(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_beneficiaries_of_a_town_need_a_confirmation_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({ "area": "500116001" })).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let refused = launch(&supervisor, &path, false).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_far_from_the_occasion_are_a_warning_and_no_refusal(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (more, day, warnings) in [
        (json!({}), json!("2027-02-06"), Value::Null),
        // The days of the next year's feast.
        (json!({ "year": 2028 }), json!("2028-01-26"), json!(["far_from_occasion"])),
        (json!({ "occasion": "summer" }), Value::Null, Value::Null),
    ] {
        let path = draft(&supervisor, more).await;
        let found = supervisor.get(&format!("{path}/feasibility")).await.body;
        assert_eq!((&found["occasion_day"], &found["warnings"]), (&day, &warnings), "{found}");
        assert_eq!(approve(&admin, &path).await.status, 200);
    }
}
