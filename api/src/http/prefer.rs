//! `Prefer: wait` (RFC 7240, 4.3): how long a client waits for a result before the server answers
//! without it.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::openapi::header_parameter;
use super::problem::Problem;

/// The longest wait in seconds: proxies end requests that take longer.
const LONGEST: u64 = 30;

/// The maximum length of the header in bytes.
const LONGEST_HEADER: usize = 256;

/// How long the client waits; zero without the preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl FromRequest for Wait {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Wait, Problem> {
    let sent = || request.headers().get_all("Prefer");
    if sent().map(HeaderValue::len).sum::<usize>() > LONGEST_HEADER {
        return Err(Problem::unreadable("Prefer", format!("at most {LONGEST_HEADER} bytes")));
    }
    let seconds = sent().filter_map(|value| value.to_str().ok()).find_map(wait).unwrap_or(0);
    Ok(Wait(Duration::from_secs(seconds.min(LONGEST))))
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
        vec![header_parameter("Prefer", about, LONGEST_HEADER, None)]
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_wait_is_found_among_preferences_and_the_rest_is_ignored() {
        assert_eq!(wait("wait=10"), Some(10));
        assert_eq!(wait("respond-async, Wait = \"5\""), Some(5));
        for none in ["", "respond-async", "wait", "wait=soon", "wait=-1", "waits=3"] {
            assert_eq!(wait(none), None, "{none}");
        }
    }

    #[test]
    fn a_header_above_the_limit_of_the_contract_is_refused_by_its_name() {
        let preferring = |header: String| {
            read(&TestRequest::default().insert_header(("Prefer", header)).to_http_request())
        };
        let longest = format!("wait=99, {}", "x".repeat(LONGEST_HEADER - 9));
        assert_eq!(preferring(longest.clone()).ok(), Some(Wait(Duration::from_secs(LONGEST))));
        let refused = preferring(longest + "x").expect_err("257 bytes");
        assert_eq!(refused.errors()[0].pointer, "Prefer");
    }
}
