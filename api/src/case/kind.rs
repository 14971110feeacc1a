//! The types of kinds of case.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::Level;
use gridward_domain::authority::Role;
use gridward_domain::bounded_text::Label;
use gridward_domain::case::{
    CaseMove, CasePath, CaseResult, CaseStep, MoveEffect, RequiredDocument,
};
use gridward_domain::code::{CaseClass, CaseKindCode, KindCode, MoveCode, StepCode, WordCode};
use gridward_domain::range::{KeptYears, StepDays, Version};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::subject::CaseBeneficiary;

/// A word of a kind of case: to whom a step may refer, or a document.
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

/// A class of cases of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "third_class", "name": "三等功", "name_en": "Third class"}))]
pub struct CaseClassWords {
    /// The code.
    pub code: CaseClass,
    /// The Chinese name.
    pub name: Label,
    /// The English name.
    pub name_en: Label,
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
    /// The service kind of a task that is created as the step begins; the case moves on after it.
    /// Not for the first step.
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
    pub referrals: Vec<CaseWord>,
    /// The result of a case that ends here; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CaseResult>,
    /// The permitted moves; none at an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub moves: Vec<CaseMoveContent>,
}

/// Declares a type with the content of a kind of case after the fields of `first` and before those
/// of `last`.
macro_rules! with_content {
    ($(#[$meta:meta])* $name:ident first { $($first:tt)* } last { $($last:tt)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($first)*
            /// The Chinese name.
            #[schema(example = "解三难")]
            pub name: Label,
            /// The English name.
            #[schema(example = "Help in hardship")]
            pub name_en: Label,
            /// The classes of cases; with none, a case has no class.
            #[serde(default)]
            #[schema(required = false, max_items = 20)]
            pub classes: Vec<CaseClassWords>,
            /// Whether the class of a case is sensitive, as that of a hardship: it is encrypted, and only the case
            /// alone shows it, whose reading is recorded; no list, file, phone or event has it. For a kind whose
            /// steps and moves are the same for all classes. Default: no.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            #[schema(required = false)]
            pub sensitive_class: bool,
            /// The roles that see the cases of this kind and the kind itself; empty for all roles
            /// that see cases.
            #[serde(default)]
            #[schema(required = false, max_items = 5)]
            pub confidential_to: BTreeSet<Role>,
            /// Whether a case must be about a beneficiary: `required`, or `optional` for one that may be about an
            /// area alone. Default: `optional`.
            #[serde(default, skip_serializing_if = "CaseBeneficiary::is_optional")]
            #[schema(required = false)]
            pub beneficiary: CaseBeneficiary,
            /// The steps; a case begins at the first.
            #[schema(min_items = 1, max_items = 30)]
            pub steps: Vec<CaseStepContent>,
            /// Whether new cases may be opened.
            pub active: bool,
            /// The years after its end for which a case is kept; it is deleted then, with its history
            /// and its documents. Default: without end.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub keep_years: Option<KeptYears>,
            $($last)*
        }
    };
}

with_content! {
    /// A kind of case: the path from the opening of a case to its end.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    #[schema(example = json!(example(json!({"code": "question", "version": 1}))))]
    CaseKind
    first {
        /// The code.
        pub code: CaseKindCode,
    }
    last {
        /// Incremented with every change; a case keeps the version with which it was opened.
        #[schema(value_type = Version)]
        pub version: i64,
        /// The version of the shipped default from which the content comes, not shown: `None` for the first
        /// one and for a kind that is not shipped.
        #[serde(default, skip_serializing)]
        #[schema(ignore)]
        pub default_version: Option<i64>,
    }
}

with_content! {
    /// A new kind of case.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!(example(json!({"code": "question"}))))]
    NewCaseKind
    first {
        /// The code.
        pub code: CaseKindCode,
    }
    last {}
}

with_content! {
    /// The content of a kind of case: all that may change.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!(example(json!({}))))]
    CaseKindContent first {} last {}
}

/// A kind with two steps and `more`, for the contract.
fn example(more: Value) -> Value {
    let mut kind = json!({
        "name": "政策咨询", "name_en": "Question about a policy", "classes": [],
        "confidential_to": [], "active": true,
        "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "village", "days": 3,
             "moves": [{"code": "answer", "name": "答复", "name_en": "Answer", "to": "answered"}]},
            {"code": "answered", "name": "已答复", "name_en": "Answered", "level": "village",
             "result": "done"}
        ]
    });
    if let (Some(kind), Value::Object(more)) = (kind.as_object_mut(), more) {
        kind.extend(more);
    }
    kind
}

impl CaseKind {
    /// Its text in a row.
    ///
    /// # Errors
    /// [`serde_json::Error`].
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut kind = serde_json::to_value(self)?;
        if let Some(version) = self.default_version {
            kind["default_version"] = version.into();
        }
        Ok(kind.to_string())
    }

    /// The version `version` of the kind `code`.
    pub fn of(code: CaseKindCode, content: CaseKindContent, version: i64) -> Self {
        Self {
            code,
            name: content.name,
            name_en: content.name_en,
            classes: content.classes,
            sensitive_class: content.sensitive_class,
            confidential_to: content.confidential_to,
            beneficiary: content.beneficiary,
            steps: content.steps,
            active: content.active,
            keep_years: content.keep_years,
            version,
            default_version: None,
        }
    }

    /// The content.
    pub fn content(&self) -> CaseKindContent {
        CaseKindContent {
            name: self.name.clone(),
            name_en: self.name_en.clone(),
            classes: self.classes.clone(),
            sensitive_class: self.sensitive_class,
            confidential_to: self.confidential_to.clone(),
            beneficiary: self.beneficiary,
            steps: self.steps.clone(),
            active: self.active,
            keep_years: self.keep_years,
        }
    }

    /// Whether some roles do not see the kind and its cases.
    pub fn is_confidential(&self) -> bool {
        !self.confidential_to.is_empty()
    }

    /// Whether a person of this role sees the kind and its cases.
    pub fn is_shown_to(&self, role: Role) -> bool {
        self.confidential_to.is_empty() || self.confidential_to.contains(&role)
    }

    /// The step with this code.
    pub fn step(&self, code: &StepCode) -> Option<&CaseStepContent> {
        self.steps.iter().find(|step| step.code == *code)
    }

    /// Whether the work of the step is not done with the move, since it goes back or gives the case up.
    pub fn leaves_undone(&self, taken: &CaseMoveContent) -> bool {
        let end = self.step(&taken.to).and_then(|to| to.result);
        taken.effect == MoveEffect::Return || end == Some(CaseResult::Dropped)
    }

    /// The path, by which cases move.
    pub fn path(&self) -> CasePath {
        CasePath {
            classes: self.classes.iter().map(|class| class.code.clone()).collect(),
            steps: self.steps.iter().map(CaseStepContent::step).collect(),
        }
    }
}

impl NewCaseKind {
    /// The content, without the code.
    pub fn content(&self) -> CaseKindContent {
        let of = self.clone();
        CaseKindContent {
            name: of.name,
            name_en: of.name_en,
            classes: of.classes,
            sensitive_class: of.sensitive_class,
            confidential_to: of.confidential_to,
            beneficiary: of.beneficiary,
            steps: of.steps,
            active: of.active,
            keep_years: of.keep_years,
        }
    }
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

    fn step(&self) -> CaseStep {
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
        }
    }
}
