//! An idempotent call over HTTP.

use actix_web::{HttpResponse, HttpResponseBuilder};
use gridward_domain::authority::Principal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{IdempotencyKey, Request, once, store};
use crate::crypto::{KeyRing, SealingKey};
use crate::http::Problem;
use crate::http::openapi::REPLAYED;
use crate::tx::{Db, ReadSet, Tx};

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

    /// Does `act` in the principal's district, once for the name that the call bears.
    ///
    /// # Errors
    /// As [`once`], and the refusals of `act`.
    pub async fn run<T, F>(
        &self,
        principal: Principal,
        id: IdempotencyKey,
        action: &'static str,
        request: Value,
        act: F,
    ) -> Result<Done<T>, Problem>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: Fn(&mut Tx<'_>, &SealingKey, &Principal) -> Result<T, Problem> + Send + 'static,
    {
        self.run_with(principal, id, action, request, ReadSet::default(), act).await
    }

    /// As [`Self::run`]; `act` will read the rows of `read_set`.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_with<T, F>(
        &self,
        principal: Principal,
        IdempotencyKey(id): IdempotencyKey,
        action: &'static str,
        request: Value,
        mut read_set: ReadSet,
        act: F,
    ) -> Result<Done<T>, Problem>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: Fn(&mut Tx<'_>, &SealingKey, &Principal) -> Result<T, Problem> + Send + 'static,
    {
        if let Some(id) = &id {
            read_set.add::<store::CommandRow>(store::key(&principal, id));
        }
        let (keys, district) = (self.keys.clone(), principal.district());
        let answer = self.db.write_with(district, read_set, move |tx| {
            let key = keys.key(tx.read_unbatched(), principal.district())?;
            let request =
                Request { principal: &principal, id: id.as_ref(), action, request: &request };
            once(tx, &key, &request, |tx| act(tx, &key, &principal))
        });
        let answer = answer.await?;
        Ok(Done { made: answer.result?, replayed: answer.replayed })
    }
}
