//! A command out of an outbox, read as far as it can be.
//!
//! One that cannot be read is refused alone, under the name it bears, and leaves
//! nothing behind: mended, it may come again under the same name. A report is
//! evidence, and is read field by field: what cannot be read of it is kept as it
//! came, as long as it says of which task it tells.

use chrono::{DateTime, FixedOffset};
use gridward_domain::id::TaskId;
use gridward_domain::task::Verb;
use gridward_domain::word::VariantArray as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::{FieldError, Kept, Kind, Problem};
use crate::http::{deserialize as fit, json::HIGHEST};
use crate::idempotency::CommandId;
use crate::task::command::{TaskCommand, action};
use crate::task::report_content::{Fields, ReportContent, Written};

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
    let sent = Verb::VARIANTS.iter().copied().filter(|verb| {
        gridward_domain::authority::Role::VARIANTS.iter().copied().any(|role| verb.is_for(role))
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
    /// When, by the phone's clock, if it says so.
    pub at: Option<DateTime<FixedOffset>>,
}

/// An entry of an outbox: the name it bears, and what it asks or why that cannot
/// be read.
#[derive(Debug)]
pub struct OutboxEntry {
    /// As it was written; none where it has none.
    pub name: Option<String>,
    /// What it asks, or why that cannot be read.
    pub read: Result<Queued, Kept>,
}

impl OutboxEntry {
    /// Reads an entry of an outbox.
    pub fn read(raw: &RawValue) -> Self {
        let Ok(fields) = serde_json::from_str::<Written>(raw.get()) else {
            let problem = Problem::invalid("", "must be an object");
            return Self { name: None, read: Err(problem.kept()) };
        };
        let name = text(&fields, "id");
        let name = name.filter(|name| name.chars().count() <= LONGEST_NAME);
        let read = if text(&fields, "type").as_deref() == Some(action(Verb::Report)) {
            report(fields)
        } else {
            fit::bytes(raw.get().as_bytes()).and_then(strictly)
        };
        Self { name, read: read.map_err(|problem| problem.kept()) }
    }
}

fn text(fields: &Written, name: &str) -> Option<String> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

fn strictly(command: QueuedCommand) -> Result<Queued, Problem> {
    let QueuedCommand { id, r#type, task_id, base_version, at, payload } = command;
    if base_version.is_some_and(|base| !(0..=HIGHEST).contains(&base)) {
        return Err(Problem::invalid("/base_version", format!("from 0 to {HIGHEST}")));
    }
    let command = TaskCommand::read(&r#type, payload.unwrap_or_default());
    let command = command.map_err(|problem| match problem.kind() {
        Kind::UnknownCommand => problem.with(FieldError::new("/type", "no such command")),
        _ => problem.under("/payload"),
    })?;
    Ok(Queued { id: id.into(), task: task_id, command, base: base_version, at: Some(at) })
}

/// Reads a report field by field. Only its name and its task must be there.
fn report(mut fields: Written) -> Result<Queued, Problem> {
    fn must<T: DeserializeOwned>(fields: &mut Written, name: &str) -> Result<T, Problem> {
        let pointer = format!("/{name}");
        let raw = fields.remove(name).ok_or_else(|| Problem::invalid(&pointer, "is missing"))?;
        fit::bytes(raw.get().as_bytes()).map_err(|problem| problem.under(&pointer))
    }
    let id: Uuid = must(&mut fields, "id")?;
    let task = must(&mut fields, "task_id")?;
    fields.remove("type");
    // The version that a report was decided on only informs.
    fields.remove("base_version");
    let mut around = Fields::of(fields);
    let at = around.take("at");
    let told = around.take("payload").unwrap_or_default();
    let account = ReportContent { unread_command: around.rest(), ..ReportContent::read(told) };
    Ok(Queued {
        id: id.into(),
        task,
        command: TaskCommand::Report(Box::new(account)),
        base: None,
        at,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "0198a3b0-0000-7000-8000-000000000001";
    const TASK: &str = "0198a3b0-0000-7000-8000-0000000000aa";
    fn entry(change: Value) -> OutboxEntry {
        let mut command = json!({
            "id": ID, "type": "task.report", "task_id": TASK, "at": "2026-08-01T09:00:00+08:00",
            "payload": { "outcome": "done" }
        });
        for (name, value) in change.as_object().expect("an object") {
            command[name] = value.clone();
        }
        written(&command.to_string())
    }

    fn written(text: &str) -> OutboxEntry {
        OutboxEntry::read(&RawValue::from_string(text.to_owned()).expect("JSON"))
    }

    fn account(entry: OutboxEntry) -> (ReportContent, Option<String>) {
        let queued = entry.read.expect("a report");
        let TaskCommand::Report(account) = queued.command else { panic!("{:?}", queued.command) };
        (*account, queued.at.map(|at| at.to_rfc3339()))
    }

    #[test]
    fn a_report_is_read_whatever_else_is_wrong_with_it() {
        let (account, at) = self::account(entry(json!({ "at": "9 o'clock", "base_version": -1 })));
        assert_eq!((account.outcome.is_some(), at), (true, None));
        assert_eq!(Value::Object(account.unread_command), json!({ "at": "9 o'clock" }));
        let (account, at) = self::account(entry(json!({ "payload": "done", "app": "2.0" })));
        assert_eq!(at.as_deref(), Some("2026-08-01T09:00:00+08:00"));
        assert_eq!(account.outcome, None);
        assert_eq!(
            Value::Object(account.unread_command),
            json!({ "payload": "done", "app": "2.0" })
        );
        let (account, _) =
            self::account(entry(json!({ "payload": { "outcome": "done", "place": 1 } })));
        assert_eq!(Value::Object(account.unread), json!({ "place": 1 }));
        // An emoji cut in two, and a number that is none.
        let cut = format!(
            r#"{{"id": "{ID}", "type": "task.report", "task_id": "{TASK}", "at": 1e999,
                "payload": {{"outcome": "done", "note": "\ud83d"}}}}"#
        );
        let entry = written(&cut);
        assert_eq!(entry.name.as_deref(), Some(ID));
        let (account, _) = self::account(entry);
        assert_eq!(
            (account.outcome.is_some(), account.unread.len(), account.unread_command.len()),
            (true, 1, 1)
        );
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
        assert_eq!(refused(json!({ "task_id": "x", "app": "2.0" })), told(ID, "/task_id"));
        assert_eq!(refused(json!({ "type": "task.claim", "at": 5 })), told(ID, "/at"));
        assert_eq!(refused(json!({ "type": "task.fly" })), told(ID, "/type"));
        let decline = json!({ "type": "task.decline", "payload": { "why": "x" } });
        assert_eq!(refused(decline), told(ID, "/payload/why"));
        let upper = entry(json!({ "id": ID.to_uppercase() }));
        assert_eq!(upper.name, Some(ID.to_uppercase()));
        assert_eq!(upper.read.expect("a report").id.as_str(), ID);
        for text in ["17", "[]", "null"] {
            let entry = written(text);
            assert!(entry.name.is_none() && entry.read.is_err(), "{text}");
        }
    }
}
