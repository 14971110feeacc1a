//! Which of these visits a plan has, and for whom.

use rstest::rstest;
use serde_json::{Value, json};

use super::{days_pass, draft, of_kind, offer, send, task, visit, visit_with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Server};

/// The visit goes to the same person again, or to another one. Where yesterday and tomorrow are in one week, the
/// person's minutes suffice for one visit alone; a unit test of the selection proves that on each day of the week.
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
    let loads = format!("/v1/plans/{}/loads", usual["id"].as_str().expect("an id"));
    let people = manager.get(&loads).await.body["people"].clone();
    assert_eq!(people.as_array().map(Vec::len), Some(1), "{people}");
    assert_eq!(
        (&people[0]["person_id"], &people[0]["minutes_before"]),
        (&json!(person_id(next)), &json!(0)),
        "yesterday is no day of the plan: {people}"
    );
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_the_order_does_not_select_stays_with_its_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    offer(&server, &[(21, 600)]);
    let given = visit(&manager, 1).await;
    let first = draft(&manager, json!({})).await;
    send(&manager, &first, "apply").await;
    days_pass(&server);
    let before = task(&manager, &given).await;
    let other = visit(&manager, 2).await;
    let plan = draft(&manager, json!({ "only": { "ids": [other] } })).await;
    assert_eq!((&plan["assigned"], &plan["overdue"]), (&json!(1), &json!(0)), "{plan}");
    assert_eq!(of_kind(&manager, &plan, "new").await, [json!(other)]);
    for kind in ["kept", "moved", "left"] {
        assert_eq!(of_kind(&manager, &plan, kind).await, [Value::Null; 0], "{kind}");
    }
    send(&manager, &plan, "apply").await;
    assert_eq!(task(&manager, &given).await, before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_plan_that_has_no_visitor_for_the_visit_leaves_it_with_its_person(
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
    let before = task(&manager, &given).await;
    assert_eq!(before["assignee_id"], person_id(21).as_str(), "{before}");
    let other = visit(&manager, 2).await;
    let plan = draft(&manager, json!({})).await;
    assert_eq!(of_kind(&manager, &plan, "new").await, [json!(other)]);
    assert_eq!(of_kind(&manager, &plan, "left").await, [json!(given)]);
    let applied = send(&manager, &plan, "apply").await.body;
    assert_eq!((&applied["left"], &applied["plan"]["assigned"]), (&json!([]), &json!(1)));
    assert_eq!(task(&manager, &given).await, before, "it is not open, and has no mark of one");
    send(&manager, &plan, "undo").await;
    assert_eq!(task(&manager, &given).await, before);

    // The next plan can have it again.
    skills("medical");
    let next = draft(&manager, json!({ "only": { "ids": [given] } })).await;
    assert_eq!(of_kind(&manager, &next, "moved").await, [json!(given)]);
}
