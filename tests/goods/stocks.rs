//! Stocks: received, allotted, counted by lot and written off.

use rstest::rstest;
use serde_json::{Value, json};

use super::{TOWN, VILLAGE, put_item, receive, rice, stock, with_rice};
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, GRID, Server};

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
    // Handed out again without naming a lot: it comes from that which expires first, and goes back there.
    let unnamed = rice(BENEFICIARY, &json!({ "quantity": 2 }));
    assert_eq!(manager.post("/v1/handouts", &unnamed).await.status, 201);
    assert_eq!(lots(VILLAGE).await[0]["quantity"], 3);
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
    // Earlier versions left the lots as they were.
    let earlier = "UPDATE goods_movements SET lot = NULL, lot_difference = NULL \
                   WHERE action = 'handed_out'";
    server.database.execute(earlier);
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
