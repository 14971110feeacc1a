//! `gridward demo` has the programme alive: a campaign that is half done, regimes with members and visits, and cases with
//! what was said of them.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};

use super::items;
use crate::regime::cadences::{again, made};
use crate::regime::tasks;
use crate::support::days::day;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Database, Server};

/// The phone number of the supervisor of a demo.
const SUPERVISOR: &str = "10000000001";

/// A demo of enough grids to have retired officers.
fn district(backend: Backend) -> Database {
    let database = Database::from(backend);
    let made = gridward(&database, &["demo", "--grids", "16"]).output().expect("it runs");
    assert!(made.status.success(), "{}", said(&made));
    database
}

/// A server with it.
async fn demo(backend: Backend) -> (Server, Caller) {
    let server = Server::start(district(backend));
    let supervisor = server.sign_in(SUPERVISOR).await;
    (server, supervisor)
}

/// How many parts of a list the documents of services have.
fn of_documents(list: &str) -> usize {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/services");
    let files = std::fs::read_dir(folder).expect("documents");
    let parts = files.map(|file| {
        let text = std::fs::read_to_string(file.expect("a document").path()).expect("text");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        document[list].as_array().map_or(0, Vec::len)
    });
    parts.sum()
}

/// The states of the tasks whose title begins so.
async fn states(caller: &Caller, title: &str) -> BTreeSet<String> {
    let all = tasks(caller).await;
    let of = all
        .iter()
        .filter(|task| task["title"].as_str().is_some_and(|of_task| of_task.starts_with(title)));
    of.map(|task| task["state"].as_str().expect("a state").to_owned()).collect()
}

/// The campaign for the Spring Festival is half done; a leader comes along on its visits.
async fn festival_is_half_done(caller: &Caller) {
    let launched = caller.get("/v1/campaigns?state=launched").await.body;
    let path = format!("/v1/campaigns/{}", launched["items"][0]["id"].as_str().expect("an id"));
    let campaign = caller.get(&path).await.body;
    let visits = made(caller, campaign["name"].as_str().expect("a name")).await;
    let visit =
        caller.get(&format!("/v1/tasks/{}", visits[0]["id"].as_str().expect("an id"))).await;
    assert!(campaign["guest"]["name"].is_string(), "{campaign}");
    assert_eq!(visit.body["guest"], campaign["guest"]);
    let progress = caller.get(&format!("{path}/progress")).await.body;
    let count = |of: &str, state: &str| progress[of][state].as_i64().expect("a count");
    let done = count("total", "done") * 100 / count("total", "tasks");
    assert!((40..=60).contains(&done), "{done} percent: {progress}");
    for (of, state) in [("total", "open"), ("handouts", "planned"), ("handouts", "handed_out")] {
        assert!(count(of, state) > 0, "{of} {state}: {progress}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_programme_of_a_demo_is_under_way_and_the_next_run_adds_no_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = demo(backend).await;
    festival_is_half_done(&supervisor).await;
    let regimes = supervisor.get("/v1/regimes?limit=100").await.body;
    let own = 3;
    assert_eq!(items(&regimes, "items").count(), own + of_documents("regimes"), "{regimes}");
    for regime in items(&regimes, "items") {
        let is_run = regime["active"] == true && regime["prepared_on"] == json!(day(0));
        assert!(is_run && regime["responsible_name"].is_string(), "{regime}");
        let id = regime["id"].as_str().expect("an id");
        let shown = supervisor.get(&format!("/v1/regimes/{id}/outlook")).await.body;
        let members = server.database.count(&format!("regime_members WHERE regime = '{id}'"));
        assert!(members > 0, "{}", regime["name"]);
        if regime["cadence"]["type"] == "after_need" {
            // A visit awaits the home of each need that was found; the run of the night adds the other members.
            let open = "SELECT id FROM tasks WHERE state = 'open'";
            let awaited = format!("regime_members WHERE regime = '{id}' AND task IN ({open})");
            assert_eq!(server.database.count(&awaited), members, "{}", regime["name"]);
        } else {
            assert_eq!(shown["members"], members, "{}", regime["name"]);
        }
    }
    let made: BTreeSet<String> = ["done", "open"].map(str::to_owned).into();
    for title in ["独居对象每月走访", "每月巡护："] {
        assert_eq!(states(&supervisor, title).await, made, "{title}");
    }
    let before = server.database.count("tasks");
    let templates = supervisor.get("/v1/campaign-templates").await.body;
    assert_eq!(items(&templates, "items").count(), of_documents("campaigns"), "{templates}");
    assert!(again(&server).contains("succeeded, 0 processed"), "as a run of today makes them");
    assert_eq!(server.database.count("tasks"), before);
}

#[rstest]
fn one_visit_of_a_kind_waits_for_a_person_of_a_demo_for_all_regimes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = district(backend);
    let waiting = "(SELECT * FROM tasks WHERE id IN (SELECT task FROM regime_members) \
                   AND beneficiary IS NOT NULL AND state IN ('open', 'assigned'))";
    // One that is assigned is not made due earlier: another visit is made then.
    let apart = format!(
        "{waiting} AS one JOIN {waiting} AS other \
         ON one.beneficiary = other.beneficiary AND one.kind = other.kind AND one.id <> other.id \
         WHERE one.due_on = other.due_on OR (one.due_on < other.due_on AND other.state = 'open')"
    );
    assert_eq!(database.count(&apart), 0);
    let shared = format!(
        "(SELECT task FROM regime_members WHERE task IN (SELECT id FROM {waiting} AS waiting) \
         GROUP BY task HAVING count(*) > 1) AS shared"
    );
    assert!(database.count(&shared) > 0, "several regimes await one visit");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cases_of_a_demo_are_at_every_step_with_words_amounts_referrals_and_visits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, supervisor) = demo(backend).await;
    let kinds = supervisor.get("/v1/case-kinds").await.body;
    let mut cases = Vec::new();
    for query in ["", "&ended=true"] {
        let listed = supervisor.get(&format!("/v1/cases?limit=200{query}")).await.body;
        cases.extend(items(&listed, "items").cloned());
    }
    let (mut amounts, mut referrals, mut answers) = (0, 0, 0);
    for kind in items(&kinds, "items") {
        for step in items(kind, "steps") {
            let there =
                |case: &&Value| case["kind"] == kind["code"] && case["step"] == step["code"];
            let case =
                cases.iter().find(there).unwrap_or_else(|| panic!("{} {step}", kind["code"]));
            let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
            let case = supervisor.get(&path).await.body;
            assert!(case["detail"].is_string(), "{case}");
            assert_eq!(case["task_id"].is_string(), step["task"].is_string(), "{case}");
            let with = |field: &str| {
                items(&case, "history").filter(|entry| !entry[field].is_null()).count()
            };
            if case["kind"] == "legal" && case["step"] == "advice" {
                assert!(case["lawyer"]["name"].is_string(), "{case}");
            }
            amounts += with("amount_fen");
            referrals += with("referral");
            answers += with("answers");
            if case["kind"] == "three_hardships" && case["step"] == "town" {
                let list = supervisor.get(&format!("{path}/documents")).await.body;
                let document = items(&list, "items").next().unwrap_or_else(|| panic!("{list}"));
                assert_eq!(
                    (&document["document"], &document["complete"]),
                    (&json!("application"), &json!(true))
                );
                let id = document["id"].as_str().expect("an id");
                let page = supervisor.text(&format!("/v1/attachments/{id}")).await;
                assert!(page.starts_with("%PDF-1.4") && page.contains("Demo: "), "{page}");
            }
        }
    }
    for (class, count) in [("third_class", 28), ("second_class", 2)] {
        let of_class = |case: &&Value| case["kind"] == "merit_report" && case["class"] == class;
        assert_eq!(cases.iter().filter(of_class).count(), count, "{class}");
    }
    assert!(amounts > 5 && referrals > 5 && answers > 20, "{amounts} {referrals} {answers}");
}
