//! A person who is named to get the tasks of another one gets those that an assignment by hand permits.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, OTHER_GRID, Server};

/// A home visit of tomorrow to this day in a week, with more fields; its id.
async fn visit(caller: &Caller, n: u32, more: Value) -> String {
    let mut fields = json!({ "not_before": day(1), "due_on": day(7), "minutes": 60 });
    fields.as_object_mut().expect("fields").extend(more.as_object().expect("more").clone());
    caller.make(&home_visit(&beneficiary_id(n), fields)).await
}

/// Both tasks of a visit by two people.
async fn pair(caller: &Caller) -> [String; 2] {
    let first = visit(caller, 1, json!({ "tie": { "type": "two_people" } })).await;
    let tied = caller.get(&format!("/v1/tasks/{first}")).await.body["tied"][0]["id"].clone();
    [first, tied.as_str().expect("an id").to_owned()]
}

/// Assigns the task to the person with this number.
async fn assign(caller: &Caller, task: &str, person: u32, force: bool) -> Answer {
    let to = json!({ "person_id": person_id(person), "force": force });
    caller.post(&format!("/v1/tasks/{task}/reassign"), &to).await
}

/// Gives the task to the person, whatever the rules say.
async fn force(caller: &Caller, task: &str, person: u32) {
    let given = assign(caller, task, person, true).await;
    assert_eq!(given.status, 200, "{}", given.body);
}

/// The departure or move of the first volunteer with these wishes, based on the present version.
async fn hand_over(caller: &Caller, command: &str, preview: bool, wishes: &Value) -> Answer {
    let path = format!("/v1/people/{}", person_id(21));
    let tag = format!("\"v{}\"", caller.get(&path).await.body["version"]);
    let mut body = match command {
        "departure" => json!({ "preview": preview, "reason": "ill" }),
        _ => json!({ "preview": preview, "area": OTHER_GRID }),
    };
    body.as_object_mut().expect("a body").extend(wishes.as_object().expect("wishes").clone());
    let request = caller.request(Method::POST, &format!("{path}/{command}"));
    caller.send(request.header("If-Match", tag).json(&body)).await
}

/// What becomes of the task: the new assignee, and the obstacle.
fn outcome(answer: &Answer, task: &str) -> (Value, Value) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut tasks = answer.body["tasks"].as_array().expect("tasks").iter();
    let task = tasks.find(|row| row["task_id"] == task).expect("a task");
    (task["person_id"].clone(), task["obstacle"].clone())
}

/// Checks that the rule keeps the second volunteer from this task of the first one: by hand, by a wish for
/// the task, and by a general wish, by which the task becomes open.
async fn is_kept(supervisor: &Caller, command: &str, task: &str, rule: &str) {
    let by_hand = assign(supervisor, task, 22, false).await;
    assert_eq!((by_hand.status, by_hand.problem()), (409, "assignment_breaks"));
    assert_eq!(by_hand.body["current"]["breaches"], json!([rule]), "{}", by_hand.body);
    let named = json!({ "tasks": [{ "task_id": task, "give_to": person_id(22) }] });
    for preview in [true, false] {
        let refused = hand_over(supervisor, command, preview, &named).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (409, &json!("/tasks/0/give_to")), "{command}");
        assert_eq!(refused.problem(), "not_a_candidate");
    }
    let general = json!({ "give_to": person_id(22) });
    for preview in [true, false] {
        let done = hand_over(supervisor, command, preview, &general).await;
        let obstacle = if rule == "skill" { "missing_skill" } else { rule };
        assert_eq!(outcome(&done, task), (Value::Null, json!(obstacle)), "{}", done.body);
    }
    let task = supervisor.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(task["state"], "open", "{task}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_people_who_visit_together_does_not_get_the_task_of_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let [first, second] = pair(&supervisor).await;
    assert_eq!(assign(&supervisor, &first, 22, false).await.status, 200);
    assert_eq!(assign(&supervisor, &second, 21, false).await.status, 200);
    // An absence has the same rule.
    let absence = json!({
        "first_day": day(0), "last_day": day(9), "reason": "sick", "release": true,
        "give_to": person_id(22)
    });
    let path = format!("/v1/people/{}/absences?check=true", person_id(21));
    let shown = supervisor.post(&path, &absence).await;
    assert_eq!(shown.body["tasks"][0]["breaches"], json!(["two_people"]), "{}", shown.body);
    is_kept(&supervisor, command, &second, "two_people").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_gets_one_of_two_tasks_of_a_visit_by_two_people(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let both = pair(&supervisor).await;
    for task in &both {
        force(&supervisor, task, 21).await;
    }
    let to_both = both.each_ref().map(|task| json!({ "task_id": task, "give_to": person_id(22) }));
    let refused = hand_over(&supervisor, command, true, &json!({ "tasks": to_both })).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (409, &json!("/tasks/1/give_to")), "{}", refused.body);
    let general = json!({ "give_to": person_id(22) });
    let preview = hand_over(&supervisor, command, true, &general).await;
    let done = hand_over(&supervisor, command, false, &general).await;
    assert_eq!(preview.body["tasks"], done.body["tasks"]);
    let mut outcomes = both.each_ref().map(|task| outcome(&done, task));
    outcomes.sort_by_key(|(person, _)| person.is_null());
    let given = (json!(person_id(22)), Value::Null);
    assert_eq!(outcomes, [given, (Value::Null, json!("two_people"))], "{}", done.body);
    assert_eq!(done.body["loads"][0]["after"], 60, "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_spread_respects_the_tasks_that_are_given_by_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let [first, second] = pair(&supervisor).await;
    for task in [&first, &second] {
        force(&supervisor, task, 21).await;
    }
    // The second volunteer has by far the most time.
    let few = format!("UPDATE people SET weekly_minutes = 180 WHERE id <> '{}'", person_id(22));
    server.database.execute(&few);
    let alone = hand_over(
        &supervisor,
        command,
        true,
        &json!({ "spread": true, "tasks": [{ "task_id": first }] }),
    )
    .await;
    assert_eq!(outcome(&alone, &second).0, person_id(22).as_str(), "{}", alone.body);
    let named = json!({ "task_id": first, "give_to": person_id(22) });
    let wishes = json!({ "spread": true, "tasks": [named] });
    let done = hand_over(&supervisor, command, false, &wishes).await;
    assert_eq!(outcome(&done, &first).0, person_id(22).as_str(), "{}", done.body);
    let other = outcome(&done, &second).0;
    assert!(other.is_string() && other != person_id(22).as_str(), "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_that_one_person_makes_go_together_or_to_the_person_of_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let tie = |task: &str| json!({ "tie": { "type": "same_person", "task_id": task } });
    // The other manager of the village makes the first one.
    let first = visit(&supervisor, 1, json!({})).await;
    assert_eq!(assign(&supervisor, &first, 12, false).await.status, 200);
    let second = visit(&supervisor, 2, tie(&first)).await;
    force(&supervisor, &second, 21).await;
    // Of these the first volunteer makes both.
    let third = visit(&supervisor, 1, json!({})).await;
    let fourth = visit(&supervisor, 3, tie(&third)).await;
    for task in [&third, &fourth] {
        assert_eq!(assign(&supervisor, task, 21, false).await.status, 200);
    }
    // One of these requires a skill of no one: neither goes.
    let fifth = visit(&supervisor, 2, json!({})).await;
    let mut medical = tie(&fifth);
    medical["skills"] = json!(["medical"]);
    let sixth = visit(&supervisor, 3, medical).await;
    for task in [&fifth, &sixth] {
        force(&supervisor, task, 21).await;
    }
    let general = json!({ "give_to": person_id(22) });
    let shown = hand_over(&supervisor, command, true, &general).await;
    assert_eq!(outcome(&shown, &second), (Value::Null, json!("same_person")));
    for task in [&third, &fourth] {
        assert_eq!(outcome(&shown, task), (json!(person_id(22)), Value::Null), "{}", shown.body);
    }
    for task in [&fifth, &sixth] {
        assert_eq!(outcome(&shown, task), (Value::Null, json!("missing_skill")));
    }
    // The person of the first one gets the second one too.
    let named = json!({ "tasks": [{ "task_id": second, "give_to": person_id(12) }] });
    let shown = hand_over(&supervisor, command, true, &named).await;
    assert_eq!(outcome(&shown, &second), (json!(person_id(12)), Value::Null));
    is_kept(&supervisor, command, &second, "same_person").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_away_or_off_duty_gets_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
    #[values("absence", "duty")] reason: &str,
) {
    let server = Server::small(backend);
    let (supervisor, other) = (server.supervisor().await, server.second_volunteer().await);
    let task = visit(&supervisor, 1, json!({})).await;
    assert_eq!(assign(&supervisor, &task, 21, false).await.status, 200);
    let general = json!({ "give_to": person_id(22) });
    let shown = hand_over(&supervisor, command, true, &general).await;
    assert_eq!(outcome(&shown, &task), (json!(person_id(22)), Value::Null));
    let done = if reason == "absence" {
        let away = json!({ "first_day": day(0), "last_day": day(9), "reason": "leave" });
        other.post("/v1/me/absences", &away).await
    } else {
        other.put("/v1/me/duty", &json!({ "duty": "off" })).await
    };
    assert!([200, 201].contains(&done.status), "{}", done.body);
    is_kept(&supervisor, command, &task, "absence").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_must_not_visit_the_beneficiary_does_not_get_the_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = visit(&supervisor, 1, json!({})).await;
    assert_eq!(assign(&supervisor, &task, 21, false).await.status, 200);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/visitors");
    let version = supervisor.get(&path).await.body["version"].clone();
    let forbid = supervisor.request(Method::PUT, &path);
    let forbid = forbid.header("If-Match", format!("\"v{version}\""));
    let forbid = forbid.json(&json!({ "forbidden_ids": [person_id(22)] }));
    assert_eq!(supervisor.send(forbid).await.status, 200);
    is_kept(&supervisor, command, &task, "forbidden").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_gets_as_many_visits_as_the_minutes_of_the_week_permit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("departure", "move")] command: &str,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let mut tasks = Vec::new();
    for n in 1..=3 {
        let task = visit(&supervisor, n, json!({})).await;
        assert_eq!(assign(&supervisor, &task, 21, false).await.status, 200);
        tasks.push(task);
    }
    let few = format!("UPDATE people SET weekly_minutes = 130 WHERE id = '{}'", person_id(22));
    server.database.execute(&few);
    let general = json!({ "give_to": person_id(22) });
    let done = hand_over(&supervisor, command, false, &general).await;
    let mut outcomes: Vec<_> = tasks.iter().map(|task| outcome(&done, task)).collect();
    outcomes.sort_by_key(|(person, _)| person.is_null());
    let given = (json!(person_id(22)), Value::Null);
    assert_eq!(outcomes, [given.clone(), given, (Value::Null, json!("minutes"))]);
}
