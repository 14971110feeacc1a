//! Templates of campaigns select the same beneficiaries after a change of areas.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Backend, Server};

const VILLAGE: &str = "500116001002";
const NEW_VILLAGE: &str = "500116001009";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_of_campaigns_follows_the_areas_of_its_audience(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let template = |code: &str, filter: Value| {
        json!({
            "code": code, "name": "重阳问候", "name_en": "Greetings", "occasion": "double_ninth",
            "filter": filter, "starts_before": 10, "ends_before": 1, "kind": "phone_call",
            "instructions": "问候节日快乐"
        })
    };
    let of_village = template("of_village", json!({ "not": { "area": [VILLAGE] } }));
    let of_all = template("of_all", json!({ "all": [] }));
    let stored = admin.post("/v1/services", &json!({ "campaigns": [of_village, of_all] })).await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let recode = json!([{ "recode": { "area": VILLAGE, "to": NEW_VILLAGE } }]);
    let body = json!({ "preview": false, "changes": recode });
    let changed = admin.post("/v1/area-changes", &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let listed = supervisor.get("/v1/campaign-templates").await.body;
    let templates = listed["items"].as_array().expect("templates").iter();
    let now: Vec<_> = templates
        .map(|one| ["code", "filter", "version"].map(|field| one[field].clone()))
        .collect();
    assert_eq!(
        now,
        [
            [json!("of_all"), json!({ "all": [] }), json!(1)],
            [json!("of_village"), json!({ "not": { "area": [NEW_VILLAGE] } }), json!(2)],
        ]
    );
    assert_eq!(supervisor.events("campaign_template.change").await.len(), 1);
}
