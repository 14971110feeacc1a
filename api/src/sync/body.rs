//! The body of a push: JSON, optionally gzip, with a size limit.
//!
//! A few hundred bytes can decompress to gigabytes, so this module reads and
//! decompresses the body itself and stops at the limit.

use std::io::Read as _;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::Payload;
use flate2::read::MultiGzDecoder;

use super::invalid_utf8;
use super::model::Push;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::{
    deserialize,
    json::{self, LIMIT},
};

/// Reads and parses a push.
///
/// # Errors
/// 400 for malformed JSON or gzip, 413 if the body is too large before or after
/// decompression, 415 for another media type or encoding, 422 for invalid fields.
pub async fn read(request: &HttpRequest, payload: Payload) -> Result<Push, Problem> {
    if !json::is_json(request) {
        return Err(ProblemCode::UnsupportedMediaType.into());
    }
    let bytes = json::collect(payload, LIMIT).await?;
    let encoding = request.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let bytes = match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => bytes,
        Some("gzip") => inflate(&bytes)?,
        Some(_) => return Err(ProblemCode::UnsupportedMediaType.into()),
    };
    parse(&bytes)
}

/// Parses a push. A body that is not JSON is read in the ways in which damaged text may have
/// been meant; where none of them is JSON either, the problem is that of the body as sent.
fn parse(json: &[u8]) -> Result<Push, Problem> {
    let is_json = |read: &Result<Push, Problem>| {
        read.as_ref().err().and_then(Problem::kind) != Some(ProblemCode::InvalidJson)
    };
    let read = deserialize::bytes(json);
    if is_json(&read) {
        return read;
    }
    let mut repaired = invalid_utf8::repaired(json).map(|text| deserialize::bytes(text.as_bytes()));
    repaired.find(is_json).unwrap_or(read)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(LIMIT as u64 + 1);
    let read = reader.read_to_end(&mut inflated);
    read.map_err(|_| {
        Problem::unreadable("Content-Encoding", "the body is not a complete gzip stream")
    })?;
    if inflated.len() > LIMIT { Err(Problem::too_large("", LIMIT)) } else { Ok(inflated) }
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
        assert_eq!(
            inflate(&bomb).map_err(|problem| problem.kind()),
            Err(Some(ProblemCode::TooLarge))
        );
        assert_eq!(inflate(&gzip(b"{}")).map_err(|problem| problem.kind()), Ok(b"{}".to_vec()));
        let cut = inflate(&gzip(b"{}")[..12]);
        assert_eq!(cut.map_err(|problem| problem.kind()), Err(Some(ProblemCode::BadRequest)));
    }
}
