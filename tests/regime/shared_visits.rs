//! One visit for several regimes.

use rstest::rstest;
use serde_json::{Value, json};

use super::cadences::{again, made, make, states};
use super::{contact_all, create, every, night, rewrite, tasks, weekly, with};
use crate::support::days::day;
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, OTHER_GRID, Server};

/// A duty to visit all once in a cycle of this length, since long ago.
fn recurring(name: &str, days: i64, lead: i64) -> Value {
    weekly(&json!({
        "name": name, "cadence": every(days), "lead_days": lead, "starts_on": day(-120)
    }))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_visit_is_made_for_all_regimes_of_its_kind_by_the_day_of_the_tighter_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let due = async || {
        let tasks = tasks(&supervisor).await;
        assert!(tasks.iter().all(|task| task["state"] == "open"), "{tasks:?}");
        let due = tasks.iter().map(|task| task["due_on"].as_str().expect("a day").to_owned());
        due.collect::<Vec<String>>()
    };
    // Missed visits are made within a quarter of the cycle: those of the quarter on some days after the next eight.
    create(&server, &recurring("每季度走访", 90, 14)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let eighth = day(8).to_string();
    assert!(due().await.iter().any(|due| *due > eighth));
    let regime = create(&server, &recurring("每月走访", 30, 7)).await;
    assert!(night(&server).contains("succeeded, 0 processed"), "the first run of the second one");
    let earlier = due().await;
    assert!(earlier.len() == 6 && earlier.iter().all(|due| *due <= eighth), "{earlier:?}");
    let awaiting = || server.database.count("regime_members WHERE task IS NOT NULL");
    assert_eq!(awaiting(), 12);
    let moved = supervisor.events("task.reschedule").await;
    assert!(moved.iter().all(|event| event["body"] == json!({ "because": "due_earlier" })));
    assert!(!moved.is_empty());

    // What one regime awaits no longer stays for the other.
    let narrow =
        with(&recurring("每月走访", 30, 7), &json!({ "filter": { "area": [OTHER_GRID] } }));
    let regime = rewrite(&server, &regime, &narrow).await;
    assert!(night(&server).contains("succeeded, 0 processed"));
    let narrowed = awaiting();
    assert!((6..12).contains(&narrowed), "{narrowed}");
    assert_eq!(due().await.len(), 6);
    rewrite(&server, &regime, &recurring("每月走访", 30, 7)).await;
    assert!(night(&server).contains("succeeded, 0 processed"));
    assert_eq!(awaiting(), 12);
    make(&server, "每季度走访").await;
    assert!(again(&server).contains("succeeded, 0 processed"), "it was made for both");
    assert_eq!(tasks(&supervisor).await.len(), 6);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_a_person_has_accepted_stays_as_it_is_for_all_regimes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    create(&server, &recurring("每季度走访", 90, 14)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let visits = made(&server.supervisor().await, "每季度走访").await;
    let own = visits.iter().find(|task| task["beneficiary_id"] == BENEFICIARY).expect("a task");
    let path = format!("/v1/tasks/{}", own["id"].as_str().expect("an id"));
    assert_eq!(server.volunteer().await.act(&format!("{path}/claim")).await.status, 200);
    // Later than each visit of the month, which is due within eight days.
    server.database.execute(&format!("UPDATE tasks SET due_on = '{}'", day(20)));
    create(&server, &recurring("每月走访", 30, 7)).await;
    assert!(night(&server).contains("succeeded, 1 processed"), "another one for this member");
    assert_eq!(states(&server, &["每季度走访", "每月走访"]).await, ["accepted", "open"]);
    let accepted = server.supervisor().await.get(&path).await.body;
    assert_eq!(accepted["due_on"], json!(day(20)));

    // Another regime shares it if it need not be made earlier, and knows the members who leave until it is over.
    server.database.execute(&format!("UPDATE tasks SET due_on = '{}'", day(0)));
    let sharing = recurring("双月走访", 60, 7);
    let regime = create(&server, &sharing).await;
    assert!(night(&server).contains("succeeded, 0 processed"));
    let members = || server.database.count(&format!("regime_members WHERE grid <> '{OTHER_GRID}'"));
    let of_three = members();
    let narrow = with(&sharing, &json!({ "filter": { "area": [OTHER_GRID] } }));
    rewrite(&server, &regime, &narrow).await;
    night(&server);
    assert_eq!(members(), of_three / 3 * 2 + 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whose_shared_visit_is_satisfied_has_the_next_one_in_the_same_run(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    create(&server, &recurring("每月走访", 30, 7)).await;
    let of_kind = json!({ "satisfied_by": "kind" });
    create(&server, &with(&recurring("每月核对", 30, 7), &of_kind)).await;
    assert!(night(&server).contains("succeeded, 6 processed"), "shared");
    // A month later by the calendar of the members, after contacts that satisfy the last visits of the first one.
    server.database.execute(&format!("UPDATE regime_members SET slot = '{}'", day(-30)));
    contact_all(&server, &day(-37).to_string());
    assert!(again(&server).contains("succeeded, 0 processed"), "shared again");
    let slots = format!("regime_members WHERE task IS NOT NULL AND slot > '{}'", day(-30));
    assert_eq!(server.database.count(&slots), 6);
}
