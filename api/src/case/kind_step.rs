//! The steps of a kind of case, with their words.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::Level;
use gridward_domain::bounded_text::Label;
use gridward_domain::case::{CaseMove, CaseResult, CaseStep, MoveEffect, RequiredDocument};
use gridward_domain::code::{CaseClass, Category, KindCode, MoveCode, StepCode, WordCode};
use gridward_domain::range::StepDays;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::recorded_answer::RecordedAnswer;
use super::referral_word::CaseReferralWord;

/// A word of a kind of case, such as a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "hospital", "name": "医院", "name_en": "Hospital"}))]
pub struct CaseWord {
    /// The code.
    pub code: WordCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
}

/// A document that a step wants, or requires before a case goes forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "application", "name": "申请书", "name_en": "Application", "required": true
}))]
pub struct CaseDocumentWord {
    /// The code.
    pub code: WordCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
    /// Whether a case goes forward from the step, by an approval or by another move than a return, a refusal
    /// or its end without help, only once the document is stored. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub required: bool,
    /// Whether an urgent case goes forward without it; a later step may require it then. For a required
    /// document. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub waived_if_urgent: bool,
}

/// A move from one step to another, with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "approve", "name": "同意", "name_en": "Approve", "to": "town", "effect": "approve"
}))]
pub struct CaseMoveContent {
    /// The code, unique within the step.
    pub code: MoveCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
    /// The next step.
    pub to: StepCode,
    /// What the move means for the decision of the step. Default: `advance`.
    #[serde(default)]
    #[schema(required = false)]
    pub effect: MoveEffect,
    /// Only cases of these classes may take it; empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub classes: BTreeSet<CaseClass>,
    /// Whether only urgent cases may take it. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub urgent_only: bool,
    /// Whether it refers the case, so that it must name to whom (`referral`), one of the referrals of the step.
    /// Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub refers: bool,
    /// Whether a case may go forward by it although the task of the step was cancelled, failed or expired. Once the task
    /// is done it no longer comes, where the step has another way forward. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub without_task: bool,
}

/// A step of a kind of case, with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "town", "name": "镇街审核", "name_en": "Review by the town", "level": "town",
    "days": 10, "decides": true, "moves": [
        {"code": "approve", "name": "同意", "name_en": "Approve", "to": "district",
         "effect": "approve"}
    ]
}))]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a document")]
pub struct CaseStepContent {
    /// The code, unique within the kind.
    pub code: StepCode,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
    /// The level whose staff act: the manager of the grid, a supervisor of the village, the town or
    /// the district, or an admin.
    pub level: Level,
    /// The level for cases of a class, where it differs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(
        required = false, value_type = BTreeMap<String, Level>,
        additional_properties, example = json!({"second_class": "district"})
    )]
    pub levels: BTreeMap<CaseClass, Level>,
    /// The working days until the case rises to the next level. Default: no clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<StepDays>,
    /// The working days for cases of a class, where they differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(
        required = false, value_type = BTreeMap<String, StepDays>,
        additional_properties, example = json!({"second_class": 10})
    )]
    pub days_by_class: BTreeMap<CaseClass, StepDays>,
    /// Whether a case is granted only if this step approves it. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub decides: bool,
    /// Whether an urgent case may be granted without this decision. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub waived_if_urgent: bool,
    /// Whether another person must act than those who opened the case and brought it to the step; a
    /// person of the next level may act as well. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub two_people: bool,
    /// The service kind of a task that is created as the step begins; the case moves on after it. After a task that was
    /// cancelled, failed or expired it does not go forward but by a move with `without_task`: it returns, is refused
    /// or is given up. A step without any such move does not keep the case. Not for the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<KindCode>,
    /// Whether two people make the visit of that task together: two tied tasks are created, and the case moves on
    /// after both. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub task_by_two: bool,
    /// The form of the answers that a move from this step has, in the subset of the forms of service
    /// kinds, without effects on the entry. Default: no answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// Whether a move from this step may have an amount. Default: no.
    #[serde(default)]
    #[schema(required = false)]
    pub amount: bool,
    /// The documents that the step wants; a case goes forward from the step once the required ones are stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub documents: Vec<CaseDocumentWord>,
    /// To whom a move from this step may refer, such as a lawyer, a hospital or an employer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub referrals: Vec<CaseReferralWord>,
    /// The answer to a filterable field of a kind of service that a case leaves with its beneficiary as it comes to
    /// the step. For a kind that is not confidential. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<RecordedAnswer>,
    /// The category, a word of the vocabulary `categories`, that the entry of the beneficiary gets as a case comes to
    /// the step, if it does not have it and the beneficiary has not ended. Not for the first step, and for a kind that
    /// is not confidential. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds_category: Option<Category>,
    /// The classes whose cases do not add the category. Default: none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub adds_category_except: BTreeSet<CaseClass>,
    /// The question of a form of an earlier step, to be answered with yes or no: a case in which the last answer to it
    /// is yes does not add the category. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds_category_unless: Option<WordCode>,
    /// The result of a case that ends here; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CaseResult>,
    /// The permitted moves; none at an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub moves: Vec<CaseMoveContent>,
}

impl CaseStepContent {
    /// The documents that it requires.
    fn required(&self) -> impl Iterator<Item = RequiredDocument> {
        let required = self.documents.iter().filter(|word| word.required);
        required.map(|word| RequiredDocument {
            code: word.code.clone(),
            waived_if_urgent: word.waived_if_urgent,
        })
    }

    /// Whether a case gets something of its own at the step.
    fn has_content(&self) -> bool {
        let is_asked = self.form.is_some() || self.amount || !self.documents.is_empty();
        is_asked || self.records.is_some() || self.adds_category.is_some()
    }

    /// The step, by which cases move.
    pub(super) fn step(&self) -> CaseStep {
        CaseStep {
            code: self.code.clone(),
            level: self.level,
            levels: self.levels.clone(),
            days: self.days,
            days_by_class: self.days_by_class.clone(),
            decides: self.decides,
            waived_if_urgent: self.waived_if_urgent,
            two_people: self.two_people,
            awaits_task: self.task.is_some(),
            has_content: self.has_content(),
            required: self.required().collect(),
            result: self.result,
            moves: self.moves.iter().map(CaseMoveContent::step_move).collect(),
        }
    }
}

impl CaseMoveContent {
    fn step_move(&self) -> CaseMove {
        CaseMove {
            code: self.code.clone(),
            to: self.to.clone(),
            effect: self.effect,
            classes: self.classes.clone(),
            urgent_only: self.urgent_only,
            without_task: self.without_task,
        }
    }
}
