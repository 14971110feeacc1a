//! Phones: what they send happens once, what they hold is what the server has.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::on_both;
use crate::support::files::person_id;
use crate::support::{Caller, Files, GRID, OTHER_GRID, Server, phones};

/// A phone: what it holds, and how far it has come.
#[derive(Default)]
struct Phone {
    rows: BTreeMap<(String, String), Value>,
    cursor: Option<String>,
}

impl Phone {
    /// Sends `commands` and takes in all that has changed.
    async fn sync(&mut self, caller: &Caller, commands: Value) -> Vec<Value> {
        let (results, mut more) = self.page(caller, commands).await;
        while more {
            (_, more) = self.page(caller, json!([])).await;
        }
        results
    }

    async fn page(&mut self, caller: &Caller, commands: Value) -> (Vec<Value>, bool) {
        let mut body = json!({ "commands": commands, "device": "test", "limit": 3 });
        if let Some(cursor) = &self.cursor {
            body["cursor"] = json!(cursor);
        }
        let answer = caller.post("/v1/sync", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.body;
        if body["reset"] == json!(true) {
            self.rows.clear();
        }
        let key = |row: &Value| {
            let text = |name: &str| row[name].as_str().expect("a text").to_owned();
            (text("type"), text("id"))
        };
        for row in body["changes"].as_array().expect("changes") {
            self.rows.insert(key(row), row["data"].clone());
        }
        for row in body["removed"].as_array().expect("removed") {
            self.rows.remove(&key(row));
        }
        self.cursor = Some(body["cursor"].as_str().expect("a cursor").to_owned());
        let results = body["results"].as_array().expect("results").clone();
        (results, body["has_more"] == json!(true))
    }

    fn tasks(&self) -> Vec<&Value> {
        self.rows.iter().filter(|((kind, _), _)| kind == "task").map(|(_, row)| row).collect()
    }

    fn household(&self, id: &str) -> Option<&Value> {
        self.rows.get(&("beneficiary".to_owned(), id.to_owned()))
    }

    async fn is_as_fresh(&self, caller: &Caller) {
        let mut fresh = Self::default();
        fresh.sync(caller, json!([])).await;
        assert_eq!(self.rows, fresh.rows);
    }
}

fn command(word: &str, task: &str, payload: Value) -> Value {
    json!({
        "id": Uuid::now_v7(), "type": word, "task_id": task,
        "at": "2026-08-01T07:12:03+08:00", "payload": payload
    })
}

async fn task_for(server: &Server, n: u32) -> String {
    let manager = server.sign_in(phones::MANAGER).await;
    let beneficiary = format!("018d622e-0000-7000-8000-{n:012}");
    let made = json!({ "kind": "home_visit", "beneficiary_id": beneficiary });
    let made = manager.post("/v1/tasks", &made).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().expect("an id").to_owned()
}

on_both! {
    async fn a_phone_follows_its_scope_and_holds_what_a_fresh_one_holds(database) {
        let server = Server::small(database);
        let (mut phone, mut other) = (Phone::default(), Phone::default());
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let second = server.sign_in(phones::SECOND_VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        for n in 2..=3 {
            task_for(&server, n).await;
        }
        phone.sync(&volunteer, json!([])).await;
        other.sync(&second, json!([])).await;
        assert_eq!((phone.tasks().len(), other.tasks().len()), (3, 3));
        let home = "018d622e-0000-7000-8000-000000000001";
        assert_eq!(phone.household(home).expect("masked")["name"], "周**1");
        // Claimed: in clear for who goes, gone for the other.
        let claim = json!([command("task.claim", &task, json!({}))]);
        let results = phone.sync(&volunteer, claim).await;
        assert_eq!(results[0]["outcome"], "applied");
        assert_eq!(phone.household(home).expect("clear")["address"], "南门社区1号");
        other.sync(&second, json!([])).await;
        assert_eq!((other.tasks().len(), other.household(home)), (2, None));
        // Given to somebody of another grid: gone here, there in clear.
        let supervisor = server.sign_in(phones::SUPERVISOR).await;
        let to = json!({ "person_id": person_id(23) });
        let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
        assert_eq!(given.status, 200, "{}", given.body);
        phone.sync(&volunteer, json!([])).await;
        assert_eq!((phone.tasks().len(), phone.household(home)), (2, None));
        let mut third = Phone::default();
        let away = server.sign_in(phones::OTHER_VOLUNTEER).await;
        third.sync(&away, json!([])).await;
        assert_eq!(third.household(home).expect("clear")["address"], "南门社区1号");
        for (phone, caller) in [(&phone, &volunteer), (&other, &second), (&third, &away)] {
            phone.is_as_fresh(caller).await;
        }
    }
}

on_both! {
    async fn a_command_sent_again_answers_the_same_again_and_changes_nothing(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        let mut phone = Phone::default();
        let outbox = json!([
            command("task.claim", &task, json!({})),
            command("task.start", &task, json!({})),
            command("task.report", &task, json!({"outcome": "done", "note": "一切安好"})),
        ]);
        let first = phone.sync(&volunteer, outbox.clone()).await;
        assert!(first.iter().all(|one| one["outcome"] == "applied" && one["replayed"] == false));
        let again = phone.sync(&volunteer, outbox.clone()).await;
        for (first, again) in first.iter().zip(&again) {
            assert_eq!(again["replayed"], true);
            assert_eq!((&again["outcome"], &again["version"]), (&first["outcome"], &first["version"]));
        }
        let reports = volunteer.get(&format!("/v1/tasks/{task}/reports")).await;
        assert_eq!(reports.body["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(reports.body["items"][0]["id"], outbox[2]["id"]);
        // The same id with other content is another command, and refused.
        let mut forged = outbox[2].clone();
        forged["payload"]["note"] = json!("另一份");
        let refused = phone.sync(&volunteer, json!([forged])).await;
        assert_eq!(refused[0]["outcome"], "rejected");
        assert_eq!(refused[0]["problem"]["code"], "command_id_reused");
        // Online, under the same name, it is still the same command.
        let id = outbox[0]["id"].as_str().expect("an id");
        let path = format!("/v1/tasks/{task}/claim");
        let claim = volunteer.request(reqwest::Method::POST, &path).header("Idempotency-Key", id);
        let claim = volunteer.send(claim).await;
        assert_eq!((claim.status, claim.body["state"].as_str()), (200, Some("accepted")));
        assert_eq!(claim.headers["Idempotency-Replayed"], "true");
    }
}

on_both! {
    async fn one_bad_command_stops_nothing_else(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let (mine, other) = (task_for(&server, 1).await, task_for(&server, 2).await);
        let second = server.sign_in(phones::SECOND_VOLUNTEER).await;
        assert_eq!(second.post(&format!("/v1/tasks/{other}/claim"), &json!({})).await.status, 200);
        let results = Phone::default().sync(&volunteer, json!([
            command("task.fly", &mine, json!({})),
            command("task.claim", &other, json!({})),
            command("task.claim", "018d622e-0000-7000-8000-00000000ffff", json!({})),
            command("task.decline", &mine, json!({"why": 1})),
            command("task.cancel", &mine, json!({"reason": "x"})),
            command("task.claim", &mine, json!({})),
        ])).await;
        let told: Vec<_> = results
            .iter()
            .map(|one| (one["outcome"].as_str(), one["problem"]["code"].as_str()))
            .collect();
        let rejected = Some("rejected");
        assert_eq!(told, [
            (rejected, Some("unknown_command")),
            (rejected, Some("task_already_claimed")),
            (rejected, Some("not_found")),
            (rejected, Some("invalid")),
            (rejected, Some("forbidden")),
            (Some("applied"), None),
        ]);
        let holder = &results[1]["problem"]["current"]["holder"]["id"];
        assert_eq!(holder, &json!(person_id(22)));
    }
}

on_both! {
    async fn a_report_is_kept_whatever_became_of_the_task_and_whatever_the_clock_says(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let supervisor = server.sign_in(phones::SUPERVISOR).await;
        let task = task_for(&server, 1).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([command("task.claim", &task, json!({}))])).await;
        let to = json!({ "person_id": person_id(23) });
        assert_eq!(supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
        // A phone years back, which says when it sends: the visit began before the task moved on.
        let mut report = command("task.report", &task, json!({
            "outcome": "not_home", "answers": {"health": "excellent"},
            "started_at": "2019-01-01T09:30:00+08:00", "ended_at": "2019-01-01T09:00:00+08:00"
        }));
        report["at"] = json!("2019-01-01T09:00:00+08:00");
        let push = json!({ "commands": [report], "device_time": "2019-01-01T10:00:00+08:00" });
        let answer = volunteer.post("/v1/sync", &push).await;
        assert_eq!(answer.body["results"][0]["outcome"], "recorded", "{}", answer.body);
        let reports = supervisor.get(&format!("/v1/tasks/{task}/reports")).await;
        let kept = &reports.body["items"][0];
        assert_eq!((&kept["recorded"], &kept["id"]), (&json!(true), &report["id"]));
        assert_eq!(kept["doubts"], json!(["clock", "times", "form"]));
        assert_eq!(kept["started_at"], "2019-01-01T09:30:00+08:00");
        let now = supervisor.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!((&now.body["state"], &now.body["assignee_id"]), (&json!("assigned"), &json!(person_id(23))));
    }
}

on_both! {
    async fn a_visit_made_before_the_task_was_taken_away_counts(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([command("task.claim", &task, json!({}))])).await;
        let before = chrono::Utc::now();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let manager = server.sign_in(phones::MANAGER).await;
        let to = json!({ "person_id": person_id(22) });
        assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
        let mut report = command("task.report", &task, json!({"outcome": "done"}));
        report["at"] = json!(before);
        let results = phone.sync(&volunteer, json!([report])).await;
        assert_eq!(results[0]["outcome"], "applied", "{results:?}");
        let now = manager.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!((&now.body["state"], &now.body["assignee_id"]), (&json!("done"), &json!(person_id(21))));
    }
}

on_both! {
    async fn a_cursor_that_does_not_count_here_begins_a_snapshot_after_the_commands(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        let (mut mine, mut others) = (Phone::default(), Phone::default());
        let second = server.sign_in(phones::SECOND_VOLUNTEER).await;
        others.sync(&second, json!([])).await;
        mine.sync(&volunteer, json!([])).await;
        for cursor in ["forged", "", others.cursor.as_deref().expect("a cursor")] {
            let claim = command("task.claim", &task, json!({}));
            let push = json!({ "cursor": cursor, "commands": [claim] });
            let answer = volunteer.post("/v1/sync", &push).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!((&answer.body["reset"], &answer.body["results"][0]["outcome"]), (&json!(true), &json!("applied")));
            let shown = answer.body["changes"].as_array().expect("changes").iter();
            assert_eq!(shown.filter(|row| row["type"] == "task").count(), 1);
        }
        // Restoring a backup makes another log of it.
        let told = crate::support::server::gridward(&server.database, &["log", "restored"]).output();
        assert!(told.expect("it runs").status.success());
        let push = json!({ "cursor": mine.cursor, "commands": [] });
        assert_eq!(volunteer.post("/v1/sync", &push).await.body["reset"], true);
    }
}

on_both! {
    async fn a_person_who_is_moved_begins_anew(database) {
        let server = Server::small(database);
        let supervisor = server.sign_in(phones::SUPERVISOR).await;
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([])).await;
        assert_eq!(phone.tasks().len(), 1);
        let appoint = supervisor
            .request(reqwest::Method::PUT, &format!("/v1/areas/{OTHER_GRID}/manager"))
            .json(&json!({ "person_id": person_id(21) }));
        assert_eq!(supervisor.send(appoint).await.status, 200);
        phone.sync(&volunteer, json!([])).await;
        assert!(phone.tasks().is_empty(), "{task} lies in {GRID}");
        phone.is_as_fresh(&volunteer).await;
    }
}

on_both! {
    async fn a_quiet_phone_is_told_so_in_a_few_bytes(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let far = server.sign_in(phones::FAR_MANAGER).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([])).await;
        let cursor = phone.cursor.clone().expect("a cursor");
        // Something happens elsewhere.
        let made = json!({ "kind": "home_visit", "beneficiary_id": crate::support::files::FAR_BENEFICIARY });
        assert_eq!(far.post("/v1/tasks", &made).await.status, 201);
        let path = format!("/v1/sync?cursor={cursor}");
        let asked = volunteer.request(reqwest::Method::GET, &path);
        let quiet = volunteer.send(asked.header("If-None-Match", format!("\"{cursor}\""))).await;
        assert_eq!(quiet.status, 304);
        let answer = volunteer.get(&path).await;
        assert!(answer.body.to_string().len() < 300, "{}", answer.body);
        task_for(&server, 1).await;
        let asked = volunteer.request(reqwest::Method::GET, &path);
        let news = volunteer.send(asked.header("If-None-Match", format!("\"{cursor}\""))).await;
        assert_eq!((news.status, news.body["changes"].as_array().map(Vec::len)), (200, Some(2)));
    }
}

on_both! {
    async fn an_outbox_too_large_is_refused_whole_and_a_compressed_one_is_read(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        let start = command("task.start", &task, json!({}));
        let many = json!({ "commands": vec![start.clone(); 101] });
        let refused = volunteer.post("/v1/sync", &many).await;
        assert_eq!((refused.status, refused.body["errors"][0]["pointer"].as_str()), (422, Some("/commands")));
        let huge = json!({ "commands": vec![start; 10_000] });
        assert_eq!(volunteer.post("/v1/sync", &huge).await.status, 413);
        let claim = json!({ "commands": [command("task.claim", &task, json!({}))] }).to_string();
        let gzip = |bytes: &[u8]| {
            use std::io::Write as _;
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(bytes).and_then(|()| out.finish()).expect("memory")
        };
        let send = |body: Vec<u8>| {
            let push = volunteer.request(reqwest::Method::POST, "/v1/sync").body(body);
            let push = push.header("Content-Type", "application/json");
            volunteer.send(push.header("Content-Encoding", "gzip"))
        };
        let small = send(gzip(claim.as_bytes())).await;
        assert_eq!((small.status, small.body["results"][0]["outcome"].as_str()), (200, Some("applied")));
        assert_eq!(send(gzip(&vec![b' '; 50_000_000])).await.status, 413);
        assert_eq!(send(claim.into_bytes()).await.status, 400);
    }
}

on_both! {
    async fn who_was_shown_whom_is_on_the_log(database) {
        let server = Server::with(database, &Files::small());
        let manager = server.sign_in(phones::MANAGER).await;
        Phone::default().sync(&manager, json!([])).await;
        let auditor = server.sign_in(phones::AUDITOR).await;
        let log = auditor.get("/v1/events?action=beneficiary.sync").await;
        let shown: usize = log.body["items"]
            .as_array()
            .expect("events")
            .iter()
            .filter(|event| event["actor_id"] == person_id(11).as_str())
            .map(|event| event["body"]["beneficiaries"].as_array().map_or(0, Vec::len))
            .sum();
        assert_eq!(shown, 3);
        let told = manager.post("/v1/notices", &json!({
            "area": GRID, "title": "高温预警", "text": "下午请勿上门。", "until": "2027-01-01"
        })).await;
        assert_eq!(told.status, 201, "{}", told.body);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([])).await;
        assert!(phone.rows.contains_key(&("notice".to_owned(), told.body["id"].as_str().expect("an id").to_owned())));
    }
}

on_both! {
    async fn an_altered_cursor_leads_nowhere_outside(database) {
        let server = Server::small(database);
        task_for(&server, 1).await;
        let altered = |cursor: &str, rest: Value| {
            let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("base64");
            let mut parts: Vec<Value> = serde_json::from_slice(&json).expect("JSON");
            parts.truncate(4);
            parts.push(rest);
            BASE64_URL_SAFE_NO_PAD.encode(json!(parts).to_string())
        };
        // The households of the grid, for a volunteer; those before one's own, for a manager.
        let nil = "00000000-0000-0000-0000-000000000000";
        let rests = [
            (phones::VOLUNTEER, json!({ "b": null })),
            (phones::VOLUNTEER, json!({ "b": [GRID, nil] })),
            (phones::OTHER_MANAGER, json!({ "b": ["500116000000000", nil] })),
            (phones::OTHER_MANAGER, json!({ "t": [GRID, "2020-01-01", nil] })),
            (phones::TOWN, json!({ "e": null })),
        ];
        for (phone, rest) in rests {
            let caller = server.sign_in(phone).await;
            let mut honest = Phone::default();
            honest.sync(&caller, json!([])).await;
            let cursor = altered(honest.cursor.as_deref().expect("a cursor"), rest.clone());
            let mut forger = Phone { cursor: Some(cursor), ..Phone::default() };
            forger.sync(&caller, json!([])).await;
            let more = forger.rows.keys().find(|key| !honest.rows.contains_key(*key));
            assert_eq!(more, None, "{phone} with {rest}");
            assert!(forger.rows.iter().all(|(key, row)| honest.rows[key] == *row));
        }
    }
}

on_both! {
    async fn a_command_that_cannot_be_kept_does_not_stop_the_others(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let task = task_for(&server, 1).await;
        // A clock at the end of time, and a task that is in nobody's hands.
        let mut far = command("task.report", &task, json!({ "outcome": "done" }));
        far["at"] = json!("0001-01-01T00:00:00Z");
        let claim = command("task.claim", &task, json!({}));
        let push = json!({ "commands": [far, claim], "device_time": "9999-12-31T00:00:00Z" });
        let answer = volunteer.post("/v1/sync", &push).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let outcomes = [&answer.body["results"][0]["outcome"], &answer.body["results"][1]["outcome"]];
        assert_eq!(outcomes, ["recorded", "applied"]);
        for (field, value) in [("device", "a\u{0}"), ("type", "task.\u{0}")] {
            let mut push = json!({ "commands": [command("task.claim", &task, json!({}))] });
            match field {
                "device" => push["device"] = json!(value),
                _ => push["commands"][0]["type"] = json!(value),
            }
            assert_eq!(volunteer.post("/v1/sync", &push).await.status, 422, "{field}");
        }
    }
}

on_both! {
    async fn who_read_a_report_is_not_taken_for_who_had_the_task(database) {
        let server = Server::small(database);
        let volunteer = server.sign_in(phones::VOLUNTEER).await;
        let manager = server.sign_in(phones::MANAGER).await;
        let task = task_for(&server, 1).await;
        let mut phone = Phone::default();
        phone.sync(&volunteer, json!([
            command("task.claim", &task, json!({})),
            command("task.report", &task, json!({ "outcome": "not_home" })),
            command("task.claim", &task, json!({})),
        ])).await;
        assert_eq!(manager.get(&format!("/v1/tasks/{task}/reports")).await.status, 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let visited = chrono::Utc::now();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let to = json!({ "person_id": person_id(22) });
        assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
        let mut report = command("task.report", &task, json!({ "outcome": "done" }));
        report["at"] = json!(visited);
        let results = phone.sync(&volunteer, json!([report])).await;
        assert_eq!(results[0]["outcome"], "applied", "{results:?}");
    }
}
