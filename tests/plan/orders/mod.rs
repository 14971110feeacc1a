//! Plans as jobs: they are ordered, computed apart from the request, followed and discarded; and
//! what an order may say.

use std::time::{Duration, Instant};

use chrono::{Datelike as _, Days, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// A visit for the beneficiary of this number, possible from tomorrow and due in a week.
async fn visit(caller: &Caller, n: u32) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(7) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// An order of seven days from tomorrow, with more members.
fn order(more: Value) -> Value {
    let mut order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7) });
    let more = more.as_object().expect("members").clone();
    order.as_object_mut().expect("an object").extend(more);
    order
}

async fn visits(caller: &Caller, plan: &Answer) -> Vec<Value> {
    let id = plan.body["id"].as_str().expect("an id");
    let page = caller.get(&format!("/v1/plans/{id}/visits?limit=200")).await;
    page.body["items"].as_array().expect("visits").clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_answered_at_once_and_the_draft_follows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let ordered = manager.post("/v1/plans", &order(json!({}))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    assert_eq!(
        (&ordered.body["state"], &ordered.body["progress"]),
        (&json!("computing"), &Value::Null),
        "it waits for the planner"
    );
    assert!(ordered.body.get("measures").is_none(), "{}", ordered.body);
    let path = ordered.headers["location"].to_str().expect("a path").to_owned();
    let plan = manager.computed(&path).await;
    assert_eq!((&plan["state"], &plan["assigned"]), (&json!("draft"), &json!(1)), "{plan}");
    assert_eq!(plan["measures"]["served"], 1);
    // With one visit no plan has less travel than out and back again.
    assert_eq!(plan["bounds"]["travel"], plan["measures"]["travel"]);
    assert_eq!(plan["bounds"]["unserved_priority"], 0);
    let share = |of: &str| plan[of]["largest_share"].as_f64().expect("a share");
    assert!(share("bounds") <= share("measures"), "{plan}");
    assert!(plan.get("progress").is_none(), "{plan}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_again_is_the_same_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let send = async |wait: &str| {
        let request = manager.request(Method::POST, "/v1/plans").header("Idempotency-Key", "one");
        manager.send(request.header("Prefer", wait).json(&order(json!({})))).await
    };
    let first = send("respond-async").await;
    let again = send("wait=30").await;
    assert_eq!((first.status, again.status), (202, 201));
    assert_eq!(first.body["id"], again.body["id"]);
    assert_eq!(again.body["state"], "draft");
    let plans = manager.get("/v1/plans").await;
    assert_eq!(plans.body["items"].as_array().map(Vec::len), Some(1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_survives_the_end_of_the_server_that_was_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    // As a server leaves it that was killed before it began.
    let draft = manager.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    server.database.execute(&format!("DELETE FROM plan_visits WHERE plan = '{id}'"));
    let waiting =
        "state = 'computing', measures = '{\"assigned\":0,\"overtaken\":0,\"measures\":null}'";
    let lease = "lease = 'x', lease_until = '2020-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {waiting}, {lease} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let plan = manager.computed(&format!("/v1/plans/{id}")).await;
    assert_eq!(plan["state"], "draft", "{plan}");
    assert_eq!(visits(&manager, &draft).await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_several_servers_did_not_finish_fails(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let draft = server.manager().await.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    let waiting = "state = 'computing', attempts = 3, lease_until = '2020-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {waiting} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let plan = manager.computed(&format!("/v1/plans/{id}")).await;
    assert_eq!(plan["state"], "failed", "{plan}");
    let applied = manager.act(&format!("/v1/plans/{id}/apply")).await;
    assert_eq!(applied.problem(), "plan_state");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_discarded_before_it_is_computed_stays_discarded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let draft = manager.order_plan(&order(json!({}))).await;
    let id = draft.body["id"].as_str().expect("an id").to_owned();
    // Another server computes it, and its lease is valid.
    let lease = "state = 'computing', lease = 'x', lease_until = '2090-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {lease} WHERE id = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let path = format!("/v1/plans/{id}");
    assert_eq!(manager.get(&path).await.body["state"], "computing");
    let applied = manager.post(&format!("{path}/apply"), &json!({})).await;
    assert_eq!(applied.problem(), "plan_state", "only a draft can be applied");
    let discarded = manager.delete(&path).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    assert_eq!(manager.get(&path).await.body["state"], "discarded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_still_computed_says_how_to_wait_instead_of_showing_empty_lists(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let [draft, other] =
        [manager.order_plan(&order(json!({}))).await, manager.order_plan(&order(json!({}))).await];
    let [id, other] = [&draft, &other].map(|plan| plan.body["id"].as_str().expect("an id"));
    let lease = "state = 'computing', lease = 'x', lease_until = '2090-01-01 00:00:00'";
    server.database.execute(&format!("UPDATE plans SET {lease} WHERE id = '{id}'"));
    server.database.execute(&format!("DELETE FROM plan_visits WHERE plan = '{id}'"));
    server.kill_and_restart();
    let manager = server.manager().await;
    let path = format!("/v1/plans/{id}");
    let request = |method, part: &str| {
        let request = manager.request(method, &format!("{path}{part}"));
        request.header("Accept-Language", "zh-CN")
    };
    let apply = manager.send(request(Method::POST, "/apply").json(&json!({}))).await;
    let undo = manager.send(request(Method::POST, "/undo")).await;
    let mut refused = vec![apply, undo];
    let compare = format!("/compare/{other}");
    for part in ["/visits", "/loads", "/obstacles", compare.as_str()] {
        refused.push(manager.send(request(Method::GET, part)).await);
    }
    for refused in refused {
        assert_eq!((refused.status, refused.problem()), (409, "plan_state"), "{}", refused.body);
        assert_eq!(refused.body["current"]["state"], "computing");
        let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("仍在计算") && detail.contains("Prefer: wait=30"), "{detail}");
    }
    let english = manager.post(&format!("{path}/apply"), &json!({})).await;
    assert!(english.body.to_string().contains("is still being computed"), "{}", english.body);

    // The wait ends with the computation, or with the time.
    let waiting = |method, part: &str, seconds| {
        let request = manager.request(method, &format!("{path}{part}"));
        request.header("Prefer", format!("wait={seconds}"))
    };
    let began = Instant::now();
    let refused = manager.send(waiting(Method::GET, "/visits", 1)).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_state"), "{}", refused.body);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    let done = "UPDATE plans SET lease_until = '2020-01-01 00:00:00' WHERE lease = 'x'";
    server.database.execute(done);
    let began = Instant::now();
    let get = |part| manager.send(waiting(Method::GET, part, 30));
    let apply = waiting(Method::POST, "/apply", 30).json(&json!({}));
    let (plan, compared, applied) =
        tokio::join!(get(""), get(compare.as_str()), manager.send(apply));
    assert_ne!(plan.body["state"], "computing", "{}", plan.body);
    assert_eq!(compared.body["same"], 1, "{}", compared.body);
    assert_eq!(applied.body["plan"]["state"], "applied", "{}", applied.body);
    assert!(began.elapsed() < Duration::from_secs(29), "{:?}", began.elapsed());
    assert_eq!(manager.get(&format!("{path}/visits")).await.status, 200);
}

/// More visits in one grid than a debug build computes in the time of a test.
async fn crowd(manager: &Caller) {
    let create = |n: usize| {
        json!({
            "type": "task.create",
            "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": { "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(7) }
        })
    };
    for batch in 0..6 {
        let commands: Vec<Value> = (0..500).map(|n| create(500 * batch + n)).collect();
        let made = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
}

/// Orders a plan of all tasks and waits until a server computes it.
async fn computing(server: &Server, manager: &Caller) -> String {
    let ordered = manager.post("/v1/plans", &order(json!({}))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let id = ordered.body["id"].as_str().expect("an id").to_owned();
    let taken = format!("SELECT id AS text FROM plans WHERE id = '{id}' AND lease IS NOT NULL");
    while server.database.texts(&taken).is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The rows are read, and the one part of the plan is being computed.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(manager.get(&format!("/v1/plans/{id}")).await.body["state"], "computing");
    id
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_discarded_while_one_large_grid_is_computed_makes_room_for_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    crowd(&manager).await;
    let single = visit(&manager, 3).await;
    let large = computing(&server, &manager).await;
    let discarded = manager.delete(&format!("/v1/plans/{large}")).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    let began = Instant::now();
    let small = manager.order_plan(&order(json!({ "only": { "ids": [single] } }))).await;
    assert_eq!((small.status, &small.body["state"]), (201, &json!("draft")), "{}", small.body);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(manager.get(&format!("/v1/plans/{large}")).await.body["state"], "discarded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_hands_the_plan_that_it_computes_back_to_the_queue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    crowd(&manager).await;
    let id = computing(&server, &manager).await;
    let began = Instant::now();
    assert!(server.stop().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let returned = server.database.texts(&format!(
        "SELECT id AS text FROM plans WHERE id = '{id}' AND state = 'computing'
             AND lease IS NULL AND lease_until IS NULL AND attempts = 0"
    ));
    assert_eq!(returned, [id], "the attempt does not count");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_selects_the_tasks_of_its_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    let second = visit(&manager, 2).await;
    let tasks = async |only: Value| {
        let plan = manager.order_plan(&order(json!({ "only": only }))).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        let visits = visits(&manager, &plan).await;
        visits.iter().map(|visit| visit["task_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(tasks(json!({ "ids": [second] })).await, [json!(second)]);
    assert_eq!(tasks(json!({ "kinds": ["phone_call"] })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "kinds": ["home_visit"], "due_to": day(7) })).await.len(), 2);
    assert_eq!(tasks(json!({ "due_to": day(6) })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "levels": ["town"] })).await, Vec::<Value>::new());
    assert_eq!(tasks(json!({ "levels": ["grid"], "min_priority": 1 })).await.len(), 2);
    assert_eq!(tasks(json!({ "area": GRID })).await.len(), 2);
    let days = json!({ "not_before": day(1), "due_on": day(7), "occasion": "2027 春节" });
    let third = manager.make(&home_visit(&beneficiary_id(3), days)).await;
    assert_eq!(tasks(json!({ "occasion": "2027 春节" })).await, [json!(third)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_without_visitors_has_a_draft_that_says_why_no_one_goes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = visit(&server.manager().await, 1).await;
    let visitors = "UPDATE people SET state = 'left' WHERE role IN ('manager', 'volunteer')";
    server.database.execute(visitors);
    let plan = supervisor.order_plan(&order(json!({}))).await;
    assert_eq!(plan.status, 201, "{}", plan.body);
    let measures = &plan.body["measures"];
    assert_eq!((&measures["served"], &measures["unserved"]), (&json!(0), &json!(1)));
    let visits = visits(&supervisor, &plan).await;
    assert_eq!(visits[0]["task_id"], json!(task));
    assert!(visits[0]["reason"].is_object(), "{visits:?}");
}

/// The people of a grid cannot make the visits of one day; those of the next grid can help.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_people_around_a_grid_help_in_a_plan_of_their_village_that_selects_the_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    visit(&manager, 1).await;
    let other = json!({ "kind": "home_visit", "grid": OTHER_GRID, "place": { "lat": 29.285, "lon": 106.265 } });
    supervisor.make(&other).await;
    let mine = format!(
        "UPDATE people SET state = 'suspended' WHERE area = '{GRID}' AND role <> 'supervisor'"
    );
    server.database.execute(&mine);
    let village = &GRID[..12];
    let served = async |area: &str, only: Value| {
        let order = json!({ "area": area, "first_day": day(1), "last_day": day(7), "only": only });
        let plan = supervisor.order_plan(&order).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        visits(&supervisor, &plan).await
    };
    let alone = served(GRID, json!({})).await;
    assert!(alone[0]["person_id"].is_null(), "{alone:?}");
    let helped = served(village, json!({ "area": GRID })).await;
    assert_eq!(helped.len(), 1, "{helped:?}");
    assert!(helped[0]["person_id"].is_string(), "{helped:?}");
}

/// A visit that a person of the next grid has there takes its time, but is not what was asked about.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_measures_of_a_plan_that_selects_a_grid_are_of_the_visits_in_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    visit(&server.manager().await, 1).await;
    let place = json!({ "lat": 29.285, "lon": 106.268 });
    let days = json!({ "not_before": day(2), "due_on": day(2) });
    let mut other = json!({ "kind": "home_visit", "grid": OTHER_GRID, "place": place });
    other.as_object_mut().expect("a body").extend(days.as_object().expect("days").clone());
    let other = supervisor.make(&other).await;
    let order = json!({ "area": OTHER_GRID, "first_day": day(1), "last_day": day(7) });
    assert_eq!(supervisor.plan(&order).await["assigned"], 1, "{other}");
    let planned = async |only: Value| {
        let area = &GRID[..12];
        let order = json!({ "area": area, "first_day": day(1), "last_day": day(7), "only": only });
        supervisor.order_plan(&order).await.body
    };
    let (all, plan) = (planned(json!({})).await, planned(json!({ "area": GRID })).await);
    let (all, some, bounds) = (&all["measures"], &plan["measures"], &plan["bounds"]);
    assert_eq!((&all["served"], &some["served"]), (&json!(2), &json!(1)), "{all} {some}");
    assert!(some["travel"].as_u64() < all["travel"].as_u64(), "{all} {some}");
    assert!(bounds["travel"].as_u64() > Some(0), "{bounds}");
    assert!(bounds["travel"].as_u64() <= some["travel"].as_u64(), "{bounds} {some}");
    assert_eq!(bounds["unserved_priority"], 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_by_hand_are_conditions_of_the_next_draft(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = visit(&manager, 1).await;
    let plan = manager.order_plan(&order(json!({}))).await;
    let usual = visits(&manager, &plan).await[0]["person_id"].clone();
    assert!(usual.is_string());
    let forbidden = json!({ "forbidden": [{ "task_id": task, "person_id": usual }] });
    let plan = manager.order_plan(&order(json!({ "changes": forbidden }))).await;
    assert_eq!(plan.status, 201, "{}", plan.body);
    let other = visits(&manager, &plan).await[0].clone();
    assert_ne!(other["person_id"], usual, "{other}");

    let pins = json!({ "pins": [{ "task_id": task, "person_id": usual, "day": day(3) }] });
    let plan = manager.order_plan(&order(json!({ "changes": pins }))).await;
    let pinned = visits(&manager, &plan).await[0].clone();
    // The person may have no shift on that day of the week.
    if pinned["person_id"].is_null() {
        assert_eq!(pinned["reason"]["code"], "pin_does_not_fit", "{pinned}");
        return;
    }
    assert_eq!((&pinned["person_id"], &pinned["day"]), (&usual, &json!(day(3))));
    assert_eq!(pinned["why"]["by_hand"], true, "{pinned}");
    let id = plan.body["id"].as_str().expect("an id");
    let applied = manager.post(&format!("/v1/plans/{id}/apply"), &json!({})).await;
    assert_eq!(applied.body["left"], json!([]), "{}", applied.body);
    let assigned = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(assigned["assignee_id"], usual, "{assigned}");
    assert_eq!(assigned["planned_for"]["why"], "by_hand", "{assigned}");
    let explained = manager.get(&format!("/v1/tasks/{task}/explanation")).await.body;
    assert!(explained.to_string().contains("The author of the plan chose"), "{explained}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_without_a_skilled_person_is_made_once_its_remedy_is_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let needs = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let task = manager.make(&home_visit(&beneficiary_id(1), needs)).await;
    let draft = manager.order_plan(&order(json!({}))).await;
    let remedy = visits(&manager, &draft).await[0]["remedy"].clone();
    assert_eq!(remedy["code"], "skill", "{remedy}");

    let person = remedy["volunteer"].as_str().expect("a person");
    let accepted = json!({ "skills": [{ "person_id": person, "skills": remedy["missing"] }] });
    let more = json!({ "changes": accepted, "based_on": draft.body["id"] });
    let plan = manager.order_plan(&order(more)).await;
    assert_eq!(visits(&manager, &plan).await[0]["person_id"], person, "{}", plan.body);
    let apply = format!("/v1/plans/{}/apply", plan.body["id"].as_str().expect("an id"));
    let applied = manager.post(&apply, &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let assigned = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(assigned["assignee_id"], person, "{assigned}");
    let people = format!("SELECT skills AS text FROM people WHERE id = '{person}'");
    assert_eq!(server.database.texts(&people), ["driving"], "it applies to the plan only");
}

/// The JSON pointers of the errors of a refusal.
fn pointers(refused: &Answer) -> Vec<&str> {
    assert_eq!(refused.status, 422, "{}", refused.body);
    let errors = refused.body["errors"].as_array().expect("errors");
    errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_says_what_cannot_be_is_refused_by_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let task = visit(&manager, 1).await;
    let far = json!({ "kind": "home_visit", "grid": FAR_GRID, "place": { "lat": 29.285, "lon": 106.275 } });
    let far = supervisor.make(&far).await;
    let person = person_id(24);
    let pin = |task: &str, person: &str, day: NaiveDate| json!({ "changes": { "pins": [{ "task_id": task, "person_id": person, "day": day }] } });
    let member = person_id(22);
    let time = |day: NaiveDate| json!({ "person_id": member, "day": day, "minutes": 5 });
    let later = json!({ "task_id": task, "minutes": 5 });
    let forbidden = json!({ "task_id": task, "person_id": member });
    let week = json!({ "person_id": member, "week": day(15), "minutes": 5 });
    let medical = json!({ "person_id": member, "skills": ["medical"] });
    let skills = |list: Value| json!({ "changes": { "skills": list } });
    for (more, pointer) in [
        (json!({ "only": { "ids": [task, person_id(1)] } }), "/only/ids/1"),
        (json!({ "only": { "ids": [far] } }), "/only/ids/0"),
        (
            json!({ "changes": { "more_time": [time(day(1)), time(day(8))] } }),
            "/changes/more_time/1/day",
        ),
        (
            json!({ "changes": { "more_time": [time(day(1)), time(day(1))] } }),
            "/changes/more_time/1/day",
        ),
        (json!({ "changes": { "more_minutes": [week] } }), "/changes/more_minutes/0/week"),
        (
            json!({ "changes": { "later_windows": [later, later] } }),
            "/changes/later_windows/1/task_id",
        ),
        (skills(json!([{ "person_id": member, "skills": [] }])), "/changes/skills/0/skills"),
        (
            skills(json!([{ "person_id": member, "skills": ["no_such_skill"] }])),
            "/changes/skills/0/skills",
        ),
        (
            skills(json!([{ "person_id": person_id(23), "skills": ["medical"] }])),
            "/changes/skills/0/person_id",
        ),
        (skills(json!([medical, medical])), "/changes/skills/1/person_id"),
        (json!({ "weights": { "near": -1 } }), "/weights/near"),
        (json!({ "weights": { "fair": 401 } }), "/weights/fair"),
        (json!({ "lead_minutes": 1441 }), "/lead_minutes"),
        (json!({ "move_unaccepted": 1 }), "/move_unaccepted"),
        (json!({ "only": { "kinds": ["home_visit", "no_such_kind"] } }), "/only/kinds/1"),
        (json!({ "only": { "ids": vec![task.clone(); 2_001] } }), "/only/ids"),
        (json!({ "only": { "ids": [task, task] } }), "/only/ids/1"),
        (json!({ "only": { "kinds": ["home_visit", "home_visit"] } }), "/only/kinds/1"),
        (
            json!({ "changes": { "forbidden": [forbidden, forbidden] } }),
            "/changes/forbidden/1/person_id",
        ),
        (json!({ "only": { "area": FAR_GRID } }), "/only/area"),
        (pin(&far, &person, day(1)), "/changes/pins/0/task_id"),
        (pin(&task, "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22", day(1)), "/changes/pins/0/person_id"),
        (
            json!({ "changes": { "more_minutes": [{ "person_id": person, "minutes": 0 }] } }),
            "/changes/more_minutes/0/minutes",
        ),
    ] {
        let refused = manager.order_plan(&order(more)).await;
        assert_eq!(refused.status, 422, "{pointer}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    // The people of a list that is too long are not read.
    let unknown = json!({ "person_id": "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22", "minutes": 5 });
    let many = json!({ "changes": { "more_minutes": vec![unknown; 501] } });
    let refused = manager.order_plan(&order(many)).await;
    assert_eq!(pointers(&refused), ["/changes/more_minutes"]);
    let unknown = manager.order_plan(&order(json!({ "only": { "colour": "red" } }))).await;
    assert!((400..500).contains(&unknown.status), "{}", unknown.body);
    let elsewhere = json!({ "area": FAR_GRID, "first_day": day(1), "last_day": day(7) });
    for path in ["/v1/plans", "/v1/plans/estimates"] {
        let body = match path {
            "/v1/plans" => elsewhere.clone(),
            _ => json!({ "order": elsewhere, "more_volunteers": [] }),
        };
        let refused = manager.post(path, &body).await;
        assert_eq!(refused.status, 404, "{path}: {}", refused.body);
    }
    let several = json!({
        "last_day": day(0),
        "weights": { "near": -1, "fair": 401 },
        "only": { "kinds": ["no_such_kind"], "ids": [task, task, far] },
        "changes": {
            "skills": [{ "person_id": member, "skills": ["no_such_skill"] }],
            "later_windows": [{ "task_id": far, "minutes": 0 }],
        },
    });
    let wrong = [
        "/last_day",
        "/weights/near",
        "/weights/fair",
        "/only/ids/1",
        "/changes/later_windows/0/minutes",
        "/only/kinds/0",
        "/only/ids/2",
        "/changes/later_windows/0/task_id",
        "/changes/skills/0/skills",
    ];
    let refused = manager.order_plan(&order(several.clone())).await;
    assert_eq!(pointers(&refused), wrong, "all at once: {}", refused.body);
    let more = json!([{ "area": FAR_GRID, "count": 51, "weekly_minutes": 60 }]);
    let question = json!({ "order": order(several), "more_volunteers": more });
    let refused = manager.post("/v1/plans/estimates", &question).await;
    let more = ["count", "area"].map(|member| format!("/more_volunteers/0/{member}"));
    let wrong: Vec<String> = wrong.iter().map(|it| format!("/order{it}")).chain(more).collect();
    assert_eq!(pointers(&refused), wrong, "{}", refused.body);
    let many = vec![json!({ "person_id": member, "minutes": 0 }); 101];
    let refused = manager.order_plan(&order(json!({ "changes": { "more_minutes": many } }))).await;
    assert_eq!(pointers(&refused).len(), 100, "as many as the contract permits");
    let plans = manager.get("/v1/plans").await;
    assert_eq!(plans.body["items"], json!([]), "a refused order leaves no plan");

    // A task may have ended since the caller has read it.
    let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{task}/cancel"));
    let cancel = cancel.header("If-Match", format!("\"v{version}\""));
    assert_eq!(manager.send(cancel.json(&json!({ "reason": "x" }))).await.status, 200);
    let ended = manager.order_plan(&order(json!({ "only": { "ids": [task] } }))).await;
    assert_eq!((ended.status, &ended.body["assigned"]), (201, &json!(0)), "{}", ended.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_sets_what_part_of_a_managers_time_plans_may_use(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, admin) = (server.manager().await, server.admin().await);
    let present = manager.get("/v1/planning-settings").await;
    assert_eq!(present.body["settings"]["manager_dispatch_percent"], 40, "{}", present.body);
    let change = async |caller: &Caller, version: &str, percent: u32| {
        let settings = json!({
            "lead_minutes": 30, "manager_dispatch_percent": percent, "fairness_weeks": 4
        });
        let request = caller.request(Method::PUT, "/v1/planning-settings");
        caller.send(request.header("If-Match", version).json(&settings)).await
    };
    assert_eq!(change(&manager, "\"v1\"", 0).await.problem(), "forbidden");
    assert_eq!(change(&admin, "\"v2\"", 0).await.status, 412);
    assert_eq!(change(&admin, "\"v1\"", 101).await.status, 422);
    let changed = change(&admin, "\"v1\"", 0).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)));

    visit(&manager, 1).await;
    let me = manager.get("/v1/me").await.body["id"].clone();
    let plan = manager.order_plan(&order(json!({}))).await;
    let visits = visits(&manager, &plan).await;
    assert_ne!(visits[0]["person_id"], me, "a manager with no minutes for visits gets none");
    assert_eq!(change(&admin, "\"v2\"", 100).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_with_nothing_to_do_for_weeks_is_offered_a_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, admin) = (server.manager().await, server.admin().await);
    let set = async |version: &str, idle_weeks: u32| {
        let settings = json!({
            "lead_minutes": 30, "manager_dispatch_percent": 0, "fairness_weeks": 4,
            "idle_weeks": idle_weeks
        });
        let request = admin.request(Method::PUT, "/v1/planning-settings");
        admin.send(request.header("If-Match", version).json(&settings)).await
    };
    // Both live next to the first volunteer.
    for n in [1, 2] {
        visit(&manager, n).await;
    }
    let people = async || {
        let plan = manager.order_plan(&order(json!({}))).await;
        let visits = visits(&manager, &plan).await;
        let mut people: Vec<Value> = visits.iter().map(|one| one["person_id"].clone()).collect();
        people.sort_by_key(ToString::to_string);
        people
    };
    let (first, second) = (json!(person_id(21)), json!(person_id(22)));
    assert_eq!(set("\"v1\"", 53).await.status, 422);
    assert_eq!(set("\"v1\"", 0).await.status, 200);
    assert_eq!(people().await, [first.clone(), first.clone()], "the shortest ways");
    assert_eq!(set("\"v2\"", 4).await.status, 200);
    assert_eq!(people().await, [first.clone(), second], "and something for the other one");

    let own = visit(&manager, 3).await;
    let claimed = server.second_volunteer().await.act(&format!("/v1/tasks/{own}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let planned = people().await;
    assert_eq!(planned, [first.clone(), first], "who has something to do is offered nothing more");
}

/// The Monday after today.
fn next_monday() -> NaiveDate {
    day(7 - i64::from(day(0).weekday().num_days_from_monday()))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_several_weeks_gives_each_week_its_own_minutes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    // One person makes visits, in two hours a week.
    let first = person_id(21);
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role <> 'admin'");
    let weekly = format!("UPDATE people SET weekly_minutes = 120 WHERE id = '{first}'");
    server.database.execute(&weekly);
    let monday = next_monday();
    let next = monday + Days::new(7);
    let due = next + Days::new(2);
    for number in [1, 2, 3, 1, 2, 3] {
        let days = json!({ "not_before": monday, "due_on": due, "minutes": 50 });
        manager.make(&home_visit(&beneficiary_id(number), days)).await;
    }
    let ordered = async |more: Value| {
        let mut order = json!({ "area": GRID, "first_day": monday, "last_day": due });
        let more = more.as_object().expect("members").clone();
        order.as_object_mut().expect("an object").extend(more);
        let plan = manager.order_plan(&order).await;
        assert_eq!(plan.status, 201, "{}", plan.body);
        visits(&manager, &plan).await
    };
    let in_week = |visits: &[Value], from: NaiveDate| {
        let week = from..from + Days::new(7);
        let days = visits.iter().filter_map(|one| one["day"].as_str()?.parse().ok());
        days.filter(|day: &NaiveDate| week.contains(day)).count()
    };
    let plan = ordered(json!({})).await;
    assert_eq!((in_week(&plan, monday), in_week(&plan, next)), (2, 2), "{plan:#?}");
    let left: Vec<&Value> = plan.iter().filter(|one| one["person_id"].is_null()).collect();
    let remedy = &left[0]["remedy"];
    assert_eq!((left.len(), &remedy["code"]), (2, &json!("more_minutes")), "{left:#?}");
    let week = &remedy["week"];
    let expected = if *week == json!(monday) { (3, 2) } else { (2, 3) };
    assert!([json!(monday), json!(next)].contains(week), "{remedy}");

    let more = json!({ "person_id": first, "week": week, "minutes": remedy["minutes"] });
    let plan = ordered(json!({ "changes": { "more_minutes": [more] } })).await;
    assert_eq!((in_week(&plan, monday), in_week(&plan, next)), expected, "{plan:#?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_shows_names_loads_and_obstacles_and_is_compared_with_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, 1).await;
    let surgery = json!({
        "not_before": day(1), "due_on": day(7), "skills": ["medical"],
        "beneficiary_id": beneficiary_id(2), "kind": "home_visit"
    });
    let impossible = manager.make(&surgery).await;
    let tomb = json!({ "lat": 29.286, "lon": 106.256 });
    let at_tomb = json!({
        "kind": "home_visit", "grid": GRID, "place": tomb, "title": "擦拭烈士墓",
        "not_before": day(1), "due_on": day(7), "skills": ["medical"]
    });
    let at_tomb = manager.make(&at_tomb).await;
    let first = manager.order_plan(&order(json!({}))).await;
    let id = first.body["id"].as_str().expect("an id").to_owned();

    let row = manager.get(&format!("/v1/plans/{id}/visits?task={task}")).await.body;
    let row = &row["items"][0];
    for member in ["person_name", "grid_name", "beneficiary_name", "kind", "due_on", "minutes"] {
        assert!(!row[member].is_null(), "{member}: {row}");
    }
    // Of a home its cell, of a task at a place the place; of each what it is for.
    assert!(row["cell"].is_object() && row.get("place").is_none(), "{row}");
    let listed = manager.get(&format!("/v1/plans/{id}/visits?task={at_tomb}")).await.body;
    let of_tomb = &listed["items"][0];
    assert_eq!((&of_tomb["title"], &of_tomb["place"]), (&json!("擦拭烈士墓"), &tomb), "{listed}");

    let loads = manager.get(&format!("/v1/plans/{id}/loads")).await.body;
    let of_person = &loads["people"][0];
    assert_eq!((&of_person["added"], &of_person["minutes_before"]), (&json!(1), &json!(0)));
    assert_eq!(of_person["person_id"], row["person_id"]);
    assert!(of_person["minutes_after"].as_u64() > Some(0) && of_person["name"].is_string());
    let of_grid = &loads["grids"][0];
    assert_eq!((&of_grid["grid"], &of_grid["assigned_before"]), (&json!(GRID), &json!(0)));
    assert_eq!((&of_grid["assigned_after"], &of_grid["unserved"]), (&json!(1), &json!(2)));

    let obstacles = manager.get(&format!("/v1/plans/{id}/obstacles")).await.body;
    let remedies = json!([{ "remedy": "skill", "tasks": 2 }]);
    let expected = json!([{ "reason": "no_skill", "tasks": 2, "remedies": remedies }]);
    assert_eq!(obstacles["items"], expected, "{obstacles}");
    let unassigned = manager.get(&format!("/v1/plans/{id}/visits?unassigned=true")).await.body;
    let unassigned: Vec<_> = unassigned["items"].as_array().expect("visits").iter().collect();
    assert_eq!(unassigned.len(), 2);
    assert!(unassigned.iter().any(|visit| visit["task_id"] == impossible.as_str()));

    let forbidden = json!({ "forbidden": [{ "task_id": task, "person_id": row["person_id"] }] });
    let second = manager.order_plan(&order(json!({ "changes": forbidden }))).await;
    let other = second.body["id"].as_str().expect("an id");
    let compared = manager.get(&format!("/v1/plans/{id}/compare/{other}")).await.body;
    assert_eq!((&compared["plan"]["id"], &compared["same"]), (&json!(id), &json!(2)));
    let different = &compared["different"][0];
    assert_eq!(different["task_id"], task.as_str());
    assert_eq!(different["visit"]["person_id"], row["person_id"]);
    assert_ne!(different["other"], different["visit"]);
    for member in ["grid_name", "beneficiary_name", "kind"] {
        assert_eq!(different[member], row[member], "{different}");
    }
    assert_eq!(different["visit"]["person_name"], row["person_name"], "{different}");
    assert!(different["other"]["person_name"].is_string(), "{different}");
    let audited = server.auditor().await.get(&format!("/v1/plans/{id}/compare/{other}")).await;
    let audited = &audited.body["different"][0];
    assert!(audited["grid_name"].is_string() && audited.get("beneficiary_name").is_none());
    assert!(audited["visit"].get("person_name").is_none(), "{audited}");
    let itself = manager.get(&format!("/v1/plans/{id}/compare/{id}")).await.body;
    assert_eq!((&itself["same"], &itself["different"]), (&json!(3), &json!([])));

    for part in ["loads", "obstacles", "visits", &format!("compare/{other}")] {
        let path = format!("/v1/plans/{id}/{part}");
        assert_eq!(volunteer.get(&path).await.problem(), "forbidden", "{part}");
        let unknown = path.replace(&id, "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22");
        assert_eq!(manager.get(&unknown).await.status, 404, "{part}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_imagines_more_volunteers_and_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    // Nobody of the grid has time.
    let admin = server.admin().await;
    let settings =
        json!({ "lead_minutes": 30, "manager_dispatch_percent": 0, "fairness_weeks": 4 });
    let request = admin.request(Method::PUT, "/v1/planning-settings").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(request.json(&settings)).await.status, 200);
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role = 'volunteer'");

    let ask = async |more: Value| {
        let body = json!({ "order": order(json!({})), "more_volunteers": more });
        manager.post("/v1/plans/estimates", &body).await
    };
    let without = ask(json!([])).await;
    assert_eq!(without.status, 200, "{}", without.body);
    assert_eq!(without.body["measures"]["served"], 0);
    assert_eq!(without.body["obstacles"][0]["reason"], "no_minutes", "{}", without.body);
    let with = ask(json!([{ "area": GRID, "count": 2, "weekly_minutes": 120 }])).await;
    assert_eq!(with.body["measures"]["served"], 1, "{}", with.body);
    assert_eq!(with.body["obstacles"], json!([]));
    let village = &GRID[..12];
    let order = json!({ "area": village, "first_day": day(1), "last_day": day(7) });
    let more = json!([{ "area": village, "count": 2, "weekly_minutes": 120 }]);
    let body = json!({ "order": order, "more_volunteers": more });
    let spread = server.supervisor().await.post("/v1/plans/estimates", &body).await;
    assert_eq!(spread.body["measures"]["served"], 1, "{}", spread.body);
    assert_eq!(manager.get("/v1/plans").await.body["items"], json!([]));
    for (more, pointer) in [
        (json!({ "area": FAR_GRID, "count": 1, "weekly_minutes": 60 }), "area"),
        (json!({ "area": GRID, "count": 51, "weekly_minutes": 60 }), "count"),
    ] {
        let refused = ask(json!([more])).await;
        let pointer = format!("/more_volunteers/0/{pointer}");
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
}
