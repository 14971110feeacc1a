//! Orders a draft for tasks that an absence or the departure of people has opened.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use uuid::Uuid;

use super::replan;
use crate::clock;
use crate::http::problem::Problem;
use crate::plan::compute::enqueue::enqueue;
use crate::plan::model::PlanOrigin;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::selection::{MOST_IDS, TaskSelection};
use crate::task;
use crate::task::assignment::freed;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Orders a draft of these tasks in the coming days; `None` if none of them is open and possible then. All
/// other tasks keep their assignees and times. Should the plan fail, the district's own have its tasks.
///
/// # Errors
/// As [`enqueue`].
pub fn order(
    tx: &mut Tx<'_>,
    principal: &Principal,
    released: &[TaskId],
) -> Result<Option<PlanId>, Problem> {
    let ids = &released[..released.len().min(MOST_IDS)];
    let mut rows = task::store::rows(tx.read()?, principal.district(), ids)?;
    let today = clock::day(tx.now);
    // Those of a later time wait for a plan that can have them.
    let is_possible = |row: &TaskRow| replan::waits_until(row.not_before, today).is_none();
    rows.retain(|row| row.state == Phase::Open && is_possible(row));
    let area = area(principal.area, rows.iter().map(|row| row.grid));
    // The own tasks elsewhere are for the people there.
    rows.retain(|row| area.contains(&row.grid));
    let span = replan::span(&rows, today);
    let Some(span) = span.filter(|_| !rows.is_empty()) else { return Ok(None) };
    let ids = rows.iter().map(|row| row.id).collect();
    let only = TaskSelection { ids, ..TaskSelection::default() };
    let order = PlanOrder { only, ..PlanOrder::of(area, span) };
    let id = PlanId(Uuid::now_v7());
    enqueue(tx, principal, (id, PlanOrigin::Released), &order)?;
    // Otherwise the district's own plan of freed tasks would have them too.
    freed::give(tx.write_unbatched(), principal.district(), &order.only.ids, id)?;
    Ok(Some(id))
}

/// The area whose people take over tasks in these grids: their town, or the district, within the
/// area of the principal.
fn area(own: AreaCode, grids: impl Iterator<Item = AreaCode>) -> AreaCode {
    let town = |grid: AreaCode| grid.ancestor(Level::Town).unwrap_or(grid);
    let mut towns: Vec<AreaCode> = grids.map(town).collect();
    towns.dedup();
    match towns.as_slice() {
        [town] if own.contains(town) => *town,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code")
    }

    #[test]
    fn tasks_of_one_town_are_planned_in_it_and_others_in_the_own_area() {
        let of = |own: &str, grids: &[&str]| area(code(own), grids.iter().map(|one| code(one)));
        let (first, second) = ("500116001001001", "500116001002003");
        assert_eq!(of("500116", &[first, second]), code("500116001"));
        assert_eq!(of("500116", &[first, "500116002001001"]), code("500116"));
        assert_eq!(of("500116001001", &[first]), code("500116001001"));
        assert_eq!(of("500116001", &[first, second]), code("500116001"));
    }
}
