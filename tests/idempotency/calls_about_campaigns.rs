//! Calls about campaigns and goods.

use serde_json::{Value, json};

use super::Keyed;
use crate::campaign::{approve, launch, launched as launched_by_now};
use crate::goods::{put_item, receive, rice};
use crate::support::files::BENEFICIARY;
use crate::support::{Caller, GRID};

/// The content of a campaign.
pub(super) fn campaign_content() -> Value {
    json!({
        "name": "x", "name_en": "x", "occasion": "x", "year": 2027, "filter": { "all": [] },
        "kind": "home_visit", "first_day": "2027-01-18", "last_day": "2027-02-05",
    })
}

/// The calls that decide about a campaign, in the order in which they are made.
pub(super) async fn calls_about_campaigns(supervisor: &Caller, admin: &Caller) -> Vec<Keyed> {
    let draft = async || {
        let written = admin.post("/v1/campaigns", &campaign_content()).await;
        assert_eq!(written.status, 201, "{}", written.body);
        format!("/v1/campaigns/{}", written.body["id"].as_str().expect("an id"))
    };
    let template = json!({ "campaigns": [{
        "code": "visits", "name": "x", "name_en": "x", "occasion": "army_day", "filter": { "all": [] },
        "starts_before": 20, "ends_before": 1, "kind": "home_visit"
    }] });
    assert_eq!(admin.post("/v1/services", &template).await.status, 200);
    let (launched, closed, reminded, planned) =
        (draft().await, draft().await, draft().await, draft().await);
    assert_eq!(approve(supervisor, &reminded).await.status, 200);
    assert_eq!(launch(supervisor, &reminded, true).await.status, 200);
    launched_by_now(supervisor, &reminded).await;
    let calls = [
        (
            "create_campaign_of_template",
            "/v1/campaign-templates/visits/campaigns".to_owned(),
            json!({ "year": 2090 }),
            None,
        ),
        (
            "approve_campaign",
            format!("{launched}/approve?confirm=true"),
            Value::Null,
            Some("\"v1\""),
        ),
        ("launch_campaign", format!("{launched}/launch"), json!({ "confirm": true }), None),
        ("close_campaign", format!("{closed}/close"), Value::Null, None),
        ("remind_campaign", format!("{reminded}/reminders"), Value::Null, None),
        ("plan_campaign", format!("{planned}/dry-plans"), Value::Null, None),
    ];
    let keyed = calls.into_iter().map(|(operation, path, body, version)| Keyed {
        operation,
        caller: supervisor.clone(),
        path,
        body,
        version,
    });
    keyed.collect()
}

/// The calls that move goods.
pub(super) async fn calls_about_goods(
    manager: &Caller,
    supervisor: &Caller,
    admin: &Caller,
) -> Vec<Keyed> {
    put_item(admin, "rice", &json!({})).await;
    receive(supervisor, "rice", &GRID[..12], 9).await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    let back = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    let received =
        json!({ "action": "received", "item": "rice", "area": &GRID[..12], "quantity": 1 });
    let other = rice(BENEFICIARY, &json!({ "occasion": "army_day_2027" }));
    let calls = [
        ("enter_goods_movement", supervisor, "/v1/goods/movements".to_owned(), received),
        ("hand_out", manager, "/v1/handouts".to_owned(), other),
        ("return_handout", manager, back, json!({ "reason": "absent" })),
    ];
    let keyed = calls.into_iter().map(|(operation, caller, path, body)| Keyed {
        operation,
        caller: caller.clone(),
        path,
        body,
        version: None,
    });
    keyed.collect()
}
