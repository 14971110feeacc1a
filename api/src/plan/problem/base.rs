//! The plan on which another one is based: its visits stay with their person and day as far as they
//! still can.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_dispatch::solve::{self, DayReason, DispatchProblem, Observer, Pin, PlanError};
use gridward_domain::area::Level;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use serde::Deserialize;

use super::base_visit::BaseVisit;
use super::build::Rows;
use super::remedied;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::model::{APPLICABLE_FOR, PlanBase, PlanState};
use crate::plan::request::changes::PlanChanges;
use crate::plan::request::order::PlanOrder;
use crate::plan::store;
use crate::task::row::TaskRow;

/// The states of plans on which others can be based: no visit of theirs counts.
const STATES: [PlanState; 2] = [PlanState::Draft, PlanState::Undone];

/// Why the order may not be based on its plan, if it is based on any: it is unknown, of another area or of
/// other days, or too old.
///
/// # Errors
/// 409 with the plan in another state.
pub(in crate::plan) fn fault(
    conn: &mut Conn,
    order: &PlanOrder,
    now: DateTime<Utc>,
) -> Result<Option<FieldError>, Problem> {
    let Some(id) = order.based_on else { return Ok(None) };
    let invalid = |detail: &str| Ok(Some(FieldError::new("/based_on", detail)));
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
    Ok(None)
}

/// Why visits are on their days.
pub(in crate::plan) type DayReasons = HashMap<TaskId, DayReason>;

/// What counts of the plan on which an order is based; nothing without one.
#[derive(Default)]
pub(in crate::plan) struct Base {
    /// The visits that it gives to people.
    pub(in crate::plan) visits: Vec<BaseVisit>,
    /// The person and the day of each remedy that a change accepts, but for visits by two people.
    pub(in crate::plan) remedied: Vec<(TaskId, Pin)>,
    /// Its reasons for the days of those visits that no change sets.
    pub(in crate::plan) day_reasons: DayReasons,
}

impl Base {
    /// Reads the plan on which the order is based; `tasks` are those of the new one.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn read(
        conn: &mut Conn,
        order: &PlanOrder,
        tasks: &[TaskRow],
    ) -> Result<Self, DbError> {
        let Some(id) = order.based_on else { return Ok(Self::default()) };
        let district = order.area.district();
        let rows = visit_store::assignments(conn, district, id)?;
        let set: HashSet<TaskId> = order.pinned().collect();
        let others = rows.iter().filter(|row| !set.contains(&row.task));
        let reasons = others.filter_map(|row| day_reason(row).transpose());
        let day_reasons = reasons.collect::<Result<_, _>>()?;
        let mut remedied = remedied::read(conn, (district, id), &order.changes)?;
        let paired = tasks.iter().filter(|task| task.pair().is_some()).map(|task| task.id);
        let paired: HashSet<TaskId> = paired.collect();
        remedied.retain(|(task, _)| !paired.contains(task));
        let visits = rows.iter().filter_map(BaseVisit::of).collect();
        Ok(Self { visits, remedied, day_reasons })
    }

    /// Forgets the reasons for the days of visits that people hold and that the plan does not move.
    pub(in crate::plan) fn forget_held(&mut self, Rows { tasks, movable, .. }: &Rows) {
        let is_held = |task: &&TaskRow| task.assignee.is_some() && !movable.contains_key(&task.id);
        for task in tasks.iter().filter(is_held) {
            self.day_reasons.remove(&task.id);
        }
    }
}

/// The stored reason for the day of the visit; plans of earlier versions have none.
fn day_reason(row: &VisitRow) -> Result<Option<(TaskId, DayReason)>, DbError> {
    #[derive(Deserialize)]
    struct Stored {
        day: Option<DayReason>,
    }
    let stored = serde_json::from_str::<Stored>(&row.reason);
    let Stored { day } = stored.map_err(|error| DbError::corrupt("plan_visits", error))?;
    Ok(day.map(|day| (row.task, day)))
}

/// Pins the former visits that still fit, and then those of the accepted remedies where they found a place.
/// Returns the visits that are pinned now.
///
/// # Errors
/// [`PlanError::Cancelled`].
pub(in crate::plan) fn keep(
    problem: &mut DispatchProblem,
    former: &[(TaskId, Pin)],
    remedied: &[(TaskId, Pin)],
    reach: Level,
    observer: &impl Observer,
) -> Result<HashSet<TaskId>, PlanError> {
    let kept = solve::keep_former(problem, former, reach);
    solve::make_room(problem, remedied, kept, reach, observer)
}

/// Gives the visits of the plan that are pinned to their days of another plan the reasons that the days had there.
pub(in crate::plan) fn keep_day_reasons(plan: &mut solve::Plan, reasons: &DayReasons) {
    for stop in plan.routes.iter_mut().flat_map(|route| &mut route.stops) {
        if stop.why.day == Some(DayReason::Pinned) {
            stop.why.day = reasons.get(&stop.visit).copied().or(stop.why.day);
        }
    }
}

/// The visits that are to keep what they have in the base, ordered by person, day and start: all but
/// those that a change gives another person or time. The start of a visit is free if its person's day is
/// changed, but for a visit of `remedied`, or if `is_free` says so of its person.
pub(in crate::plan) fn former(
    base: &[BaseVisit],
    (changes, remedied): (&PlanChanges, &[(TaskId, Pin)]),
    is_free: impl Fn(&PersonId) -> bool,
) -> Vec<(TaskId, Pin)> {
    let remedied: HashSet<TaskId> = remedied.iter().map(|(task, _)| *task).collect();
    let frees = |task: Option<TaskId>| task.is_none_or(|task| !remedied.contains(&task));
    let pinned = changes.pins.iter().map(|pin| pin.task_id);
    let by_hand: HashSet<TaskId> =
        pinned.chain(changes.later_windows.iter().map(|window| window.task_id)).collect();
    let pins = changes.pins.iter().map(|pin| (pin.person_id, pin.day));
    let longer = changes.more_time.iter().filter(|more| frees(more.task_id));
    let days: HashSet<(PersonId, NaiveDate)> =
        pins.chain(longer.map(|more| (more.person_id, more.day))).collect();
    let people = changes.more_minutes.iter().map(|more| (more.person_id, more.task_id));
    let people = people.chain(changes.skills.iter().map(|more| (more.person_id, more.task_id)));
    let people = people.filter(|(_, task)| frees(*task));
    let people: HashSet<PersonId> = people.map(|(person, _)| person).collect();
    let mut kept: Vec<&BaseVisit> =
        base.iter().filter(|visit| !by_hand.contains(&visit.task)).collect();
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
    use crate::plan::request::single_changes::{LaterWindow, MoreMinutes, MoreTime, PinnedTask};

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
        former(base, (changes, &[]), |_| false)
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
        let freed = former(&base, (&PlanChanges::default(), &[]), |who| *who == person(2));
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
        let (minutes, task_id) = (30, Some(task(9)));
        let changes = PlanChanges {
            more_time: vec![MoreTime { person_id: person(1), day: day(2), minutes, task_id }],
            more_minutes: vec![MoreMinutes { person_id: person(2), week: None, minutes, task_id }],
            ..PlanChanges::default()
        };
        let starts = |remedied: &[(TaskId, Pin)]| {
            let former = former(&base, (&changes, remedied), |_| false);
            former.iter().map(|(_, pin)| pin.start).collect::<Vec<_>>()
        };
        assert_eq!(starts(&[]), [Some(at(9)), None, None, None]);
        let remedied = [(task(9), pin(1, 2, None))];
        assert_eq!(starts(&remedied), [Some(at(9)); 4], "all but the visit of the remedy stay");
    }
}
