//! What the caller already holds: `If-None-Match` (RFC 9110, 13.1.2), which
//! saves a phone the body of an answer it has read before.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::problem::Problem;

/// The most bytes that a caller may send of what it holds.
pub const LONGEST: usize = 512;

/// What the caller says it holds.
#[derive(Clone, Debug)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// As the request says.
    ///
    /// # Errors
    /// 400 over [`LONGEST`].
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let sent = request.headers().get_all(IF_NONE_MATCH);
        let tags: Vec<_> = sent.filter_map(|tags| tags.to_str().ok().map(String::from)).collect();
        if tags.iter().map(String::len).sum::<usize>() > LONGEST {
            let told = format!("at most {LONGEST} bytes");
            return Err(Problem::unreadable("If-None-Match", told));
        }
        Ok(Self(tags))
    }

    /// Whether that is what `etag` names, a strong tag with its quotes.
    pub fn names(&self, etag: &str) -> bool {
        self.0.iter().any(|tags| names(tags, etag))
    }
}

/// The answer to a caller who holds what `etag` names: no body, 304.
pub fn not_modified(etag: String) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

/// Compares weakly, as is asked for here: a proxy that compresses weakens tags.
/// No tag of this service has a comma in it, so that the list needs no parser.
fn names(tags: &str, etag: &str) -> bool {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag;
    tags.split(',').map(str::trim).any(|tag| tag == "*" || weak(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_a_weakened_tag_and_a_star_name_what_is_held() {
        for held in ["\"v7\"", "W/\"v7\"", "\"v6\", \"v7\"", "\"v6\",W/\"v7\"", "*"] {
            assert!(names(held, "\"v7\""), "{held}");
        }
        for other in ["", "v7", "\"v70\"", "\"v6\", \"v8\"", "w/\"v7\""] {
            assert!(!names(other, "\"v7\""), "{other}");
        }
    }
}
