//! A command out of an outbox, read as far as it can be.
//!
//! One that cannot be read is refused alone, under the name it bears, and leaves
//! nothing behind: mended, it may come again under the same name. A report is
//! evidence, and is read field by field: what cannot be read of it is kept as it
//! came, as long as it says of which task it tells.

use chrono::{DateTime, FixedOffset};
use gridward_dispatch::id::TaskId;
use gridward_dispatch::task::Verb;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{HIGHEST, fit};
use crate::once::CommandId;
use crate::problem::{Kept, Problem};
use crate::task::account::Account;
use crate::task::command::{TaskCommand, action};

/// A name that is longer is not told back.
const LONGEST_NAME: usize = 64;

/// A command as a phone writes it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueuedCommand {
    /// A `UUIDv7` made by the phone: the command's name for ever.
    id: Uuid,
    /// What is done.
    #[schema(schema_with = words)]
    r#type: String,
    /// To which task.
    task_id: TaskId,
    /// The version it was decided on; `task.reschedule` and `task.cancel` need it.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    base_version: Option<i64>,
    /// When, by the phone's clock.
    at: DateTime<FixedOffset>,
    /// What it carries: the body of the call of the same name (`task.report` that of
    /// `POST /v1/tasks/{id}/report`); nothing where that has none.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    payload: Option<Map<String, Value>>,
}

/// The words of commands that a person may send.
fn words() -> utoipa::openapi::schema::Object {
    let sent = Verb::ALL.into_iter().filter(|verb| {
        gridward_dispatch::authority::Role::ALL.into_iter().any(|role| verb.is_for(role))
    });
    // A task is given by dispatch, and given anew by people.
    let sent = sent.filter(|verb| *verb != Verb::Assign);
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(sent.map(action)))
        .description(Some("What is done."))
        .examples([action(Verb::Claim)])
        .build()
}

/// A command that could be read.
#[derive(Clone, Debug)]
pub struct Queued {
    /// Its name.
    pub id: CommandId,
    /// To which task.
    pub task: TaskId,
    /// What is done, with what it carries.
    pub command: TaskCommand,
    /// The version it was decided on.
    pub base: Option<i64>,
    /// When, by the phone's clock.
    pub at: DateTime<FixedOffset>,
}

/// An entry of an outbox: the name it bears, and what it asks or why that cannot
/// be read.
#[derive(Debug)]
pub struct Entry {
    /// As it was written; none where it has none.
    pub name: Option<String>,
    /// What it asks, or why that cannot be read.
    pub read: Result<Queued, Kept>,
}

impl Entry {
    /// Reads an entry of an outbox that was sent at `sent_at` by the phone's clock.
    pub fn read(raw: &RawValue, sent_at: DateTime<FixedOffset>) -> Self {
        match fit::bytes::<QueuedCommand>(raw.get().as_bytes()).and_then(strictly) {
            Ok(queued) => Self { name: Some(queued.id.to_string()), read: Ok(queued) },
            Err(problem) => {
                // What is JSON was read once already, so this cannot fail.
                let fields = serde_json::from_str::<Map<_, _>>(raw.get()).unwrap_or_default();
                let name = fields.get("id").and_then(Value::as_str);
                let name = name.filter(|name| name.chars().count() <= LONGEST_NAME);
                let name = name.map(ToOwned::to_owned);
                Self { name, read: report(fields, sent_at).ok_or_else(|| problem.kept()) }
            }
        }
    }
}

fn strictly(command: QueuedCommand) -> Result<Queued, Problem> {
    let QueuedCommand { id, r#type, task_id, base_version, at, payload } = command;
    if base_version.is_some_and(|base| !(0..=HIGHEST).contains(&base)) {
        return Err(Problem::invalid("/base_version", format!("from 0 to {HIGHEST}")));
    }
    let command = TaskCommand::read(&r#type, payload.unwrap_or_default());
    let command = command.map_err(|problem| problem.under("/payload"))?;
    Ok(Queued { id: id.into(), task: task_id, command, base: base_version, at })
}

/// Reads a report of which not all fits: all of it but what that is and of which task.
fn report(mut fields: Map<String, Value>, sent_at: DateTime<FixedOffset>) -> Option<Queued> {
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    if text("type")? != action(Verb::Report) {
        return None;
    }
    let id = Uuid::parse_str(&text("id")?).ok()?;
    let task = text("task_id")?.parse().ok()?;
    let told = match fields.remove("payload") {
        Some(Value::Object(told)) => told,
        None | Some(Value::Null) => Map::new(),
        Some(other) => Map::from_iter([("payload".to_owned(), other)]),
    };
    let at = fields.get("at").and_then(|at| DateTime::deserialize(at).ok());
    if at.is_some() {
        fields.remove("at");
    }
    let mut account = Account::read(told);
    account.unread.append(&mut fields);
    let command = TaskCommand::Report(account);
    Some(Queued { id: id.into(), task, command, base: None, at: at.unwrap_or(sent_at) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "0198a3b0-0000-7000-8000-000000000001";
    const TASK: &str = "0198a3b0-0000-7000-8000-0000000000aa";
    const SENT_AT: &str = "2026-08-01T10:00:00+08:00";

    fn entry(change: Value) -> Entry {
        let mut command = json!({
            "id": ID, "type": "task.report", "task_id": TASK, "at": "2026-08-01T09:00:00+08:00",
            "payload": { "outcome": "done" }
        });
        for (name, value) in change.as_object().expect("an object") {
            command[name] = value.clone();
        }
        let raw = serde_json::value::to_raw_value(&command).expect("JSON");
        Entry::read(&raw, SENT_AT.parse().expect("a time"))
    }

    fn account(entry: Entry) -> (Account, Queued) {
        let queued = entry.read.expect("a report");
        match queued.command.clone() {
            TaskCommand::Report(account) => (account, queued),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_whatever_else_is_wrong_with_it() {
        let (account, queued) =
            self::account(entry(json!({ "at": "9 o'clock", "base_version": -1 })));
        assert_eq!(queued.at.to_rfc3339(), SENT_AT);
        assert_eq!(Value::Object(account.unread), json!({ "at": "9 o'clock", "base_version": -1 }));
        let (account, queued) = self::account(entry(json!({ "payload": "done", "app": "2.0" })));
        assert_eq!(queued.at.to_rfc3339(), "2026-08-01T09:00:00+08:00");
        assert_eq!((account.outcome, account.unread.len()), (None, 2));
        let (account, _) =
            self::account(entry(json!({ "payload": { "outcome": "done", "place": 1 } })));
        assert_eq!(Value::Object(account.unread), json!({ "place": 1 }));
    }

    #[test]
    fn what_cannot_be_read_is_told_under_the_name_it_bears() {
        let refused = |change: Value| {
            let entry = entry(change);
            let problem = Problem::from(entry.read.expect_err("it does not fit"));
            let pointer = problem.errors().first().map(|error| error.pointer.clone());
            (entry.name, pointer.unwrap_or_default())
        };
        let told = |name: &str, pointer: &str| (Some(name.to_owned()), pointer.to_owned());
        assert_eq!(refused(json!({ "id": "visit-17" })), told("visit-17", "/id"));
        assert_eq!(refused(json!({ "id": 17 })), (None, "/id".to_owned()));
        assert_eq!(refused(json!({ "task_id": "x" })), told(ID, "/task_id"));
        assert_eq!(refused(json!({ "type": "task.claim", "at": 5 })), told(ID, "/at"));
        assert_eq!(refused(json!({ "type": "task.fly" })), told(ID, ""));
        let decline = json!({ "type": "task.decline", "payload": { "why": "x" } });
        assert_eq!(refused(decline), told(ID, "/payload/why"));
        let raw = RawValue::from_string("17".to_owned()).expect("JSON");
        let entry = Entry::read(&raw, SENT_AT.parse().expect("a time"));
        assert!(entry.name.is_none() && entry.read.is_err());
    }
}
