//! Resolves an access token to a principal: verifies the token, then reads the person's
//! current role and area.

use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use moka::sync::Cache;

use super::store;
use super::token::{Bearer, TokenError, Tokens};
use crate::clock::Clock;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Db;

/// The maximum delay until another server sees a change of role or area.
const LIFETIME: Duration = Duration::from_secs(5);
const CAPACITY: u64 = 50_000;

/// Principals, cached for a few seconds; `None` for unknown and inactive people.
#[derive(Clone)]
pub struct PrincipalCache(Cache<(AreaCode, PersonId), Option<Principal>>);

impl Default for PrincipalCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(LIFETIME).build())
    }
}

impl PrincipalCache {
    /// Clears the cache after a change of a role or an area.
    pub fn forget_all(&self) {
        self.0.invalidate_all();
    }

    async fn of(&self, db: &Db, bearer: Bearer) -> Result<Option<Principal>, Problem> {
        let Bearer { district, person, .. } = bearer;
        let key = (district, person);
        if let Some(principal) = self.0.get(&key) {
            return Ok(principal);
        }
        let principal = db.read(move |conn| store::principal(conn, district, person)).await?;
        self.0.insert(key, principal);
        Ok(principal)
    }
}

/// Authenticates requests.
#[derive(Clone)]
pub struct Authenticator {
    /// Reads people.
    pub db: Db,
    /// Verifies access tokens.
    pub tokens: Tokens,
    /// Cached principals.
    pub principals: PrincipalCache,
    /// The clock.
    pub clock: Clock,
}

impl Authenticator {
    /// The principal identified by the access token `token`.
    ///
    /// # Errors
    /// 401.
    pub(super) async fn principal(&self, token: &str) -> Result<Principal, Problem> {
        let bearer = self.tokens.verify(token, (self.clock)()).map_err(|error| match error {
            TokenError::Expired => ProblemCode::TokenExpired,
            TokenError::Invalid | TokenError::Unsigned => ProblemCode::Unauthenticated,
        })?;
        let principal = self.principals.of(&self.db, bearer).await?;
        Ok(principal.ok_or(ProblemCode::Unauthenticated)?)
    }
}
