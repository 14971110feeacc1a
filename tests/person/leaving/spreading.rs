//! Visits that are spread over a village: each person gets the part that plans may use of the own week.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, Server};

/// Gives the first volunteer this many visits of half an hour, all of the week of one day.
async fn hold(manager: &Caller, count: usize) {
    let create = |n: usize| {
        json!({
            "type": "task.create", "beneficiary_ids": [beneficiary_id(1), beneficiary_id(2)],
            "payload": {
                "kind": "home_visit", "title": format!("回访 {n}"), "due_on": day(7), "minutes": 30
            }
        })
    };
    let bulk = async |commands: Vec<Value>| {
        let done = manager.post("/v1/tasks/bulk", &json!({ "commands": commands })).await;
        assert_eq!((done.status, &done.body["applied"]), (200, &json!(count)), "{}", done.body);
        done.body["results"].as_array().expect("results").clone()
    };
    let made = bulk((0..count / 2).map(create).collect()).await;
    let tasks: Vec<Value> = made.iter().map(|made| json!({ "id": made["task_id"] })).collect();
    let to = json!({ "person_id": person_id(21), "force": true });
    bulk(vec![json!({ "type": "task.assign", "payload": to, "tasks": tasks })]).await;
}

/// What an absence, a departure or a move of the first volunteer would spread; nothing is changed.
async fn preview(supervisor: &Caller, command: &str) -> Answer {
    let path = format!("/v1/people/{}/{command}", person_id(21));
    let (query, body) = match command {
        "absences" => (
            "?check=true",
            json!({
                "first_day": day(0), "last_day": day(13), "reason": "sick", "release": true,
                "spread": true
            }),
        ),
        "departure" => ("", json!({ "preview": true, "reason": "ill", "spread": true })),
        _ => ("", json!({ "preview": true, "area": FAR_GRID, "spread": true })),
    };
    let shown = supervisor.post(&format!("{path}{query}"), &body).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    shown
}

/// The assignees of the tasks that are given.
fn takers(shown: &Answer) -> Vec<String> {
    let tasks = shown.body["tasks"].as_array().expect("tasks").iter();
    tasks.filter_map(|task| task["person_id"].as_str().map(str::to_owned)).collect()
}

/// Checks that no one would have more than the offer that is shown; answers the offers.
fn offers(shown: &Answer) -> Vec<(String, u64)> {
    let loads = shown.body["loads"].as_array().expect("loads").iter();
    let offer = |load: &Value| {
        let minutes = |name: &str| load[name].as_u64().expect("minutes");
        assert!(minutes("after") <= minutes("weekly_minutes"), "{}", shown.body);
        (load["person_id"].as_str().expect("an id").to_owned(), minutes("weekly_minutes"))
    };
    loads.map(offer).collect()
}

/// A village of five grids, with a manager each, and of fourteen volunteers besides the first one.
fn village() -> Files {
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week = week.map(|day| format!("{day} 0900-1200")).join(";");
    let person = |n: u32, role: &str, area: &str, minutes: u32| {
        let id = person_id(n);
        format!(
            "{id},{role},邻居{n},F,1980,100000000{n},{area},29.28500,106.25500,driving,{minutes},{week}"
        )
    };
    let mut files = Files::small();
    let mut grids = r#"{"type":"FeatureCollection","features":["#.to_owned();
    let begin = grids.clone();
    for (n, west, east) in
        [(3, "106.24", "106.25"), (4, "106.23", "106.24"), (5, "106.22", "106.23")]
    {
        let code = format!("500116001002{n:03}");
        let ring =
            format!("[[{west},29.28],[{east},29.28],[{east},29.29],[{west},29.29],[{west},29.28]]");
        let grid = format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},
            "geometry":{{"type":"Polygon","coordinates":[{ring}]}}}},"#
        );
        grids.push_str(&grid);
        let line = format!("{code},grid,第{n}网格,500116001002,29.28500,{west}500");
        files = files.with_line("areas.csv", &line);
        files = files.with_line("people.csv", &person(50 + n, "manager", &code, 600));
    }
    for n in 31..=42 {
        files = files.with_line("people.csv", &person(n, "volunteer", GRID, 180));
    }
    files.with("grids.geojson", &begin, &grids)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn most_visits_go_to_the_many_volunteers_of_a_village_and_not_to_its_managers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("absences", "departure", "move")] command: &str,
) {
    let server = Server::with(backend, &village());
    server.database.execute("UPDATE people SET weekly_minutes = 1260 WHERE role = 'manager'");
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    hold(&manager, 20).await;
    let shown = preview(&supervisor, command).await;
    let takers = takers(&shown);
    assert_eq!(takers.len(), 20, "{}", shown.body);
    let managers = [11, 12, 53, 54, 55].map(person_id);
    let to_managers = takers.iter().filter(|taker| managers.contains(taker)).count();
    assert_eq!(to_managers, 5, "one each, as each of the volunteers: {}", shown.body);
    for (person, offer) in offers(&shown) {
        let expected = if managers.contains(&person) { Some(504) } else { None };
        assert!(expected.is_none_or(|minutes| minutes == offer), "40 % of 1260: {}", shown.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_one_gets_more_than_the_offer_while_others_have_room(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("absences", "departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    server.database.execute("UPDATE people SET weekly_minutes = 150 WHERE role = 'manager'");
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    // The two managers of the village offer an hour each, its two other volunteers ten.
    hold(&manager, 40).await;
    let shown = preview(&supervisor, command).await;
    assert_eq!(takers(&shown).len(), 40, "{}", shown.body);
    for (person, offer) in offers(&shown) {
        let is_manager = [11, 12].map(person_id).contains(&person);
        assert_eq!(offer, if is_manager { 60 } else { 600 }, "{}", shown.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_minutes_of_a_manager_who_is_named_are_shown_as_plans_may_use_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    hold(&manager, 2).await;
    let path = format!("/v1/people/{}/departure", person_id(21));
    let body = json!({ "preview": true, "reason": "ill", "give_to": person_id(11) });
    let shown = supervisor.send(supervisor.request(Method::POST, &path).json(&body)).await;
    let load = json!([{
        "person_id": person_id(11), "before": 0, "after": 60, "weekly_minutes": 240
    }]);
    assert_eq!(shown.body["loads"], load, "{}", shown.body);
}
