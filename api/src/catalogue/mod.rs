//! The catalogue: the kinds of service and their requirements.
//!
//! Legal rules are code; local practice is data. A new district has the kinds of
//! [`defaults`] and may change them.

pub mod routes;
pub mod store;

use std::collections::BTreeMap;

use gridward_domain::code::Need;
use gridward_domain::range::{
    Attempts, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes, Version,
};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::task::{Overdue, Terms};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A kind of service for a beneficiary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceKind {
    /// The code.
    #[schema(max_length = 32, pattern = "^[a-z][a-z0-9_]{0,31}$", example = "home_visit")]
    pub code: String,
    /// The name.
    #[schema(max_length = 64, example = "上门走访")]
    pub name: String,
    /// Duration at the place, in minutes.
    pub minutes: ServiceMinutes,
    /// Priority from 1 (lowest) to 10 (most urgent).
    pub priority: Priority,
    /// Skills that the assignee must have.
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
    /// JSON Schema (2020-12) of a report's answers; absent if the kind has no form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// The follow-up kind of task for each need, due at once.
    #[schema(value_type = Object, example = json!({"medical": "hardship_follow_up"}))]
    pub follow_ups: BTreeMap<Need, String>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

impl ServiceKind {
    /// The rules that apply to tasks of this kind.
    pub const fn terms(&self) -> Terms {
        Terms {
            attempts: self.attempts,
            retry_days: self.retry_days,
            overdue: self.overdue,
            escalate_days: self.escalate_days,
        }
    }
}

/// The initial catalogue of a new district.
pub fn defaults() -> Vec<ServiceKind> {
    let kind = |code: &str, name: &str, minutes, priority, due_days| ServiceKind {
        code: code.to_owned(),
        name: name.to_owned(),
        minutes,
        priority,
        skills: Skills::new(),
        due_days,
        attempts: Attempts::of::<2>(),
        retry_days: RetryDays::of::<3>(),
        overdue: Overdue::Escalate,
        escalate_days: EscalateDays::of::<7>(),
        form: None,
        follow_ups: BTreeMap::new(),
        version: 1,
    };
    let hardships = ["medical", "living", "housing"];
    let follow_ups: BTreeMap<Need, String> = hardships
        .iter()
        .filter_map(|need| Some((need.parse().ok()?, "hardship_follow_up".to_owned())))
        .collect();
    let [ten, twenty, thirty, forty_five] = [
        ServiceMinutes::of::<10>(),
        ServiceMinutes::of::<20>(),
        ServiceMinutes::of::<30>(),
        ServiceMinutes::of::<45>(),
    ];
    let [week, fortnight, month] = [DueDays::of::<7>(), DueDays::of::<14>(), DueDays::of::<30>()];
    vec![
        ServiceKind {
            form: Some(visit_form()),
            follow_ups: follow_ups.clone(),
            ..kind("home_visit", "上门走访", thirty, Priority::of::<5>(), fortnight)
        },
        // Pointless after the holiday, so it expires instead of escalating.
        ServiceKind {
            overdue: Overdue::Expire,
            follow_ups,
            ..kind("condolence", "节日慰问", twenty, Priority::of::<6>(), week)
        },
        ServiceKind {
            attempts: Attempts::of::<3>(),
            escalate_days: EscalateDays::of::<3>(),
            form: Some(hardship_form()),
            ..kind("hardship_follow_up", "困难帮扶回访", forty_five, Priority::of::<8>(), week)
        },
        kind("plaque_check", "光荣牌核查", ten, Priority::of::<2>(), month),
        ServiceKind {
            retry_days: RetryDays::of::<1>(),
            ..kind("phone_call", "电话联系", ten, Priority::of::<3>(), fortnight)
        },
    ]
}

fn visit_form() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "health": {"title": "身体状况", "enum": ["good", "fair", "poor"]},
            "plaque": {"title": "光荣牌", "enum": ["hung", "pending", "damaged", "declined"]},
            "wishes": {"title": "愿望", "type": "string", "maxLength": 500}
        }
    })
}

fn hardship_form() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "help_arrived": {"title": "帮扶是否到位", "type": "boolean"},
            "still_needed": {"title": "仍需帮扶", "type": "boolean"},
            "measures": {"title": "措施", "type": "string", "maxLength": 500}
        },
        "required": ["still_needed"]
    })
}
