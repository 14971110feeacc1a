//! The ordinary jobs of a town's supervisor, each with the number of its calls.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDate;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, GRID, Server};

const TOWN: &str = "500116001";

/// The supervisor, whose calls are counted.
struct Desk {
    supervisor: Caller,
    calls: AtomicU32,
}

impl Desk {
    async fn of(server: &Server) -> Self {
        Self { supervisor: server.town_supervisor().await, calls: AtomicU32::new(0) }
    }

    /// Does a job, which takes this many calls.
    async fn job<T>(&self, name: &str, calls: u32, work: impl AsyncFnOnce(&Self) -> T) -> T {
        let before = self.calls.load(Ordering::Relaxed);
        let done = work(self).await;
        assert_eq!(self.calls.load(Ordering::Relaxed) - before, calls, "calls to {name}");
        done
    }

    async fn get(&self, path: &str) -> Value {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.supervisor.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn text(&self, path: &str) -> String {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.supervisor.text(path).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.supervisor.post(path, body).await;
        assert!([200, 201].contains(&answer.status), "{path}: {}", answer.body);
        answer.body
    }

    /// A draft, when it is computed.
    async fn plan(&self, order: &Value) -> Value {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.supervisor.order_plan(order).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// Directs tasks, all of which follow.
    async fn bulk(&self, command: Value) -> Value {
        let done = self.post("/v1/tasks/bulk", &json!({ "commands": [command] })).await;
        assert_eq!(done["rejected"], 0, "{done}");
        done
    }
}

/// A task for the beneficiary with this number, between these days.
async fn task(of: &Caller, n: u32, not_before: NaiveDate, due_on: NaiveDate) -> String {
    of.make(&json!({
        "kind": "home_visit", "beneficiary_id": beneficiary_id(n),
        "not_before": not_before, "due_on": due_on
    }))
    .await
}

/// What commands name.
fn tasks(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "id": id })).collect()
}

/// The value of a field of each item.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|one| one[field].as_str().expect("a text")).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_question_of_a_town_is_one_call(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (desk, volunteer) = (Desk::of(&server).await, server.volunteer().await);
    let past = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a day");
    let overdue =
        [task(&desk.supervisor, 1, past, past).await, task(&desk.supervisor, 4, past, past).await];
    assert_eq!(volunteer.act(&format!("/v1/tasks/{}/claim", overdue[0])).await.status, 200);
    let visit = task(&desk.supervisor, 2, day(0), day(3)).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{visit}/claim")).await.status, 200);
    let found = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
    let sent = volunteer.post(&format!("/v1/tasks/{visit}/report"), &found).await;
    assert_eq!(sent.status, 200, "{}", sent.body);

    desk.job("list what is overdue, with the names beside the ids", 1, async |desk| {
        let list = desk.get(&format!("/v1/tasks?area={TOWN}&overdue=true&count=true")).await;
        assert_eq!(
            (&list["count"], each(&list, "grid_name")),
            (&json!(2), vec!["第1网格", "第2网格"])
        );
        let first = &list["items"][0];
        assert_eq!(
            (&first["assignee_name"], &first["beneficiary_name"]),
            (&json!("王志愿"), &json!("周**1"))
        );
    })
    .await;
    desk.job("compare the loads and the progress of the grids", 1, async |desk| {
        let grids = desk.get(&format!("/v1/areas/{TOWN}/summary?by=grid")).await;
        assert_eq!(each(&grids, "name"), ["第1网格", "第2网格"]);
        let first = &grids["items"][0];
        assert_eq!((&first["held"], &first["overdue"]), (&json!(1), &json!(1)), "{first}");
        assert!(first["offered_minutes"].is_u64() && first["planned_minutes"].is_u64(), "{first}");
    })
    .await;
    desk.job("compare the loads of the people", 1, async |desk| {
        let days = format!("from={}&to={}", day(0), day(6));
        let people = desk.get(&format!("/v1/people/workload?area={TOWN}&{days}")).await;
        assert_eq!(each(&people, "name"), ["张网格", "王志愿", "陈志愿", "李网格", "刘志愿"]);
    })
    .await;
    desk.job("read the reports of the week, with totals", 1, async |desk| {
        let week = format!("from={}&to={}&totals=true", day(0), day(6));
        let reports = desk.get(&format!("/v1/reports?area={TOWN}&{week}")).await;
        assert_eq!(reports["totals"]["total"]["needs_follow_up"], 1, "{reports}");
        assert_eq!(each(&reports, "person_name"), ["王志愿"]);
    })
    .await;
    desk.job("print the table of the week for the boss", 1, async |desk| {
        let page = desk.text(&format!("/v1/areas/{TOWN}/weekly.html")).await;
        assert!(page.contains("一镇") && page.contains("</table>"), "{page}");
    })
    .await;
    desk.job("find a beneficiary by name", 1, async |desk| {
        let found = desk.post("/v1/beneficiaries/search", &json!({ "text": "周老兵4" })).await;
        assert_eq!(each(&found, "id"), [beneficiary_id(4)]);
    })
    .await;
    desk.job("find a beneficiary by phone", 1, async |desk| {
        let found = desk.post("/v1/beneficiaries/search", &json!({ "text": "10010000003" })).await;
        assert_eq!(each(&found, "id"), [beneficiary_id(3)]);
    })
    .await;
    desk.job("find a person by phone", 1, async |desk| {
        let found = desk.post("/v1/people/search", &json!({ "text": "10000000023" })).await;
        assert_eq!(each(&found, "name"), ["刘志愿"]);
    })
    .await;
    desk.job("see whose phone has not synced, of those directly below", 1, async |desk| {
        let people = desk.get("/v1/people/sync-health").await;
        assert_eq!(each(&people, "name"), ["张网格", "李网格"], "{people}");
    })
    .await;
    desk.job("export what is overdue", 1, async |desk| {
        let list = format!("/v1/exports/tasks?area={TOWN}&overdue=true&format=csv");
        let rows = desk.text(&list).await;
        assert!(overdue.iter().all(|id| rows.contains(id)) && !rows.contains(&visit), "{rows}");
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_decision_of_a_town_is_a_few_calls(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (desk, volunteer) = (Desk::of(&server).await, server.volunteer().await);
    let mut of_the_ill = Vec::new();
    for n in 1..=3 {
        let id = task(&desk.supervisor, n, day(0), day(2)).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
        of_the_ill.push(id);
    }
    desk.job("replace a person who is ill, in all visits of these days", 2, async |desk| {
        let path = format!("/v1/people/{}/absences", person_id(21));
        let ill = json!({
            "first_day": day(0), "last_day": day(3), "reason": "sick", "release": true
        });
        let added = desk.post(&path, &ill).await;
        let given_back: Vec<String> = added["tasks"]
            .as_array()
            .expect("tasks")
            .iter()
            .map(|task| task["task_id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(given_back.len(), of_the_ill.len(), "{added}");
        let to = json!({ "person_id": person_id(22), "force": true });
        desk.bulk(json!({ "type": "task.assign", "payload": to, "tasks": tasks(&given_back) }))
            .await;
    })
    .await;
    desk.job("hand visits to a person of the neighbour grid", 1, async |desk| {
        let to = json!({ "person_id": person_id(23) });
        let moved = &of_the_ill[..1];
        desk.bulk(json!({ "type": "task.reassign", "payload": to, "tasks": tasks(moved) })).await;
    })
    .await;
    let called = desk
        .job("order 500 calls before a festival", 1, async |desk| {
            let whom: Vec<String> = (0..500).map(|n| beneficiary_id(n % 4 + 1)).collect();
            let festival = json!({ "kind": "home_visit", "title": "春节电话问候" });
            desk.bulk(json!({
                "type": "task.create", "payload": festival, "beneficiary_ids": whom
            }))
            .await
        })
        .await;
    desk.job("cancel them, and take that back", 2, async |desk| {
        let results = called["results"].as_array().expect("results");
        let those: Vec<Value> = results
            .iter()
            .map(|one| json!({ "id": one["task_id"], "base_version": one["version"] }))
            .collect();
        let why = json!({ "reason": "活动推迟" });
        let cancelled =
            desk.bulk(json!({ "type": "task.cancel", "payload": why, "tasks": those })).await;
        let id = cancelled["id"].as_str().expect("an id");
        let undone = desk.post(&format!("/v1/tasks/bulk/{id}/undo"), &json!({})).await;
        assert_eq!((&undone["applied"], &undone["rejected"]), (&json!(500), &json!(0)));
    })
    .await;
    let report = json!({ "outcome": "done", "note": "一切安好", "on_behalf_of": person_id(22) });
    let path = format!("/v1/tasks/{}/report", of_the_ill[1]);
    let sent = desk.supervisor.post(&path, &report).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let written = desk.supervisor.get(&format!("/v1/tasks/{}/reports", of_the_ill[1])).await;
    let written = written.body["items"][0]["id"].as_str().expect("an id").to_owned();
    desk.job("correct a wrong report", 1, async |desk| {
        let content = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
        let amended = desk.post(&format!("/v1/reports/{written}/amendments"), &content).await;
        assert_eq!(amended["version"], 2, "{amended}");
    })
    .await;
    desk.job("preview a plan, apply it, and take it back", 3, async |desk| {
        let order = json!({ "area": GRID, "first_day": day(4), "last_day": day(10) });
        let plan = desk.plan(&order).await;
        let id = plan["id"].as_str().expect("an id");
        for (command, state) in [("apply", "applied"), ("undo", "undone")] {
            let path = format!("/v1/plans/{id}/{command}");
            let done = desk.post(&path, &json!({ "confirm": true })).await;
            assert_eq!(done["plan"]["state"], state, "{done}");
        }
    })
    .await;
}
