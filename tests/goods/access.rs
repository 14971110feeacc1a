//! Permissions to hand out goods and to read receipts.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{TOWN, VILLAGE, at, item, put_item, receive, rice, stock, with_rice};
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::{Backend, Database, GRID, OTHER_GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_where_it_is_and_goods_stay_in_their_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 5).await;
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let request =
        admin.request(Method::PUT, "/v1/goods/items/old").json(&item(&json!({ "active": false })));
    assert_eq!(admin.send(request).await.status, 201);
    for (more, pointer) in [
        (json!({ "item": "flour" }), "/item"),
        (json!({ "item": "old" }), "/item"),
        (json!({ "area": GRID }), "/area"),
        (json!({ "area": "500117" }), "/area"),
        (json!({ "area": "500116002" }), "/area"),
        (json!({ "quantity": 0 }), "/quantity"),
        (json!({ "quantity": -1 }), "/quantity"),
        (json!({ "to_area": VILLAGE }), "/to_area"),
        (json!({ "action": "allotted" }), "/to_area"),
        (json!({ "action": "allotted", "to_area": TOWN }), "/to_area"),
        (json!({ "action": "allotted", "to_area": GRID }), "/to_area"),
        (json!({ "action": "allotted", "to_area": "500116001999" }), "/to_area"),
        (json!({ "action": "counted", "quantity": 4 }), "/note"),
        (json!({ "action": "returned" }), "/action"),
    ] {
        let mut body = json!({ "action": "received", "item": "rice", "area": TOWN, "quantity": 1 });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        let refused = town.post("/v1/goods/movements", &body).await;
        assert_eq!((refused.status, at(&refused)), (422, pointer), "{more}: {}", refused.body);
    }
    for (more, pointer) in [
        (json!({ "receipt": null }), "/receipt"),
        (json!({ "serial": "1" }), "/serial"),
        (json!({ "occasion": null }), "/occasion"),
        (json!({ "occasion": "once" }), "/occasion"),
        (json!({ "station": "500116002" }), "/station"),
        (json!({ "beneficiary_id": FAR_BENEFICIARY }), "/beneficiary_id"),
    ] {
        let refused = manager.post("/v1/handouts", &rice(BENEFICIARY, &more)).await;
        assert_eq!((refused.status, at(&refused)), (422, pointer), "{more}: {}", refused.body);
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 5, "nothing moved");
    for path in ["/v1/goods/stocks", "/v1/goods/movements"] {
        assert_eq!(manager.get(path).await.status, 403, "{path}");
        assert_eq!(town.get(&format!("{path}?area=500116002")).await.status, 404, "{path}");
    }
    let stale = admin.request(Method::PUT, "/v1/goods/items/rice").header("If-Match", "\"v7\"");
    let stale = admin.send(stale.json(&item(&json!({ "unit": "包" })))).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    let same = admin.request(Method::PUT, "/v1/goods/items/rice").json(&item(&json!({})));
    assert_eq!(admin.send(same).await.status, 200, "the same content changes nothing");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_hands_out_at_their_visits_and_learns_of_no_other_hand_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, ..) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let of = |occasion: &str| rice(BENEFICIARY, &json!({ "occasion": occasion }));
    let by_manager = manager.post("/v1/handouts", &of("mid_autumn_2027")).await;
    assert_eq!(by_manager.status, 201, "{}", by_manager.body);
    let without_visit = volunteer.post("/v1/handouts", &of("mid_autumn_2027")).await;
    assert_eq!((without_visit.status, at(&without_visit)), (422, "/beneficiary_id"));

    volunteer.visits(BENEFICIARY, &manager).await;
    let again = volunteer.post("/v1/handouts", &of("mid_autumn_2027")).await;
    assert_eq!((again.status, again.problem()), (409, "handout_done"));
    assert_eq!(again.body["current"], Value::Null, "{}", again.body);
    let back =
        |handout: &Value| format!("/v1/handouts/{}/return", handout["id"].as_str().expect("an id"));
    let why = json!({ "reason": "other", "note": "送错了" });
    assert_eq!(volunteer.post(&back(&by_manager.body), &why).await.status, 404);
    let own = volunteer.post("/v1/handouts", &of("army_day_2027")).await;
    assert_eq!(own.status, 201, "{}", own.body);
    assert_eq!(volunteer.post(&back(&own.body), &why).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_move_the_receipt_is_read_where_the_beneficiary_lives(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, other) = (server.manager().await, server.other_manager().await);
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    assert_eq!((manager.get(&path).await.status, other.get(&path).await.status), (200, 404));
    let to = json!({
        "grid": OTHER_GRID, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": 106.263 },
    });
    let home = format!("/v1/beneficiaries/{BENEFICIARY}/move");
    let request = supervisor.request(Method::POST, &home).header("If-Match", "\"v1\"");
    assert_eq!(supervisor.send(request.json(&to)).await.status, 200);
    assert_eq!((manager.get(&path).await.status, other.get(&path).await.status), (404, 200));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_that_others_wrote_count_as_reveals_of_the_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut database = Database::from(backend);
    database.set("GRIDWARD_REVEALS_SUPERVISOR", "1");
    let server = Server::small(database);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", VILLAGE, 9).await;
    let manager = server.manager().await;
    let mut paths = Vec::new();
    for n in [1, 2] {
        let handed = manager.post("/v1/handouts", &rice(&beneficiary_id(n), &json!({}))).await;
        paths.push(format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id")));
    }
    assert_eq!(supervisor.get(&paths[0]).await.status, 200);
    let second = supervisor.get(&paths[1]).await;
    assert_eq!((second.status, second.problem()), (429, "reveal_budget"));
    for path in &paths {
        assert_eq!(manager.get(path).await.status, 200, "who wrote them");
    }
}
