//! Cases are deleted after the years for which their kind keeps them.

use chrono::{Days, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use super::{VILLAGE, hardship, listed, open, server, step};
use crate::support::files::BENEFICIARY;
use crate::support::phone::Phone;
use crate::support::server::{gridward, said};
use crate::support::{Backend, GRID};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_case_is_deleted_after_the_years_of_its_kind_whether_it_has_a_beneficiary_or_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let mut kind = json!({
        "code": "question", "name": "咨询", "name_en": "Question", "active": true, "keep_years": 0,
        "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "grid",
             "moves": [{"code": "answer", "name": "答复", "name_en": "Answer", "to": "answered"}]},
            {"code": "answered", "name": "已答复", "name_en": "Answered", "level": "grid",
             "result": "done"}
        ]
    });
    let refused = admin.post("/v1/case-kinds", &kind).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/keep_years")), "{}", refused.body);
    kind["keep_years"] = json!(2);
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let of_home = json!({ "kind": "question", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    let of_area = json!({ "kind": "question", "area": GRID, "source": "phone" });
    let mut cases = Vec::new();
    for body in [&of_home, &of_area, &of_area] {
        cases.push(open(&manager, body.clone()).await);
    }
    let waits = open(&manager, of_area).await;
    for case in &cases {
        step(&manager, case, json!({ "move": "answer" }), "answered").await;
    }
    let run = || {
        let run = gridward(&server.database, &["jobs", "run", "ended_cases"]).output();
        said(&run.expect("the job runs"))
    };
    assert!(run().contains("0 processed"), "none is old enough");
    let age = |case: &Value, days: u64| {
        let at = (Utc::now() - Days::new(days)).format("%F %T");
        let id = case["id"].as_str().expect("an id");
        let sql = format!("UPDATE cases SET begun_at = '{at}' WHERE id = '{id}'");
        server.database.execute(&sql);
    };
    age(&cases[0], 740);
    age(&cases[1], 740);
    age(&cases[2], 700);
    age(&waits, 4000);
    let output = run();
    assert!(output.contains("2 processed"), "{output}");
    assert_eq!(listed(&manager, "?ended=true").await, [cases[2]["id"].clone()]);
    assert_eq!(listed(&manager, "").await, [waits["id"].clone()], "one that waits is kept");
    let entries = server.database.texts("SELECT CAST(COUNT(*) AS text) AS text FROM case_entries");
    assert_eq!(entries, ["3"], "no history is left");
    let supervisor = server.supervisor().await;
    let deleted = supervisor.events("case.delete").await;
    assert_eq!((deleted.len(), &deleted[0]["area"]), (2, &json!("500116")), "{deleted:?}");
    assert_eq!(admin.get("/v1/case-kinds/question").await.body["keep_years"], 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_case_is_deleted_the_years_of_its_kind_after_its_beneficiary_has_ended(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let manager = server.manager().await;
    let case = open(&manager, hardship()).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let row = ("case".to_owned(), case["id"].as_str().expect("an id").to_owned());
    assert!(phone.rows.contains_key(&row));
    // The record ended, and the case moved last, these years ago.
    let run = |ended: u64, moved: u64| {
        let before = |years: u64| Utc::now() - Days::new(years * 366);
        let (valid_to, begun_at) = (before(ended).format("%F"), before(moved).format("%F %T"));
        server.database.execute(&format!(
            "UPDATE beneficiaries SET valid_to = '{valid_to}' WHERE id = '{BENEFICIARY}';
             UPDATE cases SET begun_at = '{begun_at}'"
        ));
        let run = gridward(&server.database, &["jobs", "run", "ended_cases"]).output();
        said(&run.expect("the job runs"))
    };
    assert!(run(9, 20).contains("0 processed"), "the record may still be needed");
    assert!(run(20, 9).contains("0 processed"), "staff have worked on it since");
    assert!(run(10, 10).contains("1 processed"));
    assert_eq!(listed(&manager, "").await, Vec::<Value>::new());
    phone.sync(&manager, json!([])).await;
    assert!(!phone.rows.contains_key(&row), "the phone does not keep it either");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_each_shipped_kind_are_kept_for_years(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let village = server.sign_in(VILLAGE).await;
    let years = async |kind: &str| {
        let path = format!("/v1/case-kinds/{kind}");
        town.get(&path).await.body["keep_years"].clone()
    };
    for (kind, kept) in [
        ("three_hardships", json!(10)),
        ("legal", json!(10)),
        ("employment", json!(5)),
        ("station_desk", json!(3)),
        ("merit_report", json!(30)),
        ("plaque", json!(10)),
    ] {
        assert_eq!(years(kind).await, kept, "{kind}");
    }
    let of = |kind: &str, class: &str| json!({ "kind": kind, "class": class, "beneficiary_id": BENEFICIARY, "source": "phone" });
    let hardship = open(&manager, of("three_hardships", "medical")).await;
    step(&manager, &hardship, json!({ "move": "drop" }), "dropped").await;
    let legal = open(&town, of("legal", "advice")).await;
    step(&town, &legal, json!({ "move": "withdraw" }), "withdrawn").await;
    let desk = open(&village, of("station_desk", "policy")).await;
    step(&village, &desk, json!({ "move": "answer" }), "answered").await;

    let ended = async || {
        let listed = town.get("/v1/cases?ended=true").await.body;
        let kinds = listed["items"].as_array().expect("cases").iter();
        let mut kinds: Vec<String> = kinds.map(|case| case["kind"].to_string()).collect();
        kinds.sort_unstable();
        kinds
    };
    let years_later = |years: u64| {
        let at = (Utc::now() - Days::new(years * 366)).format("%F %T");
        server.database.execute(&format!("UPDATE cases SET begun_at = '{at}'"));
        let run = gridward(&server.database, &["jobs", "run", "ended_cases"]).output();
        said(&run.expect("the job runs"))
    };
    assert!(years_later(2).contains("0 processed"));
    assert!(years_later(3).contains("1 processed"));
    assert_eq!(ended().await, ["\"legal\"", "\"three_hardships\""]);
    assert!(years_later(9).contains("0 processed"));
    assert!(years_later(10).contains("2 processed"));
    assert_eq!(ended().await, Vec::<String>::new());
}
