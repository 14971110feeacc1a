//! A change that waits for its turn: it runs, perhaps again, and its caller is answered
//! after the commit.

use gridward_domain::area::AreaCode;
use tokio::sync::oneshot;

use super::read_set::ReadSet;
use super::transaction::Tx;
use crate::db::{DbError, DbFailure};

/// A change of any type, as the writer sees it.
pub(super) trait AnyChange: Send {
    /// Whose log and rows it changes.
    fn district(&self) -> AreaCode;
    /// The rows it will read.
    fn read_set(&self) -> &ReadSet;
    /// Runs the change and says what to do with what it wrote.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Answers the caller, now that the transaction has ended so.
    fn answer(self: Box<Self>, commit: Result<(), String>);
}

/// How a change went.
pub(super) enum Ran {
    Done,
    /// It was refused, for reasons of the domain.
    Refused,
    /// The database failed it.
    Failed,
    /// Another transaction was in the way.
    Collided,
}

/// A change that waits for its turn, and its caller.
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
        // Without the commit even a refusal is void: it may rest on another's change.
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(DbError::Unavailable("a change was cut short".to_owned()).into()),
            (Err(why), _) => Err(DbError::Unavailable(why).into()),
        };
        // A client that hung up waits for no answer.
        let _ = self.reply.send(answer);
    }
}
