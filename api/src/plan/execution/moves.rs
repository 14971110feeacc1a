//! Tasks that a plan moves from a visit that an earlier plan gave to another person, day or hour, and that
//! go back to it when the plan is undone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Phase, Transition};
use serde_json::json;

use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::schema::{plan_visits, plans, tasks};
use crate::db::{Conn, DbError, in_batches};
use crate::log::{Event, Subject};
use crate::person;
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::model::{LeftBecause, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::task::assignment::breach;
use crate::task::assignment::tie;
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Commitments;
use crate::tx::Tx;

/// The tasks that the plan is to move and that have not changed since it was computed.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn pending(
    conn: &mut Conn,
    plan: &PlanRow,
) -> Result<HashSet<TaskId>, DbError> {
    let unchanged = tasks::table
        .filter(tasks::district.eq(plan.district))
        .filter(tasks::id.eq(plan_visits::task))
        .filter(tasks::version.nullable().eq(plan_visits::task_version));
    let pending: Vec<TaskId> = plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .filter(plan_visits::former_plan.is_not_null())
        .filter(exists(unchanged))
        .select(plan_visits::task)
        .load(conn)?;
    Ok(pending.into_iter().collect())
}

/// The visits that tasks of a plan had before, by task.
pub(in crate::plan) struct Former {
    visits: HashMap<TaskId, FormerVisit>,
    hindered: HashMap<TaskId, LeftBecause>,
}

struct FormerVisit {
    visit: VisitRow,
    order: Option<i32>,
    /// The grid of the person, who is active there still.
    grid: Option<AreaCode>,
}

impl Former {
    /// The visits to which these unaccepted tasks of the plan go back: not those of plans that are undone
    /// themselves. `orders` number the visits of the earlier plans.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn read(
        tx: &mut Tx<'_>,
        plan: &PlanRow,
        given: &[(&TaskRow, &VisitRow)],
        orders: &HashMap<PlanId, HashMap<TaskId, i32>>,
    ) -> Result<Self, DbError> {
        let (conn, district) = (tx.read_unbatched(), plan.district);
        let moved = |(task, visit): &(&TaskRow, &VisitRow)| Some((visit.former_plan?, task.id));
        let mut moved: Vec<(PlanId, TaskId)> = given.iter().filter_map(moved).collect();
        let applied = applied(conn, district, moved.iter().map(|(plan, _)| *plan).collect())?;
        moved.retain(|(plan, _)| applied.contains(plan));
        let visits = visit_store::of_tasks(conn, district, &moved)?.into_iter();
        let visits = visits.map(|(task, visit)| {
            let order = orders.get(&visit.plan).and_then(|orders| orders.get(&task).copied());
            (task, FormerVisit { visit, order, grid: None })
        });
        let visits = visits.collect();
        let mut former = Self { visits, hindered: HashMap::new() };
        former.check(tx, plan, given)?;
        Ok(former)
    }

    /// Finds the visits that their people cannot have back: they have left the grid or are away, must not
    /// visit any longer, or have another visit then; and those that would break their tie.
    fn check(
        &mut self,
        tx: &mut Tx<'_>,
        plan: &PlanRow,
        given: &[(&TaskRow, &VisitRow)],
    ) -> Result<(), DbError> {
        let people: BTreeSet<PersonId> =
            self.visits.values().filter_map(|it| it.visit.person).collect();
        let days = self.visits.values().filter_map(|it| it.visit.day);
        let Some(days) = days.clone().min().zip(days.max()) else { return Ok(()) };
        let grids = person::active::areas(tx.read()?, plan.district, &people)?;
        for former in self.visits.values_mut() {
            let area = former.visit.person.and_then(|person| grids.get(&person).copied());
            former.grid = area.filter(|area| Some(*area) == former.visit.person_grid);
        }
        let homes: Vec<_> = given.iter().filter_map(|(task, _)| task.beneficiary).collect();
        let choices = visitors::of(tx.read()?, plan.district, &homes)?;
        let held = Commitments::read(tx.read()?, (plan.district, None), &people, days)?;
        // The plan that gave them had found the time for the ways to what was there before.
        let held = held.without_ways(|held| held.changed_at < plan.created_at);
        let facts = (&held, &choices, clock::day(tx.now));
        let tie_ids = given.iter().filter_map(|(task, _)| task.tie()).map(|tie| tie.id).collect();
        let tied = tie::binding(tx.read()?, plan.district, &tie_ids)?;
        let given: BTreeMap<TaskId, &TaskRow> =
            given.iter().map(|(task, _)| (task.id, *task)).collect();
        // What the plan gave is taken back too, but for the visits that stay where they are.
        let mut taken_back = unaccepted(tx.read()?, plan)?;
        loop {
            let hindrance = |task: &TaskRow| {
                let because = self.hindrance(task, facts, &taken_back)?;
                let is_torn = || self.is_torn(task, (&tied, &given));
                let because = because.or_else(|| is_torn().then_some(LeftBecause::Tied));
                Ok::<_, DbError>(because.map(|because| (task.id, because)))
            };
            let stay: Vec<(TaskId, LeftBecause)> = given
                .values()
                .filter(|task| !self.hindered.contains_key(&task.id))
                .filter_map(|task| hindrance(task).transpose())
                .collect::<Result<_, _>>()?;
            if stay.is_empty() {
                return Ok(());
            }
            for (task, because) in stay {
                taken_back.remove(&task);
                self.hindered.insert(task, because);
            }
        }
    }

    fn hindrance(
        &self,
        task: &TaskRow,
        (held, choices, today): (&Commitments, &VisitorChoices, NaiveDate),
        taken_back: &HashSet<TaskId>,
    ) -> Result<Option<LeftBecause>, DbError> {
        let Some(FormerVisit { visit, grid, .. }) = self.visits.get(&task.id) else {
            return Ok(None);
        };
        let (Some(person), Some(day), Some(start), Some(_)) =
            (visit.person, visit.day, visit.start, grid)
        else {
            return Ok(Some(LeftBecause::PersonUnavailable));
        };
        if visitors::forbidden(choices, task.beneficiary).contains(&person) {
            return Ok(Some(LeftBecause::PersonUnavailable));
        }
        // A day that has passed has no other visit and no absence in the way.
        if day < today {
            return Ok(None);
        }
        let visit = held.visit(task, (day, start))?;
        let conflict = held.conflict_besides(person, &visit, taken_back);
        Ok(conflict.map(LeftBecause::from))
    }

    /// Whether the visit to which the task goes back breaks its tie, with the other tasks as the undo leaves them.
    fn is_torn(
        &self,
        task: &TaskRow,
        (tied, given): (&[TaskRow], &BTreeMap<TaskId, &TaskRow>),
    ) -> bool {
        let Some(FormerVisit { visit, .. }) = self.visits.get(&task.id) else { return false };
        let others = tied.iter().filter(|other| other.tie_id == task.tie_id && other.id != task.id);
        let after = |other: &TaskRow| {
            if !given.contains_key(&other.id) || self.hindered.contains_key(&other.id) {
                return Some(other.clone());
            }
            // Without a former visit it is opened.
            let FormerVisit { visit, .. } = self.visits.get(&other.id)?;
            let (assignee, planned_on, planned_start) = (visit.person, visit.day, visit.start);
            Some(TaskRow { assignee, planned_on, planned_start, ..other.clone() })
        };
        let others: Vec<TaskRow> = others.filter_map(after).collect();
        let breaks = |person| breach::broken_tie(task, &others, person).is_some();
        let other_time = tie::time_of_other(task, &others);
        visit.person.is_some_and(breaks)
            || other_time.is_some_and(|time| Some(time) != visit.day.zip(visit.start))
    }

    /// Why the task cannot go back to the visit that it had before, if so.
    pub(in crate::plan) fn hindered(&self, task: TaskId) -> Option<LeftBecause> {
        self.hindered.get(&task).copied()
    }

    /// Gives the task back to the visit that it had before, as the decision of `by`; returns the new row.
    /// `None`: it had none, or the plan that gave it is undone.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn give_back(
        &self,
        tx: &mut Tx<'_>,
        (plan, task): (&PlanRow, &TaskRow),
        by: Option<PersonId>,
    ) -> Result<Option<TaskRow>, DbError> {
        let Some(FormerVisit { visit, order, grid }) = self.visits.get(&task.id) else {
            return Ok(None);
        };
        let Some((person, grid)) = visit.person.zip(*grid) else { return Ok(None) };
        let to = Candidate { person, role: Role::Volunteer, grid };
        let command = AutomaticCommand::Reassign { to, within: plan.district };
        let applied = life::apply_automatic(&task.life()?, &command, clock::day(tx.now));
        let Ok(Transition::Changed(next)) = applied else { return Ok(None) };
        let next = visit.given(task.moved(&next, tx.now), *order)?;
        tx.record(
            Event::new("task.reassign", Subject::Task, task.id, next.grid, next.version)
                .by(by)
                .assignees(task.assignee, next.assignee)
                .with(json!({ "because": "plan_undone", "plan": plan.id })),
        );
        tx.replace(task, next.clone());
        Ok(Some(next))
    }
}

/// Those of these plans that are applied.
fn applied(
    conn: &mut Conn,
    district: AreaCode,
    ids: BTreeSet<PlanId>,
) -> Result<BTreeSet<PlanId>, DbError> {
    let ids: Vec<PlanId> = ids.into_iter().collect();
    let applied: Vec<PlanId> = in_batches(&ids, |ids| {
        plans::table
            .filter(plans::district.eq(district))
            .filter(plans::id.eq_any(ids))
            .filter(plans::state.eq(PlanState::Applied))
            .select(plans::id)
            .load(conn)
    })?;
    Ok(applied.into_iter().collect())
}

/// The tasks that the plan gave and that are not accepted.
fn unaccepted(conn: &mut Conn, plan: &PlanRow) -> Result<HashSet<TaskId>, DbError> {
    let unaccepted: Vec<TaskId> = tasks::table
        .filter(tasks::district.eq(plan.district))
        .filter(tasks::plan.eq(plan.id))
        .filter(tasks::state.eq(Phase::Assigned))
        .select(tasks::id)
        .load(conn)?;
    Ok(unaccepted.into_iter().collect())
}
