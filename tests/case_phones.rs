//! Cases on phones: the ones that wait for the manager of a grid are rows until they move on.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::cases::{VILLAGE, open, server, step};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, OTHER_GRID, phones};

/// A repair that a manager finds and the village makes.
fn repair() -> Value {
    json!({
        "code": "repair", "name": "维修", "name_en": "Repair", "active": true, "steps": [
            { "code": "found", "name": "待核实", "name_en": "To be verified", "level": "grid", "days": 3,
              "moves": [{ "code": "pass", "name": "上报", "name_en": "Pass on", "to": "village" }] },
            { "code": "village", "name": "待维修", "name_en": "To be made", "level": "village", "moves": [
                { "code": "back", "name": "退回", "name_en": "Back", "to": "found", "effect": "return" },
                { "code": "done", "name": "修好", "name_en": "Done", "to": "done" }
            ] },
            { "code": "done", "name": "已办结", "name_en": "Done", "level": "village", "result": "done" }
        ]
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

    let found = json!({
        "kind": "repair", "beneficiary_id": BENEFICIARY, "source": "phone", "detail": "屋顶漏雨"
    });
    let case = open(&village, found).await;
    let id = case["id"].as_str().expect("an id");
    own.sync(&manager, json!([])).await;
    let row = &own.rows[&("case".to_owned(), id.to_owned())];
    assert_eq!(
        (&row["name"], &row["step"], &row["step_name"], &row["beneficiary_id"]),
        (&json!("维修"), &json!("found"), &json!("待核实"), &json!(BENEFICIARY))
    );
    assert_eq!((&row["due_on"], &row["may_come"][0]["move"]), (&case["due_on"], &json!("pass")));
    assert!(!row.to_string().contains("漏雨"), "no description: {row}");

    // It is removed when it moves on, and comes back with a higher version.
    step(&manager, &case, json!({ "move": "pass" }), "village").await;
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
