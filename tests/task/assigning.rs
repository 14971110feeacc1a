//! What an assignment breaks is said before it is made, and an occasion has one task.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, Server};

/// A visit on 2 January 2090, a Monday, with the fields of `more`.
async fn visit(caller: &Caller, more: Value) -> String {
    let mut days = json!({ "not_before": "2090-01-02", "due_on": "2090-01-02" });
    for (name, value) in more.as_object().expect("fields") {
        days[name] = value.clone();
    }
    caller.make(&home_visit(BENEFICIARY, days)).await
}

/// The broken rules when the task is assigned to the first volunteer; forced, it is.
async fn breaks(caller: &Caller, id: &str) -> Value {
    let path = format!("/v1/tasks/{id}/reassign");
    let refused = caller.post(&path, &json!({ "person_id": person_id(21) })).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"), "{}", refused.body);
    assert_eq!(refused.body["current"]["task"]["id"], id);
    let forced = json!({ "person_id": person_id(21), "force": true });
    let forced = caller.post(&path, &forced).await;
    assert_eq!((forced.status, &forced.body["state"]), (200, &json!("assigned")));
    refused.body["current"]["breaches"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assignment_says_what_it_breaks_and_goes_on_only_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let fitting = visit(&manager, json!({ "skills": ["driving"], "minutes": 180 })).await;
    let to = json!({ "person_id": person_id(21) });
    let found = manager.get(&format!("/v1/tasks/{fitting}/candidates")).await.body;
    let items = found["items"].as_array().expect("candidates");
    let volunteer = items.iter().find(|one| one["person_id"] == to["person_id"]);
    assert_eq!(volunteer.map(|one| &one["hindrance"]["code"]), Some(&json!("too_far")), "{found}");
    let given = manager.post(&format!("/v1/tasks/{fitting}/reassign"), &to).await;
    assert_eq!(given.status, 200, "the ways break no rule: {}", given.body);
    // The volunteer drives, and is there every day from 9 to 12, for 600 minutes a week.
    let afternoon = json!({ "window": { "start": 840, "end": 960 } });
    let skilled = visit(&manager, json!({ "skills": ["medical"] })).await;
    assert_eq!(breaks(&manager, &skilled).await, json!(["skill"]));
    assert_eq!(breaks(&manager, &visit(&manager, afternoon).await).await, json!(["window"]));
    let long = visit(&manager, json!({ "minutes": 180 })).await;
    assert_eq!(manager.post(&format!("/v1/tasks/{long}/reassign"), &to).await.status, 200);
    let more = visit(&manager, json!({ "minutes": 181 })).await;
    assert_eq!(breaks(&manager, &more).await, json!(["minutes", "window"]));
    let on = chrono::Utc::now().date_naive() + chrono::Days::new(7);
    let absence = json!({ "first_day": on, "last_day": on, "reason": "leave" });
    let path = format!("/v1/people/{}/absences", person_id(21));
    let away = manager.post(&path, &absence).await;
    assert_eq!(away.status, 201, "{}", away.body);
    let on_that_day = json!({ "not_before": on, "due_on": on });
    let then = manager.make(&home_visit(BENEFICIARY, on_that_day)).await;
    assert_eq!(breaks(&manager, &then).await, json!(["absence"]));
    // The assignee of a task is not asked again.
    assert_eq!(manager.post(&format!("/v1/tasks/{then}/reassign"), &to).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_counts_the_minutes_that_it_has_assigned(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        tasks.push(json!({ "id": visit(&manager, json!({ "minutes": 180 })).await }));
    }
    let to = json!({ "person_id": person_id(21) });
    let assign = json!({ "type": "task.assign", "payload": to, "tasks": tasks });
    for dry_run in [true, false] {
        let body = json!({ "dry_run": dry_run, "commands": [assign] });
        let answer = manager.post("/v1/tasks/bulk", &body).await;
        assert_eq!((&answer.body["applied"], &answer.body["rejected"]), (&json!(3), &json!(1)));
        let problem = &answer.body["results"][3]["problem"];
        assert_eq!(problem["code"], "assignment_breaks", "{problem}");
        let detail = problem["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.starts_with("minutes: "), "{detail}");
        assert_eq!(problem["current"]["breaches"], json!(["minutes"]), "{problem}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_gives_back_the_minutes_of_the_tasks_that_it_takes_away(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let to = json!({ "person_id": person_id(21) });
    let mut tasks = Vec::new();
    for n in 0..4 {
        let id = visit(&manager, json!({ "minutes": 180 })).await;
        if n < 3 {
            let given = manager.post(&format!("/v1/tasks/{id}/reassign"), &to).await;
            assert_eq!(given.status, 200, "{}", given.body);
        }
        tasks.push(json!([{ "id": id }]));
    }
    let assign = json!({ "type": "task.assign", "payload": to, "tasks": tasks[3] });
    let why = json!({ "reason": "换人" });
    let unassign = json!({ "type": "task.unassign", "payload": why, "tasks": tasks[0] });
    let later = json!({ "not_before": "2090-01-09", "due_on": "2090-01-09" });
    let moved = json!({ "id": tasks[1][0]["id"], "base_version": 2 });
    let reschedule = json!({ "type": "task.reschedule", "payload": later, "tasks": [moved] });
    for (commands, applied) in [
        (json!([assign]), [false].as_slice()),
        (json!([assign, unassign]), &[false, true]),
        (json!([unassign, assign]), &[true, true]),
        (json!([reschedule, assign]), &[true, true]),
    ] {
        let body = json!({ "dry_run": true, "commands": commands });
        let answer = manager.post("/v1/tasks/bulk", &body).await;
        let results = answer.body["results"].as_array().expect("results");
        let found: Vec<bool> = results.iter().map(|one| one["outcome"] == "applied").collect();
        assert_eq!(found, applied, "{}", answer.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occasion_has_one_task_of_a_kind_for_each_beneficiary(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let festival = |n: u32, kind: &str, again: bool| {
        let mut more = json!({ "kind": kind, "occasion": "2027春节" });
        if again {
            more["again"] = json!(true);
        }
        home_visit(&beneficiary_id(n), more)
    };
    let first = supervisor.make(&festival(1, "home_visit", false)).await;
    let twice = supervisor.post("/v1/tasks", &festival(1, "home_visit", false)).await;
    assert_eq!((twice.status, twice.problem()), (409, "task_exists"), "{}", twice.body);
    assert_eq!(twice.body["current"]["task"]["id"], first);
    supervisor.make(&festival(2, "home_visit", false)).await;
    supervisor.make(&festival(1, "condolence", false)).await;
    let other = supervisor.make(&festival(1, "home_visit", true)).await;
    assert_ne!(other, first);
    // Of a bulk too, in itself and against what there is.
    let bulk = |dry_run: bool| {
        let ids = [1, 3, 3, 4].map(beneficiary_id);
        json!({ "dry_run": dry_run, "commands": [{
            "type": "task.create", "beneficiary_ids": ids,
            "payload": { "kind": "home_visit", "occasion": "2027春节" }
        }] })
    };
    for dry_run in [true, false] {
        let answer = supervisor.post("/v1/tasks/bulk", &bulk(dry_run)).await;
        let results = answer.body["results"].as_array().expect("results");
        let outcomes: Vec<&str> =
            results.iter().map(|one| one["outcome"].as_str().expect("an outcome")).collect();
        assert_eq!(outcomes, ["rejected", "applied", "rejected", "applied"], "{}", answer.body);
    }
    // A cancelled task leaves the occasion to another one.
    let cancel = supervisor.request(reqwest::Method::POST, &format!("/v1/tasks/{first}/cancel"));
    let cancel = cancel.header("If-Match", "\"v1\"").json(&json!({ "reason": "误建" }));
    assert_eq!(supervisor.send(cancel).await.status, 200);
    supervisor.make(&festival(1, "home_visit", false)).await;
}
