//! Visits of the same kind that other regimes have prepared for a member and that are still to be made: one visit is
//! made for all ([`gridward_domain::regime::VisitDays`]).

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::id::{BeneficiaryId, RegimeId, TaskId};
use gridward_domain::regime::{Due, Rule, VisitDays};
use gridward_domain::task::{AutomaticCommand, Phase};
use serde_json::json;

use super::members::{self, MemberRow};
use super::store::{self, RegimeRow};
use crate::clock;
use crate::db::DbError;
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{Step, write};
use crate::task::row::TaskRow;
use crate::task::store as tasks;
use crate::tx::Tx;

/// A visit that other regimes await.
struct SharedVisit {
    task: TaskRow,
    /// The rules of these regimes, and the days of the member in their cycles; none if one of the rules cannot be read.
    duties: Option<Vec<(Rule, NaiveDate)>>,
}

/// The visits that other regimes await, by member.
pub(super) struct SharedVisits(HashMap<BeneficiaryId, Vec<SharedVisit>>);

impl SharedVisits {
    /// Those of these members that have the kind of the regime.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        tx: &mut Tx<'_>,
        regime: &RegimeRow,
        ids: &[BeneficiaryId],
    ) -> Result<Self, DbError> {
        let conn = tx.read()?;
        let mut others: HashMap<TaskId, Vec<MemberRow>> = HashMap::new();
        for member in members::with_visits(conn, regime.district, ids)? {
            if let Some(task) = member.task.filter(|_| member.regime != regime.id) {
                others.entry(task).or_default().push(member);
            }
        }
        let mut visits: HashMap<BeneficiaryId, Vec<SharedVisit>> = HashMap::new();
        if others.is_empty() {
            return Ok(Self(visits));
        }
        let mut rules: HashMap<RegimeId, Rule> = HashMap::new();
        for other in store::all(conn, regime.district)? {
            // One that cannot be read holds up no other.
            if let Ok(rule) = other.rule() {
                rules.insert(other.id, rule);
            }
        }
        let ids: Vec<TaskId> = others.keys().copied().collect();
        let mut rows = tasks::rows(conn, regime.district, &ids)?;
        rows.retain(|row| row.kind == regime.kind && Phase::UNFINISHED.contains(&row.state));
        for task in rows {
            let Some(of_task) = others.remove(&task.id) else { continue };
            let Some(member) = of_task.first().map(|member| member.beneficiary) else { continue };
            let duty = |other: &MemberRow| rules.get(&other.regime).cloned().zip(other.slot);
            let duties = of_task.iter().map(duty).collect();
            visits.entry(member).or_default().push(SharedVisit { task, duties });
        }
        Ok(Self(visits))
    }

    /// The visit that is made for this one too, which is due earlier now if this one is, and whether it was open as it
    /// had been created: no person has decided about it. One that has an assignee is not made due earlier, nor one
    /// whose duties are not all known: another visit is made then.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn share(
        &self,
        tx: &mut Tx<'_>,
        member: BeneficiaryId,
        (rule, due): (&Rule, Due),
    ) -> Result<Option<(TaskRow, bool)>, DbError> {
        let today = clock::day(tx.now);
        for SharedVisit { task, duties } in self.0.get(&member).into_iter().flatten() {
            let (days, others) = (visit_days(task, today), duties.as_deref().unwrap_or_default());
            let Some(last) = days.shared((rule, due), others, today) else { continue };
            let is_earlier = last < days.last;
            if is_earlier && (task.state != Phase::Open || duties.is_none()) {
                continue;
            }
            let is_untouched = task.state == Phase::Open && task.version == 1;
            let task = if is_earlier { bring_forward(tx, task, last)? } else { task.clone() };
            return Ok(Some((task, is_untouched)));
        }
        Ok(None)
    }
}

/// The days on which the visit may be made: one that is under way or planned is made on its day.
fn visit_days(task: &TaskRow, today: NaiveDate) -> VisitDays {
    let is_under_way = task.state == Phase::InProgress;
    let day = if is_under_way { Some(today) } else { task.planned_on };
    VisitDays { first: day.unwrap_or(task.not_before).max(today), last: day.unwrap_or(task.due_on) }
}

/// The visit, which is neither planned nor under way, due by this day.
fn bring_forward(tx: &mut Tx<'_>, row: &TaskRow, due_on: NaiveDate) -> Result<TaskRow, DbError> {
    let command = AutomaticCommand::BringForward { due_on };
    let step = Step::automatic(row, &command, clock::day(tx.now))?;
    let Some(step) = step else { return Ok(row.clone()) };
    let event = step.event().with(json!({ "because": "due_earlier" }));
    write(tx, &step, NewTimes::default(), event)
}
