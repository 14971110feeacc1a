//! What the framework itself refuses, as problems: bodies, queries, paths,
//! unknown routes, wrong methods, compressed bodies.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::middleware::Next;
use actix_web::web::{JsonConfig, PathConfig, QueryConfig};
use actix_web::{Error, ResponseError};

use super::{FieldError, Kind, Problem};

/// The most bytes a JSON body may have.
pub const JSON_LIMIT: usize = 256 * 1024;
/// The highest whole number that JSON carries exactly everywhere (RFC 8259, 6).
pub const JSON_HIGHEST: i64 = 9_007_199_254_740_991;

/// JSON bodies: up to [`JSON_LIMIT`], `application/json` only.
pub fn json_config() -> JsonConfig {
    JsonConfig::default()
        .limit(JSON_LIMIT)
        .content_type(|mime| mime == actix_web::mime::APPLICATION_JSON)
        .error_handler(|error, _| from_payload(&error).into())
}

/// Queries.
pub fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|error, _| from_query(&error).into())
}

/// Paths.
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|error, _| from_path(&error).into())
}

fn from_payload(error: &JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            Kind::TooLarge.into()
        }
        JsonPayloadError::ContentType => Kind::UnsupportedMediaType.into(),
        JsonPayloadError::Deserialize(error) => from_json(error),
        other if other.status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Kind::TooLarge.into()
        }
        _ => Kind::InvalidJson.into(),
    }
}

/// A body that is not JSON, or not what is asked for.
pub fn from_json(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        return from_data(error);
    }
    let place = format!("stops being JSON at line {}, column {}", error.line(), error.column());
    Problem::from(Kind::InvalidJson).with(FieldError::new("", place))
}

/// JSON that is not what is asked for.
pub fn from_data(error: &serde_json::Error) -> Problem {
    Problem::invalid("", without_value(&error.to_string()))
}

/// What serde says of a value without the value itself, which may be personal.
fn without_value(message: &str) -> String {
    let quoted = |c| c == '"' || c == '`';
    match message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: ")) {
        Some(rest) => match rest.split_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "is of the wrong type".to_owned(),
        },
        // Names of fields and words of lists stand in backticks and are ours or the caller's keys.
        None if message.contains(quoted) || message.is_ascii() => message.to_owned(),
        None => "does not fit".to_owned(),
    }
}

fn from_query(error: &QueryPayloadError) -> Problem {
    Problem::unreadable("query", error)
}

fn from_path(error: &PathError) -> Problem {
    match error {
        // An id that cannot be one names nothing.
        PathError::Deserialize(_) => Problem::not_found(),
        _ => Kind::BadRequest.into(),
    }
}

/// Middleware: refuses bodies that are compressed (inflating one could cost
/// memory without bound) and bodies that say they are too large.
///
/// # Errors
/// Those of what it wraps.
pub async fn plain_bodies<B: MessageBody + 'static>(
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
        return Ok(request.error_response(Problem::from(Kind::UnsupportedMediaType)));
    }
    let length: Option<usize> = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    // Attachments come in parts of any length and are read a little at a time.
    let streams = request.path().starts_with("/v1/attachments/");
    if !streams && length.is_some_and(|length| length > JSON_LIMIT) {
        return Ok(request.error_response(Problem::from(Kind::TooLarge)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
