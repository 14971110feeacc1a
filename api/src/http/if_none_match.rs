//! What the caller already holds: `If-None-Match` (RFC 9110, 13.1.2), which
//! saves a phone the body of an answer it has read before.

use actix_web::http::header::{self, CACHE_CONTROL, ETAG, Header as _, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::etag::without_coding;
use crate::http::problem::Problem;

/// The most bytes that a caller may send of what it holds.
pub const LONGEST: usize = 512;

/// What the caller says it holds.
#[derive(Clone, Debug)]
pub struct IfNoneMatch(header::IfNoneMatch);

impl IfNoneMatch {
    /// As the request says.
    ///
    /// # Errors
    /// 400 over [`LONGEST`].
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let sent = request.headers().get_all(header::IF_NONE_MATCH);
        if sent.map(HeaderValue::len).sum::<usize>() > LONGEST {
            let detail = format!("at most {LONGEST} bytes");
            return Err(Problem::unreadable("If-None-Match", detail));
        }
        // What cannot be read is no tag of this service, and names nothing.
        let none = header::IfNoneMatch::Items(Vec::new());
        Ok(Self(header::IfNoneMatch::parse(request).unwrap_or(none)))
    }

    /// Whether that is what `etag` names, a strong tag with its quotes. Compares weakly, as
    /// is asked for here: a proxy that compresses weakens tags.
    pub fn names(&self, etag: &str) -> bool {
        let opaque = etag.trim_matches('"');
        match &self.0 {
            header::IfNoneMatch::Any => true,
            header::IfNoneMatch::Items(tags) => {
                tags.iter().any(|tag| without_coding(tag.tag()) == opaque)
            }
        }
    }
}

/// The answer to a caller who holds what `etag` names: no body, 304.
pub fn not_modified(etag: String) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn names(tags: &str, etag: &str) -> bool {
        let request = TestRequest::default().insert_header(("If-None-Match", tags));
        IfNoneMatch::of(&request.to_http_request()).expect("short").names(etag)
    }

    #[test]
    fn a_list_a_weakened_tag_and_a_star_name_what_is_held() {
        for held in ["\"v7\"", "W/\"v7\"", "\"v6\", \"v7\"", "\"v6\",W/\"v7\"", "*", "\"v7-gzip\""]
        {
            assert!(names(held, "\"v7\""), "{held}");
        }
        for other in ["", "v7", "\"v70\"", "\"v6\", \"v8\"", "w/\"v7\""] {
            assert!(!names(other, "\"v7\""), "{other}");
        }
    }
}
