//! Unfinished tasks follow the changes of a load: the home and the grid of the
//! beneficiary, and the assignee. This module reads the rows, applies an automatic
//! command to each and writes the result with its event.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::{AutomaticCommand, Phase};
use serde_json::json;

use super::record::{BeneficiaryRecord, PersonRecord};
use super::report::Fate;
use super::step::Step;
use crate::beneficiary::{EndCause, ends};
use crate::clock;
use crate::db::schema::{beneficiaries, people, tasks};
use crate::db::{DbError, in_batches};
use crate::handover::ASSIGNEE_MOVED;
use crate::handover::decide::{Position, stays};
use crate::log::Event;
use crate::person::{PersonState, Role};
use crate::task;
use crate::task::assignment::freed;
use crate::task::beneficiary::of_beneficiary;
use crate::task::commands::transition;
use crate::task::row::TaskRow;

/// The records of beneficiaries by their ids.
type Homes<'a> = HashMap<BeneficiaryId, &'a BeneficiaryRecord>;

/// Moves the unfinished tasks of beneficiaries to their present grid and home, including
/// those that an earlier, interrupted load did not move.
pub(super) fn move_with_beneficiaries(
    step: &mut Step<'_>,
    records: &[BeneficiaryRecord],
) -> Result<(), DbError> {
    let homes: Homes<'_> = records.iter().map(|record| (record.id, record)).collect();
    let ids = misplaced(step, &homes)?;
    let rows = task::store::rows(step.conn, step.district, &ids)?;
    let grids = grids_of_assignees(step, &rows)?;
    let (mut moved, mut opened) = (Vec::new(), Vec::new());
    for row in &rows {
        let Some(home) = home(&homes, row.beneficiary) else { continue };
        let assignee_works_there = row.assignee.and_then(|id| grids.get(&id)) == Some(&home.grid);
        let command = AutomaticCommand::Move { to: home.grid, assignee_works_there };
        let change = transition(row, &command, step)?;
        let is_opened = change.after.state != change.before.state;
        let event = change
            .event()
            .moved_from(change.before.grid)
            .with(json!({ "because": "beneficiary_moved", "opened": is_opened }));
        let next = placed(row.moved(&change.after, step.now), home.grid, home.place);
        write(step, row, &next, event)?;
        moved.push(row.id);
        opened.extend(is_opened.then_some(row.id));
    }
    step.loaded.note(Fate::Moved, moved);
    step.loaded.note(Fate::Opened, opened);
    Ok(())
}

/// The record of a task's beneficiary.
fn home<'a>(
    homes: &Homes<'a>,
    beneficiary: Option<BeneficiaryId>,
) -> Option<&'a BeneficiaryRecord> {
    homes.get(&beneficiary?).copied()
}

fn placed(row: TaskRow, grid: AreaCode, place: Place) -> TaskRow {
    TaskRow { grid, lat: place.lat(), lon: place.lon(), ..row }
}

/// The ids of unfinished tasks whose grid or place is not that of their beneficiary.
fn misplaced(step: &mut Step<'_>, homes: &Homes<'_>) -> Result<Vec<TaskId>, DbError> {
    type Location = (TaskId, Option<BeneficiaryId>, AreaCode, f64, f64);
    // The visits of a temporary stay are placed by its days.
    let staying: Vec<BeneficiaryId> = beneficiaries::table
        .filter(beneficiaries::district.eq(step.district))
        .filter(beneficiaries::stay_to.is_not_null())
        .select(beneficiaries::id)
        .load(step.conn)?;
    let staying: HashSet<BeneficiaryId> = staying.into_iter().collect();
    let live: Vec<Location> = tasks::table
        .filter(tasks::district.eq(step.district))
        .filter(tasks::state.eq_any(Phase::UNFINISHED))
        .filter(tasks::beneficiary.is_not_null())
        .select((tasks::id, tasks::beneficiary, tasks::grid, tasks::lat, tasks::lon))
        .load(step.conn)?;
    let mut ids = Vec::new();
    for (id, beneficiary, grid, lat, lon) in live {
        let Some(home) = home(homes, beneficiary) else { continue };
        if staying.contains(&home.id) {
            continue;
        }
        if home.grid != grid || Place::new(lat, lon) != Ok(home.place) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The grids of those assignees of `rows` that are active and may visit.
fn grids_of_assignees(
    step: &mut Step<'_>,
    rows: &[TaskRow],
) -> Result<HashMap<PersonId, AreaCode>, DbError> {
    let assignees: HashSet<PersonId> = rows.iter().filter_map(|row| row.assignee).collect();
    let assignees: Vec<PersonId> = assignees.into_iter().collect();
    let grids = in_batches(&assignees, |ids| {
        people::table
            .filter(people::district.eq(step.district))
            .filter(people::id.eq_any(ids))
            .filter(people::state.eq(PersonState::Active))
            .filter(people::role.eq_any(Role::VISITORS))
            .select((people::id, people::area))
            .load(step.conn)
    })?;
    Ok(grids.into_iter().collect())
}

/// Opens the tasks of these people, who may no longer do them; returns the people who had any.
pub(super) fn release_of(
    step: &mut Step<'_>,
    people: &[PersonId],
    because: &'static str,
) -> Result<BTreeSet<PersonId>, DbError> {
    let assigned = assigned_to(step, people)?;
    release(step, &assigned, because)
}

/// The present areas of the people with unfinished tasks.
pub(super) fn areas_of_assignees(
    step: &mut Step<'_>,
) -> Result<HashMap<PersonId, AreaCode>, DbError> {
    let busy: Vec<Option<PersonId>> = tasks::table
        .filter(tasks::district.eq(step.district))
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .select(tasks::assignee)
        .distinct()
        .load(step.conn)?;
    let busy: Vec<PersonId> = busy.into_iter().flatten().collect();
    let areas = in_batches(&busy, |ids| {
        people::table
            .filter(people::district.eq(step.district))
            .filter(people::id.eq_any(ids))
            .select((people::id, people::area))
            .load(step.conn)
    })?;
    Ok(areas.into_iter().collect())
}

/// Opens the tasks outside the new area of visitors whose area was another one `before`; a visit
/// that has started stays.
pub(super) fn release_outside(
    step: &mut Step<'_>,
    people: &[PersonRecord],
    before: &HashMap<PersonId, AreaCode>,
) -> Result<(), DbError> {
    let moved = people.iter().filter(|one| {
        let area = before.get(&one.id);
        one.role.visits() && area.is_some_and(|area| *area != one.area)
    });
    let moved: HashMap<PersonId, Position> =
        moved.map(|one| (one.id, Position { role: one.role, area: one.area })).collect();
    let ids: Vec<PersonId> = moved.keys().copied().collect();
    let mut outside = assigned_to(step, &ids)?;
    outside.retain(|row| {
        let after = row.assignee.and_then(|id| moved.get(&id));
        after.is_some_and(|after| !stays(*after, &row.grid, row.state))
    });
    let had_tasks = release(step, &outside, ASSIGNEE_MOVED)?;
    step.loaded.note(Fate::MovedWithTasks, had_tasks);
    Ok(())
}

fn assigned_to(step: &mut Step<'_>, people: &[PersonId]) -> Result<Vec<TaskRow>, DbError> {
    in_batches(people, |ids| {
        tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::assignee.eq_any(ids))
            .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
            .order(tasks::id)
            .select(TaskRow::as_select())
            .load(step.conn)
    })
}

fn release(
    step: &mut Step<'_>,
    rows: &[TaskRow],
    because: &'static str,
) -> Result<BTreeSet<PersonId>, DbError> {
    let causes = ended(step, rows)?;
    let cause = |row: &TaskRow| row.beneficiary.and_then(|id| causes.get(&id)).copied();
    let (of_ended, others): (Vec<&TaskRow>, Vec<&TaskRow>) =
        rows.iter().partition(|row| cause(row).is_some());
    for row in of_ended {
        // A visit under way at the end of its beneficiary: no other person may be sent.
        let (Some(beneficiary), Some(cause)) = (row.beneficiary, cause(row)) else { continue };
        cancel(step, vec![row.clone()], cause.closes_tasks())?;
        ends::cancelled(step.conn, step.district, beneficiary, row.id)?;
    }
    let others: Vec<TaskRow> = others.into_iter().cloned().collect();
    apply_to_all(step, &others, &AutomaticCommand::Release, because)?;
    for row in &others {
        freed::add(step.conn, (row.district, row.id), step.now, false)?;
    }
    step.loaded.note(Fate::Opened, others.iter().map(|row| row.id));
    Ok(rows.iter().filter_map(|row| row.assignee).collect())
}

/// The causes of the ends of the beneficiaries of these tasks, except merged ones.
fn ended(
    step: &mut Step<'_>,
    rows: &[TaskRow],
) -> Result<HashMap<BeneficiaryId, EndCause>, DbError> {
    let ids: HashSet<BeneficiaryId> = rows.iter().filter_map(|row| row.beneficiary).collect();
    let ids: Vec<BeneficiaryId> = ids.into_iter().collect();
    let causes: Vec<(BeneficiaryId, Option<EndCause>)> = in_batches(&ids, |ids| {
        beneficiaries::table
            .filter(beneficiaries::district.eq(step.district))
            .filter(beneficiaries::id.eq_any(ids))
            .filter(beneficiaries::valid_to.is_not_null())
            .select((beneficiaries::id, beneficiaries::ended_because))
            .load(step.conn)
    })?;
    let causes = causes.into_iter().map(|(id, cause)| (id, cause.unwrap_or(EndCause::NotInFiles)));
    Ok(causes.filter(|(_, cause)| *cause != EndCause::Merged).collect())
}

/// Cancels the unfinished tasks of these beneficiaries, which have ended; returns the ids by
/// beneficiary.
pub(super) fn cancel_of(
    step: &mut Step<'_>,
    beneficiaries: &[BeneficiaryId],
) -> Result<HashMap<BeneficiaryId, Vec<TaskId>>, DbError> {
    let unfinished = in_batches(beneficiaries, |ids| {
        tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::beneficiary.eq_any(ids))
            .filter(tasks::state.eq_any(Phase::UNFINISHED))
            .order(tasks::id)
            .select(TaskRow::as_select())
            .load(step.conn)
    })?;
    let mut cancelled: HashMap<BeneficiaryId, Vec<TaskId>> = HashMap::new();
    for row in &unfinished {
        if let Some(beneficiary) = row.beneficiary {
            cancelled.entry(beneficiary).or_default().push(row.id);
        }
    }
    cancel(step, unfinished, "beneficiary_gone")?;
    Ok(cancelled)
}

/// Cancels the unfinished tasks at places of these grids, which have ended. Tasks for
/// beneficiaries are cancelled or moved with the beneficiaries.
pub(super) fn cancel_in(step: &mut Step<'_>, grids: &[AreaCode]) -> Result<(), DbError> {
    let unfinished = in_batches(grids, |codes| {
        tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::grid.eq_any(codes))
            .filter(tasks::beneficiary.is_null())
            .filter(tasks::state.eq_any(Phase::UNFINISHED))
            .order(tasks::id)
            .select(TaskRow::as_select())
            .load(step.conn)
    })?;
    cancel(step, unfinished, "area_gone")
}

fn cancel(step: &mut Step<'_>, rows: Vec<TaskRow>, because: &'static str) -> Result<(), DbError> {
    apply_to_all(step, &rows, &AutomaticCommand::Cancel, because)?;
    step.loaded.note(Fate::Cancelled, rows.into_iter().map(|row| row.id));
    Ok(())
}

/// Those of these beneficiaries that have a task in any state.
pub(super) fn with_tasks(
    step: &mut Step<'_>,
    beneficiaries: &[BeneficiaryId],
) -> Result<HashSet<BeneficiaryId>, DbError> {
    let found: Vec<Option<BeneficiaryId>> = in_batches(beneficiaries, |ids| {
        tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::beneficiary.eq_any(ids))
            .select(tasks::beneficiary)
            .distinct()
            .load(step.conn)
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Applies the command to each of `rows` and writes the results.
fn apply_to_all(
    step: &mut Step<'_>,
    rows: &[TaskRow],
    command: &AutomaticCommand,
    because: &'static str,
) -> Result<(), DbError> {
    for row in rows {
        let change = transition(row, command, step)?;
        let event = change.event().with(json!({ "because": because }));
        write(step, row, &row.moved(&change.after, step.now), event)?;
    }
    Ok(())
}

/// The transition of a task by an automatic command.
fn transition<'a>(
    row: &'a TaskRow,
    command: &AutomaticCommand,
    step: &Step<'_>,
) -> Result<transition::Step<'a>, DbError> {
    // Rows are read by the phases in which the command is valid.
    let change = transition::Step::automatic(row, command, clock::day(step.now))?;
    change.ok_or_else(|| DbError::corrupt("tasks", "unchanged by a load"))
}

/// Writes the row of a task and its event, unless another transaction has changed the task
/// since it was read.
fn write(step: &mut Step<'_>, was: &TaskRow, is: &TaskRow, event: Event) -> Result<(), DbError> {
    of_beneficiary::replace(step.conn, was, is)?;
    step.events.push(event);
    Ok(())
}
