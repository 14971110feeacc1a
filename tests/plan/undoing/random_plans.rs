//! Random plans are applied and undone.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::dump::{Dump, columns};
use super::text;
use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, Database, Server, phones};

/// The number of random plans for each database.
const CASES: u64 = 16;
/// The area of the plans.
const DISTRICT: &str = "500116";

/// The numbers of tasks of some plans, so that the property does not hold for want of any.
#[derive(Debug, Default)]
struct Counts {
    /// Given to a person.
    given: usize,
    /// Changed by people afterwards.
    touched: usize,
    /// Left without a visitor.
    unserved: usize,
    /// With the mark of an earlier plan after the undo.
    marked: usize,
    /// Moved from where an earlier plan had given them.
    moved: usize,
}

/// A random plan of random tasks, and what people do with it.
struct Case<'s> {
    rng: ChaCha8Rng,
    server: &'s Server,
    columns: &'s BTreeMap<String, Vec<String>>,
    staff: &'s Caller,
    people: &'s BTreeMap<String, Caller>,
}

impl Case<'_> {
    /// Creates a task; returns the ids of it and of that of a second person, if two make the visit.
    async fn task(&mut self) -> Vec<String> {
        let n = self.rng.random_range(1..=6);
        let from = self.rng.random_range(0..=3);
        let due = from + self.rng.random_range(0..=6);
        let minutes = self.rng.random_range(2..=9) * 10;
        let mut more = json!({ "not_before": day(from), "due_on": day(due), "minutes": minutes });
        if self.rng.random_bool(0.3) {
            let start = self.rng.random_range(18..=21) * 30;
            more["window"] = json!({ "start": start, "end": start + 120 });
        }
        if self.rng.random_bool(0.2) {
            more["skills"] = json!(["medical"]);
        } else if self.rng.random_bool(0.3) {
            more["skills"] = json!(["legal"]);
        }
        let is_pair = self.rng.random_bool(0.15);
        if is_pair {
            more["tie"] = json!({ "type": "two_people" });
        }
        let id = self.staff.make(&home_visit(&beneficiary_id(n), more)).await;
        let task = self.staff.get(&format!("/v1/tasks/{id}")).await.body;
        let tied = task["tied"].as_array().cloned().unwrap_or_default();
        let second = tied.first().and_then(|tied| tied["id"].as_str()).map(str::to_owned);
        std::iter::once(id).chain(second).collect()
    }

    /// A visit that anyone can make and one that only the first volunteer can, who has no time for both.
    async fn contest(&self) -> [String; 2] {
        let mut visits = [String::new(), String::new()];
        for (n, skills) in [json!([]), json!(["legal"])].into_iter().enumerate() {
            let more = json!({
                "not_before": day(1), "due_on": day(1), "minutes": 60, "priority": 9, "skills": skills
            });
            visits[n] = self.staff.make(&home_visit(&beneficiary_id(1), more)).await;
        }
        visits
    }

    /// The draft of these tasks, which may move those that a plan gave.
    async fn draft(&mut self, tasks: &[String], moves: bool) -> String {
        let last = self.rng.random_range(3..=9);
        let seed = self.rng.random_range(0..1_000);
        let order = json!({
            "area": DISTRICT, "first_day": day(1), "last_day": day(last), "seed": seed,
            "only": { "ids": tasks }, "move_unaccepted": moves
        });
        let draft = self.staff.order_plan(&order).await;
        assert_eq!(draft.status, 201, "{}", draft.body);
        draft.body["id"].as_str().expect("an id").to_owned()
    }

    async fn send(&self, plan: &str, command: &str) -> Value {
        let body = if command == "apply" { json!({ "confirm": true }) } else { json!({}) };
        let done = self.staff.post(&format!("/v1/plans/{plan}/{command}"), &body).await;
        assert_eq!(done.status, 200, "{}", done.body);
        done.body
    }

    /// Does something with about half of the assigned tasks; returns those whose visit it changed, and the
    /// priority that others had.
    async fn meddle(&mut self, tasks: &[String]) -> (BTreeSet<String>, BTreeMap<String, Value>) {
        let (mut touched, mut edited) = (BTreeSet::new(), BTreeMap::new());
        for id in tasks {
            let path = format!("/v1/tasks/{id}");
            let read = self.staff.get(&path).await;
            let assignee = read.body["assignee_id"].as_str().and_then(|id| self.people.get(id));
            let Some(assignee) = assignee.filter(|_| self.rng.random_bool(0.5)) else { continue };
            let done = match self.rng.random_range(0..4) {
                0 => assignee.act(&format!("{path}/accept")).await,
                1 => {
                    let accepted = assignee.act(&format!("{path}/accept")).await;
                    assert_eq!(accepted.status, 200, "{}", accepted.body);
                    assignee.act(&format!("{path}/release")).await
                }
                2 => {
                    self.set_priority(id, &json!(3)).await;
                    edited.insert(id.clone(), read.body["priority"].clone());
                    continue;
                }
                _ => {
                    let reason = json!({ "reason": "x" });
                    self.staff.post(&format!("{path}/unassign"), &reason).await
                }
            };
            assert_eq!(done.status, 200, "{}", done.body);
            touched.insert(id.clone());
        }
        (touched, edited)
    }

    async fn set_priority(&self, task: &str, priority: &Value) {
        let path = format!("/v1/tasks/{task}");
        let version = self.staff.get(&path).await.body["version"].clone();
        let edit = self.staff.request(Method::PATCH, &path);
        let edit = edit.header("If-Match", format!("\"v{version}\""));
        let done = self.staff.send(edit.json(&json!({ "priority": priority }))).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }

    /// The first volunteer is the only one with a skill, and has minutes for few visits; the others offer
    /// `others`.
    fn staffed(&self, others: u32) {
        let sql = format!(
            "UPDATE people SET weekly_minutes = {others};
             UPDATE people SET weekly_minutes = 90, skills = 'legal' WHERE id = '{}'",
            person_id(21)
        );
        self.server.database.execute(&sql);
    }

    /// Applies a plan, meddles with it or not, and undoes it; checks what is left of it, and counts.
    async fn check(mut self, counts: &mut Counts) {
        let mut tasks = Vec::new();
        for _ in 0..self.rng.random_range(2..=7) {
            tasks.extend(self.task().await);
        }
        // People hold some of them before, and an earlier plan has left its marks.
        for id in tasks.sample(&mut self.rng, tasks.len() / 4).collect::<Vec<_>>() {
            let people: Vec<&Caller> = self.people.values().collect();
            let person = people.choose(&mut self.rng).expect("people");
            person.act(&format!("/v1/tasks/{id}/claim")).await;
        }
        let moves = self.rng.random_bool(0.5);
        let earlier = if moves || self.rng.random_bool(0.5) {
            let some = tasks.sample(&mut self.rng, tasks.len() / 2);
            let mut some: Vec<String> = some.cloned().collect();
            if moves {
                let contest = self.contest().await;
                some.push(contest[0].clone());
                tasks.extend(contest);
            }
            self.staffed(if moves { 0 } else { 600 });
            let plan = self.draft(&some, false).await;
            self.send(&plan, "apply").await;
            Some(plan)
        } else {
            None
        };
        self.staffed(600);
        let plan = self.draft(&tasks, moves).await;
        let before = Dump::of(&self.server.database, self.columns);
        self.send(&plan, "apply").await;
        let given = given(&self.server.database, &plan);
        let (touched, edited) =
            if self.rng.random_bool(0.6) { self.meddle(&given).await } else { Default::default() };
        let between = Dump::of(&self.server.database, self.columns);
        let undone = self.send(&plan, "undo").await;
        let left = undone["left"].as_array().expect("tasks");
        let ids = |left: &[Value]| -> BTreeSet<String> {
            left.iter().map(|left| text(&left["task_id"])).collect()
        };
        // The person of before may have accepted another visit of the plan at the same hour.
        let busy: Vec<Value> =
            left.iter().filter(|left| left["because"] == "person_busy").cloned().collect();
        let (left, busy) = (ids(left), ids(&busy));
        for (task, priority) in edited.iter().filter(|(task, _)| !left.contains(*task)) {
            self.set_priority(task, priority).await;
        }
        let after = Dump::of(&self.server.database, self.columns);
        counts.given += given.len();
        counts.touched += touched.len();
        let unserved = "SELECT task AS text FROM plan_visits WHERE person IS NULL AND plan =";
        counts.unserved += self.server.database.texts(&format!("{unserved} '{plan}'")).len();
        let marked = "SELECT id AS text FROM plan_visits JOIN tasks ON id = task
             WHERE unserved_why = former_unserved AND plan_visits.plan =";
        counts.marked += self.server.database.texts(&format!("{marked} '{plan}'")).len();
        let from_others =
            "SELECT task AS text FROM plan_visits WHERE former_plan IS NOT NULL AND plan =";
        counts.moved += self.server.database.texts(&format!("{from_others} '{plan}'")).len();

        assert_eq!(&left - &busy, touched, "{undone}");
        assert_eq!(after.tables, between.tables, "an undo changes tasks alone");
        if touched.is_empty() {
            assert!(busy.is_empty(), "{undone}");
            assert_eq!(after.tables, before.tables);
        }
        for (id, row) in &after.tasks {
            let is_left = left.contains(id.trim_matches('\''));
            let was = if is_left { &between } else { &before };
            assert_eq!(Some(row), was.tasks.get(id), "task {id}, left: {is_left}");
        }
        assert_eq!(after.tasks.len(), before.tasks.len());
        if let Some(plan) = earlier {
            self.send(&plan, "undo").await;
        }
        self.cancel(&tasks).await;
    }

    /// Ends the tasks, so that they take no one's time in the next case.
    async fn cancel(&self, tasks: &[String]) {
        let mut versions = Vec::new();
        for id in tasks {
            let version = self.staff.get(&format!("/v1/tasks/{id}")).await.body["version"].clone();
            versions.push(json!({ "id": id, "base_version": version }));
        }
        let payload = json!({ "reason": "x" });
        let command = json!({ "type": "task.cancel", "payload": payload, "tasks": versions });
        let bulk = self.staff.post("/v1/tasks/bulk", &json!({ "commands": [command] })).await;
        assert_eq!((bulk.status, &bulk.body["rejected"]), (200, &json!(0)), "{}", bulk.body);
    }
}

/// The tasks that the plan gave to a person and that have not changed since.
fn given(database: &Database, plan: &str) -> Vec<String> {
    database.texts(&format!("SELECT id AS text FROM tasks WHERE plan = '{plan}' ORDER BY id"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_applied_and_undone_leaves_the_tables_as_they_were(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, staff) = (server.admin().await, server.supervisor().await);
    // Otherwise the system would plan anew what people give back.
    let settings = json!({
        "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4, "replan": "off"
    });
    let request = admin.request(Method::PUT, "/v1/planning-settings");
    let set = admin.send(request.header("If-Match", "\"v1\"").json(&settings)).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let visitors = [
        (11, phones::MANAGER),
        (12, phones::OTHER_MANAGER),
        (13, phones::FAR_MANAGER),
        (21, phones::VOLUNTEER),
        (22, phones::SECOND_VOLUNTEER),
        (23, phones::OTHER_VOLUNTEER),
    ];
    let mut people = BTreeMap::new();
    for (n, phone) in visitors {
        people.insert(person_id(n), server.sign_in(phone).await);
    }
    let columns = &columns(&server.database);
    let mut counts = Counts::default();
    for seed in 0..CASES {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let case = Case { rng, server: &server, columns, staff: &staff, people: &people };
        case.check(&mut counts).await;
    }
    let Counts { given, touched, unserved, marked, moved } = counts;
    assert!(given.min(touched).min(unserved).min(marked).min(moved) > 0, "{counts:?}");
}
