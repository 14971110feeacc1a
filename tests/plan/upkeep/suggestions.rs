//! Suggestions: drafts of just the freed tasks.

use rstest::rstest;
use serde_json::{Value, json};

use super::{decline, fall_ill, given, holders, notices, set, task, unordered, upkeep, visit};
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_is_a_draft_of_just_the_freed_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let ill = server.volunteer().await;
    let tasks = given(&manager, &[1], 21).await;
    let open = visit(&manager, 3).await;
    fall_ill(&ill, 1).await;
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "the default is off");
    assert_eq!(holders(&manager, &tasks).await, [Value::Null]);

    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "what was freed before is not planned");
    let freed = given(&manager, &[2], 22).await;
    decline(&server.second_volunteer().await, &freed[0]).await;
    let before = task(&manager, &freed[0]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["area"]),
        (1, &json!("draft"), &json!(GRID)),
        "{plans:?}"
    );
    let path = format!("/v1/plans/{}/visits", plans[0]["id"].as_str().expect("an id"));
    let visits = admin.get(&path).await.body["items"].clone();
    let planned: Vec<&Value> =
        visits.as_array().expect("visits").iter().map(|visit| &visit["task_id"]).collect();
    assert_eq!(planned, [&json!(freed[0])], "{visits}");
    assert_eq!(task(&manager, &freed[0]).await, before, "a suggestion changes nothing");
    assert_eq!(task(&manager, &open).await["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_is_of_the_smallest_area_that_suffices_and_its_supervisors_get_a_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let (town, district) = (server.town_supervisor().await, server.supervisor().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let freed = given(&manager, &[1], 21).await.remove(0);
    decline(&server.volunteer().await, &freed).await;
    // Those of the first grid have no minutes left for it; the volunteer of the second grid has.
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE area = '{GRID}' OR role = 'manager'"
    ));
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["area"], &plans[0]["assigned"]),
        (1, &json!("draft"), &json!("500116001002"), &json!(1)),
        "{plans:?}"
    );
    let id = plans[0]["id"].as_str().expect("an id");
    assert_eq!(notices(&town).await, ["There is a plan for visits that need a visitor: 南门社区"]);
    assert_eq!(notices(&district).await, [""; 0], "a supervisor is nearer");
    assert_eq!(notices(&manager).await, [""; 0], "the draft is not of one grid");
    let path = format!("/v1/plans/{id}");
    assert_eq!((town.get(&path).await.status, manager.get(&path).await.status), (200, 404));
    let applied = town.post(&format!("{path}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(task(&manager, &freed).await["assignee_id"], json!(person_id(23)));
}
