//! The visitor of a home in another grid, as on a secondment, at a temporary stay or for a regime, has the planned
//! hand-outs to it on the phone, and hands them out, while the visit is theirs.

use rstest::rstest;
use serde_json::{Value, json};

use super::phones::{command, hand_out, homes, outcomes, planned, refusal, rice_for_all};
use super::{at, receive, rice, stock, with_rice};
use crate::campaign::launched_campaign;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::{Phone, command as task};
use crate::support::{Backend, Caller, Server};

/// The village of the far grid.
pub(super) const FAR_VILLAGE: &str = "500116002001";

/// Gives the visit to the person, who may work in another grid.
pub(super) async fn give(supervisor: &Caller, task: &str, person: u32) {
    let to = json!({ "person_id": person_id(person), "force": true });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
}

/// A visit to the beneficiary with this number that is the person's.
pub(super) async fn visit_of(supervisor: &Caller, home: u32, person: u32) -> String {
    let task = supervisor.make_task(&beneficiary_id(home)).await;
    give(supervisor, &task, person).await;
    task
}

/// A server with rice in both villages, planned for all, and its supervisor.
pub(super) async fn with_plan(backend: Backend) -> (Server, Caller) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 5).await;
    rice_for_all(&server).await;
    (server, supervisor)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_hands_out_at_a_visit_in_another_grid_until_the_visit_is_given_to_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let (far, volunteer) = (server.far_manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[]));
    visit_of(&supervisor, 5, 21).await;
    let passed = visit_of(&supervisor, 6, 21).await;
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[5, 6]));
    phone.is_as_fresh(&volunteer).await;
    let mut page = Phone { selection: json!({ "types": ["handout"] }), ..Phone::default() };
    page.sync(&volunteer, json!([])).await;
    assert_eq!((planned(&page), page.rows.len()), (homes(&[5, 6]), 2));

    // It is handed out, brought back and handed out again; the station is that of the home.
    let outside = hand_out(&beneficiary_id(4), &json!({}));
    let first = hand_out(&beneficiary_id(5), &json!({}));
    let results = phone.sync(&volunteer, json!([first, outside])).await;
    assert_eq!(outcomes(&results), [("applied", false), ("rejected", false)], "{results:?}");
    assert_eq!(refusal(&results[1]), ("rejected", "invalid", "/payload/beneficiary_id"));
    assert_eq!((planned(&phone), stock(&supervisor, FAR_VILLAGE).await), (homes(&[6]), 4));
    let path = format!("/v1/handouts?beneficiary_id={}", beneficiary_id(5));
    let handed = far.get(&path).await.body["items"][0].clone();
    assert_eq!((&handed["by"], &handed["state"]), (&json!(person_id(21)), &json!("handed_out")));
    let back = json!({ "handout_id": handed["id"], "payload": { "reason": "absent" } });
    let results = phone.sync(&volunteer, json!([command("handout.return", &back)])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    assert_eq!(stock(&supervisor, FAR_VILLAGE).await, 5);
    let again = volunteer.post("/v1/handouts", &rice(&beneficiary_id(5), &json!({}))).await;
    assert_eq!((again.status, &again.body["id"]), (201, &handed["id"]), "{}", again.body);
    assert_eq!(volunteer.get(&path).await.status, 403);

    // Another person makes the visit.
    give(&supervisor, &passed, 13).await;
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[]));
    let late = hand_out(&beneficiary_id(6), &json!({}));
    let results = phone.sync(&volunteer, json!([late])).await;
    assert_eq!(refusal(&results[0]), ("rejected", "invalid", "/payload/beneficiary_id"));
    let of_others = far.get(&format!("/v1/handouts?beneficiary_id={}", beneficiary_id(6))).await;
    let id = of_others.body["items"][0]["id"].as_str().expect("an id");
    let why = json!({ "reason": "absent" });
    assert_eq!(volunteer.post(&format!("/v1/handouts/{id}/return"), &why).await.status, 404);
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_of_a_manager_has_those_of_the_grid_and_of_the_own_visits_elsewhere(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let (named, manager, far) =
        (server.other_manager().await, server.manager().await, server.far_manager().await);
    let mut phone = Phone::default();
    phone.sync(&named, json!([])).await;
    assert_eq!(planned(&phone), homes(&[4]));
    let first = visit_of(&supervisor, 1, 12).await;
    visit_of(&supervisor, 5, 12).await;
    visit_of(&supervisor, 6, 12).await;
    phone.sync(&named, json!([])).await;
    assert_eq!(planned(&phone), homes(&[1, 4, 5, 6]));
    phone.is_as_fresh(&named).await;
    let mut page = Phone { selection: json!({ "types": ["handout"] }), ..Phone::default() };
    page.sync(&named, json!([])).await;
    assert_eq!((planned(&page), page.rows.len()), (homes(&[1, 4, 5, 6]), 4), "of two pages");

    // What the staff of the home's grid does there reaches the phone of the visitor.
    let by_far = far.post("/v1/handouts", &rice(&beneficiary_id(5), &json!({}))).await;
    assert_eq!(by_far.status, 201, "{}", by_far.body);
    phone.sync(&named, json!([])).await;
    assert_eq!(planned(&phone), homes(&[1, 4, 6]));
    phone.is_as_fresh(&named).await;
    // The first hand-out is shown to the staff of the grid alone.
    let twice = named.post("/v1/handouts", &rice(&beneficiary_id(5), &json!({}))).await;
    assert_eq!((twice.problem(), &twice.body["current"]), ("handout_done", &Value::Null));
    let path = format!("/v1/handouts/{}", by_far.body["id"].as_str().expect("an id"));
    assert_eq!(named.get(&path).await.status, 404);
    let why = json!({ "reason": "other", "note": "送错了" });
    assert_eq!(named.post(&format!("{path}/return"), &why).await.status, 404);

    // A visit that was made leaves the phone; goods are still handed out for a while.
    let accepted = named.act(&format!("/v1/tasks/{first}/accept")).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let report = task("task.report", &first, json!({ "outcome": "done" }));
    let results = phone.sync(&named, json!([report])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    assert_eq!(planned(&phone), homes(&[4, 6]));
    let after = named.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!(after.status, 201, "{}", after.body);
    phone.sync(&named, json!([])).await;
    phone.is_as_fresh(&named).await;
    let without = named.post("/v1/handouts", &rice(&beneficiary_id(2), &json!({}))).await;
    assert_eq!((without.status, at(&without)), (422, "/beneficiary_id"), "{}", without.body);
    let own = manager.post("/v1/handouts", &rice(&beneficiary_id(2), &json!({}))).await;
    assert_eq!(own.status, 201, "{}", own.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_campaign_of_another_town_plans_reaches_the_phone_of_the_visitor(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (volunteer, named) = (server.volunteer().await, server.other_manager().await);
    visit_of(&supervisor, 5, 21).await;
    visit_of(&supervisor, 6, 12).await;
    let [mut volunteers, mut managers] = [(); 2].map(|()| Phone::default());
    volunteers.sync(&volunteer, json!([])).await;
    managers.sync(&named, json!([])).await;
    let items = json!([{ "item": "rice", "quantity": 1 }]);
    let content = json!({ "kind": null, "items": items, "area": "500116002" });
    let (.., campaign) = launched_campaign(&server, content).await;
    assert_eq!(campaign["planned_handouts"], 2, "{campaign}");
    volunteers.sync(&volunteer, json!([])).await;
    managers.sync(&named, json!([])).await;
    assert_eq!((planned(&volunteers), planned(&managers)), (homes(&[5]), homes(&[6])));
    volunteers.is_as_fresh(&volunteer).await;
    managers.is_as_fresh(&named).await;
}
