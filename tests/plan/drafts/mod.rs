//! Drafts of plans: what a supervisor sees before a plan counts, and how it is applied and undone.

use chrono::{Days, TimeDelta, Timelike as _, Utc};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, gridward};
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, Server};

/// A visit for the beneficiary of this number, possible from tomorrow and due on this day.
async fn visit(caller: &Caller, n: u32, due: i64) -> String {
    let days = json!({ "not_before": day(1), "due_on": day(due) });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

/// A plan of the grid for these days, counted from today.
fn order(first: i64, last: i64) -> Value {
    json!({ "area": GRID, "first_day": day(first), "last_day": day(last) })
}

/// A draft of the seven days from tomorrow.
async fn draft(caller: &Caller) -> Value {
    let made = caller.order_plan(&order(1, 7)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn send(caller: &Caller, plan: &Value, command: &str, body: Value) -> Answer {
    let id = plan["id"].as_str().expect("an id");
    caller.post(&format!("/v1/plans/{id}/{command}"), &body).await
}

async fn task(caller: &Caller, id: &str) -> Value {
    caller.get(&format!("/v1/tasks/{id}")).await.body
}

/// What is left of a task's row if the traces of a change are removed.
fn without_traces(mut task: Value) -> Value {
    let row = task.as_object_mut().expect("an object");
    row.remove("version");
    row.remove("updated_at");
    task
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_changes_no_task_until_it_is_applied_and_an_undo_restores_what_was(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let tasks = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let before = [task(&manager, &tasks[0]).await, task(&manager, &tasks[1]).await];

    let plan = draft(&manager).await;
    assert_eq!((&plan["state"], &plan["assigned"]), (&json!("draft"), &json!(2)));
    assert!(plan["expires_at"].is_string(), "{plan}");
    assert_eq!(task(&manager, &tasks[0]).await, before[0], "a draft changes nothing");
    let drafts = manager.get("/v1/plans?state=draft").await;
    assert_eq!(drafts.body["items"][0]["id"], plan["id"]);

    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(
        (&applied.body["plan"]["state"], &applied.body["left"]),
        (&json!("applied"), &json!([]))
    );
    let assigned = task(&manager, &tasks[0]).await;
    assert_eq!(
        (&assigned["state"], &assigned["planned_for"]["plan_id"]),
        (&json!("assigned"), &plan["id"])
    );
    let again = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(
        (again.problem(), &again.body["current"]["state"]),
        ("plan_state", &json!("applied"))
    );

    let undone = send(&manager, &plan, "undo", json!({})).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(
        (&undone.body["plan"]["state"], &undone.body["left"]),
        (&json!("undone"), &json!([]))
    );
    for (id, before) in tasks.iter().zip(before) {
        assert_eq!(without_traces(task(&manager, id).await), without_traces(before));
    }
    let history = manager.get(&format!("/v1/tasks/{}/history", tasks[0])).await;
    let last = history.body["items"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["because"] == "plan_undone");
    assert!(last.is_some(), "{}", history.body);
    assert_eq!(send(&manager, &plan, "undo", json!({})).await.problem(), "plan_state");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_plan_says_of_a_task_why_no_one_could_go_until_someone_can(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(1), "due_on": day(7), "skills": ["medical"] });
    let (own, skilled) = (visit(&manager, 1, 7).await, home_visit(&beneficiary_id(2), days));
    let skilled = manager.make(&skilled).await;
    let before = task(&manager, &skilled).await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let plan = draft(&manager).await;
    assert_eq!(task(&manager, &skilled).await, before, "a draft changes nothing");
    assert_eq!(send(&manager, &plan, "apply", json!({})).await.status, 200);
    let left = task(&manager, &skilled).await;
    assert_eq!(left["unserved_why"], "no_skill", "{left}");
    assert!(task(&manager, &own).await.get("unserved_why").is_none());
    phone.sync(&manager, json!([])).await;
    let row = phone.tasks().into_iter().find(|row| row["id"] == skilled.as_str());
    assert_eq!(row.map(|row| &row["unserved_why"]), Some(&json!("no_skill")));

    let again = draft(&manager).await;
    assert_eq!(send(&manager, &again, "apply", json!({})).await.status, 200);
    assert_eq!(task(&manager, &skilled).await, left, "the same reason again is no change");
    assert_eq!(send(&manager, &again, "undo", json!({})).await.status, 200);
    assert_eq!(task(&manager, &skilled).await, left, "the first plan is still applied");
    assert_eq!(send(&manager, &plan, "undo", json!({})).await.status, 200);
    assert_eq!(without_traces(task(&manager, &skilled).await), without_traces(before));
    assert_eq!(server.supervisor().await.events("task.unserved").await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_leaves_what_people_have_accepted_and_names_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    for n in [1, 2, 3] {
        visit(&manager, n, 7).await;
    }
    let plan = draft(&manager).await;
    send(&manager, &plan, "apply", json!({})).await;
    phone.sync(&volunteer, json!([])).await;
    let me = volunteer.get("/v1/me").await.body["id"].clone();
    let path = format!(
        "/v1/plans/{}/visits?person={}",
        plan["id"].as_str().expect("an id"),
        me.as_str().expect("an id")
    );
    let mine = manager.get(&path).await.body["items"].clone();
    let accepted = mine[0]["task_id"].as_str().expect("a visit of the volunteer").to_owned();
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/accept")).await.status, 200);

    let undone = send(&manager, &plan, "undo", json!({})).await;
    assert_eq!(
        undone.body["left"],
        json!([{ "task_id": accepted, "because": "changed", "state": "accepted" }])
    );
    assert_eq!(task(&manager, &accepted).await["assignee_id"], me);
    let open = manager.get("/v1/tasks?state=open").await;
    assert_eq!(open.body["items"].as_array().expect("a list").len(), 2);
    phone.sync(&volunteer, json!([])).await;
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_the_draft_is_listed_and_left_or_refuses_the_plan(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let [claimed, free] = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let plan = draft(&manager).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{claimed}/claim")).await.status, 200);

    let left = json!([{ "task_id": claimed, "because": "changed", "state": "accepted" }]);
    let refused = send(&manager, &plan, "apply", json!({ "conflicts": "refuse" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"], left);
    assert_eq!(task(&manager, &free).await["state"], "open", "nothing was applied");

    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.body["left"], left);
    let plan = &applied.body["plan"];
    assert_eq!((&plan["assigned"], &plan["overtaken"]), (&json!(1), &json!(1)));
    assert_eq!(task(&manager, &free).await["state"], "assigned");
    let undone = send(&manager, plan, "undo", json!({})).await;
    assert_eq!(undone.body["left"], json!([]), "the plan never assigned the claimed task");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_drafts_of_the_same_tasks_only_one_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = visit(&manager, 1, 7).await;
    let (first, second) = (draft(&manager).await, draft(&manager).await);
    let applied = send(&manager, &first, "apply", json!({})).await;
    assert_eq!((applied.status, &applied.body["left"]), (200, &json!([])), "{}", applied.body);
    let refused = send(&manager, &second, "apply", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    let left = json!([{
        "task_id": id, "because": "changed", "state": "assigned", "plan_id": first["id"]
    }]);
    assert_eq!(refused.body["current"], left);
    let path = format!("/v1/plans/{}", second["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.body["state"], "draft", "nothing was applied");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undone_plan_leaves_other_drafts_of_its_tasks_as_they_were(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let tasks = [visit(&manager, 1, 7).await, visit(&manager, 2, 7).await];
    let edited = visit(&manager, 3, 7).await;
    let (first, second, third) =
        (draft(&manager).await, draft(&manager).await, draft(&manager).await);
    let edit = manager.request(Method::PATCH, &format!("/v1/tasks/{edited}"));
    let edit = edit.header("If-Match", "\"v1\"").json(&json!({ "title": "春节慰问" }));
    assert_eq!(manager.send(edit).await.status, 200);
    let left = json!([{ "task_id": edited, "because": "changed", "state": "open" }]);
    for plan in [&first, &second] {
        let applied = send(&manager, plan, "apply", json!({})).await;
        assert_eq!((applied.status, &applied.body["left"]), (200, &left), "{}", applied.body);
        let undone = send(&manager, plan, "undo", json!({})).await;
        assert_eq!((undone.status, &undone.body["left"]), (200, &json!([])), "{}", undone.body);
    }
    // What a person does with a task changes it for all drafts.
    let path = format!("/v1/tasks/{}", tasks[0]);
    for command in ["claim", "release"] {
        assert_eq!(volunteer.act(&format!("{path}/{command}")).await.status, 200);
    }
    let applied = send(&manager, &third, "apply", json!({})).await;
    let mut left: Vec<&str> = applied.body["left"]
        .as_array()
        .expect("tasks")
        .iter()
        .filter_map(|left| left["task_id"].as_str())
        .collect();
    left.sort_unstable();
    let mut changed = [tasks[0].as_str(), edited.as_str()];
    changed.sort_unstable();
    assert_eq!((applied.status, left), (200, changed.to_vec()), "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_left_since_the_draft_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let id = visit(&manager, 1, 7).await;
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].clone();
    let person = visits[0]["person_id"].as_str().expect("a person").to_owned();
    server.database.execute(&format!("UPDATE people SET state = 'left' WHERE id = '{person}'"));
    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(
        applied.body["left"],
        json!([{ "task_id": id, "because": "person_unavailable", "state": "open" }])
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_discarded_and_expires_after_seven_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1, 7).await;
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    let discarded = manager.delete(&path).await;
    assert_eq!((discarded.status, &discarded.body["state"]), (200, &json!("discarded")));
    assert_eq!(send(&manager, &plan, "apply", json!({})).await.problem(), "plan_state");
    assert_eq!(manager.delete(&path).await.problem(), "plan_state");

    let old = draft(&manager).await;
    let eight_days_ago = (Utc::now() - Days::new(8)).naive_utc();
    server.database.execute(&format!("UPDATE plans SET created_at = '{eight_days_ago}'"));
    let expired = send(&manager, &old, "apply", json!({})).await;
    assert_eq!((expired.status, expired.problem()), (410, "plan_expired"), "{}", expired.body);
    // The daily job that discards it changes nothing about that.
    let job = gridward(&server.database, &["jobs", "run", "plan_retention"]).output();
    assert!(job.expect("it runs").status.success());
    let path = format!("/v1/plans/{}", old["id"].as_str().expect("an id"));
    assert_eq!(manager.get(&path).await.body["state"], "discarded");
    assert_eq!(send(&manager, &old, "apply", json!({})).await.problem(), "plan_expired");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_days_are_refused_and_far_days_need_a_confirmation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let yesterday = day(0) - Days::new(1);
    let past = json!({ "area": GRID, "first_day": yesterday, "last_day": day(3) });
    let refused = manager.order_plan(&past).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "/first_day");
    assert!(error["detail"].as_str().expect("a detail").contains(&day(0).to_string()), "{error}");

    let mut far = order(700, 706);
    let refused = manager.order_plan(&far).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/confirm");
    far["confirm"] = json!(true);
    assert_eq!(manager.order_plan(&far).await.status, 201);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_not_planned_late_while_earlier_days_are_possible(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let soon = visit(&manager, 1, 2).await;
    let later = manager.order_plan(&order(4, 10)).await.body;
    assert_eq!((&later["assigned"], &later["measures"]["unserved"]), (&json!(0), &json!(0)));
    assert_eq!(later["overdue"], 1, "the plan says that it leaves the visit out: {later}");
    let pin = json!({ "task_id": soon, "person_id": person_id(21), "day": day(5), "start": 600 });
    let mut by_hand = order(4, 10);
    by_hand["changes"] = json!({ "pins": [pin] });
    let by_hand = manager.order_plan(&by_hand).await.body;
    assert_eq!((&by_hand["assigned"], &by_hand["overdue"]), (&json!(1), &json!(0)), "{by_hand}");
    let of = visits(&manager, &by_hand).await;
    for member in ["person_id", "day", "start"] {
        assert_eq!(of(&soon)[member], pin[member], "what a change names is planned");
    }

    let mut asked = order(4, 10);
    asked["include_late"] = json!(true);
    let asked = manager.order_plan(&asked).await.body;
    assert_eq!((&asked["assigned"], &asked["measures"]["late"]), (&json!(1), &json!(1)));
    assert_eq!(asked["overdue"], 0, "{asked}");
    let refused = send(&manager, &asked, "apply", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(task(&manager, &soon).await["state"], "open");
    let applied = send(&manager, &asked, "apply", json!({ "confirm": true })).await;
    assert_eq!(applied.body["plan"]["assigned"], 1, "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_were_overdue_before_the_plan_need_no_confirmation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let overdue = visit(&manager, 1, 2).await;
    let yesterday = day(0) - Days::new(1);
    server
        .database
        .execute(&format!("UPDATE tasks SET not_before = '{yesterday}', due_on = '{yesterday}'"));
    let mut asked = order(1, 7);
    asked["include_late"] = json!(true);
    let plan = manager.order_plan(&asked).await.body;
    assert_eq!((&plan["assigned"], &plan["measures"]["late"]), (&json!(1), &json!(1)), "{plan}");
    let applied = send(&manager, &plan, "apply", json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(task(&manager, &overdue).await["state"], "assigned");
}

/// The minutes since midnight in the district.
fn minute() -> u32 {
    (Utc::now() + TimeDelta::hours(8)).time().num_seconds_from_midnight() / 60
}

/// The small district with people who have time at all hours.
fn at_all_hours(backend: Backend) -> Server {
    Server::with(backend, &Files::small().with("people.csv", "0900-1200", "0000-2400"))
}

/// The visits of the plan, by task.
async fn visits(caller: &Caller, plan: &Value) -> impl Fn(&str) -> Value {
    let path = format!("/v1/plans/{}/visits", plan["id"].as_str().expect("an id"));
    let visits = caller.get(&path).await.body["items"].clone();
    move |task: &str| {
        let mut rows = visits.as_array().expect("visits").iter();
        rows.find(|row| row["task_id"] == task).cloned().unwrap_or_default()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_planned_before_the_lead_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = at_all_hours(backend);
    let manager = server.manager().await;
    let days = json!({ "not_before": day(0), "due_on": day(1), "minutes": 10 });
    let tasks = [
        manager.make(&home_visit(&beneficiary_id(1), days.clone())).await,
        manager.make(&home_visit(&beneficiary_id(2), days)).await,
    ];
    let pin =
        |task: &str, on| json!({ "task_id": task, "person_id": person_id(21), "day": day(on) });
    let mut order = order(0, 1);
    order["changes"] = json!({ "pins": [pin(&tasks[0], 0), pin(&tasks[1], 1)] });
    // A lead of a whole day leaves nothing of today, nor of tomorrow what is less than a day away. Without
    // a lead there would be time today, or just before midnight tomorrow in the morning.
    order["lead_minutes"] = json!(1440);
    let minute = minute();
    let plan = manager.order_plan(&order).await.body;
    let of = visits(&manager, &plan).await;
    assert_eq!(of(&tasks[0])["reason"]["code"], "pin_does_not_fit", "{}", of(&tasks[0]));
    let start = of(&tasks[1])["start"].as_u64();
    assert!(start.map_or(minute > 22 * 60, |start| start >= minute.into()), "{}", of(&tasks[1]));

    order["lead_minutes"] = json!(1441);
    let refused = manager.order_plan(&order).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/lead_minutes"))
    );
}

/// The volunteer is about to leave for an accepted visit, and what is planned follows it.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_today_goes_on_after_the_visits_that_are_under_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = at_all_hours(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let minute = minute();
    let (start, length) = (minute + 4, 10);
    if start + length >= 24 * 60 {
        return; // no visit can be under way until the end of the day
    }
    let today = json!({ "not_before": day(0), "due_on": day(0), "minutes": length });
    let under_way = manager.make(&home_visit(&beneficiary_id(1), today.clone())).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{under_way}/claim")).await.status, 200);
    let planned = json!({ "due_on": day(0), "planned": { "day": day(0), "start": start } });
    let path = format!("/v1/tasks/{under_way}/reschedule");
    let request = manager.request(Method::POST, &path).header("If-Match", "\"v2\"");
    let moved = manager.send(request.json(&planned)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let new = manager.make(&home_visit(&beneficiary_id(2), today)).await;
    let mut order = order(0, 0);
    order["lead_minutes"] = json!(5);
    let pin = json!({ "task_id": new, "person_id": person_id(21), "day": day(0) });
    order["changes"] = json!({ "pins": [pin] });
    let plan = manager.order_plan(&order).await;
    let of = visits(&manager, &plan.body).await;
    let (held, new) = (of(&under_way), of(&new));
    // At night the way from home begins yesterday, or the way back ends tomorrow.
    let has_room = (30..22 * 60).contains(&minute);
    assert!(held["start"] == start || !has_room, "{held}");
    let follows = |new: u64| new >= (start + length).into();
    assert!(new["start"].as_u64().map_or(!has_room, follows), "{new}");
}

/// The volunteer has reported a visit just now, or has accepted one that was to end half an hour ago: the
/// way on begins there, two minutes from the next visit, which is a minute from the volunteer's home.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_today_goes_on_from_the_visit_where_a_person_was_last(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] is_reported: bool,
) {
    let server = at_all_hours(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let minute = minute();
    if !(60..22 * 60).contains(&minute) {
        // The ways there and home are not on this day; the tests of `rest_of_day` need no clock.
        return;
    }
    let today = json!({ "not_before": day(0), "due_on": day(0), "minutes": 10 });
    let last = manager.make(&home_visit(&beneficiary_id(3), today.clone())).await;
    let path = format!("/v1/tasks/{last}");
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let new = manager.make(&home_visit(&beneficiary_id(1), today)).await;
    let mut order = order(0, 0);
    let pin = json!({ "task_id": new, "person_id": person_id(21), "day": day(0) });
    order["changes"] = json!({ "pins": [pin] });
    let travel = async || {
        let plan = manager.order_plan(&order).await.body;
        let of = visits(&manager, &plan).await;
        let counted = (plan["measures"]["served"].clone(), plan["assigned"].clone());
        (of(&new)["travel"].clone(), counted, of(&last))
    };
    let (from_home, ..) = travel().await;
    assert_eq!(from_home, json!(1));
    if is_reported {
        let report = json!({ "outcome": "not_home" });
        let reported = volunteer.post(&format!("{path}/report"), &report).await;
        assert_eq!(reported.status, 200, "{}", reported.body);
        let (from_there, (served, _), _) = travel().await;
        assert_eq!((from_there, served), (json!(2), json!(1)), "the departure is no visit");
        let yesterday = format!("UPDATE reports SET made_on = '{}'", day(-1));
        server.database.execute(&yesterday);
        assert_eq!(travel().await.0, json!(1), "written yesterday, and sent now");
    } else {
        let start = minute - 40;
        server.database.execute(&format!(
            "UPDATE tasks SET planned_on = '{}', planned_start = {start} WHERE id = '{last}'",
            day(0)
        ));
        let (from_there, counted, held) = travel().await;
        assert_eq!((from_there, counted), (json!(2), (json!(2), json!(1))));
        assert_eq!(held["start"], start, "{held}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_who_plan_an_area_apply_undo_and_discard_its_plans(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (volunteer, far) = (server.volunteer().await, server.far_manager().await);
    let plan = draft(&manager).await;
    let path = format!("/v1/plans/{}", plan["id"].as_str().expect("an id"));
    for command in ["apply", "undo"] {
        assert_eq!(send(&volunteer, &plan, command, json!({})).await.problem(), "forbidden");
        assert_eq!(send(&far, &plan, command, json!({})).await.status, 404);
    }
    assert_eq!(volunteer.delete(&path).await.problem(), "forbidden");
    assert_eq!(far.delete(&path).await.status, 404);
    let of_far = json!({ "area": FAR_GRID, "first_day": day(1), "last_day": day(7) });
    let of_far = supervisor.order_plan(&of_far).await.body;
    assert_eq!(send(&manager, &of_far, "apply", json!({})).await.status, 404);
    let unknown = manager.post(&format!("{path}/apply"), &json!({ "conflict": "skip" })).await;
    assert_eq!(unknown.status, 422, "{}", unknown.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_order_is_answered_without_computing_the_plan_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1, 7).await;
    let send = async |key: &str| {
        let request = manager.request(Method::POST, "/v1/plans").header("Idempotency-Key", key);
        manager.send(request.header("Prefer", "wait=30").json(&order(1, 7))).await
    };
    let first = send("one").await;
    assert_eq!(first.status, 201, "{}", first.body);
    // No plan can be computed from this row.
    let broken = "UPDATE people SET availability = 'never' WHERE role = 'volunteer'";
    server.database.execute(broken);
    assert_eq!(send("two").await.body["state"], "failed");
    let again = send("one").await;
    assert_eq!((again.status, &again.body["id"]), (201, &first.body["id"]), "{}", again.body);
    assert_eq!(again.body["state"], "draft");
}
