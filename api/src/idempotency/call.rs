//! Calls over HTTP: effects, stored under their `Idempotency-Key`, and disclosures, never stored.

use actix_web::{HttpResponse, HttpResponseBuilder};
use gridward_domain::authority::Principal;
use serde::Serialize;

use super::{Channel, Disclosure, Effect, IdempotencyKey, Outcome, Request, once, store};
use crate::crypto::{KeyRing, SealingKey};
use crate::http::Problem;
use crate::http::openapi::REPLAYED;
use crate::limits::daily_quota;
use crate::tx::{Db, Tx};

/// The result of a call, now or at the first request.
#[derive(Debug)]
pub struct Done<T> {
    /// The result.
    pub made: T,
    /// Whether this is the stored result of an earlier request.
    pub replayed: bool,
}

impl<T> Done<T> {
    /// Maps the result with `part`.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Done<U> {
        Done { made: part(self.made), replayed: self.replayed }
    }
}

impl<T: Serialize> Done<T> {
    /// The answer built with `builder`: the result, and whether it is a stored one.
    pub fn answer(&self, mut builder: HttpResponseBuilder) -> HttpResponse {
        builder.insert_header((REPLAYED, self.replayed.to_string())).json(&self.made)
    }
}

/// Executes the calls of this server.
#[derive(Clone)]
pub struct Commands {
    db: Db,
    keys: KeyRing,
}

impl Commands {
    /// Executes calls in `db` with the districts' `keys`.
    pub const fn new(db: Db, keys: KeyRing) -> Self {
        Self { db, keys }
    }

    /// Makes `effect` with `act` in the principal's district, once for the key of the call.
    ///
    /// # Errors
    /// As [`once`], the refusals of `act`, and those of [`Effect::authorize`] for a repeated
    /// call.
    pub async fn run<E, F>(
        &self,
        principal: Principal,
        IdempotencyKey(id): IdempotencyKey,
        effect: E,
        act: F,
    ) -> Result<Done<E::Made>, Problem>
    where
        E: Effect,
        F: Fn(&E, &mut Tx<'_>, &SealingKey, &Principal) -> Result<E::Made, Problem>
            + Send
            + 'static,
    {
        let mut read_set = effect.read_set(&principal);
        if let Some(id) = &id {
            read_set.add::<store::CommandRow>(store::key(&principal, id));
            daily_quota::read(&principal, &mut read_set);
        }
        let (keys, district, request) = (self.keys.clone(), principal.district(), effect.request());
        let answer = self.db.write_with(district, read_set, move |tx| {
            let key = keys.key(tx.read_unbatched(), principal.district())?;
            let request = Request {
                principal: &principal,
                id: id.as_ref(),
                action: effect.action(),
                request: &request,
                task: None,
                channel: Channel::Call,
            };
            let authorize = |tx: &mut Tx<'_>| effect.authorize(tx, &principal);
            let outcome =
                once(tx, &key, &request, authorize, |tx| act(&effect, tx, &key, &principal))?;
            Ok::<_, Problem>(show(outcome, |made| effect.shown(tx, &principal, made)))
        });
        done(answer.await?)
    }

    /// Answers `disclosure`; each call is authorized and recorded anew.
    ///
    /// # Errors
    /// Those of [`Disclosure::disclose`].
    pub async fn disclose<D: Disclosure>(
        &self,
        principal: Principal,
        disclosure: D,
    ) -> Result<D::Shown, Problem> {
        let keys = self.keys.clone();
        let shown = self.db.write(principal.district(), move |tx| {
            let key = keys.key(tx.read_unbatched(), principal.district())?;
            disclosure.disclose(tx, &key, &principal)
        });
        shown.await
    }
}

/// The outcome with its result as `shown`.
fn show<T>(outcome: Outcome<T>, shown: impl FnOnce(T) -> Result<T, Problem>) -> Outcome<T> {
    Outcome { result: outcome.result.and_then(shown), ..outcome }
}

/// The result for a caller who may see it.
fn done<T>(outcome: Outcome<T>) -> Result<Done<T>, Problem> {
    match outcome.denial {
        Some(denial) => Err(denial),
        None => Ok(Done { made: outcome.result?, replayed: outcome.replayed }),
    }
}
