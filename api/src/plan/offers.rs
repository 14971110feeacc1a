//! Visits that a plan gave and that their people did not accept in time: they go on to others.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::order::PlanOrder;
use super::settings;
use super::store::{self, Given};
use crate::clock::{day, midnight};
use crate::db::DbError;
use crate::task;
use crate::task::{freed, release};
use crate::tx::Tx;

/// The maximum number of tasks in one transaction.
const BATCH: usize = 200;
/// The hours of the day that count: an offer of the night waits for the morning.
const HOURS: (TimeDelta, TimeDelta) = (TimeDelta::hours(8), TimeDelta::hours(20));

/// Opens up to a batch of visits that were not accepted in time, and records that plans give them to
/// other people; answers their number. What a person assigned, or pinned in the order of a plan,
/// stays.
///
/// # Errors
/// [`DbError`].
pub fn release_due(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let Some(minutes) = settings.accept_within_minutes else { return Ok(0) };
    let (within, now) = (TimeDelta::minutes(minutes.into()), tx.now);
    let offers = task::store::offers(tx.read()?, district)?;
    let plans: BTreeSet<PlanId> = offers.iter().map(|(_, plan)| *plan).collect();
    let plans: Vec<PlanId> = plans.into_iter().collect();
    let mut due: HashMap<PlanId, Given> = store::given(tx.read_unbatched(), district, &plans)?;
    due.retain(|_, given| accept_by(given.at, within) <= now);
    let mut by_hand: BTreeSet<TaskId> = BTreeSet::new();
    for given in due.values() {
        by_hand.extend(given.order.iter().flat_map(PlanOrder::pinned));
    }
    let is_due =
        |(task, plan): &(TaskId, PlanId)| due.contains_key(plan) && !by_hand.contains(task);
    let ids: Vec<TaskId> = offers.into_iter().filter(is_due).map(|(task, _)| task).collect();
    let ids = ids.get(..BATCH).unwrap_or(&ids);
    for row in task::store::rows(tx.read()?, district, ids)? {
        // Another server may have written an acceptance since the list was read.
        let is_offered = row.plan.is_some_and(|plan| due.contains_key(&plan));
        if row.state != Phase::Assigned || !is_offered {
            continue;
        }
        freed::refused(tx, &row)?;
        release::open(tx, &row, None, json!({ "because": "not_accepted", "was": row.state }))?;
    }
    Ok(ids.len())
}

/// Until when a visit given at this moment is accepted in time.
fn accept_by(given: DateTime<Utc>, within: TimeDelta) -> DateTime<Utc> {
    let mut left = within;
    for date in day(given).iter_days() {
        let (begins, ends) = (midnight(date) + HOURS.0, midnight(date) + HOURS.1);
        let from = given.max(begins);
        let hours = (ends - from).max(TimeDelta::zero());
        if left <= hours {
            return from + left;
        }
        left -= hours;
    }
    given + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(given: &str, minutes: i64) -> String {
        let at = |text: &str| -> DateTime<Utc> {
            format!("2026-11-{text}:00+08:00").parse().expect("a moment")
        };
        let end = accept_by(at(given), TimeDelta::minutes(minutes));
        end.with_timezone(&crate::clock::china()).format("%dT%H:%M").to_string()
    }

    #[test]
    fn only_the_hours_of_the_day_count() {
        assert_eq!(by("26T09:00", 60), "26T10:00");
        assert_eq!(by("26T02:00", 60), "26T09:00", "a plan of the night");
        assert_eq!(by("26T19:30", 60), "27T08:30");
        assert_eq!(by("26T22:00", 60), "27T09:00");
        assert_eq!(by("26T08:00", 720), "26T20:00");
        assert_eq!(by("26T08:00", 1_500), "28T09:00");
    }
}
