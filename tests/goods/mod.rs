//! Goods: received, allotted to stations, handed out once with a receipt, returned and counted.

mod access;
mod area_changes;
mod dropped;
mod handouts;
mod leftovers;
mod lots;
mod merges_elsewhere;
mod phones;
mod retention;
mod stations;
mod stocks;
mod visitors;
mod visits_elsewhere;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

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

/// A server with rice in the register, and so much of it in the village.
pub async fn with_rice(backend: Backend, quantity: i32) -> (Server, Caller, Caller) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", VILLAGE, quantity).await;
    (server, admin, supervisor)
}
