//! Problems for invalid paths and for bodies that are compressed, too large or too slow.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{PathError, PayloadError};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::middleware::Next;

use thiserror::Error as ThisError;

use super::json;
use super::problem::{Problem, ProblemCode};

/// The problem of an invalid path segment.
pub fn invalid_path(error: &PathError) -> Problem {
    match error {
        // An invalid id identifies nothing.
        PathError::Deserialize(_) => Problem::not_found(),
        _ => ProblemCode::BadRequest.into(),
    }
}

/// Why the server stops reading a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum BodyRefused {
    /// The deadline has passed.
    #[error("the body arrived too slowly")]
    TooSlow,
    /// No memory is left for another slow body.
    #[error("too many bodies arrive slowly")]
    TooMany,
}

/// Seconds until a client may retry when too many bodies arrived slowly.
const RETRY_AFTER: u64 = 5;

impl BodyRefused {
    /// The refusal that ended the body; `None` if the connection did.
    pub fn of(error: &PayloadError) -> Option<Self> {
        match error {
            PayloadError::Io(error) => error.get_ref()?.downcast_ref().copied(),
            _ => None,
        }
    }
}

impl From<BodyRefused> for PayloadError {
    fn from(refused: BodyRefused) -> Self {
        Self::Io(std::io::Error::other(refused))
    }
}

impl From<BodyRefused> for Problem {
    fn from(refused: BodyRefused) -> Self {
        match refused {
            BodyRefused::TooSlow => ProblemCode::RequestTimeout.into(),
            BodyRefused::TooMany => Self::too_many_requests(RETRY_AFTER),
        }
    }
}

/// The problem of a body that ended early.
pub fn interrupted(error: &PayloadError) -> Problem {
    BodyRefused::of(error).map_or_else(|| ProblemCode::BadRequest.into(), Problem::from)
}

/// Whether the body is a part of an attachment or the files of an import, whose handlers limit
/// the length.
pub fn is_upload(request: &ServiceRequest) -> bool {
    let (method, path) = (request.method(), request.path());
    (method == Method::PATCH && path.starts_with("/v1/attachments/"))
        || (method == Method::POST && path == "/v1/imports")
}

/// Middleware: refuses compressed bodies, since decompression could take
/// unbounded memory, and bodies with an excessive Content-Length.
///
/// # Errors
/// The errors of the wrapped service.
pub async fn refuse_oversized<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // A phone's outbox may be compressed; its handler limits the decompressed size.
    let inflates = request.path() == "/v1/sync";
    if !inflates
        && header(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Ok(request.error_response(Problem::from(ProblemCode::UnsupportedMediaType)));
    }
    let length: Option<usize> = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let limit = json::limit(request.path());
    if !is_upload(&request) && length.is_some_and(|length| length > limit) {
        return Ok(request.error_response(Problem::too_large("", limit)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
