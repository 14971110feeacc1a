//! A beneficiary may have a preferred visitor, and people who must not visit.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

fn path(n: u32) -> String {
    format!("/v1/beneficiaries/{}/visitors", beneficiary_id(n))
}

/// Chooses the visitors of the beneficiary, as of the present version.
async fn choose(caller: &Caller, n: u32, body: &Value) -> Answer {
    let version = caller.get(&path(n)).await.body["version"].clone();
    let put = caller.request(Method::PUT, &path(n)).header("If-Match", format!("\"v{version}\""));
    caller.send(put.json(body)).await
}

/// A visit of the first beneficiary, possible from tomorrow.
async fn visit(caller: &Caller) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(6) });
    caller.make(&home_visit(BENEFICIARY, days)).await
}

/// Plans the grid for tomorrow; returns the person of each visit.
async fn plan(caller: &Caller) -> Vec<Value> {
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    let planned = caller.plan(&order).await;
    let id = planned["id"].as_str().expect("an id");
    let visits = caller.get(&format!("/v1/plans/{id}/visits")).await;
    let visits = visits.body["items"].as_array().expect("visits").iter();
    visits.map(|visit| visit["person_id"].clone()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_must_not_visit_does_not_get_the_visit_from_themselves_and_force_is_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let both = json!({ "forbidden_ids": [person_id(11), person_id(21)] });
    assert_eq!(choose(&supervisor, 1, &both).await.status, 200);
    let task = visit(&manager).await;
    let give = async |to: u32| {
        let body = json!({ "person_id": person_id(to), "force": true });
        manager.post(&format!("/v1/tasks/{task}/reassign"), &body).await
    };
    let own = give(11).await;
    assert_eq!((own.status, own.problem()), (409, "not_claimable"), "{}", own.body);
    let bulk = json!({ "dry_run": false, "commands": [{
        "type": "task.assign", "tasks": [{ "id": task, "base_version": 1 }],
        "payload": { "person_id": person_id(11), "force": true }
    }] });
    let bulk = manager.post("/v1/tasks/bulk", &bulk).await;
    assert_eq!(bulk.body["applied"], 0, "{}", bulk.body);
    assert_eq!(give(21).await.status, 200);
    assert_eq!(supervisor.events("task.reassign").await[0]["body"]["forced"], json!(["forbidden"]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_choice_of_visitors_is_versioned_checked_and_recorded_without_names(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let none = manager.get(&path(1)).await;
    assert_eq!(
        none.body,
        json!({ "forbidden_ids": [], "held_task_ids": [], "version": 1 }),
        "nothing is chosen at first"
    );
    let task = visit(&manager).await;
    let claimed = server.volunteer().await.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);

    let wanted = json!({ "preferred_id": person_id(22), "forbidden_ids": [person_id(21)] });
    let blind = manager.put(&path(1), &wanted).await;
    assert_eq!(blind.status, 428, "{}", blind.body);
    let chosen = choose(&manager, 1, &wanted).await;
    let shown = json!({
        "preferred_id": person_id(22), "forbidden_ids": [person_id(21)],
        "held_task_ids": [task], "version": 2
    });
    assert_eq!((chosen.status, &chosen.body), (200, &shown));
    assert_eq!(manager.get(&path(1)).await.body, shown);
    let again = manager.request(Method::PUT, &path(1)).header("If-Match", "\"v1\"");
    assert_eq!(manager.send(again.json(&wanted)).await.body, shown, "the same again");
    let other = manager.request(Method::PUT, &path(1)).header("If-Match", "\"v1\"");
    let other = manager.send(other.json(&json!({}))).await;
    assert_eq!((other.status, other.problem()), (412, "version_conflict"));

    let (unknown, admin) = (json!(beneficiary_id(1)), json!(person_id(8)));
    for (body, pointer) in [
        (json!({ "preferred_id": unknown }), "/preferred_id"),
        (json!({ "preferred_id": admin }), "/preferred_id"),
        (json!({ "forbidden_ids": [person_id(21), unknown] }), "/forbidden_ids/1"),
        (json!({ "forbidden_ids": [person_id(21), person_id(21)] }), "/forbidden_ids/1"),
        (
            json!({ "preferred_id": person_id(21), "forbidden_ids": [person_id(21)] }),
            "/preferred_id",
        ),
    ] {
        let refused = choose(&manager, 1, &body).await;
        let found = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(found, (422, &json!(pointer)), "{}", refused.body);
    }
    let far = format!("/v1/beneficiaries/{FAR_BENEFICIARY}/visitors");
    assert_eq!(manager.get(&far).await.status, 404);
    assert_eq!(server.volunteer().await.get(&path(1)).await.status, 403);

    let events = server.supervisor().await.events("beneficiary.visitor_choice").await;
    assert_eq!(events.len(), 1);
    assert!(!events[0]["body"].to_string().contains(&person_id(22)), "{}", events[0]);
    let export = format!("/v1/exports/beneficiaries?area={GRID}&format=csv");
    let text = server.supervisor().await.text(&export).await;
    assert!(text.contains(&format!("{},{}", person_id(22), person_id(21))), "{text}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forbidden_person_neither_claims_nor_is_assigned_the_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager).await;
    let claim = format!("/v1/tasks/{task}/claim");
    let forbidden = json!({ "forbidden_ids": [person_id(21)] });
    assert_eq!(choose(&manager, 1, &forbidden).await.status, 200);

    let refused = volunteer.act(&claim).await;
    assert_eq!((refused.status, refused.problem()), (409, "not_claimable"));
    assert!(refused.body.get("current").is_none() && refused.body.get("errors").is_none());

    let path = format!("/v1/tasks/{task}/candidates?day={}", day(1));
    let candidates = manager.get(&path).await.body;
    let mut items = candidates["items"].as_array().expect("items").iter();
    let item = items.find(|one| one["person_id"] == person_id(21)).expect("the person");
    assert_eq!(item["hindrance"]["code"], "forbidden");

    let path = format!("/v1/tasks/{task}/reassign");
    let to = json!({ "person_id": person_id(21) });
    let refused = manager.post(&path, &to).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"));
    assert_eq!(refused.body["current"]["breaches"], json!(["forbidden"]));
    let forced = json!({ "person_id": person_id(21), "force": true });
    assert_eq!(manager.post(&path, &forced).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_give_a_visit_to_the_preferred_and_never_to_a_forbidden_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    // Each of the three people of the grid in turn is the only one left.
    let people = [11, 21, 22].map(person_id);
    for person in &people {
        let forbidden: Vec<&String> = people.iter().filter(|other| *other != person).collect();
        assert_eq!(choose(&manager, 1, &json!({ "forbidden_ids": forbidden })).await.status, 200);
        let task = visit(&manager).await;
        assert_eq!(plan(&supervisor).await.last(), Some(&json!(person)));
        let task = manager.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!(task.body["assignee_id"], json!(person));
    }
    assert_eq!(choose(&manager, 1, &json!({ "forbidden_ids": people })).await.status, 200);
    let task = visit(&manager).await;
    plan(&supervisor).await;
    let task = manager.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(task.body["state"], "open", "nobody is left");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_does_not_give_a_visit_to_a_person_who_is_forbidden_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let task = visit(&manager).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    let draft = supervisor.order_plan(&order).await;
    assert_eq!(draft.status, 201, "{}", draft.body);
    let people = [11, 21, 22].map(person_id);
    assert_eq!(choose(&manager, 1, &json!({ "forbidden_ids": people })).await.status, 200);
    let path = format!("/v1/plans/{}/apply", draft.body["id"].as_str().expect("an id"));
    let applied = supervisor.post(&path, &json!({ "confirm": true })).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(applied.body["left"][0]["task_id"], json!(task));
    assert_eq!(applied.body["left"][0]["because"], "person_unavailable");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_entry_that_takes_over_from_a_duplicate_keeps_its_forbidden_people(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    assert_eq!(choose(&town, 2, &json!({ "forbidden_ids": [person_id(21)] })).await.status, 200);
    let merge = format!("/v1/beneficiaries/{BENEFICIARY}/merge");
    let merge = town.request(Method::POST, &merge).header("If-Match", "\"v1\"");
    let merged = town.send(merge.json(&json!({ "other_id": beneficiary_id(2) }))).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    assert_eq!(town.get(&path(1)).await.body["forbidden_ids"], json!([person_id(21)]));
}
