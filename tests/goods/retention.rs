//! Retention of hand-outs and receipts.

use chrono::{Days, Utc};
use rstest::rstest;
use serde_json::json;

use super::{VILLAGE, put_item, receive, rice};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_out_is_kept_for_the_years_of_its_item_and_answers_until_after_an_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "rice", &json!({ "keep_years": 5 })).await;
    let items = admin.get("/v1/goods/items").await.body;
    assert_eq!(items["items"][0]["keep_years"], 5, "{items}");
    receive(&supervisor, "rice", VILLAGE, 5).await;
    let mut made = Vec::new();
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        let handed = supervisor.post("/v1/handouts", &rice(home, &json!({}))).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
        made.push(format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id")));
    }
    // Of two beneficiaries with a level of need, one ended long ago.
    for (n, person) in [(1, server.volunteer().await), (3, server.second_volunteer().await)] {
        let task = supervisor.make_task(&beneficiary_id(n)).await;
        assert_eq!(person.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let need = json!({ "outcome": "done", "answers": { "need": "high" } });
        let done = person.post(&format!("/v1/tasks/{task}/report"), &need).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    let run = || {
        said(
            &gridward(&server.database, &["jobs", "run", "ended_records"])
                .output()
                .expect("it runs"),
        )
    };
    assert!(run().contains("succeeded, 0 processed"), "all is kept");
    let date = |days: u64| (Utc::now() - Days::new(days)).format("%F").to_string();
    let (old, id) = (date(6 * 366), made[0].rsplit('/').next().expect("an id"));
    server
        .database
        .execute(&format!("UPDATE handouts SET at = '{old} 09:00:00' WHERE id = '{id}'"));
    let ended =
        format!("UPDATE beneficiaries SET valid_to = '{}' WHERE id = '{BENEFICIARY}'", date(95));
    server.database.execute(&ended);
    assert!(run().contains("succeeded, 2 processed"), "a hand-out and an answer");
    assert_eq!(server.database.count("handouts"), 1);
    assert_eq!(supervisor.get(&made[1]).await.status, 200);
    let left = server.database.texts("SELECT beneficiary AS text FROM beneficiary_answers");
    assert_eq!(left, [beneficiary_id(3)], "that of the one who is served");
    let events = supervisor.events("handout.delete").await;
    assert_eq!((events.len(), &events[0]["body"]), (1, &json!({ "count": 1 })), "{events:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_of_what_a_beneficiary_gets_once_is_kept_for_years_after_the_beneficiarys_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    put_item(&admin, "card", &json!({ "once": true, "keep_years": 5 })).await;
    receive(&supervisor, "card", VILLAGE, 5).await;
    for home in [BENEFICIARY, &beneficiary_id(2)] {
        let card = json!({
            "beneficiary_id": home, "item": "card", "receipt": { "signed_by": "王小明" }
        });
        let handed = supervisor.post("/v1/handouts", &card).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
    }
    let date = |years: u64| (Utc::now() - Days::new(years * 366)).format("%F").to_string();
    server.database.execute(&format!("UPDATE handouts SET at = '{} 09:00:00'", date(20)));
    let end = |years: u64| {
        server.database.execute(&format!(
            "UPDATE beneficiaries SET valid_to = '{}' WHERE id = '{BENEFICIARY}'",
            date(years)
        ));
        let run = gridward(&server.database, &["jobs", "run", "ended_records"]).output();
        said(&run.expect("it runs"))
    };
    assert!(end(4).contains("succeeded, 0 processed"), "both are kept");
    assert!(end(6).contains("succeeded, 1 processed"));
    let left = server.database.texts("SELECT beneficiary AS text FROM handouts");
    assert_eq!(left, [beneficiary_id(2)], "that of the one who is served, however old");
}
