//! Resolves a request to a person: verifies the token, then reads the current role and
//! area.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Actor;
use gridward_domain::id::PersonId;
use moka::sync::Cache;

use super::caller::Caller;
use super::store;
use super::token::{Bearer, TokenError, Tokens};
use crate::clock::Clock;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Db;

/// The maximum delay until another server sees a change of role or area.
const ACTOR_FOR: Duration = Duration::from_secs(5);
const MOST_ACTORS: u64 = 50_000;

/// Roles and areas of people, cached for a few seconds.
#[derive(Clone)]
pub struct ActorCache(Cache<(AreaCode, PersonId), Option<Actor>>);

impl Default for ActorCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_ACTORS).time_to_live(ACTOR_FOR).build())
    }
}

impl ActorCache {
    /// Clears the cache after a change of a role or an area.
    pub fn forget_all(&self) {
        self.0.invalidate_all();
    }

    async fn of(&self, db: &Db, bearer: Bearer) -> Result<Option<Actor>, Problem> {
        let Bearer { district, person, .. } = bearer;
        let key = (district, person);
        if let Some(actor) = self.0.get(&key) {
            return Ok(actor);
        }
        let actor = db.read(move |conn| store::actor(conn, district, person)).await?;
        self.0.insert(key, actor);
        Ok(actor)
    }
}

/// Authenticates requests.
#[derive(Clone)]
pub struct Authenticator {
    /// Reads people.
    pub db: Db,
    /// Verifies access tokens.
    pub tokens: Tokens,
    /// Cached roles and areas.
    pub actors: ActorCache,
    /// The clock.
    pub clock: Clock,
}

impl Authenticator {
    /// The person identified by `token`.
    ///
    /// # Errors
    /// 401.
    async fn caller(&self, token: &str) -> Result<Caller, Problem> {
        let bearer = self.tokens.verify(token, (self.clock)()).map_err(|error| match error {
            TokenError::Expired => ProblemCode::TokenExpired,
            TokenError::Invalid | TokenError::Unsigned => ProblemCode::Unauthenticated,
        })?;
        let district = bearer.district;
        let actor = self.actors.of(&self.db, bearer).await?.ok_or(ProblemCode::Unauthenticated)?;
        Ok(Caller { district, actor })
    }
}

/// The token after `Bearer`; `None` for any other form.
fn token(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn authenticate(request: HttpRequest) -> Result<Caller, Problem> {
    let authenticator = request.app_data::<Data<Authenticator>>();
    let authenticator = authenticator.ok_or_else(|| Problem::defect("no authenticator"))?;
    authenticator.caller(token(&request).ok_or(ProblemCode::Unauthenticated)?).await
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate(request.clone()))
    }
}
