//! A complete response: decompressed, timed, and with its transferred size.

use std::fmt;
use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::Error;
use crate::wire::Problem;

/// The header with the nonce for the next proofs.
const DPOP_NONCE: &str = "dpop-nonce";

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    /// The request, for messages.
    pub call: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The nonce for the next proofs, if the server sent one.
    pub nonce: Option<String>,
    /// Transferred bytes of the body.
    pub body_bytes: u64,
    /// Bytes of the status line and the headers in HTTP/1.1.
    pub head_bytes: u64,
    /// From sending the request to the last byte.
    pub took: Duration,
}

impl Answer {
    /// The body, if the status is `200`.
    ///
    /// # Errors
    /// [`Error::Answer`] for another status or an unexpected body.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if self.status != 200 {
            return Err(self.wrong("200 was expected"));
        }
        serde_json::from_slice(&self.body).map_err(|error| self.wrong(error))
    }

    /// The code of the problem in the body, if it is one.
    pub fn code(&self) -> Option<String> {
        let problem: Option<Problem> = serde_json::from_slice(&self.body).ok();
        problem.map(|problem| problem.code)
    }

    /// An error that quotes this response.
    pub fn wrong(&self, what: impl fmt::Display) -> Error {
        let answer = format!("HTTP {} {}", self.status, String::from_utf8_lossy(&self.body));
        Error::Answer { call: self.call.clone(), what: what.to_string(), answer }
    }
}

/// Reads the whole response.
pub(crate) async fn received(
    call: &str,
    answer: Response,
    began: Instant,
) -> Result<Answer, Error> {
    let (status, head_bytes) = (answer.status().as_u16(), head_bytes(&answer));
    let nonce = answer.headers().get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
    let nonce = nonce.map(str::to_owned);
    let compressed = answer.headers().get(CONTENT_ENCODING).is_some_and(|how| how == "gzip");
    let body = answer.bytes().await.map_err(|error| away(call, &error))?;
    let (took, body_bytes) = (began.elapsed(), body.len() as u64);
    let body = if compressed { decompressed(call, &body)? } else { body.to_vec() };
    Ok(Answer { call: call.to_owned(), status, body, nonce, body_bytes, head_bytes, took })
}

fn decompressed(call: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    GzDecoder::new(body).read_to_end(&mut whole).map_err(|error| Error::Answer {
        call: call.to_owned(),
        what: format!("the body is not gzip: {error}"),
        answer: format!("{} bytes", body.len()),
    })?;
    Ok(whole)
}

/// Status line, each header with `: ` and CRLF, and the empty line.
fn head_bytes(answer: &Response) -> u64 {
    let reason = answer.status().canonical_reason().unwrap_or_default();
    let status = "HTTP/1.1 200 ".len() + reason.len() + 2;
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        name.as_str().len() + value.len() + 4
    };
    (status + answer.headers().iter().map(header).sum::<usize>() + 2) as u64
}

/// The error of an overloaded server, if the response says so.
pub(crate) fn busy(call: &str, answer: &Response) -> Option<Error> {
    let status = answer.status();
    if status != StatusCode::SERVICE_UNAVAILABLE && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let after = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    let wait = Duration::from_secs(after.and_then(|after| after.parse().ok()).unwrap_or(1));
    Some(Error::Busy { call: call.to_owned(), status: status.as_u16(), wait })
}

/// The error of an incomplete or missing response.
pub(crate) fn away(call: &str, error: &reqwest::Error) -> Error {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    Error::Away { call: call.to_owned(), why }
}
