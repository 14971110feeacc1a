//! Two servers on one PostgreSQL: what they do at once leaves what one of them would have left.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::case::{self, VILLAGE, open, read};
use crate::plan::batches::large_draft;
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Another;
use crate::support::{Backend, Caller, GRID, Server};

/// The number of times that each race is run.
const ROUNDS: u32 = 5;

/// The same caller at the other server.
fn there(other: &Another, caller: &Caller) -> Caller {
    other.bearer(caller.token.as_deref().expect("a token"))
}

async fn visit(manager: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(2), "due_on": day(2), "minutes": 30 });
    manager.make(&home_visit(&beneficiary_id(n), days)).await
}

async fn state(manager: &Caller, task: &str) -> Value {
    manager.get(&format!("/v1/tasks/{task}")).await.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_at_two_servers_leave_one_assignee_and_none_who_is_suspended_meanwhile() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let (manager, first) = (server.manager().await, server.volunteer().await);
    let second = there(&other, &server.second_volunteer().await);
    let first_there = there(&other, &first);
    let path = format!("/v1/people/{}/state", person_id(21));
    for _ in 0..ROUNDS {
        let mut tasks = Vec::new();
        for n in 0..16 {
            tasks.push(visit(&manager, n % 3 + 1).await);
        }
        let mut claims = JoinSet::new();
        for task in tasks.clone() {
            // Two people at two servers want the task, one of them at both.
            for caller in [first.clone(), second.clone(), first_there.clone()] {
                let path = format!("/v1/tasks/{task}");
                claims.spawn(async move {
                    let claimed = caller.act(&format!("{path}/claim")).await.status;
                    let accepted = caller.act(&format!("{path}/accept")).await.status;
                    (claimed, accepted)
                });
            }
        }
        let suspend = json!({ "state": "suspended", "reason": "x" });
        assert_eq!(manager.patch(&path, &suspend).await.status, 200);
        for (claimed, accepted) in claims.join_all().await {
            let is_expected = |status: u16| matches!(status, 200 | 401 | 403 | 404 | 409);
            assert!(is_expected(claimed) && is_expected(accepted), "{claimed} {accepted}");
        }
        for task in tasks {
            let task = state(&manager, &task).await;
            let is_free = task["state"] == "open" && task["assignee_id"].is_null();
            let is_of_second =
                task["state"] == "accepted" && task["assignee_id"] == person_id(22).as_str();
            assert!(is_free || is_of_second, "{task}");
        }
        let restore = json!({ "state": "active", "reason": "x" });
        assert_eq!(manager.patch(&path, &restore).await.status, 200);
    }
}

/// A draft of the task for the volunteer at this minute of the day.
async fn draft(manager: &Caller, task: &str, start: u64) -> String {
    let pin = json!({ "task_id": task, "person_id": person_id(21), "day": day(2), "start": start });
    let order = json!({
        "area": GRID, "first_day": day(2), "last_day": day(2),
        "only": { "ids": [task] }, "changes": { "pins": [pin] }
    });
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().expect("an id").to_owned()
}

/// Ends the task, so that it takes no time in the next round.
async fn cancel(manager: &Caller, task: &str) {
    let version = state(manager, task).await["version"].clone();
    let request = manager.request(reqwest::Method::POST, &format!("/v1/tasks/{task}/cancel"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let cancelled = manager.send(request.json(&json!({ "reason": "x" }))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_plans_that_are_applied_at_two_servers_leave_no_overlap() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let manager = server.manager().await;
    let manager_there = there(&other, &manager);
    let apply = async |caller: &Caller, plan: &str| {
        caller.post(&format!("/v1/plans/{plan}/apply"), &json!({})).await
    };
    for _ in 0..ROUNDS {
        let tasks = [visit(&manager, 1).await, visit(&manager, 2).await];
        let drafts = [draft(&manager, &tasks[0], 600).await, draft(&manager, &tasks[1], 615).await];
        let (one, two) =
            tokio::join!(apply(&manager, &drafts[0]), apply(&manager_there, &drafts[1]));
        for applied in [&one, &two] {
            let is_refused = applied.status == 409 && applied.problem() == "plan_in_progress";
            assert!(applied.status == 200 || is_refused, "{}", applied.body);
        }
        let mut given = Vec::new();
        for task in &tasks {
            if state(&manager, task).await["state"] == "assigned" {
                given.push(task);
            }
        }
        assert_eq!(given.len(), 1, "{} {}", one.body, two.body);
        for task in &tasks {
            cancel(&manager, task).await;
        }
    }
}

/// Copies the only plan, with its visits; answers the id of the copy.
fn copied(server: &Server) -> String {
    let copy = Uuid::now_v7().to_string();
    let plans = server.database.texts(
        "SELECT string_agg(column_name, ', ') AS text FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = 'plans' AND column_name <> 'id'",
    );
    let visits = server.database.texts(
        "SELECT string_agg(column_name, ', ') AS text FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = 'plan_visits'
             AND column_name <> 'plan'",
    );
    let (plans, visits) = (&plans[0], &visits[0]);
    server.database.execute(&format!(
        "INSERT INTO plans (id, {plans}) SELECT '{copy}', {plans} FROM plans;
         INSERT INTO plan_visits (plan, {visits}) SELECT '{copy}', {visits} FROM plan_visits"
    ));
    copy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_large_plans_of_an_area_one_is_applied_and_the_other_waits() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let manager = server.manager().await;
    let manager_there = there(&other, &manager);
    let (plan, _) = large_draft(&server, &manager).await;
    let (one, two) = (plan["id"].as_str().expect("an id"), copied(&server));
    let apply = async |caller: &Caller, plan: &str| {
        caller.post(&format!("/v1/plans/{plan}/apply"), &json!({})).await
    };
    for _ in 0..ROUNDS {
        let (here, there) = tokio::join!(apply(&manager, one), apply(&manager_there, &two));
        let refused = if here.status == 409 { &here } else { &there };
        assert_eq!(here.status + there.status, 200 + 409, "{} {}", here.body, there.body);
        assert_eq!(refused.problem(), "plan_in_progress");
        // The tasks have changed: a plan finds that out in its batches alone.
        server.database.execute(
            "UPDATE plans SET state = 'draft', lease = NULL, lease_until = NULL;
             UPDATE plan_visits SET task_version = 1, left_because = NULL",
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_visits_that_are_moved_to_one_hour_at_two_servers_leave_no_overlap() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let manager_there = there(&other, &manager);
    let moved = async |caller: &Caller, task: &str, start: u64| {
        let version = state(caller, task).await["version"].clone();
        let path = format!("/v1/tasks/{task}/reschedule");
        let request = caller.request(reqwest::Method::POST, &path);
        let request = request.header("If-Match", format!("\"v{version}\""));
        let planned = json!({ "planned": { "day": day(2), "start": start } });
        caller.send(request.json(&planned)).await
    };
    for _ in 0..ROUNDS {
        let tasks = [visit(&manager, 1).await, visit(&manager, 2).await];
        for task in &tasks {
            let claimed = volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
            assert_eq!(claimed.status, 200, "{}", claimed.body);
        }
        let (one, two) =
            tokio::join!(moved(&manager, &tasks[0], 600), moved(&manager_there, &tasks[1], 615));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.body, two.body);
        let refused = if one.status == 409 { &one } else { &two };
        assert_eq!(refused.problem(), "visit_overlap", "{}", refused.body);
        for task in &tasks {
            cancel(&manager, task).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_sent_to_two_servers_at_once_is_answered_by_both_as_done() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let manager = server.manager().await;
    let manager_there = there(&other, &manager);
    let path = format!("/v1/people/{}/absences", person_id(21));
    for round in 0..ROUNDS {
        let day = day(7 + i64::from(round));
        let absence = json!({ "first_day": day, "last_day": day, "reason": "leave" });
        let key = Uuid::now_v7().to_string();
        let mut calls = JoinSet::new();
        for caller in [&manager, &manager_there, &manager, &manager_there] {
            let request = caller.request(Method::POST, &path).header("Idempotency-Key", &key);
            let (caller, request) = (caller.clone(), request.json(&absence));
            calls.spawn(async move { caller.send(request).await });
        }
        let answers = calls.join_all().await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert_eq!(answer.body["id"], answers[0].body["id"], "{}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_that_is_found_while_its_case_ends_at_another_server_is_not_lost() {
    let server = case::server(Backend::Postgres);
    let other = server.another();
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let village = server.sign_in(VILLAGE).await;
    let village_there = there(&other, &village);
    for home in [1, 2, 3].map(beneficiary_id) {
        let task = manager.make_task(&home).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let new = json!({ "kind": "employment", "beneficiary_id": home, "source": "walk_in" });
        let case = open(&village, new).await;
        let report = json!({
            "outcome": "done", "needs": ["employment"], "answers": { "employment": "employed" }
        });
        let path = format!("/v1/tasks/{task}/report");
        let withdraw = json!({ "move": "withdraw", "answers": { "wish": "保安" } });
        let (ended, reported) =
            tokio::join!(case::go(&village_there, &case, withdraw), volunteer.post(&path, &report));
        assert_eq!((ended.status, reported.status), (200, 200), "{} {}", ended.body, reported.body);
        // The case notes the need before its end, or there is another case.
        let history = read(&village, &case).await["history"].clone();
        let actions = history.as_array().expect("a history").iter().map(|entry| &entry["action"]);
        let actions: Vec<_> = actions.collect();
        let opened = format!("cases WHERE beneficiary = '{home}' AND result IS NULL");
        let expected: &[&str] = match server.database.count(&opened) {
            0 => &["open", "found", "move"],
            _ => &["open", "move"],
        };
        assert_eq!(actions, expected, "{history}");
        let last = format!("beneficiary_answers WHERE beneficiary = '{home}'");
        assert_eq!(server.database.count(&last), 1, "the last answer alone");
    }
}
