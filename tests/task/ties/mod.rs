//! Visits that belong together: two people make one, or one person makes several.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, GRID, Server};

/// A visit by two people, possible from tomorrow; the ids of both tasks.
async fn pair(caller: &Caller) -> [String; 2] {
    let more = json!({
        "not_before": day(1), "due_on": day(7), "instructions": "送慰问品上门。",
        "tie": { "type": "two_people" }
    });
    let first = caller.make(&home_visit(BENEFICIARY, more)).await;
    let task = task(caller, &first).await;
    let second = task["tied"][0]["id"].as_str().expect("an id").to_owned();
    [first, second]
}

/// A visit for the beneficiary of this number by the person of the other task.
async fn with(caller: &Caller, other: &str, n: u32) -> String {
    let tie = json!({ "type": "same_person", "task_id": other });
    let more = json!({ "not_before": day(1), "due_on": day(7), "tie": tie });
    caller.make(&home_visit(&beneficiary_id(n), more)).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

/// The visits of a plan of the grid for seven days: task, person, day, start.
async fn planned(caller: &Caller) -> (String, Vec<[Value; 4]>) {
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let draft = caller.order_plan(&order).await.body;
    let id = draft["id"].as_str().expect("an id").to_owned();
    let page = caller.get(&format!("/v1/plans/{id}/visits?limit=200")).await.body;
    let visits = page["items"].as_array().expect("visits").iter();
    let fields = ["task_id", "person_id", "day", "start"];
    (id, visits.map(|visit| fields.map(|field| visit[field].clone())).collect())
}

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
async fn a_plan_respects_the_ties(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let first = manager.make(&home_visit(&beneficiary_id(2), json!({ "due_on": day(7) }))).await;
    let group = [first.clone(), with(&manager, &first, 3).await, with(&manager, &first, 2).await];
    let (id, visits) = planned(&manager).await;
    let of = |task: &String| {
        let found = visits.iter().find(|visit| visit[0] == task.as_str());
        let [_, person, day, start] = found.expect("a visit").clone();
        assert!(person.is_string(), "{visits:?}");
        (person, (day, start))
    };
    let [(a, when_a), (b, when_b)] = [of(&two[0]), of(&two[1])];
    assert_ne!(a, b, "{visits:?}");
    assert_eq!(when_a, when_b, "{visits:?}");
    let people: Vec<Value> = group.iter().map(|task| of(task).0).collect();
    assert!(people.iter().all(|person| *person == people[0]), "{visits:?}");
    // One of the two tasks is claimed before the plan is applied: the other is left as well.
    let other = server.second_volunteer().await;
    assert_eq!(other.act(&format!("/v1/tasks/{}/claim", two[0])).await.status, 200);
    let applied = manager.post(&format!("/v1/plans/{id}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let left = applied.body["left"].as_array().expect("tasks").iter();
    let mut left: Vec<(&str, &str)> = left
        .map(|left| {
            let text = |name: &str| left[name].as_str().expect("a text");
            (text("task_id"), text("because"))
        })
        .collect();
    left.sort_unstable();
    let mut expected = [(two[0].as_str(), "changed"), (two[1].as_str(), "tied")];
    expected.sort_unstable();
    assert_eq!(left, expected);
    // The next plan gives it to another person than the claimant.
    let (_, visits) = planned(&manager).await;
    let next = visits.iter().find(|visit| visit[0] == two[1].as_str()).expect("a visit");
    assert!(next[1].is_string() && next[1] != person_id(22).as_str(), "{visits:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_gives_a_tied_visit_to_the_person_who_claimed_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for volunteer in [server.volunteer().await, server.second_volunteer().await] {
        let me = volunteer.get("/v1/me").await.body["id"].clone();
        let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
        let second = with(&manager, &first, 2).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
        let (_, visits) = planned(&manager).await;
        let found = visits.iter().find(|visit| visit[0] == second.as_str()).expect("a visit");
        assert_eq!(found[1], me, "{visits:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_plan_leaves_a_task_whose_tied_task_went_to_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let second = with(&manager, &first, 2).await;
    let (plan, visits) = planned(&manager).await;
    let chosen = visits[0][1].clone();
    assert!(chosen.is_string() && visits[1][1] == chosen, "{visits:?}");
    let another = if chosen == person_id(21).as_str() {
        server.second_volunteer().await
    } else {
        server.volunteer().await
    };
    assert_eq!(another.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
    let applied = manager.post(&format!("/v1/plans/{plan}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let left = applied.body["left"].as_array().expect("tasks");
    let left: Vec<(&Value, &Value)> =
        left.iter().map(|left| (&left["task_id"], &left["because"])).collect();
    assert!(left.contains(&(&json!(second), &json!("tied"))), "{left:?}");
    assert_eq!(task(&manager, &second).await["state"], "open");
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
async fn the_undoing_of_a_bulk_cancels_both_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let commands = json!([{
        "type": "task.create", "beneficiary_ids": [beneficiary_id(1)],
        "payload": { "kind": "home_visit", "occasion": "2090 春节", "tie": { "type": "two_people" } }
    }]);
    let made = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await.body;
    let first = made["results"][0]["task_id"].as_str().expect("an id");
    let second = task(&manager, first).await["tied"][0]["id"].as_str().expect("an id").to_owned();
    let undo = format!("/v1/tasks/bulk/{}/undo", made["id"].as_str().expect("an id"));
    assert_eq!(manager.act(&undo).await.status, 200);
    for id in [first, &second] {
        assert_eq!(task(&manager, id).await["state"], "cancelled");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_one_task_of_a_pair_includes_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let only = json!({ "ids": [two[1]] });
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "only": only });
    let draft = manager.order_plan(&order).await.body;
    let path = format!("/v1/plans/{}/visits", draft["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].clone();
    let visits = visits.as_array().expect("visits");
    assert_eq!(visits.len(), 2, "{visits:?}");
    assert!(visits.iter().all(|visit| visit["person_id"].is_string()), "{visits:?}");
    assert_ne!(visits[0]["person_id"], visits[1]["person_id"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pins_that_contradict_a_tie_or_each_other_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let same = manager.make(&home_visit(&beneficiary_id(2), json!({ "due_on": day(7) }))).await;
    let same = [same.clone(), with(&manager, &same, 3).await];
    let pin = |task: &str, person: u32, n: i64| json!({ "task_id": task, "person_id": person_id(person), "day": day(n) });
    let cases = [
        ([pin(&two[0], 21, 1), pin(&two[1], 21, 1)], "/changes/pins/0/person_id"),
        ([pin(&two[0], 21, 1), pin(&two[1], 22, 2)], "/changes/pins/0/day"),
        ([pin(&same[0], 21, 1), pin(&same[1], 22, 1)], "/changes/pins/0/person_id"),
        ([pin(&same[0], 21, 1), pin(&same[0], 22, 1)], "/changes/pins/1/task_id"),
    ];
    for (pins, pointer) in cases {
        let changes = json!({ "pins": pins });
        let order =
            json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "changes": changes });
        for (path, body) in
            [("/v1/plans", order.clone()), ("/v1/plans/estimates", json!({ "order": order }))]
        {
            let refused = manager.post(path, &body).await;
            assert_eq!(refused.status, 422, "{path} {changes} {}", refused.body);
            assert_eq!(
                refused.body["errors"][0]["pointer"]
                    .as_str()
                    .map(|it| it.trim_start_matches("/order")),
                Some(pointer),
                "{}",
                refused.body
            );
        }
    }
    // A person who has claimed one task of the pair cannot be pinned to the other.
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{}/claim", two[0])).await.status, 200);
    let me = volunteer.get("/v1/me").await.body["id"].clone();
    let pins = json!([{ "task_id": two[1], "person_id": me, "day": day(1) }]);
    let changes = json!({ "pins": pins });
    let order =
        json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "changes": changes });
    assert_eq!(manager.post("/v1/plans", &order).await.status, 422);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_by_a_person_who_has_left_since_binds_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let second = with(&manager, &first, 2).await;
    for step in ["claim", "start"] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/{step}")).await.status, 200);
    }
    let report = json!({ "outcome": "done", "note": "老人身体好。" });
    let reported = volunteer.post(&format!("/v1/tasks/{first}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let other = server.second_volunteer().await;
    let claim = format!("/v1/tasks/{second}/claim");
    assert_eq!(other.act(&claim).await.problem(), "claim_breaks_tie");
    let me = volunteer.get("/v1/me").await.body["id"].as_str().expect("an id").to_owned();
    let leaver = json!({ "person_id": me, "base_version": 1, "reason": "resigned" });
    let leaves = json!({ "dry_run": false, "entries": [leaver] });
    let left = server.supervisor().await.post("/v1/people/departures", &leaves).await;
    assert_eq!(left.status, 200, "{}", left.body);
    let (_, visits) = planned(&manager).await;
    let found = visits.iter().find(|visit| visit[0] == second.as_str()).expect("a visit");
    assert!(found[1].is_string(), "{visits:?}");
    assert_eq!(other.act(&claim).await.status, 200);
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

/// Sends the commands of a bulk, which all take effect; its answer.
async fn bulk(caller: &Caller, commands: &Value) -> Value {
    let done = caller.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
    assert_eq!((done.status, &done.body["rejected"]), (200, &json!(0)), "{}", done.body);
    done.body
}

async fn undo(caller: &Caller, bulk: &Value) -> Value {
    let undone = format!("/v1/tasks/bulk/{}/undo", bulk["id"].as_str().expect("an id"));
    let undone = caller.act(&undone).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    undone.body
}

#[rstest]
#[case::moved("task.reschedule", json!({ "not_before": day(3), "due_on": day(9) }))]
#[case::cancelled("task.cancel", json!({ "reason": "误建", "also_tied": true }))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_changes_and_an_undo_restores_both_tasks_of_a_pair(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] command: &str,
    #[case] payload: Value,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let seen = async |id: &String| {
        let seen = task(&manager, id).await;
        ["state", "not_before", "due_on"].map(|name| seen[name].clone())
    };
    let before = [seen(&two[0]).await, seen(&two[1]).await];
    // Both tasks are named with the versions that the caller has seen, or one of them only.
    for named in [&two[..], &two[..1]] {
        let version = task(&manager, &two[0]).await["version"].clone();
        assert_eq!(task(&manager, &two[1]).await["version"], version);
        let tasks: Vec<Value> =
            named.iter().map(|id| json!({ "id": id, "base_version": version })).collect();
        let commands = json!([{ "type": command, "payload": payload, "tasks": tasks }]);
        let done = bulk(&manager, &commands).await;
        assert_eq!(done["applied"], named.len(), "{done}");
        let [a, b] = [task(&manager, &two[0]).await, task(&manager, &two[1]).await];
        assert_eq!((&a["state"], &a["due_on"]), (&b["state"], &b["due_on"]));
        assert_eq!(a["version"], b["version"], "each changed once");
        for result in done["results"].as_array().expect("results") {
            assert_eq!(result["version"], a["version"], "{done}");
        }
        assert_ne!([seen(&two[0]).await, seen(&two[1]).await], before);
        assert_eq!(undo(&manager, &done).await["rejected"], 0);
        assert_eq!([seen(&two[0]).await, seen(&two[1]).await], before);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_leaves_a_pair_of_which_one_task_was_changed_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [first, second] = pair(&manager).await;
    let tasks = json!([{ "id": first, "base_version": 1 }]);
    let commands =
        json!([{ "type": "task.reschedule", "payload": { "due_on": day(9) }, "tasks": tasks }]);
    let done = bulk(&manager, &commands).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let undone = undo(&manager, &done).await;
    assert_eq!(undone["results"][0]["problem"]["code"], "version_conflict", "{undone}");
    for id in [&first, &second] {
        assert_eq!(task(&manager, id).await["due_on"], json!(day(9)), "they stay together");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_no_task_back_to_a_person_forbidden_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let id = manager.make(&home_visit(BENEFICIARY, json!({}))).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    let taken = json!([{ "type": "task.unassign", "payload": { "reason": "调整" }, "tasks": [{ "id": id }] }]);
    let done = bulk(&manager, &taken).await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/visitors");
    let version = manager.get(&path).await.body["version"].clone();
    let forbid = manager.request(reqwest::Method::PUT, &path);
    let forbid = forbid.header("If-Match", format!("\"v{version}\""));
    let forbid = forbid.json(&json!({ "forbidden_ids": [person_id(21)] }));
    assert_eq!(manager.send(forbid).await.status, 200);
    let undone = undo(&manager, &done).await;
    assert_eq!(undone["results"][0]["problem"]["code"], "not_a_candidate", "{undone}");
    assert_eq!(task(&manager, &id).await["state"], "open");
}
