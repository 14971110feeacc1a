//! The query plans of one PostgreSQL database, as written to the server's log by
//! `auto_explain`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde::Deserialize;
use serde_json::Value;

use super::Database;

/// Logs every plan with its actual values, for which the planner visits only the necessary
/// partitions.
const SETTINGS: [(&str, &str); 6] = [
    ("session_preload_libraries", "auto_explain"),
    ("auto_explain.log_min_duration", "0"),
    ("auto_explain.log_analyze", "off"),
    ("auto_explain.log_nested_statements", "on"),
    ("auto_explain.log_format", "json"),
    ("plan_cache_mode", "force_custom_plan"),
];

/// The server's log messages about one database since a position.
pub struct ServerLog {
    file: File,
    /// The prefix of each message of the database.
    prefix: String,
}

/// A plan in the format of `auto_explain`.
#[derive(Deserialize)]
struct Logged {
    #[serde(rename = "Query Text")]
    statement: String,
    #[serde(rename = "Plan")]
    plan: Value,
}

/// A statement that visits several partitions of a table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scattered {
    /// The statement, on one line.
    pub statement: String,
    /// The maximum number of visited partitions, by table.
    pub partitions: BTreeMap<String, usize>,
    /// The number of runs.
    pub times: usize,
}

impl fmt::Display for Scattered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statement: String = self.statement.chars().take(200).collect();
        write!(f, "{} times, partitions {:?}: {statement}", self.times, self.partitions)
    }
}

impl Database {
    /// Logs the plan of every later statement.
    pub fn log_plans(&self) -> ServerLog {
        let name = self.url.rsplit('/').next().and_then(|name| name.split('?').next());
        let name = name.expect("a database in the URL");
        let mut conn = PgConnection::establish(&self.url).expect("the database");
        for (setting, value) in SETTINGS {
            let set = format!("ALTER DATABASE {name} SET {setting} = '{value}'");
            conn.batch_execute(&set).expect("a setting");
        }
        let path = std::env::var("GRIDWARD_TEST_POSTGRES_LOG")
            .expect("GRIDWARD_TEST_POSTGRES_LOG names the log of the test server");
        let mut file = File::open(path).expect("the log of the test server");
        file.seek(SeekFrom::End(0)).expect("an end");
        ServerLog { file, prefix: format!("{name} LOG:  ") }
    }
}

impl ServerLog {
    /// The messages since the last call, each with its continuation lines.
    pub fn messages(&mut self) -> Vec<String> {
        let mut text = Vec::new();
        self.file.read_to_end(&mut text).expect("the log can be read");
        let text = String::from_utf8_lossy(&text);
        let (mut messages, mut message) = (Vec::new(), None::<String>);
        for line in text.lines() {
            // Continuation lines begin with a tab.
            match (line.strip_prefix(&self.prefix), line.strip_prefix('\t'), &mut message) {
                (Some(first), ..) => messages.extend(message.replace(first.to_owned())),
                (None, Some(more), Some(message)) => message.push_str(more),
                (None, Some(_), None) => {}
                (None, None, _) => messages.extend(message.take()),
            }
        }
        messages.extend(message);
        messages
    }
}

/// The statements in `messages` whose plans visit several partitions of a table, and the total
/// number of plans. Inserted rows are not in a plan.
pub fn scattered(messages: &[String]) -> (Vec<Scattered>, usize) {
    let mut found: BTreeMap<String, Scattered> = BTreeMap::new();
    let mut plans = 0;
    for message in messages {
        let Some((_, json)) = message.split_once(" plan:") else { continue };
        let logged: Logged = serde_json::from_str(json).expect("a plan is JSON");
        plans += 1;
        let partitions = visited(&logged.plan);
        if partitions.is_empty() {
            continue;
        }
        let statement = logged.statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let new =
            || Scattered { statement: statement.clone(), partitions: BTreeMap::new(), times: 0 };
        let entry = found.entry(statement.clone()).or_insert_with(new);
        entry.times += 1;
        for (table, count) in partitions {
            let most = entry.partitions.entry(table).or_default();
            *most = count.max(*most);
        }
    }
    (found.into_values().collect(), plans)
}

/// The tables of which a plan visits two or more partitions, with their number.
fn visited(plan: &Value) -> BTreeMap<String, usize> {
    let mut names = BTreeSet::new();
    relations(plan, &mut names);
    let mut tables: BTreeMap<String, usize> = BTreeMap::new();
    for name in &names {
        if let Some((table, number)) = name.rsplit_once("_p")
            && number.parse::<u8>().is_ok()
        {
            *tables.entry(table.to_owned()).or_default() += 1;
        }
    }
    tables.retain(|_, count| *count > 1);
    tables
}

/// Every relation in a plan: scanned, updated or deleted from.
fn relations<'a>(plan: &'a Value, names: &mut BTreeSet<&'a str>) {
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| relations(part, names)),
        Value::Object(fields) => {
            names.extend(fields.get("Relation Name").and_then(Value::as_str));
            fields.values().for_each(|part| relations(part, names));
        }
        _ => {}
    }
}
