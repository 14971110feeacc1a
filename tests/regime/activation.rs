//! A regime has valid content, and another person than its author activates it.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{activate, change, create, every, weekly, with};
use crate::support::files::person_id;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_regime_needs_a_responsible_person_and_valid_content(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let stranger = "018cc7af-0000-7000-8000-00000000ffff";
    for (pointer, more) in [
        ("/content/responsible_id", json!({ "responsible_id": null })),
        ("/content/responsible_id", json!({ "responsible_id": stranger })),
        ("/content/kind", json!({ "kind": "unknown_kind" })),
        ("/content/cadence/days", json!({ "cadence": every(6) })),
        ("/content/cadence/days", json!({ "cadence": { "type": "birthday", "days": 7 } })),
        ("/content/cadence/feast", json!({ "cadence": { "type": "feast" } })),
        ("/content/cadence/type", json!({ "cadence": { "type": "full_moon" } })),
        ("/content/lead_days", json!({ "lead_days": 61 })),
        ("/content/filter/category", json!({ "filter": { "category": ["nobles"] } })),
    ] {
        let body = json!({ "content": weekly(&more) });
        let refused = supervisor.post("/v1/regimes", &body).await;
        let at = refused.body["errors"][0]["pointer"].clone();
        assert_eq!((refused.status, &at), (422, &json!(pointer)), "{}", refused.body);
    }
    // The manager of a grid in one town is not responsible for a regime of another.
    let far = json!({ "responsible_id": person_id(13) });
    let elsewhere = json!({ "area": "500116001", "content": weekly(&far) });
    let refused = supervisor.post("/v1/regimes", &elsewhere).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/content/responsible_id")), "{}", refused.body);
    let nobody = json!({ "active": false, "filter": { "age": { "from": 120 } } });
    let refused = supervisor.post("/v1/regimes", &json!({ "content": weekly(&nobody) })).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/content/filter")), "{}", refused.body);
    // A client of an earlier version sends the length of a cycle.
    let mut earlier = weekly(&json!({ "active": false, "cadence_days": 30, "name": "旧版" }));
    let both = supervisor.post("/v1/regimes", &json!({ "content": earlier })).await;
    let at = &both.body["errors"][0]["pointer"];
    assert_eq!((both.status, at), (422, &json!("/content/cadence_days")), "{}", both.body);
    earlier.as_object_mut().expect("content").remove("cadence");
    let made = supervisor.post("/v1/regimes", &json!({ "content": earlier })).await;
    assert_eq!((made.status, &made.body["cadence"]), (201, &every(30)), "{}", made.body);

    let regime = create(&server, &weekly(&json!({}))).await;
    let unnamed = weekly(&json!({ "responsible_id": null }));
    let refused = change(&supervisor, &regime, &unnamed).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/responsible_id", "{}", refused.body);
    let paused = weekly(&json!({ "active": false, "responsible_id": null }));
    let changed = change(&supervisor, &regime, &paused).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(3)), "{}", changed.body);
    assert_eq!(change(&supervisor, &regime, &paused).await.status, 200, "again");
    let other = weekly(&json!({ "active": false, "cadence": every(30) }));
    assert_eq!(change(&supervisor, &regime, &other).await.status, 412, "an old version");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_person_than_the_author_activates_a_regime(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let active = weekly(&json!({}));
    let at_once = supervisor.post("/v1/regimes", &json!({ "content": active })).await;
    assert_eq!((at_once.status, at_once.problem()), (403, "regime_author"));
    let draft = create(&server, &weekly(&json!({ "active": false }))).await;
    let own = change(&supervisor, &draft, &active).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let edited = change(&admin, &draft, &weekly(&json!({ "cadence": every(14) }))).await;
    assert_eq!((edited.status, edited.problem()), (403, "regime_author"), "own content");
    let path = format!("/v1/regimes/{}", draft["id"].as_str().expect("an id"));
    let request = admin.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    let wide = admin.send(request.json(&active)).await;
    assert_eq!((wide.status, wide.problem()), (409, "confirmation_required"), "{}", wide.body);
    let regime = activate(&server, &draft, &active).await;
    assert_eq!((&regime["active"], &regime["version"]), (&json!(true), &json!(2)));
    assert_ne!(regime["activated_by"], regime["edited_by"], "{regime}");
    // The author of the change, who had activated it before, may not activate it again.
    let other = weekly(&json!({ "cadence": every(14), "active": false }));
    let changed = change(&admin, &regime, &other).await.body;
    let own = change(&admin, &changed, &with(&other, &json!({ "active": true }))).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let again = change(&supervisor, &changed, &with(&other, &json!({ "active": true }))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    // What was active was judged, also once it is paused: of new content only the new author counts.
    let paused = change(&supervisor, &again.body, &other).await.body;
    let third = weekly(&json!({ "cadence": every(21), "active": false }));
    let edited = change(&supervisor, &paused, &third).await.body;
    let own = change(&supervisor, &edited, &with(&third, &json!({ "active": true }))).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let again = change(&admin, &edited, &with(&third, &json!({ "active": true }))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let other = third;
    // A regime without members or with an archived kind may still be paused.
    server.database.execute("UPDATE beneficiaries SET valid_to = '2026-01-01'");
    assert_eq!(change(&supervisor, &again.body, &other).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_author_of_a_regime_activates_it_after_a_change_by_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let draft = create(&server, &weekly(&json!({ "active": false }))).await;
    let other = weekly(&json!({ "cadence": every(14), "active": false }));
    let changed = change(&admin, &draft, &other).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for author in [&supervisor, &admin] {
        let own = change(author, &changed.body, &with(&other, &json!({ "active": true }))).await;
        assert_eq!((own.status, own.problem()), (403, "regime_author"), "both wrote it");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_responsible_person_is_named_to_those_who_read_people_of_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let content = weekly(&json!({ "active": false }));
    let created = town.post("/v1/regimes", &json!({ "content": content })).await;
    let path = format!("/v1/regimes/{}", created.body["id"].as_str().expect("an id"));
    let named = server.supervisor().await.get(&path).await.body;
    assert!(named["responsible_name"].is_string(), "{named}");
    let unnamed = server.auditor().await.get(&path).await;
    assert_eq!((unnamed.status, unnamed.body.get("responsible_name")), (200, None));
    let list = server.auditor().await.get("/v1/regimes").await.body;
    assert_eq!(list["items"][0].get("responsible_name"), None, "{list}");
}
