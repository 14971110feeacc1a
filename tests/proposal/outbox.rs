//! Proposals and answers in an outbox.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{claimed, need, state};
use crate::support::days::day;
use crate::support::files::BENEFICIARY;
use crate::support::phone::{Phone, command};
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_and_answers_in_an_outbox_take_effect_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let given = |word: &str, more: Value| {
        let mut command = command(word, "", json!({}));
        command.as_object_mut().expect("an object").remove("task_id");
        for (name, value) in more.as_object().expect("an object") {
            command[name] = value.clone();
        }
        command
    };
    let wish = command("task.propose_day", &task, json!({ "day": day(4) }));
    let raise = given("need.raise", json!({ "payload": need(BENEFICIARY, json!({})) }));
    let past = command("task.propose_day", &task, json!({ "day": "2026-01-01" }));
    let bare = given("task.propose_day", json!({ "payload": { "day": day(4) } }));
    let outbox = json!([wish, raise, past, bare]);
    let mut phone = Phone::default();
    for replayed in [false, true] {
        let results = phone.sync(&volunteer, outbox.clone()).await;
        for result in &results[..2] {
            assert_eq!(
                [&result["outcome"], &result["replayed"], &result["version"]],
                [&json!("applied"), &json!(replayed), &json!(1)],
                "{results:?}"
            );
        }
        for (result, pointer) in results[2..].iter().zip(["/payload/day", "/task_id"]) {
            assert_eq!(result["outcome"], "rejected", "{results:?}");
            assert_eq!(result["problem"]["errors"][0]["pointer"], pointer, "{results:?}");
        }
    }
    assert_eq!(server.database.count("proposals"), 2);
    let proposal = wish["id"].as_str().expect("an id");
    assert_eq!(state(&volunteer, proposal).await, "open", "it has the id of its command");

    let about = |id: &Value, payload: Value| json!({ "proposal_id": id, "payload": payload });
    let accept = given("proposal.accept", about(&wish["id"], json!({})));
    let why = json!({ "reason": "已经办理" });
    let refuse = given("proposal.refuse", about(&raise["id"], why.clone()));
    let none = given("proposal.refuse", json!({ "payload": why }));
    let answers = json!([accept, refuse, none]);
    let mut desk = Phone::default();
    for replayed in [false, true] {
        let results = desk.sync(&manager, answers.clone()).await;
        for result in &results[..2] {
            assert_eq!(
                [&result["outcome"], &result["replayed"], &result["version"]],
                [&json!("applied"), &json!(replayed), &json!(2)],
                "{results:?}"
            );
        }
        assert_eq!(results[2]["problem"]["errors"][0]["pointer"], "/proposal_id");
    }
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.tasks()[0]["due_on"], json!(day(4)), "the phone has the new day");
    assert_eq!(state(&volunteer, raise["id"].as_str().expect("an id")).await, "refused");
    phone.is_as_fresh(&volunteer).await;
    // The call with the id of the command is the same command.
    let path = format!("/v1/tasks/{task}/proposals");
    let call = volunteer.request(Method::POST, &path).json(&json!({ "day": day(4) }));
    let call = volunteer.send(call.header("Idempotency-Key", proposal)).await;
    assert_eq!((call.status, &call.body["id"]), (201, &json!(proposal)), "{}", call.body);
    assert_eq!(call.headers["Idempotency-Replayed"], "true");
}
