//! The binary: its commands, its server, and its callers.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use super::bodies::home_visit;
use super::documented::assert_documented;
use super::small_district::SmallDistrict;
use super::{Database, Files, PASSWORD};

/// The key of the tests, the same on every start; not a secret.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The binary with the settings of a test.
pub fn gridward(database: &Database, args: &[&str]) -> Command {
    let binary = env!("CARGO_BIN_EXE_gridward");
    let mut command = match database.files {
        None => Command::new(binary),
        Some(files) => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), binary]);
            shell
        }
    };
    command
        .args(args)
        .current_dir(database.folder.path())
        .env_clear()
        .env("GRIDWARD_DATABASE_URL", &database.url)
        .env("GRIDWARD_SECRET_KEY", KEY)
        .env("GRIDWARD_LISTEN", "127.0.0.1:0")
        .env("GRIDWARD_WORKERS", "2")
        .env("GRIDWARD_SECOND_FACTOR", "off")
        .envs(database.settings.iter().map(|(name, value)| (name, value)));
    command
}

/// Imports `files`; returns the output of the command.
pub fn import(database: &Database, files: &Files, more: &[&str]) -> Output {
    let folder = database.folder.path().join("district");
    files.write(&folder);
    import_folder(database, &folder, more)
}

/// Imports `files`, which have no faults.
pub fn import_whole(database: &Database, files: &Files) {
    let loaded = import(database, files, &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
}

/// Imports a folder; returns the output of the command.
pub fn import_folder(database: &Database, folder: &Path, more: &[&str]) -> Output {
    let path = folder.to_str().expect("a path");
    let args: Vec<&str> = ["import", path].into_iter().chain(more.iter().copied()).collect();
    gridward(database, &args).output().expect("the binary runs")
}

/// Standard output and standard error of a command.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Sets the password of the person with `phone`.
pub fn set_password(database: &Database, phone: &str) {
    let mut command = gridward(database, &["user", "password", phone]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary runs");
    let mut input = child.stdin.take().expect("an input");
    writeln!(input, "{PASSWORD}").expect("a password");
    drop(input);
    assert!(child.wait().expect("an end").success(), "the password of {phone} is set");
}

/// Settings of a server, as names and values of variables.
pub type Settings = &'static [(&'static str, &'static str)];

/// A server that runs until it is dropped.
pub struct Server {
    /// Its address.
    pub base: String,
    /// Its database.
    pub database: Database,
    child: Child,
    client: reqwest::Client,
    settings: Settings,
}

impl Server {
    /// Serves the small district.
    pub fn small(on: impl SmallDistrict) -> Self {
        Self::small_with(on, &[])
    }

    /// Serves `files` on `database`.
    pub fn with(database: impl Into<Database>, files: &Files) -> Self {
        let database = database.into();
        import_whole(&database, files);
        Self::start(database)
    }

    /// Serves `database`.
    pub fn start(database: Database) -> Self {
        Self::start_with(database, &[])
    }

    /// Serves the small district with more settings.
    pub fn small_with(on: impl SmallDistrict, settings: Settings) -> Self {
        Self::start_with(on.with_small_district(), settings)
    }

    /// Serves `database` with more settings.
    pub fn start_with(database: Database, settings: Settings) -> Self {
        let (child, base) = spawn(&database, settings);
        Self { base, database, child, client: reqwest::Client::new(), settings }
    }

    /// Kills the process, as a power cut would, and starts another with the same data.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("an end");
        let (child, base) = spawn(&self.database, self.settings);
        self.child = child;
        self.base = base;
    }

    /// Starts another server on the same database.
    pub fn another(&self) -> Another {
        let (child, base) = spawn(&self.database, self.settings);
        Another { base, child, client: self.client.clone() }
    }

    /// Sends the process a signal, such as `-HUP`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().expect("kill runs");
        assert!(sent.success(), "the process is there to be asked");
    }

    /// Stops the process with SIGTERM; returns its exit status.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().expect("an end")
    }

    /// A caller without a token.
    pub fn stranger(&self) -> Caller {
        Caller { base: self.base.clone(), client: self.client.clone(), token: None }
    }

    /// The metrics that contain `text`, once they do.
    pub async fn metrics_with(&self, text: &str) -> String {
        let mut page = String::new();
        for _ in 0..200 {
            page = self.stranger().text("/metrics").await;
            if page.contains(text) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the metrics do not hold {text}: {page}")
    }

    /// A caller with this token.
    pub fn bearer(&self, token: &str) -> Caller {
        Caller { token: Some(token.to_owned()), ..self.stranger() }
    }

    /// Signs in the person with `phone`.
    pub async fn sign_in(&self, phone: &str) -> Caller {
        let body = json!({ "phone": phone, "password": PASSWORD });
        let answer = self.try_sign_in(&body).await;
        assert_eq!(answer.status, 200, "{phone} signs in: {}", answer.body);
        self.bearer(answer.body["access_token"].as_str().expect("a token"))
    }

    /// Signs in with `body`. A first sign-in sets the password; a later one does not, since a
    /// new password would end the sessions of the person.
    pub async fn try_sign_in(&self, body: &Value) -> Answer {
        let answer = self.stranger().post("/v1/auth/sign-in", body).await;
        if answer.status != 401 {
            return answer;
        }
        set_password(&self.database, body["phone"].as_str().expect("a phone"));
        self.stranger().post("/v1/auth/sign-in", body).await
    }
}

/// A second server on the same database.
pub struct Another {
    base: String,
    child: Child,
    client: reqwest::Client,
}

impl Another {
    /// A caller of this server with this token.
    pub fn bearer(&self, token: &str) -> Caller {
        let (base, client) = (self.base.clone(), self.client.clone());
        Caller { base, client, token: Some(token.to_owned()) }
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the server and waits for the line with its address.
fn spawn(database: &Database, settings: Settings) -> (Child, String) {
    let mut child = gridward(database, &["serve"])
        .envs(settings.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let log = child.stderr.take().expect("a log");
    let mut lines = BufReader::new(log).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("serving on "))
        .expect("the server says where it serves");
    // A full pipe would block the server, so a thread reads the log.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let (_, base) = line.split_once("serving on ").expect("an address");
    let base = base.split_whitespace().next().expect("an address");
    (child, base.to_owned())
}

/// A caller of the server.
#[derive(Clone)]
pub struct Caller {
    base: String,
    client: reqwest::Client,
    /// The access token, if signed in.
    pub token: Option<String>,
}

/// A request that the server has started to read.
pub struct HalfAPost {
    stream: BufStream<TcpStream>,
    body: String,
}

impl HalfAPost {
    /// Sends the rest; returns the status.
    pub async fn finish(mut self) -> u16 {
        self.stream.write_all(self.body.as_bytes()).await.expect("a body that is sent");
        self.stream.flush().await.expect("a body that is sent");
        status_of(&mut self.stream).await
    }
}

/// Reads the head of an answer; returns its status.
async fn status_of(stream: &mut BufStream<TcpStream>) -> u16 {
    let mut lines = stream.lines();
    let first = lines.next_line().await.expect("an answer").expect("an answer");
    while lines.next_line().await.expect("a header").is_some_and(|line| !line.is_empty()) {}
    let status = first.split(' ').nth(1).expect("a status");
    status.parse().expect("a number")
}

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON; null otherwise.
    pub body: Value,
}

impl Answer {
    /// The answer with status 0: none arrived, or only part of one.
    fn none() -> Self {
        Self { status: 0, headers: HeaderMap::new(), body: Value::Null }
    }

    /// The problem's code, checked to be one.
    pub fn problem(&self) -> &str {
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok());
        assert_eq!(kind, Some("application/problem+json"), "{} {}", self.status, self.body);
        assert_eq!(self.body["status"], self.status, "{}", self.body);
        self.body["code"].as_str().expect("a code")
    }
}

impl Caller {
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Appoints the person the manager of the grid, based on the present manager.
    pub async fn appoint(&self, grid: &str, person: &str) -> Answer {
        let path = format!("/v1/areas/{grid}/manager");
        let present = self.get(&path).await;
        let base = present.headers.get("etag").and_then(|tag| tag.to_str().ok());
        let request = self.request(Method::PUT, &path).header("If-Match", base.unwrap_or("\"v1\""));
        self.send(request.json(&json!({ "person_id": person }))).await
    }

    /// Orders a plan and waits until it is computed. None of its new visits begins in the past.
    pub async fn order_plan(&self, order: &Value) -> Answer {
        let now = Utc::now() + TimeDelta::hours(8);
        let request = self.request(Method::POST, "/v1/plans").header("Prefer", "wait=30");
        let mut answer = self.send(request.json(order)).await;
        // On a busy machine the answer comes before the plan, whose threads run at a lower priority.
        let path = format!("/v1/plans/{}", answer.body["id"].as_str().unwrap_or_default());
        for _ in 0..9 {
            if answer.status != 202 {
                break;
            }
            let plan = self.computed(&path).await;
            if plan["state"] != "computing" {
                answer = Answer { status: 201, body: plan, ..answer };
            }
        }
        if answer.status == 201 {
            self.assert_begins_after(&path, now.naive_utc()).await;
        }
        answer
    }

    /// Checks that no new visit of the plan at `path` begins before this moment in the district.
    async fn assert_begins_after(&self, path: &str, moment: NaiveDateTime) {
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}/visits?change=new&limit=200{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            for visit in page.body["items"].as_array().expect("visits") {
                let day: NaiveDate = visit["day"].as_str().expect("a day").parse().expect("a day");
                let minutes = visit["start"].as_i64().expect("a start");
                let start = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes);
                assert!(start >= moment, "{visit} begins before {moment}");
            }
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return,
            }
        }
    }

    /// The plan at `path` when it is no longer computed, or as it is after ten seconds.
    pub async fn computed(&self, path: &str) -> Value {
        for _ in 0..200 {
            let plan = self.get(path).await.body;
            if plan["state"] != "computing" {
                return plan;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.get(path).await.body
    }

    /// Computes the plan of `order` and applies it; returns the applied plan.
    pub async fn plan(&self, order: &Value) -> Value {
        let draft = self.order_plan(order).await;
        assert_eq!(draft.status, 201, "{}", draft.body);
        let path = format!("/v1/plans/{}/apply", draft.body["id"].as_str().expect("an id"));
        let applied = self.post(&path, &json!({ "confirm": true })).await;
        assert_eq!(applied.status, 200, "{}", applied.body);
        applied.body["plan"].clone()
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// Sends the head of a POST; returns when the server waits for the body.
    pub async fn half_a_post(&self, path: &str, body: &Value) -> HalfAPost {
        let (address, body) = (self.base.trim_start_matches("http://"), body.to_string());
        let mut stream = BufStream::new(TcpStream::connect(address).await.expect("a server"));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            self.token.as_deref().unwrap_or_default(),
            body.len(),
        );
        stream.write_all(head.as_bytes()).await.expect("a head that is sent");
        stream.flush().await.expect("a head that is sent");
        assert_eq!(status_of(&mut stream).await, 100, "the server waits for the body");
        HalfAPost { stream, body }
    }

    /// Claims a new task for the beneficiary, so that the caller visits them; returns its id.
    pub async fn visits(&self, beneficiary: &str, manager: &Self) -> String {
        let task = manager.make_task(beneficiary).await;
        let claimed = self.act(&format!("/v1/tasks/{task}/claim")).await;
        assert_eq!(claimed.status, 200, "{}", claimed.body);
        task
    }

    /// Creates a task for the beneficiary; returns its id.
    pub async fn make_task(&self, beneficiary: &str) -> String {
        self.make(&home_visit(beneficiary, json!({}))).await
    }

    /// Creates the task in `body`; returns its id.
    pub async fn make(&self, body: &Value) -> String {
        let made = self.post("/v1/tasks", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["id"].as_str().expect("an id").to_owned()
    }

    /// A request to `path`, with the token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The events of `action` that this caller may read.
    pub async fn events(&self, action: &str) -> Vec<Value> {
        let events = self.get(&format!("/v1/events?action={action}")).await;
        assert_eq!(events.status, 200, "{}", events.body);
        events.body["items"].as_array().expect("a list").clone()
    }

    /// The answer to a GET, as text.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.request(Method::GET, path).send().await.expect("an answer");
        answer.text().await.expect("a text")
    }

    /// Sends a request; the status is 0 without a complete answer. An answer has a documented status.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        match client.execute(request).await {
            Err(_) => Answer::none(),
            Ok(answer) => {
                let status: StatusCode = answer.status();
                assert_documented(method.as_str(), &path, status.as_u16());
                let headers = answer.headers().clone();
                let Ok(body) = answer.bytes().await else { return Answer::none() };
                let body = serde_json::from_slice(&body).unwrap_or_default();
                Answer { status: status.as_u16(), headers, body }
            }
        }
    }
}
