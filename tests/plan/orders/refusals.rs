//! Orders that are refused.

use chrono::NaiveDate;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{order, visit};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::server::Answer;
use crate::support::{Backend, FAR_GRID, Server};

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
