//! The catalogue of a new district.

use gridward_domain::channel::Channel;
use gridward_domain::range::{
    Attempts, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes,
};
use gridward_domain::skill::Skills;
use gridward_domain::task::Overdue;
use serde_json::{Value, json};

use super::ServiceKind;

/// The kinds of a new district.
pub fn kinds() -> Vec<ServiceKind> {
    let kinds = [home_visit(), condolence(), hardship_follow_up(), plaque_check(), phone_call()];
    // `None` only for an invalid text in this file, which a test refuses.
    kinds.into_iter().flatten().collect()
}

/// A kind with the usual rules.
fn kind(
    (code, name, name_en): (&str, &str, &str),
    minutes: ServiceMinutes,
    priority: Priority,
    due_days: DueDays,
) -> Option<ServiceKind> {
    Some(ServiceKind {
        code: code.parse().ok()?,
        name: name.parse().ok()?,
        name_en: name_en.parse().ok()?,
        channel: Channel::Visit,
        minutes,
        priority,
        skills: Skills::new(),
        due_days,
        attempts: Attempts::of::<2>(),
        retry_days: RetryDays::of::<3>(),
        overdue: Overdue::Escalate,
        escalate_days: EscalateDays::of::<7>(),
        form: None,
        follow_ups: [].into(),
        opens: [].into(),
        active: true,
        version: 1,
    })
}

fn home_visit() -> Option<ServiceKind> {
    let (minutes, priority) = (ServiceMinutes::of::<30>(), Priority::of::<5>());
    let names = ("home_visit", "上门走访", "Home visit");
    let kind = kind(names, minutes, priority, DueDays::of::<14>())?;
    Some(with_follow_ups(ServiceKind { form: Some(visit_form()), ..kind }))
}

/// Pointless after the holiday, so it expires instead of escalating.
fn condolence() -> Option<ServiceKind> {
    let (minutes, priority) = (ServiceMinutes::of::<20>(), Priority::of::<6>());
    let names = ("condolence", "节日慰问", "Holiday visit");
    let kind = kind(names, minutes, priority, DueDays::of::<7>())?;
    Some(with_follow_ups(ServiceKind { overdue: Overdue::Expire, ..kind }))
}

fn hardship_follow_up() -> Option<ServiceKind> {
    let (minutes, priority) = (ServiceMinutes::of::<45>(), Priority::of::<8>());
    let names = ("hardship_follow_up", "困难帮扶回访", "Follow-up of a hardship");
    let kind = kind(names, minutes, priority, DueDays::of::<7>())?;
    Some(ServiceKind {
        attempts: Attempts::of::<3>(),
        escalate_days: EscalateDays::of::<3>(),
        form: Some(hardship_form()),
        ..kind
    })
}

fn plaque_check() -> Option<ServiceKind> {
    let (minutes, priority) = (ServiceMinutes::of::<10>(), Priority::of::<2>());
    let names = ("plaque_check", "光荣牌核查", "Check of the plaque");
    let kind = kind(names, minutes, priority, DueDays::of::<30>())?;
    Some(ServiceKind { form: Some(plaque_form()), ..kind })
}

fn phone_call() -> Option<ServiceKind> {
    let (minutes, priority) = (ServiceMinutes::of::<10>(), Priority::of::<3>());
    let names = ("phone_call", "电话联系", "Phone call");
    let kind = kind(names, minutes, priority, DueDays::of::<14>())?;
    Some(ServiceKind { channel: Channel::Call, retry_days: RetryDays::of::<1>(), ..kind })
}

/// The kind with a follow-up for each of the three hardships, and a case for matters of law and
/// work.
fn with_follow_ups(kind: ServiceKind) -> ServiceKind {
    let needs = ["medical", "living", "housing"].into_iter();
    let follow_ups = needs
        .filter_map(|need| Some((need.parse().ok()?, "hardship_follow_up".parse().ok()?)))
        .collect();
    let cases = ["legal", "employment"].into_iter();
    let opens = cases.filter_map(|need| Some((need.parse().ok()?, need.parse().ok()?))).collect();
    ServiceKind { follow_ups, opens, ..kind }
}

fn visit_form() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "health": {
                "title": "身体状况", "x-title-en": "Health", "x-order": 1,
                "oneOf": [
                    {"const": "good", "title": "好", "x-title-en": "Good"},
                    {"const": "fair", "title": "一般", "x-title-en": "Fair"},
                    {"const": "poor", "title": "差", "x-title-en": "Poor"}
                ]
            },
            "plaque": plaque(2),
            "need": {
                "title": "关爱等级", "x-title-en": "Level of need", "x-order": 3, "x-filterable": true,
                "oneOf": [
                    {"const": "low", "title": "一般", "x-title-en": "Low"},
                    {"const": "medium", "title": "关注", "x-title-en": "Medium"},
                    {"const": "high", "title": "重点", "x-title-en": "High"}
                ]
            },
            "wishes": {
                "title": "愿望", "x-title-en": "Wishes", "x-order": 4,
                "type": "string", "maxLength": 500
            }
        }
    })
}

/// The state of the plaque: it updates the entry, and one to be replaced is checked again.
fn plaque(order: u8) -> Value {
    json!({
        "title": "光荣牌", "x-title-en": "Plaque", "x-order": order,
        "type": "string", "x-vocabulary": "plaque_states", "x-updates": "plaque",
        "x-follow-ups": { "damaged": "plaque_check", "missing": "plaque_check" }
    })
}

fn plaque_form() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": { "plaque": plaque(1) },
        "required": ["plaque"]
    })
}

fn hardship_form() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "help_arrived": {
                "title": "帮扶是否到位", "x-title-en": "Help has arrived", "x-order": 1,
                "type": "boolean"
            },
            "still_needed": {
                "title": "仍需帮扶", "x-title-en": "Help is still needed", "x-order": 2,
                "type": "boolean"
            },
            "measures": {
                "title": "措施", "x-title-en": "Measures", "x-order": 3,
                "type": "string", "maxLength": 500
            }
        },
        "required": ["still_needed"]
    })
}

#[cfg(test)]
mod tests {
    use super::super::form;
    use super::*;

    #[test]
    fn the_kinds_of_a_new_district_could_be_saved_by_its_admin() {
        let kinds = kinds();
        assert_eq!(kinds.len(), 5);
        for kind in &kinds {
            assert_eq!(
                kind.form.as_ref().map(form::check).unwrap_or_default(),
                [],
                "{}",
                kind.code
            );
            for code in kind.follow_ups.values() {
                assert!(kinds.iter().any(|other| other.code == *code), "{code}");
            }
        }
    }
}
