//! Home visits, holiday visits and the follow-up of hardships, from the due day to the closed need.

use rstest::rstest;
use serde_json::{Value, json};

use super::{report, server, task_of};
use crate::campaigns::launched_campaign;
use crate::regime_cadences::again;
use crate::regimes::{create, every, night, weekly};
use crate::support::Backend;
use crate::support::days::day;
use crate::support::files::BENEFICIARY;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_found_at_a_visit_is_followed_to_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let monthly = json!({ "name": "每月走访", "cadence": every(30), "lead_days": 29 });
    create(&server, &weekly(&monthly)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let visit = task_of(&supervisor, "每月走访", BENEFICIARY).await;
    let due = supervisor.get(&format!("/v1/tasks/{visit}")).await.body["due_on"].clone();
    assert!(due.as_str() <= Some(day(29).to_string().as_str()), "{due}");
    let found = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
    report(&volunteer, &visit, found).await;

    let followed = supervisor.get("/v1/tasks?kind=hardship_follow_up").await.body;
    let follow_up = &followed["items"][0];
    assert_eq!(
        (&follow_up["beneficiary_id"], &follow_up["due_on"]),
        (&json!(BENEFICIARY), &json!(day(7))),
        "{followed}"
    );
    let id = follow_up["id"].as_str().expect("an id").to_owned();
    let answers =
        json!({ "help_arrived": true, "still_needed": false, "measures": "已办理医疗救助" });
    report(&server.manager().await, &id, json!({ "answers": answers })).await;
    let me = volunteer.get("/v1/me").await.body;
    let notices = me["notices"].as_array().expect("notices");
    assert_eq!(notices.len(), 1, "the finder learns of the end: {me}");
    assert!(again(&server).contains("succeeded, 0 processed"), "the visit was made");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holiday_visit_is_made_for_its_occasion_and_finds_hardship(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let condolence = json!({ "name": "春节慰问", "kind": "condolence" });
    let (supervisor, path, campaign) = launched_campaign(&server, condolence).await;
    assert_eq!(campaign["created_tasks"], 6, "{campaign}");
    let visit = task_of(&supervisor, "春节慰问", BENEFICIARY).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
    report(&server.manager().await, &visit, found).await;
    let progress = supervisor.get(&format!("{path}/progress")).await.body;
    assert_eq!(progress["total"]["done"], 1, "{progress}");
    let followed = supervisor.get("/v1/tasks?kind=hardship_follow_up").await.body;
    let of: Vec<&Value> = followed["items"].as_array().expect("tasks").iter().collect();
    assert_eq!((of.len(), &of[0]["beneficiary_id"]), (1, &json!(BENEFICIARY)));
}
