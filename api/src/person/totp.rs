//! The HTTP endpoints for a person's own authenticator app.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, delete, post};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::step_up::invalid;
use super::store;
use crate::auth::device::AuthMethod;
use crate::auth::qr;
use crate::auth::routes::AccessToken;
use crate::auth::second_factor::totp_store::Which;
use crate::auth::{Authenticator, LimitedAccess, RecentAccess, SecondFactors, Sessions};
use crate::crypto::mask;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::IdempotencyKey;

/// A new secret for an authenticator app.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "uri": "otpauth://totp/Gridward:0123456789ab?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gridward",
    "qr": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 45 45\"></svg>"
}))]
pub struct TotpSetup {
    /// The key URI; its `secret` may be typed into the app.
    #[schema(max_length = 256)]
    uri: String,
    /// The URI as a QR code: an SVG image.
    #[schema(max_length = 65_536)]
    qr: String,
}

/// Set up an authenticator app
///
/// Answers a new secret; `POST /v1/me/totp/confirm` with a first code puts it in force. Also
/// permitted in a session that lacks the second factor; in any other, the caller must have been
/// authenticated recently. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "set_up_totp",
    params(openapi::NeverStored),
    responses((status = OK, description = "The secret", body = TotpSetup), openapi::Write),
)]
#[post("/me/totp")]
pub(crate) async fn set_up_totp(
    second_factors: Data<SecondFactors>,
    authenticator: Data<Authenticator>,
    access: LimitedAccess,
    // Parsed so that an invalid one is rejected; a secret is never stored.
    _: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let LimitedAccess { principal, bearer, is_restricted } = access;
    // A session without a second factor has nothing to step up with.
    if !is_restricted {
        authenticator.check_recent(&bearer)?;
    }
    let keys = second_factors.keys.clone();
    let account = second_factors.db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal.scope(), principal.person)?;
        let row = row.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(mask::phone(&row.particulars(&key)?.phone))
    });
    let uri = second_factors.set_up_totp(&principal, account.await?, is_restricted).await?;
    let qr = qr::svg(&uri).map_err(Problem::defect)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(TotpSetup { uri, qr }))
}

/// The first code of an authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "287082"}))]
pub struct TotpCode {
    /// The current code.
    #[schema(value_type = String, min_length = 6, max_length = 6, format = "password")]
    code: SecretString,
}

/// Confirm an authenticator app
///
/// Puts the secret of `POST /v1/me/totp` in force and answers an access token of a session with a
/// second factor. Further sign-ins need a code, except on an enrolled device. A wrong code is 422;
/// after five, the next ones are delayed (429). Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "confirm_totp",
    params(openapi::NeverStored),
    request_body(content = TotpCode, description = "The code"),
    responses((status = OK, description = "The access token", body = AccessToken), openapi::Write),
)]
#[post("/me/totp/confirm")]
pub(crate) async fn confirm_totp(
    second_factors: Data<SecondFactors>,
    sessions: Data<Sessions>,
    authenticator: Data<Authenticator>,
    access: LimitedAccess,
    // Parsed so that an invalid one is rejected; an access token is never stored.
    _: IdempotencyKey,
    Body(TotpCode { code }): Body<TotpCode>,
) -> Result<Json<AccessToken>, Problem> {
    let LimitedAccess { principal, bearer, is_restricted } = access;
    if !is_restricted {
        authenticator.check_recent(&bearer)?;
    }
    let whose = (principal.district(), principal.person);
    let checked = second_factors.check_totp(whose.0, whose.1, Which::Pending, code).await;
    checked.map_err(|problem| invalid(problem, "/code", "is not the current code"))?;
    let methods = [AuthMethod::Pwd, AuthMethod::Otp].into();
    let token = sessions.authenticated_again(bearer, methods).await?;
    let is_bound = bearer.key.is_some();
    Ok(Json(AccessToken::alone(token, &sessions.tokens, whose, bearer.session, is_bound)))
}

/// Remove the authenticator app
///
/// Sign-ins need no code any more; where a second factor is required, they need an enrolled
/// device. The caller must have been authenticated recently. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "delete_totp",
    responses((status = NO_CONTENT, description = "Removed"), openapi::GiveUp),
)]
#[delete("/me/totp")]
pub(crate) async fn delete_totp(
    second_factors: Data<SecondFactors>,
    RecentAccess(access): RecentAccess,
) -> Result<HttpResponse, Problem> {
    second_factors.delete_totp(&access.principal).await?;
    Ok(HttpResponse::NoContent().finish())
}
