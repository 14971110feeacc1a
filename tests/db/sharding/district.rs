//! Districts of the sharding test, and the use of the whole service in one of them.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attachment::announce;
use crate::support::bodies::new_beneficiary;
use crate::support::phone::{Phone, command};
use crate::support::server::{Answer, gridward, import, said};
use crate::support::{Caller, Database, Files, PASSWORD, Server, phones};

/// The small district and copies of it: more than a server has writers, so that some share one.
pub(super) const DISTRICTS: [&str; 6] =
    ["500116", "500117", "500118", "500119", "500120", "500121"];

/// A text about the small district as one about `district`.
fn within(district: &str, text: &str) -> String {
    let ids = [("018cc7af-", "018cc7a0-"), ("018d622e-", "018d6220-")];
    let moved = text.replace(DISTRICTS[0], district);
    if district == DISTRICTS[0] {
        return moved;
    }
    ids.iter().fold(moved, |text, (from, to)| text.replace(from, to))
}

/// The files of the small district as those of `district`.
fn files(district: &str) -> Files {
    let small = Files::small();
    if district == DISTRICTS[0] {
        return small;
    }
    let coded = ["areas.csv", "grids.geojson", "people.csv", "beneficiaries.csv", "stations.csv"];
    coded
        .into_iter()
        .chain(["memorials.csv"])
        .fold(small, |files, name| files.with(name, DISTRICTS[0], district))
        .with("people.csv", "018cc7af-", "018cc7a0-")
        .with("beneficiaries.csv", "018d622e-", "018d6220-")
}

/// Imports a district and sets the passwords of its people.
pub(crate) fn load(database: &Database, district: &str) {
    let loaded = import(database, &files(district), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    for phone in PEOPLE {
        let args = ["user", "password", phone, "--district", district];
        let mut command = gridward(database, &args);
        let file = database.folder.path().join("password");
        std::fs::write(&file, format!("{PASSWORD}\n")).expect("a file");
        let set = command.stdin(std::fs::File::open(&file).expect("a file")).output();
        assert!(set.expect("the binary runs").status.success(), "{phone} of {district}");
    }
}

/// The people who sign in, in each district.
const PEOPLE: [&str; 4] = [phones::SUPERVISOR, phones::AUDITOR, phones::MANAGER, phones::VOLUNTEER];

/// A district with its people, signed in.
pub(crate) struct District {
    pub(super) code: &'static str,
    pub(crate) supervisor: Caller,
    auditor: Caller,
    manager: Caller,
    pub(super) volunteer: Caller,
}

impl District {
    pub(crate) async fn sign_in(server: &Server, code: &'static str) -> Self {
        let caller = async |phone: &str| {
            let body = json!({ "district": code, "phone": phone, "password": PASSWORD });
            let answer = server.stranger().post("/v1/auth/sign-in", &body).await;
            assert_eq!(answer.status, 200, "{phone} of {code}: {}", answer.body);
            server.bearer(answer.body["access_token"].as_str().expect("a token"))
        };
        Self {
            code,
            supervisor: caller(phones::SUPERVISOR).await,
            auditor: caller(phones::AUDITOR).await,
            manager: caller(phones::MANAGER).await,
            volunteer: caller(phones::VOLUNTEER).await,
        }
    }

    pub(crate) fn grid(&self) -> String {
        format!("{}001002001", self.code)
    }

    pub(crate) fn person(&self, number: u32) -> String {
        within(self.code, &format!("018cc7af-0000-7000-8000-{number:012}"))
    }

    pub(crate) fn beneficiary(&self, number: u32) -> String {
        within(self.code, &format!("018d622e-0000-7000-8000-{number:012}"))
    }

    pub(crate) async fn task(&self, number: u32) -> String {
        self.supervisor.make_task(&self.beneficiary(number)).await
    }

    /// Reads areas, people, beneficiaries, notices and the catalogue.
    pub(super) async fn look_around(&self) {
        let grid = self.grid();
        let reads = [
            "/v1/me".to_owned(),
            "/v1/areas".to_owned(),
            format!("/v1/areas?parent={}&limit=1", self.code),
            "/v1/areas/locate?lat=29.285&lon=106.255".to_owned(),
            format!("/v1/areas/{grid}"),
            format!("/v1/areas/{grid}/boundary"),
            "/v1/people?limit=2".to_owned(),
            format!("/v1/people/{}", self.person(21)),
            "/v1/beneficiaries?limit=2".to_owned(),
            format!("/v1/beneficiaries/{}", self.beneficiary(1)),
            "/v1/service-kinds".to_owned(),
            "/v1/notices".to_owned(),
        ];
        for path in reads {
            succeeded(&path, self.supervisor.get(&path).await);
        }
        let reveal = format!("/v1/beneficiaries/{}/reveal", self.beneficiary(1));
        let purpose = json!({ "purpose": "visit" });
        succeeded(&reveal, self.manager.post(&reveal, &purpose).await);
        let reset = format!("/v1/people/{}/password-reset", self.person(22));
        succeeded(&reset, self.manager.act(&reset).await);
        let notice = json!({
            "area": grid, "title": "高温预警", "text": "下午请勿上门。",
            "until": chrono::Utc::now().date_naive() + chrono::Days::new(7)
        });
        succeeded("/v1/notices", self.manager.post("/v1/notices", &notice).await);
        for person in [22, 11] {
            let appointed = self.supervisor.appoint(&grid, &self.person(person)).await;
            succeeded("a manager", appointed);
        }
        self.keep_people().await;
    }

    /// Creates, edits, finds and invites people.
    async fn keep_people(&self) {
        let new = json!({
            "name": "张新", "phone": "13900000001", "role": "volunteer", "area": self.grid(),
            "gender": "female", "birth_year": 1990, "home": { "lat": 29.285, "lon": 106.255 },
            "skills": ["driving"], "languages": ["mandarin"]
        });
        let created = self.supervisor.post("/v1/people", &new).await;
        let path = format!("/v1/people/{}", created.body["id"].as_str().unwrap_or_default());
        succeeded("/v1/people", created);
        let edit = self.supervisor.request(reqwest::Method::PATCH, &path);
        let edit = edit.header("If-Match", "\"v1\"").json(&json!({ "phone": "13900000002" }));
        succeeded(&path, self.supervisor.send(edit).await);
        for (path, body) in [
            ("/v1/people/search", json!({ "text": "13900000002" })),
            ("/v1/people/search", json!({ "text": "张", "skill": "driving", "state": "active" })),
            ("/v1/people/invitations", json!({ "role": "volunteer" })),
            ("/v1/people/bulk", json!({ "entries": [{ "create": new }] })),
        ] {
            succeeded(path, self.supervisor.post(path, &body).await);
        }
        let workload = "/v1/people/workload?from=2026-11-23&to=2026-11-29";
        succeeded(workload, self.supervisor.get(workload).await);
        let week = format!("/v1/areas/{}/weekly", self.grid());
        succeeded(&week, self.supervisor.get(&week).await);
        let manager = format!("/v1/areas/{}/manager", self.grid());
        succeeded(&manager, self.supervisor.get(&manager).await);
    }

    /// Sends every command of a task as a single call, and reads tasks.
    pub(super) async fn work_online(&self) {
        let (first, second) = (self.task(1).await, self.task(2).await);
        let to = json!({ "person_id": self.person(21) });
        let reason = json!({ "reason": "那天没有时间" });
        let report = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
        let days = json!({ "window": { "start": 540, "end": 600 } });
        let steps: [(&Caller, &String, &str, Option<&Value>); 15] = [
            (&self.volunteer, &first, "claim", None),
            (&self.volunteer, &first, "release", None),
            (&self.manager, &first, "reassign", Some(&to)),
            (&self.volunteer, &first, "decline", Some(&reason)),
            (&self.manager, &first, "reassign", Some(&to)),
            (&self.volunteer, &first, "accept", None),
            (&self.volunteer, &first, "start", None),
            (&self.volunteer, &first, "report", Some(&report)),
            (&self.manager, &second, "escalate", Some(&reason)),
            (&self.manager, &second, "reschedule", Some(&days)),
            (&self.supervisor, &second, "cancel", Some(&reason)),
            (&self.supervisor, &second, "reopen", Some(&reason)),
            (&self.volunteer, &second, "claim", None),
            (&self.volunteer, &second, "start", None),
            (&self.volunteer, &second, "report", Some(&json!({ "outcome": "done" }))),
        ];
        for (caller, task, step, body) in steps {
            let path = format!("/v1/tasks/{task}");
            let version = self.supervisor.get(&path).await.body["version"].to_string();
            let request = caller.request(Method::POST, &format!("{path}/{step}"));
            let request = request.header("If-Match", format!("\"v{version}\""));
            let request = body.into_iter().fold(request, RequestBuilder::json);
            succeeded(step, caller.send(request).await);
        }
        let case = json!({
            "kind": "three_hardships", "class": "living", "beneficiary_id": self.beneficiary(1),
            "source": "phone"
        });
        let opened = self.manager.post("/v1/cases", &case).await;
        let case = format!("/v1/cases/{}", opened.body["id"].as_str().expect("an id"));
        let request = self.manager.request(Method::POST, &format!("{case}/moves"));
        let request = request.header("If-Match", "\"v1\"").json(&json!({ "move": "check" }));
        succeeded("a move", self.manager.send(request).await);
        for path in [
            case,
            "/v1/cases?overdue=false".to_owned(),
            format!("/v1/cases?ended=true&area={}", self.grid()),
            "/v1/case-kinds".to_owned(),
            "/v1/tasks?limit=1".to_owned(),
            format!("/v1/tasks?state=done&area={}&kind=home_visit", self.grid()),
            format!("/v1/tasks?assignee_id={}", self.person(21)),
            format!("/v1/tasks?beneficiary_id={}", self.beneficiary(1)),
            format!("/v1/tasks/{first}"),
            format!("/v1/tasks/{first}/history"),
            format!("/v1/tasks/{first}/reports"),
        ] {
            succeeded(&path, self.manager.get(&path).await);
        }
        for _ in 0..2 {
            let body = json!({ "kind": "home_visit", "beneficiary_id": self.beneficiary(3) });
            let request = self.manager.request(Method::POST, "/v1/tasks").json(&body);
            let named = request.header("Idempotency-Key", "make-1");
            succeeded("a named call", self.manager.send(named).await);
        }
    }

    /// Syncs the phones of a manager, a volunteer and a supervisor.
    pub(super) async fn work_offline(&self) {
        let task = self.task(1).await;
        let mut copies = [Phone::default(), Phone::default(), Phone::default()];
        for round in 0..2 {
            for (copy, caller) in
                copies.iter_mut().zip([&self.manager, &self.volunteer, &self.supervisor])
            {
                copy.sync(caller, json!([])).await;
            }
            if round == 0 {
                let outbox = json!([
                    command("task.claim", &task, json!({})),
                    command("task.start", &task, json!({})),
                    command("task.report", &task, json!({ "outcome": "done" })),
                    command("task.claim", &task, json!({})),
                ]);
                for _ in 0..2 {
                    let results = copies[1].sync(&self.volunteer, outbox.clone()).await;
                    assert_eq!(results[2]["outcome"], "applied", "{results:?}");
                }
            }
        }
        for (copy, caller) in copies.iter().zip([&self.manager, &self.volunteer, &self.supervisor])
        {
            copy.is_as_fresh(caller).await;
        }
    }

    /// Enters a beneficiary, and changes others in every way.
    pub(super) async fn keep_the_register(&self) {
        let new = new_beneficiary(json!({ "grid": self.grid() }));
        let made = self.supervisor.post("/v1/beneficiaries", &new).await;
        let id = made.body["id"].as_str().expect("an id").to_owned();
        succeeded("create", made);
        let other = self.beneficiary(3);
        for id in [&id, &other] {
            self.supervisor.make_task(id).await;
        }
        let place = json!({ "lat": 29.284, "lon": 106.263 });
        let today = chrono::Utc::now().date_naive() - chrono::Days::new(1);
        let away = json!({
            "grid": format!("{}001002002", self.code), "address": "北门2号", "place": place,
        });
        let mut stay = away.clone();
        stay["first_day"] = json!(today);
        stay["last_day"] = json!(today + chrono::Days::new(9));
        let why = json!({ "reason": "登记错误" });
        let duplicate = json!({ "other_id": other });
        let steps = [
            (Method::PATCH, "", json!({ "notes": "院里有狗" })),
            (Method::PUT, "/stay", stay),
            (Method::DELETE, "/stay", Value::Null),
            (Method::POST, "/move", away),
            (Method::POST, "/deceased", json!({ "day": today })),
            (Method::POST, "/reinstate", why),
            (Method::POST, "/merge", duplicate.clone()),
            (Method::POST, "/merge/undo", duplicate),
        ];
        for (method, step, body) in steps {
            let path = format!("/v1/beneficiaries/{id}");
            let version = self.supervisor.get(&path).await.body["version"].to_string();
            let request = self.supervisor.request(method, &format!("{path}{step}")).json(&body);
            let request = request.header("If-Match", format!("\"v{version}\""));
            succeeded(step, self.supervisor.send(request).await);
        }
    }

    /// Uploads a photo in two parts.
    pub(super) async fn attach(&self) {
        let task = self.task(3).await;
        succeeded("claim", self.volunteer.act(&format!("/v1/tasks/{task}/claim")).await);
        let photo = [&[0xFF, 0xD8, 0xFF, 0xE0][..], &[7; 60]].concat();
        let id = Uuid::now_v7();
        let announced = announce(&self.volunteer, &task, id, "image/jpeg", &photo).await;
        succeeded("announce", announced);
        for (offset, part) in [(0, &photo[..30]), (30, &photo[30..])] {
            let request = self.volunteer.request(Method::PATCH, &format!("/v1/attachments/{id}"));
            let request = request
                .header("Content-Type", "application/offset+octet-stream")
                .header("Tus-Resumable", "1.0.0")
                .header("Upload-Offset", offset)
                .body(part.to_vec());
            succeeded("upload", self.volunteer.send(request).await);
        }
        succeeded("download", self.manager.get(&format!("/v1/attachments/{id}")).await);
    }

    /// Creates a plan, reads the log, and waits for a hint of the stream.
    pub(super) async fn oversee(&self) {
        let task = self.task(5).await;
        let tomorrow = chrono::Utc::now().date_naive() + chrono::Days::new(1);
        let days = json!({
            "area": self.code, "first_day": tomorrow, "last_day": tomorrow + chrono::Days::new(6)
        });
        let plan = self.supervisor.order_plan(&days).await;
        let path = format!("/v1/plans/{}", plan.body["id"].as_str().expect("an id"));
        succeeded("a plan", plan);
        for command in ["apply", "undo"] {
            let done = self.supervisor.post(&format!("{path}/{command}"), &json!({})).await;
            succeeded(command, done);
        }
        for path in ["/v1/plans?limit=1".to_owned(), path.clone(), format!("{path}/visits?limit=1")]
        {
            succeeded(&path, self.supervisor.get(&path).await);
        }
        for path in [
            "/v1/events?limit=5".to_owned(),
            format!("/v1/events?area={}&action=task.claim", self.grid()),
            format!("/v1/events?subject_id={task}"),
        ] {
            succeeded(&path, self.auditor.get(&path).await);
        }
        let export = format!("/v1/events/export?subject_id={task}");
        assert!(self.auditor.text(&export).await.contains("task.create"));
        let stream = self.supervisor.request(Method::GET, "/v1/events/stream").send();
        let mut stream = stream.await.expect("a stream");
        let new = self.task(6).await;
        let hint = async {
            let mut text = String::new();
            while !text.contains(&new) {
                let chunk = stream.chunk().await.expect("the stream goes on");
                text += &String::from_utf8_lossy(&chunk.expect("a chunk"));
            }
        };
        tokio::time::timeout(Duration::from_secs(5), hint).await.expect("a hint");
    }
}

/// Fails the test unless the answer is a success.
pub(super) fn succeeded(what: &str, answer: Answer) {
    assert!((200..300).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
}
