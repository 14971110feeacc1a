//! What a visitor from another grid may do with goods, and what the phone learns of them.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::phones::{hand_out, homes, outcomes, planned};
use super::visits_elsewhere::{FAR_VILLAGE, give, visit_of, with_plan};
use super::{VILLAGE, at, receive, rice, stock, with_rice};
use crate::campaign::launched_campaign;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, FAR_GRID};

const FAR_TOWN: &str = "500116002";

/// The id of the hand-out in an answer.
fn id(handout: &Value) -> &str {
    handout["id"].as_str().expect("an id")
}

/// The ids of the planned hand-outs to the beneficiary in the copy.
fn planned_for(phone: &Phone, home: &str) -> Vec<String> {
    let of_home = phone
        .rows
        .iter()
        .filter(|((kind, _), row)| kind == "handout" && row["beneficiary_id"] == home);
    of_home.map(|((_, id), _)| id.clone()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_from_another_grid_hands_out_what_is_planned_or_one_piece_from_its_station(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    receive(&supervisor, "rice", FAR_TOWN, 9).await;
    let (named, far) = (server.other_manager().await, server.far_manager().await);
    visit_of(&supervisor, 5, 12).await;
    let home = beneficiary_id(5);
    for (more, pointer) in [
        (json!({ "quantity": 5 }), "/quantity"),
        (json!({ "quantity": 2, "occasion": "army_day_2027" }), "/quantity"),
        (json!({ "station": FAR_TOWN }), "/station"),
        (json!({ "station": "500116" }), "/station"),
        (json!({ "station": VILLAGE }), "/station"),
        (json!({ "station": FAR_TOWN, "occasion": "army_day_2027" }), "/station"),
    ] {
        let refused = named.post("/v1/handouts", &rice(&home, &more)).await;
        assert_eq!((refused.status, at(&refused)), (422, pointer), "{more}: {}", refused.body);
    }
    let stocks = (stock(&supervisor, FAR_VILLAGE).await, stock(&supervisor, FAR_TOWN).await);
    assert_eq!(stocks, (5, 9), "nothing moved");

    let two = format!("UPDATE handouts SET quantity = 2, station = '{FAR_TOWN}'");
    server.database.execute(&format!("{two} WHERE beneficiary = '{home}'"));
    let as_planned = json!({ "quantity": 2, "station": FAR_TOWN });
    let one_more = json!({ "occasion": "army_day_2027", "station": FAR_VILLAGE });
    for more in [as_planned, one_more] {
        let handed = named.post("/v1/handouts", &rice(&home, &more)).await;
        assert_eq!(handed.status, 201, "{more}: {}", handed.body);
    }
    // The staff of the home's grid decides by itself.
    let by_staff = rice(&beneficiary_id(6), &json!({ "quantity": 3, "station": FAR_TOWN }));
    assert_eq!(far.post("/v1/handouts", &by_staff).await.status, 201);
    let stocks = (stock(&supervisor, FAR_VILLAGE).await, stock(&supervisor, FAR_TOWN).await);
    assert_eq!(stocks, (4, 4));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_learns_nothing_of_what_others_have_handed_out_or_taken_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let (named, far) = (server.other_manager().await, server.far_manager().await);
    let home = beneficiary_id(5);
    let earlier = rice(&home, &json!({ "occasion": "army_day_2027" }));
    let earlier = far.post("/v1/handouts", &earlier).await;
    assert_eq!(earlier.status, 201, "{}", earlier.body);
    let long_ago = "UPDATE handouts SET at = '2020-01-20 02:00:00'";
    server.database.execute(&format!("{long_ago} WHERE id = '{}'", id(&earlier.body)));
    let mut phone = Phone::default();
    phone.sync(&named, json!([])).await;
    let task = visit_of(&supervisor, 5, 12).await;
    phone.sync(&named, json!([])).await;
    let ids = planned_for(&phone, &home);
    assert_eq!((planned(&phone), ids.len()), (homes(&[4, 5]), 1));

    // Another person has returned it, for a reason that is easy to guess.
    let absent = json!({ "reason": "absent" });
    let path = format!("/v1/handouts/{}/return", id(&earlier.body));
    assert_eq!(far.post(&path, &absent).await.status, 200);
    for reason in ["absent", "other"] {
        let refused = named.post(&path, &json!({ "reason": reason })).await;
        assert_eq!(refused.status, 404, "{reason}: {}", refused.body);
    }
    server.database.execute(&format!("{long_ago} WHERE id = '{}'", id(&earlier.body)));
    let planned_one = format!("/v1/handouts/{}/return", ids[0]);
    for _ in 0..2 {
        assert_eq!(named.post(&planned_one, &absent).await.status, 200, "the own one");
    }
    let again = named.post("/v1/handouts", &rice(&home, &json!({}))).await;
    assert_eq!(again.status, 201, "{}", again.body);
    phone.sync(&named, json!([])).await;
    phone.removed.clear();

    // An event about the visit names the planned and the recent hand-outs alone.
    give(&supervisor, &task, 13).await;
    phone.sync(&named, json!([])).await;
    let is_removed = |id: &str| phone.removed.contains(&("handout".to_owned(), id.to_owned()));
    assert!(is_removed(&ids[0]) && !is_removed(id(&earlier.body)), "{:?}", phone.removed);
    phone.is_as_fresh(&named).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_out_after_the_visit_has_passed_on_leaves_a_phone_that_was_away(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let (named, far) = (server.other_manager().await, server.far_manager().await);
    let task = visit_of(&supervisor, 5, 12).await;
    let mut phone = Phone::default();
    phone.sync(&named, json!([])).await;
    assert_eq!(planned(&phone), homes(&[4, 5]));
    give(&supervisor, &task, 13).await;
    let handed = far.post("/v1/handouts", &rice(&beneficiary_id(5), &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    phone.sync(&named, json!([])).await;
    assert_eq!(planned(&phone), homes(&[4]));
    phone.is_as_fresh(&named).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_hand_out_whose_event_did_not_name_the_visitor_arrives_with_the_next_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let volunteer = server.volunteer().await;
    let home = beneficiary_id(5);
    let set = |what: &str| {
        let change = format!("UPDATE handouts SET {what} WHERE beneficiary = '{home}'");
        server.database.execute(&change);
    };
    set("state = 'returned', reason = 'other'");
    visit_of(&supervisor, 5, 21).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[]));
    // Another server has planned it while the visit was assigned here.
    set("state = 'planned', reason = NULL");
    visit_of(&supervisor, 6, 21).await;
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(planned(&phone), homes(&[5, 6]));
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_names_the_visitors_from_outside_of_its_area_and_a_step_without_hand_outs_none(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    for (home, person) in [(1, 12), (2, 23), (3, 13), (4, 21)] {
        visit_of(&supervisor, home, person).await;
    }
    let items = json!([{ "item": "rice", "quantity": 1 }]);
    let content = json!({ "kind": null, "items": items, "area": "500116001" });
    let far = server.far_manager().await;
    let mut phone = Phone::default();
    phone.sync(&far, json!([])).await;
    for count in [4, 0] {
        let (.., campaign) = launched_campaign(&server, content.clone()).await;
        assert_eq!(campaign["planned_handouts"], count, "{campaign}");
    }
    let named = |column: &str| {
        server.database.texts(&format!(
            "SELECT {column} AS text FROM events WHERE action = 'campaign.plan_handouts' \
             AND {column} IS NOT NULL"
        ))
    };
    let both = (named("person_before"), named("person"));
    assert_eq!(both, (vec![person_id(13)], vec![]), "the others work in the town");
    assert_eq!(supervisor.events("campaign.plan_handouts").await.len(), 1);
    assert_eq!(supervisor.events("handout.visitors").await.len(), 0);
    phone.sync(&far, json!([])).await;
    assert_eq!(planned(&phone), homes(&[3]));
    phone.is_as_fresh(&far).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_temporary_stay_the_visitor_there_hands_out_from_the_village_of_the_home(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let far = server.far_manager().await;
    let stay = json!({
        "grid": FAR_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.272 },
        "first_day": day(-1), "last_day": day(9),
    });
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/stay");
    let put = supervisor.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    assert_eq!(supervisor.send(put.json(&stay)).await.status, 200);
    let task = visit_of(&supervisor, 1, 13).await;
    assert_eq!(supervisor.get(&format!("/v1/tasks/{task}")).await.body["grid"], FAR_GRID);
    let mut phone = Phone::default();
    phone.sync(&far, json!([])).await;
    assert_eq!(planned(&phone), homes(&[1, 5, 6]));
    let results = phone.sync(&far, json!([hand_out(BENEFICIARY, &json!({}))])).await;
    assert_eq!(outcomes(&results), [("applied", false)], "{results:?}");
    let stocks = (stock(&supervisor, VILLAGE).await, stock(&supervisor, FAR_VILLAGE).await);
    assert_eq!((planned(&phone), stocks), (homes(&[5, 6]), (8, 5)));
    phone.is_as_fresh(&far).await;
}
