//! Households: who lives together, and the one plaque that hangs at their door.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::campaign::dry_plans;
use crate::campaign::spring_festival::planned;
use crate::campaign::{approve, campaign, draft, launch, launched, launched_campaign};
use crate::goods::{put_item, receive, rice as rice_for};
use crate::regime::cadences::change;
use crate::regime::with;
use crate::support::bodies::new_beneficiary;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::imports::import;
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Files, GRID, OTHER_GRID, Server};

const HOUSEHOLD: &str = "02-A7";
const VILLAGE: &str = "500116001002";

/// The district has plaques, and the first two beneficiaries are one household, in which that of the first one hangs.
pub async fn a_couple(server: &Server) {
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let plaque = json!({
        "handed_out": "hung", "present": ["indoor"], "entitled": ["veteran"],
        "withdrawn": "withdrawn", "withdrawal": { "kind": "plaque", "class": "withdraw" }
    });
    put_item(&admin, "plaque", &json!({ "once": true, "plaque": plaque })).await;
    receive(&supervisor, "plaque", VILLAGE, 5).await;
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": HOUSEHOLD })).await;
    let spouse = json!({ "household": HOUSEHOLD, "plaque": "pending" });
    change(&supervisor, Method::PATCH, &beneficiary_id(2), "", &spouse).await;
}

async fn entry(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/beneficiaries/{id}")).await.body
}

/// Changes the entry of the beneficiary.
pub async fn patch(caller: &Caller, id: &str, body: &Value) -> Answer {
    let path = format!("/v1/beneficiaries/{id}");
    let version = caller.get(&path).await.body["version"].clone();
    let request = caller.request(Method::PATCH, &path).json(body);
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

async fn hand_out(caller: &Caller, id: &str) -> Answer {
    let body = json!({
        "beneficiary_id": id, "item": "plaque", "receipt": { "signed_by": "王小明" }
    });
    caller.post("/v1/handouts", &body).await
}

/// Checks that the answer names the entry with the plaque of the household, at the pointer.
fn is_second(answer: &Answer, pointer: &str, holder: &str) {
    assert_eq!((answer.status, answer.problem()), (409, "household_has_plaque"), "{}", answer.body);
    let error = &answer.body["errors"][0];
    assert_eq!(error["pointer"], pointer);
    assert!(error["detail"].as_str().expect("a detail").contains(holder), "{error}");
}

/// The households of the area that are entitled to a plaque, and those of them that have it.
async fn coverage(caller: &Caller, area: &str) -> [i64; 2] {
    let path = format!("/v1/goods/items/plaque/coverage?area={area}");
    let counted = caller.get(&path).await.body;
    ["entitled", "covered"]
        .map(|field| counted[field].as_i64().unwrap_or_else(|| panic!("{counted}")))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_a_household_is_entered_shown_exported_and_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let refused = patch(&supervisor, BENEFICIARY, &json!({ "household": "02-a7" })).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/household");
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": HOUSEHOLD })).await;
    let changed = &supervisor.events("beneficiary.change").await[0];
    assert_eq!(changed["body"], json!({ "fields": ["household"] }));
    let new = new_beneficiary(json!({ "household": HOUSEHOLD }));
    let entered = supervisor.post("/v1/beneficiaries", &new).await;
    assert_eq!((entered.status, &entered.body["household"]), (201, &json!(HOUSEHOLD)));
    let listed = supervisor.get(&format!("/v1/beneficiaries?area={GRID}")).await.body;
    let numbers = listed["items"].as_array().expect("a list").iter();
    assert_eq!(numbers.filter(|one| one["household"] == HOUSEHOLD).count(), 2, "{listed}");
    let exported = supervisor.text("/v1/exports/beneficiaries?format=csv").await;
    assert_eq!(exported.matches(HOUSEHOLD).count(), 2, "{exported}");

    // The visitor has it, but not the pool.
    let task = supervisor.make_task(BENEFICIARY).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let before = phone.household(BENEFICIARY).expect("the home of an open visit");
    assert_eq!(before.get("household"), None);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.household(BENEFICIARY).expect("the own visit")["household"], HOUSEHOLD);

    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": null })).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await.get("household"), None);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_may_have_the_number_of_the_household(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let applied = async |text: String| {
        let import = import(&admin, "?mode=apply", &[("beneficiaries", text.into_bytes())]).await;
        assert_eq!(import["state"], "applied", "{import}");
    };
    applied(format!("id,household\n{BENEFICIARY},{HOUSEHOLD}\n")).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["household"], HOUSEHOLD);
    // The files of the district do not know it.
    applied(Files::small().text("beneficiaries.csv")).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["household"], HOUSEHOLD);
    // A second plaque of a household is doubtful.
    let plaque = json!({ "once": true, "plaque": { "handed_out": "hung" } });
    put_item(&admin, "plaque", &plaque).await;
    let [one, other] = [2, 3].map(beneficiary_id);
    let couple = format!("id,household,plaque\n{one},02-B8,hung\n{other},02-B8,hung\n");
    let checked = import(&admin, "", &[("beneficiaries", couple.into_bytes())]).await;
    let counts = (&checked["result"]["faults"], &checked["result"]["warnings"]);
    assert_eq!(counts, (&json!(0), &json!(1)), "{checked}");
    // So is one beside that of an entry that the file lacks.
    let warnings = async |text: String| {
        let checked = import(&admin, "", &[("beneficiaries", text.into_bytes())]).await;
        checked["result"]["warnings"].as_i64().unwrap_or_else(|| panic!("{checked}"))
    };
    let second = format!("{one},{HOUSEHOLD},hung\n");
    assert_eq!(warnings(format!("id,household,plaque\n{second}")).await, 1);
    let first = format!("{BENEFICIARY},{HOUSEHOLD},damaged\n");
    assert_eq!(warnings(format!("id,household,plaque\n{second}{first}")).await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_plaque_hangs_in_a_household(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (spouse, third) = (beneficiary_id(2), beneficiary_id(3));
    a_couple(&server).await;
    // The couple counts once, as covered by the plaque of one of them.
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);

    is_second(
        &patch(&supervisor, &spouse, &json!({ "plaque": "indoor" })).await,
        "/household",
        BENEFICIARY,
    );
    let joins = json!({ "household": HOUSEHOLD });
    is_second(&patch(&supervisor, &third, &joins).await, "/household", BENEFICIARY);
    let new = new_beneficiary(json!({ "household": HOUSEHOLD }));
    is_second(&supervisor.post("/v1/beneficiaries", &new).await, "/household", BENEFICIARY);
    is_second(&hand_out(&manager, &spouse).await, "/beneficiary_id", BENEFICIARY);
    let path = format!("/v1/beneficiaries/{spouse}/corrections");
    let proposed = manager.post(&path, &json!({ "changes": { "plaque": "hung" } })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    let id = proposed.body["id"].as_str().expect("an id");
    let approval = supervisor.request(Method::POST, &format!("/v1/corrections/{id}/approve"));
    let approved = supervisor.send(approval.header("If-Match", "\"v1\"")).await;
    is_second(&approved, "/changes", BENEFICIARY);
    let kept = supervisor.get(&format!("/v1/corrections/{id}")).await.body;
    assert_eq!(kept["state"], "pending", "a supervisor may still reject it");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending");

    // That of another area is not named.
    let far = json!({ "household": "02-B8", "plaque": "hung" });
    change(&supervisor, Method::PATCH, &beneficiary_id(4), "", &far).await;
    let refused = patch(&manager, &third, &far).await;
    is_second(&refused, "/household", "the household has its plaque");
    is_second(&patch(&supervisor, &third, &far).await, "/household", &beneficiary_id(4));

    // A household in two grids counts in each, and once in the village.
    let joins = json!({ "household": HOUSEHOLD, "plaque": "pending" });
    change(&supervisor, Method::PATCH, &beneficiary_id(4), "", &joins).await;
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
    assert_eq!(coverage(&supervisor, OTHER_GRID).await, [1, 1]);
    assert_eq!(coverage(&supervisor, VILLAGE).await, [2, 2]);

    // Once the first one hangs no more, that of the other may.
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "plaque": "damaged" })).await;
    assert_eq!(coverage(&supervisor, GRID).await, [2, 1]);
    let handed = hand_out(&manager, &spouse).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "hung");
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
    is_second(
        &patch(&supervisor, BENEFICIARY, &json!({ "plaque": "hung" })).await,
        "/household",
        &spouse,
    );
    change(&supervisor, Method::PATCH, &spouse, "", &json!({ "plaque": "indoor" })).await;
    // It stays at the door after a death.
    change(&supervisor, Method::POST, &spouse, "/deceased", &json!({ "day": day(0) })).await;
    let again = patch(&supervisor, BENEFICIARY, &json!({ "plaque": "hung" })).await;
    is_second(&again, "/household", &spouse);
    assert_eq!(coverage(&supervisor, GRID).await, [2, 2]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_joins_households_and_its_undo_hangs_no_second_plaque(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, spouse) = (server.supervisor().await, beneficiary_id(2));
    let (duplicate, other) = (beneficiary_id(3), beneficiary_id(4));
    a_couple(&server).await;
    // The spouse gets the plaque of the duplicate in the same household, and gives it back.
    let first = json!({ "other_id": BENEFICIARY });
    change(&supervisor, Method::POST, &spouse, "/merge", &first).await;
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "hung");
    change(&supervisor, Method::POST, &spouse, "/merge/undo", &first).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["plaque"], "hung");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending");

    // A plaque is hung in the household of a duplicate as long as that is merged.
    change(&supervisor, Method::PATCH, &duplicate, "", &json!({ "household": "02-B8" })).await;
    let pending = json!({ "household": "02-B8", "plaque": "pending" });
    change(&supervisor, Method::PATCH, &other, "", &pending).await;
    let merged = json!({ "other_id": duplicate });
    change(&supervisor, Method::POST, BENEFICIARY, "/merge", &merged).await;
    change(&supervisor, Method::PATCH, &other, "", &json!({ "plaque": "hung" })).await;
    let version = entry(&supervisor, BENEFICIARY).await["version"].clone();
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/merge/undo");
    let undo = supervisor.request(Method::POST, &path).json(&merged);
    let refused = supervisor.send(undo.header("If-Match", format!("\"v{version}\""))).await;
    is_second(&refused, "/other_id", &other);
    assert_eq!(entry(&supervisor, &duplicate).await["ended_because"], "merged");
    change(&supervisor, Method::PATCH, &other, "", &json!({ "plaque": "damaged" })).await;
    change(&supervisor, Method::POST, BENEFICIARY, "/merge/undo", &merged).await;
    assert_eq!(entry(&supervisor, &duplicate).await["plaque"], "hung");

    // An entry without a household has that of its duplicate as long as that is merged.
    let alone = beneficiary_id(5);
    change(&supervisor, Method::POST, &alone, "/merge", &merged).await;
    assert_eq!(entry(&supervisor, &alone).await["household"], "02-B8");
    change(&supervisor, Method::POST, &alone, "/merge/undo", &merged).await;
    assert_eq!(entry(&supervisor, &alone).await.get("household"), None);
    assert_eq!(entry(&supervisor, &duplicate).await["household"], "02-B8");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_the_plaque_of_a_household_leaves_the_other_entries(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let spouse = beneficiary_id(2);
    a_couple(&server).await;
    let check = json!({ "kind": "plaque_check", "beneficiary_id": spouse });
    let reported = async |state: &str| {
        let task = supervisor.make(&check).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let done = with(&json!({ "outcome": "done" }), &json!({ "answers": { "plaque": state } }));
        let mut phone = Phone::default();
        let sent = phone.sync(&volunteer, json!([command("task.report", &task, done)])).await;
        assert_eq!(sent[0]["outcome"], "applied", "{sent:?}");
        let reports = supervisor.get(&format!("/v1/tasks/{task}/reports")).await.body;
        reports["items"][0].clone()
    };
    let report = reported("hung").await;
    assert_eq!(report["answers"]["plaque"], "hung", "{report}");
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "pending", "of the entry itself");
    // Another state is no second plaque.
    reported("declined").await;
    assert_eq!(entry(&supervisor, &spouse).await["plaque"], "declined");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_for_households_is_planned_for_the_first_member_of_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    a_couple(&server).await;
    let third = beneficiary_id(3);
    let joins = json!({ "household": HOUSEHOLD, "plaque": "pending" });
    change(&server.supervisor().await, Method::PATCH, &third, "", &joins).await;
    put_item(&server.admin().await, "rice", &json!({ "name": "大米" })).await;
    put_item(&server.admin().await, "letter", &json!({ "name": "慰问信" })).await;
    let items = json!([
        { "item": "rice", "quantity": 1, "per": "household" }, { "item": "letter", "quantity": 1 }
    ]);
    let (supervisor, _, campaign) = launched_campaign(&server, json!({ "items": items })).await;
    assert_eq!(campaign["items"], items);
    assert_eq!(campaign["created_tasks"], 6, "{campaign}");
    assert_eq!(campaign["planned_handouts"], 10, "rice for four homes, a letter for each of six");
    let rice = planned(&supervisor, "rice").await;
    let homes: Vec<&Value> = rice.iter().map(|one| &one["beneficiary_id"]).collect();
    assert!(homes.contains(&&json!(BENEFICIARY)), "{homes:?}");
    assert!(!homes.contains(&&json!(beneficiary_id(2))), "{homes:?}");
    // The visitor of the other member brings none.
    assert_eq!(brought(&supervisor, BENEFICIARY).await, ["大米", "慰问信"]);
    assert_eq!(brought(&supervisor, &beneficiary_id(2)).await, ["慰问信"]);
    let goods = json!({ "kind": null, "items": items });
    let planned_again = async || {
        let (.., again) = launched_campaign(&server, goods.clone()).await;
        again["planned_handouts"].as_i64().expect("a number")
    };
    assert_eq!(planned_again().await, 0, "the household has it for the occasion");

    let by_hand = async |id: &str, more: Value| {
        let answer = supervisor.post("/v1/handouts", &rice_for(id, &more)).await;
        let is_refused = answer.status != 201;
        is_refused.then(|| (answer.status, answer.problem().to_owned()))
    };
    let served = Some((409, "handout_done".to_owned()));
    receive(&supervisor, "rice", VILLAGE, 5).await;
    assert_eq!(by_hand(&beneficiary_id(2), json!({})).await, served, "beside the first member");
    let other = json!({ "occasion": "army_day_2027" });
    assert_eq!(by_hand(&beneficiary_id(2), other).await, None, "no campaign's");

    // What a member has returned, or took along to another district, is not that of the household.
    let of_first = rice.iter().find(|one| one["beneficiary_id"] == BENEFICIARY).expect("rice");
    let back = format!("/v1/handouts/{}/return", of_first["id"].as_str().expect("an id"));
    let returned = supervisor.post(&back, &json!({ "reason": "declined" })).await;
    assert_eq!(returned.status, 200, "{}", returned.body);
    assert_eq!(planned_again().await, 1, "for the spouse");
    assert_eq!(by_hand(&beneficiary_id(2), json!({})).await, None, "as it is planned now");
    assert_eq!(
        by_hand(BENEFICIARY, json!({})).await,
        served,
        "what was returned went to the spouse"
    );
    let moved = json!({ "because": "moved_away", "day": day(0), "reason": "户籍迁出" });
    change(&supervisor, Method::POST, &beneficiary_id(2), "/end", &moved).await;
    assert_eq!(planned_again().await, 1, "for the third member");
    assert!(planned(&supervisor, "rice").await.iter().any(|one| one["beneficiary_id"] == third));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goods_for_households_take_is_counted_before_the_launch_as_it_plans_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for n in [1, 2] {
        let couple = json!({ "household": HOUSEHOLD });
        change(&supervisor, Method::PATCH, &beneficiary_id(n), "", &couple).await;
    }
    put_item(&admin, "rice", &json!({})).await;
    // Six members in five homes, and five days with one visit each.
    let rice = |per: &str| {
        json!({
            "kind": null, "items": [{ "item": "rice", "quantity": 1, "per": per }],
            "first_day": "2027-01-18", "last_day": "2027-01-22", "quota_per_day": 1
        })
    };
    let path = draft(&supervisor, rice("person")).await;
    let feasibility = format!("{path}/feasibility");
    let counts = |found: &Value| ["visits", "beyond_quota"].map(|name| found[name].clone());
    let each = supervisor.get(&feasibility).await.body;
    assert_eq!(counts(&each), [json!(6), json!(1)], "{each}");
    assert_eq!(approve(&admin, &path).await.status, 422);
    assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
    let each = dry_plans::planned(&supervisor, &path).await;
    assert_eq!(each["dry_plan"]["result"]["visits"], 6, "{each}");

    let put = supervisor.request(Method::PUT, &path).json(&campaign(rice("household")));
    let put = supervisor.send(put.header("If-Match", "\"v1\"")).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let homes = supervisor.get(&feasibility).await.body;
    assert_eq!(counts(&homes), [json!(5), json!(0)], "{homes}");
    assert_eq!(homes["dry_plan"]["is_current"], false, "that of other items");
    let minutes = |found: &Value| found["needed_minutes"].as_i64().expect("minutes");
    assert!(minutes(&homes) < minutes(&each), "{homes}");
    let of_village = |found: &Value| {
        let areas = found["areas"].as_array().expect("villages");
        areas.iter().find(|one| one["area"] == VILLAGE).expect("theirs")["visits"].clone()
    };
    assert_eq!((of_village(&each), of_village(&homes)), (json!(4), json!(3)));
    assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
    let homes = dry_plans::planned(&supervisor, &path).await;
    assert_eq!(homes["dry_plan"]["result"]["visits"], 5, "{homes}");

    assert_eq!(approve(&admin, &path).await.status, 200);
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
    assert_eq!(launched(&supervisor, &path).await["planned_handouts"], 5);
    let after = supervisor.get(&feasibility).await.body;
    assert_eq!(after["visits"], 5, "what it has planned is still to be handed out: {after}");
}

/// The goods that the visitor of the only task of the beneficiary brings.
async fn brought(caller: &Caller, id: &str) -> Vec<String> {
    let listed = caller.get(&format!("/v1/tasks?beneficiary_id={id}")).await.body;
    let id = listed["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{listed}"));
    let task = caller.get(&format!("/v1/tasks/{id}")).await.body;
    let goods = task["goods"].as_array().unwrap_or_else(|| panic!("{task}")).iter();
    goods.map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plaque_is_planned_for_a_door_that_has_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    a_couple(&server).await;
    let supervisor = server.supervisor().await;
    let (without, withdrawn, spouse) = (beneficiary_id(3), beneficiary_id(5), beneficiary_id(6));
    // A case has withdrawn the plaque of the first of a couple before there were hand-outs, and the other one gets it.
    let file = format!("id,plaque\n{withdrawn},withdrawn\n").into_bytes();
    import(&server.admin().await, "?mode=apply", &[("beneficiaries", file)]).await;
    change(&supervisor, Method::PATCH, &without, "", &json!({ "plaque": "pending" })).await;
    let indoor = json!({ "plaque": "indoor" });
    change(&supervisor, Method::PATCH, &beneficiary_id(4), "", &indoor).await;
    let of_couple = json!({ "household": "02-B8" });
    change(&supervisor, Method::PATCH, &withdrawn, "", &of_couple).await;
    let of_couple = json!({ "household": "02-B8", "plaque": "pending" });
    change(&supervisor, Method::PATCH, &spouse, "", &of_couple).await;
    let plaques = json!({ "kind": null, "items": [{ "item": "plaque", "quantity": 1 }] });
    let (.., campaign) = launched_campaign(&server, plaques.clone()).await;
    assert_eq!(campaign["planned_handouts"], 2, "neither those who have it nor the spouse of one");
    let all = planned(&supervisor, "plaque").await;
    let homes: BTreeSet<&str> =
        all.iter().map(|one| one["beneficiary_id"].as_str().expect("an id")).collect();
    let expected = BTreeSet::from([&*without, &*spouse]);
    assert_eq!(homes, expected, "the one of the couple who may have it");
    let (.., again) = launched_campaign(&server, plaques).await;
    assert_eq!(again["planned_handouts"], 0, "the couple gets its plaque");
    assert_eq!(hand_out(&server.manager().await, &without).await.status, 201);
}
