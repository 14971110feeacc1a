//! Conditions on cases.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{members, preview, save};
use crate::case::{open, step};
use crate::support::files::beneficiary_id;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_a_condition_unless_its_kind_is_or_was_confidential(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let step_of = |code: &str, more: Value| {
        let mut step = json!({ "code": code, "name": code, "name_en": code, "level": "town" });
        step.as_object_mut().expect("a step").extend(more.as_object().expect("more").clone());
        step
    };
    let to = |to: &str, effect: &str| json!({ "code": to, "name": to, "name_en": to, "to": to, "effect": effect });
    let kind = json!({ "code": "aid", "name": "帮扶", "name_en": "Aid", "active": true, "steps": [
        step_of("asked", json!({ "level": "grid", "moves": [to("decide", "advance")] })),
        step_of("decide", json!({
            "decides": true, "moves": [to("granted", "approve"), to("refused", "refuse")]
        })),
        step_of("granted", json!({ "result": "granted" })),
        step_of("refused", json!({ "result": "refused" }))
    ] });
    let created = admin.post("/v1/case-kinds", &kind).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let of = |kind: &str, state: &str| json!({ "case": { "kind": kind, "state": state } });
    let counts = async || {
        let mut counts = Vec::new();
        let open = of("aid", "open");
        for filter in [open.clone(), json!({ "not": open }), of("aid", "granted")] {
            let counted = preview(&supervisor, &filter).await;
            assert_eq!(counted.status, 200, "{}", counted.body);
            counts.push(counted.body["count"].as_u64().expect("a number"));
        }
        counts
    };
    let body = json!({ "kind": "aid", "beneficiary_id": beneficiary_id(1), "source": "walk_in" });
    let case = open(&manager, body).await;
    assert_eq!(counts().await, [1, 5, 0]);
    step(&manager, &case, json!({ "move": "decide" }), "decide").await;
    step(&town, &case, json!({ "move": "granted" }), "granted").await;
    assert_eq!(counts().await, [0, 6, 1]);
    let events = supervisor.events("audience.read").await;
    assert_eq!((events.len(), &events[0]["body"]["cases"]), (6, &json!(["aid"])), "{events:?}");
    let granted = of("aid", "granted");
    let saved = save(&supervisor, &json!({ "name": "x", "filter": granted })).await;
    assert_eq!(saved["sentence_en"], "Beneficiaries in 江津区 who have a granted case “Aid”");
    let id = saved["id"].as_str().expect("an id");
    assert_eq!(members(&supervisor, id, 50).await, [1]);
    let refused = async |filter: Value| {
        let refused = preview(&supervisor, &filter).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!("/filter/case")), "{}", refused.body);
    };
    refused(of("legal", "open")).await;
    refused(of("barber", "open")).await;

    // Once the kind is confidential, and again for all, no audience says who has such a case.
    for (version, roles) in
        [("\"v1\"", json!(["manager", "supervisor", "admin"])), ("\"v2\"", json!([]))]
    {
        let mut content = kind.clone();
        content.as_object_mut().expect("a kind").remove("code");
        content["confidential_to"] = roles;
        let put = admin.request(Method::PUT, "/v1/case-kinds/aid").header("If-Match", version);
        let put = admin.send(put.json(&content)).await;
        assert_eq!(put.status, 200, "{}", put.body);
        refused(granted.clone()).await;
        assert_eq!(members(&supervisor, id, 50).await, Vec::<u32>::new());
    }
}
