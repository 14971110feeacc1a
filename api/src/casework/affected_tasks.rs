//! The tasks of a beneficiary move with it: to another place, to another entry, and to its end.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::person_state::PersonState;
use gridward_domain::task::{self as life, AutomaticCommand};
use gridward_domain::time::TimeOfDay;
use serde_json::json;

use super::answer::{AffectedTask, TaskFate};
use super::unify::Slot;
use crate::beneficiary::model::Particulars;
use crate::beneficiary::stay::{Stay, Whereabouts, day_of_visit};
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::db::DbError;
use crate::person;
use crate::task::beneficiary::of_beneficiary;
use crate::task::commands::transition::Step;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Where the visits of a beneficiary are, by day.
pub(super) struct Destination {
    beneficiary: BeneficiaryId,
    home: Whereabouts,
    stay: Option<Stay>,
}

impl Destination {
    /// That of the beneficiary with these opened particulars.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn of(row: &BeneficiaryRow, particulars: &Particulars) -> Result<Self, DbError> {
        Ok(Self {
            beneficiary: row.id,
            home: Whereabouts { grid: row.grid, place: row.home()? },
            stay: row.stay(particulars),
        })
    }

    fn of_visit(&self, task: &TaskRow, today: NaiveDate) -> Whereabouts {
        let day = day_of_visit(today, task.not_before, task.planned_on);
        Whereabouts::on(self.home, self.stay.as_ref(), day)
    }
}

/// Moves each of these unfinished tasks to where the beneficiary is on the day of the visit. An
/// assignee of another grid loses a task that is not accepted yet; an accepted one stays, marked as
/// to be planned anew.
///
/// # Errors
/// [`DbError`].
pub(super) fn move_to(
    tx: &mut Tx<'_>,
    actor: impl Into<Option<PersonId>>,
    rows: &[TaskRow],
    to: &Destination,
    because: &'static str,
) -> Result<Vec<AffectedTask>, DbError> {
    let (today, actor) = (clock::day(tx.now), actor.into());
    let mut affected = Vec::with_capacity(rows.len());
    for row in rows {
        let Whereabouts { grid, place } = to.of_visit(row, today);
        let serves = serves(tx, row.assignee, grid)?;
        let stays =
            (row.grid, row.place()?, row.beneficiary) == (grid, place, Some(to.beneficiary));
        if stays {
            affected.push(task(row, TaskFate::Kept, serves));
            continue;
        }
        let command = AutomaticCommand::Move { to: grid, assignee_works_there: serves };
        let (step, next) = transition(tx, row, &command)?;
        let opened = next.state != row.state;
        let next = TaskRow {
            grid,
            lat: place.lat(),
            lon: place.lon(),
            beneficiary: Some(to.beneficiary),
            ..next
        };
        of_beneficiary::replace(tx.write()?, row, &next)?;
        let event = step.event().moved_from(row.grid).by(actor);
        tx.record(event.with(json!({ "because": because, "opened": opened })));
        let fate = if opened { TaskFate::Opened } else { TaskFate::Moved };
        affected.push(task(&next, fate, serves));
    }
    Ok(affected)
}

/// Applies an automatic command to a task for which it is valid; returns the row afterwards.
///
/// # Errors
/// [`DbError`].
pub(super) fn apply(
    tx: &mut Tx<'_>,
    actor: impl Into<Option<PersonId>>,
    row: &TaskRow,
    command: &AutomaticCommand,
    because: &'static str,
) -> Result<TaskRow, DbError> {
    let (step, next) = transition(tx, row, command)?;
    of_beneficiary::replace(tx.write()?, row, &next)?;
    tx.record(step.event().by(actor).with(json!({ "because": because })));
    Ok(next)
}

/// Gives a finished task to another entry of the same person; it stays where the visit was made.
///
/// # Errors
/// [`DbError`].
pub(super) fn hand_over(
    tx: &mut Tx<'_>,
    actor: impl Into<Option<PersonId>>,
    row: &TaskRow,
    to: BeneficiaryId,
    because: &'static str,
) -> Result<(), DbError> {
    let before = row.life()?;
    let after = life::Task { version: before.version + 1, ..before };
    let step = Step { row, before, after, verb: life::Verb::Move };
    let next = TaskRow { version: after.version, beneficiary: Some(to), ..row.clone() };
    of_beneficiary::replace(tx.write()?, row, &next)?;
    tx.record(step.event().by(actor).with(json!({ "because": because })));
    Ok(())
}

fn transition<'a>(
    tx: &Tx<'_>,
    row: &'a TaskRow,
    command: &AutomaticCommand,
) -> Result<(Step<'a>, TaskRow), DbError> {
    // Rows are chosen by the phases in which the command is valid.
    let step = Step::automatic(row, command, clock::day(tx.now))?;
    let step = step.ok_or_else(|| DbError::corrupt("tasks", "unchanged by casework"))?;
    Ok((step, row.moved(&step.after, tx.now)))
}

/// Whether the assignee, if there is one, is an active visitor of the grid.
fn serves(tx: &mut Tx<'_>, assignee: Option<PersonId>, grid: AreaCode) -> Result<bool, DbError> {
    let Some(id) = assignee else { return Ok(false) };
    let row = person::store::row(tx.read_unbatched(), &grid.district().range(), id)?;
    Ok(row.is_some_and(|row| {
        row.state == PersonState::Active && row.role.visits() && row.area == grid
    }))
}

/// A task as an answer names it; `serves` tells whether the assignee works in its grid.
pub(super) fn task(row: &TaskRow, fate: TaskFate, serves: bool) -> AffectedTask {
    AffectedTask {
        id: row.id,
        kind: row.kind.clone(),
        due_on: row.due_on,
        state: row.state,
        assignee_id: row.assignee,
        fate,
        needs_planning: life::Phase::UNFINISHED.contains(&row.state)
            && (row.assignee.is_none() || !serves),
        version: row.version,
    }
}

/// The days and the time of an unfinished task.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn slot(row: &TaskRow) -> Result<Slot, DbError> {
    let planned = row.planned_on.zip(row.planned_start);
    let (days, time) = if let Some((day, start)) = planned {
        let minutes = row.planned_minutes.unwrap_or_else(|| row.minutes.get());
        let minutes = u16::try_from(minutes).unwrap_or(u16::MAX);
        let end = start.minutes().saturating_add(minutes);
        let end = TimeOfDay::new(end).unwrap_or(TimeOfDay::LAST);
        ((day, day), Some((start, end)))
    } else {
        let window = row.window()?.map(|window| (window.start(), window.end()));
        ((row.not_before, row.due_on), window)
    };
    Ok(Slot { id: row.id, days, time })
}
