//! Lists: one call finds the tasks that somebody must act on, with the names beside the ids.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::refuses_by_name;
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, Server};

/// The ids of the listed tasks, in order.
async fn ids(caller: &Caller, query: &str) -> Vec<String> {
    let listed = caller.get(&format!("/v1/tasks?{query}")).await;
    assert_eq!(listed.status, 200, "{query}: {}", listed.body);
    let items = listed.body["items"].as_array().expect("a list");
    items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

/// A task with these days and this priority.
async fn task(caller: &Caller, n: u32, due_on: &str, priority: u32) -> String {
    let days = json!({ "not_before": "2026-01-01", "due_on": due_on, "priority": priority });
    caller.make(&home_visit(&beneficiary_id(n), days)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_lists_the_overdue_tasks_of_every_state_and_level_with_their_number(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let open = task(&supervisor, 1, "2026-01-03", 5).await;
    let far = task(&supervisor, 5, "2026-01-04", 9).await;
    let held = task(&supervisor, 2, "2026-01-05", 1).await;
    let cancelled = task(&supervisor, 3, "2026-01-02", 5).await;
    let later = task(&supervisor, 3, "2090-01-01", 5).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    let why = json!({ "reason": "需要协调" });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{far}/escalate"), &why).await.status, 200);
    let request = supervisor.request(Method::POST, &format!("/v1/tasks/{cancelled}/cancel"));
    assert_eq!(supervisor.send(request.header("If-Match", "\"v1\"").json(&why)).await.status, 200);

    let listed = supervisor.get("/v1/tasks?overdue=true&count=true&limit=2").await;
    assert_eq!(listed.body["count"], 3, "{}", listed.body);
    let found = ids(&supervisor, "overdue=true").await;
    assert_eq!(found, [open.as_str(), &far, &held]);
    for (query, expected) in [
        ("overdue=false", vec![&cancelled, &later]),
        ("overdue=true&state=open", vec![&open, &far]),
        ("overdue=true&state=open,accepted", vec![&open, &far, &held]),
        ("escalation_level=village,town", vec![&far]),
        ("overdue=true&sort=priority", vec![&far, &open, &held]),
        ("overdue=true&escalation_level=grid", vec![&open, &held]),
        (&format!("ids={later},{open}"), vec![&open, &later]),
        (&format!("overdue=true&area={FAR_GRID}"), vec![&far]),
        (&format!("assignee_id={}&state=accepted", person_id(21)), vec![&held]),
        ("planned_from=2026-01-01", vec![]),
        ("updated_after=2090-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(ids(&supervisor, query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    // The last one changed is the first.
    assert_eq!(ids(&supervisor, "sort=updated_at&limit=1").await, [cancelled]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_shows_each_task_once_over_all_its_pages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    for n in 1..=5 {
        task(&supervisor, n, &format!("2090-01-0{}", n % 2 + 1), 5 + n % 2).await;
    }
    for sort in ["due_on", "planned_on", "priority", "updated_at"] {
        let all = ids(&supervisor, &format!("sort={sort}")).await;
        assert_eq!(all.len(), 5, "{sort}");
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let more = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
            let page = supervisor.get(&format!("/v1/tasks?sort={sort}&limit=2{more}")).await;
            let items = page.body["items"].as_array().expect("a list").clone();
            paged.extend(items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        assert_eq!(paged, all, "{sort}");
    }
    let first = supervisor.get("/v1/tasks?sort=priority&limit=1").await;
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let mixed = supervisor.get(&format!("/v1/tasks?sort=due_on&cursor={cursor}")).await;
    assert_eq!((mixed.status, &mixed.body["errors"][0]["pointer"]), (400, &json!("cursor")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_filter_or_order_is_refused_by_its_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let queries = [
        ("colour=red", "colour"),
        ("sort=name", "sort"),
        ("state=open,asleep", "state"),
        ("escalation_level=street", "escalation_level"),
        ("ids=1,2", "ids"),
        ("overdue=perhaps", "overdue"),
        ("planned_from=tomorrow", "planned_from"),
    ];
    refuses_by_name(&supervisor, "/v1/tasks", &queries).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_names_beside_ids_are_the_present_ones_and_auditors_see_no_persons(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let id = supervisor.make_task(BENEFICIARY).await;
    let path = format!("/v1/tasks/{id}");
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let names = |task: &Value| {
        ["grid_name", "assignee_name", "beneficiary_name"].map(|name| task[name].clone())
    };
    let shown = [json!("第1网格"), json!("王志愿"), json!("周**1")];
    for caller in [&supervisor, &volunteer] {
        let listed = caller.get("/v1/tasks?state=accepted").await;
        assert_eq!(names(&listed.body["items"][0]), shown, "{}", listed.body);
        assert_eq!(names(&caller.get(&path).await.body), shown);
    }
    let history = supervisor.get(&format!("{path}/history")).await;
    let step = &history.body["items"][1];
    assert_eq!((&step["actor_name"], &step["assignee_name"]), (&json!("王志愿"), &json!("王志愿")));
    // The task is unchanged and cached, its names are not.
    let renamed = json!({ "name": "吴立新" });
    let base = format!("/v1/beneficiaries/{BENEFICIARY}");
    let request = supervisor.request(Method::PATCH, &base).header("If-Match", "\"v1\"");
    assert_eq!(supervisor.send(request.json(&renamed)).await.status, 200);
    let listed = supervisor.get("/v1/tasks?state=accepted").await;
    assert_eq!(listed.body["items"][0]["beneficiary_name"], "吴*新", "{}", listed.body);
    let auditor = server.auditor().await;
    for task in [
        auditor.get(&path).await.body,
        auditor.get("/v1/tasks?state=accepted").await.body["items"][0].clone(),
    ] {
        assert_eq!(names(&task), [json!("第1网格"), Value::Null, Value::Null], "{task}");
    }
    let history = auditor.get(&format!("{path}/history")).await;
    assert_eq!(history.body["items"][1]["actor_name"], Value::Null);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follow_up_names_the_report_and_the_finder_and_is_listed_by_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.far_manager().await);
    let visit = home_visit(FAR_BENEFICIARY, json!({ "kind": "hardship_follow_up" }));
    let task = manager.make(&visit).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let report = json!({ "outcome": "done", "answers": { "still_needed": true } });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/report"), &report).await.status, 200);
    let reports = supervisor.get(&format!("/v1/tasks/{task}/reports")).await;
    let report = &reports.body["items"][0];
    assert_eq!(report["person_name"], "赵网格");
    let origin = report["id"].as_str().expect("an id");
    let listed = supervisor.get(&format!("/v1/tasks?origin={origin}")).await;
    let items = listed.body["items"].as_array().expect("a list");
    let expected = json!({ "type": "report", "id": origin, "person_id": person_id(13) });
    assert_eq!((items.len(), &items[0]["origin"]), (1, &expected), "{}", listed.body);
    let path = format!("/v1/tasks/{}", items[0]["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["origin"], expected);
}
