//! Headers of every answer, errors included: no copy in a cache, no guessed media type, no page
//! that can load or frame anything.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::DefaultHeaders;

/// Middleware: adds each header that the handler has not set itself. If the server speaks `https`,
/// browsers are asked to use nothing else for a year (HSTS).
pub fn defaults(https: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "no-store"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .add((REFERRER_POLICY, "no-referrer"));
    if https { headers.add((STRICT_TRANSPORT_SECURITY, "max-age=31536000")) } else { headers }
}
