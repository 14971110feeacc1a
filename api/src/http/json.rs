//! The body of a request: JSON of one type, up to the limit of its path.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::{body_limits, deserialize};
use crate::http::problem::{Problem, ProblemCode};

/// The maximum size of a JSON body in bytes.
pub const LIMIT: usize = 256 * 1024;

/// The maximum size of the body of a bulk in bytes: 2,000 commands, each with the longest reason in
/// Chinese, take 3.3 MiB.
const BULK_LIMIT: usize = 4 * 1024 * 1024;

/// The maximum size of a JSON body for this path in bytes.
pub fn limit(path: &str) -> usize {
    if path == "/v1/tasks/bulk" { BULK_LIMIT } else { LIMIT }
}

/// The deserialized body of a request.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload, Presence::Required);
        Box::pin(async move { deserialize::body(&body.await?).map(Self) })
    }
}

/// The deserialized body of a request whose fields are all optional: no body is `{}`. Not for operations that a cookie
/// authenticates, since a page of another site may send a request without a body.
#[derive(Clone, Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload, Presence::Optional);
        Box::pin(async move { deserialize::body(&body.await?).map(Self) })
    }
}

/// Whether a request must have a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

/// The JSON of a request: `{}` for an optional body that is not there.
fn body(
    request: &HttpRequest,
    payload: &mut Payload,
    presence: Presence,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    let is_json = is_json(request);
    let limit = limit(request.path());
    let payload = web::Payload::from_request(request, payload);
    async move {
        if !is_json && presence == Presence::Required {
            return Err(ProblemCode::UnsupportedMediaType.into());
        }
        let payload = payload.await.map_err(|_| ProblemCode::BadRequest)?;
        let bytes = collect(payload, limit).await?;
        match (bytes.is_empty(), presence) {
            (true, Presence::Optional) => Ok(b"{}".to_vec()),
            _ if is_json => Ok(bytes),
            _ => Err(ProblemCode::UnsupportedMediaType.into()),
        }
    }
}

/// Whether the request's media type is JSON.
pub fn is_json(request: &HttpRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = kind.unwrap_or_default().split(';').next().unwrap_or_default();
    media.trim().eq_ignore_ascii_case("application/json")
}

/// The bytes of a body.
///
/// # Errors
/// 413 above `limit`; the rest is not read. 408 or 429 for a body that arrives too slowly.
pub async fn collect(mut payload: web::Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| body_limits::interrupted(&error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::too_large("", limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
