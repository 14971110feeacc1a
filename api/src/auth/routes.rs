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
use super::second_factor::{SecondFactors, factors};
use super::session_tokens::Issued;
use super::sessions::Sessions;
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
    /// The current code of the authenticator app, for a person who has set one up.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 6, max_length = 6, format = "password")]
    totp: Option<SecretString>,
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
    /// `true` if the session can only set up a second factor, with `POST /v1/me/totp`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    set_up_second_factor: bool,
}

impl AccessToken {
    /// An access token without a refresh token.
    pub(crate) fn alone(
        token: String,
        tokens: &Tokens,
        (district, person_id): (AreaCode, PersonId),
        session_id: Option<SessionId>,
        is_bound: bool,
    ) -> Self {
        Self {
            access_token: token,
            token_type: if is_bound { "DPoP" } else { "Bearer" },
            expires_in: seconds(tokens.lifetime()),
            person_id,
            district,
            session_id,
            refresh_token: None,
            refresh_expires_in: None,
            device_key: None,
            set_up_second_factor: false,
        }
    }
}

/// The answer with the tokens of a session; a sign-in also answers the device's key.
pub(crate) fn answer(
    request: &HttpRequest,
    sessions: &Sessions,
    proofs: &Proofs,
    issued: Issued,
    signs_in: bool,
) -> HttpResponse {
    let Issued {
        session,
        access_token,
        refresh_token,
        refresh_expires_in,
        device_key,
        is_restricted,
    } = issued;
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
        set_up_second_factor: is_restricted,
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
/// password must be replaced first (403 `password_change_required`).
///
/// Where a second factor is required, the device must be enrolled (403 `enrolment_required`) or
/// the code of an authenticator app must be sent (403 `second_factor_required`). A person with a
/// password of before enrolment existed enrols a phone by signing in on it with a proof, until a
/// date; any other session can then only set up a second factor (`set_up_second_factor`). No
/// authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_in",
    params(openapi::DpopProof),
    request_body(content = SignIn, description = "The credentials"),
    responses(
        (
            status = OK, description = "Signed in", body = AccessToken,
            headers(("DPoP-Nonce" = String, description = "The nonce of the next proofs, if the session is bound to a key")),
        ),
        openapi::SignIn,
    ),
    security(()),
)]
#[post("/auth/sign-in")]
pub(crate) async fn sign_in_with_password(
    request: HttpRequest,
    sign_in: Data<sign_in::SignIn>,
    second_factors: Data<SecondFactors>,
    sessions: Data<Sessions>,
    proofs: Data<Proofs>,
    from: Prefix,
    Body(body): Body<SignIn>,
) -> Result<HttpResponse, Problem> {
    let SignIn { district, phone, password, device, refresh_token, totp } = body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    // Before the password: a device without a nonce gets one at no cost.
    let key = proofs.key_of(&request, None)?;
    let held = refresh_cookie::or_own(&request, refresh_token.as_ref())?;
    let client = Client::new(from, key, held.unwrap_or_default());
    let account = sign_in.sign_in(client, district, phone, password).await?;
    let further = factors::Proofs { device: device.clone(), key, totp };
    let methods = second_factors.admit(account, further).await?;
    if let Some(device) = device {
        let issued = sessions.open(account, device, methods, key).await?;
        return Ok(answer(&request, &sessions, &proofs, issued, true));
    }
    // Only the key that authenticated the person binds a token without a session.
    let key = key.filter(|_| methods.contains(&AuthMethod::Swk));
    let has_second_factor = methods.iter().any(|method| method.is_second_factor());
    let token = sign_in.token(account, methods, key).await?;
    let whose = (account.district, account.person);
    let answered = AccessToken::alone(token, &sessions.tokens, whose, None, key.is_some());
    let set_up_second_factor = second_factors.policy.restricts(has_second_factor);
    let answered = AccessToken { set_up_second_factor, ..answered };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answered))
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
