//! Runs the changes of a batch in one transaction, and again where that failed.

use std::time::Instant;

use diesel::connection::SimpleConnection;

use super::change::{AnyChange, Ran};
use super::queue::Queue;
use super::read_set::ReadSet;
use super::transaction::{Isolation, Tx};
use crate::clock::Clock;
use crate::db::connection::LOCK_TIMEOUT;
use crate::db::{Address, Conn, DbError, dialect};
use crate::log::head::Heads;

/// How often a change that collided with another transaction is tried.
const TRIES: usize = 5;

/// Runs the changes of a queue on a connection of its own.
pub(super) struct Writer {
    address: Address,
    conn: Option<Conn>,
    clock: Clock,
    heads: Heads,
}

impl Writer {
    /// A writer that connects when the first change comes.
    pub(super) fn new(address: Address, clock: Clock) -> Self {
        Self { address, conn: None, clock, heads: Heads::default() }
    }

    /// Runs queued changes until the end message.
    pub(super) fn serve(&mut self, mut queue: Queue) {
        while let Some(mut changes) = queue.next_batch() {
            match self.commit_with_retries(&mut changes, Isolation::Shared) {
                Ended::Undone => changes.into_iter().for_each(|change| {
                    let mut alone = [change];
                    let ended = self.commit_with_retries(&mut alone, Isolation::Savepoints);
                    answer(alone, &ended);
                }),
                ended => answer(changes, &ended),
            }
        }
    }

    fn commit_with_retries(
        &mut self,
        changes: &mut [Box<dyn AnyChange>],
        isolation: Isolation,
    ) -> Ended {
        let (began, mut tries) = (Instant::now(), 1);
        loop {
            // Waiting for a lock up to its limit repeatedly would block the district's other
            // changes.
            let last = tries >= TRIES || began.elapsed() >= LOCK_TIMEOUT;
            let isolation = match isolation {
                Isolation::Savepoints if last => Isolation::LastTry,
                isolation => isolation,
            };
            match self.commit(changes, isolation) {
                Err(error) if error.is_collision() && !last => tries += 1,
                // One change may be at fault for all: each is tried alone.
                Err(error) if error.is_collision() && isolation == Isolation::Shared => {
                    return Ended::Undone;
                }
                Ok(true) => return Ended::Committed,
                Ok(false) => return Ended::Undone,
                Err(error) => return Ended::Lost(error.to_string()),
            }
        }
    }

    /// A connection in a transaction: the previous one, or a new one if that was lost.
    fn begin(&mut self) -> Result<Conn, DbError> {
        if let Some(mut conn) = self.conn.take()
            && conn.batch_execute(dialect::begin(&conn)).is_ok()
        {
            return Ok(conn);
        }
        let mut conn = self.address.connect()?;
        conn.batch_execute(dialect::begin(&conn))?;
        Ok(conn)
    }

    /// Runs all of `changes` in one transaction; returns whether it was committed.
    fn commit(
        &mut self,
        changes: &mut [Box<dyn AnyChange>],
        isolation: Isolation,
    ) -> Result<bool, DbError> {
        let mut conn = self.begin()?;
        let Some(district) = changes.first().map(|change| change.district()) else {
            return Ok(true);
        };
        let tx = Tx::new(&mut conn, district, (self.clock)(), isolation);
        let ended = transact(tx, &mut self.heads, changes);
        if !matches!(ended, Ok(true)) {
            self.heads.forget();
        }
        // A connection that cannot even roll back is dropped, and one to a server that
        // takes no writes may lead to another server next time.
        let kept = match &ended {
            Ok(true) => true,
            Err(DbError::Unavailable(_)) => false,
            _ => conn.batch_execute("ROLLBACK").is_ok(),
        };
        if kept {
            self.conn = Some(conn);
        }
        ended
    }
}

/// Answers the callers of `changes`.
fn answer(changes: impl IntoIterator<Item = Box<dyn AnyChange>>, ended: &Ended) {
    for change in changes {
        change.answer(match ended {
            Ended::Committed | Ended::Undone => Ok(()),
            Ended::Lost(why) => Err(why.clone()),
        });
    }
}

/// How a transaction ended.
enum Ended {
    Committed,
    /// A change failed after it, or one before it, wrote; nothing stays.
    Undone,
    /// It could not be committed.
    Lost(String),
}

/// In a transaction that has begun, runs the changes and commits; `false` if one failed
/// and the transaction must be rolled back.
fn transact(
    mut tx: Tx<'_>,
    heads: &mut Heads,
    changes: &mut [Box<dyn AnyChange>],
) -> Result<bool, DbError> {
    let isolated = tx.is_isolated();
    match run(&mut tx, heads, changes) {
        Ok(true) => tx.commit().map(|()| true),
        // One change may be at fault for all: each is tried alone.
        Err(error) if !error.is_collision() && !isolated => Ok(false),
        ended => ended,
    }
}

/// Runs the changes and writes the rows that they queued; `false` if one failed and the
/// transaction must be rolled back.
fn run(
    tx: &mut Tx<'_>,
    heads: &mut Heads,
    changes: &mut [Box<dyn AnyChange>],
) -> Result<bool, DbError> {
    let mut read_set = ReadSet::default();
    for change in changes.iter() {
        read_set.extend(change.read_set());
    }
    tx.fetch(&read_set)?;
    for change in changes {
        tx.begin_change();
        match change.run(tx) {
            Ran::Done => {}
            Ran::Refused if !tx.has_written() => {}
            // PostgreSQL refuses every statement after one that failed.
            Ran::Refused | Ran::Failed => return Ok(false),
            Ran::Collided => return Err(DbError::Collision),
        }
    }
    tx.finish(heads)?;
    Ok(true)
}
