//! Changes by hand to a draft that has such a visit.

use rstest::rstest;
use serde_json::{Value, json};

use super::{days_pass, draft, of_kind, offer, order, send, task, visit, visit_with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visit_can_be_pinned_also_when_it_is_overdue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 600)]);
    let given = visit(&manager, 1).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    let pin = json!({ "task_id": given, "person_id": person_id(22), "day": day(1) });
    let pinned = json!({ "changes": { "pins": [pin] } });
    let refused = manager.order_plan(&order(pinned.clone())).await;
    assert_eq!(refused.status, 422, "its day has not passed: {}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/changes/pins/0/task_id");

    days_pass(&server);
    server.database.execute(&format!("UPDATE tasks SET due_on = '{}'", day(-1)));
    let usual = draft(&manager, json!({})).await;
    assert_eq!((&usual["assigned"], &usual["overdue"]), (&json!(0), &json!(1)), "{usual}");
    let plan = draft(&manager, pinned.clone()).await;
    assert_eq!((&plan["assigned"], &plan["overdue"]), (&json!(1), &json!(0)), "{plan}");
    assert_eq!(of_kind(&manager, &plan, "moved").await, [json!(given)]);
    send(&manager, &plan, "apply").await;
    let after = task(&manager, &given).await;
    assert_eq!(after["assignee_id"], person_id(22).as_str(), "{after}");
    assert_eq!(after["planned_for"]["day"], json!(day(1)), "{after}");

    // A visit that a person pinned stays, whatever day has passed.
    days_pass(&server);
    let refused = manager.order_plan(&order(pinned)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_remedy_of_a_visit_that_a_draft_leaves_can_be_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 600)]);
    let skills = |skills: &str| {
        let id = person_id(21);
        let skilled = format!("UPDATE people SET skills = '{skills}' WHERE id = '{id}'");
        server.database.execute(&skilled);
    };
    skills("medical");
    let given = visit_with(&manager, 1, json!({ "skills": ["medical"] })).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    days_pass(&server);
    skills("driving");
    let base = draft(&manager, json!({ "reach": "grid" })).await;
    let path = format!("/v1/plans/{}/visits", base["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].clone();
    let left = &visits[0];
    assert_eq!((&left["task_id"], &left["person_id"]), (&json!(given), &Value::Null), "{visits}");
    let remedy = &left["remedy"];
    assert_eq!(
        (&remedy["code"], &remedy["volunteer"]),
        (&json!("skill"), &json!(person_id(21))),
        "{left}"
    );
    let accepted = json!({
        "person_id": person_id(21), "skills": remedy["missing"], "task_id": given
    });
    let plan = json!({
        "reach": "grid", "based_on": base["id"], "changes": { "skills": [accepted] }
    });
    let plan = draft(&manager, plan).await;
    assert_eq!(of_kind(&manager, &plan, "moved").await, [json!(given)], "{plan}");
    assert_eq!(send(&manager, &plan, "apply").await.body["left"], json!([]));
    let after = task(&manager, &given).await;
    assert_eq!(after["assignee_id"], person_id(21).as_str(), "{after}");
    assert_eq!(after["planned_for"]["day"], json!(day(1)), "{after}");
}
