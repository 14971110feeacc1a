//! A beneficiary dies or is no longer entitled; an error is taken back.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{claim, day, fate, send, succeed};
use crate::goods::{rice, with_rice};
use crate::support::bodies::{home_visit, new_beneficiary};
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, Caller, Files, Server, phones};

async fn state(caller: &Caller, task: &str) -> Value {
    caller.get(&format!("/v1/tasks/{task}")).await.body["state"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_closes_the_tasks_but_not_a_visit_under_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (volunteer, second) = (server.volunteer().await, server.second_volunteer().await);
    let kin = json!({ "name": "王芳", "relation": "遗孀", "phone": "12345",
        "beneficiary_id": beneficiary_id(2) });
    let change = json!({ "next_of_kin": [kin] });
    succeed(&manager, "change", BENEFICIARY, &change).await;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(manager.make_task(BENEFICIARY).await);
    }
    let [open, accepted, started] = <[String; 3]>::try_from(tasks).expect("three");
    claim(&second, &accepted).await;
    claim(&volunteer, &started).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{started}/start")).await.status, 200);
    let mut phones = [Phone::default(), Phone::default(), Phone::default()];
    let callers = [&manager, &volunteer, &second];
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
    }

    let death = json!({ "day": day(-1), "reason": "家属来电" });
    let ended = send(&manager, "deceased", BENEFICIARY, &death, 2).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let one = &ended.body["beneficiary"];
    assert_eq!((&one["valid_to"], &one["ended_because"]), (&day(-1), &json!("deceased")));
    for (task, expected) in [(&open, "cancelled"), (&accepted, "cancelled"), (&started, "started")]
    {
        assert_eq!(fate(&ended, task), expected, "{}", ended.body);
    }
    let again = send(&manager, "deceased", BENEFICIARY, &death, 2).await;
    assert_eq!((again.status, &again.body), (200, &ended.body), "the same answer");
    let other_day = json!({ "day": day(-2) });
    let refused = send(&manager, "deceased", BENEFICIARY, &other_day, 3).await;
    assert_eq!((refused.status, refused.problem()), (409, "beneficiary_ended"));

    // The visitor under way keeps what the visit needs; the other phones drop the beneficiary.
    for (phone, caller) in phones.iter_mut().zip(callers) {
        phone.sync(caller, json!([])).await;
        phone.is_as_fresh(caller).await;
    }
    let kept = phones.iter().map(|phone| phone.household(BENEFICIARY).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), [false, true, false]);
    // The family stays reachable.
    let reveal = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let revealed = manager.post(&reveal, &json!({ "purpose": "hardship" })).await.body;
    assert_eq!(revealed["next_of_kin"][0]["beneficiary_id"], beneficiary_id(2));
    // A file of before does not know.
    let loaded = import(&server.database, &Files::small(), &[]);
    assert!(said(&loaded).contains("1 have died, left or were merged"), "{}", said(&loaded));
    assert_eq!(
        manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body["ended_because"],
        "deceased"
    );
    // Nobody was at home, and the visit is not repeated.
    let report = json!({ "outcome": "not_home" });
    let reported = volunteer.post(&format!("/v1/tasks/{started}/report"), &report).await;
    assert_eq!((reported.status, &reported.body["state"]), (200, &json!("cancelled")));

    // An error: the town's supervisor takes it back.
    let why = json!({ "reason": "同名" });
    let back = succeed(&supervisor, "reinstate", BENEFICIARY, &why).await;
    assert_eq!(back.body["beneficiary"].get("valid_to"), None, "{}", back.body);
    for task in [&open, &accepted, &started] {
        assert_eq!(fate(&back, task), "reopened", "{}", back.body);
        assert_eq!(state(&supervisor, task).await, "open");
    }
    let again = send(&supervisor, "reinstate", BENEFICIARY, &why, 1).await;
    assert_eq!((again.status, &again.body), (200, &back.body), "the same answer");
    phones[0].sync(&manager, json!([])).await;
    phones[0].is_as_fresh(&manager).await;
    assert!(phones[0].household(BENEFICIARY).is_some());
    let log = supervisor.events("beneficiary.end").await;
    assert_eq!((log.len(), &log[0]["body"]["because"]), (1, &json!("deceased")));
    assert!(!log[0].to_string().contains("家属"), "the reason is encrypted");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_entry_is_found_by_its_id_number_and_reinstated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let made = supervisor.post("/v1/beneficiaries", &new_beneficiary(json!({}))).await;
    let id = made.body["id"].as_str().expect("an id");
    let end = json!({ "because": "moved_away", "day": day(0), "reason": "户籍迁出" });
    let ended = succeed(&supervisor, "end", id, &end).await;
    assert_eq!(ended.body["beneficiary"]["ended_because"], "moved_away");
    let list = supervisor.get("/v1/beneficiaries?limit=50").await.body;
    assert!(!list.to_string().contains(id), "not listed");
    let task = supervisor.post("/v1/tasks", &home_visit(id, json!({}))).await;
    assert_eq!(task.status, 422, "no new tasks");
    let again = supervisor.post("/v1/beneficiaries", &new_beneficiary(json!({}))).await;
    assert_eq!((again.status, again.problem()), (409, "beneficiary_exists"));
    assert_eq!(again.body["current"], ended.body["beneficiary"]);
    let back = succeed(&supervisor, "reinstate", id, &json!({ "reason": "迁回" })).await;
    assert_eq!(back.body["beneficiary"]["version"], 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_created_at_the_moment_of_an_end_is_closed_soon(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let duplicate = beneficiary_id(4);
    let late = manager.make_task(BENEFICIARY).await;
    let astray = town.make_task(&duplicate).await;
    succeed(&manager, "deceased", BENEFICIARY, &json!({ "day": day(0) })).await;
    succeed(&town, "merge", &beneficiary_id(2), &json!({ "other_id": duplicate })).await;
    // As by another server that had not seen the ends.
    for change in [
        format!("UPDATE tasks SET state = 'open' WHERE id = '{late}'"),
        format!("UPDATE tasks SET beneficiary = '{duplicate}' WHERE id = '{astray}'"),
    ] {
        server.database.execute(&change);
    }
    let run = gridward(&server.database, &["jobs", "run", "casework"]).output().expect("it runs");
    assert!(run.status.success(), "{}", said(&run));
    assert_eq!(state(&town, &late).await, "cancelled");
    let moved = town.get(&format!("/v1/tasks/{astray}")).await.body;
    assert_eq!(
        (&moved["state"], &moved["beneficiary_id"]),
        (&json!("open"), &json!(beneficiary_id(2))),
        "{moved}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hand_outs_of_the_moment_of_an_end_are_returned_or_go_to_the_entry_that_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, kept, duplicate) = (server.manager().await, beneficiary_id(3), beneficiary_id(2));
    let hand = async |to: &str| {
        let handed = manager.post("/v1/handouts", &rice(to, &json!({}))).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
        handed.body["id"].as_str().expect("an id").to_owned()
    };
    let (planned, entered) = (hand(BENEFICIARY).await, hand(&duplicate).await);
    succeed(&manager, "deceased", BENEFICIARY, &json!({ "day": day(0) })).await;
    let merge = json!({ "other_id": duplicate });
    succeed(&supervisor, "merge", &kept, &merge).await;
    // As by another server that had not seen the ends: a launch, and the entry of a hand-out.
    for change in [
        format!("state = 'planned', person = NULL, at = NULL WHERE id = '{planned}'"),
        format!("beneficiary = '{duplicate}' WHERE id = '{entered}'"),
    ] {
        server.database.execute(&format!("UPDATE handouts SET {change}"));
    }
    let run = gridward(&server.database, &["jobs", "run", "casework"]).output().expect("it runs");
    assert!(run.status.success(), "{}", said(&run));
    let of = async |home: &str| {
        let listed = supervisor.get(&format!("/v1/handouts?beneficiary_id={home}")).await.body;
        let listed = listed["items"].as_array().expect("hand-outs").iter();
        let states = listed.map(|one| ["id", "state", "reason"].map(|name| one[name].clone()));
        states.collect::<Vec<_>>()
    };
    let entered = [json!(entered), json!("handed_out"), Value::Null];
    assert_eq!(of(BENEFICIARY).await, [[json!(planned), json!("returned"), json!("deceased")]]);
    assert_eq!((of(&kept).await, of(&duplicate).await), (vec![entered.clone()], vec![]));
    // What is taken back takes them back.
    succeed(&supervisor, "reinstate", BENEFICIARY, &json!({ "reason": "同名" })).await;
    succeed(&supervisor, "merge/undo", &kept, &merge).await;
    assert_eq!(of(BENEFICIARY).await, [[json!(planned), json!("planned"), Value::Null]]);
    let open = server.database.texts("SELECT id AS text FROM handouts WHERE at IS NULL");
    assert_eq!(json!(open), json!([planned]));
    assert_eq!((of(&kept).await, of(&duplicate).await), (vec![], vec![entered]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reinstatement_reopens_only_what_the_last_end_cancelled(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let (first, why) = (supervisor.make_task(BENEFICIARY).await, json!({ "reason": "同名" }));
    succeed(&supervisor, "deceased", BENEFICIARY, &json!({ "day": day(0) })).await;
    succeed(&supervisor, "reinstate", BENEFICIARY, &why).await;
    let cancel = supervisor.request(Method::POST, &format!("/v1/tasks/{first}/cancel"));
    let cancel = cancel.header("If-Match", "\"v3\"").json(&json!({ "reason": "x" }));
    let cancelled = supervisor.send(cancel).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let second = supervisor.make_task(BENEFICIARY).await;
    // The files of the whole district lack the beneficiary.
    let fewer = Files::small().without_line("beneficiaries.csv", BENEFICIARY);
    let now = chrono::Utc::now().to_rfc3339();
    let loaded = import(&server.database, &fewer, &["--whole", "--written", &now]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    assert_eq!(state(&supervisor, &second).await, "cancelled");
    let back = succeed(&supervisor, "reinstate", BENEFICIARY, &why).await;
    assert_eq!(fate(&back, &second), "reopened", "{}", back.body);
    assert_eq!(fate(&back, &first), Value::Null, "cancelled by a person");
    assert_eq!(state(&supervisor, &first).await, "cancelled");
    assert_eq!(state(&supervisor, &second).await, "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_given_back_after_the_end_is_cancelled_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (volunteer, second) = (server.volunteer().await, server.second_volunteer().await);
    let mut tasks = Vec::new();
    for visitor in [&volunteer, &volunteer, &second, &volunteer] {
        let task = manager.make_task(BENEFICIARY).await;
        claim(visitor, &task).await;
        assert_eq!(visitor.act(&format!("/v1/tasks/{task}/start")).await.status, 200);
        tasks.push(task);
    }
    let [released, reported, of_leaver, imported] = <[String; 4]>::try_from(tasks).expect("four");
    succeed(&manager, "deceased", BENEFICIARY, &json!({ "day": day(0) })).await;

    // Nobody else is sent.
    let to = json!({ "person_id": person_id(12) });
    let refused = supervisor.post(&format!("/v1/tasks/{released}/reassign"), &to).await;
    assert_eq!((refused.status, refused.problem()), (409, "subject_ended"), "{}", refused.body);
    let back = volunteer.act(&format!("/v1/tasks/{released}/release")).await;
    assert_eq!((back.status, &back.body["state"]), (200, &json!("cancelled")), "{}", back.body);
    let again = volunteer.act(&format!("/v1/tasks/{released}/release")).await;
    assert_eq!((again.status, again.problem()), (409, "task_phase"), "{}", again.body);
    let report = json!({ "outcome": "not_home" });
    let failed = volunteer.post(&format!("/v1/tasks/{reported}/report"), &report).await;
    assert_eq!((failed.status, &failed.body["state"]), (200, &json!("cancelled")));
    let departure = format!("/v1/people/{}/departure", person_id(22));
    for preview in [true, false, false] {
        let body = json!({ "preview": preview, "reason": "moved" });
        let call = supervisor.request(reqwest::Method::POST, &departure);
        let left = supervisor.send(call.header("If-Match", "\"v1\"").json(&body)).await;
        let outcome = &left.body["tasks"][0]["outcome"];
        assert_eq!((left.status, outcome), (200, &json!("cancelled")), "{}", left.body);
    }
    assert_eq!(state(&supervisor, &of_leaver).await, "cancelled");
    let fewer = Files::small().without_line("people.csv", phones::VOLUNTEER);
    let now = chrono::Utc::now().to_rfc3339();
    let loaded = import(&server.database, &fewer, &["--whole", "--written", &now]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    assert_eq!(state(&supervisor, &imported).await, "cancelled");

    // The log has both steps, with the reason of the second.
    let log = supervisor.events("task.cancel").await;
    assert_eq!(log.len(), 4, "{log:?}");
    for event in &log {
        assert_eq!(event["body"]["because"], "beneficiary_deceased", "{event}");
    }
    assert_eq!(supervisor.events("task.release").await.len(), 2);
    let why = json!({ "reason": "同名" });
    let back = succeed(&supervisor, "reinstate", BENEFICIARY, &why).await;
    for task in [&released, &reported, &of_leaver, &imported] {
        assert_eq!(fate(&back, task), "reopened", "{}", back.body);
    }
}
