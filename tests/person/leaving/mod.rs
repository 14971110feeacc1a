//! People who leave, move or get another role: nothing of their work is orphaned.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::regime::{create, rewrite, weekly, with};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, gridward, import, said};
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, OTHER_GRID, Server};

/// A beneficiary of the second grid.
const OTHER_HOME: u32 = 4;

/// The call about the work of the person with this number, based on the present version.
async fn act(caller: &Caller, n: u32, what: &str, body: &Value) -> Answer {
    let person = caller.get(&format!("/v1/people/{}", person_id(n))).await;
    let tag = format!("\"v{}\"", person.body["version"]);
    let request = caller.request(Method::POST, &format!("/v1/people/{}/{what}", person_id(n)));
    caller.send(request.header("If-Match", tag).json(body)).await
}

/// A task of the person of `caller`, claimed, and started if `started`.
async fn held(by: &Caller, caller: &Caller, home: &str, started: bool) -> String {
    let task = by.make_task(home).await;
    let verbs: &[&str] = if started { &["claim", "start"] } else { &["claim"] };
    for verb in verbs {
        let done = caller.act(&format!("/v1/tasks/{task}/{verb}")).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    task
}

/// State and assignee of the task.
async fn state(caller: &Caller, task: &str) -> (Value, Value) {
    let task = caller.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!(task.status, 200, "{}", task.body);
    (task.body["state"].clone(), task.body["assignee_id"].clone())
}

/// The body of a departure, as the answer to a repeated one has it.
fn without_loads(Answer { mut body, .. }: Answer) -> Value {
    body.as_object_mut().expect("a handover").remove("loads");
    body
}

/// Outcome and new assignee of each task of a handover.
fn outcomes(answer: &Answer) -> Vec<(String, String, Value)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let tasks = answer.body["tasks"].as_array().expect("tasks").iter();
    let outcome =
        |task: &Value| (text(&task["task_id"]), text(&task["outcome"]), task["person_id"].clone());
    tasks.map(outcome).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_people_leave_in_one_call_each_with_an_outcome(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, leaver) = (server.supervisor().await, server.volunteer().await);
    let manager = server.manager().await;
    let task = held(&manager, &leaver, BENEFICIARY, false).await;
    let entry = |n: u32, version: i64| json!({ "person_id": person_id(n), "base_version": version, "reason": "resigned" });
    // A volunteer, a manager without a successor, a stale version, and nobody.
    let entries = json!([entry(21, 1), entry(11, 1), entry(22, 99), entry(99, 1)]);
    let call = async |dry_run: bool| {
        let body = json!({ "dry_run": dry_run, "entries": entries });
        let answer = supervisor.post("/v1/people/departures", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let results = answer.body["results"].as_array().expect("results").clone();
        let told = results.iter().map(|result| match result["problem"]["code"].as_str() {
            Some(code) => code.to_owned(),
            None => result["handover"]["state"].as_str().expect("a state").to_owned(),
        });
        (told.collect::<Vec<_>>(), results)
    };
    let expected = ["left", "manager_required", "version_conflict", "not_found"];
    let (shown, _) = call(true).await;
    assert_eq!(shown, expected);
    assert_eq!(leaver.get("/v1/me").await.status, 200, "a dry run changes nothing");
    let (done, results) = call(false).await;
    assert_eq!(done, expected);
    assert_eq!(results[0]["handover"]["tasks"][0]["task_id"], json!(task));
    assert_eq!(state(&manager, &task).await, (json!("open"), Value::Null));
    assert_eq!(leaver.get("/v1/me").await.status, 401);
    assert_eq!(manager.get("/v1/me").await.status, 200, "without a successor the manager stays");
    assert_eq!(supervisor.events("person.leave").await.len(), 1);
    let (again, _) = call(false).await;
    assert_eq!(again, expected, "the same departure again");
    let twice = json!({ "entries": [entry(23, 1), entry(23, 1)] });
    let refused = supervisor.post("/v1/people/departures", &twice).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/entries/1/person_id")));
    let denied = leaver.post("/v1/people/departures", &twice).await;
    assert_eq!(denied.status, 401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_regimes_of_a_leaver_are_named_and_their_supervisor_gets_one_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let named = json!({ "responsible_id": person_id(21) });
    let weekly = weekly(&named);
    let first = create(&server, &weekly).await;
    create(&server, &with(&weekly, &json!({ "name": "每月走访", "name_en": "Monthly" }))).await;
    let paused = with(&weekly, &json!({ "name": "暂停", "active": false }));
    create(&server, &paused).await;
    let departure = |preview: bool| json!({ "preview": preview, "reason": "retired" });
    let names = |answer: &Answer| -> Vec<String> {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let regimes = answer.body["regimes"].as_array().into_iter().flatten();
        regimes.map(|regime| regime["name"].as_str().expect("a name").to_owned()).collect()
    };
    let manager = server.manager().await;
    let shown = act(&manager, 21, "departure", &departure(true)).await;
    assert!(names(&shown).is_empty(), "managers read no regimes");
    let shown = act(&supervisor, 21, "departure", &departure(true)).await;
    assert_eq!(names(&shown), ["每周走访", "每月走访"]);
    assert_eq!(server.database.count("account_notices"), 0, "a preview");
    let path = format!("/v1/regimes/{}", first["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["is_responsible_gone"], false);

    for _ in 0..2 {
        let left = act(&supervisor, 21, "departure", &departure(false)).await;
        assert_eq!(names(&left), ["每周走访", "每月走访"]);
        assert_eq!(server.database.count("account_notices"), 1, "for both, once");
    }
    assert_eq!(supervisor.get(&path).await.body["is_responsible_gone"], true);
    let me = supervisor.request(Method::GET, "/v1/me").header("Accept-Language", "zh-CN");
    let notice = supervisor.send(me).await.body["notices"][0].clone();
    assert_eq!(notice["kind"], "regime_without_responsible");
    assert_eq!(notice["title"], "责任人已离岗或停用：每周走访等2项");
    assert_eq!(supervisor.events("person.regime_notice").await.len(), 1);
    let other = with(&weekly, &json!({ "responsible_id": person_id(22) }));
    rewrite(&server, &first, &other).await;
    assert_eq!(supervisor.get(&path).await.body["is_responsible_gone"], false);
    // One who is suspended is not there either, until restored.
    for (state, is_gone) in [("suspended", true), ("left", true), ("active", false)] {
        let change = json!({ "state": state, "reason": "x" });
        let person = format!("/v1/people/{}/state", person_id(22));
        let request = supervisor.request(Method::PATCH, &person).json(&change);
        assert_eq!(supervisor.send(request).await.status, 200);
        assert_eq!(supervisor.get(&path).await.body["is_responsible_gone"], is_gone, "{state}");
        assert_eq!(supervisor.events("person.regime_notice").await.len(), 2, "{state}");
    }
    // A person whom the files of the whole district lack leaves as well.
    let other = with(&weekly, &json!({ "responsible_id": person_id(23) }));
    rewrite(&server, &first, &other).await;
    let without = Files::small().without_line("people.csv", &person_id(23));
    let loaded = import(&server.database, &without, &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let notices = supervisor.events("person.regime_notice").await;
    assert_eq!(notices.len(), 3, "{notices:?}");
    for notice in &notices[1..] {
        assert_eq!(notice["body"]["regimes"], json!([first["id"]]));
    }
}

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
async fn a_manager_leaves_only_with_a_successor(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, leaver) = (server.supervisor().await, server.manager().await);
    let task = held(&supervisor, &leaver, BENEFICIARY, false).await;
    let refused =
        act(&supervisor, 11, "departure", &json!({ "preview": true, "reason": "ill" })).await;
    assert_eq!((refused.status, refused.problem()), (409, "manager_required"));
    let candidates = refused.body["current"]["candidates"].as_array().expect("candidates");
    let named: Vec<_> =
        candidates.iter().map(|one| (&one["id"], &one["name"], &one["role"])).collect();
    assert_eq!(
        named,
        [
            (&json!(person_id(21)), &json!("王志愿"), &json!("volunteer")),
            (&json!(person_id(22)), &json!("陈志愿"), &json!("volunteer")),
        ]
    );
    let state_path = format!("/v1/people/{}/state", person_id(11));
    let by_state = json!({ "state": "left", "reason": "病" });
    assert_eq!(supervisor.patch(&state_path, &by_state).await.problem(), "manager_required");
    let cases = [(12, "not_a_candidate"), (11, "not_a_candidate"), (99, "not_a_candidate")];
    for (successor, code) in cases {
        let body =
            json!({ "preview": false, "reason": "ill", "successor_id": person_id(successor) });
        let refused = act(&supervisor, 11, "departure", &body).await;
        assert_eq!((refused.status, refused.problem()), (409, code), "{successor}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/successor_id");
    }
    let next = json!(person_id(21));
    let body = json!({ "preview": false, "reason": "ill", "successor_id": next, "give_to": next });
    let left = act(&supervisor, 11, "departure", &body).await;
    assert_eq!(outcomes(&left), [(task.clone(), "given".to_owned(), next.clone())]);
    assert_eq!(left.body["succession"], json!({ "grid": GRID, "manager_id": next }));
    let managers = supervisor.get(&format!("/v1/people?area={GRID}&role=manager")).await;
    let managers = managers.body["items"].as_array().expect("people").clone();
    assert_eq!((managers.len(), &managers[0]["id"]), (1, &next));
    assert_eq!(state(&supervisor, &task).await, (json!("assigned"), next));
    let again = act(&supervisor, 11, "departure", &body).await;
    assert_eq!(again.body, without_loads(left));
    // No successor is needed where no grid loses its manager.
    let body = json!({ "preview": false, "reason": "moved", "successor_id": person_id(21) });
    let refused = act(&supervisor, 22, "departure", &body).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["pointer"]),
        (422, &json!("/successor_id"))
    );
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_moves_keeps_the_tasks_of_the_new_area_and_started_visits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let accepted = held(&supervisor, &volunteer, BENEFICIARY, false).await;
    let started = held(&supervisor, &volunteer, &beneficiary_id(2), true).await;
    let there = supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let body = json!({ "person_id": person_id(21) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{there}/reassign"), &body).await.status, 200);
    let (mut old, mut new) = (Phone::default(), Phone::default());
    let (old_manager, new_manager) = (server.manager().await, server.other_manager().await);
    old.sync(&old_manager, json!([])).await;
    new.sync(&new_manager, json!([])).await;

    let to = json!({ "preview": false, "area": OTHER_GRID, "note": "搬家" });
    let moved = act(&supervisor, 21, "move", &to).await;
    let mut expected = [
        (accepted.clone(), "opened".to_owned(), Value::Null),
        (started.clone(), "kept".to_owned(), Value::Null),
    ];
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(outcomes(&moved), expected, "{}", moved.body);
    assert_eq!(
        (&moved.body["area"], &moved.body["role"]),
        (&json!(OTHER_GRID), &json!("volunteer"))
    );
    assert_eq!(state(&supervisor, &there).await, (json!("assigned"), json!(person_id(21))));
    assert_eq!(state(&supervisor, &started).await, (json!("in_progress"), json!(person_id(21))));
    let report = json!({ "outcome": "done" });
    let reported = volunteer.post(&format!("/v1/tasks/{started}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let row = ("availability".to_owned(), person_id(21));
    assert!(old.rows.contains_key(&row) && !new.rows.contains_key(&row));
    old.sync(&old_manager, json!([])).await;
    new.sync(&new_manager, json!([])).await;
    assert!(!old.rows.contains_key(&row) && new.rows.contains_key(&row));
    old.is_as_fresh(&old_manager).await;
    let events = supervisor.events("person.move").await;
    assert_eq!((events.len(), &events[0]["area_before"]), (1, &json!(GRID)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_person_who_moves_are_spread_or_planned_as_at_a_departure(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, mover) = (server.supervisor().await, server.volunteer().await);
    let spread = held(&supervisor, &mover, BENEFICIARY, false).await;
    let named = held(&supervisor, &mover, &beneficiary_id(2), false).await;
    let kept = supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let body = json!({ "person_id": person_id(21) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{kept}/reassign"), &body).await.status, 200);
    let to = |preview: bool| {
        json!({
            "preview": preview, "area": OTHER_GRID, "spread": true, "plan": true,
            "tasks": [{ "task_id": named }]
        })
    };
    let mut both = to(true);
    both["give_to"] = json!(person_id(22));
    let refused = act(&supervisor, 21, "move", &both).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/spread")));

    let preview = act(&supervisor, 21, "move", &to(true)).await;
    let expected = outcomes(&preview);
    let of = |id: &str| expected.iter().find(|(task, ..)| task == id).expect("a task");
    let (_, outcome, heir) = of(&spread);
    assert_eq!((outcome.as_str(), of(&named).1.as_str()), ("given", "opened"));
    assert!(heir.is_string() && *heir != json!(person_id(21)), "{}", preview.body);
    assert_eq!(preview.body["loads"][0]["person_id"], *heir, "{}", preview.body);
    assert_eq!(state(&supervisor, &spread).await.1, json!(person_id(21)), "nothing is changed");

    let moved = act(&supervisor, 21, "move", &to(false)).await;
    assert_eq!(outcomes(&moved), expected);
    assert_eq!(moved.body["loads"], preview.body["loads"]);
    assert_eq!(state(&supervisor, &spread).await, (json!("assigned"), heir.clone()));
    assert_eq!(state(&supervisor, &kept).await, (json!("assigned"), json!(person_id(21))));
    let path = format!("/v1/plans/{}", moved.body["plan_id"].as_str().expect("a plan"));
    assert_eq!(supervisor.computed(&path).await["origin"], "released");
    let visits = supervisor.get(&format!("{path}/visits")).await.body;
    let planned = visits["items"].as_array().expect("visits").iter();
    let planned: Vec<&str> = planned.filter_map(|visit| visit["task_id"].as_str()).collect();
    assert_eq!(planned, [named.as_str()]);
    let mut again = to(false);
    again.as_object_mut().expect("a body").remove("tasks");
    let again = act(&supervisor, 21, "move", &again).await;
    assert_eq!((again.status, &again.body["plan_id"]), (200, &Value::Null), "{}", again.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_move_leaves_a_grid_without_its_manager(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let manager_of = async |grid: &str| {
        let managers = supervisor.get(&format!("/v1/people?area={grid}&role=manager")).await;
        let managers = managers.body["items"].as_array().expect("people").clone();
        assert_eq!(managers.len(), 1, "{grid}");
        managers[0]["id"].as_str().expect("an id").to_owned()
    };
    let to = |area: &str, role: &str, successor: Option<u32>| {
        json!({
            "preview": false, "area": area, "role": role,
            "successor_id": successor.map(person_id),
        })
    };
    for (area, role) in [(OTHER_GRID, "manager"), (GRID, "volunteer"), (FAR_GRID, "volunteer")] {
        let refused = act(&supervisor, 11, "move", &to(area, role, None)).await;
        assert_eq!((refused.status, refused.problem()), (409, "manager_required"), "{area}");
        assert_eq!(refused.body["current"]["candidates"][0]["id"], person_id(21));
    }
    // The manager follows the present one of the next grid, who becomes a volunteer there.
    let moved = act(&supervisor, 11, "move", &to(OTHER_GRID, "manager", Some(21))).await;
    assert_eq!((moved.status, &moved.body["role"]), (200, &json!("manager")), "{}", moved.body);
    assert_eq!(
        (manager_of(GRID).await, manager_of(OTHER_GRID).await),
        (person_id(21), person_id(11))
    );
    let former = supervisor.get(&format!("/v1/people/{}", person_id(12))).await;
    assert_eq!(former.body["role"], "volunteer");
    // A volunteer becomes the manager of the own grid.
    let moved = act(&supervisor, 12, "move", &to(OTHER_GRID, "manager", None)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(manager_of(OTHER_GRID).await, person_id(12));
    // To where the person is already: nothing changes.
    let again = act(&supervisor, 12, "move", &to(OTHER_GRID, "manager", None)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &moved.body["version"]));

    let town = server.town_supervisor().await;
    for (n, body, status, pointer) in [
        (22, to(FAR_GRID, "volunteer", None), 422, "/area"),
        (22, to("500116001", "volunteer", None), 422, "/area"),
        (22, to(GRID, "admin", None), 422, "/role"),
    ] {
        let refused = act(&town, n, "move", &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (status, &json!(pointer))
        );
    }
    let manager = server.volunteer().await;
    let promoted = act(&manager, 22, "move", &to(GRID, "manager", None)).await;
    assert_eq!(promoted.status, 403, "nobody appoints an equal");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_and_the_command_line_orphan_nothing_either(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let task = held(&supervisor, &server.volunteer().await, BENEFICIARY, false).await;
    let started =
        held(&supervisor, &server.second_volunteer().await, &beneficiary_id(2), true).await;
    let accepted =
        held(&supervisor, &server.second_volunteer().await, &beneficiary_id(3), false).await;
    let moved = Files::small().without_line("people.csv", &person_id(21)).with(
        "people.csv",
        &format!("10000000022,{GRID}"),
        &format!("10000000022,{OTHER_GRID}"),
    );
    let loaded = said(&import(&server.database, &moved, &["--whole"]));
    let left = format!("1 left with unfinished tasks, which are open again: {}", person_id(21));
    assert!(loaded.contains(&left), "{loaded}");
    let elsewhere = "1 work in another area now; their unfinished tasks elsewhere are open again";
    assert!(loaded.contains(&format!("{elsewhere}: {}", person_id(22))), "{loaded}");
    assert_eq!(state(&supervisor, &task).await, (json!("open"), Value::Null));
    assert_eq!(state(&supervisor, &accepted).await, (json!("open"), Value::Null));
    assert_eq!(state(&supervisor, &started).await, (json!("in_progress"), json!(person_id(22))));
    let history = supervisor.get(&format!("/v1/tasks/{accepted}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_moved");

    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let leaver = person_id(11);
    let leave = |more: &[&str]| {
        let args = [&["user", "leave", &leaver, "--reason", "辞职"], more].concat();
        said(&gridward(&server.database, &args).output().expect("the binary runs"))
    };
    assert!(leave(&[]).contains("A grid needs a manager"));
    assert_eq!(state(&supervisor, &task).await, (json!("accepted"), json!(person_id(11))));
    let next = json!({ "preview": false, "area": GRID });
    assert_eq!(act(&supervisor, 23, "move", &next).await.status, 200);
    let said = leave(&["--successor", &person_id(23)]);
    assert!(said.contains("is left; 1 unfinished tasks are open"), "{said}");
    assert_eq!(state(&supervisor, &task).await, (json!("open"), Value::Null));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_assigned_at_the_moment_of_a_departure_is_opened_soon(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let task = held(&supervisor, &volunteer, BENEFICIARY, false).await;
    // As by a claim that another server had admitted before the departure.
    let left = format!("UPDATE people SET state = 'left' WHERE id = '{}'", person_id(21));
    server.database.execute(&left);
    let run = |job: &str| {
        let args = ["jobs", "run", job];
        said(&gridward(&server.database, &args).output().expect("the binary runs"))
    };
    assert!(run("orphaned_tasks").contains("succeeded"));
    assert_eq!(state(&supervisor, &task).await, (json!("open"), Value::Null));
    let history = supervisor.get(&format!("/v1/tasks/{task}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_left");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_from_another_grid_keeps_only_started_visits_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let make = async || supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let held = async |started: bool| {
        let (task, caller) = (make().await, server.other_volunteer().await);
        let verbs: &[&str] = if started { &["claim", "start"] } else { &["claim"] };
        for verb in verbs {
            assert_eq!(caller.act(&format!("/v1/tasks/{task}/{verb}")).await.status, 200);
        }
        task
    };
    let (accepted, started) = (held(false).await, held(true).await);
    let given = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(server.manager().await.act(&format!("/v1/tasks/{given}/claim")).await.status, 200);
    let minutes = supervisor.get(&format!("/v1/tasks/{given}")).await.body["minutes"].clone();
    let next = json!(person_id(23));
    let mut body =
        json!({ "preview": true, "reason": "ill", "successor_id": next, "give_to": next });
    let preview = act(&supervisor, 11, "departure", &body).await;
    body["preview"] = json!(false);
    let left = act(&supervisor, 11, "departure", &body).await;
    assert_eq!(left.status, 200, "{}", left.body);
    // The started and the given visit, no longer the accepted one.
    let load = &left.body["loads"][0];
    let two = minutes.as_u64().map(|minutes| 2 * minutes);
    assert_eq!([load["before"].as_u64(), load["after"].as_u64()], [two; 2], "{load}");
    assert_eq!(preview.body["loads"], left.body["loads"], "as the preview has said");
    assert_eq!(state(&supervisor, &accepted).await, (json!("open"), Value::Null));
    assert_eq!(state(&supervisor, &started).await, (json!("in_progress"), json!(person_id(23))));
    let history = supervisor.get(&format!("/v1/tasks/{accepted}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_moved");

    // The same by an appointment.
    let path = format!("/v1/areas/{OTHER_GRID}/manager");
    let near = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(server.volunteer().await.act(&format!("/v1/tasks/{near}/claim")).await.status, 200);
    let request = supervisor.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    let appointed = supervisor.send(request.json(&json!({ "person_id": person_id(21) }))).await;
    assert_eq!(appointed.status, 200, "{}", appointed.body);
    assert_eq!(state(&supervisor, &near).await, (json!("open"), Value::Null));
}
