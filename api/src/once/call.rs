//! A single call over HTTP, carried out once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Asked, IdempotencyKey, once, store};
use crate::app::Gridward;
use crate::auth::Caller;
use crate::db::{Tx, Wants};
use crate::problem::Problem;
use crate::seal::SealingKey;

/// What a call did, now or the first time.
#[derive(Debug)]
pub struct Done<T> {
    /// What it made.
    pub made: T,
    /// Whether this is the answer of the first time.
    pub replayed: bool,
}

/// Does `act` in the caller's district, once for the name that the call bears.
///
/// # Errors
/// As [`once`], with what `act` refused.
pub async fn call<T, F>(
    app: &Gridward,
    caller: Caller,
    id: IdempotencyKey,
    action: &'static str,
    request: Value,
    act: F,
) -> Result<Done<T>, Problem>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    F: Fn(&mut Tx<'_>, &SealingKey, &Caller) -> Result<T, Problem> + Send + 'static,
{
    call_with(app, caller, id, action, request, Wants::default(), act).await
}

/// As [`call`], where `act` will look at what it `wants`.
///
/// # Errors
/// As [`call`].
pub async fn call_with<T, F>(
    app: &Gridward,
    caller: Caller,
    IdempotencyKey(id): IdempotencyKey,
    action: &'static str,
    request: Value,
    mut wants: Wants,
    act: F,
) -> Result<Done<T>, Problem>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    F: Fn(&mut Tx<'_>, &SealingKey, &Caller) -> Result<T, Problem> + Send + 'static,
{
    wants.commands.extend(id.as_ref().map(|id| store::key(&caller, id)));
    let (vault, district) = (app.vault.clone(), caller.district.clone());
    let answer = app.db.write_with(&district, wants, move |tx| {
        let key = vault.key(tx.read_other(), &caller.district)?;
        let asked = Asked { caller: &caller, id: id.as_ref(), action, request: &request };
        once(tx, &key, &asked, |tx| act(tx, &key, &caller))
    });
    let answer = answer.await?;
    Ok(Done { made: answer.result?, replayed: answer.replayed })
}
