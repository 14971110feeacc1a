//! Commands of an outbox about the person's own absences, duty and notices.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, GRID, Server};

/// A command given this many days from now, with more fields.
fn given(word: &str, later: i64, more: Value) -> Value {
    let at = format!("{}T07:12:03+08:00", day(later));
    let mut command = json!({ "id": Uuid::now_v7(), "type": word, "at": at });
    for (name, value) in more.as_object().expect("an object") {
        command[name] = value.clone();
    }
    command
}

fn absence(first: i64, last: i64) -> Value {
    json!({ "payload": { "first_day": day(first), "last_day": day(last), "reason": "leave" } })
}

fn outcomes(results: &[Value]) -> Vec<(&str, bool)> {
    let outcome = |result: &Value| result["replayed"].as_bool().expect("a flag");
    results.iter().map(|one| (one["outcome"].as_str().expect("a word"), outcome(one))).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absences_and_duty_in_an_outbox_take_effect_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let mut phone = Phone::default();
    let away = given("absence.create", -1, absence(1, 3));
    let off = given("duty.set", 0, json!({ "payload": { "duty": "off" } }));
    let outbox = json!([away, off]);
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        assert_eq!(outcomes(&results), [("applied", replayed); 2], "{results:?}");
    }
    let row = &phone.rows[&("availability".to_owned(), person_id(21))];
    assert_eq!((&row["duty"], &row["absences"][0]["last_day"]), (&json!("off"), &json!(day(3))));
    let listed = volunteer.get("/v1/me/absences").await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    assert_eq!(listed.body["items"][0]["id"], away["id"], "the absence has the command's id");

    // A call with the same id is the same command.
    let id = away["id"].as_str().expect("an id");
    let call = volunteer.request(Method::POST, "/v1/me/absences").header("Idempotency-Key", id);
    let call = volunteer.send(call.json(&away["payload"])).await;
    assert_eq!((call.status, &call.body["absence"]["id"]), (201, &away["id"]), "{}", call.body);
    assert_eq!(call.headers["Idempotency-Replayed"], "true");

    // An overlap is refused for good, and stops no other command.
    let overlap = given("absence.create", 0, absence(2, 5));
    let cancel = given("absence.cancel", 0, json!({ "absence_id": away["id"] }));
    let results = phone.sync(&volunteer, json!([overlap, cancel])).await;
    assert_eq!(outcomes(&results), [("rejected", false), ("applied", false)], "{results:?}");
    assert_eq!(results[0]["problem"]["code"], "absence_overlaps");
    let results = phone.sync(&volunteer, json!([overlap, cancel])).await;
    assert_eq!(outcomes(&results), [("rejected", true), ("applied", true)], "{results:?}");
    let listed = volunteer.get("/v1/me/absences").await;
    assert_eq!(listed.body["items"], json!([]));
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_absence_is_judged_by_the_day_on_which_it_was_entered(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let mut phone = Phone::default();
    let late = given("absence.create", -3, absence(-3, -2));
    let past = given("absence.create", 0, absence(-9, -8));
    let results = phone.sync(&volunteer, json!([late, past])).await;
    assert_eq!(outcomes(&results), [("applied", false), ("rejected", false)], "{results:?}");
    let pointer = &results[1]["problem"]["errors"][0]["pointer"];
    assert_eq!(pointer, "/payload/last_day");
    let listed = volunteer.get(&format!("/v1/me/absences?since={}", day(-9))).await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_own_absences_and_notices_can_be_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (volunteer, second) = (server.volunteer().await, server.second_volunteer().await);
    let notice = Uuid::now_v7();
    server.database.execute(&format!(
        "INSERT INTO account_notices (district, person, id, kind, device, created_at) VALUES \
         ('500116', '{}', '{notice}', 'session_reused', 'x', '2026-08-01 09:00:00')",
        person_id(21),
    ));
    let away = given("absence.create", 0, absence(1, 3));
    let mut phone = Phone::default();
    let results = phone.sync(&volunteer, json!([away])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    assert!(phone.rows.contains_key(&("account_notice".to_owned(), notice.to_string())));

    let cancel = given("absence.cancel", 0, json!({ "absence_id": away["id"] }));
    let read = given("notice.read", 0, json!({ "notice_id": notice }));
    let results = Phone::default().sync(&second, json!([cancel, read])).await;
    assert_eq!(outcomes(&results), [("rejected", false); 2], "{results:?}");
    assert!(results.iter().all(|one| one["problem"]["code"] == "not_found"), "{results:?}");

    let unnamed = [given("absence.cancel", 0, json!({})), given("notice.read", 0, json!({}))];
    let results = phone.sync(&volunteer, json!(unnamed)).await;
    let pointers: Vec<_> =
        results.iter().map(|one| &one["problem"]["errors"][0]["pointer"]).collect();
    assert_eq!(pointers, ["/absence_id", "/notice_id"]);

    let results = phone.sync(&volunteer, json!([read])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    assert!(!phone.rows.contains_key(&("account_notice".to_owned(), notice.to_string())));
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_of_the_district_is_read_on_the_devices_of_its_reader_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let other = server.second_volunteer().await;
    let post = json!({ "area": GRID, "title": "高温", "text": "下午勿上门。", "until": day(9) });
    let posted = manager.post("/v1/notices", &post).await;
    let notice = posted.body["id"].as_str().expect("an id").to_owned();
    let key = ("notice".to_owned(), notice.clone());
    let [mut phone, mut tablet, mut others] = [(); 3].map(|()| Phone::default());
    phone.sync(&volunteer, json!([])).await;
    tablet.sync(&volunteer, json!([])).await;
    others.sync(&other, json!([])).await;
    assert!(phone.rows[&key].get("read_at").is_none());

    let read = given("notice.read", 0, json!({ "notice_id": notice }));
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, json!([read])).await;
        assert_eq!(outcomes(&results), [("applied", replayed)], "{results:?}");
    }
    let again = given("notice.read", 0, json!({ "notice_id": notice }));
    assert_eq!(outcomes(&phone.sync(&volunteer, json!([again])).await), [("applied", false)]);
    assert_eq!(
        server.supervisor().await.events("notice.read").await.len(),
        1,
        "the second time changes nothing"
    );
    tablet.sync(&volunteer, json!([])).await;
    others.sync(&other, json!([])).await;
    assert!(phone.rows[&key]["read_at"].is_string() && tablet.rows == phone.rows);
    assert!(others.rows[&key].get("read_at").is_none());
    let listed = async |caller: &Caller| caller.get("/v1/notices").await.body["items"][0].clone();
    assert!(listed(&volunteer).await["read_at"].is_string());
    assert!(listed(&other).await.get("read_at").is_none());
    phone.is_as_fresh(&volunteer).await;
    others.is_as_fresh(&other).await;

    // The notice of another grid does not exist for them.
    let away = server.other_volunteer().await;
    let results = Phone::default().sync(&away, json!([read])).await;
    assert_eq!(results[0]["problem"]["code"], "not_found", "{results:?}");
}
