//! The version that a decision is based on: `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, EntityTag, Header as _, HeaderValue};
use actix_web::{FromRequest, HttpRequest};

use serde::Serialize;

use super::etag::without_coding;
use crate::http::problem::{Problem, ProblemCode};

/// The maximum length of the header in bytes.
pub const LONGEST: usize = 256;
/// No version: versions begin with 1.
const NONE: i64 = 0;

/// The versions that `If-Match` names, any of which may be current; empty if the header is
/// absent or `*`. A `*` matches any version, so it is as good as none: a decision that requires a version is refused,
/// since it would overwrite changes that its author has not seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfMatch(pub Vec<i64>);

impl IfMatch {
    /// Checks that a decision is based on the version `current` of `row`.
    ///
    /// # Errors
    /// 428 if the header names no version; 412 with the row if it names others.
    pub fn check(&self, current: i64, row: &impl Serialize) -> Result<(), Problem> {
        match self.0.as_slice() {
            [] => Err(ProblemCode::VersionRequired.into()),
            versions if versions.contains(&current) => Ok(()),
            _ => Err(Problem::from(ProblemCode::VersionConflict).showing(row)),
        }
    }
}

/// A version as a strong validator.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version that a tag names. A tag weakened by a proxy still names it: the server counts
/// versions, so the same number is the same version.
fn version(tag: &EntityTag) -> Option<i64> {
    without_coding(tag.tag()).strip_prefix('v')?.parse().ok()
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IfMatch, Problem> {
    let sent = request.headers().get_all(header::IF_MATCH);
    let length: usize = sent.map(HeaderValue::len).sum();
    if length == 0 && !request.headers().contains_key(header::IF_MATCH) {
        return Ok(IfMatch::default());
    }
    let unreadable = || {
        let form = "must be the ETag of the resource with its quotes, such as \"v7\", several \
            separated by commas, or *";
        Problem::unreadable("If-Match", form)
    };
    if length > LONGEST {
        return Err(unreadable());
    }
    Ok(match header::IfMatch::parse(request) {
        Ok(header::IfMatch::Any) => IfMatch::default(),
        // Any other tag matches no version.
        Ok(header::IfMatch::Items(tags)) if !tags.is_empty() => {
            IfMatch(tags.iter().map(|tag| version(tag).unwrap_or(NONE)).collect())
        }
        // A tag that lost its quotes still names its version.
        _ => {
            let text = request.headers().get(header::IF_MATCH).and_then(|tag| tag.to_str().ok());
            IfMatch(vec![text.and_then(bare_version).unwrap_or(NONE)])
        }
    })
}

/// The version named by a tag without quotes.
fn bare_version(tag: &str) -> Option<i64> {
    without_coding(tag.trim()).strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::http::problem::ProblemCode;

    fn versions(tags: &str) -> Result<Vec<i64>, Option<ProblemCode>> {
        let request = TestRequest::default().insert_header(("If-Match", tags)).to_http_request();
        read(&request).map(|IfMatch(versions)| versions).map_err(|problem| problem.kind())
    }

    #[test]
    fn a_tag_names_its_version_whatever_a_proxy_has_made_of_it() {
        for tag in ["\"v7\"", " \"v7\" ", "W/\"v7\"", "\"v7-gzip\"", "W/\"v7--br\"", "\"v7;zstd\""]
        {
            assert_eq!(versions(tag), Ok(vec![7]), "{tag}");
        }
        assert_eq!(versions("\"v7\", W/\"v8\""), Ok(vec![7, 8]));
        assert_eq!(versions("*"), Ok(vec![]), "any, where none is required");
        let refused = IfMatch::default().check(7, &()).map_err(|problem| problem.kind());
        assert_eq!(refused, Err(Some(ProblemCode::VersionRequired)), "and none where one is");
    }

    #[test]
    fn another_tag_or_text_names_no_version_and_a_long_one_is_refused() {
        for other in ["\"\"", "\"7\"", "\"v\"", "\"v7-other\"", "\"v7.5\""] {
            assert_eq!(versions(other), Ok(vec![NONE]), "{other}");
        }
        for other in ["", "7", "\"v7", "w/\"v7\"", ","] {
            assert_eq!(versions(other), Ok(vec![NONE]), "{other}");
        }
        assert_eq!(versions("v7"), Ok(vec![7]), "a tag that lost its quotes");
        assert_eq!(versions(&"\"v7\",".repeat(60)), Err(Some(ProblemCode::BadRequest)));
    }
}
