//! Two people make a visit together, or one person makes tied visits.

use rstest::rstest;
use serde_json::{Value, json};

use super::{pair, task, with};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_make_a_visit_together_each_with_a_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [first, second] = pair(&manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
    let both = volunteer.act(&format!("/v1/tasks/{second}/claim")).await;
    assert_eq!((both.status, both.problem()), (409, "claim_breaks_tie"), "{}", both.body);
    assert_eq!(both.body["current"]["breaches"], json!(["two_people"]));
    let to = json!({ "person_id": person_id(21) });
    let given = manager.post(&format!("/v1/tasks/{second}/reassign"), &to).await;
    assert_eq!((given.status, given.problem()), (409, "assignment_breaks"), "{}", given.body);
    let other = server.second_volunteer().await;
    assert_eq!(other.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    // Each of them learns who comes along, and both have the instructions.
    let seen = task(&other, &second).await;
    assert_eq!(seen["tie"], json!({ "type": "two_people", "id": first }));
    let name = task(&volunteer, &first).await["assignee_name"].clone();
    let along = json!([{
        "id": first, "state": "accepted", "assignee_id": person_id(21), "assignee_name": name
    }]);
    assert_eq!(seen["tied"], along, "{seen}");
    assert_eq!(seen["instructions"], "送慰问品上门。");
    assert!(name.is_string(), "{name}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_of_each_of_two_people_names_the_other_as_long_as_they_go_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let other = server.second_volunteer().await;
    let [first, second] = pair(&manager).await;
    let (mut mine, mut others) = (Phone::default(), Phone::default());
    assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
    mine.sync(&volunteer, json!([])).await;
    let tied = |phone: &Phone, id: &str| {
        let key = ("task".to_owned(), id.to_owned());
        phone.rows[&key].get("tied").map_or(Value::Null, |tied| tied[0].clone())
    };
    assert_eq!(tied(&mine, &first), json!({ "id": second, "state": "open" }));

    // The other person claims the second task, which the first phone does not have any more.
    assert_eq!(other.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    mine.sync(&volunteer, json!([])).await;
    others.sync(&other, json!([])).await;
    let name = task(&other, &second).await["assignee_name"].clone();
    let along = json!({
        "id": second, "state": "accepted", "assignee_id": person_id(22), "assignee_name": name
    });
    assert_eq!(tied(&mine, &first), along);
    assert_eq!(tied(&others, &second)["assignee_id"], person_id(21));
    assert!(!mine.rows.contains_key(&("task".to_owned(), second.clone())));

    // The other person gives it back, and the name goes.
    assert_eq!(other.act(&format!("/v1/tasks/{second}/release")).await.status, 200);
    mine.sync(&volunteer, json!([])).await;
    assert_eq!(tied(&mine, &first), json!({ "id": second, "state": "open" }));
    for (phone, caller) in [(&mut mine, &volunteer), (&mut others, &other)] {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_makes_the_tied_visits_unless_another_is_forced(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let second = with(&manager, &first, 2).await;
    // A third task names any of them.
    let third = with(&manager, &second, 3).await;
    for id in [&first, &second, &third] {
        let seen = task(&manager, id).await;
        assert_eq!(seen["tie"], json!({ "type": "same_person", "id": first }), "{seen}");
        assert_eq!(seen["tied"].as_array().map(Vec::len), Some(2), "{seen}");
    }
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let other = server.second_volunteer().await;
    let refused = other.act(&format!("/v1/tasks/{third}/claim")).await;
    assert_eq!((refused.status, refused.problem()), (409, "claim_breaks_tie"));
    assert_eq!(refused.body["current"]["breaches"], json!(["same_person"]));
    assert_eq!(volunteer.act(&format!("/v1/tasks/{third}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{first}/reassign");
    let refused = manager.post(&path, &json!({ "person_id": person_id(22) })).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"));
    assert_eq!(refused.body["current"]["breaches"], json!(["same_person"]));
    let forced = json!({ "person_id": person_id(22), "force": true });
    assert_eq!(manager.post(&path, &forced).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_tied_only_to_an_unfinished_one_of_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let [of_two, _] = pair(&manager).await;
    let ended = manager.make(&home_visit(BENEFICIARY, json!({}))).await;
    let cancel = manager.request(reqwest::Method::POST, &format!("/v1/tasks/{ended}/cancel"));
    let cancel = cancel.header("If-Match", "\"v1\"").json(&json!({ "reason": "误建" }));
    assert_eq!(manager.send(cancel).await.status, 200);
    let unknown = "0198a3b0-0000-7000-8000-00000000ffff".to_owned();
    for other in [of_two, ended, unknown] {
        let tie = json!({ "type": "same_person", "task_id": other });
        let body = home_visit(BENEFICIARY, json!({ "tie": tie }));
        let refused = manager.post("/v1/tasks", &body).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], "/tie/task_id");
    }
    for (tie, pointer) in [
        (json!(["two_people"]), "/tie"),
        (json!({ "type": "three_people" }), "/tie/type"),
        (json!({ "type": "same_person" }), "/tie/task_id"),
        (
            json!({ "type": "two_people", "task_id": "0198a3b0-0000-7000-8000-00000000ffff" }),
            "/tie",
        ),
    ] {
        let refused =
            manager.post("/v1/tasks", &home_visit(BENEFICIARY, json!({ "tie": tie }))).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{}", refused.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tie_shows_no_task_that_its_reader_may_not_see(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let far = supervisor.make(&home_visit(FAR_BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let tie = json!({ "type": "same_person", "task_id": far });
    let near = json!({ "due_on": day(7), "tie": tie });
    let near = supervisor.make(&home_visit(BENEFICIARY, near)).await;
    assert_eq!(task(&supervisor, &near).await["tied"][0]["id"], far);
    let seen = task(&server.volunteer().await, &near).await;
    assert_eq!(seen["tie"]["id"], far, "{seen}");
    assert!(seen.get("tied").is_none(), "{seen}");
    let audited = task(&server.auditor().await, &near).await;
    assert!(!audited.to_string().contains("assignee_name"), "{audited}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tie_has_no_other_members(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let tie = json!({ "type": "two_people", "task_id": "0198a3b0-0000-7000-8000-00000000ffff" });
    let refused = manager.post("/v1/tasks", &home_visit(BENEFICIARY, json!({ "tie": tie }))).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_by_two_people_moves_to_another_day_as_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [first, second] = pair(&manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let moves = async |id: &str, days: Value| {
        let version = task(&manager, id).await["version"].clone();
        let request = manager.request(reqwest::Method::POST, &format!("/v1/tasks/{id}/reschedule"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let moved = manager.send(request.json(&days)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    };
    let window = json!({ "start": 540, "end": 660 });
    moves(&first, json!({ "not_before": day(9), "due_on": day(10), "window": window })).await;
    let seen = task(&manager, &second).await;
    assert_eq!((&seen["not_before"], &seen["due_on"]), (&json!(day(9)), &json!(day(10))));
    assert_eq!((&seen["window"], &seen["state"]), (&window, &json!("accepted")), "{seen}");
    // A visit that has begun stays.
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/start")).await.status, 200);
    moves(&first, json!({ "due_on": day(12) })).await;
    assert_eq!(task(&manager, &second).await["due_on"], json!(day(10)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_about_one_task_of_a_pair_changes_neither(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let third = json!({ "due_on": day(7), "tie": { "type": "two_people" } });
    let third = manager.make(&home_visit(&beneficiary_id(3), third)).await;
    let [moved, ended] = [&two[0], &third].map(|id| json!({ "id": id, "base_version": 1 }));
    let urgent = json!({ "kind": "home_visit", "priority": 9, "due_on": day(0) });
    let commands = json!([
        { "type": "task.reschedule", "tasks": [moved], "payload": { "due_on": day(9) } },
        { "type": "task.cancel", "tasks": [ended], "payload": { "reason": "误建", "also_tied": true } },
        { "type": "task.create", "beneficiary_ids": [beneficiary_id(2)], "payload": urgent }
    ]);
    let tried = json!({ "dry_run": true, "commands": commands });
    let tried = manager.post("/v1/tasks/bulk", &tried).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["applied"], 3, "{}", tried.body);
    for id in two.iter().chain([&third]) {
        let seen = task(&manager, id).await;
        assert_eq!((&seen["due_on"], &seen["version"]), (&json!(day(7)), &json!(1)), "{seen}");
        assert_eq!(seen["state"], "open");
    }
    assert_eq!(server.database.count("freed_tasks"), 0);
}
