//! A pin to a day before the first one of its task.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, GRID, Server};

/// An order for six days that pins these tasks to these days.
fn order(pins: &[(&str, i64)]) -> Value {
    let person = person_id(21);
    let pin =
        |(task, on): &(&str, i64)| json!({ "task_id": task, "person_id": person, "day": day(*on) });
    let pins: Vec<Value> = pins.iter().map(pin).collect();
    json!({ "area": GRID, "first_day": day(1), "last_day": day(6), "changes": { "pins": pins } })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_to_a_day_before_the_first_one_of_its_task_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = |first: i64| json!({ "not_before": day(first), "due_on": day(7) });
    let tasks = [
        manager.make(&home_visit(&beneficiary_id(1), days(1))).await,
        manager.make(&home_visit(&beneficiary_id(2), days(3))).await,
    ];
    let [soon, later] = [0, 1].map(|n| tasks[n].as_str());
    let early = order(&[(soon, 2), (later, 2)]);
    let first = day(3);
    for (language, detail) in
        [("en", format!("must not be before {first}")), ("zh-CN", format!("不能早于 {first}"))]
    {
        let request =
            manager.request(Method::POST, "/v1/plans").header("Accept-Language", language);
        let refused = manager.send(request.json(&early)).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let errors = json!([{ "pointer": "/changes/pins/1/day", "detail": detail }]);
        assert_eq!(refused.body["errors"], errors, "{}", refused.body);
    }
    let estimate = manager.post("/v1/plans/estimates", &json!({ "order": early })).await;
    let pointer = &estimate.body["errors"][0]["pointer"];
    assert_eq!((estimate.status, pointer), (422, &json!("/order/changes/pins/1/day")));
    // A day that is none of the plan has one error.
    let refused = manager.order_plan(&order(&[(later, 0)])).await;
    assert_eq!(refused.body["errors"].as_array().map(Vec::len), Some(1), "{}", refused.body);

    let base = manager.order_plan(&order(&[(soon, 2), (later, 3)])).await;
    assert_eq!(base.status, 201, "{}", base.body);
    // The first day becomes later: a draft on that base gives the task another day, unless it repeats the pin.
    let task = manager.get(&format!("/v1/tasks/{later}")).await.body;
    let request = manager.request(Method::POST, &format!("/v1/tasks/{later}/reschedule"));
    let request = request.header("If-Match", format!("\"v{}\"", task["version"]));
    let moved =
        manager.send(request.json(&json!({ "not_before": day(5), "due_on": day(7) }))).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let based = |mut order: Value| {
        order["based_on"] = base.body["id"].clone();
        order
    };
    let refused = manager.order_plan(&based(order(&[(later, 3)]))).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/changes/pins/0/day", "{}", refused.body);
    let next = manager.order_plan(&based(order(&[]))).await;
    assert_eq!((next.status, &next.body["assigned"]), (201, &json!(2)), "{}", next.body);
    let path = format!("/v1/plans/{}/visits", next.body["id"].as_str().expect("an id"));
    let visits = manager.get(&format!("{path}?task={later}")).await.body;
    let on = visits["items"][0]["day"].as_str().expect("a day");
    assert!(on >= day(5).to_string().as_str(), "{visits}");
}
