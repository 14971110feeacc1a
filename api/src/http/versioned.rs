//! Answers that show a resource at a version, which their `ETag` names.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::if_match::etag;
use super::if_none_match::{IfNoneMatch, not_modified};

/// The headers of an answer at `version`; caches do not store it.
pub fn at_version(mut answer: HttpResponseBuilder, version: i64) -> HttpResponseBuilder {
    answer.insert_header((ETAG, etag(version))).insert_header((CACHE_CONTROL, "no-store"));
    answer
}

/// The resource at `version`, or 304 without it if the caller has that version.
pub fn unless_held(held: &IfNoneMatch, version: i64, resource: &impl Serialize) -> HttpResponse {
    let etag = etag(version);
    if held.names(&etag) {
        return not_modified(etag);
    }
    at_version(HttpResponse::Ok(), version).json(resource)
}
