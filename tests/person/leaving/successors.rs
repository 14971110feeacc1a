//! The successor of a manager, to whom no tasks are spread.

use rstest::rstest;
use serde_json::json;

use super::{OTHER_HOME, act, state};
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, Server};

/// A visit in the second grid that the person with this number has; its id.
async fn visit_elsewhere(supervisor: &Caller, person: u32) -> String {
    let task = supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let to = json!({ "person_id": person_id(person), "force": true });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    task
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tasks_are_spread_to_a_successor_from_another_grid_who_would_give_them_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("one", "several")] calls: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = visit_elsewhere(&supervisor, 11).await;
    let other = visit_elsewhere(&supervisor, 22).await;
    // The successor has by far the most time.
    let few = format!("UPDATE people SET weekly_minutes = 180 WHERE id <> '{}'", person_id(23));
    server.database.execute(&few);
    let successor = json!(person_id(23));
    let mut given = vec![task];
    if calls == "one" {
        let body = json!({
            "preview": false, "reason": "ill", "successor_id": successor, "spread": true
        });
        let left = act(&supervisor, 11, "departure", &body).await;
        assert_eq!((left.status, &left.body["tasks"][0]["outcome"]), (200, &json!("given")));
    } else {
        // The volunteer leaves first, by the same call.
        let version = async |n: u32| {
            let person = supervisor.get(&format!("/v1/people/{}", person_id(n))).await;
            person.body["version"].clone()
        };
        let (first, second) = (version(22).await, version(11).await);
        let body = json!({ "entries": [
            {
                "person_id": person_id(22), "base_version": first, "reason": "ill",
                "spread": true
            },
            {
                "person_id": person_id(11), "base_version": second, "reason": "ill",
                "successor_id": successor, "spread": true
            }
        ] });
        let left = supervisor.post("/v1/people/departures", &body).await;
        assert_eq!(left.status, 200, "{}", left.body);
        given.push(other);
    }
    for task in &given {
        let (state, assignee) = state(&supervisor, task).await;
        assert_eq!(state, "assigned", "{assignee}");
        assert!(assignee.is_string() && assignee != successor, "{assignee}");
    }
}
