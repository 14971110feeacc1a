//! Cases on phones: the ones that wait for the manager of a grid are rows until they move on.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{VILLAGE, open, read, server, step};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, OTHER_GRID, phones};

/// A repair that a manager finds and the village makes.
fn repair() -> Value {
    json!({
        "code": "repair", "name": "维修", "name_en": "Repair", "active": true, "steps": [
            { "code": "found", "name": "待核实", "name_en": "To be verified", "level": "grid", "days": 3,
              "form": { "type": "object", "required": ["seen"], "properties": {
                  "seen": {
                      "type": "boolean", "title": "已到家中", "x-title-en": "Seen at home", "x-order": 1
                  } } },
              "documents": [{ "code": "photo", "name": "照片", "name_en": "Photo" }],
              "amount": true, "referrals": [{ "code": "firm", "name": "维修队", "name_en": "Repair firm" }],
              "moves": [
                { "code": "pass", "name": "上报", "name_en": "Pass on", "to": "village" },
                { "code": "drop", "name": "不需要", "name_en": "Not needed", "to": "dropped" }
              ] },
            { "code": "village", "name": "待维修", "name_en": "To be made", "level": "village", "moves": [
                { "code": "back", "name": "退回", "name_en": "Back", "to": "found", "effect": "return" },
                { "code": "done", "name": "修好", "name_en": "Done", "to": "done" }
            ] },
            { "code": "done", "name": "已办结", "name_en": "Done", "level": "village", "result": "done" },
            { "code": "dropped", "name": "已终止", "name_en": "Dropped", "level": "grid", "result": "dropped" }
        ]
    })
}

/// Finds a leaking roof, as the staff of the village.
async fn leak(village: &Caller) -> Value {
    let found = json!({
        "kind": "repair", "beneficiary_id": BENEFICIARY, "source": "phone", "detail": "屋顶漏雨"
    });
    open(village, found).await
}

/// A move of the case in an outbox, based on this version.
fn moving(case: &Value, base: i64, payload: &Value) -> Value {
    json!({
        "id": Uuid::now_v7(), "type": "case.move", "case_id": case["id"], "base_version": base,
        "at": "2026-08-01T07:12:03+08:00", "payload": payload
    })
}

/// A matter that these roles alone see.
fn secret(roles: &[&str]) -> Value {
    json!({
        "name": "家事", "name_en": "Family matter", "active": true, "confidential_to": roles, "steps": [
            { "code": "asked", "name": "待处理", "name_en": "Asked", "level": "grid",
              "moves": [{ "code": "end", "name": "办结", "name_en": "End", "to": "ended" }] },
            { "code": "ended", "name": "已办结", "name_en": "Ended", "level": "grid", "result": "done" }
        ]
    })
}

/// The ids of the cases in the copy.
fn waiting(phone: &Phone) -> Vec<&str> {
    let rows = phone.rows.keys().filter(|(kind, _)| kind == "case");
    rows.map(|(_, id)| id.as_str()).collect()
}

async fn about(caller: &Caller, home: &str, command: &str, body: &Value) {
    let path = format!("/v1/beneficiaries/{home}");
    let version = caller.get(&path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/{command}")).json(body);
    let done = caller.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_has_the_cases_that_wait_for_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager, volunteer) =
        (server.admin().await, server.manager().await, server.volunteer().await);
    let (village, there) =
        (server.sign_in(VILLAGE).await, server.sign_in(phones::OTHER_MANAGER).await);
    assert_eq!(admin.post("/v1/case-kinds", &repair()).await.status, 201);
    let mut kind = secret(&["manager", "supervisor", "admin"]);
    kind["code"] = json!("secret");
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let [mut own, mut other, mut helper] = [(); 3].map(|()| Phone::default());
    for (phone, caller) in [(&mut own, &manager), (&mut other, &there), (&mut helper, &volunteer)] {
        phone.sync(caller, json!([])).await;
    }

    let case = leak(&village).await;
    let id = case["id"].as_str().expect("an id");
    own.sync(&manager, json!([])).await;
    let row = &own.rows[&("case".to_owned(), id.to_owned())];
    assert_eq!(
        (&row["name"], &row["step"], &row["step_name"], &row["beneficiary_id"]),
        (&json!("维修"), &json!("found"), &json!("待核实"), &json!(BENEFICIARY))
    );
    assert_eq!((&row["due_on"], &row["may_come"][0]["move"]), (&case["due_on"], &json!("pass")));
    let undone = |n: usize| row["may_come"][n].get("leaves_undone").cloned();
    assert_eq!(
        (undone(0), undone(1)),
        (None, Some(json!(true))),
        "a case is dropped without answers"
    );
    assert_eq!(row["form"]["properties"]["seen"]["title"], "已到家中");
    assert_eq!((&row["amount"], &row["referrals"][0]["code"]), (&json!(true), &json!("firm")));
    assert_eq!(
        row["documents"],
        json!([{ "code": "photo", "name": "照片", "name_en": "Photo" }]),
        "a manager without a network knows what to photograph"
    );
    assert!(!row.to_string().contains("漏雨"), "no description: {row}");

    // It is removed when it moves on, and comes back with a higher version.
    step(&manager, &case, json!({ "move": "pass", "answers": { "seen": true } }), "village").await;
    own.sync(&manager, json!([])).await;
    assert_eq!(waiting(&own), [""; 0]);
    step(&village, &case, json!({ "move": "back" }), "found").await;
    let family = json!({ "kind": "secret", "beneficiary_id": BENEFICIARY, "source": "phone", "detail": "x" });
    let hidden = open(&manager, family).await;
    let hidden = hidden["id"].as_str().expect("an id");
    for (phone, caller) in [(&mut own, &manager), (&mut other, &there), (&mut helper, &volunteer)] {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    let mut both = [id, hidden];
    both.sort_unstable();
    assert_eq!((waiting(&own), waiting(&other), waiting(&helper)), (both.to_vec(), vec![], vec![]));

    // They follow the beneficiary, also into another entry and back.
    let supervisor = server.supervisor().await;
    let to = json!({
        "grid": OTHER_GRID, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": 106.263 },
    });
    about(&supervisor, BENEFICIARY, "move", &to).await;
    let third = beneficiary_id(3);
    let entries = json!({ "other_id": BENEFICIARY });
    for (command, at) in [("", "there"), ("merge", "here"), ("merge/undo", "there")] {
        if !command.is_empty() {
            about(&supervisor, &third, command, &entries).await;
        }
        for (phone, caller) in [(&mut own, &manager), (&mut other, &there)] {
            phone.sync(caller, json!([])).await;
            phone.is_as_fresh(caller).await;
        }
        let (here, elsewhere) = (waiting(&own).len(), waiting(&other).len());
        let expected = if at == "here" { (2, 0) } else { (0, 2) };
        assert_eq!((here, elsewhere), expected, "{command}");
    }
    let exchanged = admin.events("case.exchange").await;
    assert_eq!(exchanged.len(), 4, "{exchanged:?}");
    let named = exchanged.iter().filter(|event| event["body"]["kind"] == "repair");
    assert_eq!(named.count(), 2, "a confidential case is not named");

    // A kind that becomes confidential takes its cases from the phones of others.
    let mut staff =
        Phone { selection: json!({ "area": OTHER_GRID, "types": ["case"] }), ..Phone::default() };
    staff.sync(&supervisor, json!([])).await;
    assert_eq!(waiting(&staff), both);
    let narrowed = secret(&["manager", "admin"]);
    let put = admin.request(Method::PUT, "/v1/case-kinds/secret").header("If-Match", "\"v1\"");
    let put = admin.send(put.json(&narrowed)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    for (phone, caller) in [(&mut staff, &supervisor), (&mut other, &there)] {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    assert_eq!((waiting(&staff), waiting(&other)), (vec![id], both.to_vec()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_learns_nothing_of_a_confidential_case_that_was_never_sent(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let mut kind = secret(&["supervisor", "admin"]);
    kind["code"] = json!("secret");
    for step in [0, 1] {
        kind["steps"][step]["level"] = json!("village");
    }
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let found = json!({ "kind": "secret", "beneficiary_id": BENEFICIARY, "source": "phone", "detail": "x" });
    let case = open(&admin, found).await;
    let to = json!({
        "grid": OTHER_GRID, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": 106.263 },
    });
    about(&server.supervisor().await, BENEFICIARY, "move", &to).await;
    phone.sync(&manager, json!([])).await;
    let row = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    assert!(phone.removed.contains(&row("beneficiary", BENEFICIARY)));
    assert!(!phone.removed.contains(&row("case", case["id"].as_str().expect("an id"))));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_moved_without_a_connection_once_and_by_the_rules_of_the_call(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let (village, volunteer) = (server.sign_in(VILLAGE).await, server.volunteer().await);
    let there = server.sign_in(phones::OTHER_MANAGER).await;
    assert_eq!(admin.post("/v1/case-kinds", &repair()).await.status, 201);
    let mut kind = secret(&["supervisor", "admin"]);
    kind["code"] = json!("secret");
    for step in [0, 1] {
        kind["steps"][step]["level"] = json!("village");
    }
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let case = leak(&village).await;
    let of_others = json!({ "kind": "secret", "beneficiary_id": BENEFICIARY, "source": "phone", "detail": "x" });
    let hidden = open(&admin, of_others).await;

    // What the call refuses, the command refuses.
    let mut phone = Phone::default();
    let pass = json!({ "move": "pass", "note": "已到家中查看", "answers": { "seen": true } });
    let mut unnamed = moving(&case, 1, &pass);
    unnamed.as_object_mut().expect("a command").remove("case_id");
    let mut baseless = moving(&case, 1, &pass);
    baseless.as_object_mut().expect("a command").remove("base_version");
    let outbox = json!([
        unnamed,
        baseless,
        moving(&case, 7, &pass),
        moving(&case, 1, &json!({ "move": "pass" })),
        moving(&case, 1, &json!({ "move": "done" })),
        moving(&hidden, 1, &json!({ "move": "end" })),
    ]);
    let first = phone.sync(&manager, outbox.clone()).await;
    let refused: Vec<_> = first.iter().map(refusal).collect();
    assert_eq!(
        refused,
        [
            ("invalid", "/case_id"),
            ("version_required", ""),
            ("version_conflict", ""),
            ("invalid", "/payload/answers/seen"),
            ("case_move_not_permitted", ""),
            ("not_found", ""),
        ]
    );
    for caller in [&volunteer, &there] {
        let results = Phone::default().sync(caller, json!([moving(&case, 1, &pass)])).await;
        let problem = &results[0]["problem"];
        assert!(problem.get("current").is_none(), "{problem}");
        assert!(["forbidden", "not_found"].contains(&refusal(&results[0]).0), "{problem}");
    }

    let command = moving(&case, 1, &pass);
    for replayed in [false, true] {
        let results = phone.sync(&manager, json!([command])).await;
        let result = &results[0];
        assert_eq!((&result["outcome"], &result["version"]), (&json!("applied"), &json!(2)));
        assert_eq!(result["replayed"], replayed, "{result}");
    }
    assert_eq!(waiting(&phone), [""; 0]);
    let after = read(&village, &case).await;
    assert_eq!((&after["step"], &after["history"][1]["note"]), (&json!("village"), &pass["note"]));
    assert_eq!(admin.events("case.move").await[0]["device"], "test");

    // A refusal is final, whatever has become of the case; a command that cannot be read is read anew.
    let repeated = phone.sync(&manager, outbox).await;
    assert_eq!(repeated.iter().map(refusal).collect::<Vec<_>>(), refused);
    let replayed: Vec<_> = repeated.iter().map(|one| one["replayed"] == json!(true)).collect();
    assert_eq!(replayed, [false, true, true, true, true, true]);

    // A call with the same id is the same command.
    let path = format!("/v1/cases/{}/moves", case["id"].as_str().expect("an id"));
    let key = command["id"].as_str().expect("an id");
    let call = manager.request(Method::POST, &path).header("Idempotency-Key", key);
    let call = manager.send(call.header("If-Match", "\"v1\"").json(&pass)).await;
    assert_eq!(call.status, 200, "{}", call.body);
    assert_eq!(call.headers["Idempotency-Replayed"], "true");
    phone.is_as_fresh(&manager).await;
}

/// The code and the first pointer of a refused command.
fn refusal(result: &Value) -> (&str, &str) {
    assert_eq!(result["outcome"], "rejected", "{result}");
    let problem = &result["problem"];
    let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
    (problem["code"].as_str().expect("a code"), pointer)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_case_that_has_risen_stays_with_the_grid_that_may_still_act(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let village = server.sign_in(VILLAGE).await;
    assert_eq!(admin.post("/v1/case-kinds", &repair()).await.status, 201);
    let case = leak(&village).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    server.database.execute("UPDATE cases SET due_on = '2026-01-05', escalates_on = '2026-01-06'");
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    assert!(said(&run.expect("the job runs")).contains("1 processed"));
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;
    let row = phone.rows.get(&("case".to_owned(), case["id"].as_str().expect("an id").to_owned()));
    let row = row.expect("the case");
    assert_eq!((&row["step"], &row["waits_for"]), (&json!("found"), &json!("village")));

    // A case that rises no more stays at its version.
    server.database.execute("UPDATE cases SET waits_for = 'district', escalates_on = '2026-01-06'");
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    assert!(said(&run.expect("the job runs")).contains("1 processed"));
    assert_eq!(server.database.count("cases WHERE escalates_on IS NULL AND version = 2"), 1);

    // It was decided before the case rose: that changed nothing of its step. A call names the present version.
    let drop = json!({ "move": "drop", "note": "已自行修好" });
    let path = format!("/v1/cases/{}/moves", case["id"].as_str().expect("an id"));
    let call = manager.request(Method::POST, &path).header("If-Match", "\"v1\"").json(&drop);
    assert_eq!(manager.send(call).await.problem(), "version_conflict");
    let results = phone.sync(&manager, json!([moving(&case, 1, &drop)])).await;
    assert_eq!((&results[0]["outcome"], waiting(&phone)), (&json!("applied"), vec![]));
    phone.is_as_fresh(&manager).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_offers_no_move_to_one_who_opened_the_case_where_another_person_must_act(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let village = server.sign_in(VILLAGE).await;
    let mut kind = repair();
    kind["steps"][0]["two_people"] = json!(true);
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let (own, other) = (leak(&manager).await, leak(&village).await);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let offered = |phone: &Phone, case: &Value| {
        let id = case["id"].as_str().expect("an id").to_owned();
        phone.rows[&("case".to_owned(), id)]["may_come"].as_array().expect("moves").len()
    };
    assert_eq!((offered(&phone, &own), offered(&phone, &other)), (0, 2));
    let drop = json!({ "move": "drop" });
    let results = phone.sync(&manager, json!([moving(&own, 1, &drop)])).await;
    assert_eq!(refusal(&results[0]).0, "case_same_person");
    phone.is_as_fresh(&manager).await;
}
