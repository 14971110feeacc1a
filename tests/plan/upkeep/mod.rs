//! Plans that no person orders: those of each night, and those of tasks that lost their assignee.

mod tries;

use std::time::Duration;

use chrono::{FixedOffset, TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::regime::{create, night, weekly, with};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{Files, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, gridward, import, said};
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
    let plans = unordered(&admin, 2).await;
    assert_eq!(plans.len(), 2, "the next night has its own plan");

    // The district's supervisors get a notice of each, but of none that gives no task to a person.
    let supervisor = server.supervisor().await;
    let ready = "The plan of the night is ready: 江津区";
    assert_eq!(notices(&supervisor).await, [ready; 2]);
    assert_eq!(notices(&manager).await, [""; 0], "the draft is not of one grid");
    let apply = format!("/v1/plans/{}/apply", plans[0]["id"].as_str().expect("an id"));
    assert_eq!(supervisor.post(&apply, &json!({})).await.status, 200);
    server.database.execute("UPDATE plans SET night = NULL");
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 3).await[0]["assigned"], 0);
    assert_eq!(notices(&supervisor).await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_the_night_has_the_tasks_that_are_due_today_and_before_at_any_hour(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let [due_today, overdue] = [visit(&manager, 1).await, visit(&manager, 2).await];
    for (id, due) in [(&due_today, day(0)), (&overdue, day(-3))] {
        let days = format!("not_before = '{}', due_on = '{due}'", day(-5));
        server.database.execute(&format!("UPDATE tasks SET {days} WHERE id = '{id}'"));
    }
    let nightly = json!({ "at": time(0), "days": 7, "mode": "draft" });
    assert_eq!(set(&admin, 1, json!({ "nightly_plan": nightly })).await.status, 200);
    upkeep(&server.database);
    let plan = unordered(&admin, 1).await.remove(0);
    assert_eq!((&plan["assigned"], &plan["overdue"]), (&json!(2), &json!(0)), "{plan}");
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
    for name in ["accept_within_minutes", "accept_assigned_within_minutes"] {
        for minutes in [14, 5_041] {
            let refused = set(&admin, 1, json!({ name: minutes })).await;
            assert_eq!(refused.status, 422, "{}", refused.body);
            assert_eq!(refused.body["errors"][0]["pointer"], format!("/{name}"));
        }
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
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["area"]),
        (1, &json!("draft"), &json!(GRID)),
        "{plans:?}"
    );
    let path = format!("/v1/plans/{}/visits", plans[0]["id"].as_str().expect("an id"));
    let visits = admin.get(&path).await.body["items"].clone();
    let planned: Vec<&Value> =
        visits.as_array().expect("visits").iter().map(|visit| &visit["task_id"]).collect();
    assert_eq!(planned, [&json!(freed[0])], "{visits}");
    assert_eq!(task(&manager, &freed[0]).await, before, "a suggestion changes nothing");
    assert_eq!(task(&manager, &open).await["state"], "open");
}

/// The titles of the caller's own notices.
async fn notices(caller: &Caller) -> Vec<String> {
    let me = caller.get("/v1/me").await.body;
    let notices = me["notices"].as_array().into_iter().flatten();
    notices.map(|notice| notice["title"].as_str().expect("a title").to_owned()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_is_of_the_smallest_area_that_suffices_and_its_supervisors_get_a_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let (town, district) = (server.town_supervisor().await, server.supervisor().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let freed = given(&manager, &[1], 21).await.remove(0);
    decline(&server.volunteer().await, &freed).await;
    // Those of the first grid have no minutes left for it; the volunteer of the second grid has.
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE area = '{GRID}' OR role = 'manager'"
    ));
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["area"], &plans[0]["assigned"]),
        (1, &json!("draft"), &json!("500116001002"), &json!(1)),
        "{plans:?}"
    );
    let id = plans[0]["id"].as_str().expect("an id");
    assert_eq!(notices(&town).await, ["There is a plan for visits that need a visitor: 南门社区"]);
    assert_eq!(notices(&district).await, [""; 0], "a supervisor is nearer");
    assert_eq!(notices(&manager).await, [""; 0], "the draft is not of one grid");
    let path = format!("/v1/plans/{id}");
    assert_eq!((town.get(&path).await.status, manager.get(&path).await.status), (200, 404));
    let applied = town.post(&format!("{path}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(task(&manager, &freed).await["assignee_id"], json!(person_id(23)));
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
    let settings = json!({ "replan": "off", "accept_within_minutes": 60 });
    assert_eq!(set(&admin, 1, settings).await.status, 200);
    let by_hand = given(&manager, &[1], 21).await;
    let declined = given(&manager, &[1], 22).await.remove(0);
    decline(&server.second_volunteer().await, &declined).await;
    let [pinned, offered] = [visit(&manager, 2).await, visit(&manager, 3).await];
    let pin = json!({ "task_id": pinned, "person_id": person_id(21), "day": day(3) });
    let plan = manager
        .plan(&json!({
            "area": GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": [pin] },
            "only": { "ids": [pinned, offered] }
        }))
        .await;
    let first = task(&manager, &offered).await;
    assert_eq!(first["planned_for"]["plan_id"], plan["id"], "{first}");
    upkeep(&server.database);
    assert_eq!(task(&manager, &offered).await, first, "there is time left");

    let given_at = (Utc::now() - TimeDelta::days(2)).naive_utc();
    let long_ago = format!("UPDATE plans SET state_at = '{given_at}'");
    server.database.execute(&long_ago);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1);
    let second = task(&manager, &offered).await;
    assert_eq!(second["state"], "assigned", "{second}");
    assert_ne!(second["assignee_id"], first["assignee_id"], "{second}");
    let history = manager.get(&format!("/v1/tasks/{offered}/history")).await.body;
    let steps = history["items"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step["because"] == "not_accepted"), "{history}");
    let decided = [by_hand[0].clone(), pinned];
    let me = json!(person_id(21));
    assert_eq!(holders(&manager, &decided).await, [me.clone(), me.clone()], "given by hand");
    assert_eq!(task(&manager, &declined).await["state"], "open", "others are not planned anew");

    // A pin is a decision of a person, for which the district may set a time of its own.
    let settings = json!({ "replan": "off", "accept_assigned_within_minutes": 60 });
    assert_eq!(set(&admin, 2, settings).await.status, 200);
    server.database.execute(&long_ago);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 2).await.len(), 2);
    let now = holders(&manager, &decided).await;
    assert_eq!(now[0], me, "assigned just now");
    assert!(now[1].is_string() && now[1] != me, "it goes on: {now:?}");
    assert_eq!(task(&manager, &offered).await, second, "others have no such time");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_a_person_assigned_goes_on_where_the_district_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let settings = json!({ "replan": "off", "accept_assigned_within_minutes": 60 });
    assert_eq!(set(&admin, 1, settings).await.status, 200);
    let named = json!({ "responsible_id": person_id(21), "assign_responsible": true });
    create(&server, &weekly(&named)).await;
    night(&server);
    let of_regime = format!("/v1/tasks?responsible={}&state=assigned", person_id(21));
    let of_regime = admin.get(&of_regime).await.body["items"].clone();
    let of_regime = of_regime.as_array().expect("tasks");
    assert!(!of_regime.is_empty());
    let visits = given(&manager, &[1, 2, 3], 21).await;
    let (offered, accepted, changed) = (&visits[0], &visits[1], &visits[2]);
    let planned = visit(&manager, 3).await;
    let days = json!({ "first_day": day(1), "last_day": day(7), "only": { "ids": [planned] } });
    manager.plan(&with(&json!({ "area": GRID }), &days)).await;
    let planned = task(&manager, &planned).await;
    assert_eq!(planned["state"], "assigned", "{planned}");
    let accept = format!("/v1/tasks/{accepted}/accept");
    assert_eq!(server.volunteer().await.act(&accept).await.status, 200);
    upkeep(&server.database);
    let me = json!(person_id(21));
    let all_mine = [me.clone(), me.clone(), me.clone()];
    assert_eq!(holders(&manager, &visits).await, all_mine, "there is time left");

    let assigned_at = (Utc::now() - TimeDelta::days(2)).naive_utc();
    server.database.execute(&format!("UPDATE tasks SET updated_at = '{assigned_at}'"));
    let path = format!("/v1/tasks/{changed}/reschedule");
    let version = format!("\"v{}\"", task(&manager, changed).await["version"]);
    let body = json!({ "planned": { "day": day(2), "start": 600 }, "force": true });
    let request = manager.request(Method::POST, &path).header("If-Match", version).json(&body);
    assert_eq!(manager.send(request).await.status, 200);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    let next = task(&manager, offered).await;
    assert_eq!(next["state"], "assigned", "{next}");
    assert_ne!(next["assignee_id"], me, "no plan gives it to the same person again: {next}");
    assert_eq!(task(&manager, accepted).await["assignee_id"], me);
    assert_eq!(task(&manager, changed).await["assignee_id"], me, "the time begins anew");
    for given in of_regime.iter().chain([&planned]) {
        let path = format!("/v1/tasks/{}", given["id"].as_str().expect("an id"));
        let now = admin.get(&path).await.body;
        assert_eq!(now["assignee_id"], given["assignee_id"], "no person assigned it: {now}");
    }
}

/// A visit of this priority for the beneficiary of this number, possible today.
async fn new_visit(caller: &Caller, n: u32, priority: u32, due_on: i64) -> String {
    let more = json!({ "not_before": day(0), "due_on": day(due_on), "priority": priority });
    caller.make(&home_visit(&beneficiary_id(n), more)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_new_task_for_today_or_tomorrow_is_planned_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let usual = new_visit(&manager, 1, 7, 1).await;
    let later = new_visit(&manager, 2, 10, 2).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "neither is urgent and due soon");

    let urgent = new_visit(&manager, 3, 8, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["first_day"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!(day(0)), &json!(1)),
        "{plans:?}"
    );
    let planned = task(&manager, &urgent).await;
    assert_eq!(planned["planned_for"]["plan_id"], plans[0]["id"], "{planned}");
    let others = [usual, later];
    assert_eq!(holders(&manager, &others).await, [Value::Null, Value::Null], "all else stays");
}

/// A visit at an hour at which a person has time for one of these a day, from tomorrow on.
async fn hourly_visit(manager: &Caller, n: u32, priority: u32, due_on: i64) -> String {
    let body = json!({
        "not_before": day(1), "due_on": day(due_on), "priority": priority, "minutes": 30,
        "window": { "start": 600, "end": 640 }
    });
    manager.make(&home_visit(&beneficiary_id(n), body)).await
}

/// A visit that can wait, which a plan gave to the first volunteer for tomorrow hours ago. No other person has
/// minutes.
async fn unaccepted(server: &Server, manager: &Caller) -> String {
    let others = format!("UPDATE people SET weekly_minutes = 0 WHERE id <> '{}'", person_id(21));
    server.database.execute(&others);
    let usual = hourly_visit(manager, 1, 3, 2).await;
    manager.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(1) })).await;
    assert_eq!(task(manager, &usual).await["planned_for"]["day"], json!(day(1)));
    let long_ago = (Utc::now() - TimeDelta::hours(2)).naive_utc();
    server.database.execute(&format!("UPDATE tasks SET updated_at = '{long_ago}'"));
    usual
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_visit_that_goes_on_moves_no_other_where_the_district_does_not_plan_anew() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let settings = json!({ "replan": "off", "accept_assigned_within_minutes": 60 });
    assert_eq!(set(&admin, 1, settings).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    let before = task(&manager, &usual).await;
    let urgent = hourly_visit(&manager, 2, 9, 1).await;
    let to = json!({ "person_id": person_id(22), "force": true });
    let given = manager.post(&format!("/v1/tasks/{urgent}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let long_ago = (Utc::now() - TimeDelta::days(2)).naive_utc();
    let given = format!("UPDATE tasks SET updated_at = '{long_ago}' WHERE id = '{urgent}'");
    server.database.execute(&given);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!((&plans[0]["state"], &plans[0]["assigned"]), (&json!("applied"), &json!(1)));
    let late = task(&manager, &urgent).await;
    assert_eq!(
        (&late["assignee_id"], &late["planned_for"]["day"]),
        (&json!(person_id(21)), &json!(day(2)))
    );
    assert_eq!(task(&manager, &usual).await["planned_for"], before["planned_for"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_for_an_urgent_task_moves_a_visit_and_counts_as_none_for_an_overrun() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    hourly_visit(&manager, 2, 9, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    let path = format!("/v1/plans/{}/visits?change=moved", plans[0]["id"].as_str().expect("an id"));
    let moved = admin.get(&path).await.body["items"].clone();
    assert_eq!(moved[0]["task_id"], json!(usual), "{moved}");
    // What was suggested for overruns is known by the orders that may move what they name.
    let orders = "plans WHERE request LIKE '%move_unaccepted%'";
    assert_eq!(server.database.count(orders), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_new_task_moves_a_visit_that_is_not_accepted_to_another_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let volunteer = server.volunteer().await;
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let usual = unaccepted(&server, &manager).await;
    let urgent = hourly_visit(&manager, 2, 9, 1).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["state"], &plans[0]["assigned"]),
        (1, &json!("applied"), &json!(2)),
        "{plans:?}"
    );
    let given = [task(&manager, &urgent).await, task(&manager, &usual).await];
    for (row, on) in given.iter().zip([1, 2]) {
        assert_eq!(
            (&row["assignee_id"], &row["planned_for"]["day"], &row["planned_for"]["plan_id"]),
            (&json!(person_id(21)), &json!(day(on)), &plans[0]["id"]),
            "{row}"
        );
    }

    for id in [&urgent, &usual] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{id}/accept")).await.status, 200);
    }
    let accepted = [task(&manager, &urgent).await, task(&manager, &usual).await];
    let next = hourly_visit(&manager, 3, 9, 1).await;
    upkeep(&server.database);
    unordered(&admin, 2).await;
    assert_eq!(task(&manager, &next).await["planned_for"]["day"], json!(day(3)), "it is late");
    let present = [task(&manager, &urgent).await, task(&manager, &usual).await];
    assert_eq!(present, accepted, "what is accepted stays");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_becomes_urgent_and_due_soon_is_planned_as_a_new_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let [raised, nearer, assigned] = [
        new_visit(&manager, 1, 7, 1).await,
        new_visit(&manager, 2, 8, 5).await,
        new_visit(&manager, 1, 7, 1).await,
    ];
    // A reopened call is due tomorrow again.
    let call = json!({ "kind": "phone_call", "due_on": day(1), "priority": 8 });
    let reopened = manager.make(&home_visit(&beneficiary_id(3), call)).await;
    let to = json!({ "person_id": person_id(21) });
    let given = manager.post(&format!("/v1/tasks/{assigned}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    // Each change is one of the task as it is.
    let change = async |method: Method, task_id: &str, call: &str, body: Value| {
        let version = task(&manager, task_id).await["version"].clone();
        let request = manager.request(method, &format!("/v1/tasks/{task_id}{call}"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let changed = manager.send(request.json(&body)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    };
    let why = json!({ "reason": "x" });
    change(Method::POST, &reopened, "/cancel", why.clone()).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "no open task is urgent and due soon");

    change(Method::PATCH, &raised, "", json!({ "priority": 8 })).await;
    change(Method::PATCH, &assigned, "", json!({ "priority": 8 })).await;
    change(Method::POST, &nearer, "/reschedule", json!({ "due_on": day(1) })).await;
    let again = server.supervisor().await.post(&format!("/v1/tasks/{reopened}/reopen"), &why).await;
    assert_eq!(again.status, 200, "{}", again.body);
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!(3)),
        "{plans:?}"
    );
    for id in [&raised, &nearer, &reopened] {
        assert_eq!(task(&manager, id).await["planned_for"]["plan_id"], plans[0]["id"]);
    }
    change(Method::PATCH, &raised, "", json!({ "priority": 9 })).await;
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "what has an assignee stays");
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

/// Visits by the first volunteer that a plan gave for today, from midnight on, five minutes each and an hour
/// and a half of travel apart: one under way, one accepted and two that are not; the last was given just now.
async fn full_day(server: &Server, manager: &Caller) -> Vec<String> {
    let mut tasks = Vec::new();
    for n in [1, 2, 3, 1] {
        tasks.push(visit(manager, n).await);
    }
    manager.plan(&json!({ "area": GRID, "first_day": day(1), "last_day": day(7) })).await;
    let long_ago = (Utc::now() - TimeDelta::hours(2)).naive_utc();
    let (person, today) = (person_id(21), day(0));
    for (at, (id, state)) in
        tasks.iter().zip(["in_progress", "accepted", "assigned", "assigned"]).enumerate()
    {
        let (start, changed) = (5 * at, if at == 3 { Utc::now().naive_utc() } else { long_ago });
        server.database.execute(&format!(
            "UPDATE tasks SET assignee = '{person}', state = '{state}', planned_on = '{today}', \
             planned_start = {start}, planned_travel = 90, minutes = 5, updated_at = '{changed}' \
             WHERE id = '{id}'"
        ));
        server.database.execute(&format!(
            "UPDATE plan_visits SET person = '{person}', day = '{today}', start = {start}, \
             travel = 90 WHERE task = '{id}'"
        ));
    }
    tasks
}

/// Whether a visit of five minutes that began at midnight has lasted too long.
fn has_overrun() -> bool {
    time(0).as_str() >= "00:07"
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_for_visits_that_are_held_up_changes_nothing_until_it_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    if !has_overrun() {
        return;
    }
    let before = task(&manager, &tasks[2]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (plans.len(), &plans[0]["origin"], &plans[0]["state"], &plans[0]["assigned"]),
        (1, &json!("replan"), &json!("draft"), &json!(1)),
        "{plans:?}"
    );
    assert_eq!(plans[0]["area"], GRID, "its people suffice");
    assert_eq!(
        notices(&manager).await,
        ["There is a plan for visits that need a visitor: 第1网格"]
    );
    assert_eq!(task(&manager, &tasks[2]).await, before, "it stays until the draft is applied");
    let plan = format!("/v1/plans/{}", plans[0]["id"].as_str().expect("an id"));
    let moved = manager.get(&format!("{plan}/visits?change=moved")).await.body["items"].clone();
    let moved = moved.as_array().expect("visits");
    assert_eq!((moved.len(), &moved[0]["task_id"]), (1, &json!(tasks[2])), "{moved:?}");
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "suggested once");

    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let given = task(&manager, &tasks[2]).await;
    assert_eq!(
        (&given["state"], &given["planned_for"]["plan_id"]),
        (&json!("assigned"), &plans[0]["id"])
    );
    assert_ne!(given["assignee_id"], before["assignee_id"], "{given}");
    let undone = manager.act(&format!("{plan}/undo")).await;
    assert_eq!((undone.status, &undone.body["left"]), (200, &json!([])), "{}", undone.body);
    let after = task(&manager, &tasks[2]).await;
    assert_eq!(
        (&after["state"], &after["assignee_id"]),
        (&before["state"], &before["assignee_id"])
    );
    for part in ["day", "start", "plan_id"] {
        assert_eq!(after["planned_for"][part], before["planned_for"][part], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_is_held_up_stays_where_it_is_if_no_other_person_can_make_it() {
    let server = Server::small(Backend::Sqlite);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "suggest" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    let others = format!("UPDATE people SET weekly_minutes = 0 WHERE id <> '{}'", person_id(21));
    server.database.execute(&others);
    if !has_overrun() {
        return;
    }
    let before = task(&manager, &tasks[2]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    assert_eq!(
        (&plans[0]["state"], &plans[0]["area"], &plans[0]["assigned"]),
        (&json!("draft"), &json!("500116001"), &json!(0)),
        "the people of the town do not suffice: {plans:?}"
    );
    let path = format!("/v1/plans/{}", plans[0]["id"].as_str().expect("an id"));
    let left = admin.get(&format!("{path}/visits?change=left")).await.body["items"].clone();
    assert_eq!(left[0]["task_id"], json!(tasks[2]), "{left}");
    let town = server.town_supervisor().await;
    assert_eq!(notices(&town).await, [""; 0], "there is nothing to apply");
    assert_eq!(town.delete(&path).await.status, 200);
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 1).await.len(), 1, "not again after it is discarded");
    assert_eq!(task(&manager, &tasks[2]).await, before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_lasts_too_long_moves_the_later_ones_that_are_not_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    assert_eq!(set(&admin, 1, json!({ "replan": "automatic" })).await.status, 200);
    let tasks = full_day(&server, &manager).await;
    let by_hand = visit(&manager, 2).await;
    server.database.execute(&format!(
        "UPDATE tasks SET assignee = '{}', state = 'assigned', planned_on = '{}', planned_start = 20, \
         minutes = 5, updated_at = '{}' WHERE id = '{by_hand}'",
        person_id(21),
        day(0),
        (Utc::now() - TimeDelta::hours(2)).naive_utc()
    ));
    server
        .database
        .execute(&format!("UPDATE tasks SET planned_start = 1439 WHERE id = '{}'", tasks[0]));
    upkeep(&server.database);
    assert_eq!(unordered(&admin, 0).await.len(), 0, "the visit has not lasted too long");

    if !has_overrun() {
        return;
    }
    server
        .database
        .execute(&format!("UPDATE tasks SET planned_start = 0 WHERE id = '{}'", tasks[0]));
    let accepted = task(&manager, &tasks[1]).await;
    upkeep(&server.database);
    let plans = unordered(&admin, 1).await;
    let plans: Vec<&Value> = plans.iter().filter(|plan| plan["origin"] == "replan").collect();
    assert_eq!((plans.len(), &plans[0]["assigned"]), (1, &json!(1)), "{plans:?}");
    let moved = task(&manager, &tasks[2]).await;
    assert_eq!(moved["planned_for"]["plan_id"], plans[0]["id"], "{moved}");
    assert_ne!(moved["assignee_id"], json!(person_id(21)), "not back to the person who is late");
    let path = format!("/v1/areas/{GRID}/measures?from={}&to={}", day(0), day(0));
    let measures = manager.get(&path).await.body;
    assert_eq!(measures["replans"], json!({ "count": 1, "moves": 1 }), "{measures}");
    let history = manager.get(&format!("/v1/tasks/{}/history", tasks[2])).await.body;
    let steps = history["items"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step["because"] == "overrun"), "{history}");
    assert_eq!(task(&manager, &tasks[1]).await, accepted, "what is accepted stays");
    assert_eq!(task(&manager, &tasks[3]).await["planned_for"]["start"], 15, "given just now");
    let decided = task(&manager, &by_hand).await;
    assert_eq!(decided["assignee_id"], json!(person_id(21)), "given by hand: {decided}");
    upkeep(&server.database);
    let all = admin.get("/v1/plans").await.body["items"].as_array().expect("plans").len();
    assert_eq!(all, 2, "moved once");
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
async fn a_refusal_is_overruled_by_a_pin_and_forgotten_with_the_end_of_its_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let tasks = given(&manager, &[1, 2], 21).await;
    for id in &tasks {
        decline(&volunteer, id).await;
    }
    let pin = json!({ "task_id": tasks[0], "person_id": person_id(21), "day": day(3) });
    let order = json!({
        "area": GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": [pin] }
    });
    let draft = manager.order_plan(&order).await.body;
    let plan = format!("/v1/plans/{}", draft["id"].as_str().expect("an id"));
    let visits = manager.get(&format!("{plan}/visits")).await.body;
    for visit in visits["items"].as_array().expect("visits") {
        assert_eq!(visit["declined_by_ids"], json!([person_id(21)]), "the draft says it: {visit}");
    }
    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let holders = holders(&manager, &tasks).await;
    assert_eq!(holders[0], json!(person_id(21)), "a decision by hand counts more");
    assert_ne!(holders[1], json!(person_id(21)));

    upkeep(&server.database);
    assert_eq!(server.database.count("task_refusals"), 2);
    let version = task(&manager, &tasks[0]).await["version"].clone();
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{}/cancel", tasks[0]));
    let cancel = cancel.header("If-Match", format!("\"v{version}\""));
    let cancelled = manager.send(cancel.json(&json!({ "reason": "x" }))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    upkeep(&server.database);
    let left = server.database.texts("SELECT task AS text FROM task_refusals");
    assert_eq!(left, [tasks[1].as_str()]);
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
