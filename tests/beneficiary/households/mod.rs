//! Households: who lives together, and the one plaque that hangs at their door.

mod entries;
mod planned_goods;
mod plaques;

use reqwest::Method;
use serde_json::{Value, json};

use crate::goods::{put_item, receive};
use crate::regime::cadences::change;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::Answer;
use crate::support::{Caller, Server};

const HOUSEHOLD: &str = "02-A7";
const VILLAGE: &str = "500116001002";

/// The district has plaques, and the first two beneficiaries are one household, in which that of the first one hangs.
pub async fn a_couple(server: &Server) {
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let plaque = json!({
        "handed_out": "hung", "present": ["indoor"], "entitled": ["veteran"],
        "withdrawn": "withdrawn", "withdrawal": { "kind": "plaque", "class": "withdraw" }
    });
    put_item(&admin, "plaque", &json!({ "once": true, "plaque": plaque })).await;
    receive(&supervisor, "plaque", VILLAGE, 5).await;
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": HOUSEHOLD })).await;
    let spouse = json!({ "household": HOUSEHOLD, "plaque": "pending" });
    change(&supervisor, Method::PATCH, &beneficiary_id(2), "", &spouse).await;
}

async fn entry(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/beneficiaries/{id}")).await.body
}

/// Changes the entry of the beneficiary.
pub async fn patch(caller: &Caller, id: &str, body: &Value) -> Answer {
    let path = format!("/v1/beneficiaries/{id}");
    let version = caller.get(&path).await.body["version"].clone();
    let request = caller.request(Method::PATCH, &path).json(body);
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

async fn hand_out(caller: &Caller, id: &str) -> Answer {
    let body = json!({
        "beneficiary_id": id, "item": "plaque", "receipt": { "signed_by": "王小明" }
    });
    caller.post("/v1/handouts", &body).await
}
