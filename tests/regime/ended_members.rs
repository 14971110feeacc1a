//! The places of ended beneficiaries in regimes that are paused, whose members no run compares with the audience.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{create, night, weekly, with};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_regime_forgets_its_members_some_time_after_their_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let weekly = weekly(&json!({}));
    let regime = create(&server, &weekly).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let path = format!("/v1/regimes/{}", regime["id"].as_str().expect("an id"));
    let version = supervisor.get(&path).await.body["version"].clone();
    let pause =
        supervisor.request(Method::PUT, &path).header("If-Match", format!("\"v{version}\""));
    let paused = supervisor.send(pause.json(&with(&weekly, &json!({ "active": false })))).await;
    assert_eq!((paused.status, &paused.body["active"]), (200, &json!(false)), "{}", paused.body);

    // One ended long ago, one not so long ago, whose end may still be taken back.
    let end = |id: &str, days: i64| {
        let end = day(-days);
        let ended = format!("UPDATE beneficiaries SET valid_to = '{end}' WHERE id = '{id}'");
        server.database.execute(&ended);
    };
    end(BENEFICIARY, 95);
    end(&beneficiary_id(2), 85);
    assert!(night(&server).contains("succeeded, 0 processed"), "it is paused");
    assert_eq!(server.database.count("regime_members"), 6);
    let run = || {
        let run = gridward(&server.database, &["jobs", "run", "ended_records"]).output();
        said(&run.expect("it runs"))
    };
    assert!(run().contains("succeeded, 1 processed"), "that of the first one");
    let of =
        |id: &str| server.database.count(&format!("regime_members WHERE beneficiary = '{id}'"));
    assert_eq!((of(BENEFICIARY), of(&beneficiary_id(2))), (0, 1));
    assert_eq!(server.database.count("regime_members"), 5);
    assert!(run().contains("succeeded, 0 processed"));
}
