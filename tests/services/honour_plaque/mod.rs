//! The honour plaque (光荣牌): hung with its number, checked, replaced after damage, withdrawn and restored
//! by the district.

mod duplicates;
mod life;
mod words;

use reqwest::Method;
use serde_json::{Value, json};

use crate::regime::cadences::change;
use crate::regime::with;
use crate::support::Caller;
use crate::support::files::BENEFICIARY;
use crate::support::server::Answer;

const CONFIGURATION: &str = include_str!("../../../docs/services/honour_plaque.json");
const STATION: &str = "500116001002";

async fn hang(caller: &Caller, serial: &str) -> Answer {
    let body = json!({
        "beneficiary_id": BENEFICIARY, "item": "plaque", "serial": serial,
        "receipt": { "signed_by": "王小明" }
    });
    caller.post("/v1/handouts", &body).await
}

async fn take_back(caller: &Caller, handout: &Value, reason: &str) -> Answer {
    decide(caller, handout, json!({ "reason": reason })).await
}

/// Returns the plaque for the reason and by the case of the body.
async fn decide(caller: &Caller, handout: &Value, body: Value) -> Answer {
    let path = format!("/v1/handouts/{}/return", handout["id"].as_str().expect("an id"));
    caller.post(&path, &body).await
}

/// The entry says that the plaque is still to be hung.
async fn is_to_come(caller: &Caller, home: &str) {
    change(caller, Method::PATCH, home, "", &json!({ "plaque": "pending" })).await;
}

/// The state of the plaque in the entry.
async fn plaque(caller: &Caller) -> String {
    let entry = caller.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    entry["plaque"].as_str().expect("a state").to_owned()
}

/// Puts the item of the document into the register again, in use or archived.
async fn put_plaque(admin: &Caller, document: &str, is_active: bool) {
    let document: Value = serde_json::from_str(document).expect("a document");
    let mut item = with(&document["goods"][0], &json!({ "active": is_active }));
    item.as_object_mut().expect("an item").remove("code");
    let items = admin.get("/v1/goods/items").await.body;
    let version = items["items"][0]["version"].clone();
    let request = admin.request(Method::PUT, "/v1/goods/items/plaque").json(&item);
    let put = admin.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(put.status, 200, "{}", put.body);
}
