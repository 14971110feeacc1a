//! What the server answered: in full, inflated, timed, and weighed as it came over
//! the wire.

use std::fmt;
use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::Error;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, for messages.
    pub call: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, inflated.
    pub body: Vec<u8>,
    /// Bytes of the body as it came over the wire.
    pub body_bytes: u64,
    /// Bytes of the status line and the headers, as HTTP/1.1 writes them.
    pub head_bytes: u64,
    /// From sending to the last byte.
    pub took: Duration,
}

impl Answer {
    /// The body, if the status is `200`.
    ///
    /// # Errors
    /// [`Error::Answer`], in full.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if self.status != 200 {
            return Err(self.wrong("200 was expected"));
        }
        serde_json::from_slice(&self.body).map_err(|error| self.wrong(error))
    }

    /// This answer is not what it must be.
    pub fn wrong(&self, what: impl fmt::Display) -> Error {
        let answer = format!("HTTP {} {}", self.status, String::from_utf8_lossy(&self.body));
        Error::Answer { call: self.call.clone(), what: what.to_string(), answer }
    }
}

/// The whole answer.
pub(crate) async fn received(
    call: &str,
    answer: Response,
    began: Instant,
) -> Result<Answer, Error> {
    let (status, head_bytes) = (answer.status().as_u16(), head_bytes(&answer));
    let compressed = answer.headers().get(CONTENT_ENCODING).is_some_and(|how| how == "gzip");
    let body = answer.bytes().await.map_err(|error| away(call, &error))?;
    let (took, body_bytes) = (began.elapsed(), body.len() as u64);
    let body = if compressed { inflated(call, &body)? } else { body.to_vec() };
    Ok(Answer { call: call.to_owned(), status, body, body_bytes, head_bytes, took })
}

fn inflated(call: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    GzDecoder::new(body).read_to_end(&mut whole).map_err(|error| Error::Answer {
        call: call.to_owned(),
        what: format!("said to be gzip: {error}"),
        answer: format!("{} bytes", body.len()),
    })?;
    Ok(whole)
}

/// `HTTP/1.1 200 OK`, each header with its colon, space and line's end, and the empty line.
fn head_bytes(answer: &Response) -> u64 {
    let reason = answer.status().canonical_reason().unwrap_or_default();
    let status = "HTTP/1.1 200 ".len() + reason.len() + 2;
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        name.as_str().len() + value.len() + 4
    };
    (status + answer.headers().iter().map(header).sum::<usize>() + 2) as u64
}

/// Whether the server says that it is too busy.
pub(crate) fn busy(call: &str, answer: &Response) -> Option<Error> {
    let status = answer.status();
    if status != StatusCode::SERVICE_UNAVAILABLE && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let told = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok());
    let wait = Duration::from_secs(told.and_then(|after| after.parse().ok()).unwrap_or(1));
    Some(Error::Busy { call: call.to_owned(), status: status.as_u16(), wait })
}

/// No whole answer came.
pub(crate) fn away(call: &str, error: &reqwest::Error) -> Error {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    Error::Away { call: call.to_owned(), why }
}
