//! Goods for households, which a launch plans once for each.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{HOUSEHOLD, VILLAGE, a_couple, hand_out};
use crate::campaign::spring_festival::planned;
use crate::campaign::{approve, campaign, draft, dry_plans, launch, launched, launched_campaign};
use crate::goods::{put_item, receive, rice as rice_for};
use crate::regime::cadences::change;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::imports::import;
use crate::support::{Backend, Caller, Server};

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
