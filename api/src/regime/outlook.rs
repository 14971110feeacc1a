//! The visits of a regime in the coming weeks.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use gridward_domain::id::TaskId;
use gridward_domain::range::OutlookWeeks;
use gridward_domain::regime::RegimeSubject;
use gridward_domain::task::Phase;

use super::members::{self, Reconciliation};
use super::model::{RegimeOutlook, RegimeWeek};
use super::store::RegimeRow;
use super::{candidates, occasion_days, occasion_visits};
use crate::audience::preview;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::store as tasks;

/// The visits of the regime from the day on, if each is made on its day; nothing is written.
///
/// # Errors
/// [`DbError`].
pub fn outlook(
    conn: &mut Conn,
    key: &SealingKey,
    regime: &RegimeRow,
    (today, weeks): (NaiveDate, OutlookWeeks),
) -> Result<RegimeOutlook, DbError> {
    // The weeks would tell the day of a person, also by the difference of two audiences. So no entry is
    // opened for them either.
    if regime.cadence()?.has_anchor() {
        let members = preview::count(conn, regime.area, &regime.filter()?, today)?;
        let (unassigned_visits, is_occasion_over, weeks) = (None, false, Vec::new());
        return Ok(RegimeOutlook { members, unassigned_visits, is_occasion_over, weeks });
    }
    let candidates = candidates::of(conn, key, regime, today)?;
    let known = members::all(conn, regime.district, regime.id)?;
    let Reconciliation { mut members, .. } = members::reconcile(regime, known, &candidates)?;
    let first_day = |week: u64| today + Days::new(7 * week);
    let mut weeks: Vec<RegimeWeek> = (0..u64::from(weeks))
        .map(|week| RegimeWeek { first_day: first_day(week), visits: 0 })
        .collect();
    let (rule, occasions) = (regime.rule()?, occasion_days::read(conn, regime, today)?);
    // The activation of an edited occasion forgets the days of the former one.
    if regime.feast.is_some() && !regime.is_approved() {
        for member in &mut members {
            member.slot = member.slot.filter(|slot| occasions.contains(slot));
        }
    }
    let last: Vec<TaskId> = members.iter().filter_map(|member| member.task).collect();
    // A round is no contact with a person, and a contact long before an occasion that was moved does not satisfy its
    // visit: the task alone tells that it was made.
    let made = if regime.subject == RegimeSubject::Memorials || regime.feast.is_some() {
        among(conn, regime, &last, Phase::Done)?
    } else {
        HashSet::new()
    };
    let made_before = occasion_visits::made(conn, regime, &members)?;
    let unassigned = if regime.assign_responsible {
        Some(count(among(conn, regime, &last, Phase::Open)?.len()))
    } else {
        None
    };
    for (member, candidate) in members.iter().zip(&candidates) {
        let mut days = candidate.days(member);
        let made = member.slot.filter(|_| member.task.is_some_and(|task| made.contains(&task)));
        let made = made.or_else(|| made_before.get(&member.beneficiary).copied());
        days.contact = days.contact.max(made);
        let mut from = today;
        // Each visit made on its day is the contact of the next.
        while let Some(visit) = rule.next(&days, &occasions, from) {
            let ahead = visit.due_on.signed_duration_since(today).num_days();
            let Some(week) = usize::try_from(ahead / 7).ok().and_then(|n| weeks.get_mut(n)) else {
                break;
            };
            // An occasion that has been moved since its visit was made has no second one.
            if made.is_none_or(|made| !rule.is_same_visit(made, visit.slot)) {
                week.visits += 1;
            }
            days.contact = Some(visit.due_on);
            from = visit.due_on + Days::new(1);
        }
    }
    Ok(RegimeOutlook {
        members: count(members.len()),
        unassigned_visits: unassigned,
        is_occasion_over: occasion_days::is_over(regime, &occasions, today),
        weeks,
    })
}

/// Those of the last visits of the members that are in the state.
fn among(
    conn: &mut Conn,
    regime: &RegimeRow,
    last: &[TaskId],
    state: Phase,
) -> Result<HashSet<TaskId>, DbError> {
    Ok(tasks::among(conn, regime.district, last, &[state])?.into_iter().collect())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
