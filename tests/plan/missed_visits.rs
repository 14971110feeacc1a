//! Visits that a plan gave and that were not accepted before their day had passed: the next plan has them.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// A visit of half an hour, for which there is a week from tomorrow on.
async fn visit(manager: &Caller, beneficiary: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7), "minutes": 30 });
    manager.make(&home_visit(&beneficiary_id(beneficiary), days)).await
}

/// A draft of tomorrow.
async fn draft(manager: &Caller, more: Value) -> Value {
    let mut order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    order.as_object_mut().expect("an object").extend(more.as_object().expect("more").clone());
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn send(manager: &Caller, plan: &Value, command: &str) -> Answer {
    let path = format!("/v1/plans/{}/{command}", plan["id"].as_str().expect("an id"));
    let done = manager.post(&path, &json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    done
}

/// The tasks of the plan's visits with this change.
async fn of_kind(manager: &Caller, plan: &Value, kind: &str) -> Vec<Value> {
    let id = plan["id"].as_str().expect("an id");
    let page = manager.get(&format!("/v1/plans/{id}/visits?change={kind}")).await;
    let items = page.body["items"].as_array().expect("visits").iter();
    items.map(|item| item["task_id"].clone()).collect()
}

/// The task without what counts its changes.
async fn task(caller: &Caller, id: &str) -> Value {
    let mut task = caller.get(&format!("/v1/tasks/{id}")).await.body;
    let row = task.as_object_mut().expect("an object");
    row.remove("version");
    row.remove("updated_at");
    task
}

/// The only people who have minutes, and how many.
fn offer(server: &Server, people: &[(u32, u32)]) {
    server.database.execute("UPDATE people SET weekly_minutes = 0");
    for (person, minutes) in people {
        let id = person_id(*person);
        let offers = format!("UPDATE people SET weekly_minutes = {minutes} WHERE id = '{id}'");
        server.database.execute(&offers);
    }
}

/// As if the plans had been of yesterday.
fn days_pass(server: &Server) {
    let yesterday = day(-1);
    server.database.execute(&format!(
        "UPDATE plans SET first_day = '{yesterday}', last_day = '{yesterday}' \
             WHERE state = 'applied';
         UPDATE plan_visits SET day = '{yesterday}' WHERE person IS NOT NULL;
         UPDATE tasks SET not_before = '{yesterday}', planned_on = '{yesterday}' \
             WHERE plan IS NOT NULL"
    ));
}

/// The visit goes to the same person again, whose week has minutes for one visit alone, or to another one.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_of_yesterday_that_was_not_accepted_is_in_the_next_plan_and_its_undo_restores_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(21, 22)] next: u32,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 50)]);
    let given = visit(&manager, 1).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    days_pass(&server);
    let before = task(&manager, &given).await;
    assert_eq!(before["assignee_id"], person_id(21).as_str(), "{before}");
    let planned = &before["planned_for"];
    assert_eq!((&planned["day"], &planned["plan_id"]), (&json!(day(-1)), &first["id"]));
    let candidates = manager.get(&format!("/v1/tasks/{given}/candidates")).await.body;
    assert_eq!(candidates["first_day"], json!(day(0)), "{candidates}");

    offer(&server, &[(next, 50)]);
    let usual = draft(&manager, json!({})).await;
    assert_eq!((&usual["assigned"], &usual["overdue"]), (&json!(1), &json!(0)), "{usual}");
    assert_eq!(of_kind(&manager, &usual, "moved").await, [json!(given)]);
    let named =
        json!({ "only": { "ids": [given] }, "move_unaccepted": true, "include_late": true });
    assert_eq!(draft(&manager, named).await["assigned"], 1);
    assert_eq!(task(&manager, &given).await, before, "a draft changes nothing");

    let applied = send(&manager, &usual, "apply").await.body;
    assert_eq!((&applied["left"], &applied["plan"]["assigned"]), (&json!([]), &json!(1)));
    let after = task(&manager, &given).await;
    assert_eq!(
        (&after["state"], &after["assignee_id"]),
        (&json!("assigned"), &json!(person_id(next))),
        "{after}"
    );
    let planned = &after["planned_for"];
    assert_eq!((&planned["day"], &planned["plan_id"]), (&json!(day(1)), &usual["id"]), "{after}");

    assert_eq!(send(&manager, &usual, "undo").await.body["left"], json!([]));
    assert_eq!(task(&manager, &given).await, before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_a_person_accepted_or_pinned_for_yesterday_stay_as_they_are(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 600)]);
    let accepted = visit(&manager, 1).await;
    let plan = draft(&manager, json!({})).await;
    send(&manager, &plan, "apply").await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/accept")).await.status, 200);
    let pinned = visit(&manager, 2).await;
    let pin = json!({ "task_id": pinned, "person_id": person_id(21), "day": day(1) });
    let plan = draft(&manager, json!({ "changes": { "pins": [pin] } })).await;
    send(&manager, &plan, "apply").await;
    days_pass(&server);
    let before = [task(&manager, &accepted).await, task(&manager, &pinned).await];
    assert_eq!(before[0]["state"], "accepted", "{}", before[0]);
    assert_eq!(before[1]["state"], "assigned", "{}", before[1]);
    let plan = draft(&manager, json!({ "move_unaccepted": true, "include_late": true })).await;
    assert_eq!((&plan["assigned"], &plan["measures"]["served"]), (&json!(0), &json!(0)), "{plan}");
    for kind in ["new", "moved", "left"] {
        assert_eq!(of_kind(&manager, &plan, kind).await, [Value::Null; 0], "{kind}");
    }
    assert_eq!([task(&manager, &accepted).await, task(&manager, &pinned).await], before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_visit_that_was_not_accepted_counts_as_an_open_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 600)]);
    let given = visit(&manager, 1).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    days_pass(&server);
    server.database.execute(&format!("UPDATE tasks SET due_on = '{}'", day(-1)));
    let usual = draft(&manager, json!({})).await;
    assert_eq!((&usual["assigned"], &usual["overdue"]), (&json!(0), &json!(1)), "{usual}");
    let late = draft(&manager, json!({ "include_late": true })).await;
    assert_eq!((&late["assigned"], &late["overdue"]), (&json!(1), &json!(0)), "{late}");
    assert_eq!(of_kind(&manager, &late, "moved").await, [json!(given)]);

    // One that no person can make is left with its person, and the draft names the reason.
    offer(&server, &[]);
    let before = task(&manager, &given).await;
    let without = draft(&manager, json!({ "include_late": true })).await;
    assert_eq!(of_kind(&manager, &without, "left").await, [json!(given)], "{without}");
    assert_eq!(task(&manager, &given).await, before);
}
