//! Idempotent commands: a command with an id takes effect at most once.
//!
//! A phone that lost an answer sends the command again, possibly months later and
//! over another endpoint: a call with an `Idempotency-Key` and a command of an
//! outbox are the same command if the id is the same. The first answer is stored,
//! encrypted, for [`KEPT_FOR`]; a repeated command gets it again and changes nothing,
//! provided that its sender may still give the command ([`Effect::authorize`]). Answers that
//! open sealed data are never stored ([`Disclosure`]).
//!
//! A command that the server fails to process [`TRIES`] times becomes a dead letter
//! ([`dead_letter`]): it is rejected, and stored encrypted in the log.

pub mod call;
pub mod dead_letter;
pub mod effect;
pub mod key;
pub mod store;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use call::{Commands, Done};
pub use effect::{Disclosure, Effect};
pub use key::{CommandId, IdempotencyKey};
use store::CommandRow;

use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::{DbError, DbFailure as _};
use crate::http::problem::{Kept, Problem, ProblemCode, ServerFault};
use crate::limits::DailyQuota;
use crate::tx::Tx;
use crate::tx::row::Row as _;

/// The retention of answers: longer than a phone is plausibly offline.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(180);

/// The number of failed attempts, each in isolation, after which a command becomes a
/// dead letter. Transient failures, such as an unreachable database, do not count.
pub const TRIES: u8 = 5;

/// How a command reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A call with an `Idempotency-Key`. Its refusal is not stored: it changed nothing, and
    /// the same call may succeed later.
    Call,
    /// The outbox of a phone, which drops a refused command: the refusal is final and stored.
    Outbox,
}

/// A request to execute a command.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "the content of a request is called that too")]
pub struct Request<'a> {
    /// The caller; ids belong to the person, in any session.
    pub principal: &'a Principal,
    /// The id of the command, if it has one.
    pub id: Option<&'a CommandId>,
    /// The action, such as `task.claim`.
    pub action: &'a str,
    /// The content; a different content is a different command.
    pub request: &'a Value,
    /// The task that it changes, if it is a command of an outbox.
    pub task: Option<TaskId>,
    /// How it reached the server.
    pub channel: Channel,
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The result or the problem.
    pub result: Result<T, Problem>,
    /// Whether this is the stored outcome of an earlier request.
    pub replayed: bool,
    /// Why the caller may no longer see the content of a stored outcome.
    pub denial: Option<Problem>,
}

impl<T> Outcome<T> {
    /// The outcome of a command executed now.
    pub const fn new(result: Result<T, Problem>) -> Self {
        Self { result, replayed: false, denial: None }
    }

    /// Maps the result of a command that took effect with `part`.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Outcome<U> {
        let Self { result, replayed, denial } = self;
        Outcome { result: result.map(part), replayed, denial }
    }
}

#[derive(Serialize, Deserialize)]
enum StoredOutcome<T> {
    Done(T),
    Refused(Kept),
    /// The server failed, this many times.
    Failed(u8),
}

/// What is known of a command before it is executed.
enum Known<T> {
    Executed(Outcome<T>),
    /// Not executed; its row and the number of failures, if the server failed before.
    Pending(Option<CommandRow>, u8),
}

/// Runs `act`, unless the command was executed before: then returns the stored answer, and
/// whether `authorize` still permits it. A refusal is stored too if it came from an outbox,
/// unless it is transient. Failures of the server, including panics, are counted; the last one
/// makes the command a dead letter. A new command beyond the daily quota of stored answers is not
/// run (429).
///
/// # Errors
/// [`ProblemCode::CommandIdReused`] if the id was used for another request, and errors that
/// are not stored: those of the database and, without an id, the refusals of `act`.
pub fn once<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    authorize: impl Fn(&mut Tx<'_>) -> Result<(), Problem>,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem>,
) -> Result<Outcome<T>, Problem> {
    let Some(id) = request.id else {
        return act(tx).map(|done| Outcome::new(Ok(done)));
    };
    let (row, mut failures) = match known(tx, key, request, id, &authorize)? {
        Known::Executed(outcome) => return Ok(outcome),
        Known::Pending(row, failures) => (row, failures),
    };
    // Beyond the quota the command changes nothing, and its sender may repeat it tomorrow.
    if row.is_none()
        && let Err(problem) = DailyQuota::Answers.check(tx, request.principal)
    {
        return match problem.as_db() {
            Some(_) => Err(problem),
            None => Ok(Outcome::new(Err(problem))),
        };
    }
    let mut result = tx.savepoint(|tx| unless_it_panics(|| act(tx)))?;
    // Another server may have executed the command since it was looked up: then the refusal is about
    // its own effect.
    if row.is_none() && result.as_ref().is_err_and(|problem| problem.fault().is_none()) {
        let key_of_row = store::key(request.principal, id);
        let district = request.principal.district();
        if let Some(row) = CommandRow::one(tx.read_unbatched(), district, &key_of_row)?
            && let Known::Executed(outcome) = executed(tx, key, request, row, &authorize)?
        {
            return Ok(outcome);
        }
    }
    let ours = |problem: &Problem| problem.fault() == Some(ServerFault::Internal);
    if result.as_ref().is_err_and(ours) {
        failures += 1;
        if failures >= TRIES {
            dead_letter::record(tx, key, request, id)?;
            result = Err(ProblemCode::CommandDeadLettered.into());
        }
    }
    let outcome = match &result {
        Ok(done) => StoredOutcome::Done(done),
        Err(problem) if ours(problem) => StoredOutcome::Failed(failures),
        Err(problem) if is_final(problem, request.channel) => {
            StoredOutcome::Refused(problem.kept())
        }
        // Its step is rolled back; a corrected call, or a later request, may use the same id.
        Err(_) => return Ok(Outcome::new(result)),
    };
    store::keep(tx, key, request, id, row.as_ref(), &outcome)?;
    Ok(Outcome::new(result))
}

/// Whether a refusal is the answer to every repetition of the command.
fn is_final(refusal: &Problem, channel: Channel) -> bool {
    let transient = refusal.is_retryable() || refusal.fault().is_some();
    let is_dead_letter = refusal.kind() == Some(ProblemCode::CommandDeadLettered);
    is_dead_letter || channel == Channel::Outbox && !transient
}

fn known<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    id: &CommandId,
    authorize: impl Fn(&mut Tx<'_>) -> Result<(), Problem>,
) -> Result<Known<T>, Problem> {
    match tx.find::<CommandRow>(store::key(request.principal, id))? {
        Some(row) => executed(tx, key, request, row, authorize),
        None => Ok(Known::Pending(None, 0)),
    }
}

/// What the stored row says of the command.
fn executed<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    row: CommandRow,
    authorize: impl Fn(&mut Tx<'_>) -> Result<(), Problem>,
) -> Result<Known<T>, Problem> {
    if row.request_hash != fingerprint(request) {
        return Err(ProblemCode::CommandIdReused.into());
    }
    let result = match key.open_value(&row.aad("answer"), &row.sealed_answer)? {
        StoredOutcome::Done(done) => Ok(done),
        StoredOutcome::Refused(kept) => Err(kept.into()),
        StoredOutcome::Failed(times) => return Ok(Known::Pending(Some(row), times)),
    };
    let denial = match authorize(tx) {
        Err(problem) if problem.as_db().is_some() => return Err(problem),
        judged => judged.err(),
    };
    Ok(Known::Executed(Outcome { result, replayed: true, denial }))
}

/// A panic in one command must not fail the others of its push. Its writes are rolled
/// back with its step, as after any failure.
fn unless_it_panics<T>(act: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
    ran.unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

/// The fingerprint of a request; it is the same for every endpoint.
fn fingerprint(request: &Request<'_>) -> Hash {
    // The keys of a JSON object are sorted, so equal values are equal texts.
    Hash::sha256(format!("{}\n{}", request.action, request.request))
}
