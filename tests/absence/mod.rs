//! When people work: hours, days with other hours, absences and duty, which plans respect.

pub mod work_calendars;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, Server};

/// A plan of the grid for the next days; returns the person and day of each assigned task.
async fn plan(caller: &Caller, from: i64, to: i64) -> Vec<(Value, Value)> {
    let order = json!({ "area": GRID, "first_day": day(from), "last_day": day(to) });
    let planned = caller.plan(&order).await;
    let id = planned["id"].as_str().expect("an id");
    let visits = caller.get(&format!("/v1/plans/{id}/visits")).await;
    let visits = visits.body["items"].as_array().expect("visits").iter();
    visits.map(|visit| (visit["person_id"].clone(), visit["day"].clone())).collect()
}

async fn put(caller: &Caller, path: &str, version: &Value, body: &Value) -> Answer {
    let request = caller.request(Method::PUT, path).header("If-Match", format!("\"v{version}\""));
    caller.send(request.json(body)).await
}

/// A visit for the beneficiary with this number on these days, counted from today.
async fn visit(caller: &Caller, n: u32, first: i64, last: i64) -> String {
    let days = json!({ "not_before": day(first), "due_on": day(last) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absence_names_the_visits_that_it_affects(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let [started, inside, later] = [
        visit(&manager, 1, 0, 1).await,
        visit(&manager, 2, 0, 2).await,
        visit(&manager, 3, 0, 9).await,
    ];
    for task in [&started, &inside, &later] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    }
    assert_eq!(volunteer.act(&format!("/v1/tasks/{started}/start")).await.status, 200);

    let new = |first: i64, last: i64, release: bool| {
        json!({
            "first_day": day(first), "last_day": day(last), "reason": "sick", "note": "高血压",
            "release": release
        })
    };
    let effects = |added: &Answer| {
        assert_eq!(added.status, 201, "{}", added.body);
        let tasks = added.body["tasks"].as_array().expect("tasks").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut effects: Vec<_> =
            tasks.map(|task| (text(&task["task_id"]), text(&task["effect"]))).collect();
        effects.sort();
        effects
    };
    let sorted = |mut effects: Vec<(String, String)>| {
        effects.sort();
        effects
    };
    let added = volunteer.post("/v1/me/absences", &new(0, 3, false)).await;
    let started_stays = (started.clone(), "started".to_owned());
    let expected = vec![started_stays.clone(), (inside.clone(), "kept".to_owned())];
    assert_eq!(effects(&added), sorted(expected));
    let path = |absence: &Answer| {
        format!("/v1/me/absences/{}", absence.body["absence"]["id"].as_str().expect("an id"))
    };

    // Overlapping, past, reversed: refused by field, and nothing is written.
    let overlap = volunteer.post("/v1/me/absences", &new(3, 5, false)).await;
    assert_eq!((overlap.status, overlap.problem()), (409, "absence_overlaps"));
    assert_eq!(overlap.body["current"]["id"], added.body["absence"]["id"]);
    let past = json!({ "first_day": "2026-01-01", "last_day": "2026-01-02", "reason": "leave" });
    for body in [past, new(3, 2, false), new(10, 400, false)] {
        let refused = volunteer.post("/v1/me/absences", &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!("/last_day"))
        );
    }

    // A superior learns the days of the other absence, and not the reason, which a reading in the log would name.
    let path_of_person = format!("/v1/people/{}/absences", person_id(21));
    let check = manager.post(&format!("{path_of_person}?check=true"), &new(0, 90, false)).await;
    assert_eq!((check.status, check.problem()), (409, "absence_overlaps"));
    let id = &added.body["absence"]["id"];
    let days = json!({ "id": id, "first_day": day(0), "last_day": day(3) });
    assert_eq!(check.body["current"], days);

    // The manager's phone has the days, without reason and note.
    phone.sync(&manager, json!([])).await;
    let row = &phone.rows[&("availability".to_owned(), person_id(21))];
    assert_eq!(row["absences"][0]["last_day"], json!(day(3)));
    assert!(row["absences"][0].get("reason").is_none(), "{row}");
    let events = server.supervisor().await.events("person.absence").await;
    let text = events[0].to_string();
    assert!(!text.contains("sick") && !text.contains("高血压"), "{text}");

    assert_eq!(volunteer.delete(&path(&added)).await.status, 204);
    assert_eq!(volunteer.delete(&path(&added)).await.status, 204, "the same again");
    let again = manager.post(&path_of_person, &new(0, 3, true)).await;
    let expected = vec![started_stays, (inside.clone(), "released".to_owned())];
    assert_eq!(effects(&again), sorted(expected));
    let task = manager.get(&format!("/v1/tasks/{inside}")).await;
    assert_eq!(task.body["state"], "open");
    let history = manager.get(&format!("/v1/tasks/{inside}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_absent");
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;

    // Reasons and notes are for the person and superiors; their readings are recorded.
    let own = volunteer.get("/v1/me/absences").await;
    assert_eq!(
        (&own.body["items"][0]["note"], &own.body["items"][0]["reason"]),
        (&json!("高血压"), &json!("sick"))
    );
    let seen = manager.get(&path_of_person).await;
    assert_eq!(seen.body["items"], own.body["items"]);
    let readings = server.supervisor().await.events("person.absence_read").await;
    assert_eq!((readings.len(), &readings[0]["actor_id"]), (1, &json!(person_id(11))));
    let stranger = server.far_manager().await;
    assert_eq!(stranger.get(&path_of_person).await.status, 404);
    assert_eq!(server.second_volunteer().await.get(&path_of_person).await.status, 403);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_respects_absences_other_hours_and_duty(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    // The manager is off duty, one volunteer is away, the other works on one day only.
    let off = server.manager().await.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!((off.status, &off.body["duty"]), (200, &json!("off")), "{}", off.body);
    let away = json!({ "first_day": day(1), "last_day": day(5), "reason": "leave" });
    let volunteer = server.second_volunteer().await;
    assert_eq!(volunteer.post("/v1/me/absences", &away).await.status, 201);
    let volunteer = server.volunteer().await;
    let hours = volunteer.get("/v1/me/availability").await.body;
    let exceptions: Vec<Value> = [1, 2, 4, 5].map(|n| json!({ "day": day(n) })).to_vec();
    let body = json!({ "weekly": hours["weekly"], "exceptions": exceptions });
    let changed = put(&volunteer, "/v1/me/availability", &hours["version"], &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for n in 1..=3 {
        visit(&supervisor, n, 1, 5).await;
    }
    let planned = plan(&supervisor, 1, 5).await;
    assert_eq!(planned, vec![(json!(person_id(21)), json!(day(3))); 3]);

    // Hours of absence are a break of the day.
    let morning = json!({
        "first_day": day(7), "last_day": day(7), "window": { "start": 540, "end": 660 },
        "reason": "training"
    });
    assert_eq!(volunteer.post("/v1/me/absences", &morning).await.status, 201);
    let task = visit(&supervisor, 1, 7, 7).await;
    let away = json!({ "first_day": day(7), "last_day": day(7), "reason": "leave" });
    assert_eq!(server.second_volunteer().await.post("/v1/me/absences", &away).await.status, 201);
    assert_eq!(plan(&supervisor, 7, 7).await, [(json!(person_id(21)), json!(day(7)))]);
    let task = supervisor.get(&format!("/v1/tasks/{task}")).await;
    let start = task.body["planned_for"]["start"].as_u64().expect("a time");
    assert!(start >= 660, "{}", task.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_are_changed_by_the_person_and_by_superiors(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let path = format!("/v1/people/{}/availability", person_id(21));
    let before = manager.get(&path).await;
    let same = json!({ "weekly": before.body["weekly"] });
    assert_eq!(before.body["weekly"].as_array().expect("hours").len(), 7);
    let window = json!({ "start": 600, "end": 720 });
    let body = json!({
        "weekly": [{ "weekday": "sat", "window": window }], "weekly_minutes": 120,
        "exceptions": [{ "day": day(2), "window": window }, { "day": day(1) }, { "day": "2026-01-01" }]
    });
    let none = manager.put(&path, &body).await;
    assert_eq!((none.status, none.problem()), (428, "version_required"));
    let changed = put(&manager, &path, &before.body["version"], &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let days = changed.body["exceptions"].as_array().expect("days").clone();
    assert_eq!(days, [json!({ "day": day(1) }), json!({ "day": day(2), "window": window })]);
    let stale = put(&volunteer, "/v1/me/availability", &before.body["version"], &same).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"], changed.body);
    let again = put(&manager, &path, &before.body["version"], &body).await;
    assert_eq!((again.status, &again.body), (200, &changed.body), "the same again");
    let person = manager.get(&format!("/v1/people/{}", person_id(21))).await;
    assert_eq!(person.body["availability"], "sat 1000-1200");

    phone.sync(&volunteer, json!([])).await;
    let shifts = phone.rows.keys().filter(|(kind, _)| kind == "shift").count();
    assert_eq!(shifts, 1);
    assert_eq!(phone.rows[&("availability".to_owned(), person_id(21))], changed.body);
    phone.is_as_fresh(&volunteer).await;

    for (body, pointer) in [
        (json!({ "weekly": [] }), "/weekly_minutes"),
        (json!({ "weekly": [body["weekly"][0], body["weekly"][0]] }), "/weekly/1/weekday"),
        (
            json!({ "weekly": [], "exceptions": [{ "day": day(1) }, { "day": day(1) }] }),
            "/exceptions/1/day",
        ),
    ] {
        let refused = put(&volunteer, "/v1/me/availability", &changed.body["version"], &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    let duty = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    let again = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!(again.body, duty.body, "the same again");
    assert_eq!(manager.get(&path).await.body["duty"], "off");
    let leaver = json!({ "state": "left", "reason": "搬走" });
    manager.patch(&format!("/v1/people/{}/state", person_id(21)), &leaver).await;
    let absence = json!({ "first_day": day(1), "last_day": day(1), "reason": "other" });
    let refused = manager.post(&format!("/v1/people/{}/absences", person_id(21)), &absence).await;
    assert_eq!((refused.status, refused.problem()), (409, "person_left"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_an_ill_person_are_given_to_others_in_three_calls(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let held = many_held(&manager, &person_id(21)).await;
    let ill = |plan: bool| {
        json!({
            "first_day": day(0), "last_day": day(13), "reason": "sick", "release": true,
            "plan": plan
        })
    };
    let own = volunteer.post("/v1/me/absences", &ill(true)).await;
    assert_eq!((own.status, own.problem()), (403, "forbidden"), "{}", own.body);

    let who = person_id(21);
    let added = manager.post(&format!("/v1/people/{who}/absences"), &ill(true)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(added.body["tasks"].as_array().map(Vec::len), Some(held.len()));
    let plan = format!("/v1/plans/{}", added.body["plan_id"].as_str().expect("a plan"));
    let looked = manager.request(Method::GET, &format!("{plan}/loads")).header("Prefer", "wait=30");
    let loads = manager.send(looked).await;
    assert_eq!(loads.status, 200, "the plan is waited for: {}", loads.body);
    assert_eq!(loads.body["changes"]["new"], held.len(), "{}", loads.body);
    let applied = manager.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);

    let holders = "SELECT DISTINCT assignee AS text FROM tasks WHERE assignee IS NOT NULL";
    let holders = server.database.texts(holders);
    assert!(!holders.is_empty() && !holders.contains(&who), "{holders:?}");
    let open = "SELECT id AS text FROM tasks WHERE state = 'open'";
    assert_eq!(server.database.texts(open), Vec::<String>::new());
}

/// The 52 short visits of the two weeks from today that the person of this id has.
async fn many_held(manager: &Caller, person: &str) -> Vec<Value> {
    let create = |n: u32| {
        json!({
            "type": "task.create", "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": {
                "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(13), "minutes": 10
            }
        })
    };
    let bulk = async |commands: Vec<Value>| {
        let done = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!((done.status, &done.body["applied"]), (200, &json!(52)), "{}", done.body);
        done.body["results"].as_array().expect("results").clone()
    };
    let made = bulk((1..=26).map(create).collect()).await;
    let tasks: Vec<Value> = made.iter().map(|made| made["task_id"].clone()).collect();
    let named: Vec<Value> = tasks.iter().map(|task| json!({ "id": task })).collect();
    let to = json!({ "person_id": person, "force": true });
    bulk(vec![json!({ "type": "task.assign", "payload": to, "tasks": named })]).await;
    tasks
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visits_of_an_absence_are_given_to_a_person_or_spread_after_a_look_at_the_loads(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    let claim = async |n: u32, more: Value| {
        let mut body = json!({ "not_before": day(1), "due_on": day(2), "minutes": 60 });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        let task = manager.make(&home_visit(&beneficiary_id(n), body)).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        task
    };
    let mut tasks = vec![claim(1, json!({})).await, claim(2, json!({})).await];
    tasks.push(claim(3, json!({})).await);
    let path = format!("/v1/people/{}/absences", person_id(21));
    let absence = |more: Value| {
        let mut body = json!({
            "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true
        });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        body
    };
    let of = |added: &Answer, field: &str| -> Vec<Value> {
        let tasks = added.body["tasks"].as_array().unwrap_or_else(|| panic!("{}", added.body));
        tasks.iter().map(|task| task[field].clone()).collect()
    };
    // A look changes nothing.
    let to = absence(json!({ "give_to": person_id(22) }));
    let shown = supervisor.post(&format!("{path}?check=true"), &to).await;
    assert_eq!((shown.status, of(&shown, "effect")), (200, vec![json!("given"); 3]));
    let load = json!([{
        "person_id": person_id(22), "before": 0, "after": 180, "weekly_minutes": 600
    }]);
    assert_eq!(shown.body["loads"], load);
    assert_eq!(volunteer.get("/v1/me/absences").await.body["items"], json!([]));
    for task in &tasks {
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["assignee_id"], person_id(21).as_str(), "{task}");
    }

    for (body, pointer) in [
        (absence(json!({ "give_to": person_id(22), "spread": true })), "/spread"),
        (absence(json!({ "spread": true, "release": false })), "/release"),
        (absence(json!({ "plan": true, "release": false })), "/release"),
        (absence(json!({ "give_to": person_id(1) })), "/give_to"),
    ] {
        let refused = supervisor.post(&path, &body).await;
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let own = volunteer.post("/v1/me/absences", &to).await;
    assert_eq!(own.problem(), "forbidden", "a volunteer assigns no tasks");

    // Each visit goes to the person of the village with the most time left.
    let spread = supervisor.post(&path, &absence(json!({ "spread": true }))).await;
    assert_eq!((spread.status, of(&spread, "effect")), (201, vec![json!("given"); 3]));
    let mut people = of(&spread, "person_id");
    people.sort_by_key(ToString::to_string);
    people.dedup();
    assert_eq!(people.len(), 3, "{}", spread.body);
    assert!(!people.contains(&json!(person_id(21))), "{}", spread.body);
    for (task, person) in of(&spread, "task_id").iter().zip(of(&spread, "person_id")) {
        let path = format!("/v1/tasks/{}", task.as_str().expect("an id"));
        let task = supervisor.get(&path).await.body;
        assert_eq!((&task["state"], &task["assignee_id"]), (&json!("assigned"), &person));
    }
}

/// An illness of the first volunteer, whose visits the second one gets.
async fn ill(supervisor: &Caller) -> Answer {
    let absence = json!({
        "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true,
        "give_to": person_id(22)
    });
    let path = format!("/v1/people/{}/absences", person_id(21));
    supervisor.post(&path, &absence).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_the_named_person_may_not_make_is_open_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let days = json!({ "not_before": day(1), "due_on": day(2), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let to = json!({ "person_id": person_id(21), "force": true });
    let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let added = ill(&supervisor).await;
    let row = &added.body["tasks"][0];
    assert_eq!(
        (added.status, &row["effect"], &row["breaches"]),
        (201, &json!("released"), &json!(["skill"])),
        "{}",
        added.body
    );
    assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_of_one_person_are_given_together_or_become_open_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let held = async |n: u32, more: Value| {
        let mut body = json!({ "not_before": day(1), "due_on": day(2), "minutes": 60 });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        let task = manager.make(&home_visit(&beneficiary_id(n), body)).await;
        let to = json!({ "person_id": person_id(21), "force": true });
        let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        task
    };
    let tied = |task: &str| json!({ "type": "same_person", "task_id": task });
    let first = held(1, json!({})).await;
    let second = held(2, json!({ "tie": tied(&first) })).await;
    let plain = held(1, json!({})).await;
    let medical = held(3, json!({ "tie": tied(&plain), "skills": ["medical"] })).await;
    let added = ill(&supervisor).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let row = |task: &str| {
        let rows = added.body["tasks"].as_array().expect("tasks").iter();
        rows.clone().find(|row| row["task_id"] == task).expect("a row").clone()
    };
    for task in [&first, &second] {
        assert_eq!(row(task)["person_id"], person_id(22).as_str(), "{}", added.body);
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["assignee_id"], person_id(22).as_str(), "{task}");
    }
    for task in [&plain, &medical] {
        let row = row(task);
        assert_eq!((&row["effect"], &row["breaches"]), (&json!("released"), &json!(["skill"])));
        assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body["state"], "open");
    }
    assert_eq!(added.body["loads"][0]["after"], 120, "{}", added.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_visit_of_two_people_is_given_to_no_one_who_has_another_at_its_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let give = async |task: &str, person: u32| {
        let to = json!({ "person_id": person_id(person), "force": true });
        let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
    };
    let plan = async |task: &str, start: u64| {
        let path = format!("/v1/tasks/{task}");
        let version = manager.get(&path).await.body["version"].clone();
        let request = manager.request(Method::POST, &format!("{path}/reschedule"));
        let request = request.header("If-Match", format!("\"v{version}\""));
        let planned = json!({ "planned": { "day": day(2), "start": start }, "force": true });
        let moved = manager.send(request.json(&planned)).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    };
    let days = json!({ "not_before": day(2), "due_on": day(2), "minutes": 30 });
    let busy = manager.make(&home_visit(&beneficiary_id(1), days.clone())).await;
    give(&busy, 22).await;
    plan(&busy, 600).await;
    let mut pair = days;
    pair["tie"] = json!({ "type": "two_people" });
    let first = manager.make(&home_visit(&beneficiary_id(2), pair)).await;
    let tied = manager.get(&format!("/v1/tasks/{first}")).await.body["tied"][0]["id"].clone();
    let second = tied.as_str().expect("an id").to_owned();
    give(&first, 11).await;
    give(&second, 21).await;
    plan(&first, 610).await;
    let added = ill(&supervisor).await;
    let row = &added.body["tasks"][0];
    assert_eq!(
        (added.status, &row["task_id"], &row["effect"], &row["breaches"]),
        (201, &json!(second), &json!("released"), &json!(["overlap"])),
        "{}",
        added.body
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loads_of_others_are_not_shown_again_to_a_person_who_may_assign_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let absence = json!({
        "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true, "spread": true
    });
    let add = async || {
        let request = manager.request(Method::POST, "/v1/me/absences").json(&absence);
        manager.send(request.header("Idempotency-Key", "absence-1")).await
    };
    assert_eq!(add().await.status, 201);
    assert_eq!(add().await.status, 201, "a repetition");
    assert_eq!(supervisor.appoint(GRID, &person_id(21)).await.status, 200);
    let again = add().await;
    assert_eq!((again.status, again.problem()), (403, "forbidden"), "{}", again.body);
}

/// A visit of the first volunteer at this minute of the day after tomorrow.
async fn planned(supervisor: &Caller, volunteer: &Caller, n: u32, start: u64) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(5), "minutes": 30 });
    let task = supervisor.make(&home_visit(&beneficiary_id(n), days)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{task}");
    let version = supervisor.get(&path).await.body["version"].clone();
    let request = supervisor.request(Method::POST, &format!("{path}/reschedule"));
    let request = request.header("If-Match", format!("\"v{version}\""));
    let time = json!({ "planned": { "day": day(2), "start": start } });
    let moved = supervisor.send(request.json(&time)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    task
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_is_given_to_another_keeps_its_time_if_that_person_is_free_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("absences", "departure")] command: &str,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let second = server.second_volunteer().await;
    // The second volunteer works from nine to twelve and has a visit at eleven.
    planned(&supervisor, &second, 3, 660).await;
    let away = json!({
        "first_day": day(2), "last_day": day(2), "reason": "other",
        "window": { "start": 600, "end": 630 }
    });
    assert_eq!(second.post("/v1/me/absences", &away).await.status, 201);
    let kept = planned(&supervisor, &volunteer, 1, 540).await;
    let away_then = planned(&supervisor, &volunteer, 2, 590).await;
    let busy_then = planned(&supervisor, &volunteer, 3, 640).await;
    let after_hours = planned(&supervisor, &volunteer, 1, 720).await;

    let path = format!("/v1/people/{}/{command}", person_id(21));
    let body = match command {
        "absences" => json!({
            "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true,
            "give_to": person_id(22)
        }),
        _ => json!({ "preview": false, "reason": "ill", "give_to": person_id(22) }),
    };
    let person = supervisor.get(&format!("/v1/people/{}", person_id(21))).await;
    let version = person.body["version"].clone();
    let request = supervisor.request(Method::POST, &path);
    let request = request.header("If-Match", format!("\"v{version}\""));
    let done = supervisor.send(request.json(&body)).await;
    assert!([200, 201].contains(&done.status), "{}", done.body);
    for (id, start, breach) in [
        (&kept, Some(540), None),
        (&away_then, None, Some("absence")),
        (&busy_then, None, Some("overlap")),
        (&after_hours, None, Some("window")),
    ] {
        let task = supervisor.get(&format!("/v1/tasks/{id}")).await.body;
        let planned = task.get("planned_for").map(|planned| planned["start"].clone());
        assert_eq!(planned, start.map(|start| json!(start)), "{task}");
        assert_eq!(start.is_some(), task["planned_for"]["day"] == json!(day(2)), "{task}");
        // An absence leaves to others what the person cannot make; who departs has to leave all.
        let Some(breach) = breach.filter(|_| command == "absences") else {
            let given = (&task["state"], &task["assignee_id"]);
            assert_eq!(given, (&json!("assigned"), &json!(person_id(22))));
            continue;
        };
        assert_eq!(task["state"], "open", "{task}");
        let mut rows = done.body["tasks"].as_array().expect("tasks").iter();
        let row = rows.find(|row| row["task_id"] == id.as_str()).expect("a row");
        assert_eq!((&row["effect"], &row["breaches"]), (&json!("released"), &json!([breach])));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_given_to_a_person_who_gets_there_in_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let second = server.second_volunteer().await;
    planned(&supervisor, &second, 3, 600).await;
    let far = planned(&supervisor, &volunteer, 1, 647).await;
    // The second volunteer has the most time left, and 17 minutes for 31 km.
    server.database.execute(&format!("UPDATE tasks SET lon = 106.57 WHERE id = '{far}'"));
    let (others, second) = ("UPDATE people SET weekly_minutes = 300 WHERE id <>", person_id(22));
    server.database.execute(&format!("{others} '{second}'"));

    let path = format!("/v1/people/{}/absences", person_id(21));
    let absence = |how: &str, to: Value| {
        let mut body = json!({
            "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true
        });
        body[how] = to;
        body
    };
    let to_second = absence("give_to", json!(second));
    let shown = supervisor.post(&format!("{path}?check=true"), &to_second).await;
    let row = &shown.body["tasks"][0];
    let kept_from = (&row["effect"], &row["breaches"]);
    assert_eq!(kept_from, (&json!("released"), &json!(["overlap"])), "{}", shown.body);

    let spread = supervisor.post(&path, &absence("spread", json!(true))).await;
    assert_eq!(spread.body["tasks"][0]["effect"], "given", "{}", spread.body);
    let task = supervisor.get(&format!("/v1/tasks/{far}")).await.body;
    assert_eq!(task["planned_for"]["start"], 647, "{task}");
    assert_ne!(task["assignee_id"], second.as_str(), "{task}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_are_spread_do_not_meet_at_one_hour(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let mut tasks = Vec::new();
    for n in 1..=4 {
        tasks.push(planned(&supervisor, &volunteer, 1 + n % 3, 600).await);
        // A person may insist on several visits at one hour.
        let forced = "UPDATE tasks SET planned_start = 540 WHERE planned_start IS NOT NULL";
        server.database.execute(forced);
    }
    let absence = json!({
        "first_day": day(0), "last_day": day(5), "reason": "sick", "release": true, "spread": true
    });
    let path = format!("/v1/people/{}/absences", person_id(21));
    let spread = supervisor.post(&path, &absence).await;
    assert_eq!(spread.status, 201, "{}", spread.body);
    let mut hours = Vec::new();
    for task in &tasks {
        let task = supervisor.get(&format!("/v1/tasks/{task}")).await.body;
        assert_eq!(task["state"], "assigned", "{task}");
        if let Some(planned) = task.get("planned_for") {
            hours.push((task["assignee_id"].to_string(), planned["start"].to_string()));
        }
    }
    let count = hours.len();
    hours.sort();
    hours.dedup();
    assert_eq!((hours.len(), count > 1), (count, true), "{hours:?}");
}
