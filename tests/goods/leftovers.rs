//! Goods that are left over go back up to the station that allotted them.

use rstest::rstest;
use serde_json::{Value, json};

use super::{TOWN, VILLAGE, stock, with_rice};
use crate::support::{Backend, Caller};

const DISTRICT: &str = "500116";
/// A village of another town.
const FAR_VILLAGE: &str = "500116002001";

/// An allotment of rice, with the fields of `more` replaced.
fn allotment((from, to): (&str, &str), quantity: i32, more: &Value) -> Value {
    let mut body = json!({
        "action": "allotted", "item": "rice", "area": from, "to_area": to, "quantity": quantity
    });
    for (field, value) in more.as_object().expect("fields") {
        body[field] = value.clone();
    }
    body
}

/// The lots of rice at the station.
async fn lots(caller: &Caller, area: &str) -> Value {
    let listed = caller.get("/v1/goods/stocks?item=rice&limit=200").await.body;
    let stocks = listed["items"].as_array().expect("stocks").clone();
    stocks.into_iter().find(|stock| stock["area"] == area).expect("a stock")["lots"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_village_gives_what_is_left_over_back_to_its_town_or_district_with_its_lot(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (village, town) = (server.village_supervisor().await, server.town_supervisor().await);
    let consignment = json!({
        "action": "received", "item": "rice", "area": VILLAGE, "quantity": 6, "lot": "A",
        "expires_on": "2027-12-31"
    });
    assert_eq!(village.post("/v1/goods/movements", &consignment).await.status, 201);

    let of_lot = json!({ "lot": "A", "note": "春节后剩余" });
    let back = allotment((VILLAGE, TOWN), 4, &of_lot);
    let back = village.post("/v1/goods/movements", &back).await;
    assert_eq!(back.status, 201, "{}", back.body);
    let differences = (&back.body["difference"], &back.body["lot_difference"]);
    assert_eq!(differences, (&json!(-4), &json!(-4)));
    let to_district = allotment((VILLAGE, DISTRICT), 3, &json!({}));
    let to_district = village.post("/v1/goods/movements", &to_district).await;
    assert_eq!(to_district.status, 201, "{}", to_district.body);
    let mut stocks = [0; 3];
    for (n, area) in [DISTRICT, TOWN, VILLAGE].into_iter().enumerate() {
        stocks[n] = stock(&supervisor, area).await;
    }
    assert_eq!(stocks, [3, 4, 8], "no piece is lost");
    let lot =
        |quantity: i32| json!([{ "lot": "A", "quantity": quantity, "expires_on": "2027-12-31" }]);
    assert_eq!((lots(&town, TOWN).await, lots(&supervisor, DISTRICT).await), (lot(4), lot(2)));
    assert_eq!(lots(&town, VILLAGE).await, Value::Null, "the rest of the lot went first");
    let came = town.get("/v1/goods/movements?action=allotted").await.body;
    let to = came["items"].as_array().expect("movements").iter().map(|one| &one["to_area"]);
    let both = [DISTRICT, DISTRICT, TOWN];
    assert_eq!(to.collect::<Vec<_>>(), both, "of a lot and of none; both stations see it: {came}");
    assert_eq!(supervisor.events("goods.allot").await.len(), 3);

    // A town gives to its district, too.
    let up = allotment((TOWN, DISTRICT), 1, &json!({ "lot": "A" }));
    assert_eq!(town.post("/v1/goods/movements", &up).await.status, 201);
    assert_eq!((stock(&supervisor, DISTRICT).await, stock(&supervisor, TOWN).await), (4, 3));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_station_gives_to_its_neighbour_or_takes_from_one_above(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (village, town) = (server.village_supervisor().await, server.town_supervisor().await);
    for (caller, way, quantity, more, refusal) in [
        (&village, (VILLAGE, FAR_VILLAGE), 1, json!({}), (422, "/to_area")),
        (&village, (VILLAGE, "500116002"), 1, json!({}), (422, "/to_area")),
        (&village, (TOWN, DISTRICT), 1, json!({}), (422, "/area")),
        (&village, (TOWN, VILLAGE), 1, json!({}), (422, "/area")),
        (&town, (FAR_VILLAGE, DISTRICT), 1, json!({}), (422, "/area")),
        (&supervisor, (VILLAGE, FAR_VILLAGE), 1, json!({}), (422, "/to_area")),
        (&village, (VILLAGE, TOWN), 10, json!({}), (409, "/quantity")),
        (&village, (VILLAGE, TOWN), 1, json!({ "lot": "A" }), (409, "/lot")),
    ] {
        let refused = caller.post("/v1/goods/movements", &allotment(way, quantity, &more)).await;
        let at = refused.body["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert_eq!((refused.status, at), refusal, "{way:?}: {}", refused.body);
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 9, "nothing moved");
}
