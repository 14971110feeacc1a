//! The plaque of a household, and the entries that it concerns.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{HOUSEHOLD, VILLAGE, a_couple, entry, hand_out, patch};
use crate::regime::cadences::change;
use crate::regime::with;
use crate::support::bodies::new_beneficiary;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

/// Checks that the answer names the entry with the plaque of the household, at the pointer.
fn is_second(answer: &Answer, pointer: &str, holder: &str) {
    assert_eq!((answer.status, answer.problem()), (409, "household_has_plaque"), "{}", answer.body);
    let error = &answer.body["errors"][0];
    assert_eq!(error["pointer"], pointer);
    assert!(error["detail"].as_str().expect("a detail").contains(holder), "{error}");
}

/// The households of the area that are entitled to a plaque, and those of them that have it.
async fn coverage(caller: &Caller, area: &str) -> [i64; 2] {
    let path = format!("/v1/goods/items/plaque/coverage?area={area}");
    let counted = caller.get(&path).await.body;
    ["entitled", "covered"]
        .map(|field| counted[field].as_i64().unwrap_or_else(|| panic!("{counted}")))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_plaque_hangs_in_a_household(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (spouse, third) = (beneficiary_id(2), beneficiary_id(3));
    a_couple(&server).await;
    // The couple counts once, as covered by the plaque of one of them.
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);

    is_second(
        &patch(&supervisor, &spouse, &json!({ "plaque": "indoor" })).await,
        "/household",
        BENEFICIARY,
    );
    let joins = json!({ "household": HOUSEHOLD });
    is_second(&patch(&supervisor, &third, &joins).await, "/household", BENEFICIARY);
    let new = new_beneficiary(json!({ "household": HOUSEHOLD }));
    is_second(&supervisor.post("/v1/beneficiaries", &new).await, "/household", BENEFICIARY);
    is_second(&hand_out(&manager, &spouse).await, "/beneficiary_id", BENEFICIARY);
    let path = format!("/v1/beneficiaries/{spouse}/corrections");
    let proposed = manager.post(&path, &json!({ "changes": { "plaque": "hung" } })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    let id = proposed.body["id"].as_str().expect("an id");
    let approval = supervisor.request(Method::POST, &format!("/v1/corrections/{id}/approve"));
    let approved = supervisor.send(approval.header("If-Match", "\"v1\"")).await;
    is_second(&approved, "/changes", BENEFICIARY);
    let kept = supervisor.get(&format!("/v1/corrections/{id}")).await.body;
    assert_eq!(kept["state"], "pending", "a supervisor may still reject it");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending");

    // That of another area is not named.
    let far = json!({ "household": "02-B8", "plaque": "hung" });
    change(&supervisor, Method::PATCH, &beneficiary_id(4), "", &far).await;
    let refused = patch(&manager, &third, &far).await;
    is_second(&refused, "/household", "the household has its plaque");
    is_second(&patch(&supervisor, &third, &far).await, "/household", &beneficiary_id(4));

    // A household in two grids counts in each, and once in the village.
    let joins = json!({ "household": HOUSEHOLD, "plaque": "pending" });
    change(&supervisor, Method::PATCH, &beneficiary_id(4), "", &joins).await;
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
    assert_eq!(coverage(&supervisor, OTHER_GRID).await, [1, 1]);
    assert_eq!(coverage(&supervisor, VILLAGE).await, [2, 2]);

    // Once the first one hangs no more, that of the other may.
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "plaque": "damaged" })).await;
    assert_eq!(coverage(&supervisor, GRID).await, [2, 1]);
    let handed = hand_out(&manager, &spouse).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "hung");
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
    is_second(
        &patch(&supervisor, BENEFICIARY, &json!({ "plaque": "hung" })).await,
        "/household",
        &spouse,
    );
    change(&supervisor, Method::PATCH, &spouse, "", &json!({ "plaque": "indoor" })).await;
    // It stays at the door after a death.
    change(&supervisor, Method::POST, &spouse, "/deceased", &json!({ "day": day(0) })).await;
    let again = patch(&supervisor, BENEFICIARY, &json!({ "plaque": "hung" })).await;
    is_second(&again, "/household", &spouse);
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_joins_households_and_its_undo_hangs_no_second_plaque(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, spouse) = (server.supervisor().await, beneficiary_id(2));
    let (duplicate, other) = (beneficiary_id(3), beneficiary_id(4));
    a_couple(&server).await;
    // The spouse gets the plaque of the duplicate in the same household, and gives it back.
    let first = json!({ "other_id": BENEFICIARY });
    change(&supervisor, Method::POST, &spouse, "/merge", &first).await;
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "hung");
    change(&supervisor, Method::POST, &spouse, "/merge/undo", &first).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["plaque"], "hung");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending");

    // A plaque is hung in the household of a duplicate as long as that is merged.
    change(&supervisor, Method::PATCH, &duplicate, "", &json!({ "household": "02-B8" })).await;
    let pending = json!({ "household": "02-B8", "plaque": "pending" });
    change(&supervisor, Method::PATCH, &other, "", &pending).await;
    let merged = json!({ "other_id": duplicate });
    change(&supervisor, Method::POST, BENEFICIARY, "/merge", &merged).await;
    change(&supervisor, Method::PATCH, &other, "", &json!({ "plaque": "hung" })).await;
    let version = entry(&supervisor, BENEFICIARY).await["version"].clone();
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/merge/undo");
    let undo = supervisor.request(Method::POST, &path).json(&merged);
    let refused = supervisor.send(undo.header("If-Match", format!("\"v{version}\""))).await;
    is_second(&refused, "/other_id", &other);
    assert_eq!(entry(&supervisor, &duplicate).await["ended_because"], "merged");
    change(&supervisor, Method::PATCH, &other, "", &json!({ "plaque": "damaged" })).await;
    change(&supervisor, Method::POST, BENEFICIARY, "/merge/undo", &merged).await;
    assert_eq!(entry(&supervisor, &duplicate).await["plaque"], "hung");

    // An entry without a household has that of its duplicate as long as that is merged.
    let alone = beneficiary_id(5);
    change(&supervisor, Method::POST, &alone, "/merge", &merged).await;
    assert_eq!(entry(&supervisor, &alone).await["household"], "02-B8");
    change(&supervisor, Method::POST, &alone, "/merge/undo", &merged).await;
    assert_eq!(entry(&supervisor, &alone).await.get("household"), None);
    assert_eq!(entry(&supervisor, &duplicate).await["household"], "02-B8");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_the_plaque_of_a_household_leaves_the_other_entries(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let spouse = beneficiary_id(2);
    a_couple(&server).await;
    let check = json!({ "kind": "plaque_check", "beneficiary_id": spouse });
    let reported = async |state: &str| {
        let task = supervisor.make(&check).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let done = with(&json!({ "outcome": "done" }), &json!({ "answers": { "plaque": state } }));
        let mut phone = Phone::default();
        let sent = phone.sync(&volunteer, json!([command("task.report", &task, done)])).await;
        assert_eq!(sent[0]["outcome"], "applied", "{sent:?}");
        let reports = supervisor.get(&format!("/v1/tasks/{task}/reports")).await.body;
        reports["items"][0].clone()
    };
    let report = reported("hung").await;
    assert_eq!(report["answers"]["plaque"], "hung", "{report}");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending", "of the entry itself");
    // Another state is no second plaque.
    reported("declined").await;
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "declined");
}
