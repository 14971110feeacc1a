//! Calls about beneficiaries and proposals.

use serde_json::{Value, json};

use super::Keyed;
use crate::support::files::{BENEFICIARY, beneficiary_id, with_check_digit};
use crate::support::{Caller, GRID, OTHER_GRID};

/// The paths of the acceptance of a proposal of the manager and of the refusal of another.
async fn answers_to_proposals(manager: &Caller) -> [String; 2] {
    let mut paths = Vec::new();
    for (need, answer) in [("housing", "accept"), ("living", "refuse")] {
        let new = json!({ "beneficiary_id": BENEFICIARY, "need": need });
        let raised = manager.post("/v1/proposals", &new).await;
        assert_eq!(raised.status, 201, "{}", raised.body);
        let id = raised.body["id"].as_str().expect("an id");
        paths.push(format!("/v1/proposals/{id}/{answer}"));
    }
    paths.try_into().expect("two paths")
}

/// The calls that keep the entries of beneficiaries, in the order in which they are made.
pub(super) async fn calls_about_beneficiaries(manager: &Caller, supervisor: &Caller) -> Vec<Keyed> {
    let why = json!({ "reason": "登记有误" });
    let new = json!({
        "grid": GRID, "name": "周新", "phone": "13900000003", "address": "南门社区9号",
        "id_number": with_check_digit("99999919470101001"), "categories": ["combat_veteran"],
        "place": { "lat": 29.284, "lon": 106.251 }, "lives_alone": true, "mobility": "full",
        "contact": "visit", "plaque": "hung"
    });
    let home = json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.263 }
    });
    let end = json!({ "because": "moved_away", "day": "2026-11-01", "reason": "户籍迁出" });
    let correction = async |note: &str| {
        let path = format!("/v1/beneficiaries/{BENEFICIARY}/corrections");
        let proposed = manager.post(&path, &json!({ "note": note })).await;
        assert_eq!(proposed.status, 201, "{}", proposed.body);
        proposed.body["id"].as_str().expect("an id").to_owned()
    };
    let approval = format!("/v1/corrections/{}/approve", correction("一").await);
    let rejection = format!("/v1/corrections/{}/reject", correction("二").await);
    let of = |n, verb: &str| format!("/v1/beneficiaries/{}/{verb}", beneficiary_id(n));
    let [acceptance, refusal] = answers_to_proposals(manager).await;
    let held = manager.make_task(BENEFICIARY).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    let other_day = format!("/v1/tasks/{held}/proposals");
    let need = json!({ "beneficiary_id": BENEFICIARY, "need": "other" });
    let case = json!({
        "kind": "three_hardships", "class": "living", "beneficiary_id": BENEFICIARY,
        "source": "phone"
    });
    let opened = manager.post("/v1/cases", &case).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let moves = format!("/v1/cases/{}/moves", opened.body["id"].as_str().expect("an id"));
    let other_entry = json!({ "other_id": beneficiary_id(4) });
    let beneficiaries = [
        ("create_beneficiary", manager, "/v1/beneficiaries".to_owned(), new, None),
        ("correct_beneficiary", manager, of(1, "corrections"), json!({ "note": "三" }), None),
        ("approve_correction", supervisor, approval, Value::Null, Some("\"v1\"")),
        ("reject_correction", supervisor, rejection, why.clone(), Some("\"v1\"")),
        ("propose_day", manager, other_day, json!({ "day": "2027-01-04" }), None),
        ("raise_need", manager, "/v1/proposals".to_owned(), need, None),
        ("open_case", manager, "/v1/cases".to_owned(), case, None),
        ("move_case", manager, moves, json!({ "move": "check" }), Some("\"v1\"")),
        ("accept_proposal", supervisor, acceptance, json!({}), None),
        ("refuse_proposal", supervisor, refusal, why.clone(), None),
        ("move_beneficiary", supervisor, of(2, "move"), home, Some("\"v1\"")),
        ("end_beneficiary", supervisor, of(4, "end"), end, Some("\"v1\"")),
        ("reinstate_beneficiary", supervisor, of(4, "reinstate"), why.clone(), Some("\"v2\"")),
        ("merge_beneficiaries", supervisor, of(2, "merge"), other_entry.clone(), Some("\"v2\"")),
        ("undo_merge", supervisor, of(2, "merge/undo"), other_entry, Some("\"v3\"")),
        (
            "record_death",
            supervisor,
            of(3, "deceased"),
            json!({ "day": "2026-11-01" }),
            Some("\"v1\""),
        ),
    ];
    let keyed = beneficiaries.into_iter().map(|(operation, caller, path, body, version)| Keyed {
        operation,
        caller: caller.clone(),
        path,
        body,
        version,
    });
    keyed.collect()
}
