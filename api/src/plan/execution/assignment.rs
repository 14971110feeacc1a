//! Assigns the tasks of a plan's visits.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::secondment::SecondmentSpan;
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Transition};
use serde_json::json;

use super::moves;
use super::premises::{self, Premises};
use crate::availability::calendar::Calendar;
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::person::store::PersonRow;
use crate::plan::drafts::visit_store::VisitRow;
use crate::plan::model::{LeftBecause, LeftTask};
use crate::plan::plan_row::PlanRow;
use crate::secondment::store::SecondmentRow;
use crate::task::assignment::breach;
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::{Commitments, HeldVisit};
use crate::tx::Tx;
use crate::{person, secondment, task};

/// The assignments of some visits of a plan, and the tasks that are left as they are.
pub(in crate::plan) struct Assignments {
    /// The tasks before and after.
    next: Vec<(TaskRow, TaskRow)>,
    /// The tasks that are left, in the order of the visits.
    pub(in crate::plan) left: Vec<LeftTask>,
}

impl Assignments {
    /// What the visits would change now; tied visits are given together. `orders` number a person's
    /// visits of a day.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn of(
        tx: &mut Tx<'_>,
        plan: &PlanRow,
        visits: &[VisitRow],
        (orders, premises): (&HashMap<TaskId, i32>, &Premises),
    ) -> Result<Self, DbError> {
        let (mut facts, now) = (Facts::read(tx, plan, visits)?, tx.now);
        let mut stayed: HashSet<TaskId> = HashSet::new();
        loop {
            facts.overfull = premises.overfull(&stayed);
            let found = facts.assignments(plan, visits, (orders, premises), now)?;
            // What is left with its person takes the person's time and minutes, also those of other visits.
            let stays = |left: &LeftTask| facts.moving.contains(&left.task_id);
            let stay: HashSet<TaskId> =
                found.left.iter().filter(|left| stays(left)).map(|left| left.task_id).collect();
            if stay.is_empty() {
                return Ok(found);
            }
            facts.moving.retain(|task| !stay.contains(task));
            stayed.extend(stay);
        }
    }

    /// Queues the assignments, which are written together at the end of the transaction.
    pub(in crate::plan) fn write(self, tx: &mut Tx<'_>, plan: &PlanRow, by: Option<PersonId>) {
        for (task, next) in self.next {
            let (action, about) = match task.assignee {
                None => ("task.assign", json!({ "plan": plan.id })),
                Some(_) => ("task.reassign", json!({ "because": "plan_moved", "plan": plan.id })),
            };
            tx.record(
                Event::new(action, Subject::Task, task.id, next.grid, next.version)
                    .by(by)
                    .assignees(task.assignee, next.assignee)
                    .with(about),
            );
            tx.replace(&task, next);
        }
    }
}

/// The present rows of a draft's tasks and people, and the present grids of those who are active.
struct Facts {
    tasks: HashMap<TaskId, TaskRow>,
    /// Those of them that are tied, with the tasks to which they are tied.
    tied: Vec<TaskRow>,
    grids: HashMap<PersonId, AreaCode>,
    people: HashMap<PersonId, PersonRow>,
    seconded: Vec<SecondmentRow>,
    visitor_choices: VisitorChoices,
    commitments: Commitments,
    /// The tasks that the plan takes from their people.
    moving: HashSet<TaskId>,
    /// The tasks for which the weeks of the plan's people have no minutes left.
    overfull: HashSet<TaskId>,
}

impl Facts {
    fn read(tx: &mut Tx<'_>, row: &PlanRow, visits: &[VisitRow]) -> Result<Self, DbError> {
        let (district, plan) = (row.district, row.id);
        let going = visits.iter().filter_map(|visit| visit.person).collect();
        let ids: Vec<TaskId> = visits.iter().map(|visit| visit.task).collect();
        let grids = person::active::areas(tx.read()?, district, &going)?;
        let people = person::store::many(tx.read()?, district, &going)?;
        let days = visits.iter().filter_map(|visit| visit.day);
        let days = days.clone().min().zip(days.max());
        let (seconded, commitments) = match days {
            Some((first_day, last_day)) => {
                let days = SecondmentSpan { first_day, last_day };
                let conn = tx.read()?;
                let seconded = secondment::store::agreed(conn, district, days)?;
                let days = (first_day, last_day);
                (seconded, Commitments::read(conn, (district, Some(plan)), &going, days)?)
            }
            None => Default::default(),
        };
        let tasks = task::store::rows(tx.read()?, district, &ids)?;
        let ids = tasks.iter().filter_map(TaskRow::tie).map(|tie| tie.id).collect();
        let tied = task::assignment::tie::binding(tx.read()?, district, &ids)?;
        let homes: Vec<_> = tasks.iter().filter_map(|task| task.beneficiary).collect();
        let visitor_choices = visitors::of(tx.read()?, district, &homes)?;
        let tasks = tasks.into_iter().map(|row| (row.id, row)).collect();
        let moving = moves::pending(tx.read()?, row)?;
        // The plan has found the time for the ways to what it knew and does not move.
        let read_at = row.read_at()?;
        let is_known = |held: &HeldVisit| held.changed_at < read_at && !moving.contains(&held.task);
        let commitments = commitments.without_ways(is_known);
        let overfull = HashSet::new();
        Ok(Self {
            tasks,
            tied,
            grids,
            people,
            seconded,
            visitor_choices,
            commitments,
            moving,
            overfull,
        })
    }

    /// The assignments that are possible, if the plan takes the tasks in `moving` from their people.
    fn assignments(
        &self,
        plan: &PlanRow,
        visits: &[VisitRow],
        (orders, premises): (&HashMap<TaskId, i32>, &Premises),
        now: DateTime<Utc>,
    ) -> Result<Assignments, DbError> {
        let mut assignments = Vec::with_capacity(visits.len());
        let mut reasons = HashMap::new();
        for visit in visits {
            let order = orders.get(&visit.task).copied();
            let assignment = match self.possible(plan, premises, visit, now) {
                Ok((task, to)) => match self.hindrance(task, (to.person, visit))? {
                    None => assigned(plan, (task, to), (visit, order), now)?
                        .map(|next| (task, next))
                        .ok_or(LeftBecause::Changed),
                    Some(because) => Err(because),
                },
                Err(because) => Err(because),
            };
            match assignment {
                Ok(assignment) => assignments.push(assignment),
                Err(because) => drop(reasons.insert(visit.task, because)),
            }
        }
        for task in self.torn(&assignments, &reasons) {
            reasons.insert(task, LeftBecause::Tied);
        }
        let left = visits.iter().filter_map(|visit| {
            let (because, task) = (*reasons.get(&visit.task)?, self.tasks.get(&visit.task));
            Some(LeftTask::of(visit.task, because, (plan.id, visit.former_plan), task))
        });
        let left = left.collect();
        let kept = assignments.into_iter().filter(|(task, _)| !reasons.contains_key(&task.id));
        let next = kept.map(|(task, next)| (task.clone(), next)).collect();
        Ok(Assignments { next, left })
    }

    /// The assignments that would break a tie: without the second person, or to a person whom the
    /// present assignees of the tied tasks exclude.
    fn torn(
        &self,
        assignments: &[(&TaskRow, TaskRow)],
        left: &HashMap<TaskId, LeftBecause>,
    ) -> Vec<TaskId> {
        let next: HashMap<TaskId, &TaskRow> = assignments
            .iter()
            .filter(|(task, _)| !left.contains_key(&task.id))
            .map(|(task, next)| (task.id, next))
            .collect();
        let breaks = |row: &TaskRow| {
            let tied = self.tied.iter().filter(|other| other.tie_id == row.tie_id);
            let others = tied.filter(|other| other.id != row.id);
            let others = others.map(|other| next.get(&other.id).copied().unwrap_or(other));
            row.assignee.and_then(|person| breach::broken_tie(row, others, person)).is_some()
        };
        let broken = next.values().filter(|row| row.tie_id.is_some() && breaks(row));
        let broken: Vec<TaskId> = broken.map(|row| row.id).collect();
        broken.into_iter().chain(self.without_second_person(left)).collect()
    }

    /// The other tasks of visits by two people of which one task is left as it is.
    fn without_second_person(&self, left: &HashMap<TaskId, LeftBecause>) -> Vec<TaskId> {
        let torn: HashSet<TaskId> =
            left.keys().filter_map(|task| self.tasks.get(task)?.pair()).collect();
        let others = self.tasks.values().filter(|task| !left.contains_key(&task.id));
        let others = others.filter(|task| task.pair().is_some_and(|pair| torn.contains(&pair)));
        others.map(|task| task.id).collect()
    }

    /// The grid for which the person makes the visit: the own one, or that of the task if the person
    /// is seconded there on the day.
    fn grid(&self, plan: &PlanRow, task: &TaskRow, visit: &VisitRow) -> Option<AreaCode> {
        let (person, day) = (visit.person?, visit.day?);
        let own = self.grids.get(&person).copied().filter(|own| Some(*own) == visit.person_grid)?;
        let helps = |row: &SecondmentRow| {
            row.person == person
                && row.home == own
                && row.area.contains(&task.grid)
                && row.span().contains(day)
        };
        if plan.area.contains(&own) {
            Some(own)
        } else {
            self.seconded.iter().any(helps).then_some(task.grid)
        }
    }

    /// The task of the visit, and the person who may still have it; or why it is left.
    fn possible(
        &self,
        plan: &PlanRow,
        premises: &Premises,
        visit: &VisitRow,
        now: DateTime<Utc>,
    ) -> Result<(&TaskRow, Candidate), LeftBecause> {
        let task = self.tasks.get(&visit.task);
        let task = task.filter(|task| Some(task.version) == visit.task_version);
        let task = task.ok_or(LeftBecause::Changed)?;
        if premises::has_passed(visit, now) {
            return Err(LeftBecause::Passed);
        }
        let unavailable = LeftBecause::PersonUnavailable;
        let (person, grid) = visit.person.zip(self.grid(plan, task, visit)).ok_or(unavailable)?;
        let (row, calendar) = self.offer(person).ok_or(unavailable)?;
        let at = visit.day.zip(visit.start);
        if self.is_forbidden(task, person) || !premises.suits((row, calendar), task, at) {
            return Err(unavailable);
        }
        // Dispatch assigns only to the visitors it has read, so the role is a visitor's.
        Ok((task, Candidate { person, role: Role::Volunteer, grid }))
    }

    /// Why the person has no time for the visit, if so.
    fn hindrance(
        &self,
        task: &TaskRow,
        (person, visit): (PersonId, &VisitRow),
    ) -> Result<Option<LeftBecause>, DbError> {
        let time = visit.day.zip(visit.start);
        let timed = time.map(|time| self.commitments.visit(task, time)).transpose()?;
        let conflict =
            timed.and_then(|visit| self.commitments.conflict_besides(person, &visit, &self.moving));
        let no_minutes = || self.overfull.contains(&task.id).then_some(LeftBecause::NoMinutes);
        Ok(conflict.map(LeftBecause::from).or_else(no_minutes))
    }

    /// The person with the dated hours.
    fn offer(&self, person: PersonId) -> Option<(&PersonRow, &Calendar)> {
        self.people.get(&person).zip(self.commitments.calendar(person))
    }

    /// Whether the person must not visit the beneficiary of the task.
    fn is_forbidden(&self, task: &TaskRow, person: PersonId) -> bool {
        visitors::forbidden(&self.visitor_choices, task.beneficiary).contains(&person)
    }
}

/// The task of a visit after its assignment; `None` if its state does not permit it.
fn assigned(
    plan: &PlanRow,
    (task, to): (&TaskRow, Candidate),
    (visit, order): (&VisitRow, Option<i32>),
    now: DateTime<Utc>,
) -> Result<Option<TaskRow>, DbError> {
    let within = plan.area;
    let command = match visit.former_plan {
        None => AutomaticCommand::Assign { to, within },
        Some(_) => AutomaticCommand::Reassign { to, within },
    };
    let applied = life::apply_automatic(&task.life()?, &command, clock::day(now));
    let Ok(Transition::Changed(next)) = applied else { return Ok(None) };
    visit.given(task.moved(&next, now), order).map(Some)
}
