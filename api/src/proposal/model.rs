//! The types of proposals.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{CommandReason, Instructions, Note};
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ProposalId, TaskId};
use gridward_domain::range::Version;
use gridward_domain::text_column;
use gridward_domain::time::TimeOfDay;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ProposalSubject>)]
pub enum ProposalSubject {
    /// Another day for a task.
    Day,
    /// A task for what a beneficiary needs.
    Need,
}

/// The state of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ProposalState>)]
pub enum ProposalState {
    /// Waits for a decision.
    Open,
    /// Accepted: the task was rescheduled, a task was created, or a case was opened.
    Accepted,
    /// Refused.
    Refused,
    /// A later proposal for the same task took its place.
    Replaced,
    /// Its author no longer has the task or has started it, or the day has passed.
    Lapsed,
}

text_column!(ProposalSubject, ProposalState);

/// Another day for a task in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"day": "2026-12-05", "start": 570, "note": "那天要带孩子看病"}))]
pub struct NewDay {
    /// The day of the visit, today or later.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// When the visit begins, in minutes after midnight. Default: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// Free text for the manager; stored encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// What a beneficiary needs, as a proposal for a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "beneficiary_id": "018d622e-06c6-75e0-82a8-eee14b60d3d8", "need": "housing",
    "note": "厨房屋顶漏雨"
}))]
pub struct NeedProposal {
    /// The beneficiary.
    pub beneficiary_id: BeneficiaryId,
    /// The need, a word of the vocabulary `needs`; stored encrypted, as the note.
    pub need: Need,
    /// Free text for the manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The proposed kind of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// The proposed due day, today or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    pub due_on: Option<NaiveDate>,
}

/// What the manager decides when a need becomes a task; a proposed day has none of it, and a need for
/// which the catalogue opens a case needs none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "hardship_follow_up"}))]
pub struct Acceptance {
    /// The kind of service. Default: the proposed one, or the one that the catalogue names for the
    /// need; if it names a kind of case, such a case is opened. If it names both, a case is opened unless the
    /// proposal or its acceptance has a due day or instructions, or the kind of case is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// The due day. Default: the proposed one unless it has passed, or as in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    pub due_on: Option<NaiveDate>,
    /// What the visitor does. Default: the note of the proposal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d", "subject": "day", "grid": "500116001002001",
    "task_id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8e", "state": "open",
    "proposed_by": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8f", "proposed_by_name": "王志愿",
    "created_at": "2026-12-01T09:00:00+08:00", "day": "2026-12-05", "start": 570,
    "note": "那天要带孩子看病", "version": 1
}))]
pub struct Proposal {
    /// Identifies the proposal; equal to the id of the command that made it, if that had one.
    pub id: ProposalId,
    /// What is proposed.
    pub subject: ProposalSubject,
    /// The grid of the task or of the beneficiary.
    pub grid: AreaCode,
    /// The task of a proposed day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The beneficiary; absent for a task at a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The state.
    pub state: ProposalState,
    /// The person who proposed it.
    pub proposed_by: PersonId,
    /// The name of that person; absent in answers to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub proposed_by_name: Option<String>,
    /// When it arrived, by the server's clock.
    pub created_at: DateTime<FixedOffset>,
    /// The proposed day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// When the visit begins, if proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// The need; absent in answers to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<Need>,
    /// The proposed kind of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// The proposed due day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Free text of the author; absent in answers to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The person who decided; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
    /// When it was decided; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    /// Why it was refused; absent in answers to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CommandReason>,
    /// The task that was created for the need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_task_id: Option<TaskId>,
    /// The case of the need: one that was opened for it, or that was open already; absent for a confidential
    /// kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_case_id: Option<CaseId>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The encrypted part of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// The need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) need: Option<Need>,
    /// Free text of the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<Note>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<CommandReason>,
}

/// The note, unless it is blank.
pub(super) fn written(note: Option<&Note>) -> Option<Note> {
    note.filter(|note| !note.as_str().trim().is_empty()).cloned()
}
