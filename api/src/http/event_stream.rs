//! The answer that is a stream of server-sent events (WHATWG HTML, 9.2).

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::web::Bytes;
use futures_util::Stream;

use super::problem::Problem;

/// The comment that keeps a stream alive.
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// The answer that sends these events.
pub fn answer(events: impl Stream<Item = Result<Bytes, Problem>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compression would delay an event in a buffer.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events)
}
