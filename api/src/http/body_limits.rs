//! Problems for invalid paths and for bodies that are compressed or too large.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::PathError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::middleware::Next;
use actix_web::web::PathConfig;

use super::json;
use super::problem::{Problem, ProblemCode};

/// Answers invalid path segments with problems.
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|error, _| from_path(&error).into())
}

fn from_path(error: &PathError) -> Problem {
    match error {
        // An invalid id identifies nothing.
        PathError::Deserialize(_) => Problem::not_found(),
        _ => ProblemCode::BadRequest.into(),
    }
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
    // Attachments arrive in parts of any length and are read in chunks.
    let streams = request.path().starts_with("/v1/attachments/");
    if !streams && length.is_some_and(|length| length > json::LIMIT) {
        return Ok(request.error_response(Problem::from(ProblemCode::TooLarge)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
