//! Audiences: filters of beneficiaries, counted, listed and saved, within the caller's area.

mod answers;
mod cases;
mod filters;
mod homes;
mod saved;

use serde_json::{Value, json};

use crate::support::files::beneficiary_id;
use crate::support::server::Answer;
use crate::support::{Caller, Server};

/// A condition on the answer about the state of health.
fn health(any: &[&str]) -> Value {
    json!({ "answer": { "kind": "care_check", "field": "health", "any": any } })
}

/// A kind of service that marks some answers as filterable.
fn care_check() -> Value {
    let option =
        |code: &str, zh: &str, en: &str| json!({ "const": code, "title": zh, "x-title-en": en });
    json!({
        "code": "care_check", "name": "关爱走访", "name_en": "Care check", "minutes": 20,
        "priority": 3, "skills": [], "due_days": 7, "attempts": 1, "retry_days": 1,
        "overdue": "expire", "escalate_days": 7, "follow_ups": {}, "active": true,
        "form": { "type": "object", "properties": {
            "health": {
                "title": "健康状况", "x-title-en": "Health", "x-order": 1, "x-filterable": true,
                "oneOf": [
                    option("good", "好", "Good"), option("fair", "一般", "Fair"),
                    option("poor", "差", "Poor")
                ]
            },
            "meals": {
                "title": "需要送餐", "x-title-en": "Needs meals", "x-order": 2,
                "type": "boolean", "x-filterable": true
            },
            "remark": {
                "title": "备注", "x-title-en": "Remark", "x-order": 3, "type": "string",
                "maxLength": 200
            },
            "sleep": {
                "title": "睡眠", "x-title-en": "Sleep", "x-order": 4,
                "oneOf": [option("good", "好", "Good")]
            }
        } }
    })
}

/// The kind in the catalogue.
async fn with_care_check(server: &Server) {
    let made = server.admin().await.post("/v1/service-kinds", &care_check()).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

async fn preview(caller: &Caller, filter: &Value) -> Answer {
    caller.post("/v1/audiences/preview", &json!({ "filter": filter })).await
}

async fn save(caller: &Caller, body: &Value) -> Value {
    let saved = caller.post("/v1/audiences", body).await;
    assert_eq!(saved.status, 201, "{body}: {}", saved.body);
    saved.body
}

/// The numbers of the members, in order, over pages of `limit`.
async fn members(caller: &Caller, id: &str, limit: usize) -> Vec<u32> {
    let (mut numbers, mut more) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/v1/audiences/{id}/members?limit={limit}{more}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for one in page.body["items"].as_array().expect("items") {
            let id = one["id"].as_str().expect("an id");
            numbers.push((1..=6).find(|n| beneficiary_id(*n) == id).expect("a beneficiary"));
            assert!(one["name"].as_str().expect("a name").contains('*'), "masked: {one}");
        }
        match page.body["next_cursor"].as_str() {
            Some(cursor) => more = format!("&cursor={cursor}"),
            None => return numbers,
        }
    }
}
