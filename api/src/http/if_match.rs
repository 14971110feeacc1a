//! The version a decision rests on: `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use crate::http::problem::Problem;

/// The longest tag that is looked at.
const LONGEST: usize = 32;
/// Versions begin with 1.
const NONE: i64 = 0;

/// The version that `If-Match` names; none if it did not come or is `*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

/// A version as a strong validator.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

fn version(tag: &str) -> Option<i64> {
    tag.trim().strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = match request.headers().get(IF_MATCH).map(|value| value.to_str()) {
            None | Some(Ok("*")) => Ok(Self(None)),
            // Another tag is one that no version of the task has.
            Some(Ok(tag)) if tag.len() <= LONGEST => Ok(Self(Some(version(tag).unwrap_or(NONE)))),
            Some(_) => Err(Problem::unreadable("If-Match", "must be the ETag of the task")),
        };
        ready(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_tag_of_a_task_names_a_version() {
        assert_eq!(version("\"v7\""), Some(7));
        for wrong in ["v7", "W/\"v7\"", "\"7\"", "\"v\"", "\"v7\", \"v8\""] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }
}
