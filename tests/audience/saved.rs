//! Saved audiences and their permissions.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::homes::district;
use super::{members, preview, save};
use crate::support::Backend;
use crate::support::files::person_id;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_is_saved_changed_and_deleted_at_its_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let old = json!({ "age": { "from": 80 } });
    let saved = save(&town, &json!({ "name": "高龄", "filter": old })).await;
    assert_eq!((&saved["area"], &saved["version"]), (&json!("500116001"), &json!(1)));
    assert_eq!(saved["created_by"], person_id(2));
    assert_eq!(saved["sentence_zh"], "一镇内 80 岁及以上的服务对象");
    let path = format!("/v1/audiences/{}", saved["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body, saved);
    assert_eq!(members(&supervisor, &path[14..], 50).await, [1], "of its area alone");

    let content = json!({ "name": "独居", "filter": { "lives_alone": true } });
    let put = async |version: &str| {
        let request = supervisor.request(Method::PUT, &path).json(&content);
        let request =
            if version.is_empty() { request } else { request.header("If-Match", version) };
        supervisor.send(request).await
    };
    assert_eq!(put("").await.problem(), "version_required");
    assert_eq!(put("\"v9\"").await.problem(), "version_conflict");
    let changed = put("\"v1\"").await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(put("\"v1\"").await.body, changed.body, "a lost answer is asked for again");
    assert_eq!(members(&town, &path[14..], 50).await, [1, 3, 4]);
    assert_eq!(town.get("/v1/audiences").await.body["items"], json!([changed.body]));

    let delete = async |version: &str| {
        let request = town.request(Method::DELETE, &path).header("If-Match", version);
        town.send(request).await.status
    };
    assert_eq!(delete("\"v1\"").await, 412);
    assert_eq!(delete("\"v2\"").await, 204);
    assert_eq!(town.get(&path).await.status, 404);
    for action in ["audience.create", "audience.change", "audience.delete"] {
        assert_eq!(supervisor.events(action).await.len(), 1, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn supervisors_and_admins_use_audiences_of_their_area_and_auditors_read_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let body = json!({ "name": "全区", "filter": { "all": [] } });
    let whole = save(&supervisor, &body).await;
    let path = format!("/v1/audiences/{}", whole["id"].as_str().expect("an id"));
    assert_eq!(town.get(&path).await.status, 404, "an audience above the caller's area");
    assert_eq!(town.get("/v1/audiences").await.body["items"], json!([]));
    let auditor = server.auditor().await;
    assert_eq!(auditor.get(&path).await.body, whole);
    assert_eq!(
        auditor.get(&format!("{path}/members")).await.status,
        403,
        "an auditor sees no member"
    );
    assert_eq!(auditor.post("/v1/audiences", &body).await.status, 403);
    assert_eq!(preview(&auditor, &json!({ "all": [] })).await.status, 403);
    for caller in [server.manager().await, server.volunteer().await] {
        assert_eq!(caller.get("/v1/audiences").await.status, 403);
        assert_eq!(preview(&caller, &json!({ "all": [] })).await.status, 403);
    }
}
