//! Plans tasks anew that lost their assignee: by a decline, a release, an absence, the end of a
//! person's work, a visit at which no one was at home, or an earlier visit that overruns; open tasks that
//! are or become urgent and due today or tomorrow; and, whatever the district does with these, visits that were
//! not accepted in time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::common;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use uuid::Uuid;

use super::replan_tries;
use crate::clock;
use crate::db::DbError;
use crate::plan::compute::computed::Request;
use crate::plan::drafts::draft::{self, Unordered};
use crate::plan::model::PlanOrigin;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::selection::{MOST_IDS, TaskSelection};
use crate::plan::request::span::Span;
use crate::plan::settings::{self, ReplanMode};
use crate::task;
use crate::task::assignment::freed;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The fewest and the most days in which a freed visit is planned, if its own days permit it.
const DAYS: (u64, u64) = (6, 13);
/// The last day of a plan, counted from its first.
const LAST: u64 = 30;

/// Puts one plan for each town with freed tasks into the queue, and one more if some of them go on to other
/// people while the others are only suggested; answers the number of plans. A plan of a town has everyone
/// whose help is usual; a suggestion is of the smallest area that suffices. All other tasks keep their
/// assignees and times, but for unaccepted visits in the grids of urgent tasks, which move where these would be
/// late or have no visitor otherwise: by a suggestion, or where the mode is `automatic`.
///
/// # Errors
/// [`DbError`].
pub fn enqueue(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    replan_tries::settle(tx, district)?;
    let most = i64::try_from(MOST_IDS).unwrap_or(i64::MAX);
    let today = clock::day(tx.now);
    let waiting = freed::waiting(tx.read_unbatched(), district, today, most)?;
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let mut over: BTreeSet<TaskId> = waiting.iter().map(|(task, _)| *task).collect();
    let planned = waiting
        .into_iter()
        .filter_map(|(task, goes_on)| Some((task, is_applied_at_once(settings.replan, goes_on)?)));
    let planned: BTreeMap<TaskId, bool> = planned.collect();
    let ids: Vec<TaskId> = planned.keys().copied().collect();
    let mut tasks: BTreeMap<(AreaCode, bool), Vec<TaskRow>> = BTreeMap::new();
    let rows = task::store::rows(tx.read()?, district, &ids)?;
    for row in rows.into_iter().filter(|row| row.state == Phase::Open) {
        over.remove(&row.id);
        if let Some(from) = waits_until(row.not_before, today) {
            freed::wait_until(tx.write_unbatched(), (district, row.id), from)?;
        } else {
            tasks.entry((town(&row), planned[&row.id])).or_default().push(row);
        }
    }
    let mut plans = 0;
    for ((town, is_applied_at_once), rows) in tasks {
        let ids: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
        let Some(order) = order(&rows, is_applied_at_once.then_some(town), today) else {
            over.extend(ids);
            continue;
        };
        let id = put(tx, order, is_applied_at_once)?;
        freed::give(tx.write_unbatched(), district, &ids, id)?;
        plans += 1;
    }
    freed::planned(tx.write_unbatched(), district, &over.into_iter().collect::<Vec<_>>())?;
    Ok(plans)
}

/// The town whose people can have the task.
pub(in crate::plan) fn town(row: &TaskRow) -> AreaCode {
    row.grid.ancestor(Level::Town).unwrap_or(row.district)
}

/// The order for these tasks by the people of the area, or of the smallest one around the tasks: where these
/// do not suffice, a suggestion has more. `None` if no plan can have the tasks on their days.
pub(in crate::plan) fn order(
    rows: &[TaskRow],
    area: Option<AreaCode>,
    today: NaiveDate,
) -> Option<PlanOrder> {
    let area = area.or_else(|| common(rows.iter().map(|row| row.grid)))?;
    let ids = rows.iter().map(|row| row.id).collect();
    let only = TaskSelection { ids, ..TaskSelection::default() };
    Some(PlanOrder { only, ..PlanOrder::of(area, span(rows, today)?) })
}

/// Puts a plan of the order into the queue.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn put(
    tx: &mut Tx<'_>,
    order: PlanOrder,
    is_applied_at_once: bool,
) -> Result<PlanId, DbError> {
    let id = PlanId(Uuid::now_v7());
    let request = Request { id, order, now: tx.now, by: None };
    let unordered = Unordered { origin: PlanOrigin::Replan, is_applied_at_once, night: None };
    draft::insert_unordered(tx, &request, unordered)?;
    Ok(id)
}

/// Whether the plan of a freed task is applied as soon as it is computed; `None`: the task stays open. A
/// visit that was not accepted in time goes on to another person in any case.
fn is_applied_at_once(replan: ReplanMode, goes_on: bool) -> Option<bool> {
    match replan {
        ReplanMode::Off if !goes_on => None,
        mode => Some(goes_on || mode == ReplanMode::Automatic),
    }
}

/// The day from which a task that is not possible before `not_before` can be planned, if that is
/// later than today.
pub(super) fn waits_until(not_before: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
    let from = not_before.checked_sub_days(Days::new(LAST))?;
    (from > today).then_some(from)
}

/// The days from today on in which the tasks are planned: at least a week, at most two weeks unless
/// a task is not possible earlier.
pub(in crate::plan) fn span(rows: &[TaskRow], today: NaiveDate) -> Option<Span> {
    let days = rows.iter().map(|row| (row.not_before, row.due_on));
    Span::new(today, last_day(days, today)).ok()
}

fn last_day(days: impl Iterator<Item = (NaiveDate, NaiveDate)>, today: NaiveDate) -> NaiveDate {
    let (least, most) = (today + Days::new(DAYS.0), today + Days::new(DAYS.1));
    let wanted = days.map(|(not_before, due)| due.min(most).max(not_before)).max();
    wanted.unwrap_or(least).clamp(least, today + Days::new(LAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(days: &[(&str, &str)]) -> String {
        let day = |text: &str| -> NaiveDate { text.parse().expect("a day") };
        let days = days.iter().map(|(from, due)| (day(from), day(due)));
        last_day(days, day("2026-12-01")).to_string()
    }

    #[test]
    fn freed_tasks_are_planned_in_a_week_or_two_if_their_days_permit_it() {
        assert_eq!(last(&[("2026-11-20", "2026-11-25")]), "2026-12-07", "overdue");
        assert_eq!(last(&[("2026-11-20", "2026-12-02")]), "2026-12-07");
        assert_eq!(last(&[("2026-11-20", "2026-12-10")]), "2026-12-10");
        assert_eq!(last(&[("2026-11-20", "2027-02-01")]), "2026-12-14");
        assert_eq!(last(&[("2026-12-20", "2027-02-01")]), "2026-12-20", "not possible earlier");
        assert_eq!(last(&[("2026-12-31", "2027-02-01")]), "2026-12-31", "the last possible day");
    }

    #[test]
    fn a_visit_that_was_not_accepted_goes_on_whatever_becomes_of_others() {
        use ReplanMode::{Automatic, Off, Suggest};
        let modes =
            |goes_on| [Off, Suggest, Automatic].map(|mode| is_applied_at_once(mode, goes_on));
        assert_eq!(modes(false), [None, Some(false), Some(true)]);
        assert_eq!(modes(true), [Some(true); 3]);
    }

    #[test]
    fn a_task_of_a_later_time_waits_until_a_plan_can_have_its_first_day() {
        let waits = |from: &str| {
            let day = |text: &str| -> NaiveDate { text.parse().expect("a day") };
            waits_until(day(from), day("2026-12-01")).map(|day| day.to_string())
        };
        assert_eq!(waits("2026-11-01"), None);
        assert_eq!(waits("2026-12-31"), None);
        assert_eq!(waits("2027-01-01").as_deref(), Some("2026-12-02"));
        assert_eq!(waits("2027-01-20").as_deref(), Some("2026-12-21"));
    }
}
