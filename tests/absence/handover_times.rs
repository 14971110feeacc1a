//! The times of visits that are given to others.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{ill, planned};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Server};

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
