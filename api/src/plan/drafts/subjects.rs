//! Checks of the area, the tasks and the people that the order for a plan names.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;

use crate::beneficiary::visitors;
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::plan::problem::base;
use crate::plan::problem::seconded::Seconded;
use crate::plan::request::changes::{MoreMinutes, PinnedTask};
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
use crate::task::breach::{Breach, broken_tie};
use crate::task::row::TaskRow;
use crate::{area, catalogue, person, task};

/// Checks that the area, and the tasks and the people of the changes, are those of the plan, and the plan
/// on which it is based.
///
/// # Errors
/// 422 that names the member of the order; 409 for a base in another state;
/// [`DbError`](crate::db::DbError).
pub(in crate::plan) fn check(
    conn: &mut Conn,
    order: &PlanOrder,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if area::store::current(conn, &order.area)?.is_none() {
        return Err(Problem::invalid("/area", "the area does not exist"));
    }
    for (at, kind) in order.only.kinds.iter().enumerate() {
        let known = catalogue::store::one(conn, order.area.district(), kind.as_str())?;
        if known.is_none() {
            return Err(Problem::invalid(&format!("/only/kinds/{at}"), "is no kind of service"));
        }
    }
    check_selected(conn, order)?;
    base::check(conn, order, now)?;
    if order.changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<TaskId> = order.changes.tasks().map(|(_, id)| id).collect();
    let rows = task::store::rows(conn, order.area.district(), &ids)?;
    let is_planned = |row: &TaskRow| order.area.contains(&row.grid) && row.state == Phase::Open;
    let open: HashMap<TaskId, TaskRow> =
        rows.into_iter().filter(is_planned).map(|row| (row.id, row)).collect();
    if let Some((pointer, _)) = order.changes.tasks().find(|(_, id)| !open.contains_key(id)) {
        return Err(Problem::invalid(&pointer, "is no open task of the area"));
    }
    let span = order.span()?;
    let mut people = person::store::visitors(conn, &order.area.range())?;
    let seconded = Seconded::join(conn, &order.area.range(), span, &mut people)?;
    let known: HashSet<PersonId> = people.into_iter().map(|row| row.id).collect();
    if let Some((pointer, _)) = order.changes.people().find(|(_, id)| !known.contains(id)) {
        return Err(Problem::invalid(&pointer, "is no active manager or volunteer of the area"));
    }
    check_days(order, span)?;
    let elsewhere = |pin: &PinnedTask| {
        let grid = open.get(&pin.task_id).map(|row| row.grid);
        !grid.is_some_and(|grid| seconded.reaches(pin.person_id, grid, pin.day))
    };
    if let Some(at) = order.changes.pins.iter().position(elsewhere) {
        let pointer = format!("/changes/pins/{at}/day");
        return Err(Problem::invalid(&pointer, "is no day on which the person helps in the area"));
    }
    check_choices(conn, order, &open)?;
    check_ties(conn, order, &open)
}

/// Checks that the tasks that the order selects by id are those of the area. One that has ended meanwhile
/// is not planned.
fn check_selected(conn: &mut Conn, order: &PlanOrder) -> Result<(), Problem> {
    let rows = task::store::rows(conn, order.area.district(), &order.only.ids)?;
    let of_area = rows.iter().filter(|row| order.area.contains(&row.grid));
    let of_area: HashSet<TaskId> = of_area.map(|row| row.id).collect();
    match order.only.ids.iter().position(|id| !of_area.contains(id)) {
        Some(at) => Err(Problem::invalid(&format!("/only/ids/{at}"), "is no task of the area")),
        None => Ok(()),
    }
}

/// Checks that the days of the changes are those of the plan, and the weeks those that it is in.
fn check_days(order: &PlanOrder, span: Span) -> Result<(), Problem> {
    let changes = &order.changes;
    let pins = changes.pins.iter().map(|pin| pin.day);
    let time = changes.more_time.iter().map(|more| more.day);
    let lists = [("pins", pins.collect::<Vec<_>>()), ("more_time", time.collect())];
    for (list, days) in lists {
        if let Some(at) = days.iter().position(|day| !span.contains(*day)) {
            let pointer = format!("/changes/{list}/{at}/day");
            return Err(Problem::invalid(&pointer, "must be a day of the plan"));
        }
    }
    let weeks = span.weeks();
    let outside = |more: &MoreMinutes| more.week.is_some_and(|day| !weeks.contains(day));
    if let Some(at) = changes.more_minutes.iter().position(outside) {
        let pointer = format!("/changes/more_minutes/{at}/week");
        return Err(Problem::invalid(&pointer, "must be in a week of the plan"));
    }
    Ok(())
}

/// Checks that no pin is for a person who must not visit the beneficiary.
fn check_choices(
    conn: &mut Conn,
    order: &PlanOrder,
    open: &HashMap<TaskId, TaskRow>,
) -> Result<(), Problem> {
    let beneficiary = |task: TaskId| open.get(&task).and_then(|row| row.beneficiary);
    let visited: Vec<BeneficiaryId> = order.pinned().filter_map(beneficiary).collect();
    let choices = visitors::of(conn, order.area.district(), &visited)?;
    let is_forbidden = |pin: &PinnedTask| {
        visitors::forbidden(&choices, beneficiary(pin.task_id)).contains(&pin.person_id)
    };
    if let Some(at) = order.changes.pins.iter().position(is_forbidden) {
        let pointer = format!("/changes/pins/{at}/person_id");
        return Err(Problem::invalid(&pointer, Breach::Forbidden.detail()));
    }
    Ok(())
}

/// Checks that the pins keep the ties to other tasks.
fn check_ties(
    conn: &mut Conn,
    order: &PlanOrder,
    open: &HashMap<TaskId, TaskRow>,
) -> Result<(), Problem> {
    let pinned = |task: TaskId| open.get(&task).and_then(TaskRow::tie).map(|tie| tie.id);
    let ties: BTreeSet<TaskId> = order.pinned().filter_map(pinned).collect();
    if ties.is_empty() {
        return Ok(());
    }
    let mut bound = task::tie::binding(conn, order.area.district(), &ties)?;
    let pins: HashMap<TaskId, &PinnedTask> =
        order.changes.pins.iter().map(|pin| (pin.task_id, pin)).collect();
    // A tied task counts with the person and the day that the order pins it to.
    for row in &mut bound {
        if let Some(pin) = pins.get(&row.id) {
            row.state = Phase::Assigned;
            (row.assignee, row.planned_on) = (Some(pin.person_id), Some(pin.day));
        }
    }
    for (at, pin) in order.changes.pins.iter().enumerate() {
        let Some((row, tie)) = open.get(&pin.task_id).and_then(|row| Some((row, row.tie()?)))
        else {
            continue;
        };
        let invalid = |member: &str, detail: &str| {
            Err(Problem::invalid(&format!("/changes/pins/{at}/{member}"), detail))
        };
        let others = || bound.iter().filter(|it| it.tie() == Some(tie) && it.id != row.id);
        if let Some(breach) = broken_tie(row, others(), pin.person_id) {
            return invalid("person_id", breach.detail());
        }
        let other_day = |other: &TaskRow| {
            other.maker().is_some() && other.planned_on.is_some_and(|day| day != pin.day)
        };
        if row.pair().is_some() && others().any(other_day) {
            return invalid("day", "the other person makes the visit on another day");
        }
    }
    Ok(())
}
