//! The visits that plans gave, whose day has passed and which their people never accepted: a plan gives them
//! anew, as it does open tasks. They take no place from any person, since their day is gone. Visits that a
//! person accepted, started, assigned, rescheduled or pinned in the order of a plan stay as they are.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use gridward_domain::task::Phase;

use super::movable;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;

/// How long visits of a day wait for their reports: one that was made without a network is reported on the next
/// morning.
const REPORTED_WITHIN: TimeDelta = TimeDelta::hours(12);

/// The day before which visits have passed for a plan that is computed at `now`. Without an order by a person those
/// of yesterday have not until noon: their reports may come until then.
pub(in crate::plan) fn before(now: DateTime<Utc>, is_ordered: bool) -> NaiveDate {
    clock::day(if is_ordered { now } else { now - REPORTED_WITHIN })
}

/// Whether a visit in this state, planned for this day, was not accepted before `before`.
pub(in crate::plan) fn has_passed(
    (state, planned_on): (Phase, Option<NaiveDate>),
    before: NaiveDate,
) -> bool {
    state == Phase::Assigned && planned_on.is_some_and(|day| day < before)
}

/// Those of `tasks` that are such visits of the area, planned for days before `before`, whatever an order selects;
/// `tied` are more tasks that are tied to these.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn read(
    conn: &mut Conn,
    area: AreaCode,
    before: NaiveDate,
    (tasks, tied): (&[TaskRow], &[TaskRow]),
) -> Result<HashSet<TaskId>, DbError> {
    let is_over = |task: &&TaskRow| {
        has_passed((task.state, task.planned_on), before)
            && task.plan.is_some()
            && area.contains(&task.grid)
    };
    let over: HashMap<TaskId, &TaskRow> =
        tasks.iter().filter(is_over).map(|task| (task.id, task)).collect();
    if over.is_empty() {
        return Ok(HashSet::new());
    }
    let given = movable::given(conn, area.district(), &over)?;
    let missed = given.into_iter().map(|visit| visit.task).collect();
    Ok(without_torn(missed, tasks.iter().chain(tied)))
}

/// The missed visits without those by two people of which the other person holds the other task: one of two
/// who go together is not replaced alone.
fn without_torn<'r>(
    mut missed: HashSet<TaskId>,
    tasks: impl Iterator<Item = &'r TaskRow> + Clone,
) -> HashSet<TaskId> {
    let is_held = |task: &&TaskRow| {
        Phase::UNFINISHED_ASSIGNED.contains(&task.state) && !missed.contains(&task.id)
    };
    let held: HashSet<TaskId> = tasks.clone().filter(is_held).filter_map(TaskRow::pair).collect();
    let is_torn = |task: &&TaskRow| task.pair().is_some_and(|pair| held.contains(&pair));
    for task in tasks.filter(is_torn) {
        missed.remove(&task.id);
    }
    missed
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PersonId;
    use gridward_domain::place::Place;
    use uuid::Uuid;

    use super::*;
    use crate::task::assignment::task_tie::{TaskTie, TieType};
    use crate::task::row::Draft;

    fn id(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    /// A visit with an assignee, one of two tasks of the visit of this number.
    fn half(number: u128, pair: u128, state: Phase) -> TaskRow {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let draft = Draft {
            id: id(number),
            grid: "500116001002001".parse().expect("a code"),
            beneficiary: None,
            place: Place::new(29.0, 106.0).expect("a place"),
            not_before: day,
            due_on: day,
            window: None,
            by: None,
            origin: None,
        };
        let kind = &crate::catalogue::defaults::kinds()[0];
        let row = TaskRow::open(&draft, kind, Utc::now());
        let assignee = (state != Phase::Open).then_some(PersonId(Uuid::from_u128(number)));
        TaskRow { state, assignee, ..row }
            .tied(TaskTie { r#type: TieType::TwoPeople, id: id(pair) })
    }

    #[test]
    fn visits_of_yesterday_have_passed_only_for_plans_that_a_person_orders_until_noon() {
        let before = |time: &str, is_ordered| {
            let now: DateTime<chrono::FixedOffset> =
                format!("2026-12-{time}:00+08:00").parse().expect("a time");
            before(now.to_utc(), is_ordered).to_string()
        };
        for time in ["01T00:00", "01T02:00", "01T11:59"] {
            assert_eq!(before(time, true), "2026-12-01", "{time}");
            assert_eq!(before(time, false), "2026-11-30", "{time}");
        }
        // The plan of an evening, also one that a server makes after midnight.
        for time in ["01T12:00", "01T23:00", "02T02:59"] {
            assert_eq!(before(time, false), "2026-12-01", "{time}");
        }
        assert_eq!(before("01T23:00", true), "2026-12-01");
    }

    #[test]
    fn a_visit_has_passed_when_its_day_has_and_it_was_not_accepted() {
        let day = |of| NaiveDate::from_ymd_opt(2026, 12, of);
        let before = day(2).expect("a day");
        assert!(has_passed((Phase::Assigned, day(1)), before));
        assert!(!has_passed((Phase::Assigned, day(2)), before));
        assert!(!has_passed((Phase::Assigned, None), before));
        for state in [Phase::Accepted, Phase::InProgress, Phase::Done] {
            assert!(!has_passed((state, day(1)), before), "{state:?}");
        }
    }

    #[test]
    fn a_visit_by_two_people_is_planned_anew_for_both_or_for_neither() {
        let tasks = [
            half(1, 1, Phase::Assigned),
            half(2, 1, Phase::Assigned),
            half(3, 3, Phase::Assigned),
            half(4, 3, Phase::Accepted),
            half(5, 5, Phase::Assigned),
            half(6, 5, Phase::Open),
        ];
        let missed = HashSet::from([1, 2, 3, 5].map(id));
        let anew = without_torn(missed, tasks.iter());
        assert_eq!(anew, HashSet::from([1, 2, 5].map(id)), "the second visit is accepted by one");
    }
}
