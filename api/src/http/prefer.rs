//! `Prefer: wait` (RFC 7240, 4.3): how long a client waits for a result before the server answers
//! without it.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::openapi::header_parameter;
use super::problem::Problem;

/// The longest wait in seconds: proxies end requests that take longer.
const LONGEST: u64 = 30;

/// How long the client waits; zero without the preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl FromRequest for Wait {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values =
            request.headers().get_all("Prefer").filter_map(|value| value.to_str().ok());
        let seconds = values.find_map(wait).unwrap_or(0);
        ready(Ok(Self(Duration::from_secs(seconds.min(LONGEST)))))
    }
}

/// The seconds of `wait` in a list of preferences. A preference that is not understood is ignored
/// (RFC 7240, 2).
fn wait(preferences: &str) -> Option<u64> {
    preferences.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("wait").then(|| value.parse().ok())?
    })
}

impl IntoParams for Wait {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "`wait=` and up to 30 seconds: how long the client waits for the result \
            (RFC 7240).";
        vec![header_parameter("Prefer", about, 256, None)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_among_preferences_and_the_rest_is_ignored() {
        assert_eq!(wait("wait=10"), Some(10));
        assert_eq!(wait("respond-async, Wait = \"5\""), Some(5));
        for none in ["", "respond-async", "wait", "wait=soon", "wait=-1", "waits=3"] {
            assert_eq!(wait(none), None, "{none}");
        }
    }
}
