//! Adds and withdraws an absence.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::{AbsenceId, TaskId};
use serde_json::json;
use uuid::Uuid;

use super::affected::{AbsenceEffect, TaskDays, effect};
use super::command::AddAbsence;
use super::model::{AddedAbsence, TaskDuringAbsence};
use super::{store, takers};
use crate::availability::edit::{changed, works_here};
use crate::availability::span::{Span, SpanError};
use crate::availability::store::AbsenceRow;
use crate::clock;
use crate::crypto::{SealingKey, aad};
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::CommandId;
use crate::log::{Event, Subject};
use crate::person::store::PersonRow;
use crate::plan::upkeep::after_release;
use crate::task;
use crate::task::assignment::takers::Takers;
use crate::task::commands::release::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The word in the events of tasks that an absence opens.
const BECAUSE: &str = "assignee_absent";

/// Adds an absence of the person of `row`, which is locked, and opens the affected tasks if the
/// command says so: one's own everywhere, a subordinate's within the principal's area. The absence
/// must not be over on the day `given_on` of the command.
///
/// # Errors
/// 409 for a person who left, and for an absence that overlaps another, with the days of the other; 403 as of
/// [`NewAbsence::check_rights`](super::model::NewAbsence::check_rights); 422.
pub fn add(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &PersonRow,
    AddAbsence { new, origin, is_check, .. }: &AddAbsence,
    given_on: NaiveDate,
) -> Result<AddedAbsence, Problem> {
    works_here(row)?;
    new.check_rights(principal)?;
    if new.plan && !new.release {
        return Err(Problem::invalid("/release", "must be true to plan the tasks for others"));
    }
    let today = clock::day(tx.now);
    let invalid = |error: SpanError| Problem::invalid(error.pointer(), error);
    let span = Span::new(new.first_day, new.last_day, new.window, given_on).map_err(invalid)?;
    if let Some(other) = store::overlapping(tx.read_unbatched(), row.district, row.id, &span)? {
        return Err(Problem::from(ProblemCode::AbsenceOverlaps).showing(&other.days()?));
    }
    let command = origin.id.as_ref().and_then(CommandId::uuid).map(AbsenceId);
    let id = match command {
        Some(id) if store::one(tx.read_unbatched(), row.district, row.id, id)?.is_none() => id,
        _ => AbsenceId(Uuid::now_v7()),
    };
    let seal = |note: &str| key.seal(&aad(row.district, "absences", id), note.as_bytes());
    let absence = AbsenceRow {
        district: row.district,
        person: row.id,
        id,
        first_day: span.first,
        last_day: span.last,
        window_start: span.window.map(|window| window.start()),
        window_end: span.window.map(|window| window.end()),
        reason: new.reason,
        sealed: new.note.as_ref().map(|note| seal(note.as_str())).transpose()?,
        created_by: principal.person,
        created_at: tx.now.naive_utc(),
        withdrawn_at: None,
    };
    let is_own = row.id == principal.person;
    let (mut tasks, mut tasks_elsewhere, mut freed) = (Vec::new(), 0, FreedTasks::default());
    let held = task::store::held_by(tx.read()?, row.district, row.id)?;
    let mut takers = takers::of(tx, principal, row, new, &held)?;
    for task in held {
        let Some(effect) = effect(&TaskDays::from(&task), &span, today, new.release) else {
            continue;
        };
        if !is_own && !principal.area.contains(&task.grid) {
            tasks_elsewhere += 1;
            continue;
        }
        tasks.push(TaskDuringAbsence {
            task_id: task.id,
            grid: task.grid,
            was: task.state,
            planned_on: task.planned_on,
            due_on: task.due_on,
            effect,
            person_id: None,
            breaches: BTreeSet::new(),
        });
        if effect == AbsenceEffect::Released {
            freed.add(tasks.len() - 1, task);
        }
    }
    for group in freed.groups() {
        hand_over(tx, principal, &group, (takers.as_mut(), &mut tasks))?;
    }
    store::insert(tx.write_unbatched(), &absence)?;
    let opened = tasks.iter().filter(|task| task.effect == AbsenceEffect::Released);
    let opened: Vec<TaskId> = opened.map(|task| task.task_id).collect();
    let given = tasks.iter().filter(|task| task.effect == AbsenceEffect::Given).count();
    let released = opened.len();
    let event = |version| {
        let about = json!({
            "absence": id, "first_day": span.first, "last_day": span.last, "released": released,
            "given": given,
        });
        Event::new("person.absence", Subject::Person, row.id, row.area, version).with(about)
    };
    changed(tx, principal, row.clone(), event)?;
    let plan_id =
        if new.plan && !is_check { after_release::order(tx, principal, &opened)? } else { None };
    let loads = takers.map(|takers| takers.loads()).unwrap_or_default();
    Ok(AddedAbsence { absence: absence.absence()?, tasks, tasks_elsewhere, loads, plan_id })
}

/// The tasks that an absence frees, each with its index among the affected ones.
#[derive(Default)]
struct FreedTasks(BTreeMap<TaskId, Vec<(usize, TaskRow)>>);

impl FreedTasks {
    fn add(&mut self, index: usize, task: TaskRow) {
        self.0.entry(task.group()).or_default().push((index, task));
    }

    /// The tasks that one person gets together.
    fn groups(self) -> impl Iterator<Item = Vec<(usize, TaskRow)>> {
        self.0.into_values()
    }
}

/// Gives the tasks of a group to one of those who take over, or opens them.
fn hand_over(
    tx: &mut Tx<'_>,
    principal: &Principal,
    group: &[(usize, TaskRow)],
    (takers, tasks): (Option<&mut Takers>, &mut [TaskDuringAbsence]),
) -> Result<(), Problem> {
    let about = |task: &TaskRow| json!({ "because": BECAUSE, "was": task.state });
    if let Some(takers) = takers {
        let freed: Vec<&TaskRow> = group.iter().map(|(_, task)| task).collect();
        let given = takers.give(tx, principal, &freed, about)?;
        for (index, _) in group {
            let during = &mut tasks[*index];
            match &given {
                Ok(to) => (during.effect, during.person_id) = (AbsenceEffect::Given, Some(*to)),
                Err(breaches) => during.breaches.clone_from(breaches),
            }
        }
        if given.is_ok() {
            return Ok(());
        }
    }
    for (_, task) in group {
        release(tx, task, Some(principal.person), about(task))?;
    }
    Ok(())
}

/// Withdraws the absence, unless it was over on the day `given_on` of the command; the answer is the
/// same for one that was withdrawn before.
///
/// # Errors
/// 404; 409 for an absence that is over.
pub fn withdraw(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &PersonRow,
    id: AbsenceId,
    given_on: NaiveDate,
) -> Result<(), Problem> {
    let absence = store::one(tx.read_unbatched(), row.district, row.id, id)?;
    let absence = absence.ok_or_else(Problem::not_found)?;
    if absence.withdrawn_at.is_some() {
        return Ok(());
    }
    if absence.last_day < given_on {
        return Err(Problem::from(ProblemCode::AbsenceOver).showing(&absence.days()?));
    }
    let now = tx.now;
    store::withdraw(tx.write_unbatched(), &absence, now)?;
    let event = |version| {
        Event::new("person.absence_withdraw", Subject::Person, row.id, row.area, version)
            .with(json!({ "absence": id }))
    };
    changed(tx, principal, row.clone(), event)?;
    Ok(())
}
