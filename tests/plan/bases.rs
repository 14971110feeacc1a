//! A plan that is based on a draft: what a supervisor does not change stays as it was.

use chrono::{Days, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// Visits at places that lie about the grid, possible on the days of the plan.
async fn visits_around(manager: &Caller, count: u32) -> Vec<String> {
    let mut tasks = Vec::new();
    for n in 0..count {
        let (lat, lon) = (f64::from(n * 7 % 10), f64::from(n * 3 % 10));
        let place = json!({ "lat": 29.2805 + lat / 1_000.0, "lon": 106.2505 + lon / 1_000.0 });
        let body = json!({
            "kind": "home_visit", "grid": GRID, "place": place, "title": format!("走访{n}"),
            "minutes": 20 + n % 3 * 10, "not_before": day(1), "due_on": day(9)
        });
        tasks.push(manager.make(&body).await);
    }
    tasks
}

/// A plan of three days, with more members.
fn order(more: Value) -> Value {
    let mut order = json!({ "area": GRID, "first_day": day(1), "last_day": day(3) });
    let more = more.as_object().expect("members").clone();
    order.as_object_mut().expect("an object").extend(more);
    order
}

async fn draft(caller: &Caller, more: Value) -> Value {
    let made = caller.order_plan(&order(more)).await;
    assert_eq!((made.status, &made.body["state"]), (201, &json!("draft")), "{}", made.body);
    made.body
}

fn id(plan: &Value) -> &str {
    plan["id"].as_str().expect("an id")
}

/// The visits of the plan that have a person.
async fn visits(caller: &Caller, plan: &Value) -> Vec<Value> {
    let page = caller.get(&format!("/v1/plans/{}/visits?limit=200", id(plan))).await;
    let items = page.body["items"].as_array().expect("visits").clone();
    items.into_iter().filter(|item| item["person_id"].is_string()).collect()
}

/// The tasks that the second plan treats otherwise, with their visits in both.
async fn different(caller: &Caller, plan: &Value, other: &Value) -> Vec<Value> {
    let compared = caller.get(&format!("/v1/plans/{}/compare/{}", id(plan), id(other))).await;
    compared.body["different"].as_array().expect("tasks").clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_pin_only_the_person_who_makes_room_has_other_visits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visits_around(&manager, 24).await;
    let base = draft(&manager, json!({})).await;
    let before = visits(&manager, &base).await;
    assert!(before.len() >= 20, "{} of 24 visits", before.len());
    assert!(base.get("base").is_none(), "{base}");

    let again = draft(&manager, json!({ "based_on": base["id"], "seed": 7 })).await;
    assert_eq!(different(&manager, &base, &again).await, [] as [Value; 0]);
    let same = json!({ "plan_id": base["id"], "kept": before.len(), "moved": 0 });
    assert_eq!(again["base"], same);
    let days = |visits: &[Value]| -> Vec<Value> {
        visits.iter().map(|visit| visit["why"]["day"].clone()).collect()
    };
    assert!(days(&before).contains(&json!("first_possible")), "{:?}", days(&before));
    assert_eq!(days(&visits(&manager, &again).await), days(&before), "what stays keeps its reason");

    for (at, visit) in (0..).zip(&before).step_by(5) {
        let other = [21, 22].map(person_id).into_iter().find(|other| visit["person_id"] != *other);
        let (task, person) = (&visit["task_id"], other.expect("another person"));
        let pin = json!({ "task_id": task, "person_id": person, "day": day(1 + at % 3) });
        let changes = json!({ "pins": [pin] });
        let next = draft(&manager, json!({ "based_on": base["id"], "changes": changes })).await;
        let moved = different(&manager, &base, &next).await;
        for visit in &moved {
            let is_theirs = visit["visit"]["person_id"] == *person;
            assert!(visit["task_id"] == *task || is_theirs, "{visit} for {pin}");
        }
        let after = visits(&manager, &next).await;
        assert_eq!(after.len(), before.len(), "no visit is lost");
        let pinned = after.iter().find(|visit| visit["task_id"] == *task).expect("a visit");
        assert_eq!((&pinned["person_id"], &pinned["day"]), (&json!(person), &pin["day"]));
        let by_hand = after.iter().filter(|visit| visit["why"]["by_hand"] == true);
        assert_eq!(by_hand.count(), 1, "the others have their own reasons");
        let set_before = after.iter().filter(|visit| visit["why"]["day"] == "pinned");
        let set_before: Vec<&Value> = set_before.map(|visit| &visit["task_id"]).collect();
        assert_eq!(set_before, [task], "and those of the base for their days");
        let counts = json!({
            "plan_id": base["id"], "kept": before.len() - moved.len(), "moved": moved.len()
        });
        assert_eq!(next["base"], counts);
        assert_eq!(manager.get(&format!("/v1/plans/{}", id(&next))).await.body["base"], counts);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_absence_only_the_visits_of_that_person_move(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visits_around(&manager, 15).await;
    let base = draft(&manager, json!({})).await;
    let before = visits(&manager, &base).await;
    let away = json!({ "first_day": day(1), "last_day": day(3), "reason": "sick" });
    let path = format!("/v1/people/{}/absences", person_id(21));
    assert_eq!(manager.post(&path, &away).await.status, 201);

    let next = draft(&manager, json!({ "based_on": base["id"] })).await;
    let moved = different(&manager, &base, &next).await;
    let theirs = before.iter().filter(|visit| visit["person_id"] == person_id(21)).count();
    assert!(theirs > 0);
    assert_eq!(moved.len(), theirs);
    for visit in &moved {
        assert_eq!(visit["visit"]["person_id"], person_id(21), "{visit}");
        assert_ne!(visit["other"]["person_id"], person_id(21), "{visit}");
    }
    // The draft is applied as any other.
    let applied = manager.post(&format!("/v1/plans/{}/apply", id(&next)), &json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_stay_is_planned_anew(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    visits_around(&manager, 12).await;
    let base = draft(&manager, json!({})).await;
    let before = visits(&manager, &base).await;
    let of_others = |visit: &&Value| visit["person_id"] != person_id(21);
    let forbidden = before.iter().find(of_others).expect("a visit of another").clone();
    let claimed = before.iter().rfind(of_others).expect("a visit of another").clone();
    assert_ne!(forbidden["task_id"], claimed["task_id"]);
    let claim = format!("/v1/tasks/{}/claim", claimed["task_id"].as_str().expect("an id"));
    assert_eq!(volunteer.act(&claim).await.status, 200);
    let new = visits_around(&manager, 1).await;

    let changes = json!({ "forbidden": [
        { "task_id": forbidden["task_id"], "person_id": forbidden["person_id"] }
    ] });
    let next = draft(&manager, json!({ "based_on": base["id"], "changes": changes })).await;
    let after = visits(&manager, &next).await;
    let of = |task: &Value| after.iter().find(|visit| visit["task_id"] == *task);
    assert_ne!(of(&forbidden["task_id"]).map(|it| &it["person_id"]), Some(&forbidden["person_id"]));
    assert!(of(&json!(new[0])).is_some(), "a new task is planned beside the others");
    for visit in &before {
        let task = &visit["task_id"];
        if *task != forbidden["task_id"] && *task != claimed["task_id"] {
            let now = of(task).unwrap_or_else(|| panic!("{task} is lost"));
            for member in ["person_id", "day", "start"] {
                assert_eq!(now[member], visit[member], "{member} of {task}");
            }
        }
    }

    // An undone plan is a base as well, and an estimate has one too.
    let path = format!("/v1/plans/{}", id(&next));
    for command in ["apply", "undo"] {
        let done = manager.post(&format!("{path}/{command}"), &json!({})).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    let undone = draft(&manager, json!({ "based_on": next["id"] })).await;
    assert_eq!(undone["base"]["moved"], 0, "{undone}");
    let question =
        json!({ "order": order(json!({ "based_on": next["id"] })), "more_volunteers": [] });
    let answer = manager.post("/v1/plans/estimates", &question).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["measures"]["served"], undone["measures"]["served"]);
}

async fn refused(caller: &Caller, more: Value) -> (u16, String, Value) {
    let Answer { status, body, .. } = caller.order_plan(&order(more)).await;
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    (status, code, body["errors"][0]["pointer"].clone())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_is_a_draft_of_the_same_area_and_of_these_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    visits_around(&manager, 2).await;
    let of_area = async |area: &str| {
        let body = json!({ "area": area, "first_day": day(1), "last_day": day(3) });
        supervisor.order_plan(&body).await.body["id"].clone()
    };
    let unknown = json!("01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22");
    let invalid = (422, "invalid".to_owned(), json!("/based_on"));
    for base in
        [unknown, of_area(FAR_GRID).await, of_area(OTHER_GRID).await, of_area("500116").await]
    {
        assert_eq!(refused(&manager, json!({ "based_on": base })).await, invalid, "{base}");
    }
    let base = draft(&manager, json!({})).await;
    let later = json!({ "based_on": base["id"], "first_day": day(4), "last_day": day(5) });
    assert_eq!(refused(&manager, later).await, invalid);
    let longer = json!({ "based_on": base["id"], "first_day": day(2), "last_day": day(5) });
    draft(&manager, longer).await;
    let mut question =
        json!({ "order": order(json!({ "based_on": "no id" })), "more_volunteers": [] });
    question["order"]["based_on"] = json!(person_id(1));
    let asked = manager.post("/v1/plans/estimates", &question).await;
    assert_eq!(asked.body["errors"][0]["pointer"], "/order/based_on", "{}", asked.body);

    let state = (409, "plan_state".to_owned(), json!("/based_on"));
    let applied = draft(&manager, json!({})).await;
    let path = format!("/v1/plans/{}/apply", id(&applied));
    assert_eq!(manager.post(&path, &json!({})).await.status, 200);
    assert_eq!(refused(&manager, json!({ "based_on": applied["id"] })).await, state);
    let discarded = draft(&manager, json!({})).await;
    manager.delete(&format!("/v1/plans/{}", id(&discarded))).await;
    let order = order(json!({ "based_on": discarded["id"] }));
    let request = manager.request(Method::POST, "/v1/plans").header("Accept-Language", "zh-CN");
    let refusal = manager.send(request.json(&order)).await;
    assert_eq!(refusal.body["current"]["state"], "discarded", "{}", refusal.body);
    assert_eq!(refusal.body["errors"][0]["detail"], "须为草稿或已撤销的方案");

    let eight_days_ago = (Utc::now() - Days::new(8)).naive_utc();
    server.database.execute(&format!("UPDATE plans SET created_at = '{eight_days_ago}'"));
    assert_eq!(refused(&manager, json!({ "based_on": base["id"] })).await, invalid);
}
