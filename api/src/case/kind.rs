//! Kinds of case.

use std::collections::BTreeSet;

use gridward_domain::authority::Role;
use gridward_domain::bounded_text::Label;
use gridward_domain::case::{CasePath, CaseResult, MoveEffect};
use gridward_domain::code::{CaseClass, CaseKindCode, StepCode};
use gridward_domain::range::{KeptYears, Version};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::kind_step::{CaseMoveContent, CaseStepContent};
use super::subject::CaseBeneficiary;

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
            /// and its documents. An open case that has not moved in these years goes too if the record of its
            /// beneficiary ended before them. Default: without end.
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

    /// Whether the work of the step is not done with the move, since it goes back, gives the case up or does without the
    /// task.
    pub fn leaves_undone(&self, taken: &CaseMoveContent) -> bool {
        let end = self.step(&taken.to).and_then(|to| to.result);
        let is_given_up = end == Some(CaseResult::Dropped);
        taken.effect == MoveEffect::Return || is_given_up || taken.without_task
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
