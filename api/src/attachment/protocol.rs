//! The version of the tus protocol: a client that names another one is refused with the supported
//! one (tus 1.0.0, `Tus-Resumable`).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::http::openapi::header_parameter;
use crate::http::problem::Problem;

/// The supported version.
pub const VERSION: &str = "1.0.0";
/// The form of a version: digits and points.
const PATTERN: &str = "^[0-9.]{5,14}$";
/// The header of every answer.
pub const TUS: (&str, &str) = ("Tus-Resumable", VERSION);

/// A request of the supported version, or of a client that does not name one; any other version gets
/// 412.
#[derive(Clone, Copy, Debug)]
pub struct Protocol;

impl FromRequest for Protocol {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(named) = request.headers().get(TUS.0) else { return ready(Ok(Self)) };
        ready(match named.to_str() {
            Ok(VERSION) => Ok(Self),
            Ok(other) if is_version(other) => Err(Problem::tus_version(VERSION)),
            Ok(_) | Err(_) => Err(Problem::unreadable(TUS.0, "must be a version such as 1.0.0")),
        })
    }
}

/// Whether `text` has the form of a version, as in [`PATTERN`].
fn is_version(text: &str) -> bool {
    (5..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

impl IntoParams for Protocol {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The client's version of the tus protocol; any other than `1.0.0` gets 412 \
            `tus_version`.";
        vec![header_parameter(TUS.0, about, 14, Some(PATTERN))]
    }
}
