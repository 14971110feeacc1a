//! Army Day: visits with a guest, letters and gifts of 1 August, from the document to the report.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{drafts, install, server};
use crate::campaign::spring_festival::{
    FAR_VILLAGE, VILLAGE, accompanied, finds_a_need, hand_out, planned,
};
use crate::campaign::{approve, launch, launched};
use crate::goods::receive;
use crate::regime::cadences::change;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, FAR_GRID, GRID};

const CONFIGURATION: &str = include_str!("../../docs/services/army_day.json");
const OCCASION: &str = "army_day_2027";
const LETTER: &str = "army_day_letter";
const GIFT: &str = "army_day_gift";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn army_day_is_kept_by_configuration_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let (manager, far) = (server.manager().await, server.far_manager().await);
    let combat = json!({ "categories": ["combat_veteran"] });
    for n in [1, 5] {
        change(&supervisor, Method::PATCH, &beneficiary_id(n), "", &combat).await;
    }
    let day = json!({ "name": "建军节", "calendar": "solar" });
    let put = admin.request(Method::PUT, "/v1/holidays/2027-08-01.army_day").json(&day);
    assert_eq!(admin.send(put).await.status, 201);
    install(&server, CONFIGURATION).await;
    for (item, village) in [(LETTER, VILLAGE), (LETTER, FAR_VILLAGE), (GIFT, VILLAGE)] {
        receive(&admin, item, village, 9).await;
    }

    let guest = json!({ "name": "王建军", "office": "区人武部部长" });
    let days = ["2027-08-01", "2027-07-12", "2027-07-31"];
    let paths = drafts(&server, CONFIGURATION, (2027, days), &guest).await;
    let feasible = supervisor.act(&format!("{}/feasibility", paths[0])).await.body;
    assert_eq!((&feasible["visits"], &feasible["fits"]), (&json!(2), &json!(true)), "{feasible}");
    let mut made = Vec::new();
    for path in &paths {
        assert_eq!(approve(&admin, path).await.status, 200);
        assert_eq!(launch(&supervisor, path, true).await.status, 200);
        let campaign = launched(&supervisor, path).await;
        made.push((campaign["created_tasks"].clone(), campaign["planned_handouts"].clone()));
    }
    // A beneficiary with a visit gets the letter there, and no second one.
    assert_eq!(made, [(json!(2), json!(4)), (json!(0), json!(4))]);

    // The visit with the guest, the letter and the gift with its receipt.
    let (task, home) = accompanied(&manager, &guest, &["八一慰问信", "八一慰问品"]).await;
    assert_eq!(home, beneficiary_id(1));
    super::report(&manager, &task, json!({ "answers": { "accompanied": true } })).await;
    hand_out(&manager, &home, OCCASION, &[LETTER, GIFT]).await;
    // The letter of a household that has moved comes back; the visit elsewhere finds a need.
    let letters = planned(&manager, LETTER).await;
    assert_eq!(letters.len(), 2, "the other homes of the grid: {letters:?}");
    let back = format!("/v1/handouts/{}/return", letters[0]["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&back, &json!({ "reason": "moved" })).await.status, 200);
    finds_a_need(&far, json!({ "answers": { "accompanied": false } })).await;
    let opened = supervisor.get("/v1/cases?kind=three_hardships").await.body;
    assert_eq!(opened["items"][0]["beneficiary_id"], beneficiary_id(5), "{opened}");

    let progress = supervisor.get(&format!("{}/progress", paths[0])).await.body;
    assert_eq!(progress["total"], json!({ "tasks": 2, "done": 2, "open": 0, "failed": 0 }));
    assert_eq!(progress["handouts"], json!({ "planned": 2, "handed_out": 2, "returned": 0 }));
    let of_letters = supervisor.get(&format!("{}/progress", paths[1])).await.body;
    assert_eq!(of_letters["total"]["tasks"], 0, "{of_letters}");
    assert_eq!(of_letters["handouts"], json!({ "planned": 3, "handed_out": 0, "returned": 1 }));
    let report = supervisor.get(&format!("{}/report?by=grid", paths[0])).await.body;
    assert_eq!((&report["minutes_done"], &report["returns"]["moved"]), (&json!(50), &json!(0)));
    let areas = report["areas"].as_array().expect("areas");
    let of = |grid: &str| areas.iter().find(|area| area["area"] == grid).expect("a grid");
    assert_eq!(of(GRID)["attempts"]["done"], 1, "{report}");
    assert_eq!(of(FAR_GRID)["attempts"]["needs_found"], 1, "{report}");
}
