//! Lots: what leaves a stock comes from the lots that expire first and have not expired, and a stock is the sum of its
//! lots and of the pieces without a lot.

use rstest::rstest;
use serde_json::{Value, json};

use super::handouts::at_once;
use super::{TOWN, VILLAGE, at, put_item, receive, rice, stock};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// A server with rice in the register, and its supervisor.
async fn with_item(backend: Backend) -> (Server, Caller) {
    let server = Server::small(backend);
    put_item(&server.admin().await, "rice", &json!({})).await;
    let supervisor = server.supervisor().await;
    (server, supervisor)
}

/// Enters a movement of rice, with the fields of `more` added.
async fn enter(
    caller: &Caller,
    action: &str,
    (area, quantity): (&str, i32),
    more: &Value,
) -> Answer {
    let mut body = json!({ "action": action, "item": "rice", "area": area, "quantity": quantity });
    for (field, value) in more.as_object().expect("fields") {
        body[field] = value.clone();
    }
    caller.post("/v1/goods/movements", &body).await
}

/// Receives pieces of a lot that may be used until this many days from now.
async fn receive_lot(caller: &Caller, area: &str, (lot, quantity): (&str, i32), days: i64) {
    let more = json!({ "lot": lot, "expires_on": day(days) });
    let received = enter(caller, "received", (area, quantity), &more).await;
    assert_eq!(received.status, 201, "{}", received.body);
}

/// The lots of rice at the station of the area, with their pieces. No lot of any station has more than its stock.
async fn lots(caller: &Caller, area: &str) -> Vec<(String, i64)> {
    let listed = caller.get("/v1/goods/stocks?item=rice&limit=200").await.body;
    let mut found = Vec::new();
    for stock in listed["items"].as_array().expect("stocks") {
        let number = |of: &Value| of["quantity"].as_i64().expect("a number");
        let of = stock["lots"].as_array().into_iter().flatten();
        let of: Vec<(String, i64)> =
            of.map(|lot| (lot["lot"].as_str().expect("a lot").to_owned(), number(lot))).collect();
        let in_lots: i64 = of.iter().map(|(_, pieces)| pieces).sum();
        assert!(in_lots <= number(stock), "{stock}");
        if stock["area"] == area {
            found = of;
        }
    }
    found
}

fn held(lots: &[(&str, i64)]) -> Vec<(String, i64)> {
    lots.iter().map(|(lot, pieces)| ((*lot).to_owned(), *pieces)).collect()
}

/// The lots and pieces of the movements of a kind, newest first.
async fn moved(caller: &Caller, action: &str) -> Vec<(Value, Value)> {
    let listed = caller.get(&format!("/v1/goods/movements?action={action}")).await.body;
    let movements = listed["items"].as_array().expect("movements").iter();
    movements.map(|one| (one["lot"].clone(), one["quantity"].clone())).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_out_takes_from_the_lots_that_expire_first_and_what_comes_back_goes_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_item(backend).await;
    let manager = server.manager().await;
    receive(&supervisor, "rice", VILLAGE, 1).await;
    receive_lot(&supervisor, VILLAGE, ("B", 2), 60).await;
    receive_lot(&supervisor, VILLAGE, ("A", 2), 30).await;
    let of = |quantity: i32| rice(BENEFICIARY, &json!({ "quantity": quantity }));
    let handed = manager.post("/v1/handouts", &of(3)).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("B", 1)]));
    assert_eq!(stock(&supervisor, VILLAGE).await, 2);
    let mut taken = moved(&supervisor, "handed_out").await;
    taken.sort_by_key(|(lot, _)| lot.to_string());
    assert_eq!(taken, [(json!("A"), json!(2)), (json!("B"), json!(1))], "of one hand-out");

    let back = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&back, &json!({ "reason": "absent" })).await.status, 200);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("A", 2), ("B", 2)]));
    assert_eq!(stock(&supervisor, VILLAGE).await, 5);

    // The pieces without a lot go last; what is damaged is no stock of any lot.
    assert_eq!(manager.post("/v1/handouts", &of(5)).await.status, 201);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[]));
    assert_eq!(manager.post(&back, &json!({ "reason": "damaged" })).await.status, 200);
    assert_eq!((lots(&supervisor, VILLAGE).await, stock(&supervisor, VILLAGE).await), (vec![], 0));
    let mut written_off = moved(&supervisor, "written_off").await;
    written_off.sort_by_key(|(lot, _)| lot.to_string());
    let expected = [(json!("A"), json!(2)), (json!("B"), json!(2)), (Value::Null, json!(1))];
    assert_eq!(written_off, expected);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_neither_handed_out_nor_allotted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_item(backend).await;
    let manager = server.manager().await;
    receive_lot(&supervisor, VILLAGE, ("OLD", 2), -2).await;
    receive_lot(&supervisor, VILLAGE, ("NEW", 1), 30).await;
    let of = |home: u32, more: Value| rice(&beneficiary_id(home), &more);
    let named = manager.post("/v1/handouts", &of(1, json!({ "lot": "OLD" }))).await;
    assert_eq!((named.status, at(&named)), (422, "/lot"), "{}", named.body);
    let both = manager.post("/v1/handouts", &of(1, json!({ "quantity": 2 }))).await;
    assert_eq!((both.problem(), at(&both)), ("goods_short", "/quantity"), "{}", both.body);
    assert_eq!(manager.post("/v1/handouts", &of(1, json!({}))).await.status, 201);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("OLD", 2)]));
    let left = manager.post("/v1/handouts", &of(2, json!({}))).await;
    assert_eq!((left.status, left.problem(), at(&left)), (409, "goods_short", "/quantity"));
    // It had not expired on the day on which it was handed out without a connection.
    let before = json!({ "at": format!("{}T10:00:00+08:00", day(-2)) });
    let before = manager.post("/v1/handouts", &of(2, before)).await;
    assert_eq!(before.status, 201, "{}", before.body);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("OLD", 1)]));

    receive_lot(&supervisor, TOWN, ("OLD", 2), -2).await;
    let down = enter(&supervisor, "allotted", (TOWN, 1), &json!({ "to_area": VILLAGE })).await;
    assert_eq!((down.status, down.problem()), (409, "goods_short"), "{}", down.body);
    let down = json!({ "to_area": VILLAGE, "lot": "OLD" });
    let down = enter(&supervisor, "allotted", (TOWN, 1), &down).await;
    assert_eq!((down.status, at(&down)), (422, "/lot"), "{}", down.body);
    // It is taken out by a count.
    let thrown = json!({ "lot": "OLD", "note": "过期销毁" });
    assert_eq!(enter(&supervisor, "counted", (TOWN, 0), &thrown).await.status, 201);
    assert_eq!((lots(&supervisor, TOWN).await, stock(&supervisor, TOWN).await), (vec![], 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_allotment_without_a_lot_is_a_movement_of_each_lot_from_which_it_takes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, supervisor) = with_item(backend).await;
    receive_lot(&supervisor, TOWN, ("A", 4), 30).await;
    receive_lot(&supervisor, TOWN, ("B", 10), 60).await;
    let to = json!({ "to_area": VILLAGE, "note": "春节" });
    let allotted = enter(&supervisor, "allotted", (TOWN, 6), &to).await;
    assert_eq!(allotted.status, 201, "{}", allotted.body);
    let of = ["quantity", "difference", "lot"].map(|field| &allotted.body[field]);
    assert_eq!(of, [&json!(6), &json!(-6), &Value::Null], "their sum");
    let mut parts = moved(&supervisor, "allotted").await;
    parts.sort_by_key(|(lot, _)| lot.to_string());
    assert_eq!(parts, [(json!("A"), json!(4)), (json!("B"), json!(2))]);
    assert_eq!(lots(&supervisor, TOWN).await, held(&[("B", 8)]));
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("A", 4), ("B", 2)]));
    assert_eq!((stock(&supervisor, TOWN).await, stock(&supervisor, VILLAGE).await), (8, 6));
    assert_eq!(supervisor.events("goods.allot").await.len(), 2);
    let one = enter(&supervisor, "allotted", (TOWN, 1), &to).await;
    assert_eq!((one.status, &one.body["lot"]), (201, &json!("B")), "{}", one.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_of_all_pieces_finds_no_fewer_than_the_lots_have(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, supervisor) = with_item(backend).await;
    receive(&supervisor, "rice", VILLAGE, 3).await;
    receive_lot(&supervisor, VILLAGE, ("A", 4), 30).await;
    let note = json!({ "note": "盘点" });
    let count =
        async |quantity: i32| enter(&supervisor, "counted", (VILLAGE, quantity), &note).await;
    let fewer = count(3).await;
    assert_eq!((fewer.status, at(&fewer)), (422, "/quantity"), "{}", fewer.body);
    assert_eq!(count(4).await.body["difference"], -3, "those without a lot");
    let of_lot = json!({ "lot": "A", "note": "盘点" });
    assert_eq!(enter(&supervisor, "counted", (VILLAGE, 3), &of_lot).await.status, 201);
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("A", 3)]));
    assert_eq!(stock(&supervisor, VILLAGE).await, 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hand_outs_at_once_take_no_piece_of_a_lot_twice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_item(backend).await;
    let manager = server.manager().await;
    receive(&supervisor, "rice", VILLAGE, 2).await;
    receive_lot(&supervisor, VILLAGE, ("OLD", 2), -2).await;
    receive_lot(&supervisor, VILLAGE, ("A", 2), 30).await;
    receive_lot(&supervisor, VILLAGE, ("B", 1), 60).await;
    let bodies: Vec<Value> = (2020..2032)
        .map(|year| rice(BENEFICIARY, &json!({ "occasion": format!("army_day_{year}") })))
        .collect();
    let answers = at_once(&manager, bodies).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(201), of(409)), (5, 7));
    assert_eq!(lots(&supervisor, VILLAGE).await, held(&[("OLD", 2)]));
    assert_eq!(stock(&supervisor, VILLAGE).await, 2);
    let mut taken = moved(&supervisor, "handed_out").await;
    taken.sort_by_key(|(lot, _)| lot.to_string());
    let taken: Vec<Value> = taken.into_iter().map(|(lot, _)| lot).collect();
    assert_eq!(taken, [json!("A"), json!("A"), json!("B"), Value::Null, Value::Null]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lots_that_expire_on_one_day_are_shown_and_taken_by_their_codes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, supervisor) = with_item(backend).await;
    for (lot, days) in [("C", 60), ("B", 30), ("A", 30)] {
        receive_lot(&supervisor, TOWN, (lot, 1), days).await;
    }
    assert_eq!(lots(&supervisor, TOWN).await, held(&[("A", 1), ("B", 1), ("C", 1)]));
    let to = json!({ "to_area": VILLAGE });
    assert_eq!(enter(&supervisor, "allotted", (TOWN, 1), &to).await.body["lot"], "A");
}

/// On SQLite alone: PostgreSQL reads a table as small as that of a test without an index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pieces_and_days_of_lots_are_read_from_indexes_alone() {
    let (server, _supervisor) = with_item(Backend::Sqlite).await;
    for (columns, condition) in [
        ("area, sum(lot_difference)", "area IN ('500116001') GROUP BY area, item, lot"),
        ("to_area, sum(quantity)", "to_area IN ('500116001') GROUP BY to_area, item, lot"),
        ("min(expires_on)", "expires_on IS NOT NULL GROUP BY item, lot"),
    ] {
        let plan = server.database.plan(&format!(
            "SELECT item, lot, {columns} FROM goods_movements WHERE district = '500116'
             AND item IN ('rice') AND lot IS NOT NULL AND {condition}"
        ));
        assert!(plan.contains("USING COVERING INDEX"), "{plan}");
    }
}
