//! Reasons for the assignee, the day and the place in the day of a task.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{candidates, explanation, plan, visit};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_task_says_why_where_and_in_which_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let mut tasks = Vec::new();
    for n in 1..=3 {
        tasks.push(visit(&supervisor, n, json!({})).await);
    }
    plan(&supervisor).await;
    let mut order = std::collections::BTreeMap::new();
    for id in &tasks {
        let task = manager.get(&format!("/v1/tasks/{id}")).await.body;
        let planned = &task["planned_for"];
        assert!(planned["why"].is_string(), "{task}");
        assert!(planned["travel"].as_i64().is_some_and(|travel| travel >= 0), "{task}");
        let person = task["assignee_id"].as_str().expect("a person").to_owned();
        let start = planned["start"].as_u64().expect("a start");
        let nth = planned["order"].as_u64().expect("an order");
        order.entry(person).or_insert_with(Vec::new).push((start, nth));
    }
    for mut day in order.into_values() {
        day.sort_unstable();
        let numbers: Vec<u64> = day.iter().map(|(_, nth)| *nth).collect();
        assert_eq!(
            numbers,
            (1..=day.len() as u64).collect::<Vec<_>>(),
            "in the order of the times"
        );
    }
    // The row of a phone has the same.
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let row = phone.rows[&("task".to_owned(), tasks[0].clone())].clone();
    let task = manager.get(&format!("/v1/tasks/{}", tasks[0])).await.body;
    assert_eq!(row["planned_for"], task["planned_for"]);
    // Given back, the task has no plan, and so no reason.
    let reason = json!({ "reason": "other" });
    let path = format!("/v1/tasks/{}/unassign", tasks[0]);
    let request = supervisor.request(Method::POST, &path).json(&reason);
    let opened =
        supervisor.send(request.header("If-Match", format!("\"v{}\"", task["version"]))).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert!(opened.body.get("planned_for").is_none(), "{}", opened.body);
    let (status, open) = explanation(&supervisor, &tasks[0]).await;
    assert_eq!((status, &open["given"]["code"]), (200, &json!("not_given")), "{open}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_no_plan_gave_says_who_gave_it_and_who_else_could_go(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, 1, json!({})).await;
    let (status, open) = explanation(&manager, &task).await;
    assert_eq!((status, open.get("person_id"), open.get("why")), (200, None, None), "{open}");
    assert_eq!(
        (&open["given"]["code"], &open["given"]["sentence"]["en"]),
        (&json!("not_given"), &json!("The task has no assignee at present."))
    );
    let when = open["when"]["sentence"]["en"].as_str().expect("a sentence");
    assert!(when.starts_with("No day and hour are set. It is due"), "{when}");
    let ranked = manager.get(&format!("/v1/tasks/{task}/candidates")).await.body["items"].clone();
    let first = ranked.as_array().expect("candidates")[..2].to_vec();
    assert_eq!(open["others"], json!(first), "those who could go at present");

    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let (_, claimed) = explanation(&volunteer, &task).await;
    let given = &claimed["given"];
    assert_eq!((&given["code"], &given["by_id"]), (&json!("claimed"), &json!(person_id(21))));
    let sentence = given["sentence"]["en"].as_str().expect("a sentence");
    assert!(sentence.starts_with("You claimed the task on "), "{sentence}");
    assert_eq!(claimed["person_id"], person_id(21));
    let others = claimed["others"].as_array().expect("others");
    let is_other = |one: &Value| one.get("person_id").is_none() && one["cost"].is_object();
    assert!(others.len() == 2 && others.iter().all(is_other), "without names: {claimed}");

    let to = json!({ "person_id": person_id(22) });
    let given = manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let (_, assigned) = explanation(&manager, &task).await;
    let given = &assigned["given"];
    assert_eq!((&given["code"], &given["by_name"]), (&json!("assigned"), &json!("张网格")));
    let sentence = given["sentence"]["en"].as_str().expect("a sentence");
    assert!(sentence.starts_with("You gave the task to 陈志愿 on "), "{sentence}");
    assert!(assigned["given"]["at"].is_string(), "{assigned}");
    let far = explanation(&server.far_manager().await, &task).await;
    assert_eq!((far.0, &far.1["code"]), (404, &json!("not_found")), "outside the scope");

    let version = manager.get(&format!("/v1/tasks/{task}")).await.body["version"].clone();
    let cancel = manager.request(Method::POST, &format!("/v1/tasks/{task}/cancel"));
    let cancel = cancel.header("If-Match", format!("\"v{version}\""));
    let cancelled = manager.send(cancel.json(&json!({ "reason": "x" }))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let (status, ended) = explanation(&manager, &task).await;
    assert_eq!((status, &ended["code"]), (404, &json!("not_planned")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_names_others_only_to_callers_who_may_read_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let volunteer = server.volunteer().await;
    for n in 1..=3 {
        visit(&supervisor, n, json!({})).await;
    }
    plan(&supervisor).await;
    let own = volunteer.get(&format!("/v1/tasks?assignee_id={}", person_id(21))).await.body;
    let Some(task) = own["items"][0]["id"].as_str() else { panic!("{own}") };

    let (status, mine) = explanation(&volunteer, task).await;
    assert_eq!(status, 200, "{mine}");
    assert_eq!(mine["person_id"], person_id(21));
    for part in ["why", "when"] {
        let sentence = &mine[part]["sentence"];
        assert!(sentence["zh"].is_string() && sentence["en"].is_string(), "{mine}");
    }
    let zh = mine["why"]["sentence"]["zh"].as_str().expect("a sentence");
    assert!(zh.contains("您") && !zh.contains("王志愿"), "{zh}");
    let others = mine["others"].as_array().expect("others").clone();
    assert!(!others.is_empty(), "{mine}");
    for other in &others {
        assert!(other.get("person_id").is_none() && other.get("person_name").is_none(), "{other}");
        let said = other["sentence"]["zh"].as_str().expect("a sentence");
        assert!(said.starts_with("另一位同事"), "{said}");
    }

    for caller in [&manager, &supervisor, &server.supervisor().await] {
        let (status, theirs) = explanation(caller, task).await;
        assert_eq!((status, &theirs["person_name"]), (200, &json!("王志愿")), "{theirs}");
        let zh = theirs["why"]["sentence"]["zh"].as_str().expect("a sentence");
        assert!(zh.contains("王志愿"), "{zh}");
        for other in theirs["others"].as_array().expect("others") {
            assert!(other["person_name"].is_string(), "{other}");
            assert_eq!(other["cost"].is_null(), !other["hindrance"].is_null(), "{other}");
        }
    }
    let (status, audited) = explanation(&server.auditor().await, task).await;
    assert_eq!((status, audited.get("person_name")), (200, None), "{audited}");

    // For others it does not exist, and a task without a plan has none.
    for caller in
        [server.second_volunteer().await, server.other_manager().await, server.far_manager().await]
    {
        let (status, problem) = explanation(&caller, task).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    }
    assert_eq!(explanation(&manager, &Uuid::now_v7().to_string()).await.0, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_call_is_planned_and_explained_without_travel(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.town_supervisor().await;
    let call = visit(&supervisor, 1, json!({ "kind": "phone_call" })).await;
    let open = candidates(&supervisor, &call, "").await;
    let first = &open["items"][0];
    assert_eq!(first["cost"]["extra_travel"], 0, "{first}");
    let said = &first["sentence"];
    assert!(said["zh"].as_str().expect("zh").contains("电话联系，不用上门"), "{said}");
    assert!(said["en"].as_str().expect("en").contains("by phone, no travel"), "{said}");

    let draft = plan(&supervisor).await;
    assert_eq!(draft["measures"]["travel"], 0, "{draft}");
    let (status, found) = explanation(&supervisor, &call).await;
    assert_eq!((status, &found["why"]["code"]), (200, &json!("by_phone")), "{found}");
    assert!(found["when"].get("travel").is_none(), "{found}");
    let zh = found["why"]["sentence"]["zh"].as_str().expect("zh");
    assert!(zh.starts_with("电话联系，不用上门。"), "{zh}");
    let task = supervisor.get(&format!("/v1/tasks/{call}")).await.body;
    assert_eq!(
        (&task["planned_for"]["why"], &task["planned_for"]["travel"]),
        (&json!("by_phone"), &json!(0))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_explained_in_the_sentences_that_it_has_after_it_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.town_supervisor().await, server.manager().await);
    let mut tasks = Vec::new();
    for n in 1..=3 {
        tasks.push(visit(&supervisor, n, json!({})).await);
    }
    let impossible = visit(&supervisor, 1, json!({ "skills": ["medical"] })).await;
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(1) });
    let draft = supervisor.order_plan(&order).await.body;
    let plan = format!("/v1/plans/{}", draft["id"].as_str().expect("an id"));
    let of_draft = async |caller: &Caller, task: &str| {
        caller.get(&format!("{plan}/visits/{task}/explanation")).await
    };
    let mut before = Vec::new();
    for task in &tasks {
        let explained = of_draft(&manager, task).await;
        assert_eq!(explained.status, 200, "{}", explained.body);
        // Each is possible from tomorrow, the only day of the plan.
        assert_eq!(explained.body["when"]["code"], "first_possible", "{}", explained.body);
        for part in ["why", "when"] {
            let sentence = &explained.body[part]["sentence"];
            assert!(sentence["zh"].is_string() && sentence["en"].is_string(), "{sentence}");
        }
        before.push(explained.body);
    }
    let none = of_draft(&manager, &impossible).await;
    assert_eq!((none.status, none.problem()), (404, "not_planned"), "{}", none.body);
    assert_eq!(of_draft(&server.far_manager().await, &tasks[0]).await.status, 404);
    assert_eq!(of_draft(&server.volunteer().await, &tasks[0]).await.problem(), "forbidden");

    let applied = supervisor.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    for (task, before) in tasks.iter().zip(before) {
        assert_eq!(explanation(&manager, task).await, (200, before), "{task}");
    }
}

/// Such as those of a demo district, which are loaded as they are.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_ended_without_a_plan_or_a_record_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = visit(&manager, 1, json!({})).await;
    server.database.execute(&format!(
        "UPDATE tasks SET state = 'done', assignee = '{}' WHERE id = '{task}'",
        person_id(21)
    ));
    let (status, ended) = explanation(&manager, &task).await;
    assert_eq!((status, &ended["given"]["code"]), (200, &json!("unrecorded")), "{ended}");
    assert_eq!(
        ended["given"]["sentence"]["en"],
        "No plan gave the task to 王志愿, and there is no record of how it came."
    );
    let when = ended["when"]["sentence"]["en"].as_str().expect("a sentence");
    assert!(when.starts_with("No day and hour were set. It was due "), "{when}");
}

/// A plan of an earlier version, or one whose neighbours help elsewhere, has stored no others.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_without_stored_others_names_those_who_could_go_at_present(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.town_supervisor().await, server.volunteer().await);
    let task = visit(&supervisor, 1, json!({})).await;
    plan(&supervisor).await;
    let stored = r#"{"extra_travel":3,"share_before":0.1,"share_after":0.2,"others":1}"#;
    server.database.execute(&format!("UPDATE plan_visits SET reason = '{stored}'"));
    let (status, explained) = explanation(&supervisor, &task).await;
    assert_eq!(status, 200, "{explained}");
    let others = explained["others"].as_array().expect("others");
    assert_eq!(others.len(), 2, "{explained}");
    assert!(explained["when"]["code"].is_null(), "{explained}");
    for other in others {
        assert_ne!(other["person_id"], explained["person_id"], "{explained}");
        assert_eq!(other["cost"]["day"], json!(day(1)), "{other}");
    }
    let unnamed = explanation(&volunteer, &task).await.1["others"].clone();
    let unnamed = unnamed.as_array().expect("others");
    assert_eq!(unnamed.len(), 2, "{unnamed:?}");
    assert!(unnamed.iter().all(|one| one["person_name"].is_null()), "{unnamed:?}");
}
