//! The honour plaque (光荣牌): hung with its number, checked, replaced after damage, withdrawn and restored
//! by the district.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{install, report, server, task_of};
use crate::cases::{VILLAGE, go, open, read, step};
use crate::goods::{item, receive};
use crate::regime_cadences::change;
use crate::regimes::{night, with};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

const CONFIGURATION: &str = include_str!("../../docs/services/honour_plaque.json");
const STATION: &str = "500116001002";

async fn hang(caller: &Caller, serial: &str) -> Answer {
    let body = json!({
        "beneficiary_id": BENEFICIARY, "item": "plaque", "serial": serial,
        "receipt": { "signed_by": "王小明" }
    });
    caller.post("/v1/handouts", &body).await
}

async fn take_back(caller: &Caller, handout: &Value, reason: &str) -> Answer {
    decide(caller, handout, json!({ "reason": reason })).await
}

/// Returns the plaque for the reason and by the case of the body.
async fn decide(caller: &Caller, handout: &Value, body: Value) -> Answer {
    let path = format!("/v1/handouts/{}/return", handout["id"].as_str().expect("an id"));
    caller.post(&path, &body).await
}

/// A case of this class for the beneficiary that the district has granted and the grid has carried out; its id.
async fn granted(server: &Server, class: &str, beneficiary: &str) -> Value {
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let new = json!({
        "kind": "plaque", "class": class, "beneficiary_id": beneficiary, "source": "application"
    });
    let case = open(&village, new).await;
    let reason = json!({ "move": "check", "answers": { "reason": "依规定" } });
    step(&village, &case, reason, "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    step(&server.supervisor().await, &case, json!({ "move": "approve" }), "carry_out").await;
    let done = json!({ "move": "done", "answers": {} });
    step(&server.manager().await, &case, done, "closed").await;
    case["id"].clone()
}

/// The document whose plaque the district withdraws without a case.
fn without_cases() -> String {
    let mut document: Value = serde_json::from_str(CONFIGURATION).expect("a document");
    let rule = document["goods"][0]["plaque"].as_object_mut().expect("a rule");
    rule.retain(|field, _| field != "withdrawal" && field != "restoration");
    document.to_string()
}

/// The entry says that the plaque is still to be hung.
async fn is_to_come(caller: &Caller, home: &str) {
    change(caller, Method::PATCH, home, "", &json!({ "plaque": "pending" })).await;
}

/// Where a person lives who has no entry in the register.
fn stranger() -> Value {
    json!({ "beneficiary_id": null, "area": GRID })
}

/// The state of the plaque in the entry.
async fn plaque(caller: &Caller) -> String {
    let entry = caller.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    entry["plaque"].as_str().expect("a state").to_owned()
}

/// Those of the first grid who are entitled to a plaque, and those of them who have it.
async fn coverage(caller: &Caller) -> [i64; 2] {
    let path = format!("/v1/goods/items/plaque/coverage?area={STATION}");
    let counted = caller.get(&path).await.body;
    let grid = counted["areas"].as_array().expect("grids").iter().find(|one| one["area"] == GRID);
    let grid = grid.unwrap_or_else(|| panic!("{counted}"));
    ["entitled", "covered"].map(|field| grid[field].as_i64().expect("a number"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plaque_is_hung_replaced_withdrawn_and_restored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let village = server.sign_in(VILLAGE).await;
    install(&server, CONFIGURATION).await;
    receive(&supervisor, "plaque", STATION, 5).await;
    is_to_come(&supervisor, BENEFICIARY).await;
    assert_eq!(coverage(&town).await, [3, 2]);
    // One who is not entitled does not count, and gets none.
    let civilian = json!({ "categories": ["retired_army_staff"] });
    change(&supervisor, Method::PATCH, &beneficiary_id(3), "", &civilian).await;
    assert_eq!(coverage(&town).await, [2, 1]);
    let to_third = json!({
        "beneficiary_id": beneficiary_id(3), "item": "plaque", "serial": "JJ-0009",
        "receipt": { "signed_by": "王小明" }
    });
    let refused = manager.post("/v1/handouts", &to_third).await;
    assert_eq!((refused.status, refused.problem()), (409, "handout_not_entitled"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/beneficiary_id");
    // The family applies, and the district grants it; one that is not entitled is refused.
    let apply = |id: &str| {
        json!({
            "kind": "plaque", "class": "hang", "beneficiary_id": id, "source": "application"
        })
    };
    let nameless = village.post("/v1/cases", &with(&apply(""), &stranger())).await;
    let pointer = &nameless.body["errors"][0]["pointer"];
    assert_eq!((nameless.status, pointer), (422, &json!("/beneficiary_id")), "in the register");
    let (asked, other) = (open(&village, apply(BENEFICIARY)).await, beneficiary_id(2));
    let unentitled = open(&village, apply(&other)).await;
    for case in [&asked, &unentitled] {
        let reason = json!({ "move": "check", "answers": { "reason": "新发" } });
        step(&village, case, reason, "review").await;
        step(&town, case, json!({ "move": "submit" }), "decision").await;
    }
    step(&supervisor, &unentitled, json!({ "move": "refuse", "note": "不符合条件" }), "refused")
        .await;
    assert_eq!(read(&village, &unentitled).await["result"], "refused");
    let early = go(&manager, &asked, json!({ "move": "done", "answers": {} })).await;
    assert_eq!((early.status, early.problem()), (409, "case_move_not_permitted"), "not granted");
    step(&supervisor, &asked, json!({ "move": "approve" }), "carry_out").await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let handed = hang(&manager, "JJ-0001").await;
    assert_eq!((handed.status, &handed.body["serial"]), (201, &json!("JJ-0001")));
    // The entry follows the hand-out, on phones too; the log names the day and the number.
    assert_eq!(plaque(&manager).await, "hung");
    assert_eq!(coverage(&town).await, [2, 2]);
    phone.sync(&manager, json!([])).await;
    assert_eq!(phone.household(BENEFICIARY).expect("a home")["plaque"], "hung");
    let changed = supervisor.events("beneficiary.change").await;
    let by_handout = changed.iter().find(|event| event["body"]["handout"].is_string());
    let body = &by_handout.expect("a change by the hand-out")["body"];
    assert_eq!((&body["handout"], &body["fields"]), (&handed.body["id"], &json!(["plaque"])));
    let day = handed.body["at"].as_str().expect("a time")[..10].to_owned();
    assert_eq!((&body["serial"], &body["on"]), (&json!("JJ-0001"), &json!(day)), "{body}");
    let signed = json!({ "move": "done", "answers": { "signed_by": "王小明" } });
    step(&manager, &asked, signed, "closed").await;
    assert_eq!(read(&village, &asked).await["result"], "granted");

    // The round finds damage: the entry changes, and a case to replace the plaque is opened.
    assert!(night(&server).contains("succeeded, 6 processed"));
    let round = task_of(&supervisor, "光荣牌每年巡查", BENEFICIARY).await;
    let damaged = json!({ "answers": { "plaque": "damaged" } });
    report(&server.volunteer().await, &round, damaged).await;
    assert_eq!(coverage(&town).await, [2, 1]);
    let cases = town.get("/v1/cases?kind=plaque").await.body;
    let case = cases["items"][0].clone();
    assert_eq!((&case["class"], &case["source"]), (&json!("replace"), &json!("report")));
    let reason = json!({ "move": "check", "answers": { "reason": "破损" } });
    step(&village, &case, reason, "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    step(&supervisor, &case, json!({ "move": "approve" }), "carry_out").await;
    assert_eq!(take_back(&manager, &handed.body, "damaged").await.status, 200);
    assert_eq!(plaque(&manager).await, "damaged");
    assert_eq!(hang(&manager, "JJ-0002").await.status, 201);
    assert_eq!(plaque(&manager).await, "hung");
    assert_eq!(coverage(&town).await, [2, 2]);
    step(&manager, &case, json!({ "move": "done", "answers": {} }), "closed").await;

    // The district withdraws it; it is not hung again before the district has restored the right.
    let by_town = take_back(&town, &handed.body, "withdrawn").await;
    assert_eq!((by_town.status, by_town.problem()), (403, "forbidden"), "{}", by_town.body);
    let early = take_back(&supervisor, &handed.body, "restored").await;
    assert_eq!((early.status, early.problem()), (422, "invalid"));
    // A granted case of the beneficiary decides it, no other.
    let by_case = |reason: &str, case: &Value| json!({ "reason": reason, "case_id": case });
    let other = granted(&server, "withdraw", &beneficiary_id(2)).await;
    let replaced = &case["id"];
    for body in [
        json!({ "reason": "withdrawn" }),
        by_case("withdrawn", &other),
        by_case("withdrawn", replaced),
        by_case("moved", replaced),
    ] {
        let refused = decide(&supervisor, &handed.body, body).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/case_id")), "{}", refused.body);
    }
    let decided = granted(&server, "withdraw", BENEFICIARY).await;
    let withdrawn = decide(&supervisor, &handed.body, by_case("withdrawn", &decided)).await;
    assert_eq!((withdrawn.status, &withdrawn.body["reason"]), (200, &json!("withdrawn")));
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["case_id"], decided);
    assert_eq!(plaque(&manager).await, "withdrawn");
    assert_eq!(coverage(&town).await, [2, 1]);
    for caller in [&manager, &supervisor] {
        let again = hang(caller, "JJ-0003").await;
        assert_eq!((again.status, again.problem()), (409, "handout_withdrawn"));
        assert_eq!(again.body["current"]["reason"], "withdrawn");
    }
    let moved = take_back(&manager, &handed.body, "moved").await;
    assert_eq!((moved.status, &moved.body["reason"]), (200, &json!("withdrawn")), "stays");
    let same = take_back(&supervisor, &handed.body, "restored").await;
    assert_eq!((same.status, same.problem()), (403, "forbidden"), "another person decides");
    assert_eq!(take_back(&admin, &handed.body, "restored").await.status, 422, "a case decides");
    let restored = granted(&server, "restore", BENEFICIARY).await;
    let restored = decide(&admin, &handed.body, by_case("restored", &restored)).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(plaque(&manager).await, "pending");
    assert_eq!(hang(&manager, "JJ-0003").await.status, 201);
    assert_eq!(plaque(&manager).await, "hung");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plaque_of_a_duplicate_belongs_to_the_entry_that_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    install(&server, &without_cases()).await;
    receive(&supervisor, "plaque", STATION, 5).await;
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        is_to_come(&supervisor, home).await;
    }
    let kept = format!("/v1/beneficiaries/{}", beneficiary_id(2));
    assert_eq!(hang(&manager, "JJ-0001").await.status, 201);
    let command = async |verb: &str| {
        let version = supervisor.get(&kept).await.body["version"].clone();
        let request = supervisor.request(Method::POST, &format!("{kept}/{verb}"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let done = supervisor.send(request.json(&json!({ "other_id": BENEFICIARY }))).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.body);
        supervisor.get(&kept).await.body["plaque"].clone()
    };
    assert_eq!(command("merge").await, "hung");
    assert_eq!(command("merge/undo").await, "pending");
    assert_eq!(plaque(&manager).await, "hung");
    // A withdrawal from either of them stays one.
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_states_that_an_item_gives_a_plaque_are_words_of_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let put = async |more: Value| {
        let request = admin.request(Method::PUT, "/v1/goods/items/plaque");
        admin.send(request.json(&item(&more))).await
    };
    for (rule, once, pointer) in [
        (json!({ "handed_out": "hung" }), false, "/plaque"),
        (json!({ "handed_out": "hanging" }), true, "/plaque/handed_out"),
        (json!({ "handed_out": "hung", "damaged": "broken" }), true, "/plaque/damaged"),
        (json!({ "handed_out": "hung", "lost": "missing" }), true, "/plaque/lost"),
        (json!({ "damaged": "damaged" }), true, "/plaque/handed_out"),
        (json!({ "handed_out": "hung", "entitled": ["nobility"] }), true, "/plaque/entitled"),
        (
            json!({ "handed_out": "hung", "withdrawal": { "kind": "none" } }),
            true,
            "/plaque/withdrawal/kind",
        ),
        (
            json!({ "handed_out": "hung", "restoration": { "kind": "plaque", "class": "hide" } }),
            true,
            "/plaque/restoration/class",
        ),
    ] {
        let refused = put(json!({ "once": once, "plaque": rule })).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{}", refused.body);
    }
    let rule = json!({ "handed_out": "hung", "damaged": "damaged" });
    let kept = put(json!({ "once": true, "plaque": rule })).await;
    assert_eq!((kept.status, &kept.body["plaque"]), (201, &rule), "{}", kept.body);
}
