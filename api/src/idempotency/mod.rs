//! A command that comes with an id of its own happens once.
//!
//! A phone that lost an answer sends again, perhaps months later and by another
//! way: what it did online with an `Idempotency-Key` and what lies in its outbox
//! with a command id are one command if the id is the same. The first answer is
//! kept, sealed, for [`KEPT_FOR`]; a repetition gets it again and changes nothing.
//!
//! A command at which the server fails does not come back for ever: after [`TRIES`] it
//! becomes a dead letter ([`dead_letter`]): rejected, and sealed onto the log.

pub mod call;
pub mod dead_letter;
pub mod key;
pub mod store;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use gridward_domain::authority::Principal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use call::{Commands, Done};
pub use key::{CommandId, IdempotencyKey};
use store::CommandRow;

use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::db::column::Hash;
use crate::http::problem::{Kept, Problem, ProblemCode, ServerFault};
use crate::tx::Tx;

/// How long an answer is kept: longer than any phone lies in a drawer.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(180);

/// How often a command may fail by a defect of the server's, each time alone,
/// before it becomes a dead letter. Transient failures, as an unreachable database,
/// does not count.
pub const TRIES: u8 = 5;

/// A command as it was asked.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who asks; ids belong to the person, whatever the session.
    pub principal: &'a Principal,
    /// Its own id, if it has one.
    pub id: Option<&'a CommandId>,
    /// What is asked, as `task.claim`.
    pub action: &'a str,
    /// All that it is asked with; another content is another command.
    pub request: &'a Value,
}

/// What came of a command.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What it did, or why not.
    pub result: Result<T, Problem>,
    /// Whether this is the answer of the first time.
    pub replayed: bool,
}

#[derive(Serialize, Deserialize)]
enum StoredOutcome<T> {
    Done(T),
    Refused(Kept),
    /// The server failed at it, so often.
    Failed(u8),
}

/// Does `act`, unless it was done before: then answers what was answered then.
/// A refusal is an answer too; only one that may go away by itself, or that is of form,
/// is not kept.
/// What the server fails at, even by a panic, is counted; the last try makes it a dead letter.
///
/// # Errors
/// [`ProblemCode::CommandIdReused`] when the id came with another request before, and
/// what leaves nothing behind: the database's errors, and without an id the
/// refusals of `act`.
pub fn once<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    act: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem>,
) -> Result<Outcome<T>, Problem> {
    let Some(id) = request.id else {
        return act(tx).map(|done| Outcome { result: Ok(done), replayed: false });
    };
    let hash = fingerprint(request);
    let mut failures = 0;
    let known = tx.find::<CommandRow>(store::key(request.principal, id))?;
    if let Some(row) = &known {
        if row.request_hash != hash {
            return Err(ProblemCode::CommandIdReused.into());
        }
        let replayed = |result| Outcome { result, replayed: true };
        match key.open_value(&row.aad("answer"), &row.sealed_answer)? {
            StoredOutcome::Done(done) => return Ok(replayed(Ok(done))),
            StoredOutcome::Refused(kept) => return Ok(replayed(Err(kept.into()))),
            StoredOutcome::Failed(times) => failures = times,
        }
    }
    let mut result = tx.savepoint(|tx| unless_it_panics(|| act(tx)))?;
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
        Err(problem)
            if problem.is_retryable()
                || problem.fault().is_some()
                || problem.kind() == Some(ProblemCode::Invalid) =>
        {
            // Its step is undone, and what does not fit may come again mended.
            return Ok(Outcome { result, replayed: false });
        }
        Err(problem) => StoredOutcome::Refused(problem.kept()),
    };
    store::keep(tx, key, request, id, known.as_ref(), hash, &outcome)?;
    Ok(Outcome { result, replayed: false })
}

/// A command that panics must not take the others of its push with it, each time
/// anew. What it wrote is undone with its step, as after any failure.
fn unless_it_panics<T>(act: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
    ran.unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

/// The same request has the same fingerprint, by whichever way it came.
fn fingerprint(request: &Request<'_>) -> Hash {
    // The keys of a JSON object are sorted, so equal values are equal texts.
    Hash::sha256(format!("{}\n{}", request.action, request.request))
}
