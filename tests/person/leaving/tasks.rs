//! The tasks of leavers are given to others, planned or opened.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{act, held, outcomes, state, without_loads};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_open_tasks_of_several_leavers_are_one_plan_if_the_caller_wants(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let leavers = [server.volunteer().await, server.second_volunteer().await];
    let mut tasks = Vec::new();
    for leaver in &leavers {
        tasks.push(held(&manager, leaver, BENEFICIARY, false).await);
    }
    let entry = |n: u32| json!({ "person_id": person_id(n), "base_version": 1, "reason": "ill" });
    let body = json!({ "plan": true, "entries": [entry(21), entry(22), entry(23)] });
    let left = supervisor.post("/v1/people/departures", &body).await;
    assert_eq!(left.status, 200, "{}", left.body);
    let plan = |n: usize| left.body["results"][n]["handover"]["plan_id"].clone();
    assert!(plan(0).is_string() && plan(0) == plan(1), "{}", left.body);
    assert!(plan(2).is_null(), "this person had no tasks: {}", left.body);
    let path = format!("/v1/plans/{}", plan(0).as_str().expect("an id"));
    assert_eq!(supervisor.computed(&path).await["state"], "draft");
    let visits = supervisor.get(&format!("{path}/visits")).await.body;
    let planned = visits["items"].as_array().expect("visits").iter();
    let planned: Vec<&str> = planned.filter_map(|visit| visit["task_id"].as_str()).collect();
    tasks.sort();
    assert_eq!(planned, tasks);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_open_tasks_of_a_leaver_are_planned_if_the_caller_wants(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, leaver) = (server.manager().await, server.volunteer().await);
    let task = held(&manager, &leaver, BENEFICIARY, false).await;
    let departure = |preview: bool| json!({ "preview": preview, "reason": "moved", "plan": true });
    let shown = act(&manager, 21, "departure", &departure(true)).await;
    assert_eq!((shown.status, &shown.body["plan_id"]), (200, &Value::Null), "{}", shown.body);
    let left = act(&manager, 21, "departure", &departure(false)).await;
    assert_eq!(left.status, 200, "{}", left.body);
    let path = format!("/v1/plans/{}", left.body["plan_id"].as_str().expect("a plan"));
    let draft = manager.computed(&path).await;
    assert_eq!((&draft["state"], &draft["assigned"]), (&json!("draft"), &json!(1)), "{draft}");
    assert_eq!(state(&manager, &task).await, (json!("open"), Value::Null), "only a draft");
    let again = act(&manager, 21, "departure", &departure(false)).await;
    assert_eq!((again.status, &again.body["plan_id"]), (200, &Value::Null), "{}", again.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_of_a_leaver_is_given_or_open_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, leaver) = (server.manager().await, server.volunteer().await);
    let heir = server.second_volunteer().await;
    let given = held(&manager, &leaver, BENEFICIARY, false).await;
    let opened = held(&manager, &leaver, &beneficiary_id(2), false).await;
    let started = held(&manager, &leaver, &beneficiary_id(3), true).await;
    let mut phone = Phone::default();
    phone.sync(&heir, json!([])).await;
    assert!(phone.tasks().is_empty());
    let invited = manager.act(&format!("/v1/people/{}/invitations", person_id(21))).await;
    assert_eq!(invited.status, 200, "{}", invited.body);

    let mut body = json!({
        "preview": true, "reason": "died", "note": "突发心脏病", "give_to": person_id(22),
        "tasks": [{ "task_id": opened }]
    });
    let path = format!("/v1/people/{}/departure", person_id(21));
    let preview = manager.post(&path, &body).await;
    assert_eq!(outcomes(&preview).len(), 3);
    assert_eq!((&preview.body["preview"], &preview.body["state"]), (&json!(true), &json!("left")));
    assert_eq!(state(&manager, &given).await, (json!("accepted"), json!(person_id(21))));
    assert_eq!(leaver.get("/v1/me").await.status, 200, "a preview changes nothing");
    let mut minutes = 0;
    for task in [&given, &started] {
        let task = manager.get(&format!("/v1/tasks/{task}")).await.body;
        minutes += task["minutes"].as_u64().expect("minutes");
    }
    let loads = preview.body["loads"].as_array().expect("loads").clone();
    let shown: Vec<_> = loads.iter().map(|load| (&load["person_id"], &load["before"])).collect();
    assert_eq!(shown, [(&json!(person_id(22)), &json!(0))]);
    assert_eq!(loads[0]["after"], minutes, "{}", preview.body);
    // A person named for one task alone has a load too.
    let single = json!({
        "preview": true, "reason": "died", "tasks": [{ "task_id": given, "give_to": person_id(22) }]
    });
    let single = manager.post(&path, &single).await.body;
    assert_eq!(single["loads"][0]["after"], minutes / 2, "{single}");

    body["preview"] = json!(false);
    assert_eq!(manager.post(&path, &body).await.problem(), "version_required");
    let stale = manager.request(Method::POST, &path).header("If-Match", "\"v99\"").json(&body);
    let stale = manager.send(stale).await;
    assert_eq!(
        (stale.problem(), &stale.body["current"]["id"]),
        ("version_conflict", &json!(person_id(21)))
    );
    let left = act(&manager, 21, "departure", &body).await;
    let mut expected = [
        (given.clone(), "given".to_owned(), json!(person_id(22))),
        (opened.clone(), "opened".to_owned(), Value::Null),
        (started.clone(), "given".to_owned(), json!(person_id(22))),
    ];
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(outcomes(&left), expected);
    assert_eq!(outcomes(&preview), expected);
    assert_eq!(left.body["loads"], json!(loads));
    let was = left.body["tasks"].as_array().expect("tasks").iter();
    let was: Vec<&Value> = was.filter(|task| task["was"] == "in_progress").collect();
    assert_eq!(was.len(), 1, "the started visit is named");
    assert_eq!(state(&manager, &given).await, (json!("assigned"), json!(person_id(22))));
    assert_eq!(state(&manager, &started).await, (json!("assigned"), json!(person_id(22))));
    assert_eq!(state(&manager, &opened).await, (json!("open"), Value::Null));

    // The access ends at once, and the answer to a repeated call is the same.
    assert_eq!(leaver.get("/v1/me").await.problem(), "account_inactive");
    assert_eq!(server.database.count("invitations"), 0);
    let again = manager.post(&path, &body).await;
    assert_eq!((again.status, &again.body), (200, &without_loads(left)));

    // The history, the log and the phones say why.
    let history = manager.get(&format!("/v1/tasks/{opened}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    let last = last.expect("a step");
    assert_eq!(
        (&last["action"], &last["because"], &last["actor_id"]),
        (&json!("task.release"), &json!("assignee_left"), &json!(person_id(11)))
    );
    let events = server.supervisor().await.events("person.leave").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["body"]["because"], &events[0]["body"]["given"], &events[0]["body"]["opened"]),
        (&json!("died"), &json!(2), &json!(1))
    );
    assert!(!events[0].to_string().contains("心脏病"), "{events:?}");
    phone.sync(&heir, json!([])).await;
    assert_eq!(phone.tasks().len(), 3, "two visits of the heir and an open one");
    phone.is_as_fresh(&heir).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_leaver_are_spread_over_the_village_after_a_look_at_the_loads(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let leaver = server.volunteer().await;
    let mut spread = Vec::new();
    for n in 1..=2 {
        spread.push(held(&manager, &leaver, &beneficiary_id(n), false).await);
    }
    let named = held(&manager, &leaver, &beneficiary_id(3), false).await;
    let body = |preview: bool| {
        json!({
            "preview": preview, "reason": "moved", "spread": true, "tasks": [{ "task_id": named }]
        })
    };
    let mut both = body(true);
    both["give_to"] = json!(person_id(22));
    let refused = act(&supervisor, 21, "departure", &both).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/spread")));

    let preview = act(&supervisor, 21, "departure", &body(true)).await;
    let expected = outcomes(&preview);
    let given: Vec<_> = expected.iter().filter(|(_, outcome, _)| outcome == "given").collect();
    let ids: Vec<&str> = given.iter().map(|(id, ..)| id.as_str()).collect();
    spread.sort();
    assert_eq!(ids, spread, "{}", preview.body);
    assert!(given.iter().all(|(_, _, to)| to.is_string() && *to != json!(person_id(21))));
    let more = |answer: &Answer| {
        let loads = answer.body["loads"].as_array().expect("loads").iter();
        let minutes = |load: &Value, name: &str| load[name].as_u64().expect("minutes");
        loads.map(|load| minutes(load, "after") - minutes(load, "before")).sum::<u64>()
    };
    let mut minutes = 0;
    for id in &spread {
        let task = manager.get(&format!("/v1/tasks/{id}")).await.body;
        assert_eq!(task["assignee_id"], json!(person_id(21)), "a preview changes nothing");
        minutes += task["minutes"].as_u64().expect("minutes");
    }
    assert_eq!(more(&preview), minutes, "{}", preview.body);
    assert_eq!(leaver.get("/v1/me").await.status, 200);
    assert_eq!(supervisor.events("person.leave").await.len(), 0);

    // As one of several departures too.
    let mut entry = body(true);
    entry["person_id"] = json!(person_id(21));
    entry["base_version"] = json!(1);
    entry.as_object_mut().expect("an entry").remove("preview");
    let dry = json!({ "dry_run": true, "entries": [entry] });
    let dry = supervisor.post("/v1/people/departures", &dry).await.body;
    assert_eq!(dry["results"][0]["handover"], preview.body, "{dry}");
    // Those who leave by the same call get none of the tasks.
    let heir = &given[0].2;
    let with = json!({ "person_id": heir, "base_version": 1, "reason": "moved", "spread": true });
    let both = json!({ "dry_run": true, "entries": [entry, with] });
    let both = supervisor.post("/v1/people/departures", &both).await.body;
    let tasks = both["results"][0]["handover"]["tasks"].as_array().expect("tasks").iter();
    let heirs: Vec<&Value> = tasks.map(|task| &task["person_id"]).collect();
    assert_eq!(heirs.iter().filter(|heir| heir.is_string()).count(), 2, "{both}");
    assert!(!heirs.contains(&heir), "{both}");

    let left = act(&supervisor, 21, "departure", &body(false)).await;
    assert_eq!(outcomes(&left), expected);
    assert_eq!(left.body["loads"], preview.body["loads"]);
    assert_eq!(state(&manager, &named).await, (json!("open"), Value::Null));
    for (id, _, to) in given {
        assert_eq!(state(&manager, id).await, (json!("assigned"), to.clone()));
    }
    assert_eq!(leaver.get("/v1/me").await.problem(), "account_inactive");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_shows_the_loads_of_all_departures_in_order() {
    let server = Server::small(Backend::Sqlite);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    for (n, leaver) in [(1, server.volunteer().await), (2, server.second_volunteer().await)] {
        held(&manager, &leaver, &beneficiary_id(n), false).await;
    }
    let entry = |n: u32| {
        json!({
            "person_id": person_id(n), "base_version": 1, "reason": "resigned",
            "give_to": person_id(11)
        })
    };
    let loads = async |dry_run: bool| {
        let body = json!({ "dry_run": dry_run, "entries": [entry(21), entry(22)] });
        let results = supervisor.post("/v1/people/departures", &body).await.body["results"].clone();
        [0, 1].map(|n| results[n]["handover"]["loads"][0].clone())
    };
    let shown = loads(true).await;
    assert!(shown[0]["after"].is_u64(), "{shown:?}");
    assert_eq!(shown[1]["before"], shown[0]["after"], "both give to the same person");
    assert_eq!(loads(false).await, shown);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_go_only_to_people_who_may_do_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, leaver) = (server.supervisor().await, server.volunteer().await);
    let body = home_visit(BENEFICIARY, json!({ "skills": ["sign_language"] }));
    let task = supervisor.make(&body).await;
    assert_eq!(leaver.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let departure = |more: Value| {
        let mut body = json!({ "preview": true, "reason": "resigned" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("fields").clone());
        body
    };
    let to_task = |task: &str, to: u32| json!({ "task_id": task, "give_to": person_id(to) });
    for (more, status, pointer) in [
        (json!({ "tasks": [to_task(&task, 22)] }), 409, "/tasks/0/give_to"),
        (json!({ "tasks": [to_task(&task, 1)] }), 409, "/tasks/0/give_to"),
        (json!({ "give_to": person_id(21) }), 409, "/give_to"),
        (json!({ "give_to": person_id(9) }), 409, "/give_to"),
        (json!({ "tasks": [{ "task_id": person_id(1) }] }), 422, "/tasks/0/task_id"),
        (json!({ "tasks": [{ "task_id": task }, { "task_id": task }] }), 422, "/tasks/1/task_id"),
    ] {
        let refused = act(&supervisor, 21, "departure", &departure(more.clone())).await;
        let pointed = refused.body["errors"][0]["pointer"].clone();
        assert_eq!((refused.status, &pointed), (status, &json!(pointer)), "{more}");
    }
    let general = departure(json!({ "give_to": person_id(22) }));
    let preview = act(&supervisor, 21, "departure", &general).await;
    assert_eq!(outcomes(&preview), [(task.clone(), "opened".to_owned(), Value::Null)]);
    assert_eq!(preview.body["tasks"][0]["obstacle"], "missing_skill");
    // No person of the village has the skill.
    let spread = act(&supervisor, 21, "departure", &departure(json!({ "spread": true }))).await;
    assert_eq!(outcomes(&spread), [(task.clone(), "opened".to_owned(), Value::Null)]);
    assert_eq!(spread.body["tasks"][0]["obstacle"], "missing_skill", "{}", spread.body);

    // A task in another grid than the caller's is handed over too, but not shown.
    let far = supervisor.make_task(FAR_BENEFICIARY).await;
    let body = json!({ "person_id": person_id(21) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{far}/reassign"), &body).await.status, 200);
    let manager = server.manager().await;
    let left =
        act(&manager, 21, "departure", &json!({ "preview": false, "reason": "moved" })).await;
    assert_eq!((outcomes(&left).len(), &left.body["tasks_elsewhere"]), (1, &json!(1)));
    assert_eq!(state(&supervisor, &far).await, (json!("open"), Value::Null));
    assert_eq!(act(&manager, 13, "departure", &general).await.status, 404);
    assert_eq!(act(&manager, 11, "departure", &general).await.status, 403, "an equal");
}
