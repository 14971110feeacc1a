//! Such visits by two people: a plan has both tasks or none.

use rstest::rstest;
use serde_json::{Value, json};

use super::{days_pass, draft, of_kind, offer, order, send, task, visit_with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Caller, Server};

/// A visit by two people that a plan gave to the first two volunteers; the ids of both tasks, first that of the
/// first volunteer.
async fn given(server: &Server, manager: &Caller) -> [String; 2] {
    offer(server, &[(21, 600), (22, 600)]);
    let first = visit_with(manager, 1, json!({ "tie": { "type": "two_people" } })).await;
    let second = task(manager, &first).await["tied"][0]["id"].as_str().expect("an id").to_owned();
    let plan = draft(manager, json!({})).await;
    send(manager, &plan, "apply").await;
    let mut two = [first, second];
    if task(manager, &two[0]).await["assignee_id"] != person_id(21).as_str() {
        two.reverse();
    }
    for (id, person) in two.iter().zip([21, 22]) {
        assert_eq!(task(manager, id).await["assignee_id"], person_id(person).as_str());
    }
    two
}

/// The ids of the tasks in order.
fn sorted(tasks: &[String]) -> Vec<Value> {
    let mut tasks = tasks.to_vec();
    tasks.sort_unstable();
    tasks.into_iter().map(Value::String).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_neither_of_two_people_accepted_is_planned_anew_for_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = given(&server, &manager).await;
    days_pass(&server);
    let before = [task(&manager, &two[0]).await, task(&manager, &two[1]).await];
    let plan = draft(&manager, json!({ "only": { "ids": [two[0]] } })).await;
    assert_eq!(of_kind(&manager, &plan, "moved").await, sorted(&two), "one has the other");
    let applied = send(&manager, &plan, "apply").await.body;
    assert_eq!((&applied["left"], &applied["plan"]["assigned"]), (&json!([]), &json!(2)));
    let after = [task(&manager, &two[0]).await, task(&manager, &two[1]).await];
    let of = |name: &str| (after[0][name].clone(), after[1][name].clone());
    let (first, second) = of("assignee_id");
    assert!(first.is_string() && second.is_string() && first != second, "{after:?}");
    let (first, second) = of("planned_for");
    assert_eq!((&first["day"], &second["day"]), (&json!(day(1)), &json!(day(1))));
    assert_eq!(first["start"], second["start"], "{after:?}");

    assert_eq!(send(&manager, &plan, "undo").await.body["left"], json!([]));
    for (id, before) in two.iter().zip(before) {
        assert_eq!(task(&manager, id).await, before);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_two_people_can_be_pinned_to_the_task_of_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = given(&server, &manager).await;
    days_pass(&server);
    let pin = json!({ "task_id": two[0], "person_id": person_id(22), "day": day(1) });
    let plan = draft(&manager, json!({ "changes": { "pins": [pin] } })).await;
    assert_eq!(of_kind(&manager, &plan, "moved").await, sorted(&two), "{plan}");
    send(&manager, &plan, "apply").await;
    assert_eq!(task(&manager, &two[0]).await["assignee_id"], person_id(22).as_str());
    let other = task(&manager, &two[1]).await;
    assert_eq!(other["planned_for"]["day"], json!(day(1)), "{other}");
    assert_ne!(other["assignee_id"], person_id(22).as_str(), "{other}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_one_of_two_people_accepted_stays_with_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = given(&server, &manager).await;
    let accept = format!("/v1/tasks/{}/accept", two[0]);
    assert_eq!(server.volunteer().await.act(&accept).await.status, 200);
    days_pass(&server);
    let plan = draft(&manager, json!({})).await;
    for kind in ["moved", "left"] {
        assert_eq!(of_kind(&manager, &plan, kind).await, [Value::Null; 0], "{kind}");
    }
    let pin = json!({ "task_id": two[1], "person_id": person_id(22), "day": day(1) });
    let pinned = order(json!({ "changes": { "pins": [pin] } }));
    let refused = manager.order_plan(&pinned).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/changes/pins/0/task_id");
}
