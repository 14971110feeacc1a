//! The campaigns of a service: templates by occasion, of which supervisors make drafts for a year.

use rstest::rstest;
use serde_json::{Value, json};

use super::{sent, server};
use crate::campaign::approve;
use crate::regime::with;
use crate::support::{Backend, GRID};

fn greetings(more: &Value) -> Value {
    let template = json!({
        "code": "greetings", "name": "重阳问候", "name_en": "Greetings", "occasion": "double_ninth",
        "filter": { "all": [] }, "starts_before": 10, "ends_before": 1, "quota_per_day": 100,
        "kind": "phone_call", "instructions": "问候节日快乐"
    });
    json!({ "campaigns": [with(&template, more)] })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_made_of_a_template_for_a_year_of_its_occasion(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    for (more, pointer) in [
        (json!({ "kind": "none" }), "/campaigns/0/kind"),
        (json!({ "kind": null }), "/campaigns/0"),
        (
            json!({ "goods": vec![json!({ "name": "大米", "quantity": 1 }); 51] }),
            "/campaigns/0/goods",
        ),
        (
            json!({ "items": vec![json!({ "item": "rice", "quantity": 1 }); 21] }),
            "/campaigns/0/items",
        ),
        (json!({ "ends_before": 11 }), "/campaigns/0/ends_before"),
        (json!({ "filter": { "category": ["none"] } }), "/campaigns/0/filter"),
        (json!({ "first_day": "2027-10-01" }), "/campaigns/0/first_day"),
    ] {
        let refused = sent(&admin, "", &greetings(&more)).await;
        let at = refused.body["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(refused.status == 422 && at.starts_with(pointer), "{pointer}: {}", refused.body);
    }
    for outcome in ["created", "unchanged"] {
        let stored = sent(&admin, "", &greetings(&json!({}))).await;
        assert_eq!(stored.body["parts"][0]["outcome"], outcome, "{}", stored.body);
    }
    let listed = supervisor.get("/v1/campaign-templates").await.body;
    assert_eq!(
        (&listed["items"][0]["code"], &listed["items"][0]["version"]),
        (&json!("greetings"), &json!(1))
    );

    let path = "/v1/campaign-templates/greetings/campaigns";
    // The ninth day of the ninth lunar month.
    let made = supervisor.post(path, &json!({ "year": 2029, "area": GRID })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let of = |field: &str| made.body[field].clone();
    assert_eq!(
        ["occasion_day", "first_day", "last_day", "state", "area", "quota_per_day"].map(of),
        [
            json!("2029-10-16"),
            json!("2029-10-06"),
            json!("2029-10-15"),
            json!("draft"),
            json!(GRID),
            json!(100)
        ]
    );
    let draft = format!("/v1/campaigns/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&draft).await.body["instructions"], "问候节日快乐");
    let own = approve(&supervisor, &draft).await;
    assert_eq!((own.status, own.problem()), (403, "campaign_author"));
    assert_eq!(approve(&admin, &draft).await.status, 200);

    assert_eq!(server.manager().await.post(path, &json!({ "year": 2029 })).await.status, 403);
    let unknown = path.replace("greetings", "wishes");
    assert_eq!(supervisor.post(&unknown, &json!({ "year": 2029 })).await.status, 404);
    let past = supervisor.post(path, &json!({ "year": 2020 })).await;
    assert_eq!((past.status, &past.body["errors"][0]["pointer"]), (422, &json!("/year")));
    // An occasion whose day the district has to enter.
    let fair = json!({ "code": "fair", "occasion": "village_fair" });
    assert_eq!(sent(&admin, "", &greetings(&fair)).await.status, 200);
    let unknown =
        supervisor.post(&path.replace("greetings", "fair"), &json!({ "year": 2029 })).await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &json!("/year")));
}
