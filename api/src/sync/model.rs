//! What goes over the wire between a phone and the server.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::outbox_entry::QueuedCommand;
use crate::http::problem::answer::LocalizedProblem;

/// The most commands a push may carry.
pub const MOST_COMMANDS: usize = 100;

/// A phone's outbox, in order, and how far the phone has come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "device": "phone-17", "device_time": "2026-08-01T09:00:00+08:00",
    "commands": [{
        "id": "0198a3b0-0000-7000-8000-000000000001", "type": "task.start",
        "task_id": "0198a3b0-0000-7000-8000-0000000000aa", "at": "2026-08-01T07:12:03+08:00"
    }]
}))]
pub struct Push {
    /// The `cursor` of the answer before; absent for a first snapshot.
    #[schema(max_length = 256)]
    pub cursor: Option<String>,
    /// How many tasks and beneficiaries at the most; 200 unless told. The few kinds of
    /// service, notices and shifts come with a first page besides.
    #[schema(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
    /// How the device calls itself, for the log.
    #[schema(min_length = 1, max_length = 64)]
    pub device: Option<String>,
    /// What the phone's clock shows while it sends: it tells how far off it is.
    pub device_time: Option<DateTime<FixedOffset>>,
    /// What was done since, in order. Each is judged for itself: one that does not fit
    /// is `rejected`, and the others are carried out.
    #[serde(default)]
    #[schema(max_items = 100, value_type = Vec<QueuedCommand>)]
    pub commands: Vec<Box<RawValue>>,
}

/// What became of a command.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CommandOutcome>)]
pub enum CommandOutcome {
    /// It had its effect, or had it already.
    Applied,
    /// A report that is kept as evidence and moved nothing.
    Recorded,
    /// It will never be: see the problem.
    Rejected,
    /// The server failed at it: send it again, unchanged, later. If it goes on
    /// failing, it is set aside and rejected.
    Retry,
}

/// What became of one command.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommandResult {
    /// The command's `id`, as it was sent; absent where that is not a text of up to 64
    /// characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "0198a3b0-0000-7000-8000-000000000001")]
    pub id: Option<String>,
    /// What became of it.
    pub outcome: CommandOutcome,
    /// Whether this is the answer of the first time.
    pub replayed: bool,
    /// The task's version afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 2)]
    pub version: Option<i64>,
    /// Why it is not applied. Its pointers begin at the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::http::problem::answer::Body<'static>>)]
    pub problem: Option<LocalizedProblem>,
}

impl CommandResult {
    /// Of a command that could not be read.
    pub const fn unread(id: Option<String>, problem: LocalizedProblem) -> Self {
        let outcome = CommandOutcome::Rejected;
        Self { id, outcome, replayed: false, version: None, problem: Some(problem) }
    }
}

/// What kind of row a phone holds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RowType>)]
pub enum RowType {
    /// A kind of service.
    ServiceKind,
    /// A notice.
    Notice,
    /// A day of the week on which the person has time.
    Shift,
    /// A beneficiary.
    Beneficiary,
    /// A task.
    Task,
}

/// What a row looks like, by its type.
#[derive(ToSchema)]
#[schema(as = SyncRow)]
#[serde(untagged)]
pub enum Row {
    /// A task.
    Task(crate::task::Task),
    /// A beneficiary.
    Beneficiary(super::beneficiaries::BeneficiaryCard),
    /// A day of the week on which the person has time.
    Shift(Shift),
    /// A kind of service.
    ServiceKind(crate::catalogue::ServiceKind),
    /// A notice.
    Notice(crate::notice::Notice),
}

/// A row that is new or different.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// What kind of row.
    pub r#type: RowType,
    /// Which one.
    #[schema(max_length = 64)]
    pub id: String,
    /// Its version; a row of a lower one than that held is old news.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 2)]
    pub version: i64,
    /// The row: a task, a service kind, a notice or a shift as elsewhere in this
    /// contract; a beneficiary as the visitors need it.
    #[schema(value_type = Row)]
    #[serde(serialize_with = "as_it_stands")]
    pub data: Arc<RawValue>,
}

fn as_it_stands<S: serde::Serializer>(
    json: &Arc<RawValue>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    json.as_ref().serialize(serializer)
}

/// Why a row is gone.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RemovalReason>)]
pub enum RemovalReason {
    /// It is no more.
    Deleted,
    /// It is no longer the person's to have.
    OutOfScope,
}

/// A row to be forgotten; perhaps the phone never had it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Removed {
    /// What kind of row.
    pub r#type: RowType,
    /// Which one.
    #[schema(max_length = 64)]
    pub id: String,
    /// Why.
    pub reason: RemovalReason,
}

/// What came of the outbox, and what has changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Synced {
    /// One for each command, in their order.
    #[schema(max_items = 100)]
    pub results: Vec<CommandResult>,
    /// Whether to forget every row (never the outbox): this begins a snapshot.
    pub reset: bool,
    /// Rows that are new or different.
    #[schema(max_items = 5000)]
    pub changes: Vec<Change>,
    /// Rows to be forgotten.
    #[schema(max_items = 5000)]
    pub removed: Vec<Removed>,
    /// How far the phone has now come.
    #[schema(max_length = 256)]
    pub cursor: String,
    /// Whether there is more: call again at once.
    pub has_more: bool,
    /// In how many seconds to ask again, a little different for everybody.
    #[schema(minimum = 0, maximum = 86400, example = 900)]
    pub next_poll_s: u32,
    /// The server's clock.
    pub server_time: DateTime<FixedOffset>,
}

/// A day of the week on which the person has time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shift {
    /// The day.
    pub weekday: crate::person::Weekday,
    /// From, in minutes from midnight.
    #[schema(minimum = 0, maximum = 1439, example = 540)]
    pub start: u16,
    /// To, in minutes from midnight.
    #[schema(minimum = 1, maximum = 1440, example = 720)]
    pub end: u16,
}
