//! Areas and beneficiaries that an import of the whole district ended: they are no longer
//! listed, counted, synced or given tasks, and a later import makes them current again.

use rstest::rstest;
use serde_json::{Value, json};

use crate::goods::{rice, with_rice};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, import, said};
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, Server, phones};

/// The small district without its second village and without a beneficiary of the first grid.
fn smaller() -> Files {
    Files::small()
        .without_line("areas.csv", "500116002001")
        .without_line("grids.geojson", FAR_GRID)
        .without_line("people.csv", FAR_GRID)
        .without_line("beneficiaries.csv", FAR_GRID)
        .without_line("beneficiaries.csv", BENEFICIARY)
}

fn import_whole(server: &Server, files: &Files) {
    let loaded = import(&server.database, files, &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
}

/// The values of `field` of the listed items.
fn listed(answer: &Answer, field: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().expect("a list");
    items.iter().map(|item| item[field].as_str().expect("a text").to_owned()).collect()
}

async fn areas(reader: &Caller) -> Vec<String> {
    listed(&reader.get("/v1/areas?limit=50").await, "code")
}

async fn beneficiaries(reader: &Caller) -> Vec<String> {
    listed(&reader.get("/v1/beneficiaries?limit=50").await, "id")
}

/// A district that has ended its second village, and a beneficiary with a cancelled task.
async fn ended(backend: Backend) -> (Server, String) {
    let server = Server::small(backend);
    let task = server.manager().await.make_task(BENEFICIARY).await;
    server.far_manager().await.make_task(FAR_BENEFICIARY).await;
    import_whole(&server, &smaller());
    (server, task)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_areas_are_shown_by_their_code_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _) = ended(backend).await;
    let supervisor = server.supervisor().await;
    let current = areas(&supervisor).await;
    assert_eq!(current.len(), 6, "{current:?}");
    assert!(!current.iter().any(|code| code.starts_with("500116002001")), "{current:?}");
    let children = supervisor.get("/v1/areas?parent=500116002").await;
    assert_eq!(listed(&children, "code"), [""; 0]);
    let district = supervisor.get("/v1/areas/500116").await;
    let counts = &district.body["counts"];
    assert_eq!((&counts["villages"], &counts["grids"]), (&json!(1), &json!(2)), "{counts}");
    assert_eq!(district.body["valid_to"], Value::Null);
    let closed = supervisor.get(&format!("/v1/areas/{FAR_GRID}")).await;
    assert_eq!((closed.status, closed.body["valid_to"].is_string()), (200, true));
    assert_eq!(supervisor.get(&format!("/v1/areas/{FAR_GRID}/boundary")).await.status, 404);
    assert_eq!(supervisor.get("/v1/areas/locate?lat=29.285&lon=106.275").await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_beneficiaries_are_shown_by_their_id_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _) = ended(backend).await;
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let current = beneficiaries(&supervisor).await;
    assert_eq!(current, [beneficiary_id(2), beneficiary_id(3), beneficiary_id(4)]);
    let area = supervisor.get("/v1/areas/500116").await;
    assert_eq!(area.body["counts"]["beneficiaries"], 3);
    let one = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!((one.status, one.body["valid_to"].is_string()), (200, true), "{}", one.body);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    assert!(phone.household(BENEFICIARY).is_none());
    assert!(phone.household(&beneficiary_id(2)).is_some());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_gets_no_new_tasks_plans_or_notices(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, task) = ended(backend).await;
    let supervisor = server.supervisor().await;
    let place = json!({ "lat": 29.285, "lon": 106.275 });
    let refused = [
        ("/v1/tasks", home_visit(BENEFICIARY, json!({})), "/beneficiary_id"),
        ("/v1/tasks", json!({ "kind": "home_visit", "grid": FAR_GRID, "place": place }), "/grid"),
        (
            "/v1/plans",
            json!({
                "area": FAR_GRID, "first_day": "2090-08-01", "last_day": "2090-08-02", "confirm": true
            }),
            "/area",
        ),
        (
            "/v1/notices",
            json!({ "area": FAR_GRID, "title": "通知", "text": "停电", "until": "2026-12-31" }),
            "/area",
        ),
    ];
    for (path, body, pointer) in refused {
        let answer = supervisor.post(path, &body).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{path}: {}", answer.body);
    }
    let reason = json!({ "reason": "又联系上了" });
    let reopened = supervisor.post(&format!("/v1/tasks/{task}/reopen"), &reason).await;
    assert_eq!((reopened.status, &reopened.body["code"]), (409, &json!("subject_ended")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_import_makes_both_current_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, task) = ended(backend).await;
    let auditor = server.sign_in(phones::AUDITOR).await;
    let log = auditor.get("/v1/events?action=beneficiary.end").await;
    assert_eq!(listed(&log, "subject_id"), [BENEFICIARY, FAR_BENEFICIARY]);
    let again = import(&server.database, &smaller(), &["--whole"]);
    assert!(
        said(&again).contains("beneficiaries: 0 added, 0 changed, 3 unchanged\nstations"),
        "what has ended does not end twice: {}",
        said(&again)
    );
    let back = import(&server.database, &Files::small(), &[]);
    assert!(said(&back).contains("areas: 0 added, 2 changed, 6 unchanged"), "{}", said(&back));
    assert!(said(&back).contains("beneficiaries: 1 added, 2 changed, 3"), "{}", said(&back));
    let supervisor = server.supervisor().await;
    assert_eq!(areas(&supervisor).await.len(), 8);
    assert_eq!(beneficiaries(&supervisor).await.len(), 6);
    let one = supervisor.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(one.body["valid_to"], Value::Null, "{}", one.body);
    supervisor.make_task(BENEFICIARY).await;
    let reason = json!({ "reason": "又联系上了" });
    let reopened = supervisor.post(&format!("/v1/tasks/{task}/reopen"), &reason).await;
    assert_eq!((reopened.status, &reopened.body["grid"]), (200, &json!(GRID)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_number_of_an_ended_beneficiary_is_free_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    server.manager().await.make_task(BENEFICIARY).await;
    let renamed = BENEFICIARY.replace("-7000-", "-7abc-");
    import_whole(&server, &Files::small().with("beneficiaries.csv", BENEFICIARY, &renamed));
    let listed = beneficiaries(&server.supervisor().await).await;
    assert!(listed.contains(&renamed) && !listed.iter().any(|id| id == BENEFICIARY), "{listed:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_with_hand_outs_ends_and_planned_ones_alone_go_with_the_entry(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let manager = server.manager().await;
    for id in [BENEFICIARY, &beneficiary_id(2)] {
        let handed = manager.post("/v1/handouts", &rice(id, &json!({}))).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
    }
    let plan = "UPDATE handouts SET state = 'planned', person = NULL, at = NULL";
    server.database.execute(&format!("{plan} WHERE beneficiary = '{}'", beneficiary_id(2)));
    import_whole(&server, &smaller().without_line("beneficiaries.csv", &beneficiary_id(2)));
    let ended = supervisor.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert!(ended.body["valid_to"].is_string(), "kept for what it got: {}", ended.body);
    let gone = supervisor.get(&format!("/v1/beneficiaries/{}", beneficiary_id(2))).await;
    assert_eq!(gone.status, 404);
    let listed = supervisor.get("/v1/handouts").await.body;
    let left: Vec<&Value> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["beneficiary_id"])
        .collect();
    assert_eq!(left, [BENEFICIARY]);
}
