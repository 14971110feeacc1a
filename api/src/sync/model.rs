//! The request and response bodies of sync.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::range::{SyncLimit, Version};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::outbox_entry::QueuedCommand;
use super::row_type::RowType;
use crate::db::DbError;
use crate::http::deserialize;
use crate::http::problem::answer::LocalizedProblem;

/// The maximum number of commands per push.
pub const MOST_COMMANDS: usize = 100;

/// A phone's outbox, in order, and its sync cursor.
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
    /// The `cursor` of the previous answer; absent for a first snapshot.
    #[schema(max_length = 256)]
    pub cursor: Option<String>,
    /// Page size: the maximum number of tasks and beneficiaries. Default 200. The first
    /// page also contains the kinds of service, the vocabularies, the notices, the stations, the
    /// memorial sites, the holidays, the items of the goods, the shifts, the availability of people, the account notices,
    /// the cases at whose step the grid acts and the person's corrections.
    pub limit: Option<SyncLimit>,
    /// As `area` of `GET /v1/sync`. An area outside the caller's is refused before any command is
    /// executed.
    pub area: Option<AreaCode>,
    /// Only rows of these types, as `types` of `GET /v1/sync`.
    #[schema(max_items = 15, value_type = Option<Vec<RowType>>)]
    pub types: Option<BTreeSet<RowType>>,
    /// The device's name for itself, for the log.
    pub device: Option<DeviceName>,
    /// The phone's clock at the time of sending; the server derives the clock's error from it.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    pub device_time: Option<DateTime<FixedOffset>>,
    /// The commands of the outbox, in order. Each has its own outcome: an invalid one is
    /// `rejected`, and the others are executed.
    #[serde(default)]
    #[schema(max_items = 100, value_type = Vec<QueuedCommand>)]
    pub commands: Vec<Box<RawValue>>,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CommandOutcome>)]
pub enum CommandOutcome {
    /// The command took effect, now or earlier.
    Applied,
    /// The report is stored as evidence but did not change the task.
    Recorded,
    /// The command will not be executed; `problem` gives the reason. Sent again it is refused again.
    Rejected,
    /// The server failed to process the command, or the command is a report that waits for an
    /// earlier one to its task: send it again later, unchanged. After the fifth failure a command
    /// becomes a dead letter and is rejected.
    Retry,
}

/// The result of one command.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommandResult {
    /// The command's `id` as sent; absent if that is not a string of up to 64
    /// characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "0198a3b0-0000-7000-8000-000000000001")]
    pub id: Option<String>,
    /// The outcome.
    pub outcome: CommandOutcome,
    /// Whether this is the stored outcome of an earlier request; never that of a command that cannot be read.
    pub replayed: bool,
    /// The version of the task, of the correction, of the report, of the hand-out, of the case or of the person's
    /// availability after the command; absent for an absence and a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Version>)]
    pub version: Option<i64>,
    /// The reason why the command was not applied. Its JSON pointers are relative to the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::http::problem::answer::Body<'static>>)]
    pub problem: Option<LocalizedProblem>,
}

impl CommandResult {
    /// The result of an unreadable command.
    pub const fn unread(id: Option<String>, problem: LocalizedProblem) -> Self {
        let outcome = CommandOutcome::Rejected;
        Self { id, outcome, replayed: false, version: None, problem: Some(problem) }
    }
}

/// The content of a row, by type.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the contract alone has it: rows are sent as JSON")]
#[schema(as = SyncRow)]
#[serde(untagged)]
pub enum Row {
    /// A task.
    Task(crate::task::Task),
    /// A beneficiary.
    Beneficiary(super::beneficiaries::BeneficiaryCard),
    /// A weekly shift: a day and hours when the person is available.
    Shift(Shift),
    /// When a person works.
    Availability(crate::availability::PersonAvailability),
    /// A kind of service.
    ServiceKind(crate::catalogue::ServiceKind),
    /// A vocabulary of the district.
    Vocabulary(crate::vocabulary::Vocabulary),
    /// A notice.
    Notice(crate::notice::Notice),
    /// A notice to the person about the own account.
    AccountNotice(crate::auth::account_notice::AccountNotice),
    /// A service station.
    Station(crate::station::Station),
    /// A correction that the person has proposed.
    Correction(crate::correction::Correction),
    /// A memorial site.
    Memorial(crate::memorial::Memorial),
    /// A holiday.
    Holiday(crate::holiday::Holiday),
    /// An item of the goods.
    GoodsItem(crate::goods::GoodsItem),
    /// A planned hand-out to a beneficiary.
    Handout(crate::goods::Handout),
    /// A case at whose step the grid acts.
    Case(crate::case::waiting::WaitingCase),
}

/// A new or changed row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// The type of the row.
    pub r#type: RowType,
    /// The row's id.
    #[schema(max_length = 64)]
    pub id: String,
    /// The row's version; a phone ignores a row with a lower version than its own.
    #[schema(value_type = Version)]
    pub version: i64,
    /// The row: a task, service kind, vocabulary, notice, account notice, correction, station,
    /// memorial site, holiday, shift, availability, item of the goods or planned hand-out with the same schema as in the other operations, a beneficiary with the
    /// fields that visitors need, or a case at whose step the grid acts.
    #[schema(value_type = Row)]
    #[serde(serialize_with = "serialize_raw")]
    pub data: Arc<RawValue>,
}

impl Change {
    /// The row as JSON.
    pub(super) fn new(
        r#type: RowType,
        id: impl ToString,
        version: i64,
        row: &impl Serialize,
    ) -> Result<Self, DbError> {
        Ok(Self { r#type, id: id.to_string(), version, data: json(row)? })
    }
}

/// A row as JSON.
pub(super) fn json(row: &impl Serialize) -> Result<Arc<RawValue>, DbError> {
    let json = serde_json::value::to_raw_value(row);
    Ok(Arc::from(json.map_err(|error| DbError::corrupt("sync", error))?))
}

fn serialize_raw<S: serde::Serializer>(
    json: &Arc<RawValue>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    json.as_ref().serialize(serializer)
}

/// The reason for the removal of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RemovalReason>)]
pub enum RemovalReason {
    /// The row was deleted.
    Deleted,
    /// The row left the person's scope.
    OutOfScope,
}

/// A row to delete; the phone may never have had it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Removed {
    /// The type of the row.
    pub r#type: RowType,
    /// The row's id.
    #[schema(max_length = 64)]
    pub id: String,
    /// The reason.
    pub reason: RemovalReason,
}

/// Why a page begins a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ResetReason>)]
pub enum ResetReason {
    /// The request has no cursor, or one that this service has not made.
    NoCursor,
    /// The person, the role, the area or the selection is another one.
    Scope,
    /// The log was restored from a backup.
    Epoch,
    /// The events since the cursor are archived.
    Age,
    /// The district was imported anew, or its areas have changed.
    District,
}

/// The results of the commands, and the changes since the cursor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Synced {
    /// One result per command, in the same order.
    #[schema(max_items = 100)]
    pub results: Vec<CommandResult>,
    /// Whether the phone deletes all rows (never the outbox): this page begins a snapshot.
    pub reset: bool,
    /// Why, if so. After `no_cursor` and `scope` the rows are deleted at once; otherwise they may stay
    /// until the last page has arrived, and those that the snapshot did not bring are deleted then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_reason: Option<ResetReason>,
    /// New and changed rows.
    #[schema(max_items = 5000)]
    pub changes: Vec<Change>,
    /// Rows to delete.
    #[schema(max_items = 5000)]
    pub removed: Vec<Removed>,
    /// The new sync cursor.
    #[schema(max_length = 256)]
    pub cursor: String,
    /// Whether more pages follow: call again at once.
    pub has_more: bool,
    /// The number of rows of the whole snapshot, on its first page: for a progress bar, since rows
    /// may change meanwhile and a beneficiary may come with more than one page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 100_000_000, example = 1842)]
    pub total: Option<usize>,
    /// Delay before the next sync in seconds, with random jitter.
    #[schema(minimum = 0, maximum = 86400, example = 900)]
    pub next_poll_s: u32,
    /// The server's time.
    pub server_time: DateTime<FixedOffset>,
}

/// A weekly shift: a day and hours when the person is available.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shift {
    /// The day.
    pub weekday: crate::person::Weekday,
    /// Start, in minutes from midnight.
    #[schema(minimum = 0, maximum = 1439, example = 540)]
    pub start: u16,
    /// End, in minutes from midnight.
    #[schema(minimum = 1, maximum = 1440, example = 720)]
    pub end: u16,
}
