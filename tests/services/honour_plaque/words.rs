//! The states of a plaque are words of the district.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::goods::item;
use crate::services::server;
use crate::support::Backend;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_states_that_an_item_gives_a_plaque_are_words_of_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let put = async |more: Value| {
        let request = admin.request(Method::PUT, "/v1/goods/items/plaque");
        admin.send(request.json(&item(&more))).await
    };
    for (rule, once, pointer) in [
        (json!({ "handed_out": "hung" }), false, "/plaque"),
        (json!({ "handed_out": "hanging" }), true, "/plaque/handed_out"),
        (json!({ "handed_out": "hung", "damaged": "broken" }), true, "/plaque/damaged"),
        (json!({ "handed_out": "hung", "lost": "missing" }), true, "/plaque/lost"),
        (json!({ "damaged": "damaged" }), true, "/plaque/handed_out"),
        (json!({ "handed_out": "hung", "entitled": ["nobility"] }), true, "/plaque/entitled"),
        (
            json!({ "handed_out": "hung", "withdrawal": { "kind": "none" } }),
            true,
            "/plaque/withdrawal/kind",
        ),
        (
            json!({ "handed_out": "hung", "restoration": { "kind": "plaque", "class": "hide" } }),
            true,
            "/plaque/restoration/class",
        ),
    ] {
        let refused = put(json!({ "once": once, "plaque": rule })).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{}", refused.body);
    }
    let rule = json!({ "handed_out": "hung", "damaged": "damaged" });
    let kept = put(json!({ "once": true, "plaque": rule })).await;
    assert_eq!((kept.status, &kept.body["plaque"]), (201, &rule), "{}", kept.body);
}
