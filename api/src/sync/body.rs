//! The body of a push: JSON, perhaps compressed, never more than it may be.
//!
//! A few hundred bytes can inflate to gigabytes, so the body is read and inflated
//! here, up to the limit and not a byte further.

use std::io::Read as _;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::Payload;
use flate2::read::MultiGzDecoder;

use super::model::Push;
use crate::http::problem::{Kind, Problem};
use crate::http::{
    deserialize,
    json::{self, LIMIT},
};

/// Reads a push.
///
/// # Errors
/// 400 when it is not JSON or not gzip, 413 when it is too large, inflated or
/// not, 415 when it is something else, 422 when it does not fit.
pub async fn read(request: &HttpRequest, payload: Payload) -> Result<Push, Problem> {
    if !json::is_json(request) {
        return Err(Kind::UnsupportedMediaType.into());
    }
    let bytes = json::collect(payload).await?;
    let encoding = request.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let bytes = match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => bytes,
        Some("gzip") => inflate(&bytes)?,
        Some(_) => return Err(Kind::UnsupportedMediaType.into()),
    };
    deserialize::bytes(&bytes)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(LIMIT as u64 + 1);
    let read = reader.read_to_end(&mut inflated);
    read.map_err(|_| Problem::unreadable("Content-Encoding", "the body is no whole gzip"))?;
    if inflated.len() > LIMIT { Err(Kind::TooLarge.into()) } else { Ok(inflated) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).and_then(|()| out.finish()).expect("memory")
    }

    #[test]
    fn a_bomb_is_cut_off_at_the_limit() {
        let bomb = gzip(&vec![b' '; 200 * 1024 * 1024]);
        assert!(bomb.len() < LIMIT);
        assert_eq!(inflate(&bomb).map_err(|problem| problem.kind()), Err(Kind::TooLarge));
        assert_eq!(inflate(&gzip(b"{}")).map_err(|problem| problem.kind()), Ok(b"{}".to_vec()));
        let cut = inflate(&gzip(b"{}")[..12]);
        assert_eq!(cut.map_err(|problem| problem.kind()), Err(Kind::BadRequest));
    }
}
