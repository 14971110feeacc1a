//! Spreads the tasks of a person who leaves over the village, as at an absence: each goes to the person
//! with the most minutes left in its week.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, TaskId};

use super::ASSIGNEE_LEFT;
use super::apply::about;
use super::decide::Outcome;
use super::model::Departure;
use super::situation::Decided;
use crate::absence::takers::nearby;
use crate::http::problem::Problem;
use crate::person::store::PersonRow;
use crate::task::row::TaskRow;
use crate::task::takers::{HeldMinutes, Takers};
use crate::task::task_tie::TieType;
use crate::tx::Tx;

/// Gives the tasks of the principal's area that the departure does not name and that would be open; those
/// that no one may take stay so. The `leavers`, who leave by the same call, get none. Answers the minutes of
/// those who got tasks, before and after.
///
/// # Errors
/// [`DbError`](crate::db::DbError).
pub(super) fn give(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &PersonRow,
    (departure, leavers): (&Departure, &BTreeSet<PersonId>),
    decided: &mut Decided,
) -> Result<Vec<HeldMinutes>, Problem> {
    let (area, mut people) = nearby(tx, principal, row)?;
    people.retain(|id| *id != row.id && !leavers.contains(id));
    let named: BTreeSet<TaskId> = departure.tasks.iter().map(|task| task.task_id).collect();
    let mut groups: BTreeMap<TaskId, Vec<TaskRow>> = BTreeMap::new();
    for task in &decided.rows {
        let is_open = decided.decision.tasks.get(&task.id) == Some(&Outcome::Opened(None));
        if is_open && !named.contains(&task.id) && principal.area.contains(&task.grid) {
            let tie = task.tie().filter(|tie| tie.r#type == TieType::SamePerson);
            groups.entry(tie.map_or(task.id, |tie| tie.id)).or_default().push(task.clone());
        }
    }
    let visits: Vec<TaskRow> = groups.values().flatten().cloned().collect();
    let mut takers = Takers::read(tx, area, &people, &visits)?;
    for group in groups.into_values() {
        let tasks: Vec<&TaskRow> = group.iter().collect();
        let given = takers.give(tx, principal, &tasks, |task| about(task, ASSIGNEE_LEFT))?;
        let Ok(to) = given else { continue };
        for task in group {
            decided.decision.tasks.insert(task.id, Outcome::Given(to));
            decided.given.insert(task.id);
        }
    }
    Ok(takers.loads())
}
