//! What the framework itself refuses, as problems: paths and compressed bodies.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::PathError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::middleware::Next;
use actix_web::web::PathConfig;

use super::json;
use super::problem::{Problem, ProblemCode};

/// Paths.
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|error, _| from_path(&error).into())
}

fn from_path(error: &PathError) -> Problem {
    match error {
        // An id that cannot be one names nothing.
        PathError::Deserialize(_) => Problem::not_found(),
        _ => ProblemCode::BadRequest.into(),
    }
}

/// Middleware: refuses bodies that are compressed (inflating one could cost
/// memory without bound) and bodies that say they are too large.
///
/// # Errors
/// Those of what it wraps.
pub async fn refuse_oversized<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // A phone's outbox may be compressed; it is inflated with care where it is read.
    let inflates = request.path() == "/v1/sync";
    if !inflates
        && header(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Ok(request.error_response(Problem::from(ProblemCode::UnsupportedMediaType)));
    }
    let length: Option<usize> = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    // Attachments come in parts of any length and are read a little at a time.
    let streams = request.path().starts_with("/v1/attachments/");
    if !streams && length.is_some_and(|length| length > json::LIMIT) {
        return Ok(request.error_response(Problem::from(ProblemCode::TooLarge)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
