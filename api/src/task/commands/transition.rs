//! A transition of a task: the step from one state to another, its event, and the row afterwards.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::task::{self as life, AutomaticCommand, Transition, Verb};

use super::command::{NewTimes, action};
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::assignment::{freed, tie};
use crate::task::beneficiary::of_ended;
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Commitments;
use crate::tx::Tx;
use crate::{clock, person};

/// A transition of a task, about to be written.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// The task's row as read.
    pub row: &'a TaskRow,
    /// The state before.
    pub before: life::Task,
    /// The state after.
    pub after: life::Task,
    /// The verb of the transition.
    pub verb: Verb,
}

impl<'a> Step<'a> {
    /// The transition by an automatic command; `None` if it changes nothing.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] for a task whose state does not permit the command.
    pub fn automatic(
        row: &'a TaskRow,
        command: &AutomaticCommand,
        today: NaiveDate,
    ) -> Result<Option<Self>, DbError> {
        let before = row.life()?;
        match life::apply_automatic(&before, command, today) {
            Ok(Transition::Changed(after)) => {
                Ok(Some(Self { row, before, after, verb: command.verb() }))
            }
            Ok(Transition::Already) => Ok(None),
            Err(rejection) => Err(DbError::corrupt("tasks", rejection)),
        }
    }

    /// The event for the log.
    pub fn event(&self) -> Event {
        let Self { row, before, after, verb } = self;
        Event::new(action(*verb), Subject::Task, row.id, after.grid, after.version)
            .assignees(before.state.assignee(), after.state.assignee())
    }
}

/// Writes a transition and its event, and cancels a visit given back whose beneficiary has ended;
/// returns the new row.
///
/// # Errors
/// [`DbError`].
pub fn write(
    tx: &mut Tx<'_>,
    step: &Step<'_>,
    times: NewTimes,
    event: Event,
) -> Result<TaskRow, DbError> {
    let mut next = step.row.moved(&step.after, tx.now);
    if let Some(window) = times.window {
        next.window_start = window.map(|window| window.start());
        next.window_end = window.map(|window| window.end());
    }
    if step.verb == Verb::Reschedule {
        next.unplan();
        if let Some(time) = times.planned.filter(|_| next.assignee.is_some()) {
            next.plan_by_hand(time.day, time.start);
        }
    }
    if let Some(time) = times.planned.filter(|_| step.verb == Verb::Reassign) {
        next.plan_by_hand(time.day, time.start);
    }
    if matches!(step.verb, Verb::Claim | Verb::Reassign) {
        with_other(tx, &mut next)?;
    }
    next.count_if_finished();
    tx.replace(step.row, next.clone());
    tx.record(event);
    if matches!(step.verb, Verb::Reschedule | Verb::Reopen) {
        freed::changed(tx, step.row, &next)?;
    }
    of_ended::cancel(tx, step, next)
}

/// Gives the second task of a visit by two people the time of the first, if its assignee is free then.
fn with_other(tx: &mut Tx<'_>, next: &mut TaskRow) -> Result<(), DbError> {
    let Some(person) = next.assignee.filter(|_| next.pair().is_some()) else { return Ok(()) };
    let tied = tie::tied(tx, next)?;
    let time = tie::time_of_other(next, &tied).filter(|_| next.planned_on.is_none());
    let Some((day, start)) = time.filter(|(day, _)| clock::day(tx.now) <= *day) else {
        return Ok(());
    };
    let who = BTreeSet::from([person]);
    // No other server gives the person a visit at this hour meanwhile.
    person::active::areas(tx.read()?, next.district, &who)?;
    let held = Commitments::read(tx.read()?, (next.district, None), &who, (day, day))?;
    if held.conflict(person, &held.visit(next, (day, start))?).is_none() {
        next.plan_by_hand(day, start);
    }
    Ok(())
}

/// A task before and after a command that changed it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The row as read.
    pub before: TaskRow,
    /// The row as written.
    pub after: TaskRow,
}
