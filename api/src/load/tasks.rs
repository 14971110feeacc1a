//! Unfinished tasks follow what a load changes around them: the home and grid of
//! their beneficiary, the person who holds them. Each step raises the version and
//! is an event on the log, so that nobody is left with a visit nobody can make.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::{self as life, Phase, State};
use serde_json::json;

use super::record::BeneficiaryRecord;
use super::report::Fate;
use super::step::Step;
use crate::db::DbError;
use crate::db::schema::{people, tasks};
use crate::log::{Event, Subject};
use crate::person::Role;
use crate::task::row::TaskRow;

/// The states of a task that can still be done.
const LIVE: [Phase; 4] = [Phase::Open, Phase::Assigned, Phase::Accepted, Phase::InProgress];
/// The states of a task that somebody holds.
const HELD: [Phase; 3] = [Phase::Assigned, Phase::Accepted, Phase::InProgress];
/// How many ids a query names.
const CHUNK: usize = 500;

/// The records of beneficiaries by their ids.
type Homes<'a> = HashMap<BeneficiaryId, &'a BeneficiaryRecord>;

/// Moves the unfinished tasks of beneficiaries to their present grid and home,
/// also those that an earlier load left behind.
pub(super) fn follow(step: &mut Step<'_>, records: &[BeneficiaryRecord]) -> Result<(), DbError> {
    let homes: Homes<'_> = records.iter().map(|record| (record.id, record)).collect();
    let ids = misplaced(step, &homes)?;
    let rows = rows(step, &ids)?;
    let grids = grids_of_assignees(step, &rows)?;
    let (mut moved, mut opened) = (Vec::new(), Vec::new());
    for row in &rows {
        let Some(home) = home(&homes, row.beneficiary) else { continue };
        let before = row.life()?;
        let works_there = row.assignee.and_then(|id| grids.get(&id)) == Some(&home.grid);
        let after = moved_to(&before, home.grid, works_there);
        let is_opened = after.state != before.state;
        let event = event("task.move", row, &before, &after)
            .moved_from(before.grid)
            .with(json!({ "because": "beneficiary_moved", "opened": is_opened }));
        write(step, row, &placed(row.moved(&after, step.now), home.grid, home.place), event)?;
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

/// The task in the grid `to`. An assignee who has not yet said yes and works in
/// another grid loses it; a visit that was promised or begun stays promised.
fn moved_to(task: &life::Task, to: AreaCode, works_there: bool) -> life::Task {
    let state = match task.state {
        State::Assigned(_) if to != task.grid && !works_there => State::Open,
        state => state,
    };
    life::Task { grid: to, state, version: task.version + 1, ..*task }
}

fn placed(row: TaskRow, grid: AreaCode, place: Place) -> TaskRow {
    TaskRow { grid, lat: place.lat(), lon: place.lon(), ..row }
}

/// The ids of unfinished tasks that are elsewhere than their beneficiary.
fn misplaced(step: &mut Step<'_>, homes: &Homes<'_>) -> Result<Vec<TaskId>, DbError> {
    type Whereabouts = (TaskId, Option<BeneficiaryId>, AreaCode, f64, f64);
    let live: Vec<Whereabouts> = tasks::table
        .filter(tasks::district.eq(step.district))
        .filter(tasks::state.eq_any(LIVE))
        .filter(tasks::beneficiary.is_not_null())
        .select((tasks::id, tasks::beneficiary, tasks::grid, tasks::lat, tasks::lon))
        .load(step.conn)?;
    let mut ids = Vec::new();
    for (id, beneficiary, grid, lat, lon) in live {
        let Some(home) = home(homes, beneficiary) else { continue };
        if home.grid != grid || Place::new(lat, lon) != Ok(home.place) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The grids of the active people who may visit among the assignees of `rows`.
fn grids_of_assignees(
    step: &mut Step<'_>,
    rows: &[TaskRow],
) -> Result<HashMap<PersonId, AreaCode>, DbError> {
    let assignees: HashSet<PersonId> = rows.iter().filter_map(|row| row.assignee).collect();
    let assignees: Vec<PersonId> = assignees.into_iter().collect();
    let mut grids = HashMap::new();
    for ids in assignees.chunks(CHUNK) {
        let found: Vec<(PersonId, AreaCode)> = people::table
            .filter(people::district.eq(step.district))
            .filter(people::id.eq_any(ids))
            .filter(people::active.eq(true))
            .filter(people::role.eq_any([Role::Manager, Role::Volunteer]))
            .select((people::id, people::area))
            .load(step.conn)?;
        grids.extend(found);
    }
    Ok(grids)
}

/// Opens the tasks that these people hold, since they may not do them any more.
pub(super) fn open_of(
    step: &mut Step<'_>,
    people: &[PersonId],
    because: &'static str,
) -> Result<(), DbError> {
    let mut held: Vec<TaskRow> = Vec::new();
    for ids in people.chunks(CHUNK) {
        let theirs = tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::assignee.eq_any(ids))
            .filter(tasks::state.eq_any(HELD))
            .order(tasks::id)
            .select(TaskRow::as_select());
        held.extend(theirs.load(step.conn)?);
    }
    change(step, &held, State::Open, "task.release", because)?;
    step.loaded.note(Fate::Opened, held.into_iter().map(|row| row.id));
    Ok(())
}

/// Cancels the unfinished tasks of these beneficiaries, who are gone.
pub(super) fn cancel_of(
    step: &mut Step<'_>,
    beneficiaries: &[BeneficiaryId],
) -> Result<(), DbError> {
    let mut unfinished: Vec<TaskRow> = Vec::new();
    for ids in beneficiaries.chunks(CHUNK) {
        let theirs = tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::beneficiary.eq_any(ids))
            .filter(tasks::state.eq_any(LIVE))
            .order(tasks::id)
            .select(TaskRow::as_select());
        unfinished.extend(theirs.load(step.conn)?);
    }
    cancel(step, unfinished, "beneficiary_gone")
}

/// Cancels the unfinished tasks at places of these grids, which are gone. Those
/// for beneficiaries are settled with the beneficiaries.
pub(super) fn cancel_in(step: &mut Step<'_>, grids: &[AreaCode]) -> Result<(), DbError> {
    let mut unfinished: Vec<TaskRow> = Vec::new();
    for codes in grids.chunks(CHUNK) {
        let there = tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::grid.eq_any(codes))
            .filter(tasks::beneficiary.is_null())
            .filter(tasks::state.eq_any(LIVE))
            .order(tasks::id)
            .select(TaskRow::as_select());
        unfinished.extend(there.load(step.conn)?);
    }
    cancel(step, unfinished, "area_gone")
}

fn cancel(step: &mut Step<'_>, rows: Vec<TaskRow>, because: &'static str) -> Result<(), DbError> {
    change(step, &rows, State::Cancelled, "task.cancel", because)?;
    step.loaded.note(Fate::Cancelled, rows.into_iter().map(|row| row.id));
    Ok(())
}

/// Which of these beneficiaries have a task of any state.
pub(super) fn with_tasks(
    step: &mut Step<'_>,
    beneficiaries: &[BeneficiaryId],
) -> Result<HashSet<BeneficiaryId>, DbError> {
    let mut found = HashSet::new();
    for ids in beneficiaries.chunks(CHUNK) {
        let theirs: Vec<Option<BeneficiaryId>> = tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::beneficiary.eq_any(ids))
            .select(tasks::beneficiary)
            .distinct()
            .load(step.conn)?;
        found.extend(theirs.into_iter().flatten());
    }
    Ok(found)
}

fn rows(step: &mut Step<'_>, ids: &[TaskId]) -> Result<Vec<TaskRow>, DbError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let those = tasks::table
            .filter(tasks::district.eq(step.district))
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id)
            .select(TaskRow::as_select());
        rows.extend(those.load(step.conn)?);
    }
    Ok(rows)
}

/// Gives each of `rows` another state, which has no assignee.
fn change(
    step: &mut Step<'_>,
    rows: &[TaskRow],
    state: State,
    action: &'static str,
    because: &'static str,
) -> Result<(), DbError> {
    for row in rows {
        let before = row.life()?;
        let after = life::Task { state, version: before.version + 1, ..before };
        let event = event(action, row, &before, &after).with(json!({ "because": because }));
        write(step, row, &row.moved(&after, step.now), event)?;
    }
    Ok(())
}

fn event(action: &'static str, row: &TaskRow, before: &life::Task, after: &life::Task) -> Event {
    Event::new(action, Subject::Task, row.id, after.grid, after.version)
        .assignees(before.state.assignee(), after.state.assignee())
}

/// Writes a step of a task and its event, unless somebody else has changed the
/// task since it was read.
fn write(step: &mut Step<'_>, was: &TaskRow, is: &TaskRow, event: Event) -> Result<(), DbError> {
    let unchanged =
        tasks::table.find((was.district, was.id)).filter(tasks::version.eq(was.version));
    let changed = diesel::update(unchanged)
        .set((
            (tasks::grid.eq(is.grid), tasks::lat.eq(is.lat), tasks::lon.eq(is.lon)),
            (tasks::state.eq(is.state), tasks::assignee.eq(is.assignee)),
            (tasks::planned_on.eq(is.planned_on), tasks::planned_start.eq(is.planned_start)),
            (tasks::planned_minutes.eq(is.planned_minutes), tasks::plan.eq(is.plan)),
            (tasks::next_action_on.eq(is.next_action_on), tasks::updated_at.eq(is.updated_at)),
            tasks::version.eq(is.version),
        ))
        .execute(step.conn)?;
    if changed != 1 {
        return Err(DbError::Collision);
    }
    step.facts.push(event);
    Ok(())
}

#[cfg(test)]
mod tests {
    use gridward_domain::area::Level;
    use gridward_domain::id::PersonId;
    use gridward_domain::task::{Overdue, Terms};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_assignee_of_another_grid_loses_what_was_not_accepted_yet() {
        let [old, new]: [AreaCode; 2] =
            ["500116001002001", "500116001002002"].map(|code| code.parse().expect("a code"));
        let day = "2026-08-01".parse().expect("a day");
        let terms =
            Terms { attempts: 2, retry_days: 3, overdue: Overdue::Escalate, escalate_days: 7 };
        let task = |state| life::Task {
            grid: old,
            state,
            version: 4,
            attempt: 1,
            escalation_level: Level::Grid,
            not_before: day,
            due_on: day,
            terms,
        };
        let one = PersonId(Uuid::nil());
        for (state, to, works_there, expected) in [
            (State::Open, new, false, State::Open),
            (State::Assigned(one), new, false, State::Open),
            (State::Assigned(one), new, true, State::Assigned(one)),
            (State::Assigned(one), old, false, State::Assigned(one)),
            (State::Accepted(one), new, false, State::Accepted(one)),
            (State::InProgress(one), new, false, State::InProgress(one)),
        ] {
            let moved = life::Task { grid: to, version: 5, ..task(expected) };
            assert_eq!(moved_to(&task(state), to, works_there), moved);
        }
    }
}
