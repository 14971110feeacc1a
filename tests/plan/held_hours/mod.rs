//! A person is in one place at a time: a plan keeps clear of the hours that its people hold, whether or
//! not it would have made these visits, and an applied plan of those that came after its draft.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::{Phone, command};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, GRID, OTHER_GRID, Server};

/// The day of all visits.
const DAY: i64 = 2;
/// The length of a visit in minutes.
const LENGTH: u64 = 30;

async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// An accepted visit of the volunteer at this minute of the day.
async fn held(server: &Server, n: u32, start: u64) -> String {
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, n).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let planned = json!({ "day": day(DAY), "start": start });
    let body = json!({ "due_on": day(DAY), "planned": planned, "force": true });
    let path = format!("/v1/tasks/{task}/reschedule");
    let request = manager.request(Method::POST, &path).header("If-Match", "\"v2\"");
    let moved = manager.send(request.json(&body)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    task
}

/// A draft of this task alone, for the volunteer, at this minute of the day if there is one.
async fn draft(manager: &Caller, task: &str, start: Option<u64>) -> Value {
    let mut pin = json!({ "task_id": task, "person_id": person_id(21), "day": day(DAY) });
    if let Some(start) = start {
        pin["start"] = json!(start);
    }
    let order = json!({
        "area": GRID, "first_day": day(DAY), "last_day": day(DAY),
        "only": { "ids": [task] }, "changes": { "pins": [pin] },
    });
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

/// Has the volunteer absent on a day, counted from today: for these hours, or with `null` for the whole day.
async fn absent(manager: &Caller, on: i64, hours: Value) {
    let mut absence = json!({ "first_day": day(on), "last_day": day(on), "reason": "leave" });
    if !hours.is_null() {
        absence["window"] = hours;
    }
    let path = format!("/v1/people/{}/absences", person_id(21));
    let entered = manager.post(&path, &absence).await;
    assert_eq!(entered.status, 201, "{}", entered.body);
}

async fn visits(manager: &Caller, plan: &Value) -> Vec<Value> {
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    manager.get(&path).await.body["items"].as_array().expect("visits").clone()
}

async fn apply(manager: &Caller, plan: &Value) -> Value {
    let path = format!("/v1/plans/{}/apply", plan["id"].as_str().expect("an id"));
    let applied = manager.post(&path, &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    applied.body["left"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_visit_that_a_plan_would_not_have_made_keeps_its_time_free(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    // Partly before the hours, too near to their begin for the way from home, and partly after them.
    #[values(8 * 60 + 50, 9 * 60, 11 * 60 + 45)] start: u64,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let promised = held(&server, 1, start).await;
    let new = visit(&manager, 2).await;
    let plan = draft(&manager, &new, None).await;
    let visits = visits(&manager, &plan).await;
    assert!(visits.iter().all(|row| row["task_id"] != promised.as_str()), "it waits for none");
    let row = visits.iter().find(|row| row["task_id"] == new.as_str()).expect("the visit");
    let from = row["start"].as_u64().unwrap_or_else(|| panic!("a start: {row}"));
    assert!(from >= start + LENGTH || from + LENGTH <= start, "{row}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_held_visits_at_one_time_leave_neither_time_to_a_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let both = [held(&server, 1, 600).await, held(&server, 2, 610).await];
    let new = visit(&manager, 3).await;
    let plan = draft(&manager, &new, None).await;
    let visits = visits(&manager, &plan).await;
    assert!(visits.iter().all(|row| row["reason"]["code"].is_null()), "{both:?} {visits:?}");
    let row = visits.iter().find(|row| row["task_id"] == new.as_str()).expect("the visit");
    let from = row["start"].as_u64().unwrap_or_else(|| panic!("a start: {row}"));
    assert!(from >= 610 + LENGTH || from + LENGTH <= 600, "{row}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_drafts_for_one_hour_of_a_person_the_second_leaves_its_task_open(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let [one, other] = [visit(&manager, 1).await, visit(&manager, 2).await];
    let drafts = [draft(&manager, &one, Some(600)).await, draft(&manager, &other, Some(615)).await];
    assert_eq!(apply(&manager, &drafts[0]).await, json!([]));
    let left = json!([{ "task_id": other, "because": "person_busy", "state": "open" }]);
    assert_eq!(apply(&manager, &drafts[1]).await, left);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_away_since_the_draft_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let tasks = [visit(&manager, 1).await, visit(&manager, 2).await];
    let drafts =
        [draft(&manager, &tasks[0], Some(600)).await, draft(&manager, &tasks[1], Some(660)).await];
    absent(&manager, DAY, json!({ "start": 610, "end": 640 })).await;
    let left = json!([{ "task_id": tasks[0], "because": "person_unavailable", "state": "open" }]);
    assert_eq!(apply(&manager, &drafts[0]).await, left);
    assert_eq!(apply(&manager, &drafts[1]).await, json!([]), "another hour of the day");
}

/// Claims of a person run while the person is suspended: none is accepted afterwards.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_person_holds_nothing_however_claims_and_suspension_meet(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let path = format!("/v1/people/{}/state", person_id(21));
    for _ in 0..4 {
        let mut tasks = Vec::new();
        for _ in 0..24 {
            let place = json!({ "lat": 29.29, "lon": 106.25 });
            let body = json!({ "kind": "home_visit", "grid": GRID, "place": place });
            tasks.push(manager.make(&body).await);
        }
        let mut claims = JoinSet::new();
        for task in tasks.clone() {
            let volunteer = volunteer.clone();
            claims.spawn(
                async move { volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status },
            );
        }
        let suspend = json!({ "state": "suspended", "reason": "x" });
        assert_eq!(manager.patch(&path, &suspend).await.status, 200);
        for status in claims.join_all().await {
            assert!(matches!(status, 200 | 401), "{status}");
        }
        for task in tasks {
            let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
            assert_eq!(task["state"], "open", "{task}");
        }
        let restore = json!({ "state": "active", "reason": "x" });
        assert_eq!(manager.patch(&path, &restore).await.status, 200);
    }
}

/// The visit of this task as a problem shows it.
fn overlap(task: &str, start: u64) -> Value {
    json!({ "task_id": task, "day": day(DAY), "start": start, "minutes": LENGTH })
}

/// A command for the task, based on its current version.
async fn on_current(
    caller: &Caller,
    method: Method,
    path: &str,
    task: &str,
    body: &Value,
) -> Answer {
    let version = caller.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let request = caller.request(method, path).header("If-Match", format!("\"v{version}\""));
    caller.send(request.json(body)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_gets_the_time_of_another_one_of_its_person_only_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let (first, second) = (held(&server, 1, 570).await, held(&server, 2, 660).await);
    let path = format!("/v1/tasks/{second}");
    let body = json!({ "planned": { "day": day(DAY), "start": 590 } });
    let reschedule = format!("{path}/reschedule");
    let refused = on_current(&manager, Method::POST, &reschedule, &second, &body).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["task"]["id"], json!(second));
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&first, 570)]));
    let free = json!({ "planned": { "day": day(DAY), "start": 600 } });
    let moved = on_current(&manager, Method::POST, &reschedule, &second, &free).await;
    assert_eq!(moved.status, 200, "one visit may follow the other: {}", moved.body);
    // Twelve minutes away, it needs the time for the way.
    server.database.execute(&format!("UPDATE tasks SET lon = 106.3 WHERE id = '{second}'"));
    let at = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let refused = on_current(&manager, Method::POST, &reschedule, &second, &at(611)).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&first, 570)]));
    let moved = on_current(&manager, Method::POST, &reschedule, &second, &at(612)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    // From a phone the command is refused with its reason in the same way.
    let version = moved.body["version"].clone();
    let sent = |payload: Value| {
        let mut sent = command("task.reschedule", &second, payload);
        sent["base_version"] = version.clone();
        sent
    };
    let results = Phone::default().sync(&manager, json!([sent(body.clone())])).await;
    assert_eq!(results[0]["problem"]["code"], "visit_overlap", "{results:?}");
    let mut forced = body;
    forced["force"] = json!(true);
    let results = Phone::default().sync(&manager, json!([sent(forced)])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");

    let third = held(&server, 3, 690).await;
    let path = format!("/v1/tasks/{third}");
    held(&server, 1, 720 - 5).await;
    let longer = json!({ "minutes": 26 });
    let shorter = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!(shorter.status, 200, "a shorter visit is no conflict: {}", shorter.body);
    let mut longer = json!({ "minutes": 40 });
    let refused = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    longer["force"] = json!(true);
    let edited = on_current(&manager, Method::PATCH, &path, &third, &longer).await;
    assert_eq!((edited.status, &edited.body["minutes"]), (200, &json!(40)), "{}", edited.body);
}

/// A visit by two people: the task that the second volunteer has claimed, and the other one.
async fn pair(server: &Server, manager: &Caller) -> (String, String) {
    let more = json!({
        "not_before": day(DAY), "due_on": day(DAY), "minutes": LENGTH,
        "tie": { "type": "two_people" }
    });
    let first = manager.make(&home_visit(&beneficiary_id(2), more)).await;
    let tied = manager.get(&format!("/v1/tasks/{first}")).await.body["tied"][0]["id"].clone();
    let second = tied.as_str().expect("an id").to_owned();
    let claimed = server.second_volunteer().await.act(&format!("/v1/tasks/{first}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    (first, second)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_person_of_a_visit_has_no_other_one_at_its_time_but_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let other = held(&server, 1, 600).await;
    let (first, second) = pair(&server, &manager).await;
    let planned = json!({ "planned": { "day": day(DAY), "start": 610 } });
    let path = format!("/v1/tasks/{first}/reschedule");
    let moved = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    let path = format!("/v1/tasks/{second}/reassign");
    let mut to = json!({ "person_id": person_id(21) });
    let refused = manager.post(&path, &to).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignment_breaks"), "{}", refused.body);
    assert_eq!(refused.body["current"]["breaches"], json!(["overlap"]));
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 600)]));
    to["force"] = json!(true);
    let given = manager.post(&path, &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert!(given.body.get("planned_for").is_none(), "not free at that time: {}", given.body);

    // Both people of the visit are moved, so the time of each counts.
    let path = format!("/v1/tasks/{first}/reschedule");
    let planned = json!({ "planned": { "day": day(DAY), "start": 590 } });
    let refused = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 600)]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_person_of_a_visit_gets_the_time_of_the_first_when_free_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    let path = format!("/v1/tasks/{first}/reschedule");
    let planned = json!({ "planned": { "day": day(DAY), "start": 610 } });
    let moved = on_current(&manager, Method::POST, &path, &first, &planned).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let path = format!("/v1/tasks/{second}");
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    let (day_of, start) =
        (&claimed.body["planned_for"]["day"], &claimed.body["planned_for"]["start"]);
    assert_eq!((day_of, start), (&json!(day(DAY)), &json!(610)), "{}", claimed.body);

    assert_eq!(volunteer.act(&format!("{path}/release")).await.status, 200);
    absent(&manager, DAY, json!({ "start": 600, "end": 615 })).await;
    let claimed = volunteer.act(&format!("{path}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    assert!(claimed.body.get("planned_for").is_none(), "away then: {}", claimed.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_by_two_people_moves_only_to_days_on_which_both_are_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{first}/reschedule");
    absent(&manager, DAY + 7, json!({ "start": 600, "end": 660 })).await;
    let days = |window: Value| json!({ "not_before": day(DAY + 7), "due_on": day(DAY + 7), "window": window });
    let within = days(json!({ "start": 610, "end": 650 }));
    let refused = on_current(&manager, Method::POST, &path, &first, &within).await;
    assert_eq!((refused.status, refused.problem()), (409, "assignee_away"), "{}", refused.body);
    let beside = days(json!({ "start": 610, "end": 720 }));
    let moved = on_current(&manager, Method::POST, &path, &first, &beside).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    // Who takes no new tasks keeps those in hand.
    let off = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert!(matches!(off.status, 200 | 204), "{}", off.body);
    let moved = on_current(&manager, Method::POST, &path, &first, &days(Value::Null)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let reversed = json!({ "not_before": day(DAY + 9), "due_on": day(DAY + 8) });
    let refused = on_current(&manager, Method::POST, &path, &first, &reversed).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
    // The days of an overdue visit have passed: its window can change all the same.
    server.database.execute("UPDATE tasks SET not_before = '2026-01-05', due_on = '2026-01-05'");
    let window = json!({ "window": { "start": 540, "end": 720 } });
    let changed = on_current(&manager, Method::POST, &path, &first, &window).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_people_whose_visit_changes_need_the_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (first, second) = pair(&server, &manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{second}/claim")).await.status, 200);
    let path = format!("/v1/tasks/{first}");
    let to = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let reschedule = format!("{path}/reschedule");
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(570)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    // The volunteer has another visit right after that of the second person.
    let other = held(&server, 1, 570 + LENGTH).await;
    let longer = json!({ "minutes": LENGTH + 10 });
    let edited = on_current(&manager, Method::PATCH, &path, &first, &longer).await;
    assert_eq!(edited.status, 200, "the second task keeps its minutes: {}", edited.body);
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(569)).await;
    assert_eq!(moved.status, 200, "the second task has its own minutes: {}", moved.body);
    let refused = on_current(&manager, Method::POST, &reschedule, &first, &to(571)).await;
    assert_eq!((refused.status, refused.problem()), (409, "visit_overlap"), "{}", refused.body);
    assert_eq!(refused.body["current"]["overlaps"], json!([overlap(&other, 570 + LENGTH)]));
    // A visit that has begun is not moved.
    let path = format!("/v1/tasks/{second}/start");
    let started = volunteer.act(&path).await;
    assert_eq!(started.status, 200, "{}", started.body);
    let moved = on_current(&manager, Method::POST, &reschedule, &first, &to(571)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_of_a_task_is_removed_by_null_and_kept_without_a_word(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let hours = json!({ "start": 540, "end": 660 });
    let days = json!({ "not_before": day(1), "due_on": day(5), "window": hours });
    let task = manager.make(&home_visit(&beneficiary_id(1), days)).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let later = json!({ "due_on": day(6) });
    let kept = on_current(&manager, Method::POST, &path, &task, &later).await;
    assert_eq!((kept.status, &kept.body["window"]), (200, &hours), "{}", kept.body);
    let none = json!({ "window": null });
    let removed = on_current(&manager, Method::POST, &path, &task, &none).await;
    assert_eq!((removed.status, removed.body.get("window")), (200, None), "{}", removed.body);
    assert_eq!(removed.body["due_on"], json!(day(6)));
}

/// Takes the task from its person in a bulk; returns the path of its undo.
async fn taken(manager: &Caller, task: &str) -> String {
    let payload = json!({ "reason": "x" });
    let command = json!({ "type": "task.unassign", "payload": payload, "tasks": [{ "id": task }] });
    let bulk = manager.post("/v1/tasks/bulk", &json!({ "commands": [command] })).await;
    assert_eq!((bulk.status, &bulk.body["applied"]), (200, &json!(1)), "{}", bulk.body);
    format!("/v1/tasks/bulk/{}/undo", bulk.body["id"].as_str().expect("an id"))
}

/// The problem of the only refusal.
async fn refusal(manager: &Caller, undo: &str) -> Value {
    let undone = manager.act(undo).await;
    assert_eq!((undone.status, &undone.body["rejected"]), (200, &json!(1)), "{}", undone.body);
    undone.body["results"][0]["problem"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_gives_no_visit_back_into_another_or_to_a_person_who_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let task = held(&server, 1, 600).await;
    let undo = taken(&manager, &task).await;
    let other = held(&server, 2, 615).await;
    let refused = refusal(&manager, &undo).await;
    let current = &refused["current"];
    assert_eq!(
        (&refused["code"], &current["task"]["id"], &current["breaches"]),
        (&json!("assignment_breaks"), &json!(task), &json!(["overlap"])),
        "{refused}"
    );
    assert_eq!(current["overlaps"], json!([overlap(&other, 615)]));

    let undo = taken(&manager, &held(&server, 3, 660).await).await;
    let path = format!("/v1/people/{}/move", person_id(21));
    let to = json!({ "area": OTHER_GRID, "role": "volunteer", "preview": false });
    let request = supervisor.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let moved = supervisor.send(request.json(&to)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(refusal(&manager, &undo).await["code"], "not_a_candidate");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_moved_to_a_time_at_which_its_person_is_away_only_by_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = held(&server, 1, 570).await;
    absent(&manager, DAY, json!({ "start": 660, "end": 700 })).await;
    absent(&manager, DAY + 7, Value::Null).await;
    absent(&manager, DAY + 8, Value::Null).await;
    let path = format!("/v1/tasks/{task}/reschedule");
    let hour = |start: u64| json!({ "planned": { "day": day(DAY), "start": start } });
    let days = |first: i64, due: i64| json!({ "not_before": day(first), "due_on": day(due) });
    for refused in [hour(650), days(DAY + 7, DAY + 8)] {
        let answer = on_current(&manager, Method::POST, &path, &task, &refused).await;
        assert_eq!((answer.status, answer.problem()), (409, "assignee_away"), "{}", answer.body);
        assert_eq!(answer.body["current"]["id"], json!(task));
        let mut forced = refused.clone();
        forced["force"] = json!(true);
        let answer = on_current(&manager, Method::POST, &path, &task, &forced).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let back = json!({ "not_before": day(DAY), "due_on": day(DAY) });
        let answer = on_current(&manager, Method::POST, &path, &task, &back).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    for possible in [hour(700), days(DAY + 7, DAY + 9)] {
        let answer = on_current(&manager, Method::POST, &path, &task, &possible).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}
