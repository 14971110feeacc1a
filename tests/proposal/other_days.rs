//! Another day for a task in hand.

use chrono::Days;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{claimed, decide, id, listed, notices, propose, state};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_accepts_another_day_and_the_task_moves(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let wish = json!({ "day": day(5), "start": 570, "note": "那天要带孩子看病" });
    let made = propose(&volunteer, &task, wish).await;
    let proposal = id(&made);
    assert_eq!((&made.body["state"], &made.body["version"]), (&json!("open"), &json!(1)));
    assert_eq!(made.body.get("note"), None, "a stored answer has no personal text");
    assert_eq!(made.headers["Location"], format!("/v1/proposals/{proposal}"));
    assert_eq!(decide(&volunteer, &proposal, "accept", json!({})).await.status, 403);
    let second = server.second_volunteer().await;
    assert_eq!(decide(&second, &proposal, "accept", json!({})).await.status, 403);
    let far = server.far_manager().await;
    assert_eq!(decide(&far, &proposal, "accept", json!({})).await.status, 404);

    let open = listed(&manager, "?state=open").await;
    assert_eq!(open.len(), 1, "{open:?}");
    let one = &open[0];
    assert_eq!((&one["subject"], &one["grid"]), (&json!("day"), &json!(GRID)));
    assert_eq!((&one["task_id"], &one["proposed_by_name"]), (&json!(task), &json!("王志愿")));
    assert_eq!((&one["day"], &one["start"]), (&json!(day(5)), &json!(570)));
    assert_eq!(one["note"], "那天要带孩子看病");

    let accepted = manager.act(&format!("/v1/proposals/{proposal}/accept")).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (200, &json!("accepted")));
    let moved = volunteer.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!((&moved["not_before"], &moved["due_on"]), (&json!(day(5)), &json!(day(5))));
    assert_eq!(moved["window"], json!({ "start": 570, "end": 600 }), "the visit takes 30 minutes");
    assert_eq!(moved["assignee_id"], person_id(21));
    let again = decide(&manager, &proposal, "accept", json!({})).await;
    assert_eq!((again.status, again.problem()), (409, "proposal_decided"));
    assert_eq!(again.body["current"]["decided_by"], person_id(11));

    let day = day(5).format("%-m月%-d日").to_string();
    let title = json!(format!("您的建议已同意：改到{day} 09:30走访"));
    assert_eq!(notices(&volunteer, "zh-CN").await, [(json!("proposal_accepted"), title)]);
    assert_eq!(notices(&manager, "zh-CN").await, []);
    let pulled = volunteer.get("/v1/sync").await;
    assert!(pulled.body.to_string().contains("proposal_accepted"), "{}", pulled.body);
    let history = manager.get(&format!("/v1/tasks/{task}/history")).await;
    let steps = history.body["items"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["action"] == "task.reschedule").expect("a step");
    assert_eq!((&step["because"], &step["actor_id"]), (&json!("proposal"), &json!(person_id(11))));
    let supervisor = server.supervisor().await;
    let event = &supervisor.events("task.reschedule").await[0];
    assert_eq!(event["body"]["proposal"], json!(proposal));
    let log = supervisor.get("/v1/events?limit=200").await.body.to_string();
    assert!(log.contains("proposal.accept") && !log.contains("看病"), "{log}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_leaves_the_task_and_a_later_proposal_replaces_the_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = claimed(&server).await;
    let before = manager.get(&format!("/v1/tasks/{task}")).await.body;
    let first = id(&propose(&volunteer, &task, json!({ "day": day(3) })).await);
    let second = id(&propose(&volunteer, &task, json!({ "day": day(4), "note": " " })).await);
    assert_eq!(state(&volunteer, &first).await, "replaced");
    let replaced = decide(&manager, &first, "accept", json!({})).await;
    assert_eq!((replaced.status, replaced.problem()), (409, "proposal_decided"));
    let open = listed(&manager, "?state=open&subject=day").await;
    assert_eq!((open.len(), &open[0]["id"]), (1, &json!(second)));
    let blank = decide(&manager, &second, "refuse", json!({ "reason": " " })).await;
    assert_eq!(blank.status, 422, "{}", blank.body);
    let refused = decide(&manager, &second, "refuse", json!({ "reason": "那天有体检" })).await;
    assert_eq!((refused.status, &refused.body["state"]), (200, &json!("refused")));
    assert_eq!(manager.get(&format!("/v1/tasks/{task}")).await.body, before);
    let own = volunteer.get(&format!("/v1/proposals/{second}")).await;
    assert_eq!(own.body["reason"], "那天有体检", "{}", own.body);
    let date = day(4).format("%-d %B").to_string();
    let title = json!(format!("Your proposal was not accepted: visit on {date}"));
    assert_eq!(notices(&volunteer, "en").await, [(json!("proposal_refused"), title)]);
    let log = server.supervisor().await.get("/v1/events?limit=200").await.body.to_string();
    assert!(!log.contains("体检"), "{log}");
    // The holder may propose again, and pages follow each other.
    let third = id(&propose(&volunteer, &task, json!({ "day": day(6) })).await);
    let page = volunteer.get("/v1/proposals?limit=2").await;
    assert_eq!(page.body["items"][0]["id"], json!(third), "{}", page.body);
    let next = page.body["next_cursor"].as_str().expect("a cursor");
    let last = listed(&volunteer, &format!("?limit=2&cursor={next}")).await;
    assert_eq!((last.len(), &last[0]["id"]), (1, &json!(first)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_lapses_with_the_hold_of_its_author(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    for change in ["reassign", "start", "yesterday"] {
        let task = claimed(&server).await;
        let proposal = id(&propose(&volunteer, &task, json!({ "day": day(2) })).await);
        let path = format!("/v1/tasks/{task}");
        let changed = match change {
            "reassign" => {
                let to = json!({ "person_id": person_id(22), "force": true });
                manager.post(&format!("{path}/reassign"), &to).await
            }
            "start" => volunteer.act(&format!("{path}/start")).await,
            _ => {
                server.database.execute("UPDATE proposals SET day = '2026-01-01'");
                manager.get(&path).await
            }
        };
        assert_eq!(changed.status, 200, "{}", changed.body);
        for (answer, body) in [("accept", json!({})), ("refuse", json!({ "reason": "x" }))] {
            let late = decide(&manager, &proposal, answer, body).await;
            assert_eq!((late.status, late.problem()), (409, "proposal_lapsed"), "{change}");
            assert_eq!(late.body["current"]["state"], "lapsed");
        }
        assert_eq!(state(&volunteer, &proposal).await, "lapsed");
        assert_eq!(listed(&manager, "?state=open").await, Vec::<Value>::new(), "{change}");
    }
    assert_eq!(listed(&manager, "?state=lapsed").await.len(), 3);
    assert_eq!(notices(&volunteer, "en").await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_day_is_proposed_by_the_holder_before_the_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let task = claimed(&server).await;
    let wish = json!({ "day": day(2) });
    for (caller, status, code) in [
        (server.second_volunteer().await, 409, "not_assignee"),
        (server.manager().await, 409, "not_assignee"),
        (server.supervisor().await, 403, "forbidden"),
        (server.auditor().await, 403, "forbidden"),
        (server.far_manager().await, 404, "not_found"),
    ] {
        let refused = propose(&caller, &task, wish.clone()).await;
        assert_eq!((refused.status, refused.problem()), (status, code), "{}", refused.body);
    }
    let volunteer = server.volunteer().await;
    let unknown = propose(&volunteer, &Uuid::now_v7().to_string(), wish.clone()).await;
    assert_eq!(unknown.status, 404);
    let yesterday = day(0) - Days::new(1);
    for (body, pointer) in [
        (json!({ "day": yesterday }), "/day"),
        (json!({ "day": "2026-13-01" }), "/day"),
        (json!({ "day": "9999-01-01" }), "/day"),
        (json!({}), "/day"),
        (json!({ "day": day(2), "start": 1430 }), "/start"),
        (json!({ "day": day(2), "start": 1441 }), "/start"),
        (json!({ "day": day(2), "start": -1 }), "/start"),
        (json!({ "day": day(2), "note": "字".repeat(2001) }), "/note"),
        (json!({ "day": day(2), "days": 1 }), "/days"),
    ] {
        let refused = propose(&volunteer, &task, body.clone()).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    assert_eq!(server.database.count("proposals"), 0);
    // Today is a day like another; a visit that has begun is not moved.
    id(&propose(&volunteer, &task, json!({ "day": day(0) })).await);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/start")).await.status, 200);
    let late = propose(&volunteer, &task, wish).await;
    assert_eq!((late.status, late.problem()), (409, "task_phase"));
}
