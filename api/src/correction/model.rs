//! The types of corrections.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{CommandReason, Note};
use gridward_domain::id::{BeneficiaryId, CorrectionId, PersonId};
use gridward_domain::range::Version;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::entry_field::EntryField;

/// The state of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<CorrectionState>)]
pub enum CorrectionState {
    /// Waits for a decision.
    Pending,
    /// Approved; the entry was changed.
    Approved,
    /// Rejected.
    Rejected,
}

text_column!(CorrectionState);

/// A proposed correction: new values, a note, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"changes": {"phone": "10012345678"}, "note": "上个月换了号码"}))]
pub struct ProposedCorrection {
    /// The new values.
    #[serde(default)]
    pub changes: EntryChanges,
    /// Free text for those who decide; stored encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// A correction, without its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Correction {
    /// Identifies the correction; equal to the id of the command that proposed it, if that had one.
    pub id: CorrectionId,
    /// The beneficiary.
    pub beneficiary_id: BeneficiaryId,
    /// The beneficiary's grid.
    pub grid: AreaCode,
    /// The fields that it corrects; none if it has only a note.
    #[schema(max_items = 8)]
    pub fields: Vec<EntryField>,
    /// The state.
    pub state: CorrectionState,
    /// The person who proposed it.
    pub proposed_by: PersonId,
    /// When it arrived, by the server's clock.
    pub created_at: DateTime<FixedOffset>,
    /// The person who decided; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
    /// When it was decided; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    /// Why it was rejected; absent in answers to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CommandReason>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// A correction with its values.
// Not `Deserialize`: a disclosure is never stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CorrectionDetails {
    /// The correction.
    #[serde(flatten)]
    pub correction: Correction,
    /// The proposed values.
    pub changes: EntryChanges,
    /// The values of these fields when it was proposed; only for those who may
    /// decide it, not for its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<EntryChanges>,
    /// The fields that have changed since in the entry; a correction of them is not approved.
    #[schema(max_items = 8)]
    pub outdated: Vec<EntryField>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// The encrypted part of a correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// What was proposed.
    #[serde(flatten)]
    pub(super) proposal: ProposedCorrection,
    /// The values of the entry at the time.
    pub(super) before: EntryChanges,
    /// Why it was rejected.
    #[serde(default)]
    pub(super) reason: Option<CommandReason>,
}

impl Sealed {
    /// The fields of an entry, whose values of these fields are `current`, that have changed since.
    pub(super) fn outdated(&self, current: &EntryChanges) -> Vec<EntryField> {
        // A field that has the proposed value by now needs no correction.
        let open = current.differences(&self.proposal.changes);
        self.before.differences(current).intersection(&open).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn changes(json: Value) -> EntryChanges {
        serde_json::from_value(json).expect("changes")
    }

    #[test]
    fn only_a_field_that_others_have_changed_is_outdated() {
        let proposal = ProposedCorrection {
            changes: changes(json!({ "phone": "10012345678", "lives_alone": true })),
            note: None,
        };
        let before = changes(json!({ "phone": "10000000001", "lives_alone": false }));
        let sealed = Sealed { proposal, before: before.clone(), reason: None };
        assert_eq!(sealed.outdated(&before), []);
        let other = changes(json!({ "phone": "10000000002", "lives_alone": false }));
        assert_eq!(sealed.outdated(&other), [EntryField::Phone]);
        let same = changes(json!({ "phone": "10012345678", "lives_alone": false }));
        assert_eq!(sealed.outdated(&same), [], "it was corrected otherwise");
    }

    #[test]
    fn what_was_sealed_is_read_again() {
        let proposal: ProposedCorrection =
            serde_json::from_value(json!({ "changes": { "plaque": "damaged" }, "note": "x" }))
                .expect("a proposal");
        let before = changes(json!({ "plaque": "hung" }));
        let sealed = Sealed { proposal, before, reason: "y".parse().ok() };
        let text = json!(sealed).to_string();
        assert_eq!(serde_json::from_str::<Sealed>(&text).ok(), Some(sealed));
    }
}
