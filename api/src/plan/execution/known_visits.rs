//! The visits that people hold when a draft is applied and already had when it was computed, although their
//! tasks have changed since: they were accepted, started, reported or edited.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use gridward_domain::id::{PersonId, PlanId, TaskId};

use crate::db::{Conn, DbError};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::plan_row::PlanRow;
use crate::plan::request::span::monday_of;
use crate::plan::store;

/// The person and the day of tasks in the data from which a draft was computed.
pub(super) struct KnownVisits(HashMap<TaskId, (Option<PersonId>, Option<NaiveDate>)>);

impl KnownVisits {
    /// The visits of the tasks in `changed`, each with the plan that gave it, if any. A draft has a visit of each
    /// task that it considered; of the others, a plan that was applied before `read_at` gave the visit. A visit that
    /// neither names, such as a claimed one, is not known: its change may be the claim.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        (draft, read_at): (&PlanRow, NaiveDateTime),
        changed: &[(TaskId, Option<PlanId>)],
    ) -> Result<Self, DbError> {
        let district = draft.district;
        let of_draft: Vec<(PlanId, TaskId)> =
            changed.iter().map(|(task, _)| (draft.id, *task)).collect();
        let mut visits = visit_store::of_tasks(conn, district, &of_draft)?;
        let others = changed.iter().filter(|(task, _)| !visits.contains_key(task));
        let mut given: Vec<(PlanId, TaskId)> =
            others.filter_map(|(task, plan)| Some(((*plan)?, *task))).collect();
        let plans: BTreeSet<PlanId> = given.iter().map(|(plan, _)| *plan).collect();
        let plans = store::given(conn, district, &plans.into_iter().collect::<Vec<_>>())?;
        given.retain(|(id, _)| plans.get(id).is_some_and(|plan| plan.at.naive_utc() < read_at));
        visits.extend(visit_store::of_tasks(conn, district, &given)?);
        let known = |(task, VisitRow { person, day, .. })| (task, (person, day));
        Ok(Self(visits.into_iter().map(known).collect()))
    }

    /// Whether the person had the task in the week of this day; without a day, in any week.
    pub(super) fn has(&self, task: TaskId, person: PersonId, day: Option<NaiveDate>) -> bool {
        let Some((had_by, had_on)) = self.0.get(&task) else { return false };
        let is_in_week = |day| had_on.is_some_and(|had_on| monday_of(had_on) == monday_of(day));
        *had_by == Some(person) && day.is_none_or(is_in_week)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_visit_is_known_to_its_person_in_its_week() {
        let day = |day: &str| day.parse::<NaiveDate>().expect("a day");
        let [task, unserved, other] = [1, 2, 3].map(|n| TaskId(Uuid::from_u128(n)));
        let [person, another] = [1, 2].map(|n| PersonId(Uuid::from_u128(n)));
        let tuesday = day("2026-12-08");
        let visits = [(task, (Some(person), Some(tuesday))), (unserved, (None, None))];
        let known = KnownVisits(visits.into());
        assert!(known.has(task, person, Some(tuesday)));
        assert!(known.has(task, person, Some(day("2026-12-13"))), "later in the week");
        assert!(known.has(task, person, None));
        assert!(!known.has(task, person, Some(day("2026-12-14"))), "in the next week");
        assert!(!known.has(task, another, Some(tuesday)));
        assert!(!known.has(unserved, person, Some(tuesday)));
        assert!(!known.has(other, person, None));
    }
}
