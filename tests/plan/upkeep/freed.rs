//! Tasks that lost their assignee are planned for others.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{decline, fall_ill, given, holders, set, task, unordered, upkeep, visit};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{Files, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{import, said};
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_an_ill_person_go_to_others_in_one_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let (ill, other) = (server.volunteer().await, server.second_volunteer().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let tasks = given(&manager, &[1, 2], 21).await;
    let kept = given(&manager, &[3], 22).await;
    assert_eq!(other.act(&format!("/v1/tasks/{}/accept", kept[0])).await.status, 200);
    let before = task(&manager, &kept[0]).await;
    let mut phone = Phone::default();
    phone.sync(&other, json!([])).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "nothing is to be planned");

    fall_ill(&ill, 2).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(plans.len(), 1, "{plans:?}");
    let plan = &plans[0];
    assert_eq!(
        (&plan["origin"], &plan["state"], &plan["assigned"]),
        (&json!("replan"), &json!("applied"), &json!(2)),
        "{plan}"
    );
    for id in &tasks {
        let row = task(&manager, id).await;
        assert_eq!(
            (&row["state"], &row["planned_for"]["plan_id"]),
            (&json!("assigned"), &plan["id"])
        );
        assert_ne!(row["assignee_id"], json!(person_id(21)), "{row}");
        let events = admin.events("task.assign").await;
        assert!(events.iter().any(|event| event["subject_id"] == id.as_str()), "{events:?}");
    }
    assert_eq!(task(&manager, &kept[0]).await, before, "what is accepted stays");
    phone.sync(&other, json!([])).await;
    phone.is_as_fresh(&other).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "planned once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_without_anyone_at_home_is_planned_anew_and_an_undone_plan_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteer = server.volunteer().await;
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    visit(&manager, 1).await;
    let plan =
        manager.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(7) })).await;
    let undo = format!("/v1/plans/{}/undo", plan["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&undo, &json!({})).await.status, 200);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0);

    let days = json!({ "not_before": day(0), "due_on": day(7) });
    let visited = manager.make(&home_visit(&beneficiary_id(2), days)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{visited}/claim")).await.status, 200);
    let report = json!({ "outcome": "not_home" });
    let reported = volunteer.post(&format!("/v1/tasks/{visited}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    assert_eq!(task(&manager, &visited).await["planned_for"]["plan_id"], plans[0]["id"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_a_suspended_person_go_to_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let tasks = given(&manager, &[1, 2], 21).await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{}/accept", tasks[0])).await.status, 200);
    let suspend = json!({ "state": "suspended", "reason": "x" });
    let path = format!("/v1/people/{}/state", person_id(21));
    assert_eq!(manager.patch(&path, &suspend).await.status, 200);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(2)), "{plans:?}");
    for holder in holders(&manager, &tasks).await {
        assert!(holder.is_string() && holder != json!(person_id(21)), "{holder}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freed_task_of_a_later_time_waits_until_it_can_be_planned(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let days = json!({ "not_before": day(40), "due_on": day(45) });
    let id = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let to = json!({ "person_id": person_id(21) });
    assert_eq!(manager.post(&format!("/v1/tasks/{id}/reassign"), &to).await.status, 200);
    decline(&server.volunteer().await, &id).await;
    upkeep(&server.database);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "no plan has its days");
    let from = server.database.texts("SELECT CAST(from_day AS TEXT) AS text FROM freed_tasks");
    assert_eq!(from, [day(10).to_string()]);

    server.database.execute(&format!("UPDATE freed_tasks SET from_day = '{}'", day(0)));
    server.database.execute(&format!("UPDATE tasks SET not_before = '{}'", day(30)));
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    upkeep(&server.database);
    assert_eq!(server.database.count("freed_tasks"), 0, "the plan has done its work");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_a_person_who_is_no_longer_in_the_files_go_to_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let gone = given(&manager, &[2], 21).await;
    let files = Files::small().without_line("people.csv", &person_id(21));
    said(&import(&server.database, &files, &["--whole"]));
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    let holder = holders(&manager, &gone).await.remove(0);
    assert!(holder.is_string() && holder != json!(person_id(21)), "{holder}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cancellation_of_a_visit_by_two_people_names_or_cancels_the_second_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for (n, also_tied, expected) in [(1, false, "open"), (2, true, "cancelled")] {
        let pair =
            json!({ "tie": { "type": "two_people" }, "not_before": day(1), "due_on": day(7) });
        let first = manager.make(&home_visit(&beneficiary_id(n), pair)).await;
        let tied = task(&manager, &first).await["tied"].clone();
        let second = tied[0]["id"].as_str().expect("a second task").to_owned();
        let cancel = manager.request(Method::POST, &format!("/v1/tasks/{first}/cancel"));
        let body = json!({ "reason": "住院了", "also_tied": also_tied });
        let done = manager.send(cancel.header("If-Match", "\"v1\"").json(&body)).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(done.body["tied"], json!([{ "id": second, "state": expected }]));
        assert_eq!(task(&manager, &second).await["state"], expected);
        let history = manager.get(&format!("/v1/tasks/{second}/history")).await.body;
        let steps = history["items"].as_array().expect("steps");
        let reason = steps.last().expect("a step")["reason"].clone();
        assert_eq!(reason, if also_tied { json!("住院了") } else { Value::Null });
    }
}
