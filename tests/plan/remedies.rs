//! The remedies of a draft: a change that accepts one serves the visit that has it.

use chrono::NaiveDate;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, Caller, Files, GRID, Server};

/// A visit next to the home of the only person who has time, on this day alone.
async fn visit(manager: &Caller, on: NaiveDate, minutes: u32, more: &Value) -> String {
    let mut body = json!({
        "kind": "home_visit", "grid": GRID, "place": { "lat": 29.286, "lon": 106.252 },
        "title": "走访", "minutes": minutes, "not_before": on, "due_on": on
    });
    let more = more.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(more);
    manager.make(&body).await
}

/// The draft of the day, with more members of its order, and its visits.
async fn draft(manager: &Caller, on: NaiveDate, more: Value) -> (Value, Vec<Value>) {
    let mut order = json!({ "area": GRID, "first_day": on, "last_day": on, "reach": "grid" });
    let more = more.as_object().expect("members").clone();
    order.as_object_mut().expect("an object").extend(more);
    let made = manager.order_plan(&order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/v1/plans/{}/visits", made.body["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].as_array().expect("visits").clone();
    (made.body, visits)
}

/// The tasks that have a person.
fn served(visits: &[Value]) -> Vec<&Value> {
    let served = visits.iter().filter(|visit| visit["person_id"].is_string());
    served.map(|visit| &visit["task_id"]).collect()
}

/// The change that accepts the remedy of the visit.
fn accepted(visit: &Value) -> Value {
    let (remedy, task) = (&visit["remedy"], &visit["task_id"]);
    let (person, minutes) = (&remedy["volunteer"], &remedy["minutes"]);
    match remedy["code"].as_str() {
        Some("more_minutes") => json!({ "more_minutes": [{
            "person_id": person, "week": remedy["week"], "minutes": minutes, "task_id": task
        }] }),
        Some("more_time") => json!({ "more_time": [{
            "person_id": person, "day": remedy["day"], "minutes": minutes, "task_id": task
        }] }),
        Some("later_window") => {
            json!({ "later_windows": [{ "task_id": task, "minutes": minutes }] })
        }
        _ => json!({ "skills": [{
            "person_id": person, "skills": remedy["missing"], "task_id": task
        }] }),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_the_visits_that_compete_is_served_by_its_own_remedy(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let files = Files::small().with("people.csv", "0900-1200", "0900-1030");
    let server = Server::with(backend, &files);
    let manager = server.manager().await;
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role <> 'admin'");
    let person = person_id(21);
    let window = json!({ "window": { "start": 540, "end": 590 } });
    let cases = [
        ("more_minutes", 40, 30, json!({}), 1),
        ("more_time", 600, 50, json!({}), 1),
        ("later_window", 600, 30, window, 1),
        ("skill", 600, 50, json!({ "skills": ["medical"] }), 0),
    ];
    for (on, (code, weekly, minutes, more, fitting)) in (1..).map(day).zip(cases) {
        let offer = format!("UPDATE people SET weekly_minutes = {weekly} WHERE id = '{person}'");
        server.database.execute(&offer);
        for _ in 0..3 {
            visit(&manager, on, minutes, &more).await;
        }
        let (base, before) = draft(&manager, on, json!({})).await;
        assert_eq!(served(&before).len(), fitting, "{before:#?}");
        let left = before.iter().filter(|visit| visit["person_id"].is_null());
        for one in left {
            assert_eq!(one["remedy"]["code"], code, "{one}");
            let order = json!({ "based_on": base["id"], "changes": accepted(one) });
            let (next, after) = draft(&manager, on, order).await;
            let mut expected = served(&before);
            expected.push(&one["task_id"]);
            expected.sort_by_key(|task| task.as_str());
            assert_eq!(served(&after), expected, "visits are listed by task: {}", one["remedy"]);
            assert_eq!(next["base"]["moved"], 0, "the rest is unchanged: {next}");
        }
    }
}
