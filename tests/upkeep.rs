//! Plans that no person orders: those of each night, and those of tasks that lost their assignee.

use std::time::Duration;

use chrono::{FixedOffset, TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, Database, GRID, Server};

/// The time of day in the district, this many minutes from now.
fn time(later: i64) -> String {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    (Utc::now() + TimeDelta::minutes(later)).with_timezone(&china).format("%H:%M").to_string()
}

/// Replaces the settings of version `version` with the usual ones and `more`.
async fn set(admin: &Caller, version: u32, more: Value) -> Answer {
    let mut settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4
    });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("members").clone());
    let request = admin.request(Method::PUT, "/v1/planning-settings");
    admin.send(request.header("If-Match", format!("\"v{version}\"")).json(&settings)).await
}

/// Runs the job by hand; answers the number of rows that it processed.
fn upkeep(database: &Database) -> String {
    let output = gridward(database, &["jobs", "run", "plan_upkeep"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The plans that no person ordered, when each of them is computed; at least `count`.
async fn unordered(caller: &Caller, count: usize) -> Vec<Value> {
    for _ in 0..300 {
        let plans = caller.get("/v1/plans").await.body["items"].clone();
        let plans = plans.as_array().expect("plans").iter();
        let plans: Vec<Value> = plans.filter(|plan| plan["origin"] != "ordered").cloned().collect();
        if plans.len() >= count && plans.iter().all(|plan| plan["state"] != "computing") {
            return plans;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} plans were not made: {}", caller.get("/v1/plans").await.body)
}

/// A visit for the beneficiary of this number, possible from tomorrow and due in a week.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_makes_one_draft_each_night_also_with_several_servers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let id = visit(&manager, 1).await;
    upkeep(&server.database);
    assert_eq!(admin.get("/v1/plans").await.body["items"], json!([]), "the default is off");

    let later = json!({ "at": time(60), "days": 3 });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": later })).await.status, 200);
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "not its time");
    let nightly = json!({ "at": time(0), "days": 3, "mode": "draft" });
    let changed = set(&admin, 2, json!({ "nightly_plan": nightly })).await;
    assert_eq!(changed.body["settings"]["nightly_plan"], nightly, "{}", changed.body);
    let _other = server.another();
    for _ in 0..3 {
        upkeep(&server.database);
    }
    let plans = unordered(&admin, 1).await;
    assert_eq!(plans.len(), 1, "{plans:?}");
    let plan = &plans[0];
    assert_eq!(
        (&plan["origin"], &plan["state"], &plan["area"], &plan["assigned"]),
        (&json!("nightly"), &json!("draft"), &json!("500116"), &json!(1)),
        "{plan}"
    );
    assert_eq!(task(&manager, &id).await["state"], "open", "a draft changes nothing");

    server.database.execute(&format!("UPDATE plans SET night = '{}'", day(-2)));
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 2).await.len(), 2, "the next night has its own plan");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_the_night_is_applied_by_the_system_and_leaves_what_is_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let [accepted, open] = [visit(&manager, 1).await, visit(&manager, 2).await];
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/claim")).await.status, 200);
    let before = task(&manager, &accepted).await;
    let nightly = json!({ "at": time(0), "days": 14, "mode": "apply" });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": nightly })).await.status, 200);
    upkeep(&server.database);

    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["state"]), (1, &json!("applied")), "{plans:?}");
    assert_eq!(task(&manager, &accepted).await, before, "what is accepted stays as it is");
    let assigned = task(&manager, &open).await;
    assert_eq!(assigned["state"], "assigned", "{assigned}");
    assert_eq!(assigned["planned_for"]["plan_id"], plans[0]["id"]);
    let history = manager.get(&format!("/v1/tasks/{open}/history")).await.body;
    let steps = history["items"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["action"] == "task.assign").expect("an assignment");
    assert!(step.get("actor_id").is_none(), "{step}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_of_the_night_have_limits() {
    let server = Server::small(Backend::Sqlite);
    let admin = server.admin().await;
    for (wrong, pointer) in [
        (json!({ "at": "02:00", "days": 0 }), "/nightly_plan/days"),
        (json!({ "at": "02:00", "days": 15 }), "/nightly_plan/days"),
        (json!({ "at": "24:00", "days": 3 }), "/nightly_plan/at"),
        (json!({ "at": "2:00", "days": 3 }), "/nightly_plan/at"),
        (json!({ "at": "02:00", "days": 3, "mode": "perhaps" }), "/nightly_plan/mode"),
    ] {
        let refused = set(&admin, 1, json!({ "nightly_plan": wrong })).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{wrong}");
    }
    for minutes in [14, 5_041] {
        let refused = set(&admin, 1, json!({ "accept_within_minutes": minutes })).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], "/accept_within_minutes");
    }
}

/// Makes visits for the beneficiaries of these numbers; answers the tasks, assigned to this person.
async fn given(manager: &Caller, numbers: &[u32], person: u32) -> Vec<String> {
    let mut tasks = Vec::new();
    for n in numbers {
        let task = visit(manager, *n).await;
        let to = json!({ "person_id": person_id(person) });
        let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        tasks.push(task);
    }
    tasks
}

/// The volunteer is ill for the next days, and the visits are opened.
async fn fall_ill(volunteer: &Caller, tasks: usize) {
    let absence = json!({
        "first_day": day(0), "last_day": day(9), "reason": "sick", "release": true
    });
    let added = volunteer.post("/v1/me/absences", &absence).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let affected = added.body["tasks"].as_array().expect("tasks").iter();
    let released = affected.filter(|task| task["effect"] == "released").count();
    assert_eq!(released, tasks, "{}", added.body);
}

async fn decline(caller: &Caller, task: &str) {
    let reason = json!({ "reason": "住得太远" });
    let declined = caller.post(&format!("/v1/tasks/{task}/decline"), &reason).await;
    assert_eq!(declined.status, 200, "{}", declined.body);
}

/// The people who have these tasks; null for an open one.
async fn holders(caller: &Caller, tasks: &[String]) -> Vec<Value> {
    let mut holders = Vec::new();
    for id in tasks {
        holders.push(task(caller, id).await["assignee_id"].clone());
    }
    holders
}

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
async fn a_suggestion_is_a_draft_of_just_the_freed_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let ill = server.volunteer().await;
    let tasks = given(&manager, &[1], 21).await;
    let open = visit(&manager, 3).await;
    fall_ill(&ill, 1).await;
    assert_eq!(upkeep(&server.database), "500116: succeeded, 0 processed\n", "the default is off");
    assert_eq!(holders(&manager, &tasks).await, [Value::Null]);

    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "what was freed before is not planned");
    let freed = given(&manager, &[2], 22).await;
    decline(&server.second_volunteer().await, &freed[0]).await;
    let before = task(&manager, &freed[0]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["state"]), (1, &json!("draft")), "{plans:?}");
    let path = format!("/v1/plans/{}/visits", plans[0]["id"].as_str().expect("an id"));
    let visits = admin.get(&path).await.body["items"].clone();
    let planned: Vec<&Value> =
        visits.as_array().expect("visits").iter().map(|visit| &visit["task_id"]).collect();
    assert_eq!(planned, [&json!(freed[0])], "{visits}");
    assert_eq!(task(&manager, &freed[0]).await, before, "a suggestion changes nothing");
    assert_eq!(task(&manager, &open).await["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plan_gives_a_task_again_to_a_person_who_declined_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteers = [server.volunteer().await, server.second_volunteer().await];
    let no_manager = json!({ "replan": "automatic", "manager_dispatch_percent": 0 });
    assert_eq!(set(&admin, 1, no_manager).await.status, 200);
    let task_id = given(&manager, &[1], 21).await.remove(0);
    decline(&volunteers[0], &task_id).await;
    upkeep(&server.database);
    unordered(&admin, 1).await;
    let holder = task(&manager, &task_id).await["assignee_id"].clone();
    assert_ne!(holder, json!(person_id(21)));

    // Neither does a plan that a person orders.
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role = 'volunteer'");
    let first = format!("UPDATE people SET weekly_minutes = 600 WHERE id = '{}'", person_id(21));
    server.database.execute(&first);
    let unassign = json!({ "reason": "x" });
    let path = format!("/v1/tasks/{task_id}/unassign");
    assert_eq!(manager.post(&path, &unassign).await.status, 200);
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let plan = manager.order_plan(&order).await.body;
    assert_eq!(
        (&plan["assigned"], &plan["measures"]["unserved"]),
        (&json!(0), &json!(1)),
        "{plan}"
    );
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "what a superior takes is not planned anew");
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
async fn a_visit_that_is_not_accepted_in_time_goes_on_to_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let settings = json!({ "replan": "automatic", "accept_within_minutes": 60 });
    assert_eq!(set(&admin, 1, settings).await.status, 200);
    let by_hand = given(&manager, &[1], 21).await;
    let [pinned, offered] = [visit(&manager, 2).await, visit(&manager, 3).await];
    let pin = json!({ "task_id": pinned, "person_id": person_id(21), "day": day(3) });
    let plan = manager
        .plan(&json!({
            "area": GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": [pin] }
        }))
        .await;
    let first = task(&manager, &offered).await;
    assert_eq!(first["planned_for"]["plan_id"], plan["id"], "{first}");
    upkeep(&server.database);
    assert_eq!(task(&manager, &offered).await, first, "there is time left");

    let given_at = (Utc::now() - TimeDelta::days(2)).naive_utc();
    server.database.execute(&format!("UPDATE plans SET state_at = '{given_at}'"));
    upkeep(&server.database);
    unordered(&admin, 1).await;
    let second = task(&manager, &offered).await;
    assert_eq!(second["state"], "assigned", "{second}");
    assert_ne!(second["assignee_id"], first["assignee_id"], "{second}");
    let history = manager.get(&format!("/v1/tasks/{offered}/history")).await.body;
    let steps = history["items"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step["because"] == "not_accepted"), "{history}");
    let decided = [by_hand[0].clone(), pinned];
    let me = json!(person_id(21));
    assert_eq!(holders(&manager, &decided).await, [me.clone(), me], "given by hand");
}
