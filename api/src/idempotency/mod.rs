//! Idempotent commands: a command with an id takes effect at most once.
//!
//! A phone that lost an answer sends the command again, possibly months later and
//! over another endpoint: a call with an `Idempotency-Key` and a command of an
//! outbox are the same command if the id is the same. The first answer is stored,
//! encrypted, for [`KEPT_FOR`]; a repeated command gets it again and changes nothing.
//!
//! A command that the server fails to process [`TRIES`] times becomes a dead letter
//! ([`dead_letter`]): it is rejected, and stored encrypted in the log.

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

/// The retention of answers: longer than a phone is plausibly offline.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(180);

/// The number of failed attempts, each in isolation, after which a command becomes a
/// dead letter. Transient failures, such as an unreachable database, do not count.
pub const TRIES: u8 = 5;

/// A request to execute a command.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The caller; ids belong to the person, in any session.
    pub principal: &'a Principal,
    /// The id of the command, if it has one.
    pub id: Option<&'a CommandId>,
    /// The action, such as `task.claim`.
    pub action: &'a str,
    /// The content; a different content is a different command.
    pub request: &'a Value,
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The result or the problem.
    pub result: Result<T, Problem>,
    /// Whether this is the stored outcome of an earlier request.
    pub replayed: bool,
}

#[derive(Serialize, Deserialize)]
enum StoredOutcome<T> {
    Done(T),
    Refused(Kept),
    /// The server failed, this many times.
    Failed(u8),
}

/// Runs `act`, unless the command was executed before: then returns the stored answer.
/// A refusal is stored too, unless it is transient or about an invalid request. Failures of
/// the server, including panics, are counted; the last one makes the command a dead letter.
///
/// # Errors
/// [`ProblemCode::CommandIdReused`] if the id was used for another request, and errors that
/// are not stored: those of the database and, without an id, the refusals of `act`.
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
            // Its step is rolled back; a corrected request may use the same id.
            return Ok(Outcome { result, replayed: false });
        }
        Err(problem) => StoredOutcome::Refused(problem.kept()),
    };
    store::keep(tx, key, request, id, known.as_ref(), hash, &outcome)?;
    Ok(Outcome { result, replayed: false })
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
