//! This build continues with the data of the previous build: the log, passwords, reports, plans,
//! stored answers of repeated commands, and phones that were offline during the upgrade.
//!
//! `tests/old_build` contains the data, requests and answers of that build; its README describes how
//! they were generated.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::phone::Phone;
use crate::support::server::{gridward, said};
use crate::support::{Caller, Database, PASSWORD, Server, phones};

/// Renamed fields of answers: in the previous build and in this one.
const FIELDS: [(&str, &str); 4] = [
    ("desk", "escalation_level"),
    ("doubts", "flags"),
    ("holder", "assignee"),
    ("relief", "remedy"),
];
/// Renamed problem codes.
const CODES: [(&str, &str); 2] =
    [("command_set_aside", "command_dead_lettered"), ("not_task_holder", "not_assignee")];
/// The command that lists dead letters.
const DEAD_LETTERS: [&str; 2] = ["log", "dead-letters"];
/// Rows of a phone that depend on the date.
const DAILY: &str = "shift";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_of_the_build_before_goes_on() {
    goes_on(Database::sqlite(), "sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_database_of_the_build_before_goes_on() {
    goes_on(Database::postgres(), "postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_log_without_events_begins() {
    begins_its_log(Database::sqlite(), "sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_log_without_events_begins() {
    begins_its_log(Database::postgres(), "postgres").await;
}

/// Earlier builds left the hashes of a district without events empty.
async fn begins_its_log(database: Database, name: &str) {
    let folder = old_build(name);
    database.execute(&read(&folder, "dump.sql"));
    let empty = if database.is_postgres() { "''" } else { "x''" };
    database.execute(&format!(
        "DELETE FROM events;
         UPDATE district_heads
             SET seq = 0, hash = {empty}, archived_seq = 0, archived_hash = {empty};"
    ));
    let upgraded = Upgraded::start(database, folder);
    upgraded.work_goes_on().await;
    let output = gridward(&upgraded.server.database, &["verify-log"]).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
}

async fn goes_on(database: Database, name: &str) {
    let folder = old_build(name);
    database.execute(&read(&folder, "dump.sql"));
    let upgraded = Upgraded::start(database, folder);
    upgraded.the_log_holds();
    upgraded.reads_are_answered_as_before().await;
    upgraded.calls_sent_again_are_answered_as_before().await;
    upgraded.outboxes_sent_again_are_answered_as_before().await;
    upgraded.dead_letters_are_listed();
    upgraded.a_photo_is_whole().await;
    upgraded.phones_catch_up().await;
    upgraded.skills_in_use_are_words().await;
    upgraded.visits_open_cases().await;
    upgraded.work_goes_on().await;
    upgraded.the_log_holds();
}

/// A server of this build with data of the previous build.
struct Upgraded {
    server: Server,
    folder: PathBuf,
    exchanges: Value,
}

impl Upgraded {
    /// Starts the server, which migrates the data.
    fn start(database: Database, folder: PathBuf) -> Self {
        // The default folders on SQLite and on PostgreSQL.
        for place in ["attachments", "var/attachments"] {
            copy(&folder.join("attachments"), &database.folder.path().join(place));
        }
        let exchanges = serde_json::from_str(&read(&folder, "exchanges.json")).expect("JSON");
        Self { server: Server::start(database), folder, exchanges }
    }

    /// The id of the resource that the previous build created under this name.
    fn named(&self, name: &str) -> &str {
        self.exchanges["named"][name].as_str().expect("a name")
    }

    fn list(&self, name: &str) -> &[Value] {
        self.exchanges[name].as_array().expect("a list")
    }

    /// Signs in with the password stored by the previous build.
    async fn sign_in(&self, who: &str) -> Caller {
        let phone = match who {
            "supervisor" => phones::SUPERVISOR,
            "auditor" => phones::AUDITOR,
            "manager" => phones::MANAGER,
            "volunteer" => phones::VOLUNTEER,
            "second_volunteer" => phones::SECOND_VOLUNTEER,
            other => panic!("nobody is called {other}"),
        };
        let body = json!({ "phone": phone, "password": PASSWORD });
        let answer = self.server.stranger().post("/v1/auth/sign-in", &body).await;
        assert_eq!(answer.status, 200, "{who}: {}", answer.body);
        self.server.bearer(answer.body["access_token"].as_str().expect("a token"))
    }

    /// The hash chain continues from the archive files into the database.
    fn the_log_holds(&self) {
        let archive = self.folder.join("archive");
        let args = ["verify-log", "--archive", archive.to_str().expect("a path")];
        let output = gridward(&self.server.database, &args).output().expect("it runs");
        assert!(output.status.success(), "{}", said(&output));
    }

    async fn reads_are_answered_as_before(&self) {
        for view in self.list("views") {
            let caller = self.sign_in(text(&view["who"])).await;
            let answer = caller.get(text(&view["path"])).await;
            assert_eq!(answer.status, 200, "{}: {}", view["path"], answer.body);
            let (before, now) = (without_homes(&view["answer"]), without_homes(&answer.body));
            // A list may have grown; its previous items are still present.
            match before["items"].as_array() {
                None => assert_eq!(as_far_as(&before, &now), before, "{}", view["path"]),
                Some(items) => {
                    let now = now["items"].as_array().expect("a list");
                    for (n, item) in items.iter().enumerate() {
                        let now = now.get(n).map(|now| as_far_as(item, now));
                        assert_eq!(now.as_ref(), Some(item), "{} item {n}", view["path"]);
                    }
                }
            }
        }
    }

    /// Calls with an Idempotency-Key.
    async fn calls_sent_again_are_answered_as_before(&self) {
        for call in self.list("calls") {
            let caller = self.sign_in(text(&call["who"])).await;
            let method: Method = text(&call["method"]).parse().expect("a method");
            let request = caller.request(method, text(&call["path"]));
            let request = request.header("Idempotency-Key", text(&call["key"]));
            let request = match &call["body"] {
                Value::Null => request,
                body => request.json(body),
            };
            let answer = caller.send(request).await;
            assert_eq!(json!(answer.status), call["status"], "{call}: {}", answer.body);
            if answer.status < 300 {
                assert_eq!(answer.headers["Idempotency-Replayed"], "true", "{call}");
                assert_eq!(without_homes(&answer.body), without_homes(&call["answer"]), "{call}");
            } else {
                assert_eq!(answer.problem(), code(&call["answer"]), "{call}");
            }
        }
    }

    async fn outboxes_sent_again_are_answered_as_before(&self) {
        for outbox in self.list("outboxes") {
            let caller = self.sign_in(text(&outbox["who"])).await;
            let push = json!({ "commands": outbox["commands"], "device": "old-phone" });
            let answer = caller.post("/v1/sync", &push).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let results = answer.body["results"].as_array().expect("results");
            let before = outbox["results"].as_array().expect("results");
            assert_eq!(results.len(), before.len());
            for (now, before) in results.iter().zip(before) {
                assert_eq!(now["replayed"], true, "{now}");
                for field in ["id", "outcome", "version"] {
                    assert_eq!(now[field], before[field], "{now}");
                }
                let problem = before.get("problem").map(code);
                assert_eq!(now.get("problem").map(|now| text(&now["code"])), problem, "{now}");
            }
        }
    }

    fn dead_letters_are_listed(&self) {
        let listed = gridward(&self.server.database, &DEAD_LETTERS).output().expect("it runs");
        assert!(listed.status.success(), "{}", said(&listed));
        let letter: Value = serde_json::from_slice(&listed.stdout).expect("one line");
        assert_eq!(letter["command"], self.named("dead_letter"));
        assert_eq!(letter["request"]["payload"]["note"], "老人说一切都好");
    }

    async fn a_photo_is_whole(&self) {
        let path = format!("/v1/attachments/{}", self.named("attachment"));
        let manager = self.sign_in("manager").await;
        let answer = manager.request(Method::GET, &path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let photo = BASE64_STANDARD.decode(self.named("photo_base64")).expect("base64");
        assert_eq!(answer.bytes().await.expect("bytes"), photo);
    }

    /// The copy of a phone that was offline finally equals a fresh snapshot.
    async fn phones_catch_up(&self) {
        for (who, copy) in self.exchanges["copies"].as_object().expect("phones") {
            let caller = self.sign_in(who).await;
            let mut away =
                Phone { cursor: Some(text(&copy["cursor"]).to_owned()), ..Phone::default() };
            for row in copy["rows"].as_array().expect("rows") {
                let key = (text(&row["type"]).to_owned(), text(&row["id"]).to_owned());
                away.rows.insert(key, renamed(&row["data"]));
            }
            let mut fresh = Phone::default();
            for phone in [&mut away, &mut fresh] {
                phone.sync(&caller, json!([])).await;
                phone.rows.retain(|(kind, _), _| kind != DAILY);
            }
            let keys = away.rows.keys().chain(fresh.rows.keys());
            for key in keys {
                assert_eq!(away.rows.get(key), fresh.rows.get(key), "{who}: {key:?}");
            }
        }
    }

    /// Skills were words of no list in the previous build: those in use follow the usual ones.
    async fn skills_in_use_are_words(&self) {
        let skills = self.sign_in("volunteer").await.get("/v1/skills").await.body;
        let words = skills["words"].as_array().expect("words");
        let codes: Vec<&str> = words.iter().map(|word| text(&word["code"])).collect();
        assert!(codes.contains(&"driving"), "{codes:?}");
        assert_eq!(codes.last(), Some(&"surgery"), "{codes:?}");
    }

    /// Kinds of service of the build before open the shipped cases.
    async fn visits_open_cases(&self) {
        let supervisor = self.sign_in("supervisor").await;
        for (kind, opens) in [
            ("home_visit", json!({ "employment": "employment", "legal": "legal" })),
            ("phone_call", Value::Null),
        ] {
            let shown = supervisor.get(&format!("/v1/service-kinds/{kind}")).await;
            assert_eq!(shown.body["opens"], opens, "{kind}: {}", shown.body);
        }
    }

    /// A claim is applied and recorded in the log.
    async fn work_goes_on(&self) {
        let (volunteer, auditor) = (self.sign_in("volunteer").await, self.sign_in("auditor").await);
        let task = self.named("open");
        let claim = volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        assert_eq!((claim.status, text(&claim.body["state"])), (200, "accepted"));
        let events = auditor.get(&format!("/v1/events?subject_id={task}&action=task.claim")).await;
        assert_eq!(events.body["items"].as_array().map(Vec::len), Some(1), "{}", events.body);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The current code of a problem of the previous build.
fn code(problem: &Value) -> &str {
    new_name(&CODES, text(&problem["code"]))
}

fn new_name<'a>(names: &[(&str, &'a str)], old: &'a str) -> &'a str {
    names.iter().find(|(name, _)| *name == old).map_or(old, |(_, new)| new)
}

/// An answer of the previous build with the field names of this one.
fn renamed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(renamed).collect(),
        Value::Object(fields) => {
            let is_person = fields.contains_key("role");
            let field = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("active", Value::Bool(active)) if is_person => {
                    ("state".to_owned(), json!(if *active { "active" } else { "left" }))
                }
                ("category", category) => ("categories".to_owned(), json!([category])),
                _ => (new_name(&FIELDS, name).to_owned(), renamed(value)),
            };
            let mut fields = fields.iter().map(field).collect::<Map<_, _>>();
            // A task of the previous build has the first version of its kind.
            if fields.contains_key("escalation_level") {
                fields.entry("kind_version").or_insert(json!(1));
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// The value, without the fields of its objects that `before` does not have: answers may gain
/// fields.
fn as_far_as(before: &Value, now: &Value) -> Value {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let both = before.iter().filter_map(|(name, before)| {
                let now = now.get(name)?;
                // Days later an ended task closes for its visitor, and has a new version.
                let is_later = name == "version" && now.as_u64() > before.as_u64();
                Some((name.clone(), if is_later { before.clone() } else { as_far_as(before, now) }))
            });
            Value::Object(both.collect())
        }
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => {
            before.iter().zip(now).map(|(before, now)| as_far_as(before, now)).collect()
        }
        (_, now) => now.clone(),
    }
}

/// A [`renamed`] answer without the positions of homes, which the previous build showed exactly
/// to everyone and this one only to the visitor, and without the fields that it did not have: the
/// masked name of a task, in lists the skills, the labels of service kinds, the content of people, and
/// the state of a plan.
fn without_homes(value: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(fields) => {
                // Later versions name the actors.
                fields.remove("actor_name");
                if ["beneficiary_id", "lives_alone"].iter().any(|name| fields.contains_key(*name)) {
                    let is_listed = !fields.contains_key("escalation_level");
                    fields.retain(|name, _| match name.as_str() {
                        "place" | "cell" | "beneficiary_name" => false,
                        "skills" => !is_listed,
                        _ => true,
                    });
                }
                if fields.contains_key("weekly_minutes") {
                    let later = ["gender", "birth_year", "cell", "languages"];
                    fields.retain(|name, _| !later.contains(&name.as_str()));
                }
                if fields.contains_key("measures") {
                    fields.remove("state");
                }
                if fields.contains_key("follow_ups") {
                    let labels = ["active", "form", "name_en"];
                    fields.retain(|name, _| !labels.contains(&name.as_str()));
                }
                fields.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = renamed(value);
    strip(&mut value);
    value
}

/// The folder of what the build before left on this kind of database.
fn old_build(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/old_build").join(name)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
