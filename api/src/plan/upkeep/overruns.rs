//! Visits that last longer than planned: the later ones of the same person and day that a plan gave and that
//! are not accepted yet are planned anew, or a plan that moves them is suggested, if the next one cannot be kept.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Timelike as _, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use serde_json::json;

use super::replan;
use crate::clock;
use crate::db::DbError;
use crate::plan::problem::movable;
use crate::plan::request::order::PlanOrder;
use crate::plan::settings::{self, ReplanMode};
use crate::plan::store;
use crate::task;
use crate::task::commands::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// A visit may begin this many minutes later than planned.
const TOLERANCE: u16 = 15;

/// Replans the visits of today that are not accepted and whose person is held up by a visit: in the mode
/// `automatic` opens and frees them, with `suggest` orders a draft that moves them, until whose application
/// they stay with the person. Answers the number of visits or of drafts. What is accepted stays, and so does
/// what a person assigned or pinned in the order of a plan.
///
/// # Errors
/// [`DbError`].
pub fn replan_later(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    match settings.replan {
        ReplanMode::Off => Ok(0),
        ReplanMode::Suggest => {
            let later = later(tx, district)?;
            suggest(tx, district, later)
        }
        ReplanMode::Automatic => {
            let later = later(tx, district)?;
            for row in &later {
                release::release(tx, row, None, json!({ "because": "overrun", "was": row.state }))?;
            }
            Ok(later.len())
        }
    }
}

/// Orders a draft for each town that moves those of the visits that plans gave, but for those for which one
/// was suggested today; answers the number of drafts.
fn suggest(tx: &mut Tx<'_>, district: AreaCode, mut later: Vec<TaskRow>) -> Result<usize, DbError> {
    if later.is_empty() {
        return Ok(0);
    }
    let today = clock::day(tx.now);
    let suggested = store::suggested_moves(tx.read_unbatched(), district, today)?;
    later.retain(|row| !suggested.contains(&row.id));
    let mut towns: BTreeMap<AreaCode, Vec<TaskRow>> = BTreeMap::new();
    for row in later {
        towns.entry(replan::town(&row)).or_default().push(row);
    }
    let (mut plans, now) = (0, tx.now);
    for rows in towns.into_values() {
        let Some(order) = replan::order(&rows, None, today) else { continue };
        let mut order = PlanOrder { move_unaccepted: true, ..order };
        let movable = movable::read(tx.read_unbatched(), &order, (&HashSet::new(), now), &rows)?;
        order.only.ids.retain(|task| movable.contains_key(task));
        if !order.only.ids.is_empty() {
            replan::put(tx, order, false)?;
            plans += 1;
        }
    }
    Ok(plans)
}

/// The visits of today that plans gave, that are not accepted, and that their people, who are held up, cannot
/// make in time.
fn later(tx: &mut Tx<'_>, district: AreaCode) -> Result<Vec<TaskRow>, DbError> {
    let now = tx.now;
    let (today, time) = (clock::day(now), time_of(now));
    let begun = task::store::timed(tx.read()?, district, today, &[Phase::InProgress], None)?;
    let held_up = begun.into_iter().filter(|row| overruns(row, time));
    let held_up: BTreeMap<PersonId, TaskRow> =
        held_up.filter_map(|row| Some((row.assignee?, row))).collect();
    if held_up.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<PersonId> = held_up.keys().copied().collect();
    let waiting = [Phase::Assigned, Phase::Accepted];
    let rows = task::store::timed(tx.read()?, district, today, &waiting, Some(&people))?;
    let mut later: BTreeMap<PersonId, Vec<TaskRow>> = BTreeMap::new();
    for row in rows {
        let begun = row.assignee.and_then(|person| held_up.get(&person));
        if let Some((person, begun)) = row.assignee.zip(begun)
            && row.planned_start > begun.planned_start
        {
            later.entry(person).or_default().push(row);
        }
    }
    later.retain(|_, rows| rows.first().is_some_and(|next| is_missed(next, time)));
    let mut later: Vec<TaskRow> = later.into_values().flatten().collect();
    // One of two people who go together is not replaced alone.
    later.retain(|row| {
        row.state == Phase::Assigned
            && movable::is_settled(row.updated_at, now)
            && row.pair().is_none()
    });
    let plans: BTreeSet<PlanId> = later.iter().filter_map(|row| row.plan).collect();
    let plans: Vec<PlanId> = plans.into_iter().collect();
    let given = store::given(tx.read_unbatched(), district, &plans)?;
    let pins = |plan: PlanId, task| given.get(&plan).is_some_and(|given| given.pins(task));
    later.retain(|row| row.plan.is_some_and(|plan| !pins(plan, row.id)));
    Ok(later)
}

/// The minutes of the day in the district.
fn time_of(now: DateTime<Utc>) -> u16 {
    let minutes = now.with_timezone(&clock::china()).num_seconds_from_midnight() / 60;
    u16::try_from(minutes).unwrap_or(u16::MAX)
}

/// The people among the assignees of `rows` who are still at a visit of today whose planned end is
/// over.
pub(in crate::plan) fn held_up(rows: &[TaskRow], now: DateTime<Utc>) -> BTreeSet<PersonId> {
    let (today, time) = (clock::day(now), time_of(now));
    let begun = rows.iter().filter(|row| {
        row.state == Phase::InProgress && row.planned_on == Some(today) && overruns(row, time)
    });
    begun.filter_map(|row| row.assignee).collect()
}

/// Whether the planned end of the visit, which has begun, is over.
fn overruns(row: &TaskRow, time: u16) -> bool {
    row.planned_start.is_some_and(|start| is_over(start, row.minutes.get(), time))
}

/// Whether a visit with this start and duration would have ended.
fn is_over(start: TimeOfDay, minutes: i32, time: u16) -> bool {
    let length = u16::try_from(minutes).unwrap_or(u16::MAX);
    start.minutes().saturating_add(length) < time
}

fn is_missed(next: &TaskRow, time: u16) -> bool {
    let travel = u16::try_from(next.planned_travel.unwrap_or_default()).unwrap_or_default();
    let begins_too_late = |start| is_too_late(start, travel, next.window_end, time);
    next.planned_start.is_some_and(begins_too_late)
}

/// Whether a person who leaves at this time begins a visit too late: after the tolerance, or after
/// its hours.
fn is_too_late(start: TimeOfDay, travel: u16, closes: Option<TimeOfDay>, time: u16) -> bool {
    let latest = start.minutes().saturating_add(TOLERANCE);
    let latest = closes.map_or(latest, |end| latest.min(end.minutes()));
    time.saturating_add(travel) > latest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u16, minute: u16) -> TimeOfDay {
        TimeOfDay::new(hour * 60 + minute).expect("a time")
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn the_time_is_that_of_the_district() {
        assert_eq!(time_of(moment("2026-11-28T16:00:59Z")), 0);
        assert_eq!(time_of(moment("2026-11-28T15:59:59Z")), 24 * 60 - 1);
    }

    #[test]
    fn a_visit_is_over_from_the_minute_after_its_planned_end() {
        assert!(!is_over(at(9, 0), 30, at(9, 30).minutes()));
        assert!(is_over(at(9, 0), 30, at(9, 31).minutes()));
        assert!(!is_over(at(23, 50), i32::MAX, at(23, 59).minutes()), "never");
    }

    #[test]
    fn a_visit_is_missed_after_a_quarter_of_an_hour() {
        assert!(!is_too_late(at(10, 0), 20, None, at(9, 55).minutes()));
        assert!(is_too_late(at(10, 0), 20, None, at(9, 56).minutes()));
    }

    #[test]
    fn a_visit_is_missed_when_its_hours_end_before_that() {
        let closes = Some(at(10, 5));
        assert!(!is_too_late(at(10, 0), 20, closes, at(9, 45).minutes()));
        assert!(is_too_late(at(10, 0), 20, closes, at(9, 46).minutes()));
    }
}
