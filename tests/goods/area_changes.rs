//! After a change of areas the goods are at the stations of the areas that took over.

use rstest::rstest;
use serde_json::{Value, json};

use super::{TOWN, VILLAGE, at, put_item, receive, rice, stock, with_rice};
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID};

/// A village of another town.
const FAR_VILLAGE: &str = "500116002001";
const NEW_VILLAGE: &str = "500116001009";

async fn change(admin: &Caller, changes: &Value) {
    let body = json!({ "preview": false, "changes": changes });
    let answer = admin.post("/v1/area-changes", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn enter(caller: &Caller, body: &Value) -> Value {
    let entered = caller.post("/v1/goods/movements", body).await;
    assert_eq!(entered.status, 201, "{}", entered.body);
    entered.body
}

/// The stocks of rice: the areas with their lots.
async fn stocks(caller: &Caller) -> Vec<(Value, Value)> {
    let listed = caller.get("/v1/goods/stocks?item=rice&limit=200").await.body;
    let stocks = listed["items"].as_array().expect("stocks").iter();
    stocks.map(|stock| (stock["area"].clone(), stock["lots"].clone())).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_of_a_village_with_a_new_code_goes_along_with_its_lots(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 9).await;
    let manager = server.manager().await;
    let consignment = json!({
        "action": "received", "item": "rice", "area": VILLAGE, "quantity": 10, "lot": "A",
        "expires_on": "2027-12-31"
    });
    enter(&supervisor, &consignment).await;
    let of_lot = rice(BENEFICIARY, &json!({ "lot": "A", "quantity": 2 }));
    let handed = manager.post("/v1/handouts", &of_lot).await;
    assert_eq!(handed.status, 201, "{}", handed.body);

    change(&admin, &json!([{ "recode": { "area": VILLAGE, "to": NEW_VILLAGE } }])).await;
    let lot =
        |quantity: i32| json!([{ "lot": "A", "quantity": quantity, "expires_on": "2027-12-31" }]);
    assert_eq!(stocks(&supervisor).await, [(json!(NEW_VILLAGE), lot(8))], "no former code");
    assert_eq!(stock(&supervisor, NEW_VILLAGE).await, 17);
    let moved = supervisor.get("/v1/goods/movements?action=taken_over").await.body;
    let mut parts: Vec<_> = moved["items"]
        .as_array()
        .expect("movements")
        .iter()
        .map(|one| {
            let way = (&one["area"], &one["to_area"]);
            assert_eq!(way, (&json!(VILLAGE), &json!(NEW_VILLAGE)), "{one}");
            (one["lot"].as_str().unwrap_or_default(), one["difference"].as_i64())
        })
        .collect();
    parts.sort_unstable();
    assert_eq!(parts, [("", Some(-9)), ("A", Some(-8))], "{moved}");
    assert_eq!(supervisor.events("goods.take_over").await.len(), 2);
    let exported = supervisor.text("/v1/exports/goods-movements?format=csv&action=taken_over");
    assert_eq!(exported.await.lines().count(), 3);

    // The new code is counted and allots, and what was handed out comes back to it.
    let mut counted = json!({
        "action": "counted", "item": "rice", "area": NEW_VILLAGE, "quantity": 17
    });
    assert_eq!(enter(&supervisor, &counted).await["difference"], 0);
    counted["area"] = json!(VILLAGE);
    let former = supervisor.post("/v1/goods/movements", &counted).await;
    assert_eq!((former.status, former.problem()), (422, "invalid"), "{}", former.body);
    let allotted = json!({
        "action": "allotted", "item": "rice", "area": NEW_VILLAGE, "to_area": TOWN, "quantity": 3
    });
    enter(&supervisor, &allotted).await;
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    let returned = manager.post(&format!("{path}/return"), &json!({ "reason": "absent" })).await;
    assert_eq!((returned.status, &returned.body["station"]), (200, &json!(NEW_VILLAGE)));
    let left = (stock(&supervisor, NEW_VILLAGE).await, stock(&supervisor, TOWN).await);
    assert_eq!((left, stock(&supervisor, VILLAGE).await), ((16, 3), 0));
    assert!(
        stocks(&supervisor).await.contains(&(json!(NEW_VILLAGE), lot(7))),
        "in its lot, of which three were allotted"
    );
    let (valid, said) = crate::log::verify(&server.database, &[]);
    assert!(valid, "{said}");
}

/// Two new villages take a grid each, and the former village ends.
fn divided(successors: &Value) -> Value {
    let village = |code: &str| {
        let place = json!({ "lat": 29.285, "lon": 106.255 });
        json!({ "add": { "area": code, "name": "新村", "place": place } })
    };
    json!([
        village(NEW_VILLAGE),
        village("500116001010"),
        { "recode": { "area": GRID, "to": "500116001009001" } },
        { "recode": { "area": OTHER_GRID, "to": "500116001010001" } },
        { "end": { "area": VILLAGE, "successors": successors } },
    ])
}

/// A village of another town takes both grids, and the former village ends.
fn joined() -> Value {
    json!([
        { "recode": { "area": GRID, "to": "500116002001002" } },
        { "recode": { "area": OTHER_GRID, "to": "500116002001003" } },
        { "end": { "area": VILLAGE, "successors": [FAR_VILLAGE] } },
    ])
}

#[rstest]
#[case::to_the_only_one(joined(), FAR_VILLAGE, 14)]
#[case::to_the_town_around_several(divided(&json!([NEW_VILLAGE, "500116001010"])), TOWN, 9)]
#[case::to_the_town_if_none_is_named(divided(&json!([])), TOWN, 9)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_of_a_village_that_ends_goes_to_what_took_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] changes: Value,
    #[case] to: &str,
    #[case] pieces: i64,
) {
    let (_server, admin, supervisor) = with_rice(backend, 9).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 5).await;
    change(&admin, &changes).await;
    assert_eq!(stock(&supervisor, to).await, pieces);
    let areas: Vec<Value> = stocks(&supervisor).await.into_iter().map(|(area, _)| area).collect();
    assert!(!areas.contains(&json!(VILLAGE)), "{areas:?}");
    let all = areas.len();
    assert_eq!(all, if to == FAR_VILLAGE { 1 } else { 2 }, "{areas:?}");
}

#[rstest]
#[case::to_the_only_one(joined(), FAR_VILLAGE)]
#[case::to_the_town_around_several(divided(&json!([NEW_VILLAGE, "500116001010"])), TOWN)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_shows_the_stocks_that_the_change_then_moves(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] changes: Value,
    #[case] to: &str,
) {
    let (_server, admin, supervisor) = with_rice(backend, 9).await;
    put_item(&admin, "flour", &json!({})).await;
    put_item(&admin, "oil", &json!({})).await;
    receive_lot(&supervisor, VILLAGE, ("A", 4, "2027-12-31")).await;
    receive(&supervisor, "flour", VILLAGE, 3).await;
    // A stock without pieces ends, but nothing of it moves.
    receive(&supervisor, "oil", VILLAGE, 1).await;
    let none = json!({ "action": "counted", "item": "oil", "area": VILLAGE, "quantity": 0, "note": "破损" });
    enter(&supervisor, &none).await;
    // These stocks stay.
    receive(&supervisor, "rice", FAR_VILLAGE, 5).await;
    receive(&supervisor, "rice", TOWN, 5).await;

    let body = |preview: bool| json!({ "preview": preview, "changes": changes });
    let shown = admin.post("/v1/area-changes", &body(true)).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let moving = json!([
        { "area": VILLAGE, "to_area": to, "item": "flour", "quantity": 3 },
        { "area": VILLAGE, "to_area": to, "item": "rice", "quantity": 13 },
    ]);
    assert_eq!(shown.body["stocks"], moving, "{}", shown.body);
    let (there, elsewhere) = (stock(&supervisor, VILLAGE).await, stock(&supervisor, to).await);
    assert_eq!((there, elsewhere), (13, 5), "nothing has moved");

    let done = admin.post("/v1/area-changes", &body(false)).await;
    assert_eq!((done.status, &done.body["stocks"]), (200, &moving), "{}", done.body);
    let (there, elsewhere) = (stock(&supervisor, VILLAGE).await, stock(&supervisor, to).await);
    assert_eq!((there, elsewhere), (0, 18));
    let flour = supervisor.get("/v1/goods/stocks?item=flour").await.body;
    assert_eq!(flour["items"].as_array().map(Vec::len), Some(1), "{flour}");
    let flour = &flour["items"][0];
    assert_eq!((&flour["area"], &flour["quantity"]), (&json!(to), &json!(3)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_refuses_more_than_a_stock_may_hold_as_the_change_does(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 9).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 1).await;
    let full = format!("UPDATE goods_stocks SET quantity = 9999992 WHERE area = '{FAR_VILLAGE}'");
    server.database.execute(&full);
    for preview in [true, false] {
        let body = json!({ "preview": preview, "changes": joined() });
        let refused = admin.post("/v1/area-changes", &body).await;
        assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
        assert_eq!(at(&refused), "/changes");
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 9);
}

/// Enters a consignment of rice in the village.
async fn receive_lot(caller: &Caller, village: &str, lot: (&str, i32, &str)) {
    let (lot, quantity, expires_on) = lot;
    let consignment = json!({
        "action": "received", "item": "rice", "area": village, "quantity": quantity, "lot": lot,
        "expires_on": expires_on
    });
    enter(caller, &consignment).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_lot_of_two_former_villages_is_one_lot_of_the_village_that_took_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, admin, supervisor) = with_rice(backend, 2).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 1).await;
    receive_lot(&supervisor, VILLAGE, ("A", 4, "2027-12-31")).await;
    receive_lot(&supervisor, FAR_VILLAGE, ("A", 3, "2027-12-31")).await;
    let place = json!({ "lat": 29.285, "lon": 106.255 });
    let changes = json!([
        { "add": { "area": NEW_VILLAGE, "name": "新村", "place": place } },
        { "recode": { "area": GRID, "to": "500116001009001" } },
        { "recode": { "area": OTHER_GRID, "to": "500116001009002" } },
        { "recode": { "area": FAR_GRID, "to": "500116001009003" } },
        { "end": { "area": VILLAGE, "successors": [NEW_VILLAGE] } },
        { "end": { "area": FAR_VILLAGE, "successors": [NEW_VILLAGE] } },
    ]);
    change(&admin, &changes).await;
    let lots = json!([{ "lot": "A", "quantity": 7, "expires_on": "2027-12-31" }]);
    assert_eq!(stocks(&supervisor).await, [(json!(NEW_VILLAGE), lots)]);
    assert_eq!(stock(&supervisor, NEW_VILLAGE).await, 10);
    assert_eq!(supervisor.events("goods.take_over").await.len(), 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_after_a_change_goes_to_each_lot_from_which_it_was_taken(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin, supervisor) = with_rice(backend, 1).await;
    let manager = server.manager().await;
    receive_lot(&supervisor, VILLAGE, ("B", 2, "2028-12-31")).await;
    receive_lot(&supervisor, VILLAGE, ("A", 2, "2027-12-31")).await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({ "quantity": 3 }))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    change(&admin, &json!([{ "recode": { "area": VILLAGE, "to": NEW_VILLAGE } }])).await;
    let first = |pieces: i32| json!({ "lot": "A", "quantity": pieces, "expires_on": "2027-12-31" });
    let last = |pieces: i32| json!({ "lot": "B", "quantity": pieces, "expires_on": "2028-12-31" });
    let left = json!([last(1)]);
    assert_eq!(stocks(&supervisor).await, [(json!(NEW_VILLAGE), left)]);

    let path = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    let returned = manager.post(&path, &json!({ "reason": "absent" })).await;
    assert_eq!((returned.status, &returned.body["station"]), (200, &json!(NEW_VILLAGE)));
    let all = json!([first(2), last(2)]);
    assert_eq!(stocks(&supervisor).await, [(json!(NEW_VILLAGE), all)]);
    assert_eq!(stock(&supervisor, NEW_VILLAGE).await, 5);
}
