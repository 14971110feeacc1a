//! The visits of the demo that wait: one for all regimes that want a visit of its kind, as a run of the night shares
//! them ([`VisitDays`]).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::regime::{Due, Rule, VisitDays};
use gridward_domain::task::Phase;

use super::visits::{Visit, Visits};
use crate::clock;
use crate::db::DbError;

/// A visit that waits.
struct WaitingVisit {
    visit: Visit,
    /// The rules of the regimes that await it, and the days of the member in their cycles.
    duties: Vec<(Rule, NaiveDate)>,
}

/// The visits that wait, by member and kind.
#[derive(Default)]
pub(super) struct Waiting(BTreeMap<(BeneficiaryId, KindCode), Vec<WaitingVisit>>);

impl Waiting {
    /// The task of the visit that is made for this one too, which is due earlier now if this one is; one that has an
    /// assignee is not made due earlier.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn share(
        &mut self,
        of: &Visits<'_>,
        member: BeneficiaryId,
        (rule, due): (&Rule, Due),
    ) -> Result<Option<TaskId>, DbError> {
        let waiting = self.0.get_mut(&(member, of.kind.code.clone()));
        for WaitingVisit { visit, duties } in waiting.into_iter().flatten() {
            let days = VisitDays { first: visit.task.not_before, last: visit.task.due_on };
            let last = days.shared((rule, due), duties, clock::day(of.now));
            let Some(last) = last else { continue };
            if last < days.last && visit.task.state != Phase::Open {
                continue;
            }
            visit.task = of.shared(&visit.task, last)?;
            duties.push((rule.clone(), due.slot));
            return Ok(Some(visit.task.id));
        }
        Ok(None)
    }

    /// Adds the visit that falls due to the member by the rule.
    pub(super) fn add(&mut self, visit: Visit, member: BeneficiaryId, (rule, due): (&Rule, Due)) {
        let duties = vec![(rule.clone(), due.slot)];
        let of_kind = self.0.entry((member, visit.task.kind.clone())).or_default();
        of_kind.push(WaitingVisit { visit, duties });
    }

    /// The visits.
    pub(super) fn into_visits(self) -> Vec<Visit> {
        self.0.into_values().flatten().map(|waiting| waiting.visit).collect()
    }
}
