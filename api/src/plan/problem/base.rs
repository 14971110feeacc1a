//! The plan on which another one is based: its visits stay with their person and day as far as they
//! still can.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_dispatch::solve::{self, Pin};
use gridward_domain::id::{PersonId, PlanId, TaskId};

use super::base_visit::BaseVisit;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::plan::drafts::visit_store;
use crate::plan::model::{APPLICABLE_FOR, PlanBase, PlanState};
use crate::plan::request::changes::PlanChanges;
use crate::plan::request::order::PlanOrder;
use crate::plan::store;

/// The states of plans on which others can be based: no visit of theirs counts.
const STATES: [PlanState; 2] = [PlanState::Draft, PlanState::Undone];

/// Checks that the order is based on a plan that it may be based on, if it is based on any.
///
/// # Errors
/// 422 for a plan that is unknown, of another area or of other days, or too old; 409 with the plan in
/// another state.
pub(in crate::plan) fn check(
    conn: &mut Conn,
    order: &PlanOrder,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(id) = order.based_on else { return Ok(()) };
    let invalid = |detail: &str| Err(Problem::invalid("/based_on", detail));
    let base = store::row(conn, &order.area.range(), id)?;
    let Some(base) = base.filter(|it| it.area == order.area && it.campaign.is_none()) else {
        return invalid("is no plan of this area");
    };
    if !STATES.contains(&base.state) {
        let error = FieldError::new("/based_on", "must be a draft, or undone");
        return Err(Problem::from(ProblemCode::PlanState).with(error).showing(&base.plan()?));
    }
    if now - base.created_at.and_utc() > APPLICABLE_FOR {
        return invalid("is older than 7 days");
    }
    if base.last_day < order.first_day || order.last_day < base.first_day {
        return invalid("has no day of this plan");
    }
    Ok(())
}

/// The visits of the plan on which the order is based that it gives to people; none without.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn visits(
    conn: &mut Conn,
    order: &PlanOrder,
) -> Result<Vec<BaseVisit>, DbError> {
    let Some(id) = order.based_on else { return Ok(Vec::new()) };
    let rows = visit_store::assignments(conn, order.area.district(), id)?;
    Ok(rows.iter().filter_map(BaseVisit::of).collect())
}

/// The visits that are to keep what they have in the base, ordered by person, day and start: all but
/// those that a change gives another person or time. The start of a visit is free if its person's day is
/// changed, or if `is_free` says so of its person.
pub(in crate::plan) fn former(
    base: &[BaseVisit],
    changes: &PlanChanges,
    is_free: impl Fn(&PersonId) -> bool,
) -> Vec<(TaskId, Pin)> {
    let pinned = changes.pins.iter().map(|pin| pin.task_id);
    let freed: HashSet<TaskId> =
        pinned.chain(changes.later_windows.iter().map(|window| window.task_id)).collect();
    let pins = changes.pins.iter().map(|pin| (pin.person_id, pin.day));
    let days: HashSet<(PersonId, NaiveDate)> =
        pins.chain(changes.more_time.iter().map(|more| (more.person_id, more.day))).collect();
    let people: HashSet<PersonId> =
        changes.more_minutes.iter().map(|more| more.person_id).collect();
    let mut kept: Vec<&BaseVisit> =
        base.iter().filter(|visit| !freed.contains(&visit.task)).collect();
    kept.sort_unstable_by_key(|visit| (visit.person, visit.day, visit.start, visit.task));
    let pin = |visit: &BaseVisit| {
        let is_changed = days.contains(&(visit.person, visit.day))
            || people.contains(&visit.person)
            || is_free(&visit.person);
        let start = (!is_changed).then_some(visit.start);
        (visit.task, Pin { volunteer: visit.person, day: visit.day, start })
    };
    kept.into_iter().map(pin).collect()
}

/// Counts the visits of the base that a plan of open tasks has kept and moved; `is_open` says which tasks
/// are planned.
pub(in crate::plan) fn compare(
    plan_id: PlanId,
    base: &[BaseVisit],
    plan: &solve::Plan,
    is_open: impl Fn(&TaskId) -> bool,
) -> PlanBase {
    let stops = plan.routes.iter().flat_map(|route| {
        let of = |stop: &solve::Stop| (stop.visit, (route.volunteer, route.day, stop.start));
        route.stops.iter().map(of).collect::<Vec<_>>()
    });
    let stops: HashMap<TaskId, _> = stops.collect();
    let mut counts = PlanBase { plan_id, kept: 0, moved: 0 };
    for visit in base.iter().filter(|visit| is_open(&visit.task)) {
        let is_kept = stops.get(&visit.task) == Some(&(visit.person, visit.day, visit.start));
        *(if is_kept { &mut counts.kept } else { &mut counts.moved }) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use gridward_domain::time::TimeOfDay;
    use uuid::Uuid;

    use super::*;
    use crate::plan::request::changes::{LaterWindow, MoreMinutes, MoreTime, PinnedTask};

    fn task(n: u128) -> TaskId {
        TaskId(Uuid::from_u128(n))
    }

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).expect("a day")
    }

    fn at(hour: u16) -> TimeOfDay {
        TimeOfDay::new(hour * 60).expect("a time")
    }

    fn visit(n: u128, who: u128, on: u32, hour: u16) -> BaseVisit {
        BaseVisit { task: task(n), person: person(who), day: day(on), start: at(hour) }
    }

    /// The task, the person, the day of the month and the hour of what is kept.
    fn kept(base: &[BaseVisit], changes: &PlanChanges) -> Vec<(TaskId, Pin)> {
        former(base, changes, |_| false)
    }

    fn pin(who: u128, on: u32, hour: Option<u16>) -> Pin {
        Pin { volunteer: person(who), day: day(on), start: hour.map(at) }
    }

    #[test]
    fn without_changes_every_visit_keeps_its_hour_in_the_order_of_the_day() {
        let base = [visit(1, 2, 1, 9), visit(2, 1, 2, 9), visit(3, 1, 1, 11), visit(4, 1, 1, 10)];
        let expected = [
            (task(4), pin(1, 1, Some(10))),
            (task(3), pin(1, 1, Some(11))),
            (task(2), pin(1, 2, Some(9))),
            (task(1), pin(2, 1, Some(9))),
        ];
        assert_eq!(kept(&base, &PlanChanges::default()), expected);
        let freed = former(&base, &PlanChanges::default(), |who| *who == person(2));
        assert_eq!(freed.last(), Some(&(task(1), pin(2, 1, None))));
    }

    #[test]
    fn a_changed_task_is_free_and_the_hours_of_a_changed_day_are_too() {
        let base = [visit(1, 1, 1, 9), visit(2, 1, 2, 9), visit(3, 2, 1, 9), visit(4, 2, 2, 9)];
        let pinned =
            PinnedTask { task_id: task(1), person_id: person(2), day: day(1), start: None };
        let changes = PlanChanges {
            pins: vec![pinned],
            later_windows: vec![LaterWindow { task_id: task(2), minutes: 30 }],
            ..PlanChanges::default()
        };
        let expected = [(task(3), pin(2, 1, None)), (task(4), pin(2, 2, Some(9)))];
        assert_eq!(kept(&base, &changes), expected);
        let changes = PlanChanges {
            more_time: vec![MoreTime { person_id: person(1), day: day(2), minutes: 30 }],
            more_minutes: vec![MoreMinutes { person_id: person(2), week: None, minutes: 30 }],
            ..PlanChanges::default()
        };
        let starts: Vec<_> = kept(&base, &changes).iter().map(|(_, pin)| pin.start).collect();
        assert_eq!(starts, [Some(at(9)), None, None, None]);
    }
}
