//! The HTTP endpoints for sessions: refresh, sign-out, and a person's own devices.

use actix_web::http::header::{CACHE_CONTROL, ORIGIN, SET_COOKIE};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use chrono::{DateTime, FixedOffset};
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::SessionId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authenticated::{Access, Authenticated};
use super::device::{DeviceKind, EndReason, entered_name};
use super::proofs::Proofs;
use super::refresh_cookie;
use super::routes::{AccessToken, answer};
use super::session_rules::SessionRules;
use super::session_store::SessionRow;
use super::sessions::Sessions;
use crate::clock::china;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "NTAwMTE2AZqK5Qx0c3mTn1v8rQ2mAAAAAAAAAAHk0Yc1b2uXl8Qm"}))]
pub struct Refresh {
    /// The last refresh token; absent in a browser, which sends it as a cookie.
    #[schema(value_type = Option<String>, max_length = 512, format = "password")]
    refresh_token: Option<SecretString>,
}

impl Refresh {
    /// The token in the body, or in the cookie.
    fn token<'a>(&'a self, request: &'a HttpRequest) -> Result<Option<&'a str>, Problem> {
        refresh_cookie::or_own(request, self.refresh_token.as_ref())
    }
}

/// Refresh the access token
///
/// Exchanges a refresh token for a new access token and a new refresh token. The old refresh
/// token stays valid until the new one has been used: without an answer, send the same request
/// again. 401 `session_ended` or `session_reused`: sign in again. 422: neither the body nor a cookie
/// has a refresh token. A session with a key requires
/// a proof (RFC 9449). No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "refresh",
    params(openapi::DpopProof),
    request_body(content = Refresh, description = "The refresh token"),
    responses(
        (
            status = OK, description = "Refreshed", body = AccessToken,
            headers(("DPoP-Nonce" = String, description = "The nonce of the next proofs, if the session is bound to a key")),
        ),
        openapi::SignIn,
    ),
    security(()),
)]
#[post("/auth/refresh")]
pub(crate) async fn refresh(
    request: HttpRequest,
    sessions: Data<Sessions>,
    proofs: Data<Proofs>,
    Body(body): Body<Refresh>,
) -> Result<HttpResponse, Problem> {
    let key = proofs.key_of(&request, None)?;
    let token = body.token(&request)?.ok_or_else(|| without_token(&request))?;
    let issued = sessions.refresh(token, key).await;
    let issued = issued.map_err(|problem| problem.with_nonce(proofs.nonce()))?;
    Ok(answer(&request, &sessions, &proofs, issued, false))
}

/// The refusal of a refresh without a token. A script cannot see whether its browser has a cookie,
/// so for a browser, which sends `Origin`, the session has ended; another client has a defect.
fn without_token(request: &HttpRequest) -> Problem {
    if request.headers().contains_key(ORIGIN) {
        return ProblemCode::SessionEnded.into();
    }
    Problem::invalid("/refresh_token", "is missing")
}

/// Sign out
///
/// Ends the session of a refresh token. The answer is the same for a token that is not valid
/// (RFC 7009). No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_out",
    request_body(content = Refresh, description = "The refresh token"),
    responses((status = NO_CONTENT, description = "Signed out"), openapi::SignIn),
    security(()),
)]
#[post("/auth/sign-out")]
pub(crate) async fn sign_out(
    request: HttpRequest,
    sessions: Data<Sessions>,
    Body(body): Body<Refresh>,
) -> Result<HttpResponse, Problem> {
    sessions.sign_out(body.token(&request)?.unwrap_or_default()).await?;
    let mut answer = HttpResponse::NoContent();
    if refresh_cookie::read(&request).is_some() {
        answer.insert_header((SET_COOKIE, refresh_cookie::delete(&request)));
    }
    Ok(answer.insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// A person signed in on a device.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Identifies the session.
    id: SessionId,
    /// The name of the device.
    name: DeviceName,
    /// The kind of the device.
    kind: DeviceKind,
    /// Whether it is the session of this request.
    current: bool,
    /// The time of the sign-in.
    created_at: DateTime<FixedOffset>,
    /// The last sign-in or refresh.
    last_used_at: DateTime<FixedOffset>,
    /// The end of the session if it is not used again.
    expires_at: DateTime<FixedOffset>,
    /// When it ended before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<FixedOffset>>,
    /// Why it ended before its time; `token_reused`: its tokens may have been copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_reason: Option<EndReason>,
}

impl Session {
    /// The session of `row`; `current` is that of the request.
    pub fn new(row: SessionRow, current: Option<SessionId>, rules: &SessionRules) -> Self {
        let zone = china();
        Self {
            current: current == Some(row.id),
            created_at: row.created_at.and_utc().with_timezone(&zone),
            last_used_at: row.used_at.and_utc().with_timezone(&zone),
            expires_at: row.ends(rules.idle).with_timezone(&zone),
            ended_at: row.ended_at.map(|at| at.and_utc().with_timezone(&zone)),
            id: row.id,
            name: row.device,
            kind: row.kind,
            end_reason: row.end_reason,
        }
    }
}

/// The sessions of a person.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions, the last used first; those that ended in the last 30 days are included.
    #[schema(max_items = 10_000)]
    items: Vec<Session>,
    /// The maximum number of sessions in force; one more ends the one unused for longest.
    #[schema(minimum = 1, maximum = 100)]
    limit: u32,
}

impl SessionList {
    /// The list of `rows`; `current` is the session of the request.
    pub fn new(rows: Vec<SessionRow>, current: Option<SessionId>, rules: &SessionRules) -> Self {
        let items = rows.into_iter().map(|row| Session::new(row, current, rules)).collect();
        Self { items, limit: u32::try_from(rules.per_person).unwrap_or(u32::MAX) }
    }
}

/// List own sessions
///
/// Lists the devices on which the caller is signed in. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "list_sessions",
    responses((status = OK, description = "The sessions", body = SessionList), openapi::Read),
)]
#[get("/auth/sessions")]
pub(crate) async fn list_sessions(
    sessions: Data<Sessions>,
    access: Access,
) -> Result<HttpResponse, Problem> {
    let Access { principal, bearer } = access;
    let rows = sessions.list(principal.district(), principal.person).await?;
    let list = SessionList::new(rows, bearer.session, &sessions.rules);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(list))
}

/// The new name of a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "值班手机" }))]
pub struct DeviceChange {
    /// The name in the list of devices; blanks at its ends are dropped.
    #[serde(deserialize_with = "entered_name")]
    name: DeviceName,
}

/// Rename an own session
///
/// Changes the name of the device. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "rename_session",
    params(("id" = SessionId, Path, description = "The session")),
    request_body(content = DeviceChange, description = "The new name"),
    responses((status = OK, description = "The session", body = Session), openapi::Write),
)]
#[patch("/auth/sessions/{id}")]
pub(crate) async fn rename_session(
    sessions: Data<Sessions>,
    Access { principal, bearer }: Access,
    id: Path<SessionId>,
    Body(body): Body<DeviceChange>,
) -> Result<web::Json<Session>, Problem> {
    let renamed = sessions.rename(principal.district(), principal.person, *id, body.name);
    Ok(web::Json(Session::new(renamed.await?, bearer.session, &sessions.rules)))
}

/// End an own session
///
/// Signs out a device. Its access token is refused within five seconds. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "end_session",
    params(("id" = SessionId, Path, description = "The session")),
    responses((status = NO_CONTENT, description = "Ended"), openapi::GiveUp),
)]
#[delete("/auth/sessions/{id}")]
pub(crate) async fn end_session(
    sessions: Data<Sessions>,
    Authenticated(principal): Authenticated,
    id: Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    sessions.end(principal.district(), principal.person, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
