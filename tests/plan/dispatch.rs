//! Dispatch: plans over HTTP and on the command line.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

/// Beneficiaries of the first grid, by the last digits of their id.
const HOMES: [u32; 3] = [1, 2, 3];

/// A visit of the seven days from tomorrow for the beneficiary of this number.
async fn make(caller: &Caller, n: u32, more: Value) -> String {
    let mut body = home_visit(&beneficiary_id(n), more);
    body["not_before"] = json!(day(1));
    body["due_on"] = json!(day(7));
    caller.make(&body).await
}

/// A plan of the area for the seven days from tomorrow.
fn week(area: &str) -> Value {
    json!({ "area": area, "first_day": day(1), "last_day": day(7) })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_gives_open_tasks_to_people_of_the_grid_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    for n in HOMES {
        make(&supervisor, n, json!({})).await;
    }
    let impossible = make(&supervisor, 5, json!({ "skills": ["sign_language"] })).await;
    let planned = supervisor.plan(&week("500116")).await;
    assert_eq!((&planned["assigned"], &planned["overtaken"]), (&json!(3), &json!(0)));
    assert_eq!(planned["measures"]["unserved"], 1);
    let path = format!("/v1/plans/{}", planned["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["id"], planned["id"]);

    let visits = supervisor.get(&format!("{path}/visits")).await;
    let visits = visits.body["items"].as_array().expect("a list").clone();
    assert_eq!(visits.len(), 4);
    for visit in &visits {
        let task = supervisor
            .get(&format!("/v1/tasks/{}", visit["task_id"].as_str().expect("an id")))
            .await
            .body;
        if visit["task_id"] == impossible.as_str() {
            assert_eq!(
                (&visit["reason"]["code"], &visit["reason"]["missing"]),
                (&json!("no_skill"), &json!(["sign_language"]))
            );
            assert_eq!(
                (&visit["remedy"]["code"], &visit["remedy"]["missing"]),
                (&json!("skill"), &json!(["sign_language"]))
            );
            assert_eq!(task["state"], "open");
        } else {
            assert_eq!(
                (&task["state"], &task["assignee_id"]),
                (&json!("assigned"), &visit["person_id"])
            );
            assert_eq!(task["planned_for"]["day"], visit["day"]);
            let person = supervisor
                .get(&format!("/v1/people/{}", visit["person_id"].as_str().expect("an id")))
                .await;
            assert_eq!(person.body["area"], GRID);
            assert!(visit["why"]["share_after"].is_number(), "{visit}");
            let next = visit["why"]["next"].as_array().expect("a list");
            assert!(next.iter().all(|other| other["volunteer"] != visit["person_id"]), "{visit}");
            let costs = next
                .iter()
                .filter_map(|other| other["verdict"]["possible"]["extra_travel"].as_u64());
            assert!(costs.count() > 0, "{visit}");
        }
    }
    let unassigned = supervisor.get(&format!("{path}/visits?unassigned=true")).await;
    assert_eq!(unassigned.body["items"].as_array().expect("a list").len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_plan_keeps_and_counts_earlier_assignments(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    make(&manager, 1, json!({ "minutes": 170 })).await;
    let first = manager.plan(&week(GRID)).await;
    assert_eq!(first["assigned"], 1);
    make(&manager, 2, json!({})).await;
    let second = manager.plan(&week(GRID)).await;
    assert_eq!(second["assigned"], 1, "{second}");
    let mut tasks = Vec::new();
    for one in manager.get("/v1/tasks").await.body["items"].as_array().expect("a list") {
        let id = one["id"].as_str().expect("an id");
        tasks.push(manager.get(&format!("/v1/tasks/{id}")).await.body);
    }
    let held: Vec<_> = tasks.iter().map(|task| &task["planned_for"]["plan_id"]).collect();
    assert_eq!(tasks.len(), 2);
    assert!(held.contains(&&first["id"]) && held.contains(&&second["id"]));
    assert_ne!(tasks[0]["assignee_id"], tasks[1]["assignee_id"], "the one who is free goes");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_leaves_a_claimed_task_with_its_assignee(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let id = manager.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{id}/claim")).await;
    assert_eq!(manager.plan(&week(GRID)).await["assigned"], 0);
    let task = manager.get(&format!("/v1/tasks/{id}")).await;
    assert_eq!((&task.body["state"], &task.body["version"]), (&json!("accepted"), &json!(2)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_and_supervisors_plan_their_own_area_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.order_plan(&week(GRID)).await.problem(), "forbidden");
    assert_eq!(manager.order_plan(&week(FAR_GRID)).await.status, 404);
    assert_eq!(manager.order_plan(&week("500116")).await.status, 404);
    let backwards = json!({ "area": GRID, "first_day": day(7), "last_day": day(1) });
    assert_eq!(manager.order_plan(&backwards).await.body["errors"][0]["pointer"], "/last_day");
    let far = json!({ "area": GRID, "first_day": "+262142-12-31", "last_day": "+262142-12-31" });
    assert_eq!(manager.order_plan(&far).await.status, 422);
    let supervisor = server.supervisor().await;
    let plan = supervisor.order_plan(&week("500116")).await;
    let id = plan.body["id"].as_str().expect("an id");
    assert_eq!(
        manager.get(&format!("/v1/plans/{id}")).await.status,
        404,
        "a plan above one's area"
    );
    assert_eq!(manager.get(&format!("/v1/plans/{id}/visits")).await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_dispatches_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = make(&manager, 1, json!({})).await;
    let path = format!("/v1/tasks/{id}");
    let from = day(1).to_string();
    let order = ["dispatch", "--area", GRID, "--from", &from, "--days", "7"];
    let run = |args: &[&str]| {
        let output = gridward(&server.database, args).output().expect("it runs");
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        text
    };
    // It shows before it writes: a draft, and the command that applies it.
    let shown = run(&order);
    assert!(shown.contains("\"served\": 1") && shown.contains("no task has changed"), "{shown}");
    assert_eq!(manager.get(&path).await.body["state"], "open");
    let command = shown.lines().find_map(|line| line.trim().strip_prefix("gridward "));
    let apply: Vec<&str> = command.expect("a command").split(' ').collect();
    let applied = run(&apply);
    assert!(applied.contains("assigned 1, overtaken 0"), "{applied}");
    assert_eq!(manager.get(&path).await.body["state"], "assigned");
    let again = gridward(&server.database, &apply).output().expect("it runs");
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    // Both at once.
    let second = make(&manager, 2, json!({})).await;
    let both = run(&[&order[..], &["--apply"]].concat());
    assert!(both.contains("assigned 1, overtaken 0"), "{both}");
    let task = manager.get(&format!("/v1/tasks/{second}")).await.body;
    assert_eq!(task["state"], "assigned");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_needs_a_confirmation_where_the_api_needs_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = make(&manager, 1, json!({})).await;
    let run = |args: &[&str]| {
        let output = gridward(&server.database, args).output().expect("it runs");
        (output.status.code(), said(&output))
    };
    let far = day(700).to_string();
    let (code, text) = run(&["dispatch", "--area", GRID, "--from", &far]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("700 days from today") && text.contains("--confirm"), "{text}");
    // Each day of this plan is after the visit's due day.
    let late = day(8).to_string();
    let order = ["dispatch", "--area", GRID, "--from", &late, "--include-late", "--apply"];
    let (code, text) = run(&order);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("1 of 1 visits would be late"), "{text}");
    let path = format!("/v1/tasks/{id}");
    assert_eq!(manager.get(&path).await.body["state"], "open");
    let (code, text) = run(&[&order[..], &["--confirm"]].concat());
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(manager.get(&path).await.body["state"], "assigned");
}
