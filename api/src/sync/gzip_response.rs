//! An answer to a phone, compressed harder than others are: it crosses a village's
//! network, where a byte costs more than the server's time.

use std::io::Write as _;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, Encoding, Header as _, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::model::Synced;
use crate::http::problem::{Kind, Problem};

/// A fifth to a third smaller than at the fastest level, which the framework uses, and
/// as small as at any; 250 MB a second.
const LEVEL: Compression = Compression::new(5);
/// What is shorter is left to the framework.
const SHORT: usize = 1024;

/// The answer, by gzip if that is what the phone takes.
///
/// # Errors
/// [`Kind::Unavailable`] while the server shuts down.
pub async fn gzip_response(
    request: &HttpRequest,
    synced: &Synced,
) -> Result<HttpResponse, Problem> {
    let json = serde_json::to_vec(synced).map_err(Problem::defect)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "no-store")).content_type("application/json");
    if json.len() < SHORT || !takes_gzip(request) {
        return Ok(answer.body(json));
    }
    let gzip = web::block(move || gzip(&json)).await.map_err(|_| Kind::Unavailable)?;
    let compressed = gzip.map_err(Problem::defect)?;
    Ok(answer
        .insert_header((CONTENT_ENCODING, "gzip"))
        .insert_header((VARY, "Accept-Encoding"))
        .body(compressed))
}

/// Whether gzip is what the framework would choose.
fn takes_gzip(request: &HttpRequest) -> bool {
    let offered = [
        Encoding::identity(),
        Encoding::brotli(),
        Encoding::gzip(),
        Encoding::deflate(),
        Encoding::zstd(),
    ];
    let wish = AcceptEncoding::parse(request).ok();
    wish.and_then(|wish| wish.negotiate(offered.iter())) == Some(Encoding::gzip())
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), LEVEL);
    out.write_all(bytes)?;
    out.finish()
}
