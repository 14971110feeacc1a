//! The visits that an absence affects, and what becomes of each: a pure function.

use chrono::NaiveDate;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::availability::span::Span;
use crate::task::row::TaskRow;

/// What becomes of a task that an absence affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<AbsenceEffect>)]
pub enum AbsenceEffect {
    /// The visit has started and stays with the person.
    Started,
    /// The task stays assigned to the person.
    Kept,
    /// The task is open again.
    Released,
    /// The task is assigned to another person.
    Given,
}

/// The part of an assigned task that decides.
#[derive(Clone, Copy, Debug)]
pub struct TaskDays {
    /// The state.
    pub phase: Phase,
    /// The earliest day.
    pub not_before: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The planned day.
    pub planned_on: Option<NaiveDate>,
    /// The planned start.
    pub planned_start: Option<TimeOfDay>,
    /// The duration in minutes.
    pub minutes: u16,
}

impl From<&TaskRow> for TaskDays {
    fn from(row: &TaskRow) -> Self {
        Self {
            phase: row.state,
            not_before: row.not_before,
            due_on: row.due_on,
            planned_on: row.planned_on,
            planned_start: row.planned_start,
            minutes: u16::try_from(row.minutes.get()).unwrap_or_default(),
        }
    }
}

/// What becomes of an assigned task on the day `today`; `None` if the absence does not affect it. A
/// planned visit is affected if it is planned for a time of absence, another one if the person is
/// away on all days on which it could be made.
pub fn effect(
    task: &TaskDays,
    absence: &Span,
    today: NaiveDate,
    release: bool,
) -> Option<AbsenceEffect> {
    let is_affected = match (task.phase, task.planned_on) {
        (Phase::InProgress, planned) => {
            absence.contains(today) || planned.is_some_and(|day| absence.contains(day))
        }
        (_, Some(day)) => absence.contains(day) && meets(task, absence),
        (_, None) => {
            let from = task.not_before.max(today);
            absence.window.is_none() && absence.contains(from) && task.due_on <= absence.last
        }
    };
    is_affected.then_some(match task.phase {
        Phase::InProgress => AbsenceEffect::Started,
        _ if release => AbsenceEffect::Released,
        _ => AbsenceEffect::Kept,
    })
}

/// Whether the planned time of the visit is in the hours of the absence.
fn meets(task: &TaskDays, absence: &Span) -> bool {
    match (absence.window, task.planned_start) {
        (Some(away), Some(start)) => {
            let end = start.minutes().saturating_add(task.minutes);
            start < away.end() && away.start().minutes() < end
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::time::Window;
    use proptest::prelude::*;

    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).expect("a day")
    }

    fn at(hour: u16) -> TimeOfDay {
        TimeOfDay::new(hour * 60).expect("a time")
    }

    fn task(planned: Option<u32>) -> TaskDays {
        TaskDays {
            phase: Phase::Accepted,
            not_before: day(1),
            due_on: day(20),
            planned_on: planned.map(day),
            planned_start: planned.map(|_| at(9)),
            minutes: 60,
        }
    }

    fn away(first: u32, last: u32, window: Option<(u16, u16)>) -> Span {
        let window = window.map(|(start, end)| Window::new(at(start), at(end)).expect("hours"));
        Span { first: day(first), last: day(last), window }
    }

    #[test]
    fn a_planned_visit_is_affected_by_its_day_and_hour() {
        let kept = Some(AbsenceEffect::Kept);
        let of = |planned, span: Span| effect(&task(planned), &span, day(5), false);
        assert_eq!(of(Some(7), away(6, 8, None)), kept);
        assert_eq!(of(Some(9), away(6, 8, None)), None);
        assert_eq!(of(Some(7), away(7, 7, Some((10, 12)))), None, "the visit ends at ten");
        assert_eq!(of(Some(7), away(7, 7, Some((9, 12)))), kept);
    }

    #[test]
    fn a_visit_without_a_day_is_affected_if_no_day_is_left() {
        let of = |span: Span| effect(&task(None), &span, day(5), true);
        assert_eq!(of(away(5, 20, None)), Some(AbsenceEffect::Released));
        assert_eq!(of(away(6, 25, None)), None, "today is left");
        assert_eq!(of(away(5, 19, None)), None, "the last day is left");
        let overdue = TaskDays { due_on: day(3), ..task(None) };
        let effect = effect(&overdue, &away(5, 6, None), day(5), false);
        assert_eq!(effect, Some(AbsenceEffect::Kept), "an overdue visit is due today");
    }

    proptest! {
        #[test]
        fn a_started_visit_is_never_released_and_nothing_is_without_the_flag(
            phase in prop::sample::select(Phase::UNFINISHED_ASSIGNED.to_vec()),
            planned in proptest::option::of(1u32..28),
            (first, length) in (1u32..20, 0u32..8),
            today in 1u32..28,
            release: bool,
        ) {
            let task = TaskDays { phase, ..task(planned) };
            let effect = effect(&task, &away(first, first + length, None), day(today), release);
            let started = phase == Phase::InProgress;
            prop_assert_eq!(effect.is_some() && started, effect == Some(AbsenceEffect::Started));
            prop_assert!(release || effect != Some(AbsenceEffect::Released));
        }
    }
}
