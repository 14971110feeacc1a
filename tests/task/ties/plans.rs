//! Plans respect the ties.

use rstest::rstest;
use serde_json::{Value, json};

use super::{pair, planned, task, with};
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_respects_the_ties(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let first = manager.make(&home_visit(&beneficiary_id(2), json!({ "due_on": day(7) }))).await;
    let group = [first.clone(), with(&manager, &first, 3).await, with(&manager, &first, 2).await];
    let (id, visits) = planned(&manager).await;
    let of = |task: &String| {
        let found = visits.iter().find(|visit| visit[0] == task.as_str());
        let [_, person, day, start] = found.expect("a visit").clone();
        assert!(person.is_string(), "{visits:?}");
        (person, (day, start))
    };
    let [(a, when_a), (b, when_b)] = [of(&two[0]), of(&two[1])];
    assert_ne!(a, b, "{visits:?}");
    assert_eq!(when_a, when_b, "{visits:?}");
    let people: Vec<Value> = group.iter().map(|task| of(task).0).collect();
    assert!(people.iter().all(|person| *person == people[0]), "{visits:?}");
    // One of the two tasks is claimed before the plan is applied: the other is left as well.
    let other = server.second_volunteer().await;
    assert_eq!(other.act(&format!("/v1/tasks/{}/claim", two[0])).await.status, 200);
    let applied = manager.post(&format!("/v1/plans/{id}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let left = applied.body["left"].as_array().expect("tasks").iter();
    let mut left: Vec<(&str, &str)> = left
        .map(|left| {
            let text = |name: &str| left[name].as_str().expect("a text");
            (text("task_id"), text("because"))
        })
        .collect();
    left.sort_unstable();
    let mut expected = [(two[0].as_str(), "changed"), (two[1].as_str(), "tied")];
    expected.sort_unstable();
    assert_eq!(left, expected);
    // The next plan gives it to another person than the claimant.
    let (_, visits) = planned(&manager).await;
    let next = visits.iter().find(|visit| visit[0] == two[1].as_str()).expect("a visit");
    assert!(next[1].is_string() && next[1] != person_id(22).as_str(), "{visits:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_gives_a_tied_visit_to_the_person_who_claimed_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for volunteer in [server.volunteer().await, server.second_volunteer().await] {
        let me = volunteer.get("/v1/me").await.body["id"].clone();
        let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
        let second = with(&manager, &first, 2).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
        let (_, visits) = planned(&manager).await;
        let found = visits.iter().find(|visit| visit[0] == second.as_str()).expect("a visit");
        assert_eq!(found[1], me, "{visits:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_applied_plan_leaves_a_task_whose_tied_task_went_to_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let second = with(&manager, &first, 2).await;
    let (plan, visits) = planned(&manager).await;
    let chosen = visits[0][1].clone();
    assert!(chosen.is_string() && visits[1][1] == chosen, "{visits:?}");
    let another = if chosen == person_id(21).as_str() {
        server.second_volunteer().await
    } else {
        server.volunteer().await
    };
    assert_eq!(another.act(&format!("/v1/tasks/{first}/claim")).await.status, 200);
    let applied = manager.post(&format!("/v1/plans/{plan}/apply"), &json!({})).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let left = applied.body["left"].as_array().expect("tasks");
    let left: Vec<(&Value, &Value)> =
        left.iter().map(|left| (&left["task_id"], &left["because"])).collect();
    assert!(left.contains(&(&json!(second), &json!("tied"))), "{left:?}");
    assert_eq!(task(&manager, &second).await["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_one_task_of_a_pair_includes_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let only = json!({ "ids": [two[1]] });
    let order = json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "only": only });
    let draft = manager.order_plan(&order).await.body;
    let path = format!("/v1/plans/{}/visits", draft["id"].as_str().expect("an id"));
    let visits = manager.get(&path).await.body["items"].clone();
    let visits = visits.as_array().expect("visits");
    assert_eq!(visits.len(), 2, "{visits:?}");
    assert!(visits.iter().all(|visit| visit["person_id"].is_string()), "{visits:?}");
    assert_ne!(visits[0]["person_id"], visits[1]["person_id"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pins_that_contradict_a_tie_or_each_other_are_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let two = pair(&manager).await;
    let same = manager.make(&home_visit(&beneficiary_id(2), json!({ "due_on": day(7) }))).await;
    let same = [same.clone(), with(&manager, &same, 3).await];
    let pin = |task: &str, person: u32, n: i64| json!({ "task_id": task, "person_id": person_id(person), "day": day(n) });
    let cases = [
        ([pin(&two[0], 21, 1), pin(&two[1], 21, 1)], "/changes/pins/0/person_id"),
        ([pin(&two[0], 21, 1), pin(&two[1], 22, 2)], "/changes/pins/0/day"),
        ([pin(&same[0], 21, 1), pin(&same[1], 22, 1)], "/changes/pins/0/person_id"),
        ([pin(&same[0], 21, 1), pin(&same[0], 22, 1)], "/changes/pins/1/task_id"),
    ];
    for (pins, pointer) in cases {
        let changes = json!({ "pins": pins });
        let order =
            json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "changes": changes });
        for (path, body) in
            [("/v1/plans", order.clone()), ("/v1/plans/estimates", json!({ "order": order }))]
        {
            let refused = manager.post(path, &body).await;
            assert_eq!(refused.status, 422, "{path} {changes} {}", refused.body);
            assert_eq!(
                refused.body["errors"][0]["pointer"]
                    .as_str()
                    .map(|it| it.trim_start_matches("/order")),
                Some(pointer),
                "{}",
                refused.body
            );
        }
    }
    // A person who has claimed one task of the pair cannot be pinned to the other.
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{}/claim", two[0])).await.status, 200);
    let me = volunteer.get("/v1/me").await.body["id"].clone();
    let pins = json!([{ "task_id": two[1], "person_id": me, "day": day(1) }]);
    let changes = json!({ "pins": pins });
    let order =
        json!({ "area": GRID, "first_day": day(1), "last_day": day(7), "changes": changes });
    assert_eq!(manager.post("/v1/plans", &order).await.status, 422);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_by_a_person_who_has_left_since_binds_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let first = manager.make(&home_visit(BENEFICIARY, json!({ "due_on": day(7) }))).await;
    let second = with(&manager, &first, 2).await;
    for step in ["claim", "start"] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{first}/{step}")).await.status, 200);
    }
    let report = json!({ "outcome": "done", "note": "老人身体好。" });
    let reported = volunteer.post(&format!("/v1/tasks/{first}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let other = server.second_volunteer().await;
    let claim = format!("/v1/tasks/{second}/claim");
    assert_eq!(other.act(&claim).await.problem(), "claim_breaks_tie");
    let me = volunteer.get("/v1/me").await.body["id"].as_str().expect("an id").to_owned();
    let leaver = json!({ "person_id": me, "base_version": 1, "reason": "resigned" });
    let leaves = json!({ "dry_run": false, "entries": [leaver] });
    let left = server.supervisor().await.post("/v1/people/departures", &leaves).await;
    assert_eq!(left.status, 200, "{}", left.body);
    let (_, visits) = planned(&manager).await;
    let found = visits.iter().find(|visit| visit[0] == second.as_str()).expect("a visit");
    assert!(found[1].is_string(), "{visits:?}");
    assert_eq!(other.act(&claim).await.status, 200);
}
