//! Resolves an access token to a principal: verifies the token, then reads the person's
//! current role and area, and whether person and session are still in force.

use std::time::Duration;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::person_state::PersonState;
use moka::sync::Cache;

use super::proofs::Proofs;
use super::second_factor::policy::SecondFactorPolicy;
use super::store::{self, AccountStatus};
use super::token::{Bearer, TokenError, Tokens};
use crate::clock::Clock;
use crate::db::column::Hash;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Db;

/// The maximum delay until another server sees a change of role, area, state or session.
const LIFETIME: Duration = Duration::from_secs(5);
const CAPACITY: u64 = 100_000;

type Key = (AreaCode, PersonId, Option<SessionId>);

/// The account states of people in their sessions, cached for a few seconds.
#[derive(Clone)]
pub struct PrincipalCache(Cache<Key, AccountStatus>);

impl Default for PrincipalCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(LIFETIME).build())
    }
}

impl PrincipalCache {
    /// Clears the cache after a change of a role, an area or a state.
    pub fn forget_all(&self) {
        self.0.invalidate_all();
    }

    /// Forgets a session that has ended.
    pub fn forget_session(&self, district: AreaCode, person: PersonId, session: SessionId) {
        self.0.invalidate(&(district, person, Some(session)));
    }

    /// The account state of a person in a session.
    ///
    /// # Errors
    /// 401 if the person is unknown.
    pub async fn of(
        &self,
        db: &Db,
        district: AreaCode,
        person: PersonId,
        session: Option<SessionId>,
    ) -> Result<AccountStatus, Problem> {
        match self.0.get(&(district, person, session)) {
            Some(status) => Ok(status),
            None => self.read(db, district, person, session).await,
        }
    }

    /// As [`Self::of`], from the database.
    async fn read(
        &self,
        db: &Db,
        district: AreaCode,
        person: PersonId,
        session: Option<SessionId>,
    ) -> Result<AccountStatus, Problem> {
        let read = db.read(move |conn| store::account_status(conn, district, person, session));
        let status = read.await?.ok_or(ProblemCode::Unauthenticated)?;
        // Others are not cached, so that a restored person need not wait.
        if status.state == PersonState::Active {
            self.0.insert((district, person, session), status);
        }
        Ok(status)
    }
}

impl AccountStatus {
    /// Checks that the person may use the service.
    ///
    /// # Errors
    /// 401 `account_inactive`.
    pub(super) fn check(&self) -> Result<(), Problem> {
        match self.state {
            PersonState::Active => Ok(()),
            PersonState::Suspended | PersonState::Left => Err(ProblemCode::AccountInactive.into()),
        }
    }
}

/// Authenticates requests.
#[derive(Clone)]
pub struct Authenticator {
    /// Reads people and sessions.
    pub db: Db,
    /// Verifies access tokens.
    pub tokens: Tokens,
    /// Verifies proofs of keys.
    pub proofs: Proofs,
    /// Cached account states.
    pub principals: PrincipalCache,
    /// The requirements of the installation.
    pub second_factor: SecondFactorPolicy,
    /// The clock.
    pub clock: Clock,
}

impl Authenticator {
    /// Checks that the bearer of a token was authenticated recently.
    ///
    /// # Errors
    /// 401 `step_up_required`.
    pub fn check_recent(&self, bearer: &Bearer) -> Result<(), Problem> {
        if self.second_factor.is_recent(bearer, (self.clock)()) {
            return Ok(());
        }
        Err(Problem::step_up_required(self.second_factor.step_up.num_seconds()))
    }

    /// The subject of the access token `token`.
    ///
    /// # Errors
    /// 401.
    pub(super) fn bearer(&self, token: &str) -> Result<Bearer, Problem> {
        Ok(self.tokens.verify(token, (self.clock)()).map_err(|error| match error {
            TokenError::Expired => ProblemCode::TokenExpired,
            TokenError::Invalid | TokenError::Unsigned => ProblemCode::Unauthenticated,
        })?)
    }

    /// Checks that the request is proved with the key of its token.
    ///
    /// # Errors
    /// 401 with a nonce.
    pub(super) fn check_proof(
        &self,
        request: &HttpRequest,
        token: &str,
        key: Hash,
    ) -> Result<(), Problem> {
        self.proofs.check(request, token, key)
    }

    /// The principal of the subject of a token.
    ///
    /// # Errors
    /// 401.
    pub(super) async fn principal(&self, bearer: Bearer) -> Result<Principal, Problem> {
        let Bearer { district, person, session, .. } = bearer;
        let status = self.principals.of(&self.db, district, person, session).await?;
        admit(&bearer, &status, (self.clock)())
    }

    /// As [`Self::principal`], read from the database: for streams, which look again while
    /// they last.
    ///
    /// # Errors
    /// 401.
    pub async fn current_principal(&self, bearer: Bearer) -> Result<Principal, Problem> {
        let Bearer { district, person, session, .. } = bearer;
        let status = self.principals.read(&self.db, district, person, session).await?;
        admit(&bearer, &status, (self.clock)())
    }
}

/// The principal, if neither its session nor its token has ended.
fn admit(
    bearer: &Bearer,
    status: &AccountStatus,
    now: DateTime<Utc>,
) -> Result<Principal, Problem> {
    status.check()?;
    let in_session = status.session_ends.is_some_and(|ends| now < ends);
    if bearer.session.is_some() && !in_session {
        return Err(ProblemCode::SessionEnded.into());
    }
    if bearer.issued_ms < status.tokens_not_before_ms {
        // A session that outlives a change of the password can refresh.
        let code = if in_session { ProblemCode::TokenExpired } else { ProblemCode::SessionEnded };
        return Err(code.into());
    }
    Ok(status.principal)
}
