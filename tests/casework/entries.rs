//! A beneficiary is entered and corrected.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{claim, send, succeed};
use crate::support::bodies::new_beneficiary;
use crate::support::files::BENEFICIARY;
use crate::support::phone::Phone;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_is_entered_once_and_reaches_the_phones_of_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, other) = (server.manager().await, server.other_manager().await);
    let mut phones = [Phone::default(), Phone::default()];
    phones[0].sync(&manager, json!([])).await;
    phones[1].sync(&other, json!([])).await;
    let new = new_beneficiary(json!({
        "notes": "耳背，请敲窗。",
        "next_of_kin": [{ "name": "王芳", "relation": "女儿", "phone": "100 1234 5679" }],
    }));
    let post = || {
        let request = manager.request(Method::POST, "/v1/beneficiaries").json(&new);
        manager.send(request.header("Idempotency-Key", "enter-1"))
    };
    let (made, again) = (post().await, post().await);
    assert_eq!((made.status, &made.body["version"]), (201, &json!(1)), "{}", made.body);
    assert_eq!((again.status, &again.body), (201, &made.body));
    assert_eq!((&made.body["name"], &made.body["gender"]), (&json!("王*明"), &json!("female")));
    assert_eq!(made.body["birth_year"], 1949);
    let id = made.body["id"].as_str().expect("an id");
    assert_eq!(made.headers["location"], format!("/v1/beneficiaries/{id}"));

    phones[0].sync(&manager, json!([])).await;
    phones[1].sync(&other, json!([])).await;
    assert_eq!(phones[0].household(id).map(|card| &card["gender"]), Some(&json!("female")));
    assert_eq!(phones[1].household(id), None);
    phones[0].is_as_fresh(&manager).await;

    let path = format!("/v1/beneficiaries/{id}/reveal");
    let revealed = manager.post(&path, &json!({ "purpose": "visit" })).await.body;
    assert_eq!((&revealed["phone"], &revealed["name"]), (&json!("10012345678"), &json!("王小明")));
    assert_eq!(revealed["notes"], "耳背，请敲窗。");
    assert_eq!(revealed["next_of_kin"][0]["phone"], "10012345679");
    assert_eq!(revealed["expires_s"], 300);
    let supervisor = server.supervisor().await;
    let log = supervisor.events("beneficiary.create").await;
    assert_eq!((log.len(), &log[0]["body"]), (1, &json!({})), "without personal data");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_number_is_registered_once_and_the_other_entry_named_within_the_area_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, other) = (server.manager().await, server.other_manager().await);
    let first = manager.post("/v1/beneficiaries", &new_beneficiary(json!({}))).await;
    assert_eq!(first.status, 201);
    let again = manager.post("/v1/beneficiaries", &new_beneficiary(json!({}))).await;
    assert_eq!((again.status, again.problem()), (409, "beneficiary_exists"));
    assert_eq!(again.body["current"], first.body, "masked");
    let elsewhere = new_beneficiary(json!({
        "grid": crate::support::OTHER_GRID, "place": super::elsewhere(),
    }));
    let hidden = other.post("/v1/beneficiaries", &elsewhere).await;
    assert_eq!((hidden.status, hidden.problem()), (409, "beneficiary_exists"));
    assert_eq!(hidden.body.get("current"), None);
    let change = json!({ "id_number": "11010519491231002X" });
    let taken = send(&manager, "change", BENEFICIARY, &change, 1).await;
    assert_eq!((taken.status, taken.problem()), (409, "beneficiary_exists"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_fields_are_changed_and_the_visitors_phone_follows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let visitor = server.other_volunteer().await;
    let supervisor = server.supervisor().await;
    let task = manager.make_task(BENEFICIARY).await;
    let away = manager.make_task(BENEFICIARY).await;
    claim(&volunteer, &task).await;
    // Somebody of another grid visits too.
    super::give(&supervisor, &away, 23).await;
    let mut phones = [Phone::default(), Phone::default(), Phone::default()];
    let callers = [&manager, &volunteer, &visitor];
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
    }
    let read = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(read.headers["etag"], "\"v1\"");

    let change = json!({ "phone": "13900000000", "notes": "院里有狗", "lives_alone": false });
    let without = manager.patch(&format!("/v1/beneficiaries/{BENEFICIARY}"), &change).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let stale = send(&manager, "change", BENEFICIARY, &change, 7).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"], read.body, "the masked row");
    let changed = send(&manager, "change", BENEFICIARY, &change, 1).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(changed.body["phone"], "139****0000");
    let again = send(&manager, "change", BENEFICIARY, &change, 1).await;
    assert_eq!((again.status, &again.body), (200, &changed.body), "a lost answer");

    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    for phone in &phones[1..] {
        let card = phone.household(BENEFICIARY).expect("a card");
        assert_eq!((&card["phone"], &card["notes"]), (&json!("13900000000"), &json!("院里有狗")));
        assert_eq!(card["gender"], "male");
    }
    let contact = |n: usize| phones[n].household(BENEFICIARY).expect("a card").get("last_contact");
    assert_eq!((contact(1), contact(2)), (Some(&json!("2026-01-15")), None), "in the grid only");
    let card = phones[0].household(BENEFICIARY).expect("a card");
    assert_eq!((&card["view"], card.get("notes")), (&json!("staff"), None));
    let log = supervisor.events("beneficiary.change").await;
    let fields = json!({ "fields": ["phone", "lives_alone", "notes"] });
    assert_eq!((log.len(), &log[0]["body"]), (1, &fields), "names, not values");

    // A completed visit is a contact, on every phone and with the same version.
    let report = json!({ "outcome": "done" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    phones[0].sync(&manager, json!([])).await;
    let card = phones[0].household(BENEFICIARY).expect("a card");
    assert_eq!(card["last_contact"], super::day(0));
    phones[0].is_as_fresh(&manager).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_visits_follow_a_corrected_place(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let change = json!({ "place": { "lat": 29.286, "lon": 106.256 } });
    succeed(&manager, "change", BENEFICIARY, &change).await;
    let moved = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(moved["cell"], json!({ "lat": 29.2875, "lon": 106.2575 }), "{moved}");
    assert_eq!(moved["version"], 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_masked_beneficiary_shows_no_more_than_a_cell(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = manager.make_task(BENEFICIARY).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let paths = [
        format!("/v1/beneficiaries/{BENEFICIARY}"),
        "/v1/beneficiaries".to_owned(),
        format!("/v1/tasks/{task}"),
        "/v1/tasks".to_owned(),
    ];
    let mut seen: Vec<String> = phone.rows.values().map(Value::to_string).collect();
    for path in paths {
        seen.push(manager.text(&path).await);
    }
    for text in seen {
        assert!(!text.contains("106.251") && !text.contains("29.284"), "{text}");
    }
}
