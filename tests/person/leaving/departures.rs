//! People leave by a call, a file or a command; managers leave only with a successor.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{act, held, outcomes, state, without_loads};
use crate::regime::{create, rewrite, weekly, with};
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::server::{Answer, gridward, import, said};
use crate::support::{Backend, Files, GRID, OTHER_GRID, Server};

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
