//! Sign-in, and the public keys.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Tokens;
use super::{sign_in, token};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;

/// A phone and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "10008888888", "password": "gridward-demo"}))]
pub struct SignIn {
    /// The district; may be left out where there is only one.
    district: Option<AreaCode>,
    /// Digits only.
    #[schema(min_length = 5, max_length = 20, pattern = "^[0-9]{5,20}$")]
    phone: String,
    /// As set.
    #[schema(value_type = String, min_length = 1, max_length = 128, format = "password")]
    password: SecretString,
}

/// A token to call with, named as OAuth 2.0 names its parts (RFC 6749, 5.1).
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names are the standard's")]
pub struct AccessToken {
    /// Goes into the Authorization header, after `Bearer`.
    #[schema(max_length = 4096, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2ln")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 6, example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds it is good.
    #[schema(minimum = 1, maximum = 3600, example = 600)]
    expires_in: u32,
    /// Who signed in.
    person_id: PersonId,
    /// The district.
    district: AreaCode,
}

/// Sign in
///
/// Exchanges a phone and a password for an access token of ten minutes. A
/// wrong phone and a wrong password are answered alike. Open to all.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_in",
    request_body(content = SignIn, description = "The phone and the password"),
    responses((status = OK, description = "Signed in", body = AccessToken), openapi::SignIn),
    security(()),
)]
#[post("/auth/sign-in")]
pub(crate) async fn sign_in_with_password(
    sign_in: Data<sign_in::SignIn>,
    Body(body): Body<SignIn>,
) -> Result<HttpResponse, Problem> {
    let SignIn { district, phone, password } = body;
    if !(5..=20).contains(&phone.len()) || !phone.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::invalid("/phone", "a phone number is 5 to 20 digits"));
    }
    let signed_in = sign_in.sign_in(district, phone, password).await?;
    let expires_in = u32::try_from(token::LIFETIME.as_secs()).unwrap_or(u32::MAX);
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(AccessToken {
        access_token: signed_in.token,
        token_type: "Bearer",
        expires_in,
        person_id: signed_in.person,
        district: signed_in.district,
    }))
}

/// The public keys that tokens are signed with (RFC 7517).
#[derive(ToSchema)]
#[schema(as = JsonWebKeySet, example = json!({"keys": [{
    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "key_ops": ["verify"],
    "kid": "Ch3xV0…", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
}]}))]
#[expect(dead_code, reason = "describes the shape of what the token library writes")]
pub struct Jwks {
    /// One key each.
    #[schema(max_items = 8, value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// Public keys
///
/// The keys that verify access tokens (RFC 7517). Open to all.
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
