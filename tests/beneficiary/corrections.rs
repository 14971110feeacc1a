//! Corrections: proposed by those who see a home, also offline; approved or rejected by others.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

/// The path of the corrections of a beneficiary.
fn of(beneficiary: &str) -> String {
    format!("/v1/beneficiaries/{beneficiary}/corrections")
}

async fn propose(caller: &Caller, beneficiary: &str, changes: Value) -> String {
    let proposed = caller.post(&of(beneficiary), &json!({ "changes": changes })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    proposed.body["id"].as_str().expect("an id").to_owned()
}

async fn decide(caller: &Caller, id: &str, version: u32, reason: Option<&str>) -> Answer {
    let word = if reason.is_none() { "approve" } else { "reject" };
    let request = caller.request(Method::POST, &format!("/v1/corrections/{id}/{word}"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let request = match reason {
        Some(reason) => request.json(&json!({ "reason": reason })),
        None => request,
    };
    caller.send(request).await
}

/// A correction in an outbox.
fn offline(beneficiary: &str, payload: Value) -> Value {
    json!({
        "id": Uuid::now_v7(), "type": "beneficiary.correct", "beneficiary_id": beneficiary,
        "at": chrono::Utc::now().to_rfc3339(), "payload": payload
    })
}

/// The corrections in a phone's copy.
fn corrections(phone: &Phone) -> Vec<&Value> {
    phone.rows.iter().filter(|((kind, _), _)| kind == "correction").map(|(_, row)| row).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_corrects_an_entry_offline_and_learns_the_outcome(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    let refused = volunteer.post(&of(BENEFICIARY), &json!({ "note": "x" })).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"), "not the visitor");
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let mut phone = Phone::default();
    let payload = json!({ "changes": { "phone": "100 5555 5555", "lives_alone": false }, "note": "换了号码" });
    let command = offline(BENEFICIARY, payload);
    let results = phone.sync(&volunteer, json!([command])).await;
    assert_eq!(
        (&results[0]["outcome"], &results[0]["version"]),
        (&json!("applied"), &json!(1)),
        "{results:?}"
    );
    let again = phone.sync(&volunteer, json!([command])).await;
    assert_eq!(again[0]["replayed"], true);
    let shown = corrections(&phone);
    assert_eq!((shown.len(), &shown[0]["state"]), (1, &json!("pending")), "{shown:?}");
    assert_eq!(shown[0]["fields"], json!(["phone", "lives_alone"]));
    let id = command["id"].as_str().expect("an id");
    assert_eq!(shown[0]["id"], id, "the id of the command");

    let list = manager.get("/v1/corrections?state=pending").await;
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1), "{}", list.body);
    assert_eq!(list.body["items"][0]["proposed_by"], person_id(21));
    assert!(!list.body.to_string().contains("10055555555"), "{}", list.body);
    let read = manager.get(&format!("/v1/corrections/{id}")).await;
    assert_eq!(read.body["changes"], json!({ "phone": "10055555555", "lives_alone": false }));
    assert_eq!(read.body["before"], json!({ "phone": "10010000001", "lives_alone": true }));
    assert_eq!((&read.body["note"], &read.body["outdated"]), (&json!("换了号码"), &json!([])));
    let own = volunteer.get(&format!("/v1/corrections/{id}")).await;
    assert_eq!((own.status, own.body.get("before")), (200, None));
    assert_eq!(decide(&volunteer, id, 1, None).await.status, 403);

    let before = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    let approved = decide(&manager, id, 1, None).await;
    assert_eq!(
        (approved.status, &approved.body["state"], &approved.body["decided_by"]),
        (200, &json!("approved"), &json!(person_id(11))),
        "{}",
        approved.body
    );
    let after = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    assert_eq!((&after["phone"], &after["lives_alone"]), (&json!("100****5555"), &json!(false)));
    assert_eq!(after["version"], json!(before["version"].as_i64().expect("a version") + 1));
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(corrections(&phone)[0]["state"], "approved");
    let household = phone.household(BENEFICIARY).expect("the home of the visit");
    assert_eq!(household["phone"], "10055555555", "the visitor has the new number");
    phone.is_as_fresh(&volunteer).await;

    let supervisor = server.supervisor().await;
    let change = &supervisor.events("beneficiary.change").await[0];
    assert_eq!(change["body"], json!({ "correction": id, "fields": ["phone", "lives_alone"] }));
    assert_eq!(supervisor.events("correction.read").await.len(), 1, "but not by the author");
    let log = supervisor.get("/v1/events?limit=200").await.body.to_string();
    assert!(!log.contains("10055555555") && !log.contains("换了号码"), "{log}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_is_decided_once_by_somebody_else_and_a_rejection_has_a_reason(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let id = propose(&manager, BENEFICIARY, json!({ "plaque": "damaged" })).await;
    let own = decide(&manager, &id, 1, None).await;
    assert_eq!((own.status, own.problem()), (403, "forbidden"), "four eyes");
    let far = server.far_manager().await;
    assert_eq!(decide(&far, &id, 1, None).await.status, 404);
    assert_eq!(far.get(&format!("/v1/corrections/{id}")).await.status, 404);
    let path = format!("/v1/corrections/{id}/approve");
    let without = supervisor.act(&path).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let stale = decide(&supervisor, &id, 7, None).await;
    assert_eq!((stale.status, &stale.body["current"]["state"]), (412, &json!("pending")));
    let rejected = decide(&supervisor, &id, 1, Some("门上完好")).await;
    assert_eq!((rejected.status, &rejected.body["state"]), (200, &json!("rejected")));
    let again = decide(&supervisor, &id, 2, None).await;
    assert_eq!((again.status, again.problem()), (409, "correction_decided"));
    let entry = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(entry.body["plaque"], "hung");
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    assert_eq!(corrections(&phone)[0]["reason"], "门上完好");
    let of_other = server.other_manager().await;
    phone = Phone::default();
    phone.sync(&of_other, json!([])).await;
    assert_eq!(corrections(&phone).len(), 0, "only the author's phone has it");
    let log = supervisor.get("/v1/events?limit=200").await.body.to_string();
    assert!(!log.contains("门上完好"), "{log}");
    // The list by state, and page by page.
    for plaque in ["missing", "declined"] {
        propose(&manager, BENEFICIARY, json!({ "plaque": plaque })).await;
    }
    let count = async |query: &str| {
        let list = supervisor.get(&format!("/v1/corrections?{query}")).await;
        list.body["items"].as_array().map(Vec::len)
    };
    assert_eq!(count("state=pending").await, Some(2));
    assert_eq!(count("state=rejected").await, Some(1));
    assert_eq!(count("state=approved").await, Some(0));
    assert_eq!(count(&format!("beneficiary_id={BENEFICIARY}&area={GRID}")).await, Some(3));
    let page = supervisor.get("/v1/corrections?limit=2").await;
    let next = page.body["next_cursor"].as_str().expect("a cursor");
    let last = supervisor.get(&format!("/v1/corrections?limit=2&cursor={next}")).await;
    assert_eq!(last.body["items"][0]["id"], json!(id), "the oldest is last: {}", last.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_repeated_or_late_correction_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    for (body, pointer) in [
        (json!({}), "/changes"),
        (json!({ "note": " " }), "/changes"),
        (json!({ "changes": { "height": 170 } }), "/changes/height"),
        (json!({ "changes": { "phone": "none" } }), "/changes/phone"),
        (json!({ "changes": { "name": "" } }), "/changes/name"),
        (json!({ "changes": { "plaque": "damged" } }), "/changes/plaque"),
        (json!({ "changes": { "plaque": "hung" } }), "/changes/plaque"),
        (json!({ "changes": { "mobility": "flying" } }), "/changes/mobility"),
        (json!({ "changes": { "hardships": ["poverty"] } }), "/changes/hardships"),
    ] {
        let refused = manager.post(&of(BENEFICIARY), &body).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{body}: {}", refused.body);
        let mut phone = Phone::default();
        let results = phone.sync(&manager, json!([offline(BENEFICIARY, body.clone())])).await;
        let at = &results[0]["problem"]["errors"][0]["pointer"];
        assert_eq!(at, &json!(format!("/payload{pointer}")), "{body}: {results:?}");
    }
    assert_eq!(manager.post(&of(FAR_BENEFICIARY), &json!({ "note": "x" })).await.status, 404);
    let id = propose(&manager, BENEFICIARY, json!({ "phone": "10055555555" })).await;
    let twice = supervisor
        .post(&of(BENEFICIARY), &json!({ "changes": { "phone": "100-5555-5555" } }))
        .await;
    assert_eq!((twice.status, twice.problem()), (409, "correction_pending"));
    assert_eq!(twice.body["current"]["id"], json!(id));
    // Another value is another correction; the field changes under the first one.
    let other = propose(&manager, BENEFICIARY, json!({ "phone": "10066666666" })).await;
    assert_eq!(decide(&supervisor, &other, 1, None).await.status, 200);
    let outdated = decide(&supervisor, &id, 1, None).await;
    assert_eq!((outdated.status, outdated.problem()), (409, "correction_outdated"));
    assert_eq!(outdated.body["errors"][0]["pointer"], "/changes/phone");
    let read = supervisor.get(&format!("/v1/corrections/{id}")).await;
    assert_eq!(read.body["outdated"], json!(["phone"]));
    // Another field of the entry does not matter.
    let plaque = propose(&manager, BENEFICIARY, json!({ "plaque": "missing" })).await;
    let alone = propose(&manager, BENEFICIARY, json!({ "lives_alone": false })).await;
    assert_eq!(decide(&supervisor, &alone, 1, None).await.status, 200);
    assert_eq!(decide(&supervisor, &plaque, 1, None).await.status, 200);
    // An ended beneficiary is corrected no more.
    let late = propose(&manager, &beneficiary_id(2), json!({ "plaque": "missing" })).await;
    server.database.execute(&format!(
        "UPDATE beneficiaries SET valid_to = '2026-08-01' WHERE id = '{}'",
        beneficiary_id(2)
    ));
    let ended = decide(&supervisor, &late, 1, None).await;
    assert_eq!((ended.status, ended.problem()), (409, "beneficiary_ended"));
    let ended = manager.post(&of(&beneficiary_id(2)), &json!({ "note": "x" })).await;
    assert_eq!((ended.status, ended.problem()), (409, "beneficiary_ended"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_of_a_visit_arrives_days_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let report = json!({ "outcome": "done" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    // Ten days ago.
    let day = chrono::Utc::now() - chrono::TimeDelta::days(10);
    server.database.execute(&format!(
        "UPDATE tasks SET updated_at = '{}' WHERE id = '{task}'",
        day.format("%Y-%m-%d %H:%M:%S")
    ));
    let call = volunteer.post(&of(BENEFICIARY), &json!({ "note": "x" })).await;
    assert_eq!(call.status, 403, "the view of the home is over");
    let mut command = offline(BENEFICIARY, json!({ "note": "门牌已换" }));
    let mut phone = Phone::default();
    let late = phone.sync(&volunteer, json!([command])).await;
    assert_eq!(late[0]["outcome"], "rejected", "{late:?}");
    command["id"] = json!(Uuid::now_v7());
    command["at"] = json!((day + chrono::TimeDelta::hours(1)).to_rfc3339());
    let results = phone.sync(&volunteer, json!([command])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_of_another_is_a_reveal_and_an_own_one_reveals_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_REVEALS_MANAGER", "1")]);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let read = async |id: &str| manager.get(&format!("/v1/corrections/{id}")).await;
    let own = propose(&manager, BENEFICIARY, json!({ "phone": "10055555555" })).await;
    for _ in 0..2 {
        let own = read(&own).await;
        assert_eq!((own.status, own.body.get("before")), (200, None), "a guess shows no number");
    }
    let others = [
        propose(&supervisor, BENEFICIARY, json!({ "phone": "10066666666" })).await,
        propose(&supervisor, BENEFICIARY, json!({ "phone": "10077777777" })).await,
    ];
    let first = read(&others[0]).await;
    assert_eq!((first.status, &first.body["before"]["phone"]), (200, &json!("10010000001")));
    let second = read(&others[1]).await;
    assert_eq!((second.status, second.problem()), (429, "reveal_budget"));
    let events = supervisor.events("correction.read").await;
    assert_eq!(events.len(), 1, "a refused reading reads nothing");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_correction_reaches_every_visitor_and_is_one_change_of_the_history(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    // Two visitors of the grid and one of the next.
    for n in [21, 22, 23] {
        let task = manager.make_task(BENEFICIARY).await;
        let body = json!({ "person_id": person_id(n) });
        let given = town.post(&format!("/v1/tasks/{task}/reassign"), &body).await;
        assert_eq!(given.status, 200, "{}", given.body);
    }
    let (elsewhere, mut phone) = (server.other_volunteer().await, Phone::default());
    phone.sync(&elsewhere, json!([])).await;
    let id = propose(&manager, BENEFICIARY, json!({ "phone": "10055555555" })).await;
    assert_eq!(decide(&town, &id, 1, None).await.status, 200);
    phone.sync(&elsewhere, json!([])).await;
    let household = phone.household(BENEFICIARY).expect("the home of the visit");
    assert_eq!(household["phone"], "10055555555");
    phone.is_as_fresh(&elsewhere).await;
    let supervisor = server.supervisor().await;
    assert_eq!(supervisor.events("beneficiary.change").await.len(), 1);
    assert_eq!(supervisor.events("beneficiary.visitors").await.len(), 1, "for the third visitor");
    let history = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}/history")).await;
    let entries = history.body["items"].as_array().expect("entries").iter();
    let changes = entries.filter(|entry| entry["type"] == "change").count();
    assert_eq!(changes, 1, "{}", history.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_reaches_the_grid_from_which_the_home_has_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let supervisor = server.supervisor().await;
    let task = manager.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let report = json!({ "outcome": "done" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}");
    let home = json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.263 }
    });
    let change = |method: Method, path: &str, body: Value, version: u32| {
        let call = supervisor.request(method, path);
        supervisor.send(call.header("If-Match", format!("\"v{version}\"")).json(&body))
    };
    let moved = change(Method::POST, &format!("{path}/move"), home, 1).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let edit = change(Method::PATCH, &path, json!({ "lives_alone": true }), 2).await;
    assert_eq!(edit.status, 200, "{}", edit.body);
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_found_nobody_reaches_a_visitor_of_another_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let far = manager.make_task(BENEFICIARY).await;
    let body = json!({ "person_id": person_id(23) });
    let given = town.post(&format!("/v1/tasks/{far}/reassign"), &body).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let (elsewhere, mut phone) = (server.other_volunteer().await, Phone::default());
    phone.sync(&elsewhere, json!([])).await;
    let volunteer = server.volunteer().await;
    let task = manager.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let report = json!({ "outcome": "not_home" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    phone.sync(&elsewhere, json!([])).await;
    let household = phone.household(BENEFICIARY).expect("the home of the visit");
    assert_eq!(household["visits"][0]["outcome"], "not_home");
    phone.is_as_fresh(&elsewhere).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_text_has_no_blanks_at_its_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let id = propose(&manager, BENEFICIARY, json!({ "name": " 王小明\u{3000}" })).await;
    let read = supervisor.get(&format!("/v1/corrections/{id}")).await;
    assert_eq!(read.body["changes"], json!({ "name": "王小明" }));
    let same = json!({ "changes": { "name": "王小明" } });
    let twice = supervisor.post(&of(BENEFICIARY), &same).await;
    assert_eq!((twice.status, twice.problem()), (409, "correction_pending"));
}
