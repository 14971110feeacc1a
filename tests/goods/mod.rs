//! Goods: received, allotted to stations, handed out once with a receipt, returned and counted.

mod phones;

use chrono::{Days, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, Database, GRID, OTHER_GRID, Server};

const TOWN: &str = "500116001";
/// The village of [`GRID`].
const VILLAGE: &str = "500116001002";

/// The content of an item, with the fields of `more` replaced.
pub fn item(more: &Value) -> Value {
    let mut item = json!({
        "name": "大米10公斤", "name_en": "Rice, 10 kg", "unit": "袋", "has_serial": false,
        "once": false, "needs_receipt": true, "active": true
    });
    for (field, value) in more.as_object().expect("fields") {
        item[field] = value.clone();
    }
    item
}

/// Puts a new item into the register.
pub async fn put_item(admin: &Caller, code: &str, more: &Value) {
    let request = admin.request(Method::PUT, &format!("/v1/goods/items/{code}"));
    let put = admin.send(request.json(&item(more))).await;
    assert_eq!(put.status, 201, "{}", put.body);
}

/// Receives goods at the station of the area.
pub async fn receive(caller: &Caller, item: &str, area: &str, quantity: i32) {
    let body = json!({ "action": "received", "item": item, "area": area, "quantity": quantity });
    let entered = caller.post("/v1/goods/movements", &body).await;
    assert_eq!(entered.status, 201, "{}", entered.body);
}

/// A hand-out of rice for the Spring Festival, with the fields of `more` replaced.
pub fn rice(beneficiary: &str, more: &Value) -> Value {
    let mut body = json!({
        "beneficiary_id": beneficiary, "item": "rice", "occasion": "spring_festival_2027",
        "receipt": { "signed_by": "王小明" }
    });
    for (field, value) in more.as_object().expect("fields") {
        body[field] = value.clone();
    }
    body
}

/// The stock of rice at the station of the area.
pub async fn stock(caller: &Caller, area: &str) -> i64 {
    let listed = caller.get("/v1/goods/stocks?item=rice&limit=200").await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let stocks = listed.body["items"].as_array().expect("stocks").clone();
    let of_area = stocks.iter().find(|stock| stock["area"] == area);
    of_area.map_or(0, |stock| stock["quantity"].as_i64().expect("a number"))
}

/// The pointer of the first error of a refusal.
fn at(refused: &Answer) -> &str {
    refused.body["errors"][0]["pointer"].as_str().unwrap_or_default()
}

/// The answers to these hand-outs, made at once.
async fn at_once(caller: &Caller, bodies: Vec<Value>) -> Vec<Answer> {
    let mut under_way = JoinSet::new();
    for body in bodies {
        let caller = caller.clone();
        under_way.spawn(async move { caller.post("/v1/handouts", &body).await });
    }
    under_way.join_all().await
}

/// A server with rice in the register, and so much of it in the village.
pub async fn with_rice(backend: Backend, quantity: i32) -> (Server, Caller, Caller) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", VILLAGE, quantity).await;
    (server, admin, supervisor)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_go_from_the_district_to_a_beneficiary_and_every_movement_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", "500116", 10).await;
    for (caller, area, to, quantity) in
        [(&supervisor, "500116", TOWN, 6), (&town, TOWN, VILLAGE, 5)]
    {
        let allot = json!({
            "action": "allotted", "item": "rice", "area": area, "to_area": to,
            "quantity": quantity
        });
        let entered = caller.post("/v1/goods/movements", &allot).await;
        assert_eq!(entered.status, 201, "{}", entered.body);
        assert_eq!(entered.body["difference"], -quantity);
    }
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    assert_eq!(handed.body["state"], "handed_out");
    assert_eq!((&handed.body["station"], &handed.body["grid"]), (&json!(VILLAGE), &json!(GRID)));
    assert!(handed.body["receipt"].is_null(), "sealed");
    let count = json!({
        "action": "counted", "item": "rice", "area": VILLAGE, "quantity": 3, "note": "受潮一袋"
    });
    let counted = town.post("/v1/goods/movements", &count).await;
    assert_eq!((counted.status, &counted.body["difference"]), (201, &json!(-1)));
    let stocks =
        [stock(&town, "500116").await, stock(&town, TOWN).await, stock(&town, VILLAGE).await];
    assert_eq!(stocks, [0, 1, 3], "a town does not see the district's");
    assert_eq!(stock(&supervisor, "500116").await, 4);

    let moved = supervisor.get("/v1/goods/movements").await.body["items"].clone();
    let actions = moved.as_array().expect("movements").iter().map(|one| one["action"].clone());
    let expected = ["counted", "handed_out", "allotted", "allotted", "received"];
    assert_eq!(actions.collect::<Vec<_>>(), expected);
    assert_eq!(
        (&moved[0]["note"], &moved[1]["handout_id"]),
        (&json!("受潮一袋"), &handed.body["id"])
    );
    let sent = supervisor.get("/v1/goods/movements?area=500116001&action=allotted").await;
    assert_eq!(sent.body["items"].as_array().map(Vec::len), Some(2), "also what came");
    for (action, count) in
        [("goods.receive", 1), ("goods.allot", 2), ("goods.count", 1), ("handout.hand_out", 1)]
    {
        assert_eq!(supervisor.events(action).await.len(), count, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_gets_an_item_once_for_an_occasion_and_a_receipt_is_read_on_the_record(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    volunteer.visits(BENEFICIARY, &manager).await;
    let key = Uuid::now_v7().to_string();
    let signed = json!({ "receipt": { "signed_by": "王芳", "relation": "女儿" } });
    let send = async || {
        let request =
            volunteer.request(Method::POST, "/v1/handouts").header("Idempotency-Key", &key);
        volunteer.send(request.json(&rice(BENEFICIARY, &signed))).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, again.status), (201, 201), "{} {}", first.body, again.body);
    assert_eq!(first.body, again.body, "a lost answer is asked for again");
    assert_eq!(first.body["id"], key, "the phone names it");
    let second = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((second.status, second.problem()), (409, "handout_done"));
    assert_eq!(second.body["current"]["id"], key);
    assert_eq!(stock(&supervisor, VILLAGE).await, 8, "taken once");
    let army_day = rice(BENEFICIARY, &json!({ "occasion": "army_day_2027", "quantity": 2 }));
    let many = volunteer.post("/v1/handouts", &army_day).await;
    assert_eq!((many.status, at(&many)), (422, "/quantity"), "nothing is planned: {}", many.body);
    let other = manager.post("/v1/handouts", &army_day).await;
    assert_eq!((other.status, &other.body["quantity"]), (201, &json!(2)), "{}", other.body);

    let read = manager.get(&format!("/v1/handouts/{key}")).await;
    assert_eq!(read.body["receipt"], json!({ "signed_by": "王芳", "relation": "女儿" }));
    assert_eq!(supervisor.events("handout.read").await.len(), 1);
    let events = supervisor.events("handout.hand_out").await;
    assert!(!json!(events).to_string().contains("王芳"), "the log has no receipt");
    assert_eq!(volunteer.get("/v1/handouts").await.status, 403);
    let listed = manager.get("/v1/handouts?occasion=army_day_2027&state=handed_out").await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    let page = manager.get("/v1/handouts?limit=1").await;
    let cursor = page.body["next_cursor"].as_str().expect("another page");
    let rest = manager.get(&format!("/v1/handouts?limit=1&cursor={cursor}")).await;
    assert_eq!(
        (&rest.body["items"][0]["id"], &rest.body["next_cursor"]),
        (&json!(key), &Value::Null)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hand_outs_at_once_never_take_more_than_there_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 5).await;
    let manager = server.manager().await;
    let bodies: Vec<Value> = (2020..2032)
        .map(|year| rice(BENEFICIARY, &json!({ "occasion": format!("army_day_{year}") })))
        .collect();
    let answers = at_once(&manager, bodies).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(201), of(409)), (5, 7));
    let short = answers.iter().find(|answer| answer.status == 409).expect("a refusal");
    assert_eq!((short.problem(), at(short)), ("goods_short", "/quantity"));
    assert_eq!(stock(&supervisor, VILLAGE).await, 0);

    receive(&supervisor, "rice", VILLAGE, 5).await;
    let answers = at_once(&manager, vec![rice(BENEFICIARY, &json!({})); 8]).await;
    let handed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((handed, stock(&supervisor, VILLAGE).await), (1, 4), "once for the occasion");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returned_goods_come_back_to_the_stock_and_may_be_handed_out_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 1).await;
    let manager = server.manager().await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    let why = json!({ "reason": "declined", "note": "家里有" });
    for _ in 0..2 {
        let returned = manager.post(&format!("{path}/return"), &why).await;
        assert_eq!((returned.status, &returned.body["state"]), (200, &json!("returned")));
        assert_eq!(
            (&returned.body["reason"], &returned.body["version"]),
            (&json!("declined"), &json!(2))
        );
    }
    let other = manager.post(&format!("{path}/return"), &json!({ "reason": "damaged" })).await;
    assert_eq!((other.status, other.problem()), (409, "handout_done"), "no repetition");
    assert_eq!(other.body["current"]["reason"], "declined", "{}", other.body);
    assert_eq!(stock(&supervisor, VILLAGE).await, 1, "once");
    assert_eq!(manager.get(&path).await.body["note"], "家里有");
    let again = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((again.status, &again.body["id"]), (201, &handed.body["id"]), "{}", again.body);
    assert_eq!((stock(&supervisor, VILLAGE).await, &again.body["reason"]), (0, &Value::Null));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_with_numbers_and_items_of_a_single_time_are_handed_out_as_such(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let plaque = json!({ "name": "光荣牌", "name_en": "Plaque", "has_serial": true, "once": true });
    put_item(&admin, "plaque", &plaque).await;
    receive(&admin, "plaque", VILLAGE, 9).await;
    let hand = async |beneficiary: &str, more: Value| {
        let mut body = json!({
            "beneficiary_id": beneficiary, "item": "plaque", "serial": "JJ-1",
            "receipt": { "signed_by": "王小明" }
        });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        manager.post("/v1/handouts", &body).await
    };
    for (more, pointer) in [
        (json!({ "serial": null }), "/serial"),
        (json!({ "quantity": 2 }), "/quantity"),
        (json!({ "occasion": "spring_festival_2027" }), "/occasion"),
    ] {
        let refused = hand(BENEFICIARY, more.clone()).await;
        assert_eq!((refused.status, at(&refused)), (422, pointer), "{more}: {}", refused.body);
    }
    let handed = hand(BENEFICIARY, json!({})).await;
    assert_eq!((handed.status, &handed.body["occasion"]), (201, &json!("once")), "{}", handed.body);
    let twice = hand(BENEFICIARY, json!({ "serial": "JJ-2" })).await;
    assert_eq!((twice.status, twice.problem()), (409, "handout_done"));
    let same = hand(&beneficiary_id(2), json!({})).await;
    assert_eq!((same.status, at(&same)), (422, "/serial"), "{}", same.body);
    let small = hand(&beneficiary_id(2), json!({ "serial": "jj-1" })).await;
    assert_eq!((small.status, at(&small)), (422, "/serial"), "the same piece: {}", small.body);
    // An earlier version stored the number as it was sent.
    server.database.execute("UPDATE handouts SET serial = 'jj-1'");
    let same = hand(&beneficiary_id(2), json!({})).await;
    assert_eq!((same.status, at(&same)), (422, "/serial"), "{}", same.body);
    let path = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&path, &json!({ "reason": "moved" })).await.status, 200);
    let free = hand(&beneficiary_id(2), json!({ "serial": "jj-1" })).await;
    assert_eq!((free.status, &free.body["serial"]), (201, &json!("JJ-1")), "the piece is free");
}

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
async fn who_does_not_manage_goods_hands_out_for_an_occasion_that_the_district_has(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    volunteer.visits(BENEFICIARY, &manager).await;
    let of = |occasion: &str| rice(BENEFICIARY, &json!({ "occasion": occasion }));
    for caller in [&volunteer, &manager] {
        for invented in
            ["moving_house", "moving_house_2027", "spring_festival", "spring_festival_x"]
        {
            let refused = caller.post("/v1/handouts", &of(invented)).await;
            assert_eq!((refused.status, at(&refused)), (422, "/occasion"), "{}", refused.body);
        }
    }
    assert_eq!(volunteer.post("/v1/handouts", &of("mid_autumn_2027")).await.status, 201);
    // An occasion of a campaign counts once it is approved; who manages goods needs none.
    let own = json!({ "occasion": "summer", "year": 2027 });
    let path = crate::campaign::draft(&supervisor, own).await;
    assert_eq!(manager.post("/v1/handouts", &of("summer_2027")).await.status, 422);
    let admin = server.admin().await;
    assert_eq!(crate::campaign::approve(&admin, &path).await.status, 200);
    assert_eq!(manager.post("/v1/handouts", &of("summer_2027")).await.status, 201);
    assert_eq!(supervisor.post("/v1/handouts", &of("moving_house")).await.status, 201);
    // Another spelling is no other occasion, for supervisors either.
    for spelt in ["Summer_2027", "summer_2027 ", "ｓｕｍｍｅｒ＿２０２７", "MOVING_HOUSE\u{3000}"]
    {
        for caller in [&supervisor, &volunteer] {
            let again = caller.post("/v1/handouts", &of(spelt)).await;
            let expected = (409, "handout_done");
            assert_eq!((again.status, again.problem()), expected, "{spelt}: {}", again.body);
        }
    }
    let new = supervisor.post("/v1/handouts", &of(" New_Home２ ")).await;
    assert_eq!((new.status, &new.body["occasion"]), (201, &json!("new_home2")), "{}", new.body);
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_out_is_dated_at_most_thirty_days_back_and_not_in_the_future(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let manager = server.manager().await;
    let ago = |days: i64| {
        let at = chrono::Utc::now() - chrono::TimeDelta::days(days);
        rice(BENEFICIARY, &json!({ "at": at.to_rfc3339() }))
    };
    for days in [31, 4000, -1] {
        let refused = manager.post("/v1/handouts", &ago(days)).await;
        assert_eq!((refused.status, at(&refused)), (422, "/at"), "{}", refused.body);
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 9, "nothing moved");
    let handed = manager.post("/v1/handouts", &ago(29)).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_that_come_back_damaged_are_written_off(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let manager = server.manager().await;
    put_item(&admin, "rice", &json!({})).await;
    let received = json!({
        "action": "received", "item": "rice", "area": VILLAGE, "quantity": 5, "lot": "A"
    });
    assert_eq!(supervisor.post("/v1/goods/movements", &received).await.status, 201);
    let two = rice(BENEFICIARY, &json!({ "quantity": 2, "lot": "A" }));
    let handed = manager.post("/v1/handouts", &two).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    let back = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    for _ in 0..2 {
        let returned = manager.post(&back, &json!({ "reason": "damaged" })).await;
        assert_eq!((returned.status, &returned.body["reason"]), (200, &json!("damaged")));
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 3, "damaged goods are no stock");
    let stocks = supervisor.get("/v1/goods/stocks?item=rice").await.body;
    assert_eq!(stocks["items"][0]["lots"][0]["quantity"], 3, "{stocks}");
    let written_off = supervisor.get("/v1/goods/movements?action=written_off").await.body;
    let movement = &written_off["items"][0];
    assert_eq!(
        (&movement["quantity"], &movement["difference"], &movement["lot"]),
        (&json!(2), &json!(0), &json!("A")),
        "once: {written_off}"
    );
    assert_eq!(written_off["items"].as_array().map(Vec::len), Some(1));
    let path = "/v1/exports/goods-movements?format=csv&action=written_off";
    let exported = supervisor.text(path).await;
    assert!(exported.lines().nth(1).is_some_and(|line| line.contains("Written off")), "{exported}");
    // Others replace them.
    let again = manager.post("/v1/handouts", &two).await;
    assert_eq!((again.status, stock(&supervisor, VILLAGE).await), (201, 1), "{}", again.body);
    // What never left the stock is counted there.
    let refused = json!({ "reason": "declined" });
    assert_eq!(manager.post(&back, &refused).await.status, 200);
    assert_eq!(stock(&supervisor, VILLAGE).await, 3, "undamaged goods come back");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lots_are_received_allotted_handed_out_returned_and_counted_by_their_code(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let manager = server.manager().await;
    let movement = |action: &str, quantity: i32, more: Value| {
        let mut body = json!({
            "action": action, "item": "rice", "area": "500116", "quantity": quantity
        });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        body
    };
    let enter = async |body: Value| supervisor.post("/v1/goods/movements", &body).await;
    let lots = async |area: &str| {
        let listed = supervisor.get("/v1/goods/stocks?item=rice&limit=200").await.body;
        let stocks = listed["items"].as_array().expect("stocks").clone();
        stocks.into_iter().find(|stock| stock["area"] == area).expect("a stock")["lots"].clone()
    };
    let late = json!({ "lot": "B", "expires_on": "2028-06-30" });
    let early = json!({ "lot": "A", "expires_on": "2027-12-31" });
    for lot in [late, early] {
        let received = enter(movement("received", 10, lot)).await;
        assert_eq!(received.status, 201, "{}", received.body);
    }
    let undated = enter(movement("received", 1, json!({ "expires_on": "2027-12-31" }))).await;
    assert_eq!(undated.body["errors"][0]["pointer"], "/expires_on", "{}", undated.body);
    let to = json!({ "lot": "A", "to_area": VILLAGE });
    assert_eq!(enter(movement("allotted", 6, to.clone())).await.status, 201);
    let short = enter(movement("allotted", 5, to)).await;
    assert_eq!((short.status, short.problem()), (409, "goods_short"), "{}", short.body);
    assert_eq!(
        lots("500116").await,
        json!([
            { "lot": "A", "quantity": 4, "expires_on": "2027-12-31" },
            { "lot": "B", "quantity": 10, "expires_on": "2028-06-30" }
        ])
    );
    let of = |lot: &str| rice(BENEFICIARY, &json!({ "lot": lot, "quantity": 2 }));
    assert_eq!(manager.post("/v1/handouts", &of("B")).await.problem(), "goods_short");
    let handed = manager.post("/v1/handouts", &of("A")).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    assert_eq!(lots(VILLAGE).await[0]["quantity"], 4);
    let back = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&back, &json!({ "reason": "absent" })).await.status, 200);
    assert_eq!(lots(VILLAGE).await[0]["quantity"], 6, "back in its lot");
    let counted = json!({ "area": VILLAGE, "lot": "A", "note": "一袋破损" });
    let counted = enter(movement("counted", 5, counted)).await;
    assert_eq!((counted.status, &counted.body["difference"]), (201, &json!(-1)));
    assert_eq!(
        (lots(VILLAGE).await[0]["quantity"].clone(), stock(&supervisor, VILLAGE).await),
        (json!(5), 14)
    );
    // Handed out again without a lot: what comes back belongs to none.
    let unnamed = rice(BENEFICIARY, &json!({ "quantity": 2 }));
    assert_eq!(manager.post("/v1/handouts", &unnamed).await.status, 201);
    assert_eq!(manager.post(&back, &json!({ "reason": "absent" })).await.status, 200);
    assert_eq!(
        (lots(VILLAGE).await[0]["quantity"].clone(), stock(&supervisor, VILLAGE).await),
        (json!(5), 14)
    );
    let exported = supervisor.text("/v1/exports/goods-movements?format=csv").await;
    assert!(exported.lines().next().expect("a header").ends_with("Lot,Last day of use"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_of_a_lot_leaves_the_stock_with_at_least_the_pieces_of_all_lots(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 1).await;
    let manager = server.manager().await;
    let enter = async |action: &str, lot: Option<&str>, quantity: i32| {
        let body = json!({
            "action": action, "item": "rice", "area": VILLAGE, "quantity": quantity, "lot": lot,
            "note": "盘点"
        });
        let entered = supervisor.post("/v1/goods/movements", &body).await;
        assert_eq!(entered.status, 201, "{}", entered.body);
        entered.body
    };
    enter("received", Some("A"), 20).await;
    let unnamed = rice(BENEFICIARY, &json!({ "quantity": 11 }));
    assert_eq!(manager.post("/v1/handouts", &unnamed).await.status, 201);
    assert_eq!(stock(&supervisor, VILLAGE).await, 10, "beside a lot of 20");
    // The stock and the lot differ by other numbers.
    let counted = enter("counted", Some("A"), 12).await;
    let differences = (&counted["difference"], &counted["lot_difference"]);
    assert_eq!(differences, (&json!(2), &json!(-8)), "{counted}");
    assert_eq!(stock(&supervisor, VILLAGE).await, 12);
    enter("received", Some("B"), 3).await;
    let counted = enter("counted", Some("A"), 5).await;
    let differences = (&counted["difference"], &counted["lot_difference"]);
    assert_eq!(differences, (&json!(-7), &json!(-7)), "{counted}");
    assert_eq!(stock(&supervisor, VILLAGE).await, 8);
    let plain = enter("counted", None, 9).await;
    assert_eq!((&plain["difference"], &plain["lot_difference"]), (&json!(1), &Value::Null));
    let all: Vec<String> =
        server.database.texts("SELECT CAST(sum(difference) AS text) AS text FROM goods_movements");
    assert_eq!(all, ["9"], "the movements add up to the stock");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_out_is_kept_for_the_years_of_its_item_and_answers_until_after_an_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({ "keep_years": 5 })).await;
    let items = admin.get("/v1/goods/items").await.body;
    assert_eq!(items["items"][0]["keep_years"], 5, "{items}");
    receive(&supervisor, "rice", VILLAGE, 5).await;
    let mut made = Vec::new();
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        let handed = supervisor.post("/v1/handouts", &rice(home, &json!({}))).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
        made.push(format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id")));
    }
    // Of two beneficiaries with a level of need, one ended long ago.
    for (n, person) in [(1, server.volunteer().await), (3, server.second_volunteer().await)] {
        let task = supervisor.make_task(&beneficiary_id(n)).await;
        assert_eq!(person.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let need = json!({ "outcome": "done", "answers": { "need": "high" } });
        let done = person.post(&format!("/v1/tasks/{task}/report"), &need).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    let run = || {
        said(
            &gridward(&server.database, &["jobs", "run", "ended_records"])
                .output()
                .expect("it runs"),
        )
    };
    assert!(run().contains("succeeded, 0 processed"), "all is kept");
    let date = |days: u64| (Utc::now() - Days::new(days)).format("%F").to_string();
    let (old, id) = (date(6 * 366), made[0].rsplit('/').next().expect("an id"));
    server
        .database
        .execute(&format!("UPDATE handouts SET at = '{old} 09:00:00' WHERE id = '{id}'"));
    let ended =
        format!("UPDATE beneficiaries SET valid_to = '{}' WHERE id = '{BENEFICIARY}'", date(95));
    server.database.execute(&ended);
    assert!(run().contains("succeeded, 2 processed"), "a hand-out and an answer");
    assert_eq!(server.database.count("handouts"), 1);
    assert_eq!(supervisor.get(&made[1]).await.status, 200);
    let left = server.database.texts("SELECT beneficiary AS text FROM beneficiary_answers");
    assert_eq!(left, [beneficiary_id(3)], "that of the one who is served");
    let events = supervisor.events("handout.delete").await;
    assert_eq!((events.len(), &events[0]["body"]), (1, &json!({ "count": 1 })), "{events:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_what_a_beneficiary_gets_once_is_kept_for_years_after_the_beneficiarys_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "card", &json!({ "once": true, "keep_years": 5 })).await;
    receive(&supervisor, "card", VILLAGE, 5).await;
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        let card = json!({
            "beneficiary_id": home, "item": "card", "receipt": { "signed_by": "王小明" }
        });
        let handed = supervisor.post("/v1/handouts", &card).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
    }
    let date = |years: u64| (Utc::now() - Days::new(years * 366)).format("%F").to_string();
    server.database.execute(&format!("UPDATE handouts SET at = '{} 09:00:00'", date(20)));
    let end = |years: u64| {
        server.database.execute(&format!(
            "UPDATE beneficiaries SET valid_to = '{}' WHERE id = '{BENEFICIARY}'",
            date(years)
        ));
        let run = gridward(&server.database, &["jobs", "run", "ended_records"]).output();
        said(&run.expect("it runs"))
    };
    assert!(end(4).contains("succeeded, 0 processed"), "both are kept");
    assert!(end(6).contains("succeeded, 1 processed"));
    let left = server.database.texts("SELECT beneficiary AS text FROM handouts");
    assert_eq!(left, [beneficiary_id(2)], "that of the one who is served, however old");
}
