//! Concurrent claims: a task has exactly one assignee, and no acknowledged claim is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, Caller, Server};

/// The number of tasks that two phones compete for.
const TASKS: usize = 1_000;
/// The number of concurrent requests per phone.
const AT_ONCE: usize = 16;

/// Claims every task from one phone, concurrently; returns the status and body of each.
async fn claim_all(phone: Caller, tasks: Arc<Vec<String>>) -> Vec<(String, u16, Value)> {
    let mut answers = Vec::new();
    for chunk in tasks.chunks(AT_ONCE) {
        let mut under_way = tokio::task::JoinSet::new();
        for task in chunk.iter().cloned() {
            let phone = phone.clone();
            under_way.spawn(async move {
                let answer = phone.act(&format!("/v1/tasks/{task}/claim")).await;
                (task, answer.status, answer.body)
            });
        }
        answers.extend(under_way.join_all().await);
    }
    answers
}

async fn make_tasks(manager: &Caller, count: usize) -> Arc<Vec<String>> {
    let mut tasks = Vec::with_capacity(count);
    while tasks.len() < count {
        let mut under_way = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE.min(count - tasks.len()) {
            let manager = manager.clone();
            under_way.spawn(async move { manager.make_task(BENEFICIARY).await });
        }
        tasks.extend(under_way.join_all().await);
    }
    tasks.sort();
    Arc::new(tasks)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_phones_claim_a_thousand_tasks_and_each_task_has_one_assignee(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let one = server.volunteer().await;
    let two = server.second_volunteer().await;
    let tasks = make_tasks(&manager, TASKS).await;
    let (first, second) = tokio::join!(
        tokio::spawn(claim_all(one, Arc::clone(&tasks))),
        tokio::spawn(claim_all(two, Arc::clone(&tasks))),
    );
    let mut winners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for (person, answers) in [(21, first.expect("a phone")), (22, second.expect("a phone"))] {
        assert_eq!(answers.len(), TASKS);
        for (task, status, body) in answers {
            match status {
                200 => winners.entry(task).or_default().push(person_id(person)),
                409 => {
                    assert_eq!(body["code"], "task_already_claimed");
                    told.insert(task, body["current"]["assignee"].clone());
                }
                other => panic!("{task}: {other} {body}"),
            }
        }
    }
    for task in tasks.iter() {
        let holders = &winners[task];
        assert_eq!(holders.len(), 1, "{task} went to {holders:?}");
        assert_eq!(told[task]["id"], holders[0].as_str(), "the loser is told who");
        assert!(told[task]["name"].as_str().is_some_and(|name| name.ends_with("志愿")));
        let now = manager.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!(now.body["assignee_id"], holders[0].as_str());
        assert_eq!((&now.body["state"], &now.body["version"]), (&"accepted".into(), &2.into()));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_claim_survives_a_kill(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let mut tasks = make_tasks(&manager, 600).await.to_vec();
    let mut survived = 0;
    for round in 1..=3 {
        let claims: Vec<String> = tasks.split_off(tasks.len() - 200);
        let answered = Arc::new(Mutex::new(Vec::new()));
        let phone = volunteer.clone();
        let claiming = tokio::spawn({
            let answered = Arc::clone(&answered);
            async move {
                for chunk in claims.chunks(8) {
                    let answers = claim_all(phone.clone(), Arc::new(chunk.to_vec())).await;
                    answered.lock().expect("a list").extend(answers);
                }
            }
        });
        // The server is killed while some claims are answered and others are in flight.
        while answered.lock().expect("a list").len() < 24 * round {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill_and_restart();
        claiming.await.expect("a phone");
        let answered = answered.lock().expect("a list").clone();
        assert!(answered.iter().any(|(_, status, _)| *status != 200), "none was cut off");
        let acknowledged: Vec<_> =
            answered.iter().filter(|(_, status, _)| *status == 200).map(|(id, ..)| id).collect();
        let manager = server.bearer(manager.token.as_deref().expect("a token"));
        for id in acknowledged {
            let now = manager.get(&format!("/v1/tasks/{id}")).await;
            assert_eq!(now.body["assignee_id"], person_id(21).as_str(), "{id} was acknowledged");
            survived += 1;
        }
    }
    assert!(survived > 0, "no claim was answered before a kill, so nothing was shown");
}
