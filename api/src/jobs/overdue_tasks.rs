//! Escalates or expires overdue tasks, and closes and archives tasks that ended.
//!
//! A task stores the day of its next automatic step (`next_action_on`), so the due
//! tasks are one index range. Each step is a change like any other: a transition
//! of the task, and an event on the log.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::task::{self as life, Transition, overdue};

use super::{Job, JobContext, RunFuture, Schedule};
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::commands::command::NewTimes;
use crate::task::commands::transition::{Step, write};
use crate::task::row::TaskRow;
use crate::task::store;
use crate::tx::Tx;

/// The number of tasks in one transaction: few enough that a claim need not wait long.
const BATCH: i64 = 200;

/// Takes the due tasks to their next step.
pub struct OverdueTasks;

impl Job for OverdueTasks {
    fn name(&self) -> &'static str {
        "overdue_tasks"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 60 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let today = context.today();
            let mut processed = 0;
            // A task that is long overdue is escalated by several levels, one in each batch.
            loop {
                match context.db.write(district, move |tx| run_batch(tx, today)).await? {
                    0 => return Ok(processed),
                    batch => processed += batch,
                }
            }
        })
    }
}

fn run_batch(tx: &mut Tx<'_>, today: NaiveDate) -> Result<usize, DbError> {
    let district = tx.district;
    let rows = store::due_tasks(tx.read()?, district, today, BATCH)?;
    for row in &rows {
        step(tx, row, today)?;
    }
    Ok(rows.len())
}

fn step(tx: &mut Tx<'_>, row: &TaskRow, today: NaiveDate) -> Result<(), DbError> {
    let before = row.life()?;
    let Some(command) = overdue::due(&before, today) else {
        archive_or_postpone(tx, row, &before, today);
        return Ok(());
    };
    let Ok(Transition::Changed(after)) = life::apply_automatic(&before, &command, today) else {
        archive_or_postpone(tx, row, &before, today);
        return Ok(());
    };
    let step = Step { row, before, after, verb: command.verb() };
    write(tx, &step, NewTimes::default(), step.event())?;
    Ok(())
}

/// Gives a task the next day on which something is due. One that has ended is first closed: its
/// visitor's view has ended, and phones fetch it again; then it is archived, and phones drop it.
fn archive_or_postpone(tx: &mut Tx<'_>, row: &TaskRow, task: &life::Task, today: NaiveDate) {
    let mut next = row.clone();
    next.next_action_on = row.next_step_on(task, today).filter(|day| *day > today);
    if !task.state.is_live() {
        next.archived = !row.is_shown_on(today);
        next.version += 1;
        let action = if next.archived { "task.archive" } else { "task.close" };
        if next.archived {
            next.next_action_on = None;
        }
        let assignee = task.state.assignee();
        tx.record(
            Event::new(action, Subject::Task, row.id, task.grid, next.version)
                .assignees(assignee, assignee),
        );
    }
    tx.replace(row, next);
}
