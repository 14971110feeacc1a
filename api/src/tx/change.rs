//! A queued change. It may run more than once; its caller gets the result after the commit.

use gridward_domain::area::AreaCode;
use tokio::sync::oneshot;

use super::read_set::ReadSet;
use super::transaction::Tx;
use crate::db::{DbError, DbFailure};

/// A change of any type, as the writer sees it.
pub(super) trait AnyChange: Send {
    /// The district of the log and rows that it changes.
    fn district(&self) -> AreaCode;
    /// The rows it will read.
    fn read_set(&self) -> &ReadSet;
    /// Runs the change; returns how its writes are handled.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Sends the caller the result of the transaction.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

/// The result of running a change.
pub(super) enum Ran {
    Done,
    /// It was refused by a rule of the domain.
    Refused,
    /// The database failed it.
    Failed,
    /// It conflicted with another transaction.
    Collided,
}

/// A queued change and the channel to its caller.
pub(super) struct Change<T, E, F> {
    district: AreaCode,
    read_set: ReadSet,
    run: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Change<T, E, F> {
    /// A change that answers through `reply`.
    pub(super) const fn new(
        district: AreaCode,
        read_set: ReadSet,
        run: F,
        reply: oneshot::Sender<Result<T, E>>,
    ) -> Self {
        Self { district, read_set, run, outcome: None, reply }
    }
}

impl<T, E, F> AnyChange for Change<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: DbFailure + Send,
{
    fn district(&self) -> AreaCode {
        self.district
    }

    fn read_set(&self) -> &ReadSet {
        &self.read_set
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        // A change that panics must not take the district's writer with it.
        let ran = std::panic::AssertUnwindSafe(|| (self.run)(tx));
        let Ok(outcome) = std::panic::catch_unwind(ran) else {
            self.outcome = None;
            return Ran::Failed;
        };
        let ran = match &outcome {
            Ok(_) => Ran::Done,
            Err(error) => match error.as_db() {
                None => Ran::Refused,
                Some(error) if error.is_collision() => Ran::Collided,
                Some(_) => Ran::Failed,
            },
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, commit: Result<(), String>) {
        // Without the commit a refusal is invalid too: it may depend on another change of
        // the batch.
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => {
                Err(DbError::Unavailable("a change was interrupted".to_owned()).into())
            }
            (Err(why), _) => Err(DbError::Unavailable(why).into()),
        };
        // The client may have disconnected.
        let _ = self.reply.send(answer);
    }
}
