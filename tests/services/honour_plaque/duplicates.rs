//! The plaque of two entries of one person.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{CONFIGURATION, STATION, hang, is_to_come, plaque, put_plaque, take_back};
use crate::goods::receive;
use crate::regime::cadences::change;
use crate::services::{install, server};
use crate::support::Backend;
use crate::support::files::{BENEFICIARY, beneficiary_id};

/// The document whose plaque the district withdraws without a case.
fn without_cases() -> String {
    let mut document: Value = serde_json::from_str(CONFIGURATION).expect("a document");
    let rule = document["goods"][0]["plaque"].as_object_mut().expect("a rule");
    rule.retain(|field, _| field != "withdrawal" && field != "restoration");
    document.to_string()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plaque_of_a_duplicate_belongs_to_the_entry_that_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let admin = server.admin().await;
    install(&server, &without_cases()).await;
    receive(&supervisor, "plaque", STATION, 5).await;
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        is_to_come(&supervisor, home).await;
    }
    let kept = format!("/v1/beneficiaries/{}", beneficiary_id(2));
    let command = async |verb: &str| {
        let version = supervisor.get(&kept).await.body["version"].clone();
        let request = supervisor.request(Method::POST, &format!("{kept}/{verb}"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let done = supervisor.send(request.json(&json!({ "other_id": BENEFICIARY }))).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.body);
        supervisor.get(&kept).await.body["plaque"].clone()
    };
    // One that hangs since before there were hand-outs is in the register alone.
    let indoor = json!({ "plaque": "indoor" });
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &indoor).await;
    assert_eq!(command("merge").await, "indoor");
    assert_eq!(command("merge/undo").await, "pending");
    is_to_come(&supervisor, BENEFICIARY).await;
    assert_eq!(hang(&manager, "JJ-0001").await.status, 201);
    assert_eq!(command("merge").await, "hung");
    assert_eq!(command("merge/undo").await, "pending");
    assert_eq!(plaque(&manager).await, "hung");
    // A withdrawal from either of them stays one, also in the register alone, where a case decides it.
    for (home, before) in [(beneficiary_id(2).as_str(), "pending"), (BENEFICIARY, "hung")] {
        change(&supervisor, Method::PATCH, home, "", &json!({ "plaque": "withdrawn" })).await;
        put_plaque(&admin, CONFIGURATION, true).await;
        assert_eq!(command("merge").await, "withdrawn", "{home}");
        command("merge/undo").await;
        put_plaque(&admin, &without_cases(), true).await;
        change(&supervisor, Method::PATCH, home, "", &json!({ "plaque": before })).await;
    }
    let own = json!({
        "beneficiary_id": beneficiary_id(2), "item": "plaque", "serial": "JJ-0002",
        "receipt": { "signed_by": "王小明" }
    });
    let own = manager.post("/v1/handouts", &own).await;
    assert_eq!(own.status, 201, "{}", own.body);
    let theirs = supervisor.get(&format!("/v1/handouts?beneficiary_id={BENEFICIARY}")).await.body;
    assert_eq!(take_back(&supervisor, &theirs["items"][0], "withdrawn").await.status, 200);
    assert_eq!(command("merge").await, "withdrawn");
    assert_eq!(command("merge/undo").await, "hung");
    let restored = take_back(&server.admin().await, &theirs["items"][0], "restored").await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(take_back(&supervisor, &own.body, "withdrawn").await.status, 200);
    assert_eq!(hang(&manager, "JJ-0003").await.status, 201);
    assert_eq!(command("merge").await, "withdrawn");
}
