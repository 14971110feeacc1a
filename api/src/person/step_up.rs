//! Step-up (RFC 9470): a signed-in person is authenticated again, for an operation that requires
//! it.

use std::collections::BTreeSet;

use actix_web::post;
use actix_web::web::{Data, Json};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::device::AuthMethod;
use crate::auth::routes::AccessToken;
use crate::auth::second_factor::totp_store::Which;
use crate::auth::sign_in::SignIn;
use crate::auth::{Access, SecondFactors, Sessions};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::IdempotencyKey;
use crate::limits::Prefix;

/// The credentials of a person who is signed in; at least one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "gridward-demo"}))]
pub struct StepUp {
    /// The password.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128, format = "password")]
    password: Option<SecretString>,
    /// The current code of the authenticator app.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 6, max_length = 6, format = "password")]
    totp: Option<SecretString>,
}

/// Confirm that it is you
///
/// Authenticates the caller again and answers an access token with a new `auth_time`, for
/// operations that refuse an older one with 401 `step_up_required`. On an enrolled device the
/// password suffices; elsewhere the code of the authenticator app is needed where a second factor
/// is required. A wrong credential is 422, since the access token itself is valid. Allowed roles:
/// all.
#[utoipa::path(
    tag = "auth",
    operation_id = "step_up",
    params(openapi::NeverStored),
    request_body(content = StepUp, description = "The credentials"),
    responses((status = OK, description = "The access token", body = AccessToken), openapi::Write),
)]
#[post("/auth/step-up")]
pub(crate) async fn step_up(
    sign_in: Data<SignIn>,
    second_factors: Data<SecondFactors>,
    sessions: Data<Sessions>,
    from: Prefix,
    access: Access,
    // Parsed so that an invalid one is rejected; an access token is never stored.
    _: IdempotencyKey,
    Body(StepUp { password, totp }): Body<StepUp>,
) -> Result<Json<AccessToken>, Problem> {
    if password.is_none() && totp.is_none() {
        return Err(Problem::invalid("/password", "a password or a code is required"));
    }
    let Access { principal, bearer } = access;
    let (district, person) = (principal.district(), principal.person);
    let mut methods = BTreeSet::new();
    if let Some(password) = password {
        let verified = sign_in.verify_person(from, access, password).await;
        verified.map_err(|problem| invalid(problem, "/password", "is not your password"))?;
        methods.insert(AuthMethod::Pwd);
    }
    // Each request of the session proves the enrolled key.
    if bearer.key.is_some() && bearer.has_second_factor {
        methods.insert(AuthMethod::Swk);
    }
    if let Some(totp) = totp {
        let checked = second_factors.check_totp(district, person, Which::Confirmed, totp).await;
        checked.map_err(|problem| invalid(problem, "/totp", "is not the current code"))?;
        methods.insert(AuthMethod::Otp);
    }
    let has_second_factor = methods.iter().any(|method| method.is_second_factor());
    if second_factors.policy.restricts(has_second_factor) {
        return Err(ProblemCode::SecondFactorRequired.into());
    }
    let token = sessions.authenticated_again(bearer, methods).await?;
    let whose = (district, person);
    let is_bound = bearer.key.is_some();
    Ok(Json(AccessToken::alone(token, &sessions.tokens, whose, bearer.session, is_bound)))
}

/// The problem of a credential of a signed-in person: a 401 would mean that the token is invalid.
pub(super) fn invalid(problem: Problem, pointer: &str, detail: &str) -> Problem {
    match problem.kind() {
        // The last: there is no app whose code it could be.
        Some(
            ProblemCode::WrongCredentials
            | ProblemCode::WrongCode
            | ProblemCode::SecondFactorRequired,
        ) => Problem::invalid(pointer, detail),
        _ => problem,
    }
}
