//! The cases of two entries that are merged.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{hardship, open, read, server};
use crate::support::Backend;
use crate::support::files::{BENEFICIARY, beneficiary_id};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_brings_the_cases_along_and_its_undo_gives_them_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (kept, other) = (BENEFICIARY, beneficiary_id(2));
    let mut new = hardship();
    new["beneficiary_id"] = json!(other);
    let case = open(&manager, new).await;
    let own = open(&manager, hardship()).await;
    let merge = |verb: &str, version: &str| {
        let path = format!("/v1/beneficiaries/{kept}/{verb}");
        let request = supervisor.request(Method::POST, &path).json(&json!({ "other_id": other }));
        supervisor.send(request.header("If-Match", version))
    };
    let merged = merge("merge", "\"v1\"").await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    assert_eq!(read(&manager, &case).await["beneficiary_id"], kept);
    let undone = merge("merge/undo", "\"v2\"").await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(read(&manager, &case).await["beneficiary_id"], json!(other));
    assert_eq!(read(&manager, &own).await["beneficiary_id"], kept);
}
