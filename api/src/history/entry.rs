//! The entries of a history, and their order.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::case::CaseResult;
use gridward_domain::code::{CaseKindCode, ItemCode, KindCode, StepCode};
use gridward_domain::goods::HandoutState;
use gridward_domain::id::{CaseId, CorrectionId, HandoutId, PersonId, ReportId, TaskId};
use gridward_domain::range::GoodsQuantity;
use gridward_domain::task::Outcome;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::case::row::CaseRow;
use crate::clock::china;
use crate::correction::{Correction, CorrectionState};
use crate::db::DbError;
use crate::goods::handout_store::HandoutRow;
use crate::log::store::EventRow;
use crate::task::beneficiary::visits::Reported;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<HistoryEntryType>)]
pub enum HistoryEntryType {
    /// A report of a visit or a call.
    Visit,
    /// A proposed correction.
    Correction,
    /// A change of the entry.
    Change,
    /// Somebody has read personal data.
    Reading,
    /// A case that was opened.
    Case,
    /// Goods that were handed out or returned.
    Handout,
}

/// An entry of the history of a beneficiary.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BeneficiaryHistoryEntry {
    /// The kind of entry.
    pub r#type: HistoryEntryType,
    /// When it was stored, by the server's clock.
    pub at: DateTime<FixedOffset>,
    /// The person: the visitor, the author, who opened the case or handed the goods out, or the one who
    /// changed or read; absent for the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The person's name, if the person is in the caller's area.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub person_name: Option<String>,
    /// The day of a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// The kind of service of a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// The outcome of a visit; absent if it was unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The task of a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The report of a visit, or the one that changed the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_id: Option<ReportId>,
    /// The correction, or the one that changed the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction_id: Option<CorrectionId>,
    /// The state of a correction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<CorrectionState>,
    /// The action of a change or a reading in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "beneficiary.change")]
    pub action: Option<String>,
    /// The fields that were changed, or that a correction names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub fields: Vec<FieldName>,
    /// The purpose of a reading, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "visit")]
    pub purpose: Option<String>,
    /// The case, or the one that changed the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
    /// The kind of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_kind: Option<CaseKindCode>,
    /// The present step of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepCode>,
    /// How the case ended; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CaseResult>,
    /// The hand-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handout_id: Option<HandoutId>,
    /// The item of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemCode>,
    /// The occasion of the hand-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occasion: Option<Occasion>,
    /// The pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<GoodsQuantity>,
    /// The state of the hand-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handout_state: Option<HandoutState>,
    /// The position in the order, for the cursor.
    #[serde(skip)]
    pub(super) key: Key,
}

/// The name of a field of an entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(max_length = 64, example = "phone")]
pub struct FieldName(pub String);

/// The position of an entry: by time, then by its source, then by its id. The next entry is an
/// earlier one, or one of the same moment with a greater source or a lower id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key(pub(super) DateTime<Utc>, pub(super) Source, pub(super) String);

impl Key {
    /// Whether the entry at `other` comes after this one.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        let newest_first = (other.0, self.1, &other.2).cmp(&(self.0, other.1, &self.2));
        newest_first.is_lt()
    }
}

/// Where the entries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Source {
    Report,
    Correction,
    Event,
    Case,
    Handout,
}

impl BeneficiaryHistoryEntry {
    fn new(r#type: HistoryEntryType, key: Key, person: Option<PersonId>) -> Self {
        Self {
            r#type,
            at: key.0.with_timezone(&china()),
            person_id: person,
            person_name: None,
            day: None,
            kind: None,
            outcome: None,
            task_id: None,
            report_id: None,
            correction_id: None,
            state: None,
            action: None,
            fields: Vec::new(),
            purpose: None,
            case_id: None,
            case_kind: None,
            step: None,
            result: None,
            handout_id: None,
            item: None,
            occasion: None,
            quantity: None,
            handout_state: None,
            key,
        }
    }

    pub(super) fn visit(report: Reported) -> Self {
        let key = Key(report.received_at, Source::Report, report.id.to_string());
        Self {
            day: Some(report.day),
            kind: Some(report.kind),
            outcome: report.outcome,
            task_id: Some(report.task),
            report_id: Some(report.id),
            ..Self::new(HistoryEntryType::Visit, key, Some(report.person))
        }
    }

    pub(super) fn correction(one: &Correction) -> Self {
        let key = Key(one.created_at.to_utc(), Source::Correction, one.id.to_string());
        Self {
            correction_id: Some(one.id),
            state: Some(one.state),
            fields: one.fields.iter().map(|field| FieldName(field.to_string())).collect(),
            ..Self::new(HistoryEntryType::Correction, key, Some(one.proposed_by))
        }
    }

    pub(super) fn case(row: &CaseRow) -> Self {
        let key = Key(row.opened_at.and_utc(), Source::Case, row.id.to_string());
        Self {
            case_id: Some(row.id),
            case_kind: Some(row.kind.clone()),
            step: Some(row.step.clone()),
            result: row.result,
            ..Self::new(HistoryEntryType::Case, key, Some(row.opened_by))
        }
    }

    /// `None` for goods that are still to be handed out.
    pub(super) fn handout(row: &HandoutRow) -> Option<Self> {
        let key = Key(row.at?.and_utc(), Source::Handout, row.id.to_string());
        Some(Self {
            handout_id: Some(row.id),
            item: Some(row.item.clone()),
            occasion: Some(row.occasion.clone()),
            quantity: Some(row.quantity),
            handout_state: Some(row.state),
            ..Self::new(HistoryEntryType::Handout, key, row.person)
        })
    }

    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn event(r#type: HistoryEntryType, row: EventRow) -> Result<Self, DbError> {
        let body: Value =
            serde_json::from_str(&row.body).map_err(|error| DbError::corrupt("events", error))?;
        let at: NaiveDateTime = row.at;
        // As wide as the largest number, so that texts are ordered as numbers.
        let key = Key(at.and_utc(), Source::Event, format!("{:019}", row.seq));
        let text = |name: &str| body[name].as_str();
        let fields = body["fields"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(Self {
            action: Some(row.action),
            report_id: text("report").and_then(|id| id.parse().ok()),
            correction_id: text("correction").and_then(|id| id.parse().ok()),
            case_id: text("case").and_then(|id| id.parse().ok()),
            fields: fields.map(|name| FieldName(name.to_owned())).collect(),
            purpose: text("purpose").map(ToOwned::to_owned),
            ..Self::new(r#type, key, row.actor)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = Key> {
        let sources = prop::sample::select(vec![
            Source::Report,
            Source::Correction,
            Source::Event,
            Source::Handout,
        ]);
        let day: DateTime<Utc> = "2026-08-01T09:00:00Z".parse().expect("a time");
        (0_i64..3, sources, "[ab]").prop_map(move |(hours, source, id)| {
            Key(day + chrono::TimeDelta::hours(hours), source, id)
        })
    }

    proptest! {
        #[test]
        fn of_two_positions_one_precedes_the_other(one in keys(), other in keys()) {
            prop_assert_eq!(one == other, !one.precedes(&other) && !other.precedes(&one));
            prop_assert!(!(one.precedes(&other) && other.precedes(&one)));
        }
    }

    #[test]
    fn the_newest_entry_is_first_and_a_report_before_its_change() {
        let at = |text: &str| text.parse().expect("a time");
        let (early, late) = (at("2026-08-01T09:00:00Z"), at("2026-08-01T10:00:00Z"));
        let order = [
            Key(late, Source::Report, "a".to_owned()),
            Key(late, Source::Event, "2".to_owned()),
            Key(late, Source::Event, "1".to_owned()),
            Key(early, Source::Report, "b".to_owned()),
        ];
        for pair in order.windows(2) {
            assert!(pair[0].precedes(&pair[1]), "{pair:?}");
        }
    }
}
