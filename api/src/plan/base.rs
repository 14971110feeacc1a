//! The plan on which another one is based: its visits stay with their person and day as far as they
//! still can.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_dispatch::solve::{self, Pin};
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::PlanChanges;
use super::model::{APPLICABLE_FOR, PlanState};
use super::order::PlanOrder;
use super::store;
use super::visit_store::{self, VisitRow};
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// The states of plans on which others can be based: no visit of theirs counts.
const STATES: [PlanState; 2] = [PlanState::Draft, PlanState::Undone];

/// How a plan differs from the one on which it is based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanBase {
    /// The plan on which it is based.
    pub plan_id: PlanId,
    /// Number of visits with the person, the day and the start that they have in that plan.
    #[schema(minimum = 0, maximum = 10_000_000, example = 41)]
    pub kept: u32,
    /// Number of visits of that plan that have another person, day or start, or none any more.
    #[schema(minimum = 0, maximum = 10_000_000, example = 1)]
    pub moved: u32,
}

/// Who makes a visit of the base, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseVisit {
    /// The task.
    pub task: TaskId,
    /// The person.
    pub person: PersonId,
    /// The day.
    pub day: NaiveDate,
    /// The start.
    pub start: TimeOfDay,
}

/// Checks that the order is based on a plan that it may be based on, if it is based on any.
///
/// # Errors
/// 422 for a plan that is unknown, of another area or of other days, or too old; 409 with the plan in
/// another state.
pub(super) fn check(
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
pub(super) fn visits(conn: &mut Conn, order: &PlanOrder) -> Result<Vec<BaseVisit>, DbError> {
    let Some(id) = order.based_on else { return Ok(Vec::new()) };
    let rows = visit_store::assignments(conn, order.area.district(), id)?;
    Ok(rows.iter().filter_map(BaseVisit::of).collect())
}

impl BaseVisit {
    fn of(row: &VisitRow) -> Option<Self> {
        Some(Self { task: row.task, person: row.person?, day: row.day?, start: row.start? })
    }
}

/// The visits that are to keep what they have in the base, ordered by person, day and start: all but
/// those that a change gives another person or time. The start of a visit is free if its person's day is
/// changed, or if `is_free` says so of its person.
pub(super) fn former(
    base: &[BaseVisit],
    changes: &PlanChanges,
    is_free: impl Fn(&PersonId) -> bool,
) -> Vec<(TaskId, Pin)> {
    let pinned = changes.pins.iter().map(|pin| pin.task_id);
    let changed: HashSet<TaskId> =
        pinned.chain(changes.later_windows.iter().map(|window| window.task_id)).collect();
    let pins = changes.pins.iter().map(|pin| (pin.person_id, pin.day));
    let days: HashSet<(PersonId, NaiveDate)> =
        pins.chain(changes.more_time.iter().map(|more| (more.person_id, more.day))).collect();
    let people: HashSet<PersonId> =
        changes.more_minutes.iter().map(|more| more.person_id).collect();
    let mut kept: Vec<&BaseVisit> =
        base.iter().filter(|visit| !changed.contains(&visit.task)).collect();
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
pub(super) fn compare(
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
