//! The extractors of an authenticated person.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use gridward_domain::authority::Principal;

use super::authenticator::Authenticator;
use super::token::Bearer;
use crate::http::auth_scheme::AuthScheme;
use crate::http::problem::{Problem, ProblemCode};

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The principal of a request with a valid access token; any other request gets 401 before
/// its handler runs.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated(pub Principal);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let access = authenticate_fully(request.clone());
        Box::pin(async { access.await.map(|access| Self(access.principal)) })
    }
}

/// As [`Authenticated`], with the subject of the access token: for handlers that need the
/// session.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The principal.
    pub principal: Principal,
    /// The subject of the access token.
    pub bearer: Bearer,
}

impl FromRequest for Access {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate_fully(request.clone()))
    }
}

/// As [`Access`], if the person was authenticated recently: for exports and changes of factors.
#[derive(Clone, Copy, Debug)]
pub struct RecentAccess(pub Access);

impl FromRequest for RecentAccess {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let access = authenticate_fully(request.clone()).await?;
            authenticator(&request)?.check_recent(&access.bearer)?;
            Ok(Self(access))
        })
    }
}

/// As [`Access`], also for a session without the second factor that the installation requires:
/// for the operations that set one up, and the caller's profile.
#[derive(Clone, Copy, Debug)]
pub struct LimitedAccess {
    /// The principal.
    pub principal: Principal,
    /// The subject of the access token.
    pub bearer: Bearer,
    /// Whether the second factor is missing.
    pub is_restricted: bool,
}

impl FromRequest for LimitedAccess {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Access { principal, bearer } = authenticate(request.clone()).await?;
            let policy = authenticator(&request)?.second_factor;
            let is_restricted = policy.restricts(bearer.has_second_factor);
            Ok(Self { principal, bearer, is_restricted })
        })
    }
}

fn authenticator(request: &HttpRequest) -> Result<&Authenticator, Problem> {
    let authenticator = request.app_data::<Data<Authenticator>>();
    authenticator.map(Data::get_ref).ok_or_else(|| Problem::defect("no authenticator"))
}

/// As [`authenticate`], with the second factor that the installation requires.
async fn authenticate_fully(request: HttpRequest) -> Result<Access, Problem> {
    let access = authenticate(request.clone()).await?;
    if authenticator(&request)?.second_factor.restricts(access.bearer.has_second_factor) {
        return Err(ProblemCode::SecondFactorRequired.into());
    }
    Ok(access)
}

async fn authenticate(request: HttpRequest) -> Result<Access, Problem> {
    let authenticator = authenticator(&request)?;
    let sent = AuthScheme::and_token(request.headers());
    let (scheme, token) = sent.ok_or(ProblemCode::Unauthenticated)?;
    let bearer = authenticator.bearer(token)?;
    // A token that is bound to a key is refused without its proof, and another one with it.
    let required = if bearer.key.is_some() { AuthScheme::Dpop } else { AuthScheme::Bearer };
    if scheme != required {
        return Err(Problem::wrong_scheme(required));
    }
    match bearer.key {
        Some(key) => authenticator.check_proof(&request, token, key)?,
        // It proves nothing here, but must have the form that the contract declares.
        None => drop(authenticator.proofs.header(&request)?),
    }
    let principal = authenticator.principal(bearer).await?;
    Ok(Access { principal, bearer })
}
