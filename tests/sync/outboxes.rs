//! Commands of phones take effect exactly once despite failures, and no report is lost.

use insta::assert_json_snapshot;
use rstest::rstest;
use serde_json::{Value, json};

use crate::log::verify;
use crate::support::files::person_id;
use crate::support::phone::{Phone, command, task_for};
use crate::support::server::gridward;
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_command_repeats_its_answer_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    let outbox = json!([
        command("task.claim", &task, json!({})),
        command("task.start", &task, json!({})),
        command("task.report", &task, json!({"outcome": "done", "note": "一切安好"})),
    ]);
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        let result = |n: usize| {
            json!({
                "id": outbox[n]["id"], "outcome": "applied", "replayed": replayed, "version": n + 2
            })
        };
        assert_eq!(results, [result(0), result(1), result(2)]);
    }
    let reports = volunteer.get(&format!("/v1/tasks/{task}/reports")).await;
    assert_eq!(reports.body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(reports.body["items"][0]["id"], outbox[2]["id"]);
    // The same id with different content is refused.
    let mut forged = outbox[2].clone();
    forged["payload"]["note"] = json!("另一份");
    let refused = phone.sync(&volunteer, json!([forged])).await;
    assert_eq!(refused[0]["outcome"], "rejected");
    assert_eq!(refused[0]["problem"]["code"], "command_id_reused");
    // A call with the same id is the same command.
    let id = outbox[0]["id"].as_str().expect("an id");
    let path = format!("/v1/tasks/{task}/claim");
    let claim = volunteer.request(reqwest::Method::POST, &path).header("Idempotency-Key", id);
    let claim = volunteer.send(claim).await;
    assert_eq!((claim.status, claim.body["state"].as_str()), (200, Some("accepted")));
    assert_eq!(claim.headers["Idempotency-Replayed"], "true");
}

/// Makes every change of the task fail, as a defect would.
pub(crate) fn break_task(database: &Database, task: &str) {
    database.execute(&if database.is_postgres() {
        format!(
            "CREATE FUNCTION defect() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'a defect'; END $$
             LANGUAGE plpgsql;
             CREATE TRIGGER defect BEFORE UPDATE ON tasks FOR EACH ROW
             WHEN (NEW.id = '{task}') EXECUTE FUNCTION defect();"
        )
    } else {
        format!(
            "CREATE TRIGGER defect BEFORE UPDATE ON tasks WHEN NEW.id = '{task}'
             BEGIN SELECT RAISE(ABORT, 'a defect'); END;"
        )
    });
}

fn mend_tasks(database: &Database) {
    let on = if database.is_postgres() { " ON tasks" } else { "" };
    database.execute(&format!("DROP TRIGGER defect{on};"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_fails_five_times_becomes_a_dead_letter(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let (broken, sound) = (task_for(&server, 1).await, task_for(&server, 2).await);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{broken}/claim")).await.status, 200);
    break_task(&server.database, &broken);
    let mut phone = Phone::default();
    let outbox = json!([
        command("task.report", &broken, json!({"outcome": "done", "note": "老人说一切都好"})),
        command("task.claim", &sound, json!({})),
    ]);
    for n in 1..=4 {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        assert_eq!(results[0]["outcome"], "retry", "{n}: {}", results[0]);
        assert_eq!(
            (&results[1]["outcome"], &results[1]["replayed"]),
            (&json!("applied"), &json!(n > 1))
        );
    }
    for n in 5..=6 {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        assert_eq!(
            (&results[0]["outcome"], &results[0]["replayed"]),
            (&json!("rejected"), &json!(n > 5))
        );
        assert_eq!(results[0]["problem"]["code"], "command_dead_lettered");
        assert_json_snapshot!("problem_command_dead_lettered", results[0]["problem"]);
    }
    mend_tasks(&server.database);
    let results = phone.sync(&volunteer, outbox.clone()).await;
    assert_eq!(results[0]["outcome"], "rejected", "what was answered stays answered");
    // It is in the log, once and encrypted, readable only with the key.
    let auditor = server.auditor().await;
    let events = auditor.get("/v1/events?action=command.dead_letter").await;
    assert_eq!(events.body["items"].as_array().map(Vec::len), Some(1), "{}", events.body);
    assert!(!events.body.to_string().contains("老人"), "{}", events.body);
    assert_eq!(events.body["items"][0]["subject_id"], outbox[0]["id"]);
    let shown = gridward(&server.database, &["log", "dead-letters"]).output().expect("it runs");
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("one line");
    assert_eq!((&shown["command"], &shown["action"]), (&outbox[0]["id"], &json!("task.report")));
    assert_eq!(shown["request"]["task_id"], broken.as_str());
    assert_eq!(shown["request"]["payload"]["note"], "老人说一切都好");
    let admin = server.admin().await;
    let letters = admin.get("/v1/dead-letters").await;
    assert_eq!(letters.body["items"], json!([shown]), "{}", letters.body);
    assert_eq!(server.supervisor().await.get("/v1/dead-letters").await.status, 403);
    let read = auditor.get("/v1/events?action=command.read").await;
    assert_eq!(read.body["items"].as_array().map(Vec::len), Some(2));
    let (whole, told) = verify(&server.database, &[]);
    assert!(whole, "{told}");
    // With a new id it is a new command.
    let anew = json!([command("task.report", &broken, json!({"outcome": "done"}))]);
    assert_eq!(phone.sync(&volunteer, anew).await[0]["outcome"], "applied");
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_fails_for_a_while_succeeds_in_the_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    break_task(&server.database, &task);
    let claim = json!([command("task.claim", &task, json!({}))]);
    let mut phone = Phone::default();
    for _ in 0..3 {
        assert_eq!(phone.sync(&volunteer, claim.clone()).await[0]["outcome"], "retry");
    }
    // Over the other endpoint it is the same command and the same failure.
    let id = claim[0]["id"].as_str().expect("an id");
    let path = format!("/v1/tasks/{task}/claim");
    let online = volunteer.request(reqwest::Method::POST, &path).header("Idempotency-Key", id);
    let online = volunteer.send(online).await;
    assert_eq!((online.status, online.problem()), (500, "internal"));
    assert_json_snapshot!("problem_internal", online.shown());
    mend_tasks(&server.database);
    for replayed in [false, true] {
        let result = &phone.sync(&volunteer, claim.clone()).await[0];
        assert_eq!(
            (&result["outcome"], &result["replayed"]),
            (&json!("applied"), &json!(replayed))
        );
    }
    let auditor = server.auditor().await;
    let events = auditor.get("/v1/events?subject=command").await;
    assert_eq!(events.body["items"], json!([]), "no command was set aside");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_waits_for_a_claim_that_is_not_final(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    break_task(&server.database, &task);
    let claim = command("task.claim", &task, json!({}));
    let report = command("task.report", &task, json!({ "outcome": "done", "note": "安好" }));
    let mut phone = Phone::default();
    let outcome = |result: &Value| {
        (result["outcome"].clone(), result["problem"]["code"].as_str().map(str::to_owned))
    };
    let waiting = (json!("retry"), Some("earlier_command_pending".to_owned()));
    let results = phone.sync(&volunteer, json!([claim, report])).await;
    assert_eq!(results[0]["outcome"], "retry", "{results:?}");
    assert_eq!(outcome(&results[1]), waiting, "{results:?}");
    // An outbox of more than one push: the report comes alone.
    let alone = phone.sync(&volunteer, json!([report])).await;
    assert_eq!(outcome(&alone[0]), waiting, "{alone:?}");
    mend_tasks(&server.database);
    let results = phone.sync(&volunteer, json!([claim, report])).await;
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
    // An unreadable claim may be corrected under its id.
    let task = task_for(&server, 2).await;
    let mut claim = command("task.claim", &task, json!({}));
    let at = std::mem::replace(&mut claim["at"], json!("half past nine"));
    let report = command("task.report", &task, json!({ "outcome": "done" }));
    let results = phone.sync(&volunteer, json!([claim, report])).await;
    assert_eq!(results[0]["problem"]["code"], "invalid", "{results:?}");
    assert_eq!(outcome(&results[1]), waiting, "{results:?}");
    claim["at"] = at;
    let results = phone.sync(&volunteer, json!([claim, report])).await;
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_command_does_not_stop_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let (mine, other) = (task_for(&server, 1).await, task_for(&server, 2).await);
    let second = server.second_volunteer().await;
    assert_eq!(second.post(&format!("/v1/tasks/{other}/claim"), &json!({})).await.status, 200);
    let results = Phone::default()
        .sync(
            &volunteer,
            json!([
                command("task.fly", &mine, json!({})),
                command("task.claim", &other, json!({})),
                command("task.claim", "018d622e-0000-7000-8000-00000000ffff", json!({})),
                command("task.decline", &mine, json!({"why": 1})),
                command("task.cancel", &mine, json!({"reason": "x"})),
                command("task.claim", &mine, json!({})),
            ]),
        )
        .await;
    let told: Vec<_> = results
        .iter()
        .map(|one| (one["outcome"].as_str(), one["problem"]["code"].as_str()))
        .collect();
    let rejected = Some("rejected");
    assert_eq!(
        told,
        [
            (rejected, Some("unknown_command")),
            (rejected, Some("task_already_claimed")),
            (rejected, Some("not_found")),
            (rejected, Some("invalid")),
            (rejected, Some("forbidden")),
            (Some("applied"), None),
        ]
    );
    let assignee = &results[1]["problem"]["current"]["assignee"]["id"];
    assert_eq!(assignee, &json!(person_id(22)));
    assert_json_snapshot!("outbox_of_bad_commands", results);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_based_on_an_older_version_is_rejected(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let task = task_for(&server, 1).await;
    let on = |base: i64, word: &str, payload: Value| {
        let mut command = command(word, &task, payload);
        command["base_version"] = json!(base);
        command
    };
    let to = |n: u32| json!({ "person_id": person_id(n) });
    let results = Phone::default()
        .sync(
            &manager,
            json!([
                on(1, "task.reassign", to(21)),
                on(1, "task.reassign", to(22)),
                on(1, "task.escalate", json!({ "reason": "急" })),
                command("task.reassign", &task, to(22)),
            ]),
        )
        .await;
    let told: Vec<_> =
        results.iter().map(|one| (&one["outcome"], &one["problem"]["code"])).collect();
    let (applied, rejected, none) = (json!("applied"), json!("rejected"), Value::Null);
    let conflict = json!("version_conflict");
    assert_eq!(
        told,
        [(&applied, &none), (&rejected, &conflict), (&rejected, &conflict), (&applied, &none)]
    );
    assert_eq!(results[1]["problem"]["current"]["assignee_id"], json!(person_id(21)));
    // For commands of the assignee it is informational.
    let volunteer = server.second_volunteer().await;
    let start = Phone::default().sync(&volunteer, json!([on(1, "task.start", json!({}))])).await;
    assert_eq!(start[0]["outcome"], "applied");
}

/// A phone without an answer sends again, and the command may reach another server while
/// the first one is still processing it, or occur twice in one commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outbox_sent_to_two_servers_at_once_is_applied_once() {
    let server = Server::small(Backend::Postgres);
    let other = server.another();
    let here = server.volunteer().await;
    let there = other.bearer(here.token.as_deref().expect("a token"));
    for round in 0..15 {
        let task = task_for(&server, 1).await;
        let commands = [
            command("task.claim", &task, json!({})),
            command("task.start", &task, json!({})),
            command("task.report", &task, json!({"outcome": "done", "needs": []})),
        ];
        let push = json!({ "commands": commands, "limit": 1 });
        let pushed_to = |caller: &crate::support::Caller| {
            let (caller, push) = (caller.clone(), push.clone());
            tokio::spawn(async move { caller.post("/v1/sync", &push).await })
        };
        let sent = [&here, &there, &here, &there, &here, &there].map(pushed_to);
        let mut done = [0; 3];
        for answer in sent {
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.body);
            for (n, result) in
                answer.body["results"].as_array().expect("results").iter().enumerate()
            {
                assert_eq!(result["outcome"], "applied", "round {round}: {result}");
                assert_eq!(result["version"], n + 2);
                done[n] += usize::from(result["replayed"] == false);
            }
        }
        assert_eq!(done, [1, 1, 1], "round {round}");
        let reports = here.get(&format!("/v1/tasks/{task}/reports")).await;
        assert_eq!(reports.body["items"].as_array().map(Vec::len), Some(1));
        let history = here.get(&format!("/v1/tasks/{task}/history")).await;
        assert_eq!(history.body["items"].as_array().map(Vec::len), Some(4));
    }
}
