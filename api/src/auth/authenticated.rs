//! The extractor of an authenticated person.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use gridward_domain::authority::Principal;

use super::authenticator::Authenticator;
use crate::http::problem::{Problem, ProblemCode};

/// The principal of a request with a valid access token; any other request gets 401 before
/// its handler runs.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated(pub Principal);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(authenticate(request.clone()))
    }
}

async fn authenticate(request: HttpRequest) -> Result<Authenticated, Problem> {
    let authenticator = request.app_data::<Data<Authenticator>>();
    let authenticator = authenticator.ok_or_else(|| Problem::defect("no authenticator"))?;
    let token = token(&request).ok_or(ProblemCode::Unauthenticated)?;
    Ok(Authenticated(authenticator.principal(token).await?))
}

/// The token after `Bearer`; `None` for any other form.
fn token(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
