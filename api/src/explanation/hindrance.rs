//! What hinders a person from making a visit.

use gridward_dispatch::solve;
use gridward_domain::id::PersonId;
use gridward_domain::skill::Skill;
use serde::Serialize;
use utoipa::ToSchema;

use crate::beneficiary::visitors;
use crate::plan::drafts::why::StoredReason;
use crate::plan::problem::build::Rows;
use crate::task::row::TaskRow;

/// The kinds of hindrances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HindranceCode {
    /// The person must not make the visit.
    Forbidden,
    /// The person gave the task back, or did not accept it in time; plans do not give it to the person again.
    Declined,
    /// The person lacks a required skill.
    NoSkill,
    /// The person is off duty.
    OffDuty,
    /// The person has no hours on these days, or is absent.
    Away,
    /// The day or the person's hours are outside the task's days and hours.
    OutsideWindow,
    /// The person's hours do not suffice for the journeys.
    TooFar,
    /// The person would exceed the offered minutes of the week.
    NoMinutes,
    /// The other visits leave no gap.
    NoRoom,
    /// The visit is tied to another that excludes the person.
    Tied,
}

/// What hinders a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({ "code": "no_room", "short": 25 }))]
pub struct Hindrance {
    /// The kind.
    pub code: HindranceCode,
    /// The missing skills; only with `no_skill`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub missing: Vec<Skill>,
    /// The missing minutes; only with `no_minutes` and `no_room`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 25)]
    pub short: Option<u32>,
}

/// The people who gave the task back, without those who must not visit the beneficiary.
pub(super) fn declined(rows: &Rows, task: &TaskRow) -> Vec<PersonId> {
    let forbidden = visitors::forbidden(&rows.visitor_choices, task.beneficiary);
    let declined = rows.refusals.get(&task.id).into_iter().flatten();
    declined.copied().filter(|person| !forbidden.contains(person)).collect()
}

impl Hindrance {
    /// The hindrance of an alternative, as a plan stored it.
    pub fn stored(reason: &StoredReason) -> Self {
        let code = match reason.code.as_str() {
            "no_skill" => HindranceCode::NoSkill,
            "no_shift" => HindranceCode::Away,
            "no_window" => HindranceCode::OutsideWindow,
            "no_minutes" => HindranceCode::NoMinutes,
            "no_room" | "pin_does_not_fit" => HindranceCode::NoRoom,
            "no_volunteer" => HindranceCode::Forbidden,
            _ => HindranceCode::Tied,
        };
        Self { code, missing: reason.missing.clone(), short: reason.short }
    }

    /// The hindrance of a candidate, who gave the task back or not, and is off duty or not. `is_early` is whether
    /// all days are before the task's first one.
    pub fn of(
        found: &solve::Hindrance,
        (has_declined, is_off_duty): (bool, bool),
        is_early: bool,
    ) -> Self {
        use solve::Hindrance as H;
        let short = match found {
            H::Offer { short } | H::Room { short } => Some(short.0),
            _ => None,
        };
        let missing = match found {
            H::Skill { missing } => missing.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let code = match found {
            H::Forbidden if has_declined => HindranceCode::Declined,
            H::Forbidden => HindranceCode::Forbidden,
            H::Skill { .. } => HindranceCode::NoSkill,
            _ if is_off_duty => HindranceCode::OffDuty,
            H::Shift if is_early => HindranceCode::OutsideWindow,
            H::Shift => HindranceCode::Away,
            H::Hours => HindranceCode::OutsideWindow,
            H::TooFar => HindranceCode::TooFar,
            H::Offer { .. } => HindranceCode::NoMinutes,
            H::Room { .. } => HindranceCode::NoRoom,
            H::Tied => HindranceCode::Tied,
        };
        Self { code, missing, short }
    }
}
