//! The HTTP endpoints for sign-in and public keys.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SessionId};
use gridward_domain::phone::Phone;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::device::{AuthMethod, Device, DeviceKind};
use super::known_device::Client;
use super::proofs::{DPOP_NONCE, Proofs};
use super::sessions::{Issued, Sessions};
use super::token::Tokens;
use super::{refresh_cookie, sign_in};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::limits::Prefix;

/// The credentials of a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "10008888888", "password": "gridward-demo"}))]
pub struct SignIn {
    /// The district; optional if the installation has only one.
    district: Option<AreaCode>,
    /// The phone number: 5 to 20 digits. Spaces, hyphens and invisible characters are ignored.
    #[schema(min_length = 5, max_length = 64, example = "10008888888")]
    phone: String,
    /// The password.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    password: SecretString,
    /// The device, for a session with a refresh token. Without it, the access token cannot be
    /// renewed.
    #[serde(default)]
    device: Option<Device>,
    /// The last refresh token of this device, even after its session has ended: other people's
    /// attempts then do not delay this one. A browser sends it as a cookie.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 512, format = "password")]
    refresh_token: Option<SecretString>,
}

/// An access token, in the form of OAuth 2.0 (RFC 6749, 5.1).
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names are the standard's")]
pub struct AccessToken {
    /// Sent in the Authorization header, after the type.
    #[schema(max_length = 4096, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2ln")]
    access_token: String,
    /// `Bearer`, or `DPoP` for a session with a key: then each request needs a proof.
    #[schema(max_length = 6, example = "Bearer")]
    token_type: &'static str,
    /// Lifetime in seconds.
    #[schema(minimum = 1, maximum = 86_400, example = 600)]
    expires_in: u32,
    /// The person who signed in.
    person_id: PersonId,
    /// The district.
    district: AreaCode,
    /// The session, for a sign-in with a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    /// The refresh token of a phone: valid for one use, which answers its successor. A console
    /// receives it as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512, example = "NTAwMTE2AZqX…")]
    refresh_token: Option<String>,
    /// Lifetime of the refresh token in seconds, if it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 315_360_000, example = 1_209_600)]
    refresh_expires_in: Option<u32>,
    /// 256 bits in base64url for the encryption of a phone's local storage, at sign-in: always
    /// the same for a person and a device name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 43, example = "5m0yqT3uZ4bUq1mC2o9Jt7f0vVZ3n8Wc6xkR1sLhPgE")]
    device_key: Option<String>,
}

/// The answer with the tokens of a session; a sign-in also answers the device's key.
pub(super) fn answer(
    request: &HttpRequest,
    sessions: &Sessions,
    proofs: &Proofs,
    issued: Issued,
    signs_in: bool,
) -> HttpResponse {
    let Issued { session, access_token, refresh_token, refresh_expires_in, device_key } = issued;
    let is_phone = session.kind == DeviceKind::Phone;
    let mut answer = HttpResponse::Ok();
    let is_bound = session.key_hash.is_some();
    if is_bound {
        answer.insert_header((DPOP_NONCE, proofs.nonce()));
    }
    let refresh_token = match session.kind {
        DeviceKind::Phone => Some(refresh_token),
        DeviceKind::Console => {
            let cookie = refresh_cookie::store(request, &refresh_token, refresh_expires_in);
            answer.insert_header((SET_COOKIE, cookie));
            None
        }
    };
    answer.insert_header((CACHE_CONTROL, "no-store")).json(AccessToken {
        access_token,
        token_type: if is_bound { "DPoP" } else { "Bearer" },
        expires_in: seconds(sessions.tokens.lifetime()),
        person_id: session.person,
        district: session.district,
        session_id: Some(session.id),
        refresh_token,
        refresh_expires_in: Some(seconds(refresh_expires_in)),
        device_key: (signs_in && is_phone).then_some(device_key),
    })
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// Sign in
///
/// Exchanges a phone number and a password for an access token, valid for ten minutes, and,
/// with a `device`, for a refresh token. The answer is the same for a wrong phone number and a
/// wrong password. A device that sends a proof (RFC 9449) binds the session to its key. Attempts
/// from one /24 or /64 of addresses are limited (429); after five wrong passwords a growing delay
/// applies to that account and those addresses, up to five minutes. A device with an earlier
/// session, which its key or its last refresh token proves, has limits of its own. A one-time
/// password must be replaced first (403 `password_change_required`). No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_in",
    params(openapi::DpopProof),
    request_body(content = SignIn, description = "The credentials"),
    responses((status = OK, description = "Signed in", body = AccessToken), openapi::SignIn),
    security(()),
)]
#[post("/auth/sign-in")]
pub(crate) async fn sign_in_with_password(
    request: HttpRequest,
    sign_in: Data<sign_in::SignIn>,
    sessions: Data<Sessions>,
    proofs: Data<Proofs>,
    from: Prefix,
    Body(body): Body<SignIn>,
) -> Result<HttpResponse, Problem> {
    let SignIn { district, phone, password, device, refresh_token } = body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    // Before the password: a device without a nonce gets one at no cost.
    let key = proofs.key_of(&request, None)?;
    let client = Client::new(from, key, refresh_cookie::or_own(&request, refresh_token.as_ref()));
    let account = sign_in.sign_in(client, district, phone, password).await?;
    if let Some(device) = device {
        let issued = sessions.open(account, device, [AuthMethod::Pwd], key).await?;
        return Ok(answer(&request, &sessions, &proofs, issued, true));
    }
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(AccessToken {
        access_token: sign_in.token(account).await?,
        token_type: "Bearer",
        expires_in: seconds(sessions.tokens.lifetime()),
        person_id: account.person,
        district: account.district,
        session_id: None,
        refresh_token: None,
        refresh_expires_in: None,
        device_key: None,
    }))
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(ToSchema)]
#[schema(as = JsonWebKeySet, example = json!({"keys": [{
    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "key_ops": ["verify"],
    "kid": "Ch3xV0…", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
}]}))]
#[expect(dead_code, reason = "describes the shape of what the token library writes")]
pub struct Jwks {
    /// The keys.
    #[schema(max_items = 8, value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// List public keys
///
/// Returns the keys that verify access tokens (RFC 7517). No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "get_public_keys",
    responses((status = OK, description = "The keys", body = Jwks), openapi::Public),
    security(()),
)]
#[get("/.well-known/jwks.json")]
pub(crate) async fn get_public_keys(tokens: Data<Tokens>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=3600"))
        .json(tokens.keys().public())
}
