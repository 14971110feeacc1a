//! The person behind a request, for every handler that needs one.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use gridward_domain::area::AreaRange;
use gridward_domain::authority::{Action, Actor};
use gridward_domain::id::PersonId;
use moka::sync::Cache;

use super::store;
use super::token::{Bearer, TokenError};
use crate::app::Gridward;
use crate::problem::{Kind, Problem};

/// How long a change of role or area may take to be seen by another server.
const STANDING_FOR: Duration = Duration::from_secs(5);
const REMEMBERED: u64 = 50_000;

/// A signed-in person, with role and area as they are now.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The district, first in every key.
    pub district: String,
    /// Who, in which role, for which area.
    pub actor: Actor,
}

impl Caller {
    /// The codes of the caller's area and all in it.
    pub fn scope(&self) -> AreaRange {
        self.actor.area.range()
    }

    /// Whether the caller's role may do `action` at all.
    ///
    /// # Errors
    /// 403.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        self.actor.may(action).map_err(Problem::from)
    }
}

/// What is known of people's roles and areas, for a few seconds.
#[derive(Clone)]
pub struct Standings(Cache<(String, PersonId), Option<Actor>>);

impl Default for Standings {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(STANDING_FOR).build())
    }
}

impl Standings {
    /// Forgets what is known, since somebody's role or area has just changed.
    pub fn forget_all(&self) {
        self.0.invalidate_all();
    }

    async fn of(&self, app: &Gridward, bearer: Bearer) -> Result<Option<Actor>, Problem> {
        let Bearer { district, person, .. } = bearer;
        let key = (district, person);
        if let Some(standing) = self.0.get(&key) {
            return Ok(standing);
        }
        let district = key.0.clone();
        let standing = app.db.read(move |conn| store::actor(conn, &district, person)).await?;
        self.0.insert(key, standing);
        Ok(standing)
    }
}

/// The token after `Bearer`, if there is exactly that.
fn token(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn caller(request: HttpRequest) -> Result<Caller, Problem> {
    let app = request.app_data::<Data<Gridward>>().ok_or(Kind::Internal)?;
    let token = token(&request).ok_or(Kind::Unauthenticated)?;
    let bearer = app.tokens.verify(token, (app.clock)()).map_err(|error| match error {
        TokenError::Expired => Kind::TokenExpired,
        TokenError::Invalid | TokenError::Unsigned => Kind::Unauthenticated,
    })?;
    let district = bearer.district.clone();
    let actor = app.standings.of(app, bearer).await?.ok_or(Kind::Unauthenticated)?;
    Ok(Caller { district, actor })
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(caller(request.clone()))
    }
}
