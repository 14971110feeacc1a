//! Hand-outs on phones: the planned ones of a grid as rows, and goods handed out without a connection.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{put_item, rice, stock, with_rice};
use crate::campaign::launched_campaign;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::phone::{Phone, command as task, task_for};
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

const VILLAGE: &str = "500116001002";

/// Plans a bag of rice for each beneficiary of the district.
pub(super) async fn rice_for_all(server: &Server) {
    let items = json!([{ "item": "rice", "quantity": 1 }]);
    let content = json!({ "kind": null, "items": items });
    let (.., campaign) = launched_campaign(server, content).await;
    assert_eq!(campaign["planned_handouts"], 6, "{campaign}");
}

/// The beneficiaries of the hand-outs in the copy.
pub(super) fn planned(phone: &Phone) -> Vec<String> {
    let rows = phone.rows.iter().filter(|((kind, _), _)| kind == "handout");
    let mut homes: Vec<String> = rows
        .map(|(_, row)| {
            assert_eq!(row["state"], "planned", "{row}");
            row["beneficiary_id"].as_str().expect("an id").to_owned()
        })
        .collect();
    homes.sort();
    homes
}

pub(super) fn homes(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| beneficiary_id(*number)).collect()
}

/// A command of an outbox about goods.
pub(super) fn command(word: &str, more: &Value) -> Value {
    let mut command =
        json!({ "id": Uuid::now_v7(), "type": word, "at": "2026-08-01T07:12:03+08:00" });
    for (name, value) in more.as_object().expect("fields") {
        command[name] = value.clone();
    }
    command
}

pub(super) fn hand_out(beneficiary: &str, more: &Value) -> Value {
    command("handout.hand_out", &json!({ "payload": rice(beneficiary, more) }))
}

pub(super) fn outcomes(results: &[Value]) -> Vec<(&str, bool)> {
    let outcome = |result: &Value| result["replayed"].as_bool().expect("a flag");
    results.iter().map(|one| (one["outcome"].as_str().expect("a word"), outcome(one))).collect()
}

/// The outcome, the code and the first pointer.
pub(super) fn refusal(result: &Value) -> (&str, &str, &str) {
    let problem = &result["problem"];
    (
        result["outcome"].as_str().expect("a word"),
        problem["code"].as_str().unwrap_or_default(),
        problem["errors"][0]["pointer"].as_str().unwrap_or_default(),
    )
}

pub(super) async fn about(caller: &Caller, home: &str, command: &str, body: &Value) {
    let path = format!("/v1/beneficiaries/{home}");
    let version = caller.get(&path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/{command}")).json(body);
    let done = caller.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_of_a_manager_has_the_planned_hand_outs_of_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [mut own, mut volunteers, mut whole] = [(); 3].map(|()| Phone::default());
    let mut other = Phone {
        selection: json!({ "area": OTHER_GRID, "types": ["handout"] }),
        ..Phone::default()
    };
    own.sync(&manager, json!([])).await;
    volunteers.sync(&volunteer, json!([])).await;
    whole.sync(&supervisor, json!([])).await;
    other.sync(&supervisor, json!([])).await;
    let item = ("goods_item".to_owned(), "rice".to_owned());
    assert_eq!((&own.rows[&item]["unit"], planned(&own)), (&json!("袋"), vec![]));
    assert!(volunteers.rows.contains_key(&item), "volunteers hand out too");

    rice_for_all(&server).await;
    own.sync(&manager, json!([])).await;
    assert_eq!(planned(&own), homes(&[1, 2, 3]));
    volunteers.sync(&volunteer, json!([])).await;
    whole.sync(&supervisor, json!([])).await;
    other.sync(&supervisor, json!([])).await;
    assert_eq!((planned(&volunteers), planned(&whole)), (vec![], vec![]), "one grid at a time");
    assert_eq!(planned(&other), homes(&[4]));
    let mut page = Phone { selection: json!({ "types": ["handout"] }), ..Phone::default() };
    page.sync(&manager, json!([])).await;
    assert_eq!((planned(&page), page.rows.len()), (homes(&[1, 2, 3]), 3));

    // Handed out, moved, ended and reinstated.
    let handed = manager.post("/v1/handouts", &rice(&beneficiary_id(2), &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    let to = json!({
        "grid": OTHER_GRID, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": 106.263 },
    });
    about(&supervisor, BENEFICIARY, "move", &to).await;
    own.sync(&manager, json!([])).await;
    other.sync(&supervisor, json!([])).await;
    assert_eq!((planned(&own), planned(&other)), (homes(&[3]), homes(&[1, 4])));
    let died = json!({ "day": day(0) });
    about(&supervisor, &beneficiary_id(3), "deceased", &died).await;
    own.sync(&manager, json!([])).await;
    assert_eq!(planned(&own), homes(&[]));
    // Staff and the progress of the campaign see that the goods stay.
    let path = format!("/v1/handouts?beneficiary_id={}", beneficiary_id(3));
    let of_dead = manager.get(&path).await.body;
    let now = |of: &Value, field: &str| of["items"][0][field].clone();
    assert_eq!(
        (now(&of_dead, "state"), now(&of_dead, "reason")),
        (json!("returned"), json!("deceased")),
        "{of_dead}"
    );
    about(&supervisor, &beneficiary_id(3), "reinstate", &json!({ "reason": "登记有误" })).await;
    let unit = json!({ "unit": "包" });
    let path = "/v1/goods/items/rice";
    let put = admin.request(Method::PUT, path).header("If-Match", "\"v1\"");
    assert_eq!(admin.send(put.json(&crate::goods::item(&unit))).await.status, 200);
    own.sync(&manager, json!([])).await;
    assert_eq!((planned(&own), &own.rows[&item]["unit"]), (homes(&[3]), &json!("包")));
    own.is_as_fresh(&manager).await;
    other.is_as_fresh(&supervisor).await;
    volunteers.sync(&volunteer, json!([])).await;
    volunteers.is_as_fresh(&volunteer).await;
    let put = admin.request(Method::PUT, path).header("If-Match", "\"v2\"");
    let put = put.json(&crate::goods::item(&json!({ "active": false })));
    assert_eq!(admin.send(put).await.status, 200);
    own.sync(&manager, json!([])).await;
    assert!(!own.rows.contains_key(&item));
    own.is_as_fresh(&manager).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_has_the_planned_hand_outs_of_those_to_be_visited_while_the_visit_lasts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [first, second] = [task_for(&server, 1).await, task_for(&server, 2).await];
    let mut phone = Phone::default();
    let results = phone.sync(&volunteer, json!([task("task.claim", &first, json!({}))])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    rice_for_all(&server).await;
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[1]), "not those of the visit in the pool");
    phone.is_as_fresh(&volunteer).await;

    // A claimed visit brings them, and the goods are handed over without a network.
    let claim = task("task.claim", &second, json!({}));
    let receipt = json!({ "receipt": { "signed_by": "王小明" } });
    phone.sync(&volunteer, json!([claim])).await;
    assert_eq!(planned(&phone), homes(&[1, 2]));
    let results = phone.sync(&volunteer, json!([hand_out(&beneficiary_id(2), &receipt)])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    assert_eq!((planned(&phone), stock(&supervisor, VILLAGE).await), (homes(&[1]), 8));

    // Of what is handed out to others the phone learns nothing.
    let other = manager.post("/v1/handouts", &rice(&beneficiary_id(3), &json!({}))).await;
    assert_eq!(other.status, 201, "{}", other.body);
    phone.sync(&volunteer, json!([])).await;
    let id = other.body["id"].as_str().expect("an id").to_owned();
    assert!(!phone.removed.contains(&("handout".to_owned(), id)));

    // A visit that is given back, or done, takes them along.
    let release = task("task.release", &first, json!({}));
    phone.sync(&volunteer, json!([release])).await;
    assert_eq!(planned(&phone), homes(&[]));
    let again = task("task.claim", &first, json!({}));
    phone.sync(&volunteer, json!([again])).await;
    assert_eq!(planned(&phone), homes(&[1]));
    let report = task("task.report", &first, json!({ "outcome": "done" }));
    phone.sync(&volunteer, json!([report])).await;
    assert_eq!(planned(&phone), homes(&[]));
    let mut page = Phone { selection: json!({ "types": ["handout"] }), ..Phone::default() };
    page.sync(&volunteer, json!([])).await;
    assert_eq!(page.rows.len(), 0);
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_handed_out_without_a_connection_are_recorded_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    rice_for_all(&server).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    assert_eq!(planned(&phone), homes(&[1, 2, 3]));

    let first =
        hand_out(BENEFICIARY, &json!({ "receipt": { "signed_by": "王芳", "relation": "女儿" } }));
    for replayed in [false, true] {
        let results = phone.sync(&manager, json!([first])).await;
        assert_eq!(outcomes(&results), [("applied", replayed)], "{results:?}");
        assert_eq!(results[0]["version"], 2, "the planned one");
    }
    assert_eq!((planned(&phone), stock(&supervisor, VILLAGE).await), (homes(&[2, 3]), 8));
    let listed = manager.get(&format!("/v1/handouts?beneficiary_id={BENEFICIARY}")).await.body;
    let handed = &listed["items"][0];
    assert_eq!(
        (&handed["state"], &handed["at"]),
        (&json!("handed_out"), &json!("2026-08-01T07:12:03+08:00"))
    );
    assert!(handed["campaign_id"].is_string(), "{handed}");
    let id = handed["id"].as_str().expect("an id");
    let read = manager.get(&format!("/v1/handouts/{id}")).await.body;
    assert_eq!(read["receipt"]["signed_by"], "王芳");
    assert_eq!(supervisor.events("handout.hand_out").await[0]["device"], "test");

    // A call with the same id is the same command.
    let key = first["id"].as_str().expect("an id");
    let call = manager.request(Method::POST, "/v1/handouts").header("Idempotency-Key", key);
    let call = manager.send(call.json(&first["payload"])).await;
    assert_eq!((call.status, &call.body["id"]), (201, &handed["id"]), "{}", call.body);
    assert_eq!(call.headers["Idempotency-Replayed"], "true");

    // What is refused before the visit is the person's stays refused.
    let mut helper = Phone::default();
    let early = hand_out(BENEFICIARY, &json!({ "occasion": "army_day_2027" }));
    let refused = helper.sync(&volunteer, json!([early])).await;
    assert_eq!(refusal(&refused[0]), ("rejected", "invalid", "/payload/beneficiary_id"));
    volunteer.visits(BENEFICIARY, &manager).await;
    let mut repeated = helper.sync(&volunteer, json!([early])).await;
    assert_eq!(repeated[0]["replayed"].take(), true);
    repeated[0]["replayed"] = json!(false);
    assert_eq!(repeated, refused);

    // Another person has handed it out already; a refused one stops no other.
    let again = hand_out(BENEFICIARY, &json!({}));
    let army_day = hand_out(BENEFICIARY, &json!({ "occasion": "army_day_2027" }));
    for replayed in [false, true] {
        let results = helper.sync(&volunteer, json!([again, army_day])).await;
        assert_eq!(
            outcomes(&results),
            [("rejected", replayed), ("applied", replayed)],
            "{results:?}"
        );
        assert_eq!(refusal(&results[0]).1, "handout_done");
        assert_eq!(results[0]["problem"]["current"], Value::Null, "by another person");
    }
    let path = format!("/v1/handouts/{}", army_day["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.status, 200, "a new one has the id of its command");
    assert_eq!(stock(&supervisor, VILLAGE).await, 7);
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_out_that_cannot_be_is_refused_where_it_is_and_returns_are_commands_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 1).await;
    let manager = server.manager().await;
    put_item(&admin, "letter", &json!({ "needs_receipt": false })).await;
    rice_for_all(&server).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let ids: Vec<String> = phone
        .rows
        .iter()
        .filter(|((kind, _), row)| kind == "handout" && row["beneficiary_id"] == BENEFICIARY)
        .map(|((_, id), _)| id.clone())
        .collect();
    let [id] = &ids[..] else { panic!("{ids:?}") };
    let withdrawn = json!({ "reason": "withdrawn" });
    let back = supervisor.post(&format!("/v1/handouts/{id}/return"), &withdrawn).await;
    assert_eq!(back.status, 200, "{}", back.body);
    let results = phone
        .sync(
            &manager,
            json!([
                hand_out(BENEFICIARY, &json!({})),
                hand_out(&beneficiary_id(2), &json!({ "receipt": null })),
                hand_out(FAR_BENEFICIARY, &json!({})),
                hand_out(&beneficiary_id(2), &json!({ "quantity": 2 })),
                hand_out(&beneficiary_id(2), &json!({ "quantity": 0 })),
                command("handout.return", &json!({ "payload": { "reason": "absent" } })),
                command(
                    "handout.return",
                    &json!({
                        "handout_id": Uuid::now_v7(), "payload": { "reason": "absent" }
                    })
                ),
                command(
                    "handout.return",
                    &json!({ "handout_id": id, "payload": { "reason": "restored" } })
                ),
            ]),
        )
        .await;
    let refused: Vec<_> = results.iter().map(refusal).collect();
    assert_eq!(
        refused,
        [
            ("rejected", "handout_withdrawn", ""),
            ("rejected", "invalid", "/payload/receipt"),
            ("rejected", "invalid", "/payload/beneficiary_id"),
            ("rejected", "goods_short", "/payload/quantity"),
            ("rejected", "invalid", "/payload/quantity"),
            ("rejected", "invalid", "/handout_id"),
            ("rejected", "not_found", ""),
            ("rejected", "forbidden", "/payload/reason"),
        ]
    );
    assert_eq!((planned(&phone), stock(&supervisor, VILLAGE).await), (homes(&[2, 3]), 1));
    let second = phone
        .rows
        .iter()
        .find(|((kind, _), row)| kind == "handout" && row["beneficiary_id"] == beneficiary_id(2));
    let second = second.map(|((_, id), _)| id.clone()).expect("a hand-out");
    let give_back = command(
        "handout.return",
        &json!({ "handout_id": second, "payload": { "reason": "absent" } }),
    );
    for replayed in [false, true] {
        let results = phone.sync(&manager, json!([give_back])).await;
        assert_eq!(outcomes(&results), [("applied", replayed)], "{results:?}");
    }
    assert_eq!(planned(&phone), homes(&[3]));
    let payload = rice(&beneficiary_id(2), &json!({}));
    let later = json!({ "at": "2026-08-01T09:00:00+08:00", "payload": payload });
    let again = command("handout.hand_out", &later);
    let late = command(
        "handout.return",
        &json!({ "handout_id": second, "payload": { "reason": "absent" } }),
    );
    let results = phone.sync(&manager, json!([again, late])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
    assert_eq!(refusal(&results[1]), ("rejected", "handout_done", ""), "it was made before");
    let volunteer = server.other_volunteer().await;
    let outside = hand_out(&beneficiary_id(3), &json!({}));
    let results = Phone::default().sync(&volunteer, json!([outside])).await;
    assert_eq!(refusal(&results[0]), ("rejected", "invalid", "/payload/beneficiary_id"), "{GRID}");
    phone.is_as_fresh(&manager).await;
}
