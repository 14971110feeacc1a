//! The plans of each night.

use rstest::rstest;
use serde_json::json;

use super::{notices, set, task, time, unordered, upkeep, visit};
use crate::support::days::day;
use crate::support::{Backend, Server};

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
