//! Reports on behalf: a manager writes what a volunteer without a phone has told.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// A task of the beneficiary that the volunteer has.
async fn assigned(server: &Server) -> String {
    let task = server.supervisor().await.make_task(BENEFICIARY).await;
    let claimed = server.volunteer().await.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    task
}

/// A report on behalf of the person with this number.
fn on_behalf_of(n: u32) -> Value {
    json!({ "outcome": "needs_follow_up", "needs": ["housing"], "on_behalf_of": person_id(n) })
}

async fn report(caller: &Caller, task: &str, body: &Value) -> Answer {
    caller.post(&format!("/v1/tasks/{task}/report"), body).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_on_behalf_names_the_visitor_and_the_writer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let manager = server.manager().await;
    let task = assigned(&server).await;
    let done = report(&manager, &task, &on_behalf_of(21)).await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")), "{}", done.body);
    assert_eq!(done.body["assignee_id"], person_id(21));

    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    let stored = &reports.body["items"][0];
    let authors =
        ["person_id", "person_name", "written_by_id", "written_by_name"].map(|name| &stored[name]);
    let expected = [&person_id(21), "王志愿", &person_id(11), "张网格"].map(Value::from);
    assert_eq!(authors, expected.each_ref(), "{stored}");
    let listed = manager.get("/v1/reports").await;
    let listed = &listed.body["items"][0];
    assert_eq!(listed["person_name"], "王志愿");
    assert_eq!(listed["written_by_name"], "张网格");
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    let steps = history.body["items"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["action"] == "task.report").expect("a report");
    assert_eq!(step["actor_name"], "张网格", "{step}");
    assert_eq!(step["on_behalf_of_name"], "王志愿", "{step}");
    let events = server.supervisor().await.events("task.report").await;
    assert_eq!(events[0]["actor_id"], person_id(11), "{events:?}");
    assert_eq!(events[0]["body"]["on_behalf_of"], person_id(21), "{events:?}");

    // What the visit found is the visitor's finding, and the visitor reads the own report.
    let follow_ups = manager.get("/v1/tasks?state=open").await;
    assert_eq!(follow_ups.body["items"][0]["origin"]["person_id"], person_id(21));
    let own = server.volunteer().await.get("/v1/reports").await;
    assert_eq!(own.body["items"].as_array().map(Vec::len), Some(1), "{}", own.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_on_behalf_is_for_who_directs_the_task_and_about_its_assignee(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let task = assigned(&server).await;
    let manager = server.manager().await;
    for (caller, about, status, code) in [
        // Volunteers report for themselves, others direct tasks of their own area.
        (server.second_volunteer().await, 21, 403, "forbidden"),
        (server.other_manager().await, 21, 404, "not_found"),
        (server.auditor().await, 21, 403, "forbidden"),
        (server.manager().await, 22, 409, "not_assignee"),
        (server.manager().await, 99, 422, "invalid"),
        (server.supervisor().await, 1, 409, "not_assignee"),
    ] {
        let refused = report(&caller, &task, &on_behalf_of(about)).await;
        let found = (refused.status, refused.body["code"].as_str().unwrap_or_default());
        assert_eq!(found, (status, code), "{}", refused.body);
    }
    // The own id is a report like any other.
    let own = server.volunteer().await;
    assert_eq!(report(&own, &task, &on_behalf_of(21)).await.status, 200);
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    assert_eq!(reports.body["items"][0].get("written_by_id"), None, "{}", reports.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reports_on_behalf_of_a_person_who_has_left(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, task) = (server.supervisor().await, assigned(&server).await);
    let path = format!("/v1/people/{}/departure", person_id(21));
    let request = supervisor.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let left = supervisor.send(request.json(&json!({ "preview": false, "reason": "ill" }))).await;
    assert_eq!(left.status, 200, "{}", left.body);
    let refused = report(&supervisor, &task, &on_behalf_of(21)).await;
    assert_eq!((refused.status, refused.problem()), (409, "person_left"), "{}", refused.body);
    assert_eq!(server.database.count("reports"), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_reports_on_behalf_from_its_outbox_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, task) = (server.manager().await, assigned(&server).await);
    let outbox = json!([command("task.report", &task, on_behalf_of(21))]);
    let mut phone = Phone::default();
    let results = phone.sync(&manager, outbox.clone()).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
    let again = phone.sync(&manager, outbox).await;
    assert_eq!(again[0]["replayed"], true, "{again:?}");
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await;
    let items = reports.body["items"].as_array().expect("reports");
    assert_eq!((items.len(), &items[0]["person_id"]), (1, &json!(person_id(21))));
    // The visit of a former assignee is evidence, whoever writes it.
    let other = server.supervisor().await.make_task(BENEFICIARY).await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{other}/claim")).await.status, 200);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{other}/release")).await.status, 200);
    let second = server.second_volunteer().await;
    assert_eq!(second.act(&format!("/v1/tasks/{other}/claim")).await.status, 200);
    let late =
        phone.sync(&manager, json!([command("task.report", &other, on_behalf_of(21))])).await;
    assert_eq!(late[0]["outcome"], "recorded", "{late:?}");
}
