//! A plaque is hung, checked, replaced, withdrawn and restored.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{CONFIGURATION, STATION, decide, hang, is_to_come, plaque, put_plaque, take_back};
use crate::beneficiary::households::patch;
use crate::case::{VILLAGE, go, open, read, step};
use crate::goods::receive;
use crate::regime::cadences::change;
use crate::regime::{night, with};
use crate::services::{install, report, server, task_of};
use crate::support::bodies::new_beneficiary;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::imports::import;
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// A case of this class for the beneficiary that the district has approved and the grid is to carry out.
async fn approved(server: &Server, class: &str, beneficiary: &str) -> Value {
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let new = json!({
        "kind": "plaque", "class": class, "beneficiary_id": beneficiary, "source": "application"
    });
    let case = open(&village, new).await;
    let reason = json!({ "move": "check", "answers": { "reason": "依规定" } });
    step(&village, &case, reason, "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    step(&server.supervisor().await, &case, json!({ "move": "approve" }), "carry_out").await;
    case
}

/// The grid says that the case is carried out; its id.
async fn carried_out(server: &Server, case: &Value) -> Value {
    let done = json!({ "move": "done", "answers": {} });
    step(&server.manager().await, case, done, "closed").await;
    case["id"].clone()
}

/// Where a person lives who has no entry in the register.
fn stranger() -> Value {
    json!({ "beneficiary_id": null, "area": GRID })
}

/// Those of the first grid who are entitled to a plaque, and those of them who have it.
async fn coverage(caller: &Caller) -> [i64; 2] {
    let path = format!("/v1/goods/items/plaque/coverage?area={STATION}");
    let counted = caller.get(&path).await.body;
    let grid = counted["areas"].as_array().expect("grids").iter().find(|one| one["area"] == GRID);
    let grid = grid.unwrap_or_else(|| panic!("{counted}"));
    ["entitled", "covered"].map(|field| grid[field].as_i64().expect("a number"))
}

/// Nothing but the return of its hand-out, or a case that decides it, restores the withdrawn plaque, or withdraws that of
/// another beneficiary, as the case `withdrawal` does; a visit finds no damage of it.
async fn changes_with_its_handout_or_a_case_alone(server: &Server, withdrawal: &Value) {
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let other = beneficiary_id(2);
    let is_refused = |refused: &Answer, pointer: &str| {
        let problem = (refused.status, refused.problem());
        assert_eq!(problem, (409, "handout_withdrawn"), "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    };
    for (home, state) in [(BENEFICIARY, "hung"), (other.as_str(), "withdrawn")] {
        is_refused(&patch(&supervisor, home, &json!({ "plaque": state })).await, "/plaque");
    }
    let new = new_beneficiary(json!({ "plaque": "withdrawn" }));
    is_refused(&supervisor.post("/v1/beneficiaries", &new).await, "/plaque");
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/corrections");
    let proposed = manager.post(&path, &json!({ "changes": { "plaque": "hung" } })).await;
    let id = proposed.body["id"].as_str().expect("an id");
    let approval = supervisor.request(Method::POST, &format!("/v1/corrections/{id}/approve"));
    let refused = supervisor.send(approval.header("If-Match", "\"v1\"")).await;
    is_refused(&refused, "/changes/plaque");
    let cases = async || supervisor.get("/v1/cases?kind=plaque").await.body["items"].clone();
    let before = cases().await;
    for (home, state, answer) in [
        (BENEFICIARY, "withdrawn", "hung"),
        (BENEFICIARY, "withdrawn", "missing"),
        (other.as_str(), "hung", "withdrawn"),
    ] {
        let visit = supervisor.make_task(home).await;
        let found = json!({ "answers": { "plaque": answer } });
        report(&server.volunteer().await, &visit, found).await;
        let entry = supervisor.get(&format!("/v1/beneficiaries/{home}")).await.body;
        assert_eq!(entry["plaque"], state, "{answer}");
    }
    assert_eq!(cases().await, before);
    // A file may enter an earlier withdrawal, and no plaque is handed out then.
    let file = format!("id,plaque\n{other},withdrawn\n").into_bytes();
    let entered = import(&server.admin().await, "?mode=apply", &[("beneficiaries", file)]).await;
    assert_eq!(entered["state"], "applied", "{entered}");
    let again = json!({
        "beneficiary_id": other, "item": "plaque", "serial": "JJ-0008",
        "receipt": { "signed_by": "王小明" }
    });
    is_refused(&manager.post("/v1/handouts", &again).await, "/beneficiary_id");
    // Without a hand-out, the approved case decides exactly its change of the entry.
    let decide = async |state: &str, case: &Value| {
        patch(&supervisor, &other, &json!({ "plaque": state, "case_id": case })).await
    };
    let restoration = carried_out(server, &approved(server, "restore", &other).await).await;
    for (state, case) in [("pending", withdrawal), ("hung", &restoration)] {
        let refused = decide(state, case).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/case_id")), "{}", refused.body);
    }
    let restored = decide("pending", &restoration).await;
    assert_eq!((restored.status, &restored.body["plaque"]), (200, &json!("pending")));
    let before = decide("withdrawn", withdrawal).await;
    let pointer = &before.body["errors"][0]["pointer"];
    assert_eq!(
        (before.status, pointer),
        (422, &json!("/case_id")),
        "approved before it was restored"
    );
    let anew = approved(server, "withdraw", &other).await["id"].clone();
    let withdrawn = decide("withdrawn", &anew).await;
    assert_eq!((withdrawn.status, &withdrawn.body["plaque"]), (200, &json!("withdrawn")));
    for (state, case) in [("pending", &restoration), ("withdrawn", &anew)] {
        let events = supervisor.events("beneficiary.change").await;
        assert!(events.iter().any(|event| event["body"]["case"] == *case), "{state}: {events:?}");
    }
    // It decides once: what was withdrawn again since needs another case.
    let again = decide("pending", &restoration).await;
    let pointer = &again.body["errors"][0]["pointer"];
    assert_eq!((again.status, pointer), (422, &json!("/case_id")), "{}", again.body);
    // An item that is no longer in use freezes no entry.
    is_refused(&patch(&supervisor, &other, &json!({ "plaque": "hung" })).await, "/plaque");
    let admin = server.admin().await;
    put_plaque(&admin, CONFIGURATION, false).await;
    let freed = patch(&supervisor, &other, &json!({ "plaque": "hung" })).await;
    assert_eq!(freed.status, 200, "{}", freed.body);
    put_plaque(&admin, CONFIGURATION, true).await;
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
    // An approved case of the beneficiary decides it, no other.
    let by_case = |reason: &str, case: &Value| json!({ "reason": reason, "case_id": case });
    let other = approved(&server, "withdraw", &beneficiary_id(2)).await;
    let other = carried_out(&server, &other).await;
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
    let too_early = approved(&server, "restore", BENEFICIARY).await;
    // While the case is to be carried out: that is what the grid then says of it.
    let withdrawal = approved(&server, "withdraw", BENEFICIARY).await;
    let decided = &withdrawal["id"];
    let withdrawn = decide(&supervisor, &handed.body, by_case("withdrawn", decided)).await;
    assert_eq!((withdrawn.status, &withdrawn.body["reason"]), (200, &json!("withdrawn")));
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["case_id"], *decided);
    carried_out(&server, &withdrawal).await;
    assert_eq!(plaque(&manager).await, "withdrawn");
    assert_eq!(coverage(&town).await, [2, 1]);
    changes_with_its_handout_or_a_case_alone(&server, &other).await;
    for caller in [&manager, &supervisor] {
        let again = hang(caller, "JJ-0003").await;
        assert_eq!((again.status, again.problem()), (409, "handout_withdrawn"));
        assert_eq!(again.body["current"]["reason"], "withdrawn");
    }
    let moved = take_back(&manager, &handed.body, "moved").await;
    assert_eq!((moved.status, moved.problem()), (409, "handout_withdrawn"), "stays");
    let same = take_back(&supervisor, &handed.body, "restored").await;
    assert_eq!((same.status, same.problem()), (403, "forbidden"), "another person decides");
    assert_eq!(take_back(&admin, &handed.body, "restored").await.status, 422, "a case decides");
    // Nor does one that was approved before the withdrawal, whenever it is closed.
    let too_early = carried_out(&server, &too_early).await;
    let refused = decide(&admin, &handed.body, by_case("restored", &too_early)).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/case_id")), "{}", refused.body);
    let restoration = approved(&server, "restore", BENEFICIARY).await;
    let by_case = by_case("restored", &restoration["id"]);
    let restored = decide(&admin, &handed.body, by_case).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(plaque(&manager).await, "pending");
    assert_eq!(hang(&manager, "JJ-0003").await.status, 201);
    assert_eq!(plaque(&manager).await, "hung");
}
