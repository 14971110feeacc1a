//! The types of the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::bounded_text::Label;
use gridward_domain::channel::Channel;
use gridward_domain::code::{CaseKindCode, KindCode, Need};
use gridward_domain::range::{
    Attempts, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes, Version,
};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::task::Overdue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Declares a type with the content of a kind after the fields of `first` and before those of
/// `last`, and its conversion to [`KindContent`].
macro_rules! with_content {
    (
        $(#[$meta:meta])*
        $name:ident first { $($first:tt)* } last { $($last:tt)* }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($first)*
            /// The Chinese name.
            pub name: Label,
            /// The English name.
            #[schema(example = "Home visit")]
            pub name_en: Label,
            /// Whether the assignee travels to the beneficiary or calls by phone; plans give a call
            /// no travel. Default: `visit`.
            #[serde(default)]
            #[schema(required = false)]
            pub channel: Channel,
            /// Duration of the visit or call, in minutes.
            pub minutes: ServiceMinutes,
            /// Priority from 1 (lowest) to 10 (most urgent).
            pub priority: Priority,
            /// Skills that the assignee must have, words of the vocabulary `skills`.
            #[schema(max_items = 32, value_type = Vec<Skill>)]
            pub skills: Skills,
            /// Days until the due day, unless the task sets its own.
            pub due_days: DueDays,
            /// Maximum number of attempts without meeting the beneficiary at home; after the last
            /// one the task fails and is escalated by one level.
            pub attempts: Attempts,
            /// Days until the next attempt.
            pub retry_days: RetryDays,
            /// What happens to an overdue task: `escalate` or `expire`.
            pub overdue: Overdue,
            /// Days past due before the first escalation, and between escalations.
            pub escalate_days: EscalateDays,
            /// JSON Schema (2020-12) of a report's answers, in the subset that phones show; absent
            /// if the kind has no form. `x-updates` of a field names the field of the
            /// beneficiary's entry that its answer updates when a visit is completed: `plaque`,
            /// `mobility`, `lives_alone` or `contact`. `x-follow-ups` maps answers to the kinds of
            /// the follow-up tasks that they create, and `x-opens` to the `kind` and `class` of the cases
            /// that they open.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<Object>)]
            pub form: Option<Value>,
            /// The follow-up kind of task for each need; its tasks are possible from the day of the
            /// report and due after the days of that kind (`due_days`). The needs are words of the
            /// vocabulary `needs`.
            #[schema(value_type = Object, example = json!({"medical": "hardship_follow_up"}))]
            pub follow_ups: BTreeMap<Need, KindCode>,
            /// The kind of case that each need opens, unless the beneficiary has an open case of
            /// that kind. The needs are words of the vocabulary `needs`.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            #[schema(required = false, value_type = Object, example = json!({"legal": "legal"}))]
            pub opens: BTreeMap<Need, CaseKindCode>,
            /// Whether tasks of the kind may be created; `false` archives the kind.
            pub active: bool,
            $($last)*
        }

        impl $name {
            /// The content alone.
            pub fn content(&self) -> KindContent {
                KindContent {
                    name: self.name.clone(),
                    name_en: self.name_en.clone(),
                    channel: self.channel,
                    minutes: self.minutes,
                    priority: self.priority,
                    skills: self.skills.clone(),
                    due_days: self.due_days,
                    attempts: self.attempts,
                    retry_days: self.retry_days,
                    overdue: self.overdue,
                    escalate_days: self.escalate_days,
                    form: self.form.clone(),
                    follow_ups: self.follow_ups.clone(),
                    opens: self.opens.clone(),
                    active: self.active,
                }
            }
        }
    };
}

with_content! {
    /// A kind of service for a beneficiary.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    ServiceKind
    first {
        /// The code.
        pub code: KindCode,
    }
    last {
        /// Incremented with every change.
        #[schema(value_type = Version)]
        pub version: i64,
    }
}

with_content! {
    /// A new kind of service.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!({
        "code": "hospital_visit", "name": "住院探望", "name_en": "Visit in hospital", "minutes": 40,
        "priority": 7, "skills": [], "due_days": 3, "attempts": 2, "retry_days": 2,
        "overdue": "escalate", "escalate_days": 3, "form": example_form(), "follow_ups": {},
        "active": true
    }))]
    NewKind
    first {
        /// The code, which never changes.
        pub code: KindCode,
    }
    last {}
}

with_content! {
    /// The content of a kind of service: all that may change.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!({
        "name": "上门走访", "name_en": "Home visit", "minutes": 30, "priority": 5, "skills": [],
        "due_days": 14, "attempts": 2, "retry_days": 3, "overdue": "escalate", "escalate_days": 7,
        "form": example_form(), "follow_ups": {"medical": "hardship_follow_up"}, "active": true
    }))]
    KindContent first {} last {}
}

/// A form with one field, for the contract.
fn example_form() -> Value {
    json!({
        "type": "object",
        "properties": { "wishes": {
            "type": "string", "maxLength": 500, "title": "愿望", "x-title-en": "Wishes",
            "x-order": 1
        } }
    })
}

impl ServiceKind {
    /// The kind without the needs and answers that open a case of a hidden kind.
    #[must_use]
    pub fn without(mut self, hidden: &BTreeSet<CaseKindCode>) -> Self {
        self.opens.retain(|_, code| !hidden.contains(code));
        if let Some(form) = &mut self.form {
            super::form::hide_cases(form, hidden);
        }
        self
    }

    /// Whether a report of this kind may create a follow-up of the kind `code`.
    pub fn creates(&self, code: &KindCode) -> bool {
        let by_answer = self.form.iter().flat_map(super::form::follow_up_rules);
        self.follow_ups.values().any(|kind| kind == code)
            || by_answer.into_iter().any(|rule| rule.then == *code)
    }

    /// The version `version` of the kind `code`.
    pub fn of(code: KindCode, content: KindContent, version: i64) -> Self {
        Self {
            code,
            name: content.name,
            name_en: content.name_en,
            channel: content.channel,
            minutes: content.minutes,
            priority: content.priority,
            skills: content.skills,
            due_days: content.due_days,
            attempts: content.attempts,
            retry_days: content.retry_days,
            overdue: content.overdue,
            escalate_days: content.escalate_days,
            form: content.form,
            follow_ups: content.follow_ups,
            opens: content.opens,
            active: content.active,
            version,
        }
    }
}
