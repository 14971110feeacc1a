//! Spreads the tasks of a person who leaves or moves over the village, as at an absence: each goes to the person
//! with the largest part left of the minutes that plans may use in its week.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::id::{PersonId, TaskId};

use super::apply::about;
use super::decide::Outcome;
use super::model::{Obstacle, TaskHandover};
use super::situation::{Decided, Decider};
use crate::absence::takers::nearby;
use crate::http::problem::Problem;
use crate::person::store::PersonRow;
use crate::plan::settings;
use crate::task::assignment::takers::{HeldMinutes, Takers};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Gives the tasks of the decider's area that the handover does not name and that would be open; those
/// that no one may take stay so, with the obstacle. The people of `excluded`, who leave or follow a manager by the
/// same call, get none, nor does the successor, whose tasks outside the new grid become open. Answers the minutes of
/// those who got tasks, before and after; an operator gives none.
///
/// # Errors
/// [`DbError`](crate::db::DbError).
pub(super) fn give(
    tx: &mut Tx<'_>,
    row: &PersonRow,
    (named, excluded, because): (&[TaskHandover], &BTreeSet<PersonId>, &'static str),
    decided: &mut Decided,
) -> Result<Vec<HeldMinutes>, Problem> {
    let Decider::Superior(principal) = decided.by else { return Ok(Vec::new()) };
    let (area, mut people) = nearby(tx, &principal, row)?;
    let successor = decided.decision.successor;
    people.retain(|id| *id != row.id && !excluded.contains(id) && successor != Some(*id));
    let named: BTreeSet<TaskId> = named.iter().map(|task| task.task_id).collect();
    let mut groups: BTreeMap<TaskId, Vec<TaskRow>> = BTreeMap::new();
    for task in &decided.rows {
        let is_open = decided.decision.tasks.get(&task.id) == Some(&Outcome::Opened(None));
        if is_open && !named.contains(&task.id) && principal.area.contains(&task.grid) {
            groups.entry(task.group()).or_default().push(task.clone());
        }
    }
    let visits: Vec<TaskRow> = groups.values().flatten().cloned().collect();
    let (settings, _) = settings::read(tx.read_unbatched(), row.district)?;
    let offer = |taker: &PersonRow| settings.weekly_offer(taker.role, taker.weekly_minutes.into());
    let mut takers = Takers::read(tx, area, &people, &visits, offer)?;
    for task in decided.rows.iter().filter(|task| named.contains(&task.id)) {
        if let Some(Outcome::Given(to)) = decided.decision.tasks.get(&task.id) {
            takers.count(task, *to)?;
        }
    }
    for group in groups.into_values() {
        let tasks: Vec<&TaskRow> = group.iter().collect();
        let given = takers.give(tx, &principal, &tasks, |task| about(task, because))?;
        let outcome =
            given.map_or_else(|broken| Outcome::Opened(Obstacle::of(&broken)), Outcome::Given);
        for task in group {
            decided.decision.tasks.insert(task.id, outcome);
            if matches!(outcome, Outcome::Given(_)) {
                decided.given.insert(task.id);
            }
        }
    }
    Ok(takers.loads())
}
