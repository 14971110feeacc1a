//! Amendments: the writer corrects a report, and everybody who may read it reads both contents.

use rstest::rstest;
use serde_json::{Value, json};

use super::register::visited;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// The report of a visit by the volunteer, and its task.
async fn report(server: &Server, content: Value) -> (String, String) {
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let id = visited(&volunteer, &supervisor, home_visit(BENEFICIARY, json!({})), content).await;
    let listed = supervisor.get("/v1/reports").await;
    let task = listed.body["items"][0]["task_id"].as_str().expect("an id").to_owned();
    (id, task)
}

async fn amend(caller: &Caller, id: &str, content: &Value) -> Answer {
    caller.post(&format!("/v1/reports/{id}/amendments"), content).await
}

/// The outcomes and notes of the versions.
async fn versions(caller: &Caller, id: &str) -> Vec<(Value, Value)> {
    let listed = caller.get(&format!("/v1/reports/{id}/versions")).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let items = listed.body["items"].as_array().expect("versions").clone();
    items.into_iter().map(|one| (one["version"].clone(), one["note"].clone())).collect()
}

/// The kinds of the open tasks.
async fn open_kinds(caller: &Caller) -> Vec<Value> {
    let listed = caller.get("/v1/tasks?state=open").await;
    let items = listed.body["items"].as_array().expect("tasks").clone();
    items.into_iter().map(|one| one["kind"].clone()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_author_corrects_a_report_and_both_contents_are_read(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let place = json!({ "lat": 29.284, "lon": 106.251 });
    let first = json!({ "outcome": "done", "note": "一切安好", "place": place });
    let (id, task) = report(&server, first).await;
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let second = json!({ "outcome": "needs_follow_up", "note": "屋顶漏雨", "needs": ["housing"] });
    let amended = amend(&volunteer, &id, &second).await;
    let found = (amended.status, &amended.body["version"], &amended.body["task"]["state"]);
    assert_eq!(found, (200, &json!(2), &json!("done")), "{}", amended.body);
    // The same content again changes nothing.
    assert_eq!(amend(&volunteer, &id, &second).await.body["version"], 2);

    let expected = [(json!(1), json!("一切安好")), (json!(2), json!("屋顶漏雨"))];
    assert_eq!(versions(&volunteer, &id).await, expected);
    let read = async || supervisor.events("report.read").await.len();
    let before = read().await;
    assert_eq!(versions(&supervisor, &id).await, expected);
    assert_eq!(versions(&server.manager().await, &id).await, expected);
    assert_eq!(read().await, before + 2, "recorded in the log");
    let page = supervisor.get(&format!("/v1/reports/{id}/versions?limit=1")).await;
    assert!(page.body["next_cursor"].is_string(), "{}", page.body);

    let current = supervisor.get(&format!("/v1/tasks/{task}/reports")).await;
    let current = &current.body["items"][0];
    assert_eq!((&current["note"], &current["version"]), (&json!("屋顶漏雨"), &json!(2)));
    assert_eq!(current["place"], place, "measured at the visit");
    assert!(current["amended_at"].is_string(), "{current}");
    let listed = supervisor.get("/v1/reports?outcome=needs_follow_up&need=housing").await;
    assert_eq!(listed.body["items"][0]["version"], 2, "{}", listed.body);
    assert_eq!(open_kinds(&supervisor).await, ["hardship_follow_up"]);

    let history = supervisor.get(&format!("/v1/tasks/{task}/history")).await;
    let steps = history.body["items"].as_array().expect("steps");
    let outcomes = steps.iter().filter(|step| step["report_id"] == json!(id));
    let outcomes: Vec<_> = outcomes.map(|step| (&step["action"], &step["outcome"])).collect();
    let expected = [("task.report", "done"), ("report.amend", "needs_follow_up")];
    let expected = expected.map(|(action, outcome)| (json!(action), json!(outcome)));
    assert_eq!(outcomes, expected.each_ref().map(|(action, outcome)| (action, outcome)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn added_needs_create_their_follow_ups_once_and_removed_ones_leave_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
    let (id, _) = report(&server, found).await;
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    assert_eq!(open_kinds(&supervisor).await, ["hardship_follow_up"]);
    // Another need with the same follow-up, then an answer with another one, then none.
    for (content, kinds) in [
        (json!({ "outcome": "needs_follow_up", "needs": ["housing", "living"] }), 1),
        (json!({ "outcome": "done", "answers": { "plaque": "damaged" } }), 2),
        (json!({ "outcome": "done" }), 2),
    ] {
        let amended = amend(&volunteer, &id, &content).await;
        assert_eq!(amended.status, 200, "{}", amended.body);
        assert_eq!(open_kinds(&supervisor).await.len(), kinds, "{content}");
    }
    let entry = supervisor.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(entry.body["plaque"], "damaged", "{}", entry.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_outcome_moves_the_task_only_where_its_life_allows_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    follow_up_by_tasks(&server).await;
    let (id, task) = report(&server, json!({ "outcome": "not_home" })).await;
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let path = format!("/v1/tasks/{task}");
    assert_eq!(supervisor.get(&path).await.body["state"], "open");
    // Open for the next attempt: only a visit that was made ends it.
    let refused = amend(&volunteer, &id, &json!({ "outcome": "refused" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "not_assignee"), "{}", refused.body);
    assert_eq!(versions(&volunteer, &id).await.len(), 1, "nothing changed");
    let made = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
    let amended = amend(&volunteer, &id, &made).await;
    assert_eq!(amended.body["task"]["state"], "done", "{}", amended.body);
    assert_eq!(amended.body["task"]["assignee_id"], person_id(21));
    assert_eq!(open_kinds(&supervisor).await, ["hardship_follow_up"]);
    // A task that is done is reopened by a supervisor, not by an amendment.
    let refused = amend(&volunteer, &id, &json!({ "outcome": "not_home" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "task_phase"), "{}", refused.body);
    assert_eq!(refused.body["current"]["task"]["state"], "done");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amendment_of_an_earlier_attempt_ends_no_later_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (id, task) = report(&server, json!({ "outcome": "not_home" })).await;
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let second = server.second_volunteer().await;
    let path = format!("/v1/tasks/{task}");
    let done = json!({ "outcome": "done" });
    let refused = async |code: &str| {
        let refused = amend(&volunteer, &id, &done).await;
        assert_eq!((refused.status, refused.problem()), (409, code), "{}", refused.body);
    };
    assert_eq!(second.act(&format!("{path}/claim")).await.status, 200);
    refused("not_assignee").await;
    let not_home = json!({ "outcome": "not_home" });
    assert_eq!(second.post(&format!("{path}/report"), &not_home).await.body["state"], "failed");
    // The manager, who decides what follows, learns why it failed; its visitor knows.
    for (caller, outcome) in [(&server.manager().await, json!("not_home")), (&second, Value::Null)]
    {
        let mut phone = Phone::default();
        phone.sync(caller, json!([])).await;
        assert_eq!(phone.rows[&("task".to_owned(), task.clone())]["outcome"], outcome);
    }
    refused("task_phase").await;
    let why = json!({ "reason": "再次走访" });
    assert_eq!(supervisor.post(&format!("{path}/reopen"), &why).await.status, 200);
    refused("task_phase").await;
    // The note may still be corrected.
    let noted = json!({ "outcome": "not_home", "note": "邻居说住院了" });
    let amended = amend(&volunteer, &id, &noted).await;
    assert_eq!(amended.body["task"]["state"], "open", "{}", amended.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_of_another_person_is_read_but_not_amended(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (id, _) = report(&server, json!({ "outcome": "done" })).await;
    let content = json!({ "outcome": "done", "note": "x" });
    for (caller, status) in [
        (server.manager().await, 403),
        (server.supervisor().await, 403),
        (server.second_volunteer().await, 403),
        (server.other_manager().await, 404),
        (server.far_manager().await, 404),
    ] {
        assert_eq!(amend(&caller, &id, &content).await.status, status);
    }
    for caller in [server.second_volunteer().await, server.far_manager().await] {
        assert_eq!(caller.get(&format!("/v1/reports/{id}/versions")).await.status, 404);
    }
    assert_eq!(server.auditor().await.get(&format!("/v1/reports/{id}/versions")).await.status, 403);
    let volunteer = server.volunteer().await;
    for (content, pointer) in [
        (json!({ "outcome": "done", "needs": ["no_need"] }), "/needs"),
        (json!({ "outcome": "done", "place": { "lat": 29.0, "lon": 106.0 } }), "/place"),
        (json!({ "outcome": "done", "answers": { "health": "?" } }), "/answers/health"),
    ] {
        let refused = amend(&volunteer, &id, &content).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (422, &json!(pointer)), "{}", refused.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_writer_on_behalf_amends_the_report_not_the_visitor(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{task}/report");
    let first = json!({ "outcome": "not_home", "on_behalf_of": person_id(21) });
    assert_eq!(manager.post(&path, &first).await.status, 200);
    let listed = manager.get("/v1/reports").await;
    let id = listed.body["items"][0]["id"].as_str().expect("an id");
    let content = json!({ "outcome": "done" });
    assert_eq!(amend(&volunteer, id, &content).await.status, 403);
    let amended = amend(&manager, id, &content).await;
    assert_eq!(amended.status, 200, "{}", amended.body);
    // The visit is that of the visitor.
    assert_eq!(amended.body["task"]["assignee_id"], person_id(21));
    let events = server.supervisor().await.events("report.amend").await;
    assert_eq!(events[0]["actor_id"], person_id(11), "{events:?}");
    assert_eq!(versions(&volunteer, id).await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_amends_from_its_outbox_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    // The id of a report is that of its command, so that both wait in one outbox.
    let report = command("task.report", &task, json!({ "outcome": "done" }));
    let mut amendment =
        command("report.amend", &task, json!({ "outcome": "done", "note": "补充" }));
    let fields = amendment.as_object_mut().expect("a command");
    fields.remove("task_id");
    fields.insert("report_id".to_owned(), report["id"].clone());
    let mut unnamed = amendment.clone();
    unnamed.as_object_mut().expect("a command").remove("report_id");
    unnamed["id"] = json!(uuid::Uuid::now_v7());
    let mut phone = Phone::default();
    let results = phone.sync(&volunteer, json!([report.clone(), amendment.clone(), unnamed])).await;
    let outcomes: Vec<_> = results.iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["applied", "applied", "rejected"], "{results:?}");
    assert_eq!(results[1]["version"], 2, "{results:?}");
    assert_eq!(results[2]["problem"]["errors"][0]["pointer"], "/report_id", "{results:?}");
    let again = phone.sync(&volunteer, json!([report, amendment.clone()])).await;
    assert!(again.iter().all(|result| result["replayed"] == true), "{again:?}");
    let id = amendment["report_id"].as_str().expect("an id");
    assert_eq!(versions(&volunteer, id).await.len(), 2);
}
