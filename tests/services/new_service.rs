//! A new service is a document that an admin sends to the API; phones have it with the next sync, and the
//! server is not restarted.

use rstest::rstest;
use serde_json::json;

use super::{install, server};
use crate::regime::night;
use crate::support::Backend;
use crate::support::files::BENEFICIARY;
use crate::support::phone::{Phone, command};

/// Haircuts at home: a kind with a form, a case for the request of a barber, and a duty.
const CONFIGURATION: &str = r#"{
  "case_kinds": [{
    "code": "barber", "name": "联系理发师", "name_en": "Barber", "active": true, "steps": [
      { "code": "asked", "name": "受理", "name_en": "Asked", "level": "grid", "days": 3,
        "moves": [{ "code": "found", "name": "已联系", "name_en": "Found", "to": "found" }] },
      { "code": "found", "name": "已办结", "name_en": "Done", "level": "grid", "result": "done" }
    ]
  }],
  "service_kinds": [{
    "code": "haircut", "name": "上门理发", "name_en": "Haircut at home", "minutes": 30, "priority": 3,
    "skills": [], "due_days": 14, "attempts": 2, "retry_days": 3, "overdue": "expire",
    "escalate_days": 7, "follow_ups": {}, "opens": { "other": "barber" }, "active": true,
    "form": { "type": "object", "properties": {
      "satisfied": { "type": "boolean", "title": "满意", "x-title-en": "Content", "x-order": 1 }
    }, "required": ["satisfied"] }
  }],
  "regimes": [{
    "name": "每季度上门理发", "name_en": "Haircuts each quarter", "kind": "haircut", "lead_days": 7,
    "filter": { "mobility": ["limited", "homebound"] },
    "cadence": { "type": "every_days", "days": 90 }
  }]
}"#;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_becomes_a_service_on_a_phone_without_a_restart(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let volunteer = server.volunteer().await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    install(&server, CONFIGURATION).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    phone.sync(&volunteer, json!([])).await;
    let kind = &phone.rows[&("service_kind".to_owned(), "haircut".to_owned())];
    assert_eq!(kind["form"]["required"], json!(["satisfied"]), "{kind}");
    let tasks = phone.tasks();
    let task = tasks.iter().find(|task| task["beneficiary_id"] == BENEFICIARY).expect("a task");
    assert_eq!(
        (&task["kind"], task.get("title")),
        (&json!("haircut"), None),
        "not its visitor's yet"
    );
    // Offline, on the form that the phone has shown.
    let id = task["id"].as_str().expect("an id").to_owned();
    let done = json!({
        "outcome": "needs_follow_up", "needs": ["other"], "answers": { "satisfied": true }
    });
    let commands =
        json!([command("task.claim", &id, json!({})), command("task.report", &id, done)]);
    let results = phone.sync(&volunteer, commands).await;
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
    let tasks = phone.tasks();
    let own = tasks.iter().find(|task| task["id"] == id).expect("the own task");
    assert_eq!(own["title"], "每季度上门理发");
    let cases = server.manager().await.get("/v1/cases?kind=barber").await.body;
    assert_eq!(cases["items"][0]["beneficiary_id"], BENEFICIARY, "{cases}");
}
