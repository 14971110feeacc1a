//! The class of a case that says what hardship a person has.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::kinds::content;
use super::{hardship, open, read, server};
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, Caller};

/// What lists, a file and the log say of cases.
async fn said_of_cases(caller: &Caller) -> String {
    let mut said = String::new();
    for path in ["/v1/cases", "/v1/exports/cases?format=ndjson"] {
        said.push_str(&caller.text(path).await);
    }
    said.push_str(&json!(caller.events("case.open").await).to_string());
    said
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hardship_of_a_case_is_encrypted_and_only_the_case_itself_shows_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let manager = server.manager().await;
    let case = open(&manager, hardship()).await;
    let unknown = json!({ "kind": "three_hardships", "class": "hair", "beneficiary_id": BENEFICIARY,
        "source": "phone" });
    let refused = manager.post("/v1/cases", &unknown).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/class")));
    let said = said_of_cases(&supervisor).await;
    assert!(said.contains("three_hardships") && !said.contains("housing"), "{said}");
    assert_eq!(server.database.count("cases WHERE class IS NOT NULL"), 0);
    let readings = supervisor.events("case.read").await.len();
    assert_eq!(read(&supervisor, &case).await["class"], "housing");
    assert_eq!(supervisor.events("case.read").await.len(), readings + 1);

    // A kind of the district becomes sensitive: so do the classes of its earlier cases, but of one whose class
    // decides its path.
    let question = json!({ "kind": "station_desk", "class": "help", "beneficiary_id": BENEFICIARY,
        "source": "phone" });
    let asked = open(&manager, question).await;
    assert_eq!(server.database.count("cases WHERE class = 'help'"), 1);
    let put = async |code: &str| {
        let mut kind: Value = content(&admin, code).await;
        kind["sensitive_class"] = json!(true);
        let request = admin.request(Method::PUT, &format!("/v1/case-kinds/{code}"));
        admin.send(request.header("If-Match", "\"v1\"").json(&kind)).await
    };
    assert_eq!(put("station_desk").await.status, 200);
    assert_eq!(server.database.count("cases WHERE class IS NOT NULL"), 0);
    assert_eq!(read(&manager, &asked).await["class"], "help");
    let by_class = put("merit_report").await;
    let pointer = &by_class.body["errors"][0]["pointer"];
    assert_eq!((by_class.status, pointer), (422, &json!("/sensitive_class")));
}
