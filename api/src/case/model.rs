//! The types of cases.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::{Label, Note, RegisterId, RegisterName};
use gridward_domain::case::{CaseResult, MoveEffect, TaskEnd};
use gridward_domain::code::{CaseClass, CaseKindCode, MoveCode, StepCode, WordCode};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId, TaskId};
use gridward_domain::range::{AmountFen, Version};
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::CaseWord;
use crate::station::StationLawyer;

/// How a matter came to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CaseSource>)]
pub enum CaseSource {
    /// Found at a visit.
    Report,
    /// A person came to a station.
    WalkIn,
    /// A phone call.
    Phone,
    /// A written application.
    Application,
    /// A need that a person raised and a manager accepted; not for a new case.
    Proposal,
}

/// What an entry of a case's history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CaseEntryAction>)]
pub enum CaseEntryAction {
    /// The case was opened.
    Open,
    /// It moved to another step.
    Move,
    /// It was overdue and rose to the next level.
    Escalate,
    /// The need was found again, by another report or proposal.
    Found,
}

text_column!(CaseSource, CaseEntryAction);

impl CaseSource {
    /// Whether the matter came to the desk of a station, by its counter, its phone or its post.
    pub const fn is_at_a_desk(self) -> bool {
        matches!(self, Self::WalkIn | Self::Phone | Self::Application)
    }
}

/// A new case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "three_hardships", "beneficiary_id": "018d622e-06c6-75e0-82a8-eee14b60d3d8",
    "source": "phone", "detail": "厨房屋顶漏雨，无力修缮"
}))]
pub struct NewCase {
    /// The kind.
    pub kind: CaseKindCode,
    /// The class, if the kind has classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<CaseClass>,
    /// The beneficiary whose matter it is; exactly one of this and `area`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The area of a matter that is no beneficiary's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// How the matter came; `report` requires `report_id`.
    pub source: CaseSource,
    /// The report of a visit to the beneficiary that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_id: Option<ReportId>,
    /// The station at whose counter, or by whose phone or post, the matter came: one of the caller's
    /// area, not for a report. The case begins at the level of the station, and returns to it, so that its staff can
    /// act at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<RegisterId>,
    /// Whether it is urgent: some kinds permit a shorter path then. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub urgent: bool,
    /// A description; stored encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Note>,
}

/// A case, without what is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d", "kind": "three_hardships", "kind_version": 1,
    "area": "500116001002001", "beneficiary_id": "018d622e-06c6-75e0-82a8-eee14b60d3d8",
    "source": "phone", "urgent": false, "step": "village", "waits_for": "village",
    "waiting_since": "2026-12-01T09:00:00+08:00", "due_on": "2026-12-15", "overdue": false,
    "opened_by": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8f",
    "opened_at": "2026-11-30T09:00:00+08:00", "version": 3
}))]
pub struct Case {
    /// Identifies the case; equal to the id of the command that opened it, if that had one.
    pub id: CaseId,
    /// The kind.
    pub kind: CaseKindCode,
    /// The version of the kind, whose path the case follows.
    #[schema(value_type = Version)]
    pub kind_version: i64,
    /// The class. One that is sensitive by the kind is shown to the person who opens the case, and to those
    /// who read it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<CaseClass>,
    /// The grid of the beneficiary, or the area of a matter that is no beneficiary's.
    pub area: AreaCode,
    /// The beneficiary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Whether the beneficiary has ended: the case rises no further, and no step approves it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub beneficiary_ended: bool,
    /// How the matter came.
    pub source: CaseSource,
    /// The report that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_id: Option<ReportId>,
    /// The station at whose desk it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<RegisterId>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// The present step.
    pub step: StepCode,
    /// The level that it waits for: that of the step, or a higher one since it is overdue. Absent
    /// once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Level>,
    /// When the present step began.
    pub waiting_since: DateTime<FixedOffset>,
    /// The last day on which the step is not overdue; absent without a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Whether that day has passed.
    pub overdue: bool,
    /// The task that the step awaits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// How it ended; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CaseResult>,
    /// Who opened it, or whose report found it.
    pub opened_by: PersonId,
    /// When it was opened, by the server's clock.
    pub opened_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// To whom a case is referred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "hospital", "name": "区中心医院"}))]
pub struct CaseReferral {
    /// One of the step's `referrals`.
    pub to: WordCode,
    /// Who it is.
    pub name: RegisterName,
}

/// An entry of the history of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "action": "move", "at": "2026-12-01T09:00:00+08:00",
    "person_id": "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8f", "from": "home_check", "to": "village",
    "move": "confirm", "waits_for": "village", "note": "已到家中核实"
}))]
pub struct CaseEntry {
    /// What happened.
    pub action: CaseEntryAction,
    /// When, by the server's clock.
    pub at: DateTime<FixedOffset>,
    /// Who did it; absent for the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<StepCode>,
    /// The step after.
    pub to: StepCode,
    /// The move.
    #[serde(rename = "move", skip_serializing_if = "Option::is_none")]
    pub taken: Option<MoveCode>,
    /// The level that the case waited for after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Level>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The answers to the form of the step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// The amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// To whom the case was referred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<CaseReferral>,
    /// The report that found the need again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_id: Option<ReportId>,
}

/// A move that the present step permits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "move": "approve", "name": "同意", "name_en": "Approve", "to": "town", "effect": "approve"
}))]
pub struct CaseNextMove {
    /// The code of the move.
    #[serde(rename = "move")]
    pub code: MoveCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
    /// The next step.
    pub to: StepCode,
    /// What it means for the decision of the step.
    pub effect: MoveEffect,
    /// Whether it must name to whom the case is referred (`referral`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refers: bool,
    /// Whether the work of the step stays undone, since the case goes back, is given up or does without the task: then
    /// the form of the step need not be answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves_undone: bool,
    /// How the task of the step must have ended; absent if that does not matter. While the task is open or held no
    /// move comes, with this mark or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_task: Option<TaskEnd>,
}

/// A case with its history and what may come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseDetail {
    /// The case.
    #[serde(flatten)]
    pub case: Case,
    /// The description; absent in problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Note>,
    /// Its history, in order; absent in problems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 1000)]
    pub history: Vec<CaseEntry>,
    /// The moves that the present step permits; none once it has ended. While a task of the step is open or held, of
    /// a visit by two people one of both, none is taken yet, not even a return (409 `case_awaits_task`): it is done or
    /// cancelled first.
    #[schema(max_items = 20)]
    pub may_come: Vec<CaseNextMove>,
    /// The lawyer of the station of the case, or else of its town, to whom the present step may refer; absent in
    /// problems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lawyer: Option<StationLawyer>,
    /// The documents that the present step requires and that are not stored: until they are, the case goes
    /// back, is refused or is given up, and does not go forward.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub missing_documents: Vec<CaseWord>,
}
