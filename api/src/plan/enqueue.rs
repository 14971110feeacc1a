//! Puts a plan into the queue, after checks of its order.

use std::collections::HashSet;

use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;

use super::changes::PinnedTask;
use super::computed::Request;
use super::draft;
use super::model::Plan;
use super::order::PlanOrder;
use crate::http::problem::Problem;
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::{area, person, task};

/// Stores the plan `id` of the order, which is to be computed.
///
/// # Errors
/// 403 for volunteers; 422 that names the member of the order; 409 without a necessary confirmation.
pub fn enqueue(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: PlanId,
    order: &PlanOrder,
) -> Result<Plan, Problem> {
    order.authorized(principal)?;
    order.check(tx.now)?;
    check_subjects(tx, order)?;
    let (order, now) = (order.clone(), tx.now);
    let request = Request { id, order, now, by: Some(principal.person) };
    Ok(draft::insert(tx, &request)?)
}

/// Checks that the area, and the tasks and the people of the changes, are those of the plan.
fn check_subjects(tx: &mut Tx<'_>, order: &PlanOrder) -> Result<(), Problem> {
    let conn = tx.read_unbatched();
    if area::store::current(conn, &order.area)?.is_none() {
        return Err(Problem::invalid("/area", "the area does not exist"));
    }
    if order.changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<TaskId> = order.changes.tasks().map(|(_, id)| id).collect();
    let rows = task::store::rows(conn, order.area.district(), &ids)?;
    let is_planned = |row: &TaskRow| order.area.contains(&row.grid) && row.state == Phase::Open;
    let known: HashSet<TaskId> = rows.into_iter().filter(is_planned).map(|row| row.id).collect();
    if let Some((pointer, _)) = order.changes.tasks().find(|(_, id)| !known.contains(id)) {
        return Err(Problem::invalid(&pointer, "is no open task of the area"));
    }
    let visitors = person::store::visitors(conn, &order.area.range())?;
    let known: HashSet<PersonId> = visitors.into_iter().map(|row| row.id).collect();
    if let Some((pointer, _)) = order.changes.people().find(|(_, id)| !known.contains(id)) {
        return Err(Problem::invalid(&pointer, "is no active manager or volunteer of the area"));
    }
    let span = order.span()?;
    let outside = |pin: &PinnedTask| !span.contains(pin.day);
    if let Some(at) = order.changes.pins.iter().position(outside) {
        let pointer = format!("/changes/pins/{at}/day");
        return Err(Problem::invalid(&pointer, "must be a day of the plan"));
    }
    Ok(())
}
