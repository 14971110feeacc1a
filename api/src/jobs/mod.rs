//! What Gridward does by itself when its time has come: overdue tasks escalate
//! or expire, what is long over leaves the phones, old answers are forgotten, old
//! events are archived ([`retention`]).
//!
//! Every server looks every [`EVERY`]; on PostgreSQL the one that gets the
//! advisory lock does the work, the others look again later. A task that waits
//! has the day of its next step beside it (`next_action_on`), so looking is one index
//! range. Each step is a change like any other: through the life of the task,
//! onto the log.

pub mod retention;

use gridward_domain::area::AreaCode;
use std::time::Duration;

use chrono::NaiveDate;
use gridward_domain::task::{self as life, Agent, Command, Transition, Verb, overdue};

use self::retention::Retention;
use crate::clock::{self, Clock};
use crate::crypto::store::districts;
use crate::db::{DbError, dialect, parsed};
use crate::idempotency;
use crate::log::{Event, Subject};
use crate::task::perform::{Step, write};
use crate::task::row::TaskRow;
use crate::task::store;
use crate::tx::{Db, Tx};

/// How often a server looks.
pub const EVERY: Duration = Duration::from_secs(60);
/// How many tasks are stepped on in one transaction, so that claims need not wait long.
const AT_A_TIME: i64 = 200;

/// Looks, now and then, for as long as the server runs; archives once a day, if
/// it is told what is retained.
pub async fn run(db: Db, clock: Clock, retention: Option<Retention>, every: Duration) {
    let mut archived = None;
    loop {
        let today = clock::day(clock());
        match look(&db, today).await {
            Ok(0) => {}
            Ok(steps) => tracing::info!(steps, "tasks were stepped on by the clock"),
            Err(error) => tracing::warn!(%error, "the clock could not do its work"),
        }
        if let Some(retention) = retention.clone().filter(|_| archived != Some(today)) {
            let db = db.clone();
            // Writing files would hold up what else runs here.
            match tokio::task::spawn_blocking(move || retention.keep(&db, today)).await {
                Ok(Ok(Some(events))) => {
                    tracing::info!(events, "the day's old events were archived");
                    archived = Some(today);
                }
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "old events could not be archived"),
                Err(error) => tracing::error!(%error, "archiving was cut short"),
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// Does all that is due on `today` in every district; answers how many steps.
///
/// # Errors
/// [`DbError`]; what was done stays.
pub async fn look(db: &Db, today: NaiveDate) -> Result<usize, DbError> {
    let mut steps = 0;
    for district in db.read(districts).await? {
        match look_at(db, district, today).await {
            Ok(done) => steps += done,
            // The others' tasks need not wait for this one's.
            Err(error) => tracing::warn!(%district, %error, "the clock could not do its work"),
        }
    }
    Ok(steps)
}

/// Does all that is due in one district.
async fn look_at(db: &Db, district: AreaCode, today: NaiveDate) -> Result<usize, DbError> {
    let mut steps = 0;
    loop {
        // A task long overdue goes up several levels, one look after the other.
        match db.write(district, move |tx| look_in(tx, district, today)).await? {
            0 => return Ok(steps),
            done => steps += done,
        }
    }
}

/// Does some of what is due in `district`, unless another server is at it.
fn look_in(tx: &mut Tx<'_>, district: AreaCode, today: NaiveDate) -> Result<usize, DbError> {
    if !dialect::try_clock(tx.read_unbatched(), district)? {
        return Ok(0);
    }
    let rows = store::due_tasks(tx.read()?, district, today, AT_A_TIME)?;
    if rows.is_empty() {
        // The last look of a round: once is enough for what is forgotten.
        idempotency::store::forget_older(tx, district, idempotency::KEPT_FOR)?;
    }
    let count = rows.len();
    for row in rows {
        step(tx, &row, today)?;
    }
    Ok(count)
}

fn step(tx: &mut Tx<'_>, row: &TaskRow, today: NaiveDate) -> Result<(), DbError> {
    let before = row.life()?;
    let command = match overdue::due(&before, today) {
        Some(Verb::Expire) => Command::Expire,
        Some(_) => Command::Escalate,
        None => {
            rest(tx, row, &before, today);
            return Ok(());
        }
    };
    let district = Agent::Gridward(row.district);
    let Ok(Transition::Changed(after)) = life::apply(&before, &command, &district, today) else {
        rest(tx, row, &before, today);
        return Ok(());
    };
    let step = Step { row, before: &before, after: &after, verb: command.verb() };
    write(tx, &step, None, step.event());
    Ok(())
}

/// Nothing is due in the task's life: it is long over and leaves the phones, or
/// it is looked at too early and waits for its day.
fn rest(tx: &mut Tx<'_>, row: &TaskRow, task: &life::Task, today: NaiveDate) {
    let mut next = row.clone();
    next.next_action_on = overdue::next_action_on(task).filter(|day| *day > today);
    let over = !task.state.is_live();
    if over {
        next.archived = true;
        next.version += 1;
        next.updated_at = tx.now.naive_utc();
    }
    if over {
        let holder = task.state.holder();
        tx.record(
            Event::new("task.archive", Subject::Task, &row.id, task.grid, next.version)
                .hands(holder, holder),
        );
    }
    tx.replace(row, next);
}
