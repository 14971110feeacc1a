//! Visits that are not accepted in time go on to others.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{decline, given, holders, set, task, unordered, upkeep, visit};
use crate::regime::{create, night, weekly, with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

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
