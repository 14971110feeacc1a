//! The HTTP endpoints for sign-in and public keys.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Tokens;
use super::{sign_in, token};
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
}

/// An access token, in the form of OAuth 2.0 (RFC 6749, 5.1).
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names are the standard's")]
pub struct AccessToken {
    /// Sent in the Authorization header, after `Bearer`.
    #[schema(max_length = 4096, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2ln")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 6, example = "Bearer")]
    token_type: &'static str,
    /// Lifetime in seconds.
    #[schema(minimum = 1, maximum = 3600, example = 600)]
    expires_in: u32,
    /// The person who signed in.
    person_id: PersonId,
    /// The district.
    district: AreaCode,
}

/// Sign in
///
/// Exchanges a phone number and a password for an access token, valid for ten minutes. The
/// answer is the same for a wrong phone number and a wrong password. Attempts from one /24 or /64
/// of addresses are limited (429); after five wrong passwords a growing delay applies to that
/// account and those addresses, up to five minutes. A one-time password must be replaced first (403
/// `password_change_required`). No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_in",
    request_body(content = SignIn, description = "The credentials"),
    responses((status = OK, description = "Signed in", body = AccessToken), openapi::SignIn),
    security(()),
)]
#[post("/auth/sign-in")]
pub(crate) async fn sign_in_with_password(
    sign_in: Data<sign_in::SignIn>,
    from: Prefix,
    Body(body): Body<SignIn>,
) -> Result<HttpResponse, Problem> {
    let SignIn { district, phone, password } = body;
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    let signed_in = sign_in.sign_in(from, district, phone, password).await?;
    let expires_in = u32::try_from(token::LIFETIME.as_secs()).unwrap_or(u32::MAX);
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(AccessToken {
        access_token: signed_in.token,
        token_type: "Bearer",
        expires_in,
        person_id: signed_in.person,
        district: signed_in.district,
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
